"""The table of ``series``, as the source's Tables 1 and 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import csv_text, provenance

if TYPE_CHECKING:
    from glasspara.analysis.series import RunSeries, SeriesResult
    from glasspara.loading import Input

_NAMES = {"fe3": "fe3_only", "fe2": "fe2_only", "both": "both"}


def series_csv(inputs: Sequence[Input], result: SeriesResult) -> str:
    """A row a run: concentration, chi_larmor and excess over mass spectrometry for each choice of ions."""
    comments = [
        *provenance("series", inputs),
        f"points weigh by {'their standard deviations' if result.weights == 'sigma' else 'equal shares'}; "
        f"errors: {result.errors_from}",
        *(kind.verdict for kind in result.kinds),
    ]
    if result.n_ms is not None:
        comments.append(
            f"n_fe by mass spectrometry, per g: {result.n_ms.value!r} +- {result.n_ms.error!r}; delta_n is n less that"
        )
    header = ["file", "kind", "H_Oe", "T_K", "points"]
    for variant, name in _NAMES.items():
        quantities = ["n_per_g", *(["n_fe2_per_g", "n_fe3_per_g"] if variant == "both" else [])]
        for quantity in [*quantities, "delta_n_per_g", "chi_larmor_emu_per_g_Oe"]:
            header += [f"{name}_{quantity}", f"{name}_error_of_{quantity}"]
        header += [f"{name}_chi2", f"{name}_ndof"]
    return csv_text(comments, header, (_row(result, row) for row in result.rows))


def _row(result: SeriesResult, row: RunSeries) -> list[object]:
    run = row.run.run
    fixed_field = run.kind == "fixed-field"
    cells: list[object] = [
        run.file, run.kind, run.nominal if fixed_field else None, None if fixed_field else run.nominal, len(row.run),
    ]  # fmt: skip
    for variant in _NAMES:
        found = [row.n_fe(variant)]
        if variant == "both":
            found += [row.parameter(variant, "n_fe2"), row.parameter(variant, "n_fe3")]
        for item in [*found, result.excess(row, variant), row.chi_larmor(variant)]:
            cells += [None, None] if item is None else [item.value, item.error]
        statistics = row.fits[variant].statistics
        cells += [statistics.chi2, statistics.ndof]
    return cells
