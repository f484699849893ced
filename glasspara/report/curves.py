"""The model on figures: on a grid of its own, and seen on every colour of the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from glasspara.arrays import FloatArray, distinct_values
from glasspara.data.dataset import ReducedRun
from glasspara.model.model import Model, Terms, evaluate
from glasspara.report.panels import abscissa, branches

THIN = 1.2
"""Width of a curve on points, pt."""


def draw_curve(
    axes: Axes, x: FloatArray, y: FloatArray, *, colour: str, width: float = THIN, **look: Any
) -> None:
    """A curve ``width`` pt wide with white edges: seen on points of any colour."""
    axes.plot(x, y, color="white", linewidth=2.0 * width, zorder=2.9)
    axes.plot(x, y, color=colour, linewidth=width, zorder=3.0, **look)


_PLACES = 120  # evenly, and as many by equal factors
_SAME = 0.005  # of the range that a curve covers
_WANDERING = 12  # points from which the other variable is followed along a branch


def curves(run: ReducedRun, values: Mapping[str, float], model: Model) -> list[tuple[FloatArray, Terms]]:
    """Abscissa of ``run`` and terms of ``model`` with the canonical ``values`` along its branches, on a grid of their
    own: smooth whatever the scale.

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
        found.append((place, evaluate(T, H, values, model)))
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
    if len(distinct_values(x)) < _WANDERING or not np.ptp(y):
        return np.full(len(places), y.mean())
    return np.asarray(np.polynomial.Polynomial.fit(x, y, 3)(places))
