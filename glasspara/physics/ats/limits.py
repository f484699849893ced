"""Limits of the ATS term, each with what it leaves out, and the weak-field law (14).

G. Jug and S. Recchia, arXiv:2111.12644, eqs. (10), (12), (13), (14). As everywhere, ``d = D_min(T)/2kT`` and ``c`` is
the tunnelling amplitude times the phase over 2kT, c_a and c_b at the two cutoffs, for a loop across the field.

In (14), ``chi = -chi_L + C/T + G int_{Dmin}^inf dE tanh(E/2kT)/E^2``, D_min and G are those at each temperature: they
follow the number of tunnelling particles, D_min ~ s(T), G ~ s(T)^6.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ats.kernel import difference, kernel
from glasspara.physics.ats.magnetisation import AtsPoints, NamedColumns, ats_term, flatten, in_chunks, reduced
from glasspara.physics.ats.parameters import T_REFERENCE, AtsParameters

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
    ats = AtsParameters(
        n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4, delta_mu=delta_mu,
        orientation=orientation, convention=convention,
    )  # fmt: skip
    return weak_field_susceptibility(T, ats)


def weak_field_susceptibility(T: npt.ArrayLike, ats: AtsParameters) -> FloatArray:
    """Eq. (12) as :func:`ats_weak_field_susceptibility`, emu g^-1 Oe^-1, the tunnelling number by (15) or (16)."""

    def tail(d: FloatArray) -> FloatArray:
        fields = kernel(d, np.zeros((1, d.size)), frozenset({"g"}), isotropic=False)
        return np.asarray(2 * fields["g"][0])

    return _susceptibility(T, ats, tail)


def weak_field_susceptibility_cold(T: npt.ArrayLike, ats: AtsParameters) -> FloatArray:
    """Limit of (12) for kT << D_min, emu g^-1 Oe^-1; eq. (13), first line: int dE tanh(E/2kT)/E^2 = 1/D_min.

    It lies above (12) by exp(-2d)/d, relative, for large d. Errors are those of :func:`weak_field_susceptibility`.
    """

    def tail(d: FloatArray) -> FloatArray:
        return np.asarray(1 / d)

    return _susceptibility(T, ats, tail)


def weak_field_susceptibility_warm(T: npt.ArrayLike, ats: AtsParameters) -> FloatArray:
    """Limit of (12) for kT >> D_min, emu g^-1 Oe^-1, the "fake Curie law"; eq. (13), second line.

    int dE tanh(E/2kT)/E^2 = (1/2kT) [ln(2kT/D_min) + 12 ln A - gamma - (7/3) ln 2], A the constant of Glaisher and
    Kinkelin; the constant is 0.790495, and (13) is printed without the logarithm. It follows from
    ``tanh y = 1 - 2/(exp(2y) + 1)`` and the Mellin transform -2^(1-s) Gamma(s) eta(s) of the second part at s = -1.
    The bracket lies below its value in (12) by d^2/6 for small d; for d > 2.2 it is negative and means nothing.
    Errors are those of :func:`weak_field_susceptibility`.
    """

    def tail(d: FloatArray) -> FloatArray:
        return np.asarray(FAKE_CURIE_CONSTANT - np.log(d))

    return _susceptibility(T, ats, tail)


def _susceptibility(
    T: npt.ArrayLike, ats: AtsParameters, tail: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Eq. (12) with ``tail(d)`` for int_d^inf dy tanh(y)/y^2."""
    shape, points = flatten(T, 0.0, ats)
    known = ats.conventions
    mean_square = 1 / 3 if known.isotropic else 1.0

    def columns(p: AtsPoints) -> NamedColumns:
        d, k = reduced(p, known.phase)
        squares = (p.d0max_qs4 - p.d0min_qs4) * (p.d0max_qs4 + p.d0min_qs4)
        yield "chi", p.n_ats * (known.prefactor * p.T * k * k) * (mean_square / 2 * tail(d)) * squares

    return in_chunks(shape, points, ("chi",), columns, chunk=_CHUNK)["chi"]


