"""Results as figures; the only place that imports matplotlib. Result in, ``Figure`` out; ``save_png`` makes bytes."""

from __future__ import annotations

from glasspara.report.figures.bootstrap import bootstrap_figure
from glasspara.report.figures.fit import fit_figures
from glasspara.report.figures.intervals import interval_figures
from glasspara.report.figures.style import save_png
from glasspara.report.figures.universality import universality_figure

__all__ = ["bootstrap_figure", "fit_figures", "interval_figures", "save_png", "universality_figure"]
