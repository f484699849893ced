"""ATS with all three levels of Hamiltonian (6), at any phase; G. Jug and S. Recchia, arXiv:2111.12644, eqs. (6)-(9).

``magnetisation`` has the term of (17): it integrates over D_0 by Gauss's rule, with the mean over asymmetries and
directions of its ``kernel``, which looks it up in ``tables`` (``three_level.npz``, made by
``studies/three_level_tables.py``). Parameters, points and the laws of temperature are those of
``glasspara.physics.ats``. Here are the three levels of one ATS: the exact spectrum, and the level diagram by its phase,
as in Fig. 7c of the parent article.

Hamiltonian (6) of G. Jug and S. Recchia, arXiv:2111.12644: diagonal E1, E2, E3 of sum zero, off-diagonal elements
D_0 exp(+-i phi/3). Its eigenvalues are the roots of l^3 - p l - q = 0, p = D^2/2 + 3 D_0^2, q = E1 E2 E3 +
2 D_0^3 cos(phi), D^2 = E1^2 + E2^2 + E3^2. With X = D/sqrt 6, Y = D_0, t = cos(3 alpha) and E1 E2 E3 = 2 X^3 t,

``r = sqrt(X^2 + Y^2)``,  ``cos(theta) = (X^3 t + Y^3 cos phi) / r^3``,

``l = -r cos(theta/3) -+ sqrt(3) r sin(theta/3)``  and  ``2 r cos(theta/3)``:

two numbers, r and theta, hold all of the physics. The lower two levels meet at theta = 0, the upper two at pi. theta
comes from 1 - cos(theta) and 1 + cos(theta), sums of positive terms, so that both gaps keep their accuracy there.
"""

from __future__ import annotations

from math import sqrt

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


def level_diagram(
    phi: npt.ArrayLike,
    *,
    d0: npt.ArrayLike,
    asymmetries: tuple[float, float, float] | None = None,
    d: npt.ArrayLike | None = None,
    alpha: npt.ArrayLike | None = None,
) -> FloatArray:
    """Energies of one ATS, K, rising along a new last axis: the roots of ``l^3 - p l - q = 0``.

    p = D^2/2 + 3 D_0^2, q = E1 E2 E3 + 2 D_0^3 cos(phi); Hamiltonian (6) of G. Jug and S. Recchia, arXiv:2111.12644.

    Parameters
    ----------
    phi : array_like
        Phase (7), radians. It broadcasts with ``d0``, ``d`` and ``alpha``.
    d0 : array_like
        Tunnelling amplitude D_0 of (6), K; not negative.
    asymmetries : tuple of three numbers
        E1, E2, E3, K, of sum zero. Alternatively
    d, alpha : array_like
        D, K, not negative, and the angle alpha, radians, of ``E_k = sqrt(2/3) D cos(alpha + 2 pi (k - 1)/3)``.

    Raises
    ------
    ValueError
        For a value that is not finite, a negative ``d`` or ``d0``, asymmetries of another sum, or if not exactly one
        of the two forms of asymmetry is given.
    """
    if asymmetries is not None and d is None and alpha is None:
        energies = np.asarray(asymmetries, dtype=np.float64)
        if energies.shape != (3,) or abs(energies.sum()) > 1e-12 * np.abs(energies).max():
            raise ValueError("asymmetries must be three energies (K) of sum zero")
        size = np.sqrt((energies**2).sum())
        angle = np.arctan2((energies[2] - energies[1]) / sqrt(3.0), energies[0])
    elif asymmetries is None and d is not None and alpha is not None:
        size, angle = np.asarray(d, dtype=np.float64), np.asarray(alpha, dtype=np.float64)
    else:
        raise ValueError("give the asymmetry either as asymmetries or as d and alpha")
    arrays = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (phi, d0, size, angle)))
    phase, amplitude, asymmetry, turn = arrays
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("phi, d0 and the asymmetry must be finite")
    if (amplitude < 0).any() or (asymmetry < 0).any():
        raise ValueError("d0 and d must not be negative (K)")
    r, third = level_coordinates(asymmetry, amplitude, 3 * turn, phase)
    return level_energies(r, third)
