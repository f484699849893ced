"""Larmor and Langevin terms of (17), the diamagnetism of the glass and paramagnetic ions; and laws that rival (10).

The Langevin term has the quantum (Brillouin) form, which the source's Table 1 needs. The Brillouin function as a
difference of two coths loses all its digits for small arguments. Here it is the thermal mean over the 2J + 1 levels
with the levels +m and -m taken together, and the one small factor ``1 - exp(-y/J)`` divided out of every pair. There
remain polynomials in ``t = exp(-y/J)`` with positive coefficients only: nothing cancels and nothing overflows, at any
argument.

The rivals are ions in a mean field, superparamagnetic clusters, and a ferromagnetic impurity. The ions of a Weiss mean
field have the Brillouin law with a Curie-Weiss weak-field limit: the reduced moment m solves

``m = B_J(y)``,   ``y = [g mu_B J H/k_B + 3J/(J+1) theta m]/T``,

whose weak-field limit is n C/(T - theta) with the Curie constant C of one ion. Clusters are classical moments of many
Bohr magnetons; a ferromagnetic impurity may be dust, a saw's steel, magnetite.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ions import Ion, curie_constant
from glasspara.units import BOHR_MAGNETON, BOLTZMANN


def larmor_magnetisation(H: npt.ArrayLike, *, chi_larmor: npt.ArrayLike) -> FloatArray:
    """Larmor magnetisation, emu/g: ``-chi_larmor H``.

    ``H`` in Oe; ``chi_larmor`` in emu g^-1 Oe^-1, a positive number for a diamagnet. Both broadcast.
    G. Jug and S. Recchia, arXiv:2111.12644, first term of eq. (17).
    """
    field = np.asarray(H, dtype=np.float64)
    # The 0.0 keeps a zero field from giving -0.0.
    return np.asarray(0.0 - np.asarray(chi_larmor, dtype=np.float64) * field, dtype=np.float64)


@lru_cache(maxsize=64)
def _polynomials(j: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Coefficients by rising powers of t: of the pair sum, and of the variance of m.

    With weights t^k, k = J - m, and Z = sum t^k: <m> = (1 - t) pairs(t) / Z and
    <m^2> - <m>^2 = t variance(t) / Z^2.
    """
    twice = round(2 * j)
    if twice < 1 or twice != 2 * j:
        raise ValueError(f"J must be a positive multiple of 1/2, not {j}")
    pairs = np.zeros(twice)
    for k in range((twice + 1) // 2):
        # m (t^k - t^(k + 2m)) = (1 - t) m (t^k + ... + t^(k + 2m - 1)), and k + 2m = 2J - k
        pairs[k : twice - k] += j - k
    variance = np.zeros(2 * twice - 1)
    for low in range(twice + 1):
        for high in range(low + 1, twice + 1):
            variance[low + high - 1] += (high - low) ** 2
    return tuple(pairs.tolist()), tuple(variance.tolist())


def _horner(coefficients: tuple[float, ...], t: FloatArray) -> FloatArray:
    value = np.full_like(t, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value *= t
        value += coefficient
    return value


def _partition_function(j: float, t: FloatArray) -> FloatArray:
    return _horner((1.0,) * (round(2 * j) + 1), t)


def brillouin(y: npt.ArrayLike, *, j: float) -> FloatArray:
    """Brillouin function B_J(y), dimensionless, with the shape of ``y``.

    ``B_J(y) = ((2J+1)/2J) coth((2J+1)y/2J) - (1/2J) coth(y/2J)``, to full relative precision for every ``y``
    (also where it is ``(J+1)y/3J``), exactly odd. ``j`` is a positive multiple of 1/2.
    G. Jug and S. Recchia, arXiv:2111.12644, the term M_Langevin of eq. (17).

    Raises
    ------
    ValueError
        If ``j`` is not a positive multiple of 1/2.
    """
    argument = np.asarray(y, dtype=np.float64)
    pairs, _ = _polynomials(j)
    fall = np.expm1(np.abs(argument) * (-1.0 / j))
    t = 1.0 + fall
    value = _horner(pairs, t)
    value *= fall
    value /= _partition_function(j, t)
    value *= -1.0 / j
    return np.asarray(np.copysign(value, argument))


def brillouin_derivative(y: npt.ArrayLike, *, j: float) -> FloatArray:
    """Derivative dB_J/dy, with the shape of ``y``: the variance of m / J, a ratio of positive sums.

    Raises
    ------
    ValueError
        If ``j`` is not a positive multiple of 1/2.
    """
    _, variance = _polynomials(j)
    t = np.asarray(np.exp(np.abs(np.asarray(y, dtype=np.float64)) * (-1.0 / j)))
    value = _horner(variance, t)
    value *= t
    value /= _partition_function(j, t) ** 2
    return np.asarray(value / (j * j))


def _reduced_field(T: npt.ArrayLike, H: npt.ArrayLike, j: float, g: float) -> tuple[FloatArray, FloatArray]:
    temperature = np.asarray(T, dtype=np.float64)
    if not np.all(temperature > 0):
        raise ValueError("the temperature T must be positive (K)")
    slope = (g * BOHR_MAGNETON * j / BOLTZMANN) / temperature
    return np.asarray(slope * np.asarray(H, dtype=np.float64)), np.asarray(slope)


def langevin_magnetisation(
    T: npt.ArrayLike, H: npt.ArrayLike, *, n: npt.ArrayLike, j: float, g: float = 2.0
) -> FloatArray:
    """Magnetisation of one kind of paramagnetic ion, emu/g: ``n g mu_B J B_J(g mu_B J H / k_B T)``.

    ``T`` in K, ``H`` in Oe, ``n`` (concentration) in g^-1; all three broadcast. ``j`` and ``g`` are numbers.
    G. Jug and S. Recchia, arXiv:2111.12644, eq. (17).

    Raises
    ------
    ValueError
        If a temperature is not positive or ``j`` is not a positive multiple of 1/2.
    """
    y, _ = _reduced_field(T, H, j, g)
    concentration = np.asarray(n, dtype=np.float64)
    return np.asarray(concentration * (g * BOHR_MAGNETON * j) * brillouin(y, j=j))


def langevin_response(
    T: npt.ArrayLike, H: npt.ArrayLike, *, j: float, g: float = 2.0
) -> tuple[FloatArray, FloatArray]:
    """Mean moment of one ion, emu, and its derivative by the field, emu/Oe, each of broadcast shape.

    The term is linear in its concentration: the first is M/n, the second (dM/dH)/n.
    ``T`` in K, ``H`` in Oe.

    Raises
    ------
    ValueError
        If a temperature is not positive or ``j`` is not a positive multiple of 1/2.
    """
    y, slope = _reduced_field(T, H, j, g)
    saturation = g * BOHR_MAGNETON * j
    return (
        np.asarray(saturation * brillouin(y, j=j)),
        np.asarray(saturation * slope * brillouin_derivative(y, j=j)),
    )


def curie_curvature(T: npt.ArrayLike, H: npt.ArrayLike, *, ion: Ion) -> FloatArray:
    """1 less the moment of an ion over its Curie law, dimensionless: how far B_J has bent at ``T`` (K), ``H`` (Oe).

    It grows as (H/T)^2 and does not depend on the sign of H, which must not be 0.
    """
    moment, _ = langevin_response(T, H, j=ion.j, g=ion.g)
    ratio = np.asarray(H, dtype=np.float64) / np.asarray(T, dtype=np.float64)
    return np.asarray(1.0 - moment / (curie_constant(ion.j, ion.g) * ratio))


# --- rivals --------------------------------------------------------------------------------------------------

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


def classical_langevin(x: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Langevin function ``L(x) = coth x - 1/x`` and its derivative ``1/x^2 - 1/sinh^2 x``, with the shape of ``x``.

    Relative error below 1e-14 for every ``x``, L exactly odd. Below 1 by Gauss's continued fraction
    x/(3 + x^2/(5 + ...)), whose terms are all positive: nothing cancels.
    """
    argument = np.asarray(x, dtype=np.float64)
    size = np.abs(argument)
    near = size < 1.0
    small = np.where(near, size, 0.0)
    square = small * small
    tail = np.full(size.shape, 21.0)
    for odd in range(19, 2, -2):
        tail = odd + square / tail
    far = np.where(near, 1.0, size)
    fall = np.exp(-2.0 * far)
    value = np.where(near, small / tail, (1.0 + fall) / (1.0 - fall) - 1.0 / far)
    slope = np.where(near, 1.0 - 2.0 / tail - value * value, 1.0 / far**2 - 4.0 * fall / (1.0 - fall) ** 2)
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
