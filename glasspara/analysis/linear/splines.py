"""Cubic splines as columns of linear models, and a smooth description of M(T) that does not depend on the fitted model.

The description consists of the iron ions and a spline. It is the control for what is read off the residuals of a fitted
model: what the model misses, the spline takes up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glasspara.analysis.linear.least_squares import LinearFit, orthonormal
from glasspara.arrays import FloatArray
from glasspara.data.dataset import ReducedRun
from glasspara.model.parameters import ION_NAMES
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response

_MOST_KNOTS = 6
_POINTS_PER_KNOT = 8
_FEWEST_DOF = 5
_DEGREE = 3


def even_knots(places: FloatArray, inner: int) -> FloatArray:
    """Knots over the span of ``places`` at equal distances, ``inner`` of them inside, the outer ones fourfold."""
    knots = np.linspace(places.min(), places.max(), inner + 2)
    return np.concatenate([[knots[0]] * _DEGREE, knots, [knots[-1]] * _DEGREE])


def cubic_splines(places: FloatArray, knots: FloatArray) -> FloatArray:
    """The cubic B-splines of ``knots`` at ``places``, shape (len(places), len(knots) - 4)."""
    from scipy.interpolate import BSpline

    found: FloatArray = BSpline.design_matrix(places, knots, _DEGREE, extrapolate=True).toarray()
    return found


@dataclass(frozen=True)
class SplineFit(LinearFit):
    """The fit of a spline; ``knots`` is the number of its inner knots, at equal distances in ln T."""

    knots: int


@dataclass(frozen=True)
class Splines:
    """Constant, both iron ions and a cubic spline in ln T, with 0, 1, ... inner knots: a basis each."""

    bases: tuple[FloatArray, ...]

    def fit(self, target: FloatArray) -> SplineFit:
        """The fit to weighted data whose number of knots has the least BIC, the size of the errors being unknown."""
        best: tuple[float, SplineFit] | None = None
        n = len(target)
        for knots, base in enumerate(self.bases):
            left = target - base @ (base.T @ target)
            variance = max(float(left @ left) / n, np.finfo(float).tiny)
            bic = float(n * np.log(variance) + base.shape[1] * np.log(n))
            if best is None or bic < best[0]:
                best = (bic, SplineFit(left, base, n, knots))
        assert best is not None
        return best[1]


def splines_of(run: ReducedRun) -> Splines | None:
    """The splines for which ``run`` has enough points, with at most 6 inner knots; None if it has too few."""
    bases = []
    for knots in range(min(_MOST_KNOTS, len(run) // _POINTS_PER_KNOT) + 1):
        base = (
            orthonormal(_columns(run, knots) / run.sigma[:, None]) if np.ptp(run.temperature) > 0.0 else None
        )
        if base is None or len(run) - base.shape[1] < _FEWEST_DOF:
            break
        bases.append(base)
    return Splines(tuple(bases)) if bases else None


def _columns(run: ReducedRun, inner: int) -> FloatArray:
    s = np.log(run.temperature)
    ions = [
        langevin_response(run.temperature, run.field, j=ion.j, g=ion.g)[0]
        for ion in (ION_OF_PARAMETER[name] for name in ION_NAMES)
    ]
    return np.column_stack([*ions, cubic_splines(s, even_knots(s, inner))])
