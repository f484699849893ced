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
    ("trace", "of this, trace ions", GREEN, (0, (1, 2))),
    ("ats", "ATS", VERMILLION, (0, (2, 1.2))),
)


@paper_style()
def decomposition_figure(result: FitResult, run: ReducedRun, part: slice, *, synthetic: bool) -> Figure:
    """Raw data of ``run``, the terms and their sum, over the intrinsic magnetisation with its errors and the ATS term.

    ``part`` is where the points of ``run`` lie in the flat arrays of ``result``. Without an ATS term the lower panel
    has what the model leaves.
    """
    has_ats = result.model.has_ats
    absent = {"ats": not has_ats, "trace": not result.model.trace_ions}
    above = [row for row in _TERMS if not absent.get(row[0])]
    data = RunStyle("data", GREY, "o")
    left = RunStyle("intrinsic" if has_ats else "residual", ORANGE, "s")
    fills = branch_fills([run])
    handles = run_handles([data, left])
    handles += [
        Line2D([], [], color=colour, linestyle=dashes, label=label) for _, label, colour, dashes in above
    ]
    handles += branch_handles(fills)
    figure, (main, below) = frame(
        fit_verdict(result),
        fit_details(result, [run]) + _iron(result),
        synthetic_mark([run], synthetic=synthetic),
        trusted=result.assessment.trusted,
        panels=(1.7, 1.0),
        handles=handles,
    )
    x = abscissa(run.run.kind, run.temperature, run.field)
    factor, unit = scaled_unit(run.magnetisation, "emu/g")
    small, small_unit = scaled_unit(result.intrinsic[part], "emu/g")
    draw_points(main, run, data, fills, (x, factor * run.magnetisation))
    draw_points(below, run, left, fills, (x, small * result.intrinsic[part]), errors=small * run.sigma)
    for place, terms in curves(result, run):
        for name, _, colour, dashes in above:
            main.plot(place, factor * getattr(terms, name), color=colour, linestyle=dashes, zorder=3.0)
        if has_ats:
            below.plot(place, small * terms.ats, color=VERMILLION, linestyle=_TERMS[-1][3], zorder=3.0)
    for axes in (main, below):
        axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=1.0)
    main.set_ylabel(f"$M$ ({unit})")
    below.set_ylabel(f"$M_\\mathrm{{intr}}$ ({small_unit})" if has_ats else f"residual ({small_unit})")
    below.set_xlabel(ABSCISSA_LABELS[run.run.kind])
    return figure


def _iron(result: FitResult) -> str:
    """A line that says so where the iron of the Langevin term is held or constrained."""
    iron = result.parameters.get("n_fe")
    if iron is None or not (iron.fixed or iron.constraint):
        return ""
    word = "held" if iron.fixed else "constrained"
    return f"\nn(Fe) = {iron.value:.4g} g⁻¹ {word}".replace("e+", "e")
