"""Magnetisation of three-level ATS: Hamiltonian (6) with all three levels, at any phase.

G. Jug and S. Recchia, arXiv:2111.12644, eqs. (6)-(9): ``M = n sum_k w_k (-dE_k/dB)`` with Boltzmann weights w_k,
averaged over the distribution 2 pi P*/(D D_0) between D_min and D_max and between the cutoffs of D_0, over the
asymmetry angle and over directions. With the mean F of ``kernel``,

``M = 2 pi n_ats (kT/B) int_{D_0min}^{D_0max} dD_0/D_0 F(phi_1, D_0/kT, D_min/kT, D_max/kT)``   ("exact"),

phi_1 being the phase (7) of a loop across the field. The cutoffs are those of the source's two-level gap
sqrt(D~^2 + D~_0^2 phi^2), with D~ = sqrt(2/3) D and D~_0 = 2 D_0/sqrt 3 of the Hamiltonian's D and D_0.
``docs/theory.md``, "Three levels", has the derivation and the error budget.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, factorial, inf, pi, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre
from numpy.polynomial.polynomial import polyval

from glasspara.arrays import FloatArray
from glasspara.physics.ats.magnetisation import AtsPoints, NamedColumns, derivative_names, flatten, in_chunks
from glasspara.physics.ats.parameters import AtsParameters, Conventions, check_finite
from glasspara.physics.three_level.tables import (
    D0_LIMIT,
    D_LIMIT,
    HARMONICS,
    REACH,
    SlopedValue,
    cutoff_weights,
    look_up,
    look_up_slopes,
    orders_needed,
    phase_place,
    tail_edge,
    tail_place,
)

LoopFields = tuple[FloatArray, ...]

_SERIES_BELOW = 0.25
_SERIES = np.array([(-1) ** j * (2 * j + 2) / factorial(2 * j + 3) for j in range(8)])


class Loops(NamedTuple):
    """Points of the kernel, each of shape (n,): largest phase; D_0, D_min and D_max over kT (the last may be inf)."""

    phase: FloatArray
    d0: FloatArray
    d_min: FloatArray
    d_max: FloatArray


def loop_kernel(p: Loops, *, isotropic: bool, gradient: bool) -> FloatArray:
    """F/phi^2, shape (1, n); with ``gradient`` also its derivatives by ln of phase, d0, d_min and d_max, (5, n)."""
    factor = p.d0**3 / (1 + p.d0)
    far = p.d_max >= D_LIMIT
    # With an upper cutoff below D_LIMIT, only the difference of two expansions is left: q drops out.
    near_d_max = np.where(far, 1.0, p.d_max)
    orders = orders_needed(np.maximum(p.d_min, np.where(far, 0.0, p.d_max)))
    weights, by_d_min = cutoff_weights(p.d_min, orders)
    by_d_max = np.zeros_like(weights)
    if not far.all():
        upper, by_d_max = cutoff_weights(near_d_max, orders)
        near = ~far[:, np.newaxis]
        weights, by_d_max = weights - upper * near, -by_d_max * near
    cutoffs = (weights, by_d_min, by_d_max)
    if not isotropic:
        out = _one_direction(p, cutoffs, gradient)
    else:
        out = np.empty((5 if gradient else 1, p.phase.size))
        inner = p.phase <= pi
        for chosen, mean in ((inner, _within_half_period), (~inner, _beyond_half_period)):
            places = np.flatnonzero(chosen)
            if len(places):
                part = Loops(*(array[places] for array in p))
                out[:, places] = mean(part, tuple(array[places] for array in cutoffs), gradient)
    tail = np.flatnonzero(far & (p.d_max < np.exp(REACH) * tail_edge(p.d0)))
    if len(tail):
        out[:, tail] -= _tail(Loops(*(array[tail] for array in p)), isotropic, gradient)
    out *= factor
    if gradient:
        out[2] += (3 - p.d0 / (1 + p.d0)) * out[0]
    return out


def _fold(phase: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """2 pi m, the sign of what is left, and its size, in [0, pi]."""
    whole = 2 * pi * np.round(phase / (2 * pi))
    left = phase - whole
    return whole, np.where(left < 0, -1.0, 1.0), np.minimum(np.abs(left), pi)


def _one_direction(p: Loops, cutoffs: LoopFields, gradient: bool) -> FloatArray:
    """2 phi sin(phi) R / phi^2."""
    _, sign, folded = _fold(p.phase)
    place = phase_place(folded, p.d0)
    shape = 2 * np.sinc(p.phase / pi)
    if not gradient:
        return (shape * look_up("r", place, cutoffs[0]))[np.newaxis]
    r = look_up_slopes("r", place, cutoffs[0], cutoffs[1:])
    by_log_phase = (2 * np.cos(p.phase) - shape) * r.value + shape * sign * p.phase * r.by_phase
    return np.stack(
        [shape * r.value, by_log_phase, shape * r.by_log_d0, *(shape * part for part in r.by_weights)]
    )


def _within_half_period(p: Loops, cutoffs: LoopFields, gradient: bool) -> FloatArray:
    place = phase_place(p.phase, p.d0)
    if not gradient:
        return look_up("g", place, cutoffs[0])[np.newaxis]
    g = look_up_slopes("g", place, cutoffs[0], cutoffs[1:])
    return np.stack([g.value, p.phase * g.by_phase, g.by_log_d0, *g.by_weights])


def _beyond_half_period(p: Loops, cutoffs: LoopFields, gradient: bool) -> FloatArray:
    whole, sign, folded = _fold(p.phase)
    place, half = phase_place(folded, p.d0), phase_place(np.full_like(folded, pi), p.d0)
    square, share = folded**2, whole / p.phase

    def mean(a: FloatArray, g: FloatArray, a_pi: FloatArray, g_pi: FloatArray) -> FloatArray:
        level = share * (square * a - pi**2 * (a_pi - g_pi)) + (1 - share) * square * g
        return np.asarray(level / p.phase**2)

    if not gradient:
        return mean(*(look_up(name, at, cutoffs[0]) for at in (place, half) for name in ("a", "g")))[
            np.newaxis
        ]
    a, g, a_pi, g_pi = (
        look_up_slopes(name, at, cutoffs[0], cutoffs[1:]) for at in (place, half) for name in ("a", "g")
    )
    parts = (a, g, a_pi, g_pi)
    value = mean(*(part.value for part in parts))

    def over_square(part: SlopedValue) -> FloatArray:
        """Derivative of ``square`` times a table by the phase."""
        return np.asarray(sign * (2 * folded * part.value + square * part.by_phase))

    fall = share * (square * (g.value - a.value) + pi**2 * (a_pi.value - g_pi.value))
    turn = share * over_square(a) + (1 - share) * over_square(g)
    by_log_phase = (fall + p.phase * turn) / p.phase**2 - 2 * value
    return np.stack(
        [
            value,
            by_log_phase,
            mean(*(part.by_log_d0 for part in parts)),
            *(mean(*column) for column in zip(*(part.by_weights for part in parts), strict=True)),
        ]
    )


def _tail(p: Loops, isotropic: bool, gradient: bool) -> FloatArray:
    """What D > D_max would add: a sum over harmonics of sinc z, or of its mean (sinc z - cos z)/z^2, z = m phi."""
    place = tail_place(p.d_max, p.d0)
    angle = np.multiply.outer(p.phase, np.arange(1.0, HARMONICS + 1))
    sinc = np.sinc(angle / pi)
    shape = _mean_shape(angle, sinc) if isotropic else sinc
    if not gradient:
        return look_up("tail", place, shape)[np.newaxis]
    by_log_phase = sinc - 3 * shape if isotropic else np.cos(angle) - sinc
    tail = look_up_slopes("tail", place, shape, (by_log_phase,))
    return np.stack([tail.value, *tail.by_weights, tail.by_log_d0, np.zeros_like(tail.value), tail.by_phase])


def _mean_shape(z: FloatArray, sinc: FloatArray) -> FloatArray:
    """(sin(z)/z - cos z)/z^2 = 1/3 - z^2/30 + ..."""
    square = z * z
    small = square < _SERIES_BELOW
    closed = (sinc - np.cos(z)) / np.where(small, 1.0, square)
    return np.where(small, polyval(np.minimum(square, _SERIES_BELOW), _SERIES), closed)


_CHUNK = 2048
"""Points times nodes of D_0 computed at a time: what one needs then stays in the processor's cache."""
_D_FLOOR = 1e-300
_D, _D0 = sqrt(1.5), sqrt(0.75)
"""D and D_0 of Hamiltonian (6) over those of the two-level gap."""
_D_MAX_OVER_D0_MAX = 2.0 * _D0 / _D
"""In the Hamiltonian's D and D_0 it is 2: beyond it a few harmonics of the phase are enough."""
_LOG_RATIO_LIMIT = 14.0
"""Largest ln(D_0max/D_0min)."""


