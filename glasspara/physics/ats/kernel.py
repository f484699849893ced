"""The universal function of the ATS term, chosen by regime, and its difference between the tunnelling cutoffs.

``K(d, c) = int_d^inf dy/y [L(sqrt(y^2 + c^2)) - L(y)]``, L(x) = ln cosh x, and its isotropic mean
``G(d, c) = int_0^1 du K(d, c u)``. All that the magnetisation and its derivatives need are five *fields*, each
divided by c^2 so that a weak field costs no accuracy and c = 0 is a regular point. With F = G or K:

=====  ==================================
g      F / c^2
w      (c d/dc) F / c^2
v      (c d/dc)^2 F / c^2
g_d    (d d/dd) F / c^2
w_d    (d d/dd) (c d/dc) F / c^2
=====  ==================================

With lower and upper cutoff a and b and c = kh a, kh b, the magnetisation follows from
``D = b^2 g(d, kh b) - a^2 g(d, kh a)``. Subtracting loses digits as b -> a. Close cutoffs are therefore integrated
instead, ``D = int_a^b dx x w(d, kh x)``, by a two-point Gauss rule in ln x: nothing cancels there, and the two ways
agree to 1e-12 where one takes over from the other.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.physics.ats.cold import cold_fields
from glasspara.physics.ats.middle import PANEL_EDGES, middle_far_fields, middle_near_fields, panel
from glasspara.physics.ats.warm import C_NIL, C_SPLIT, D_WARM, warm_large_fields, warm_small_fields

Fields = dict[str, FloatArray]
Evaluate = Callable[[FloatArray, FloatArray], Fields]

_COLD = len(PANEL_EDGES)
"""Regime after the last panel."""
_NEAR = 0.003
"""Cutoffs closer than this (relative) are integrated. Here the rule's error, ln(b/a)^4 x 16/4320 at most, and the
rounding error of the subtraction, some 2e-15 / ln(b/a), are both below 1e-12."""
_NODES = np.array([[0.5 - 0.5 / sqrt(3.0)], [0.5 + 0.5 / sqrt(3.0)]])


def difference(
    d: FloatArray, kh: FloatArray, lower: FloatArray, upper: FloatArray, *, isotropic: bool, gradient: bool
) -> FloatArray:
    """D for each point, shape (1, n); with ``gradient`` also its derivatives, shape (5, n).

    The arguments have shape (n,) or (1,). ``kh`` may also have shape (m, n): m values for each point, which costs
    less than m points; the result then has m in its middle, (1, m, n) or (5, m, n).

    The rows are D; (kh d/dkh + 2) D; (d d/dd) D; and the derivatives of D by the cutoffs, dD/db and -dD/da. (The
    second, in words: the change of kh^2 D by ln kh, over kh^2.)
    """
    size = max(d.size, kh.shape[-1], lower.size, upper.size)
    many = np.broadcast_to(kh, (kh.size // kh.shape[-1], size))
    near = upper - lower < _NEAR * lower
    if near.all():
        out = _integrated(d, many, lower, upper, isotropic, gradient)
    elif not near.any():
        out = _subtracted(d, many, lower, upper, isotropic, gradient)
    else:
        out = np.empty((5 if gradient else 1, *many.shape))
        for form, chosen in ((_integrated, near), (_subtracted, ~near)):
            points = np.flatnonzero(np.broadcast_to(chosen, size))
            d_, lower_, upper_ = (array if array.size == 1 else array[points] for array in (d, lower, upper))
            out[..., points] = form(d_, many[:, points], lower_, upper_, isotropic, gradient)
    return out[:, 0] if kh.ndim == 1 else out


def _fields(
    d: FloatArray, kh: FloatArray, x: FloatArray, fields: set[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel at ``kh``, shape (m, n), times ``x``, shape (2, n) or (2, 1); each of shape (2, m, n)."""
    shape = (len(x), *kh.shape)
    c = (x[:, np.newaxis] * kh).reshape(-1, kh.shape[-1])
    values = kernel(d, c, frozenset(fields), isotropic=isotropic)
    return {name: value.reshape(shape) for name, value in values.items()}


