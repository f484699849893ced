"""The decomposition of one run into the terms of the model, as the source's Fig. 18."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.data.dataset import ReducedRun
from glasspara.fitting.result import FitResult
from glasspara.model.parameters import to_canonical
from glasspara.report.curves import curves
from glasspara.report.panels import (
    ABSCISSA_LABELS,
    RunStyle,
    abscissa,
    branch_fills,
    branch_handles,
    draw_points,
    frame,
    run_handles,
)
from glasspara.report.style import BLACK, BLUE, GREEN, GREY, SKY, VERMILLION, paper_style
from glasspara.report.text import fit_details, fit_verdict, scaled_unit, synthetic_mark

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
def decomposition_figure(
    result: FitResult, run: ReducedRun, part: slice, *, largest: float, synthetic: bool
) -> Figure:
    """Raw data of ``run``, the terms and their sum, over the intrinsic magnetisation with its errors and the ATS term.

    ``part`` is where the points of ``run`` lie in the flat arrays of ``result``; the power of ten is that of
    ``largest``, emu/g. Without an ATS term the lower panel
    has what the model leaves.
    """
    has_ats = result.model.has_ats
    absent = {"ats": not has_ats, "trace": not result.model.trace_ions}
    above = [row for row in _TERMS if not absent.get(row[0])]
    data = RunStyle("data", GREY, "o")
    left = RunStyle("intrinsic" if has_ats else "residual", SKY, "s")
    fills = branch_fills([run])
    handles = run_handles([data, left])
    handles += [
        Line2D([], [], color=colour, linestyle=dashes, label=label) for _, label, colour, dashes in above
    ]
    handles += branch_handles(fills)
    figure, (main, below) = frame(
        fit_verdict(result),
        fit_details(result, [run]),
        synthetic_mark([run], synthetic=synthetic),
        trusted=result.assessment.trusted,
        panels=(1.7, 1.0),
        handles=handles,
    )
    x = abscissa(run.run.kind, run.temperature, run.field)
    factor, unit = scaled_unit(np.array([largest]), "emu/g")
    draw_points(main, run, data, fills, (x, factor * run.magnetisation))
    draw_points(below, run, left, fills, (x, factor * result.intrinsic[part]), errors=factor * run.sigma)
    for place, terms in curves(run, to_canonical(result.values), result.model):
        for name, _, colour, dashes in above:
            main.plot(place, factor * getattr(terms, name), color=colour, linestyle=dashes, zorder=3.0)
        if has_ats:
            below.plot(place, factor * terms.ats, color=VERMILLION, linestyle=_TERMS[-1][3], zorder=3.0)
    for axes in (main, below):
        axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=1.0)
    main.set_ylabel(f"$M$ ({unit})")
    below.set_ylabel(f"$M_\\mathrm{{intr}}$ ({unit})" if has_ats else f"residual ({unit})")
    below.set_xlabel(ABSCISSA_LABELS[run.run.kind])
    return figure
