"""The ATS kernel where D_min is comparable with kT (D_WARM < d < D_COLD): polynomials in two variables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from glasspara.physics.ats_middle_tables import Panel, far_tables, near_tables
from glasspara.physics.ats_polynomials import horner, chebyshev_rows
from glasspara.physics.ats_split import OneVariable, split_fields

FloatArray = npt.NDArray[np.float64]


def middle_near_fields(
    panel: Panel, d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for d of the panel, 0 <= c <= C_NIL. ``d`` broadcasts against ``c``."""
    tables = {name: near_tables(panel, isotropic)[name] for name in fields}
    root = panel.root(c)
    x = panel.c_variable(root)
    weights = chebyshev_rows(panel.d_variable(d), max(len(table) for table in tables.values()))
    root *= d
    return {name: horner(x, table, weights[: len(table)]) / root for name, table in tables.items()}


def middle_far_fields(
    panel: Panel, d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for d of the panel, c >= C_NIL. ``d`` broadcasts against ``c``."""
    fall, t = np.exp(-2 * d), panel.d_variable(d)
    one = {
        name: fall * (coefficients @ chebyshev_rows(t, len(coefficients)))
        for name, coefficients in far_tables(panel).items()
    }
    nothing = np.zeros(1)
    return split_fields(
        d, c, fields, isotropic, OneVariable(phi_d=-np.log1p(fall), **one), lambda name, by_d: nothing
    )
