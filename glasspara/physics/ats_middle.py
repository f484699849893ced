"""The ATS kernel where D_min is comparable with kT (D_WARM < d < D_COLD): polynomials in two variables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glasspara.physics.ats_middle_tables import Panel, far_table, near_tables
from glasspara.physics.ats_polynomials import chebyshev_rows, evaluate_both, product
from glasspara.physics.ats_split import OneVariable, split_fields

FloatArray = npt.NDArray[np.float64]


def middle_near_fields(
    panel: Panel, d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for d of the panel, 0 <= c <= C_NIL. ``d`` broadcasts against ``c``."""
    tables = {name: near_tables(panel, isotropic)[name] for name in fields}
    root = panel.root(c)
    x = panel.c_variable(root)
    values = evaluate_both(x, panel.d_variable(d), tables)
    root *= d
    return {name: value / root for name, value in values.items()}


def middle_far_fields(
    panel: Panel, d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for d of the panel, c >= C_NIL. ``d`` broadcasts against ``c``."""
    fall, table = np.exp(-2 * d), far_table(panel)
    weights = chebyshev_rows(panel.d_variable(d), np.empty((table.shape[1], d.size)))
    phi, x, x_d = fall * product(table, weights, np.empty((len(table), d.size)))
    one = OneVariable(phi=phi, phi_d=-np.log1p(fall), x=x, x_d=x_d)
    return split_fields(d, c, fields, isotropic, one, _nothing)


def _nothing(_name: str, _by_d: bool) -> FloatArray:
    """The part of order exp(-2c), here below the rounding error."""
    return np.zeros(1)
