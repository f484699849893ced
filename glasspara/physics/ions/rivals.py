"""Rivals of the source's ATS term: ions in a mean field, superparamagnetic clusters, and a ferromagnetic impurity.

The ions of a Weiss mean field have the Brillouin law with a Curie-Weiss weak-field limit: the reduced moment m solves

``m = B_J(y)``,   ``y = [g mu_B J H/k_B + 3J/(J+1) theta m]/T``,

whose weak-field limit is n C/(T - theta) with the Curie constant C of one ion. Clusters are classical moments of many
Bohr magnetons; a ferromagnetic impurity may be dust, a saw's steel, magnetite.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ions.langevin import brillouin, brillouin_derivative
from glasspara.units import BOHR_MAGNETON, BOLTZMANN

_MAX_STEPS = 100
# Steps shrink as their squares: after one of this relative size only rounding is left.
_LAST_STEP = 1.0e-9
_EPSILON = float(np.finfo(np.float64).eps)


def curie_weiss_response(
    T: npt.ArrayLike, H: npt.ArrayLike, *, theta_cw: npt.ArrayLike, j: float, g: float = 2.0
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean moment of one ion, emu, and its derivatives by the field, emu/Oe, and by ``theta_cw``, emu/K.

    ``T`` in K, ``H`` in Oe, ``theta_cw`` in K, positive for ferromagnetic coupling; shapes broadcast. Exactly odd in
    ``H``, the Brillouin law for ``theta_cw`` = 0. Below ``theta_cw`` the moment is that of the stable state, which
    points along the field: it jumps at H = 0, where it is 0 and its slopes are those of the state along the field.

    Raises
    ------
    ValueError
        If a temperature is not positive, ``theta_cw`` not finite, or ``j`` not a positive multiple of 1/2.
    """
    temperature, field, theta = np.broadcast_arrays(
        *(np.asarray(item, dtype=np.float64) for item in (T, H, theta_cw))
    )
    if not np.all(temperature > 0):
        raise ValueError("the temperature T must be positive (K)")
    if not np.isfinite(theta).all():
        raise ValueError("theta_cw must be finite (K)")
    saturation = g * BOHR_MAGNETON * j
    by_field = saturation / BOLTZMANN / temperature
    per_theta = 3.0 * j / (j + 1.0) / temperature
    coupling = per_theta * theta
    moment, slope = _aligned(by_field * np.abs(field), coupling, j)
    # at T = theta_cw and H = 0 the susceptibility is infinite: as large as numbers allow
    stiffness = np.maximum(1.0 - coupling * slope, _EPSILON)
    signed = np.copysign(np.where(field == 0.0, 0.0, moment), field)
    return (
        saturation * signed,
        saturation * slope * by_field / stiffness,
        saturation * slope * per_theta * signed / stiffness,
    )


def _aligned(field: FloatArray, coupling: FloatArray, j: float) -> tuple[FloatArray, FloatArray]:
    """Largest root m of ``m = B_J(field + coupling m)``, field >= 0, and dB_J/dy there.

    ``m - B_J`` is convex in m where y >= 0, and not negative at the largest m with y >= 0 and m <= 1: from there
    Newton's steps fall to the largest root without ever passing it.
    """
    repelled = coupling < 0.0
    moment = np.minimum(1.0, np.divide(field, -coupling, out=np.ones(field.shape), where=repelled))
    for _ in range(_MAX_STEPS):
        y = np.maximum(field + coupling * moment, 0.0)
        stiffness = 1.0 - coupling * brillouin_derivative(y, j=j)
        excess = moment - brillouin(y, j=j)
        step = np.divide(excess, stiffness, out=np.zeros(field.shape), where=stiffness > 0.0)
        moment = np.maximum(moment - step, 0.0)
        if np.all(np.abs(step) <= _LAST_STEP * moment):
            break
    return moment, brillouin_derivative(np.maximum(field + coupling * moment, 0.0), j=j)


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
