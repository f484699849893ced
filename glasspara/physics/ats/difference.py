"""The difference of the universal function between the two tunnelling cutoffs, and its derivatives.

With lower and upper cutoff a and b and c = kh a, kh b, everything follows from
``D = b^2 g(d, kh b) - a^2 g(d, kh a)``, g the field of ``ats_kernel``. Subtracting loses digits as b -> a. Close
cutoffs are therefore integrated instead, ``D = int_a^b dx x w(d, kh x)``, by a two-point Gauss rule in ln x:
no cancellation, and the forms agree to 1e-12 where one takes over from the other.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.physics.ats.kernel import kernel

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
