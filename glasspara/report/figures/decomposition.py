"""The decomposition of one run into the terms of the model, as the source's Fig. 18."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.dataset import ReducedRun
from glasspara.fitting.result import FitResult
from glasspara.report.figures.panels import (
    ABSCISSA_LABELS,
    RunStyle,
    abscissa,
    branch_fills,
    branch_handles,
    draw_points,
    frame,
    run_handles,
)
from glasspara.report.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILLION, paper_style
from glasspara.report.figures.text import fit_details, fit_verdict, scaled_unit, synthetic_mark
from glasspara.report.figures.theory import curves

Dashes = Literal["solid"] | tuple[float, Sequence[float]]

_TERMS: tuple[tuple[str, str, str, Dashes], ...] = (
    # In the order of drawing: where a term is all there is, its dashes stay visible on the total.
    ("total", "total", BLACK, "solid"),
    ("larmor", "Larmor", BLUE, (0, (6, 2))),
    ("langevin", "Langevin", GREEN, (0, (6, 2, 1.2, 2))),
    ("ats", "ATS", VERMILLION, (0, (2, 1.2))),
)


@paper_style()
def decomposition_figure(result: FitResult, run: ReducedRun, part: slice, *, synthetic: bool) -> Figure:
    """Raw data of ``run``, the terms, their sum, and the intrinsic magnetisation with its errors.

    ``part`` is where the points of ``run`` lie in the flat arrays of ``result``.
    """
    terms_shown = [row for row in _TERMS if row[0] != "ats" or result.model.has_ats]
    left = "intrinsic" if result.model.has_ats else "residual"
    points = (
        (RunStyle("data", GREY, "o"), run.magnetisation, None),
        (RunStyle(left, ORANGE, "s"), result.intrinsic[part], run.sigma),
    )
    fills = branch_fills([run])
    handles = run_handles([style for style, _, _ in points])
    handles += [
        Line2D([], [], color=colour, linestyle=dashes, label=label)
        for _, label, colour, dashes in terms_shown
    ]
    handles += branch_handles(fills)
    figure, (axes,) = frame(
        fit_verdict(result),
        fit_details(result, [run]),
        synthetic_mark([run], synthetic=synthetic),
        trusted=result.assessment.trusted,
        panels=(1.0,),
        handles=handles,
    )
    x = abscissa(run.run.kind, run.temperature, run.field)
    factor, unit = scaled_unit(run.magnetisation, "emu/g")
    axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=1.0)
    for style, values, errors in points:
        bars = None if errors is None else factor * errors
        draw_points(axes, run, style, fills, (x, factor * values), errors=bars)
    for place, terms in curves(result, run):
        for name, _, colour, dashes in terms_shown:
            axes.plot(place, factor * getattr(terms, name), color=colour, linestyle=dashes, zorder=3.0)
    axes.set_ylabel(f"$M$ ({unit})")
    axes.set_xlabel(ABSCISSA_LABELS[run.run.kind])
    return figure