def strong_field_magnetisation(T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters) -> FloatArray:
    """Limit of (10) for gaps above kT and D_min at both cutoffs (c_a >> 1, d), emu/g; grows as ln H.

    ``M = 2 pi n_ats (2kT/B) [f(c_b) - f(c_a)]`` with ``f(c) = c [ln(2c/d) - 1]``, or ``(c/2) [ln(2c/d) - 3/2]`` in the
    isotropic mean. kT cancels: T is left in s(T) alone. Left out of f, besides terms of order exp(-2c), is
    ``-d^2/4c``, in the mean ``(1/c) {X(d) - (d^2/4) [1 + ln(2c/d)]}`` (X: ``docs/theory.md``):
    relative to M it falls as 1/H^2, but for a logarithm. What depends on d alone cancels between the cutoffs; with
    d0min_qs4 = 0 it does not, and d - Phi(d) is left out as well.

    Errors are those of :func:`glasspara.physics.ats.ats_term`; ValueError also for H = 0 or d0max_qs4 = 0, where there
    is no such limit.
    """
    shape, points = flatten(T, H, ats)
    known = ats.conventions
    if not (points.H != 0).all() or not (points.d0max_qs4 > 0).all():
        raise ValueError("the strong-field limit needs a field H and a cutoff d0max_qs4 that are not 0")
    offset, mean = (1.5, 0.5) if known.isotropic else (1.0, 1.0)

    def columns(p: AtsPoints) -> NamedColumns:
        d, k = reduced(p, known.phase)
        ratio = np.log(2 * k * np.abs(p.H) * p.d0max_qs4 / d)
        gap = p.d0max_qs4 - p.d0min_qs4
        # f(c_b) - f(c_a) over k |H|, without cancellation for close cutoffs
        closing = np.where(p.d0min_qs4 > 0, p.d0min_qs4, 1.0)
        value = gap * (ratio - offset) + p.d0min_qs4 * np.log1p(gap / closing)
        yield "M", p.n_ats * known.prefactor * p.T * k * np.sign(p.H) * mean * value

    return in_chunks(shape, points, ("M",), columns, chunk=_CHUNK)["M"]


def logarithm_of_d_min(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters
) -> tuple[FloatArray, FloatArray]:
    """Limit of (10) for D_min -> 0: slope and constant of ``M = slope ln(1/d) + constant``, both in emu/g.

    d = D_min(T)/2kT, and the d_min of ``ats`` has no influence. The error is of order d^2. Without the cutoff the term
    would diverge, but slowly. The slope is ``2 pi n_ats (2kT/B) [R(c_b) - R(c_a)]``, R(c) = ln cosh c or its isotropic
    mean int_0^1 du ln cosh(cu). Errors are those of :func:`glasspara.physics.ats.ats_term`.
    """
    shape, points = flatten(T, H, ats)
    known = ats.conventions

    def columns(p: AtsPoints) -> NamedColumns:
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
        yield "slope", -scale * by_log_d
        yield "constant", scale * (value - by_log_d * log(_D_NIL))

    found = in_chunks(shape, points, ("slope", "constant"), columns, chunk=_CHUNK)
    return found["slope"], found["constant"]


def weak_field_amplitude(
    *,
    n_ats: float,
    d0min_qs4: float,
    d0max_qs4: float,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> float:
    """G of (14) at T0 = 1.26 K, emu K g^-1 Oe^-1, from ``n_ats`` (g^-1) and the cutoffs (K A^2).

    (12) with the square of the cutoffs' amplitudes: (4 pi^3/3) n_ats (d0max_qs4^2 - d0min_qs4^2)/phi_0^2 in the "paper"
    convention and the isotropic mean. Errors are those of :func:`glasspara.ats_magnetisation`.
    """
    # The cold limit is G/D_min.
    ats = AtsParameters(
        n_ats=n_ats, d_min=1.0, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4, delta_mu=0.0,
        orientation=orientation, convention=convention,
    )  # fmt: skip
    return float(weak_field_susceptibility_cold(T_REFERENCE, ats))


def gap_integral(T: npt.ArrayLike, *, d_min: float, delta_mu: float) -> FloatArray:
    """``s^6 int_{Dmin s}^inf dE tanh(E/2kT)/E^2`` with s = s(T) of (15), K^-1, with the shape of ``T`` (K).

    The ATS term of (14) over G at T0. ``d_min`` (K) is that at T0, ``delta_mu`` in K. Errors are those of
    :func:`glasspara.ats_magnetisation`.
    """
    # Systems whose amplitude is divided out again.
    n_ats, lower, upper = 1.0e16, 0.0, 1.0e5
    ats = AtsParameters(n_ats=n_ats, d_min=d_min, d0min_qs4=lower, d0max_qs4=upper, delta_mu=delta_mu)
    amplitude = weak_field_amplitude(n_ats=n_ats, d0min_qs4=lower, d0max_qs4=upper)
    return np.asarray(weak_field_susceptibility(T, ats) / amplitude)


def ats_curvature(T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters) -> FloatArray:
    """1 less M_ATS of (10) over its weak-field form (12), dimensionless, at ``T`` (K) and ``H`` (Oe, not 0).

    It grows as the square of the Aharonov-Bohm energy D_0max phi over 2kT. Errors are those of
    :func:`glasspara.physics.ats.ats_term`.
    """
    field = np.asarray(H, dtype=np.float64)
    return np.asarray(1.0 - ats_term(T, field, ats) / (weak_field_susceptibility(T, ats) * field))
