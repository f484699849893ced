"""The decomposition of one run into the terms of the model, as the source's Fig. 18."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.arrays import FloatArray
from glasspara.data.dataset import ReducedRun
from glasspara.fitting.result import FitResult
from glasspara.model.model import Terms, evaluate
from glasspara.model.parameters import to_canonical
from glasspara.report.panels import (
    ABSCISSA_LABELS,
    RunStyle,
    abscissa,
    branch_fills,
    branch_handles,
    branches,
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
def decomposition_figure(result: FitResult, run: ReducedRun, part: slice, *, largest: float) -> Figure:
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
        synthetic_mark([run]),
        trusted=result.assessment.trusted,
        panels=(1.7, 1.0),
        handles=handles,
    )
    x = abscissa(run.run.kind, run.temperature, run.field)
    factor, unit = scaled_unit(np.array([largest]), "emu/g")
    draw_points(main, run, data, fills, (x, factor * run.magnetisation))
    draw_points(below, run, left, fills, (x, factor * result.intrinsic[part]), errors=factor * run.sigma)
    for place, terms in curves(result, run):
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


_PLACES = 120  # evenly, and as many by equal factors
_SAME = 0.005  # of the range that a curve covers
_WANDERING = 12  # points from which the other variable is followed along a branch


def curves(result: FitResult, run: ReducedRun) -> list[tuple[FloatArray, Terms]]:
    """Abscissa and terms along the branches of ``run``, on a grid of their own: smooth whatever the scale.

    The field of a run at fixed field, or the temperature, follows the smooth part of what was measured. A branch that
    would only repeat the curve of a longer one is left out: it would fill the gaps of its dashes.
    """
    kind = run.run.kind
    found: list[tuple[FloatArray, Terms]] = []
    for _, mask in branches(run):
        T, H = run.temperature[mask], run.field[mask]
        x = abscissa(kind, T, H)
        place = _grid(x)
        if kind == "fixed-field":
            T, H = 1.0 / place, _smooth(x, H, place)
        else:
            T, H = _smooth(x, T, place), 1.0e3 * place
        found.append((place, evaluate(T, H, to_canonical(result.values), result.model)))
    kept: list[tuple[FloatArray, Terms]] = []
    for curve in sorted(found, key=lambda item: -float(np.ptp(item[0]))):
        if not any(_repeats(curve, other) for other in kept):
            kept.append(curve)
    return kept


def _repeats(curve: tuple[FloatArray, Terms], other: tuple[FloatArray, Terms]) -> bool:
    """Whether ``curve`` lies, to about the width of a line, on ``other``."""
    place, wide = curve[0], other[0]
    slack = _SAME * float(np.ptp(wide))
    if place[0] < wide[0] - slack or place[-1] > wide[-1] + slack:
        return False
    distance = np.abs(curve[1].total - np.interp(place, wide, other[1].total))
    return float(distance.max()) <= _SAME * float(np.ptp(other[1].total))


def _grid(values: FloatArray) -> FloatArray:
    """Places from the least of ``values`` to the largest; where all are positive also fine near the least."""
    low, high = float(values.min()), float(values.max())
    places = np.linspace(low, high, _PLACES)
    return np.union1d(places, np.geomspace(low, high, _PLACES)) if low > 0.0 else places


def _smooth(x: FloatArray, y: FloatArray, places: FloatArray) -> FloatArray:
    """The smooth part of ``y`` at ``places``: a cubic, or the mean of few values."""
    if len(np.unique(x)) < _WANDERING or not np.ptp(y):
        return np.full(len(places), y.mean())
    return np.asarray(np.polynomial.Polynomial.fit(x, y, 3)(places))
