"""The difference of the universal function between the two tunnelling cutoffs, and its derivatives.

With lower and upper cutoff a and b and c = kh a, kh b, everything follows from
``D = b^2 g(d, kh b) - a^2 g(d, kh a)``, g the field of ``ats_kernel``. Subtracting loses digits as b -> a. Close
cutoffs are therefore integrated instead, ``D = int_a^b dx x w(d, kh x)``, by a two-point Gauss rule in ln x:
no cancellation, and the forms agree to 1e-12 where one takes over from the other.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from glasspara.physics.ats_kernel import kernel

FloatArray = npt.NDArray[np.float64]

_NEAR = 0.003
"""Cutoffs closer than this (relative) are integrated. Here the rule's error, ln(b/a)^4 x 16/4320 at most, and the
rounding error of the subtraction, some 2e-15 / ln(b/a), are both below 1e-12."""
_NODES = np.array([[0.5 - 0.5 / sqrt(3.0)], [0.5 + 0.5 / sqrt(3.0)]])


def difference(
    d: FloatArray, kh: FloatArray, lower: FloatArray, upper: FloatArray, *, isotropic: bool, gradient: bool
) -> FloatArray:
    """D for each point, shape (1, n); with ``gradient`` also its derivatives, shape (5, n).

    The arguments have shape (n,) or (1,). The rows are D; (kh d/dkh + 2) D; (d d/dd) D; and the derivatives of D
    by the cutoffs, dD/db and -dD/da. (The second, in words: the change of kh^2 D by ln kh, over kh^2.)
    """
    size = max(d.size, kh.size, lower.size, upper.size)
    near = upper - lower < _NEAR * lower
    if near.all():
        return _integrated(d, kh, lower, upper, size, isotropic, gradient)
    if not near.any():
        return _subtracted(d, kh, lower, upper, size, isotropic, gradient)
    out = np.empty((5 if gradient else 1, size))
    for form, chosen in ((_integrated, near), (_subtracted, ~near)):
        points = np.flatnonzero(np.broadcast_to(chosen, size))
        d_, kh_, lower_, upper_ = (
            array if array.size == 1 else array[points] for array in (d, kh, lower, upper)
        )
        out[:, points] = form(d_, kh_, lower_, upper_, len(points), isotropic, gradient)
    return out


def _fields(
    d: FloatArray, kh: FloatArray, x: FloatArray, size: int, fields: set[str], isotropic: bool
) -> dict[str, FloatArray]:
    return kernel(d, np.broadcast_to(x * kh, (len(x), size)), frozenset(fields), isotropic=isotropic)


def _ends(lower: FloatArray, upper: FloatArray) -> FloatArray:
    return np.stack(np.broadcast_arrays(lower, upper))


def _subtracted(
    d: FloatArray,
    kh: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    size: int,
    isotropic: bool,
    gradient: bool,
) -> FloatArray:
    x = _ends(lower, upper)
    fields = _fields(d, kh, x, size, {"g", "w", "g_d"} if gradient else {"g"}, isotropic)
    square = x * x

    def between(name: str) -> FloatArray:
        ends = square * fields[name]
        return np.asarray(ends[1] - ends[0])

    if not gradient:
        return between("g")[np.newaxis]
    w = fields["w"]
    return np.stack([between("g"), between("w"), between("g_d"), x[1] * w[1], x[0] * w[0]])


def _integrated(
    d: FloatArray,
    kh: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    size: int,
    isotropic: bool,
    gradient: bool,
) -> FloatArray:
    span = np.log1p((upper - lower) / lower)
    x = lower * np.exp(_NODES * span)
    weight = 0.5 * span * x * x
    fields = _fields(d, kh, x, size, {"w", "v", "w_d"} if gradient else {"w"}, isotropic)
    if not gradient:
        return np.asarray((weight * fields["w"]).sum(axis=0, keepdims=True))
    x = _ends(lower, upper)
    slope = x * _fields(d, kh, x, size, {"w"}, isotropic)["w"]
    return np.stack(
        [*((weight * fields[name]).sum(axis=0) for name in ("w", "v", "w_d")), slope[1], slope[0]]
    )