def _ends(lower: FloatArray, upper: FloatArray) -> FloatArray:
    return np.stack(np.broadcast_arrays(lower, upper))


def _subtracted(
    d: FloatArray, kh: FloatArray, lower: FloatArray, upper: FloatArray, isotropic: bool, gradient: bool
) -> FloatArray:
    x = _ends(lower, upper)
    fields = _fields(d, kh, x, {"g", "w", "g_d"} if gradient else {"g"}, isotropic)
    square = (x * x)[:, np.newaxis]

    def between(name: str) -> FloatArray:
        ends = square * fields[name]
        return np.asarray(ends[1] - ends[0])

    if not gradient:
        return between("g")[np.newaxis]
    w = fields["w"]
    return np.stack([between("g"), between("w"), between("g_d"), x[1] * w[1], x[0] * w[0]])


def _integrated(
    d: FloatArray, kh: FloatArray, lower: FloatArray, upper: FloatArray, isotropic: bool, gradient: bool
) -> FloatArray:
    span = np.log1p((upper - lower) / lower)
    x = lower * np.exp(_NODES * span)
    weight = (0.5 * span * x * x)[:, np.newaxis]
    fields = _fields(d, kh, x, {"w", "v", "w_d"} if gradient else {"w"}, isotropic)
    if not gradient:
        return np.asarray((weight * fields["w"]).sum(axis=0)[np.newaxis])
    x = _ends(lower, upper)
    slope = x[:, np.newaxis] * _fields(d, kh, x, {"w"}, isotropic)["w"]
    return np.stack(
        [*((weight * fields[name]).sum(axis=0) for name in ("w", "v", "w_d")), slope[1], slope[0]]
    )


def kernel(d: FloatArray, c: FloatArray, fields: frozenset[str], *, isotropic: bool) -> Fields:
    """The named fields at ``d`` > 0, shape (n,) or (1,), and ``c`` >= 0, shape (m, n); each of shape (m, n)."""
    if d.max(initial=0.0) <= D_WARM:
        return _regime(0, d, c, fields, isotropic)
    regime = np.searchsorted(PANEL_EDGES, d)
    present = np.flatnonzero(np.bincount(regime))
    if len(present) == 1:
        return _regime(int(present[0]), d, c, fields, isotropic)
    out = {name: np.empty_like(c) for name in fields}
    for index in present:
        columns = np.flatnonzero(regime == index)
        values = _regime(int(index), d[columns], c.take(columns, axis=1), fields, isotropic)
        for name, value in values.items():
            # Row by row: a third of the time of out[name][:, columns] = value.
            for row, part in zip(out[name], value, strict=True):
                row[columns] = part
    return out


def _regime(index: int, d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool) -> Fields:
    """Regimes by d: 0 is D_WARM and below, then the panels of the middle, then cold."""
    if index == 0:
        return _by_c(
            d,
            c,
            C_SPLIT,
            lambda d, c: warm_small_fields(d, c, fields, isotropic),
            lambda d, c: warm_large_fields(d, c, fields, isotropic),
        )
    if index == _COLD:
        return cold_fields(d, c, fields, isotropic)
    here = panel(index - 1)
    return _by_c(
        d,
        c,
        C_NIL,
        lambda d, c: middle_near_fields(here, d, c, fields, isotropic),
        lambda d, c: middle_far_fields(here, d, c, fields, isotropic),
    )


def _by_c(d: FloatArray, c: FloatArray, split: float, small_form: Evaluate, large_form: Evaluate) -> Fields:
    """One form for c up to ``split``, another beyond."""
    small = c <= split
    if small.all():
        return small_form(d, c)
    if not small.any():
        return large_form(d, c)
    out = small_form(d, np.minimum(c, split))
    large = np.flatnonzero(~small)
    d = np.broadcast_to(d, c.shape).ravel()[large]
    for name, value in large_form(d, c.ravel()[large]).items():
        np.put(out[name], large, value)
    return out
