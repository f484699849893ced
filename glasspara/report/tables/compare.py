"""The table of ``compare``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import csv_text, provenance

if TYPE_CHECKING:
    from glasspara.analysis.compare import CompareResult
    from glasspara.loading import Input


def compare_csv(inputs: Sequence[Input], result: CompareResult) -> str:
    """One row a model."""
    comments = [
        *provenance("compare", inputs),
        result.verdict,
        *result.remarks,
        f"aic_scaled, bic_scaled, delta_aic, weight: chi2 divided by {result.scale!r}",
    ]
    rows: list[Sequence[object]] = []
    for item in result.contestants:
        statistics = item.result.statistics if item.result and item.usable else None
        numbers = (
            (None,) * 5
            if statistics is None
            else (statistics.chi2, statistics.ndof, statistics.n_free, statistics.aic, statistics.bic)
        )
        scaled = (item.aic_scaled, item.bic_scaled, item.delta, item.weight)
        rows.append((item.name, item.text, item.status, *numbers, *scaled, item.problem))
    header = (
        "model", "text", "status", "chi2", "ndof", "n_free", "aic", "bic", "aic_scaled", "bic_scaled", "delta_aic",
        "weight", "problem",
    )  # fmt: skip
    return csv_text(comments, header, rows)
