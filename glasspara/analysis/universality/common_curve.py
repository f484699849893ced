"""The spaces of the universality test: one curve of H/T for all runs, and what a run may have of its own."""

from __future__ import annotations

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response

_SPINS = (0.5, 1.0, 1.5, 2.0, 2.5)
_OWN_DEGREE = 3
_MAX_KNOTS = 5
_POINTS_PER_KNOT = 20
# H/T at which iron leaves the Curie law, Oe/K: sets where the abscissa of the spline turns logarithmic.
_SCALE = 2000.0


def knots_of(abscissa: FloatArray) -> FloatArray:
    """Knots of the spline for points at H/T ``abscissa``, the outer ones fourfold; none where all have one H/T."""
    s = _stretched(abscissa)
    inner = min(_MAX_KNOTS, len(np.unique(s)) // _POINTS_PER_KNOT)
    knots = np.linspace(s.min(), s.max(), inner + 2)
    if knots[-1] <= knots[0]:
        return np.empty(0)
    return np.concatenate([[knots[0]] * 3, knots, [knots[-1]] * 3])


def curve_basis(abscissa: FloatArray, knots: FloatArray) -> FloatArray:
    """Columns that span the common curve: Brillouin functions of H/T and a cubic spline of asinh(H/T)."""
    from scipy.interpolate import BSpline

    g = ION_OF_PARAMETER["n_fe2"].g
    ones = np.ones_like(abscissa)
    columns = [langevin_response(ones, abscissa, j=spin, g=g)[0][:, None] for spin in _SPINS]
    if knots.size:
        columns.append(BSpline.design_matrix(_stretched(abscissa), knots, 3, extrapolate=True).toarray())
    return np.concatenate(columns, axis=1)


def own_basis(abscissa: FloatArray, part: slice, length: int) -> FloatArray:
    """A cubic in asinh(H/T) on the points ``part`` of one run, zero on the others of ``length``."""
    s = _stretched(abscissa[part])
    span = float(np.ptp(s))
    unit = 2.0 * (s - s.min()) / span - 1.0 if span > 0.0 else np.zeros_like(s)
    block = np.zeros((length, _OWN_DEGREE + 1))
    block[part] = np.polynomial.legendre.legvander(unit, _OWN_DEGREE)
    return block


def _stretched(abscissa: FloatArray) -> FloatArray:
    return np.arcsinh(abscissa / _SCALE)
