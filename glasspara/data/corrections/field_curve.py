"""A smooth curve against the field, with its covariance: true minus reported field, or the moment of a branch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.runs.scatter import MAD_TO_SIGMA

FEWEST_FIELDS = 8
"""Different fields without which there is no curve."""

_BEND = 500.0  # Oe: below, a curve is followed in H; far above, in ln H
_KNOTS = (0, 1, 2, 3, 4, 6, 8, 10, 12)  # within a branch, as many as serve best
_WILD = 5.0  # robust standard deviations of a point that does not count


@dataclass(frozen=True, eq=False)
class FieldCurve:
    """Cubic spline of asinh(H / 500 Oe) from ``low`` to ``high`` (Oe), beyond them its value there.

    ``coefficients`` belong to the B-splines of ``knots``; ``covariance`` is theirs by the scatter of the points.
    ``n_points`` counted, ``error`` is the standard error of the curve, median over them.
    """

    low: float
    high: float
    knots: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    n_points: int
    error: float

    def design(self, field: FloatArray) -> FloatArray:
        """Values of the B-splines at ``field`` (Oe), shape (fields, coefficients)."""
        from scipy.interpolate import BSpline

        u = np.arcsinh(field.clip(self.low, self.high) / _BEND)
        return np.asarray(BSpline.design_matrix(u, self.knots, 3).toarray(), dtype=np.float64)

    def value(self, field: FloatArray) -> FloatArray:
        """The curve at ``field``."""
        return self.design(field) @ self.coefficients

    def slope(self, field: FloatArray) -> FloatArray:
        """Its derivative by the field, per Oe."""
        from scipy.interpolate import BSpline

        inside = field.clip(self.low, self.high)
        by_u = BSpline(self.knots, self.coefficients, 3).derivative()(np.arcsinh(inside / _BEND))
        return np.asarray(by_u / np.hypot(inside, _BEND), dtype=np.float64)


def follow(field: FloatArray, values: FloatArray, sigma: FloatArray) -> FieldCurve:
    """The curve through ``values`` at ``field`` (Oe, in any order, at least FEWEST_FIELDS different ones).

    Least squares by ``sigma``, the number of knots by generalised cross-validation, without wild points.
    """
    order = np.argsort(field, kind="stable")
    H, y, weight = field[order], values[order], 1.0 / sigma[order]
    keep = np.ones(len(H), dtype=bool)
    for _ in range(3):
        curve = _best(H[keep], y[keep], weight[keep])
        apart = np.abs((y - curve.value(H)) * weight)
        fitting = apart <= _WILD * MAD_TO_SIGMA * float(np.median(apart))
        fitting[[0, -1]] = True
        if np.array_equal(fitting, keep) or len(np.unique(H[fitting])) < FEWEST_FIELDS:
            break
        keep = fitting
    return curve


def _best(H: FloatArray, y: FloatArray, weight: FloatArray) -> FieldCurve:
    """The curve with the least generalised cross-validation."""
    from scipy.interpolate import BSpline

    u, n = np.arcsinh(H / _BEND), len(H)
    best: tuple[float, FieldCurve] | None = None
    for inner in (count for count in _KNOTS if count < max(n // 4, 1)):
        # Knots where the points are, so that every stretch holds some.
        middle = np.interp(np.arange(1, inner + 1) / (inner + 1) * (n - 1), np.arange(n), u)
        knots = np.concatenate(([u[0]] * 4, middle, [u[-1]] * 4))
        design = BSpline.design_matrix(u, knots, 3).toarray() * weight[:, None]
        coefficients, _, rank, _ = np.linalg.lstsq(design, y * weight, rcond=None)
        if rank < len(coefficients) and best is not None:
            continue
        chi2 = float(((y * weight - design @ coefficients) ** 2).sum())
        parameters = len(coefficients)
        score = chi2 / n / (1.0 - parameters / n) ** 2
        if best is None or score < best[0]:
            covariance = np.linalg.pinv(design.T @ design) * chi2 / max(n - parameters, 1)
            errors = np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design).clip(0.0)) / weight
            best = (
                score,
                FieldCurve(
                    float(H[0]), float(H[-1]), knots, coefficients, covariance, n, float(np.median(errors))
                ),
            )
    assert best is not None
    return best[1]
