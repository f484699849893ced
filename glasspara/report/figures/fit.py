"""Figures of a fit: data with the fitted model, the decomposition of a run, the intrinsic magnetisation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.dataset import ReducedRun
from glasspara.fitting.result import FitResult
from glasspara.model import Terms
from glasspara.report.figures.panels import (
    ABSCISSAE,
    add_legend,
    branch_fills,
    draw_points,
    draw_pulls_frame,
    frame,
    legend_rows,
    run_handles,
    run_styles,
    spread_scale,
)
from glasspara.report.figures.style import paper_style
from glasspara.report.figures.text import fit_details, fit_verdict, scaled_unit, stems, synthetic_mark
from glasspara.report.figures.theory import curves

FloatArray = npt.NDArray[np.float64]
