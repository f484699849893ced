"""Magnetic particles: superparamagnetic clusters, and a ferromagnetic impurity. Rivals of the source's ATS term.

Clusters are classical moments of many Bohr magnetons; a ferromagnetic impurity may be dust, a saw's steel, magnetite.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.units import BOHR_MAGNETON, BOLTZMANN

# The series converges as (x/pi)^2k, the closed form loses a factor 1/L(x) of precision; both are accurate here.
_SERIES_BELOW = 1.0
_SERIES_TERMS = 18


@lru_cache(maxsize=1)
def _series() -> tuple[float, ...]:
    """Coefficients of L(x) = sum_k c_k x^(2k - 1), by L' = 1 - L^2 - 2 L/x."""
    found: list[float] = []
    for k in range(1, _SERIES_TERMS + 1):
        products = sum(left * right for left, right in zip(found, reversed(found), strict=True))
        found.append(((k == 1) - products) / (2 * k + 1))
    return tuple(found)


def classical_langevin(x: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Langevin function ``L(x) = coth x - 1/x`` and its derivative ``1/x^2 - 1/sinh^2 x``, with the shape of ``x``.

    Relative error below 1e-14 for every ``x``, L exactly odd.
    """
    argument = np.asarray(x, dtype=np.float64)
    size = np.abs(argument)
    near = size < _SERIES_BELOW
    small = np.where(near, size, 0.0)
    square = small * small
    value, slope = np.zeros(size.shape), np.zeros(size.shape)
    for k, coefficient in reversed(list(enumerate(_series()))):
        value = value * square + coefficient
        slope = slope * square + (2 * k + 1) * coefficient
    far = np.where(near, _SERIES_BELOW, size)
    fall = np.exp(-2.0 * far)
    value = np.where(near, value * small, (1.0 + fall) / (1.0 - fall) - 1.0 / far)
    slope = np.where(near, slope, 1.0 / far**2 - 4.0 * fall / (1.0 - fall) ** 2)
    return np.copysign(value, argument), slope


def superparamagnetic_response(
    T: npt.ArrayLike, H: npt.ArrayLike, *, cluster_moment: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean moment ``mu L(mu H/k_B T)`` of one cluster, emu, with its derivatives by H, emu/Oe, and ``cluster_moment``.

    ``T`` in K, ``H`` in Oe, ``cluster_moment`` = mu in Bohr magnetons; shapes broadcast. The clusters neither
    interact nor have an anisotropy. The last derivative is in emu per Bohr magneton.

    Raises
    ------
    ValueError
        If a temperature or ``cluster_moment`` is not positive.
    """
    temperature, field = np.broadcast_arrays(np.asarray(T, dtype=np.float64), np.asarray(H, dtype=np.float64))
    cluster_moment = np.asarray(cluster_moment, dtype=np.float64)
    if not np.all(temperature > 0):
        raise ValueError("the temperature T must be positive (K)")
    if not np.all(cluster_moment > 0):
        raise ValueError("cluster_moment must be positive (Bohr magnetons)")
    moment = cluster_moment * BOHR_MAGNETON
    per_field = moment / BOLTZMANN / temperature
    x = per_field * field
    value, slope = classical_langevin(x)
    return moment * value, moment * per_field * slope, BOHR_MAGNETON * (value + x * slope)


def ferromagnetic_response(
    H: npt.ArrayLike, *, h_ferro: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """``tanh(H/h_ferro)``, dimensionless, with its derivatives by H and by ``h_ferro``, both 1/Oe; shapes broadcast.

    Times a saturation m_ferro, emu/g, it is the magnetisation of an impurity far below its Curie point: it does not
    depend on temperature, is odd (no remanence: hysteresis is not modelled), linear with slope m_ferro/h_ferro in
    weak fields, where demagnetisation rules, and saturates. tanh is the simplest smooth function that does this;
    ``h_ferro``, Oe, is where it has reached 76 %.

    Raises
    ------
    ValueError
        If ``h_ferro`` is not positive.
    """
    h_ferro = np.asarray(h_ferro, dtype=np.float64)
    if not np.all(h_ferro > 0):
        raise ValueError("h_ferro must be positive (Oe)")
    ratio = np.asarray(H, dtype=np.float64) / h_ferro
    # sech^2 without the loss of 1 - tanh^2
    fall = np.exp(-2.0 * np.abs(ratio))
    slope = 4.0 * fall / (1.0 + fall) ** 2 / h_ferro
    return np.tanh(ratio), slope, -ratio * slope
