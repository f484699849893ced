"""Exact spectrum of one three-level ATS and its response to the phase.

Hamiltonian (6) of G. Jug and S. Recchia, arXiv:2111.12644: diagonal E1, E2, E3 of sum zero, off-diagonal elements
D_0 exp(+-i phi/3). Its eigenvalues are the roots of l^3 - p l - q = 0, p = D^2/2 + 3 D_0^2, q = E1 E2 E3 +
2 D_0^3 cos(phi), D^2 = E1^2 + E2^2 + E3^2. With X = D/sqrt 6, Y = D_0, t = cos(3 alpha) and E1 E2 E3 = 2 X^3 t,

``r = sqrt(X^2 + Y^2)``,  ``cos(theta) = (X^3 t + Y^3 cos phi) / r^3``,

``l = -r cos(theta/3) -+ sqrt(3) r sin(theta/3)``  and  ``2 r cos(theta/3)``:

two numbers, r and theta, hold all of the physics. The lower two levels meet at theta = 0, the upper two at pi. theta
comes from 1 - cos(theta) and 1 + cos(theta), sums of positive terms, so that both gaps keep their accuracy there.
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray

_SQRT3, _SQRT6 = sqrt(3.0), sqrt(6.0)


def level_coordinates(
    d: npt.ArrayLike, d0: npt.ArrayLike, turn: npt.ArrayLike, phase: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """r (in the unit of ``d``) and theta/3 of the spectrum; the arguments broadcast, r with ``d`` and ``d0`` alone.

    ``d`` and ``d0`` are D and D_0, not negative; ``turn`` is 3 alpha and ``phase`` phi, radians.
    """
    x, y = np.asarray(d, dtype=np.float64) / _SQRT6, np.asarray(d0, dtype=np.float64)
    r = np.hypot(x, y)
    safe = np.where(r > 0, r, 1.0)
    x, y = x / safe, y / safe
    half_turn, half_phase = np.asarray(turn, dtype=np.float64) / 2, np.asarray(phase, dtype=np.float64) / 2
    # 1 - X^3 - Y^3 (in units of r), without cancellation; then (1 -+ cos theta)/2.
    common = (x * y) ** 2 * (3 - 2 * x * y) / (1 + x**3 + y**3) / 2
    low = common + x**3 * np.sin(half_turn) ** 2 + y**3 * np.sin(half_phase) ** 2
    high = common + x**3 * np.cos(half_turn) ** 2 + y**3 * np.cos(half_phase) ** 2
    return r, np.arctan2(np.sqrt(low), np.sqrt(high)) * (2 / 3)


def level_energies(r: FloatArray, third: FloatArray) -> FloatArray:
    """The three eigenvalues, rising, along a new last axis; from :func:`level_coordinates`."""
    middle, half = -r * np.cos(third), _SQRT3 * r * np.sin(third)
    return np.stack([middle - half, middle + half, -2 * middle], axis=-1)


def phase_response(r: FloatArray, third: FloatArray) -> FloatArray:
    """d ln Z / dq in units of kT, with the sign turned: R > 0 in d ln Z/d phi = 2 D_0^3 sin(phi) R.

    ``r`` in units of kT. R = e[l1, l2, l3] / Z, the second divided difference of exp(-l) over the partition function;
    1/6 for r = 0. With a = l2 - l1, h = l3 - l2, b = a + h and f(z) = (1 - exp(-z))/z it is
    [f(a) - exp(-a) f(h)] / [b (1 + exp(-a) + exp(-b))], which holds where levels meet. Relative error some
    1e-16/r for r < 1.
    """
    scale = 2 * _SQRT3 * r
    a, h = scale * np.sin(third), scale * np.sin(pi / 3 - third)
    b = scale * np.sin(pi / 3 + third)
    fall = np.exp(-a)
    return np.asarray((_mean_fall(a) - fall * _mean_fall(h)) / (b * (1 + fall + np.exp(-b))))


def _mean_fall(z: FloatArray) -> FloatArray:
    """(1 - exp(-z))/z, 1 at z = 0."""
    return np.asarray(np.divide(-np.expm1(-z), z, out=np.ones_like(z), where=z != 0))
