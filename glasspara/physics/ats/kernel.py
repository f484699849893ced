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

from glasspara.arrays import FloatArray
from glasspara.physics.ats.cold import cold_fields
from glasspara.physics.ats.middle import PANEL_EDGES, middle_far_fields, middle_near_fields, panel
from glasspara.physics.ats.warm import C_NIL, C_SPLIT, D_WARM, warm_large_fields, warm_small_fields

Fields = dict[str, FloatArray]
Evaluate = Callable[[FloatArray, FloatArray], Fields]

_COLD = len(PANEL_EDGES)
"""Regime after the last panel."""


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
