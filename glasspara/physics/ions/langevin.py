"""Larmor and Langevin terms of (17): the diamagnetism of the glass, and paramagnetic ions.

The Langevin term has the quantum (Brillouin) form, which the source's Table 1 needs. The Brillouin function as a
difference of two coths loses all its digits for small arguments. Here it is the thermal mean over the 2J + 1 levels
with the levels +m and -m taken together, and the one small factor ``1 - exp(-y/J)`` divided out of every pair. There
remain polynomials in ``t = exp(-y/J)`` with positive coefficients only: nothing cancels and nothing overflows, at any
argument.
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
