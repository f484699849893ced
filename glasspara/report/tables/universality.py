"""The table of ``universality``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import csv_text, point_keys, provenance

if TYPE_CHECKING:
    from glasspara.analysis.universality import UniversalityResult
    from glasspara.loading import Input


def universality_csv(inputs: Sequence[Input], result: UniversalityResult) -> str:
    """Every point with its H/T, M - M_Larmor and the curve common to all runs."""
    comments = [
        *provenance("universality", inputs),
        f"chi_larmor_emu_per_g_Oe {result.chi_larmor!r} ({result.chi_larmor_source})",
        f"F({result.dof[0]}, {result.dof[1]}) = {result.statistic!r}, p = {result.p_value!r}, "
        f"universality {'holds' if result.holds else 'fails'}",
        "M_minus_larmor is folded to positive fields: sign(H) M + chi_larmor |H|",
    ]
    header = (
        "file", "line", "run", "branch", "T_K", "H_Oe", "H_over_T_Oe_per_K", "M_minus_larmor_emu_per_g",
        "sigma_emu_per_g", "common_curve_emu_per_g",
    )  # fmt: skip
    data = result.data
    columns = (
        data.temperature, data.field, result.h_over_t, result.magnetisation, data.sigma, result.common_curve,
    )  # fmt: skip
    points = zip(*(values.tolist() for values in columns), strict=True)
    rows = ((*key, *values) for key, values in zip(point_keys(data), points, strict=True))
    return csv_text(comments, header, rows)
