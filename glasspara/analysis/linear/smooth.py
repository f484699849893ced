"""A smooth description of M(T) at one field that knows nothing of the model: ions and a spline.

The control for what is read off the residuals of a fitted model: what the model misses, a spline takes up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glasspara.analysis.linear.projection import orthonormal
from glasspara.arrays import FloatArray
from glasspara.data.dataset import ReducedRun
from glasspara.model.parameters import ION_NAMES
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response

MOST_KNOTS = 6
_POINTS_PER_KNOT = 8
_DEGREE = 3
_FEWEST_DOF = 5


@dataclass(frozen=True)
class SplineFit:
    """``base`` is an orthonormal basis over the points of the run, divided by their errors; ``left`` the weighted
    residuals; ``knots`` the number of inner knots, evenly spaced in ln T."""

    base: FloatArray
    left: FloatArray
    knots: int

    @property
    def ndof(self) -> int:
        return int(self.left.size - self.base.shape[1])


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
                best = (bic, SplineFit(base, left, knots))
        assert best is not None
        return best[1]


def splines_of(run: ReducedRun) -> Splines | None:
    """The splines that ``run`` can bear, with 6 inner knots at most; None where it has too few points for any."""
    bases = []
    for knots in range(min(MOST_KNOTS, len(run) // _POINTS_PER_KNOT) + 1):
        base = (
            orthonormal(_columns(run, knots) / run.sigma[:, None]) if np.ptp(run.temperature) > 0.0 else None
        )
        if base is None or len(run) - base.shape[1] < _FEWEST_DOF:
            break
        bases.append(base)
    return Splines(tuple(bases)) if bases else None


def _columns(run: ReducedRun, inner: int) -> FloatArray:
    from scipy.interpolate import BSpline

    s = np.log(run.temperature)
    knots = np.linspace(s.min(), s.max(), inner + 2)
    padded = np.concatenate([[knots[0]] * _DEGREE, knots, [knots[-1]] * _DEGREE])
    spline = BSpline.design_matrix(s, padded, _DEGREE, extrapolate=True).toarray()
    ions = [
        langevin_response(run.temperature, run.field, j=ion.j, g=ion.g)[0]
        for ion in (ION_OF_PARAMETER[name] for name in ION_NAMES)
    ]
    return np.column_stack([*ions, spline])
