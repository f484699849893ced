"""The table of ``curie``: every weak point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import csv_text, point_keys, provenance

if TYPE_CHECKING:
    from glasspara.analysis.curie import CurieResult
    from glasspara.loading import Input


def curie_csv(inputs: Sequence[Input], result: CurieResult) -> str:
    """Susceptibility M/H of every weak point, what the three laws give, and T (chi + chi_L) with its window."""
    data, low, weak = result.weak.data, result.low, result.weak
    T, H = data.temperature, data.field
    whole, model = result.whole, result.whole_fit.model
    comments = [
        *provenance("curie", inputs),
        result.verdict,
        result.curie_verdict,
        f"chi_larmor_emu_per_g_Oe {low.chi_larmor!r} ({low.chi_larmor_source}) in T_times_chi_plus_chi_larmor",
        f"whole model: {model.convention} convention, {model.orientation}, {result.whole_fit.assessment.status}",
    ]
    header = (
        "file", "line", "run", "branch", "T_K", "H_Oe", "window", "chi_emu_per_g_Oe", "sigma_emu_per_g_Oe",
        "T_times_chi_plus_chi_larmor_emu_K_per_g_Oe", "chi_curie_law_emu_per_g_Oe", "chi_glass_law_emu_per_g_Oe",
        "chi_whole_model_emu_per_g_Oe", "chi_langevin_emu_per_g_Oe", "chi_ats_emu_per_g_Oe",
    )  # fmt: skip
    chi = data.magnetisation / H
    columns = (
        chi, data.sigma / abs(H), T * (chi + low.chi_larmor), result.naive.total / H, result.glass.total / H,
        whole.total / H, whole.langevin / H, whole.ats / H,
    )  # fmt: skip
    windows = [
        "low" if is_low else "high" if is_high else ""
        for is_low, is_high in zip(weak.low.tolist(), weak.high.tolist(), strict=True)
    ]
    points = zip(*(values.tolist() for values in columns), strict=True)
    rows = (
        (*key, t, h, window, *values)
        for key, t, h, window, values in zip(
            point_keys(data), T.tolist(), H.tolist(), windows, points, strict=True
        )
    )
    return csv_text(comments, header, rows)
