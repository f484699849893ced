"""Results as figures; the only place that imports matplotlib. Result in, ``Figure`` out; ``save_png`` makes bytes."""

from __future__ import annotations

from glasspara.report.figures.bootstrap import bootstrap_figure
from glasspara.report.figures.compare import compare_figure
from glasspara.report.figures.fit import fit_figures
from glasspara.report.figures.high_field import departure_figure, field_shape_figure
from glasspara.report.figures.intervals import interval_figures
from glasspara.report.figures.levels import level_diagram_figure
from glasspara.report.figures.style import save_png
from glasspara.report.figures.universality import universality_figure

__all__ = [
    "bootstrap_figure",
    "compare_figure",
    "departure_figure",
    "field_shape_figure",
    "fit_figures",
    "interval_figures",
    "level_diagram_figure",
    "save_png",
    "universality_figure",
]