def three_level_magnetisation(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    qs4: npt.ArrayLike,
    d_max: npt.ArrayLike = inf,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Magnetisation of three-level ATS, emu/g; G. Jug and S. Recchia, arXiv:2111.12644, eqs. (6)-(9).

    Exactly odd in ``H``; 0 for H = 0, for n_ats = 0 and for equal cutoffs. One half of eq. (10) as printed
    (convention "exact") in the limit of small ``qs4``.

    Parameters
    ----------
    T, H, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, orientation
        As in :func:`glasspara.ats_magnetisation`. They broadcast with ``qs4`` and ``d_max``.
        The cutoffs are, as there, those of the gap sqrt(D^2 + D_0^2 phi^2): the Hamiltonian's D times sqrt(2/3) and D_0
        times 2/sqrt(3).
    qs4 : array_like
        Effective charge times area, (Q/e) S4, at T0 = 1.26 K, A^2. D_0 is ``d0min_qs4/qs4`` to ``d0max_qs4/qs4``.
        :func:`glasspara.physics.ats.characteristic_field` turns it into B* and back.
    d_max : array_like
        Upper cutoff of the asymmetry at T0, K, or infinite (the default, as in eq. (10)). It scales with s(T) as
        d_min does.
    convention : {"paper", "exact"}
        "exact" is what statistical mechanics gives with the distribution (8); "paper" is twice that, so that
        ``n_ats`` means the same as that of eq. (10) as printed.

    Raises
    ------
    ValueError
        As there; for a qs4 or d0min_qs4 that is not positive; for a d_max below d_min or below sqrt(2) D_0max; where
        D_min(T) > 1.63 T or D_0max(T) > 11,500 T; for cutoffs of D_0 a factor of more than a million apart.
    """
    ats = AtsParameters(
        n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4, delta_mu=delta_mu,
        orientation=orientation, convention=convention,
    )  # fmt: skip
    return three_level_term(T, H, ats, qs4=qs4, d_max=d_max)


def three_level_term(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters, *, qs4: npt.ArrayLike, d_max: npt.ArrayLike = inf
) -> FloatArray:
    """Magnetisation as :func:`three_level_magnetisation`, emu/g, with the law of ``ats``, (15) or (16)."""
    shape, points = _flatten(T, H, ats, qs4, d_max)
    nodes = _node_count(points)

    def columns(p: AtsPoints) -> NamedColumns:
        terms = _sum(p, ats.conventions, nodes, gradient=False)
        yield "M", p.n_ats * (terms.slope * p.H) * terms.value

    return in_chunks(shape, points, ("M",), columns, chunk=max(1, _CHUNK // nodes))["M"]


def three_level_term_gradient(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters, *, qs4: npt.ArrayLike, d_max: npt.ArrayLike = inf
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Magnetisation as :func:`three_level_term`, and its derivative by each argument.

    The dictionary has the keys ``n_ats``, ``d_min``, ``d0min_qs4``, ``d0max_qs4``, ``delta_mu`` (or ``gamma_tunn`` and
    ``e0_tunn``), ``qs4``, ``d_max``, ``T`` and ``H``; each derivative has the magnetisation's shape and the unit emu/g
    over that of its argument. That by an infinite d_max is 0.
    """
    shape, points = _flatten(T, H, ats, qs4, d_max)
    nodes = _node_count(points)

    def columns(p: AtsPoints) -> NamedColumns:
        t = _sum(p, ats.conventions, nodes, gradient=True)
        area, top = p.further
        scale = p.n_ats * (t.slope * p.H)
        by_d = t.by_log_d_min + t.by_log_d_max
        # The phase grows as s^2; D_0, D_min and D_max as s; and the slope, with the phase's square, as s^4.
        by_log_s = 4 * t.value + 2 * t.by_log_phase + t.by_log_d0 + by_d
        log_s = p.law.log_slopes(p.T)
        yield "M", scale * t.value
        yield "n_ats", t.slope * p.H * t.value
        yield "d_min", scale * t.by_log_d_min / p.d_min
        yield "d_max", scale * t.by_log_d_max / top
        yield "d0min_qs4", scale * t.by_log_lower / p.d0min_qs4
        yield "d0max_qs4", scale * t.by_log_upper / p.d0max_qs4
        yield "qs4", scale * (2 * t.value + t.by_log_phase - t.by_log_d0) / area
        for name, by_parameter in zip(p.law._fields, log_s.by_parameters, strict=True):
            yield name, scale * by_log_s * by_parameter
        yield "T", scale * ((t.value - t.by_log_d0 - by_d) / p.T + log_s.by_temperature * by_log_s)
        yield "H", p.n_ats * t.slope * (t.value + t.by_log_phase)

    names = derivative_names(ats, "qs4", "d_max")
    out = in_chunks(shape, points, names, columns, chunk=max(1, _CHUNK // nodes))
    return out.pop("M"), out


class _Terms(NamedTuple):
    """Sums over D_0 of the kernel and its derivatives by logarithms; M = n_ats slope H value."""

    slope: FloatArray
    value: FloatArray
    by_log_phase: FloatArray
    by_log_d0: FloatArray
    by_log_d_min: FloatArray
    by_log_d_max: FloatArray
    by_log_lower: FloatArray
    by_log_upper: FloatArray


def _flatten(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters, qs4: npt.ArrayLike, d_max: npt.ArrayLike
) -> tuple[tuple[int, ...], AtsPoints]:
    """Broadcast shape, and the checked arguments, flattened; ``further`` of the points are qs4 and d_max."""
    shape, points = flatten(T, H, ats, qs4, d_max)
    area, top = points.further
    check_finite("qs4", area)
    if not (area > 0).all():
        raise ValueError("qs4 must be positive (A^2)")
    if not (points.d0min_qs4 > 0).all():
        raise ValueError("d0min_qs4 must be positive (K A^2)")
    if not (top >= np.maximum(points.d_min, _D_MAX_OVER_D0_MAX * points.d0max_qs4 / area)).all():
        raise ValueError("d_max must not be below d_min nor below sqrt(2) d0max_qs4/qs4 (K)")
    return shape, points


def _node_count(points: AtsPoints) -> int:
    """Gauss nodes between the cutoffs of D_0, by the largest distance: their error is then below 1e-7."""
    longest = float(np.log(points.d0max_qs4 / points.d0min_qs4).max(initial=0.0))
    if longest > _LOG_RATIO_LIMIT:
        raise ValueError("d0max_qs4 must not be more than a million times d0min_qs4")
    return 3 + ceil(2.4 * max(0.0, longest - 0.2))


@lru_cache(maxsize=32)
def _rule(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Gauss and Legendre's nodes and weights on [0, 1], as columns."""
    x, weight = legendre.leggauss(nodes)
    return (x[:, np.newaxis] + 1) / 2, weight[:, np.newaxis] / 2


def _sum(p: AtsPoints, known: Conventions, nodes: int, *, gradient: bool) -> _Terms:
    area, top = p.further
    s = np.exp(p.law.log_ratio(p.T))
    d_over_t, d0_over_t = _D * s / p.T, _D0 * s / p.T
    per_field = known.phase * area * s * s
    x, weight = _rule(nodes)
    span = np.log(p.d0max_qs4 / p.d0min_qs4)
    d0 = p.d0min_qs4 / area * d0_over_t * np.exp(span * x)
    columns = np.broadcast_arrays(
        per_field * np.abs(p.H),
        d0,
        np.maximum(p.d_min * d_over_t, _D_FLOOR),
        np.maximum(top * d_over_t, _D_FLOOR),
    )
    if (columns[2] > D_LIMIT).any():
        raise ValueError(f"D_min(T) must not exceed {D_LIMIT / _D:.2f} T")
    if (d0 > D0_LIMIT).any():
        raise ValueError(f"D_0max(T) must not exceed {D0_LIMIT / _D0:.0f} T")
    flat = Loops(*(np.ravel(column) for column in columns))
    values = loop_kernel(flat, isotropic=known.isotropic, gradient=gradient).reshape(-1, *columns[0].shape)
    slope = known.prefactor * p.T * per_field * per_field

    def over_nodes(value: FloatArray) -> FloatArray:
        return np.asarray((weight * value).sum(axis=0))

    value = span * over_nodes(values[0])
    if not gradient:
        return _Terms(slope, *[value] * 7)
    by_phase, by_d0, by_d_min, by_d_max = (span * over_nodes(part) for part in values[1:])
    rise = span * over_nodes(x * values[2])
    mean = over_nodes(values[0])
    return _Terms(slope, value, by_phase, by_d0, by_d_min, by_d_max, by_d0 - rise - mean, mean + rise)
