"""Limits of the ATS term, each with what it leaves out.

G. Jug and S. Recchia, arXiv:2111.12644, eqs. (10), (12), (13). As everywhere, ``d = D_min(T)/2kT`` and ``c`` is the
tunnelling amplitude times the phase over 2kT, c_a and c_b at the two cutoffs, for a loop across the field.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, prod

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ats.arguments import chunks, conventions, flatten, reduced
from glasspara.physics.ats.difference import difference
from glasspara.physics.ats.kernel import kernel
from glasspara.physics.ats.tunnelling_number import Law15

_CHUNK = 8192

_LOG_GLAISHER = 0.24875447703378425
"""ln A, A the constant of Glaisher and Kinkelin: 1/12 - zeta'(-1)."""
FAKE_CURIE_CONSTANT = 12 * _LOG_GLAISHER - float(np.euler_gamma) - 7 / 3 * log(2.0)
"""``lim (int_d^inf dy tanh(y)/y^2 + ln d)`` for d -> 0: 12 ln A - gamma - (7/3) ln 2 = 0.790494638..., eq. (13)."""

_D_NIL = 1e-9
"""A d whose square is below the rounding error."""


def ats_weak_field_susceptibility(
    T: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Limit of M_ATS/H for H -> 0, emu g^-1 Oe^-1; G. Jug and S. Recchia, arXiv:2111.12644, eq. (12).

    In the "paper" convention this is the limit of (10) as printed, twice (12) as printed; "exact" is (12).
    Left out: terms of relative order c_b^2. Parameters, broadcasting and errors are those of
    :func:`glasspara.ats_magnetisation`.
    """

    def tail(d: FloatArray) -> FloatArray:
        fields = kernel(d, np.zeros((1, d.size)), frozenset({"g"}), isotropic=False)
        return np.asarray(2 * fields["g"][0])

    return _susceptibility(T, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, orientation, convention, tail)


def ats_weak_field_susceptibility_cold(
    T: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Limit of (12) for kT << D_min, emu g^-1 Oe^-1; eq. (13), first line: int dE tanh(E/2kT)/E^2 = 1/D_min.

    It lies above (12) by exp(-2d)/d, relative, for large d. Parameters and errors are those of
    :func:`glasspara.ats_magnetisation`.
    """

    def tail(d: FloatArray) -> FloatArray:
        return np.asarray(1 / d)

    return _susceptibility(T, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, orientation, convention, tail)


def ats_weak_field_susceptibility_warm(
    T: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Limit of (12) for kT >> D_min, emu g^-1 Oe^-1, the "fake Curie law"; eq. (13), second line.

    int dE tanh(E/2kT)/E^2 = (1/2kT) [ln(2kT/D_min) + 12 ln A - gamma - (7/3) ln 2], A the constant of Glaisher and
    Kinkelin; the constant is 0.790495, and (13) is printed without the logarithm. It follows from
    ``tanh y = 1 - 2/(exp(2y) + 1)`` and the Mellin transform -2^(1-s) Gamma(s) eta(s) of the second part at s = -1.
    The bracket lies below its value in (12) by d^2/6 for small d; for d > 2.2 it is negative and means nothing.
    Parameters and errors are those of :func:`glasspara.ats_magnetisation`.
    """

    def tail(d: FloatArray) -> FloatArray:
        return np.asarray(FAKE_CURIE_CONSTANT - np.log(d))

    return _susceptibility(T, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, orientation, convention, tail)


def ats_strong_field_magnetisation(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Limit of (10) for gaps above kT and D_min at both cutoffs (c_a >> 1, d), emu/g; grows as ln H.

    ``M = 2 pi n_ats (2kT/B) [f(c_b) - f(c_a)]`` with ``f(c) = c [ln(2c/d) - 1]``, or ``(c/2) [ln(2c/d) - 3/2]`` in the
    isotropic mean. kT cancels: T is left in s(T) alone. Left out of f, besides terms of order exp(-2c), is
    ``-d^2/4c``, in the mean ``(1/c) {X(d) - (d^2/4) [1 + ln(2c/d)]}`` (X: ``docs/theory.md``):
    relative to M it falls as 1/H^2, but for a logarithm. What depends on d alone cancels between the cutoffs; with
    d0min_qs4 = 0 it does not, and d - Phi(d) is left out as well.

    Parameters and errors are those of :func:`glasspara.ats_magnetisation`; ValueError also for H = 0 or
    d0max_qs4 = 0, where there is no such limit.
    """
    shape, points = flatten(
        Law15(delta_mu), T=T, H=H, n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4
    )
    known = conventions(orientation, convention)
    if not (points.H != 0).all() or not (points.d0max_qs4 > 0).all():
        raise ValueError("the strong-field limit needs a field H and a cutoff d0max_qs4 that are not 0")
    offset, mean = (1.5, 0.5) if known.isotropic else (1.0, 1.0)
    out = np.empty(prod(shape))
    for part, p in chunks(shape, points, _CHUNK):
        d, k = reduced(p, known.phase)
        ratio = np.log(2 * k * np.abs(p.H) * p.d0max_qs4 / d)
        gap = p.d0max_qs4 - p.d0min_qs4
        # f(c_b) - f(c_a) over k |H|, without cancellation for close cutoffs
        closing = np.where(p.d0min_qs4 > 0, p.d0min_qs4, 1.0)
        value = gap * (ratio - offset) + p.d0min_qs4 * np.log1p(gap / closing)
        out[part] = p.n_ats * known.prefactor * p.T * k * np.sign(p.H) * mean * value
    return out.reshape(shape)


def ats_logarithm_of_d_min(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> tuple[FloatArray, FloatArray]:
    """Limit of (10) for D_min -> 0: slope and constant of ``M = slope ln(1/d) + constant``, both in emu/g.

    d = D_min(T)/2kT; the error is of order d^2. Without the cutoff the term would diverge, but slowly. The slope is
    ``2 pi n_ats (2kT/B) [R(c_b) - R(c_a)]``, R(c) = ln cosh c or its isotropic mean int_0^1 du ln cosh(cu).
    Parameters and errors are those of :func:`glasspara.ats_magnetisation`.
    """
    shape, points = flatten(
        Law15(delta_mu), T=T, H=H, n_ats=n_ats, d_min=1.0, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4
    )
    known = conventions(orientation, convention)
    slope, constant = np.empty(prod(shape)), np.empty(prod(shape))
    for part, p in chunks(shape, points, _CHUNK):
        _, k = reduced(p, known.phase)
        value, _, by_log_d, _, _ = difference(
            np.array([_D_NIL]),
            k * np.abs(p.H),
            p.d0min_qs4,
            p.d0max_qs4,
            isotropic=known.isotropic,
            gradient=True,
        )
        scale = p.n_ats * (known.prefactor * p.T * k * k * p.H)
        slope[part] = -scale * by_log_d
        constant[part] = scale * (value - by_log_d * log(_D_NIL))
    return slope.reshape(shape), constant.reshape(shape)


def _susceptibility(
    T: npt.ArrayLike,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str,
    convention: str,
    tail: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    """Eq. (12) with ``tail(d)`` for int_d^inf dy tanh(y)/y^2."""
    shape, points = flatten(
        Law15(delta_mu), T=T, H=0.0, n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4
    )
    known = conventions(orientation, convention)
    mean_square = 1 / 3 if known.isotropic else 1.0
    out = np.empty(prod(shape))
    for part, p in chunks(shape, points, _CHUNK):
        d, k = reduced(p, known.phase)
        squares = (p.d0max_qs4 - p.d0min_qs4) * (p.d0max_qs4 + p.d0min_qs4)
        out[part] = p.n_ats * (known.prefactor * p.T * k * k) * (mean_square / 2 * tail(d)) * squares
    return out.reshape(shape)
