"""The universal function of the ATS term, chosen by regime.

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
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from glasspara.physics.ats_cold import cold_fields
from glasspara.physics.ats_middle import D_COLD, middle_fields
from glasspara.physics.ats_tables import C_SPLIT, D_WARM
from glasspara.physics.ats_warm import warm_large_fields, warm_small_fields

FloatArray = npt.NDArray[np.float64]
Fields = dict[str, FloatArray]
Evaluate = Callable[[FloatArray, FloatArray], Fields]


def kernel(d: FloatArray, c: FloatArray, fields: frozenset[str], *, isotropic: bool) -> Fields:
    """The named fields at ``d`` > 0, shape (n,) or (1,), and ``c`` >= 0, shape (m, n); each of shape (m, n)."""
    warm, cold = d <= D_WARM, d >= D_COLD
    if warm.all():
        return _by_c(d, c, fields, isotropic)
    d = np.broadcast_to(d, c.shape[-1:])
    warm, cold = d <= D_WARM, d >= D_COLD
    out = {name: np.empty_like(c) for name in fields}
    _put(out, warm, d, c, lambda d, c: _by_c(d, c, fields, isotropic))
    _put(out, ~(warm | cold), d, c, lambda d, c: _middle(d, c, fields, isotropic))
    _put(out, cold, d, c, lambda d, c: cold_fields(d, c, fields, isotropic))
    return out


def _put(out: Fields, where: npt.NDArray[np.bool_], d: FloatArray, c: FloatArray, evaluate: Evaluate) -> None:
    """Evaluate the points (columns) ``where`` and store them."""
    columns = np.flatnonzero(where)
    if len(columns):
        for name, value in evaluate(d[columns], c[:, columns]).items():
            out[name][:, columns] = value


def _by_c(d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool) -> Fields:
    """D_WARM and below: series at small c and at large c."""
    small = c <= C_SPLIT
    if small.all():
        return warm_small_fields(d, c, fields, isotropic)
    out = {} if not small.any() else warm_small_fields(d, np.minimum(c, C_SPLIT), fields, isotropic)
    large = np.flatnonzero(~small)
    d = np.broadcast_to(d, c.shape).ravel()[large]
    for name, value in warm_large_fields(d, c.ravel()[large], fields, isotropic).items():
        np.put(out.setdefault(name, np.empty_like(c)), large, value)
    return out


def _middle(d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool) -> Fields:
    flat_d, flat_c = np.broadcast_to(d, c.shape).ravel(), c.ravel()
    out = {name: np.empty_like(flat_c) for name in fields}
    for small in (True, False):
        points = np.flatnonzero((flat_c <= C_SPLIT) == small)
        if len(points):
            for name, value in middle_fields(
                flat_d[points], flat_c[points], fields, isotropic, small
            ).items():
                out[name][points] = value
    return {name: value.reshape(c.shape) for name, value in out.items()}
