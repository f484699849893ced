"""The model between the measured points, for smooth curves: the same theory, more places."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from glasspara.dataset import ReducedRun
from glasspara.fitting.coordinates import to_canonical
from glasspara.fitting.result import FitResult
from glasspara.model import Terms, evaluate
from glasspara.report.figures.panels import ABSCISSAE, branches

FloatArray = npt.NDArray[np.float64]

_PLACES = 240


def curves(result: FitResult, run: ReducedRun) -> Iterator[tuple[FloatArray, Terms]]:
    """Abscissa and terms along each branch of ``run``: through its measured T and H, and evenly between them."""
    kind = run.run.kind
    for _, mask in branches(run):
        T, H = run.temperature[mask], run.field[mask]
        order = np.argsort(ABSCISSAE[kind].of(T, H), kind="stable")
        # In 1/T, so that the places between are even on the paper.
        inverse, field = (_refined(values[order]) for values in (1.0 / T, H))
        terms = evaluate(1.0 / inverse, field, to_canonical(result.values), result.model)
        yield ABSCISSAE[kind].of(1.0 / inverse, field), terms


def _refined(values: FloatArray) -> FloatArray:
    """``values`` with places put in evenly between neighbours."""
    steps = max(1, _PLACES // len(values))
    place = np.arange(steps * (len(values) - 1) + 1) / steps
    return np.interp(place, np.arange(len(values)), values)
