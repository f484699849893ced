"""The mean magnetisation of three-level ATS of one D_0: the tables put together.

With L = ln Z averaged over the asymmetry and less its value at phase 0, called A(phi), one direction has
M B / kT = F = phi A'(phi), and the mean over u = \\|cos theta\\| uniform on [0, 1] of loops of the largest phase phi is

``F = A(phi) - I(phi)/phi,   I(phi) = int_0^phi A``.

A is even and has the period 2 pi, so that half a period holds everything: with phi = 2 pi m + v,
\\|v\\| <= pi, G = A - I/phi and the period's mean A_m = A(pi) - G(pi) = I(pi)/pi,

``F = (1 - v/phi) [A(v) - A_m] + (v/phi) G(v)``.

All fields are divided by phi^2, so that a weak field costs no digits.
"""

from __future__ import annotations

from math import factorial, pi
from typing import NamedTuple

import numpy as np
from numpy.polynomial.polynomial import polyval

from glasspara.arrays import FloatArray
from glasspara.physics.three_level.tables import (
    D_LIMIT,
    HARMONICS,
    REACH,
    Value,
    cutoff_weights,
    look_up,
    look_up_slopes,
    orders_needed,
    phase_place,
    tail_edge,
    tail_place,
)

Fields = tuple[FloatArray, ...]

_SERIES_BELOW = 0.25
_SERIES = np.array([(-1) ** j * (2 * j + 2) / factorial(2 * j + 3) for j in range(8)])


class Loops(NamedTuple):
    """Points of the kernel, each of shape (n,): largest phase; D_0, D_min and D_max over kT (the last may be inf)."""

    phase: FloatArray
    d0: FloatArray
    d_min: FloatArray
    d_max: FloatArray


def kernel(p: Loops, *, isotropic: bool, gradient: bool) -> FloatArray:
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


def _one_direction(p: Loops, cutoffs: Fields, gradient: bool) -> FloatArray:
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


def _within_half_period(p: Loops, cutoffs: Fields, gradient: bool) -> FloatArray:
    place = phase_place(p.phase, p.d0)
    if not gradient:
        return look_up("g", place, cutoffs[0])[np.newaxis]
    g = look_up_slopes("g", place, cutoffs[0], cutoffs[1:])
    return np.stack([g.value, p.phase * g.by_phase, g.by_log_d0, *g.by_weights])


def _beyond_half_period(p: Loops, cutoffs: Fields, gradient: bool) -> FloatArray:
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

    def over_square(part: Value) -> FloatArray:
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
