"""The table of ``highfield``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import csv_text, point_keys, provenance

if TYPE_CHECKING:
    from glasspara.analysis.high_field import HighFieldResult
    from glasspara.loading import Input


def highfield_csv(inputs: Sequence[Input], result: HighFieldResult) -> str:
    """Every point with the intrinsic magnetisation, the ATS term and the residual of each form that has a minimum."""
    data, fits = result.comparison.data, result.usable
    columns = {"T_K": data.temperature, "H_Oe": data.field, "M_emu_per_g": data.magnetisation}
    columns["sigma_emu_per_g"] = data.sigma
    for form, fit in fits.items():
        name = form.replace("-", "_")
        columns[f"M_intrinsic_{name}_emu_per_g"] = fit.intrinsic
        columns[f"M_ats_{name}_emu_per_g"] = fit.terms.ats
        columns[f"residual_{name}_emu_per_g"] = fit.residuals
    points = zip(*(values.tolist() for values in columns.values()), strict=True)
    rows = ((*key, *values) for key, values in zip(point_keys(data), points, strict=True))
    comments = [
        *provenance("highfield", inputs),
        *result.statements,
        "M_intrinsic: M less the Larmor and Langevin terms of the same form; residual: data minus model",
    ]
    return csv_text(comments, ("file", "line", "run", "branch", *columns), rows)
