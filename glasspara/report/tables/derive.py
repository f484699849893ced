"""The table of ``derive``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara import __version__
from glasspara.report.tables.table import csv_text

if TYPE_CHECKING:
    from glasspara.analysis.derive import DeriveResult


def derive_csv(result: DeriveResult) -> str:
    """A row a quantity; value, error and ends are in the unit of their row."""
    source = result.source
    comments = [
        f"glasspara {__version__} derive from {source.source} ({source.status})",
        f"model {source.model}, {source.convention} convention, {source.orientation}",
        result.verdict,
        *(
            f"assumed: {name} = {item.low!r} to {item.high!r} {item.unit} ({item.source})"
            for name, item in result.assumptions.items()
        ),
        "error: one standard error by the fit alone; low and high: ends of what is assumed",
    ]
    header = (
        "quantity", "temperature_K", "value_in_unit", "error_in_unit", "low_in_unit", "high_in_unit", "unit",
        "assumptions", "determined", "text",
    )  # fmt: skip
    rows = (
        (
            item.name, item.temperature, item.value, item.error, item.low, item.high, item.unit,
            " ".join(item.needs), "yes" if item.determined else "no", item.text,
        )
        for item in result.quantities
    )  # fmt: skip
    return csv_text(comments, header, rows)
