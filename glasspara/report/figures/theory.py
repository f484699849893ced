"""The model between the measured points, for smooth curves: the same theory, more places."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glasspara.dataset import ReducedRun
from glasspara.fitting.result import FitResult
from glasspara.model import Terms, evaluate
from glasspara.parameters import to_canonical
from glasspara.report.figures.panels import abscissa, branches

FloatArray = npt.NDArray[np.float64]

_PLACES = 240
_SAME = 0.005  # of the range that a curve covers


def curves(result: FitResult, run: ReducedRun) -> list[tuple[FloatArray, Terms]]:
    """Abscissa and terms along the branches of ``run``: through their measured T and H, and evenly between them.

    A branch that would only repeat the curve of a longer one is left out: it would fill the gaps of its dashes.
    """
    kind = run.run.kind
    found: list[tuple[FloatArray, Terms]] = []
    for _, mask in branches(run):
        T, H = run.temperature[mask], run.field[mask]
        order = np.argsort(abscissa(kind, T, H), kind="stable")
        # In 1/T, so that the places between are even on the paper.
        inverse, field = (_refined(values[order]) for values in (1.0 / T, H))
        terms = evaluate(1.0 / inverse, field, to_canonical(result.values), result.model)
        found.append((abscissa(kind, 1.0 / inverse, field), terms))
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


def _refined(values: FloatArray) -> FloatArray:
    """``values`` with places put in evenly between neighbours."""
    steps = max(1, _PLACES // len(values))
    place = np.arange(steps * (len(values) - 1) + 1) / steps
    return np.interp(place, np.arange(len(values)), values)
