"""The JSON report of ``derive``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.package import __version__
from glasspara.report.frame import Json, frame
from glasspara.report.table import csv_text
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.derive.consequences import DerivedQuantity, DeriveResult


def derive_document(
    inputs: Sequence[Mapping[str, Any]], result: DeriveResult, warnings: Sequence[str]
) -> Json:
    """``inputs`` are input blocks, of this command's files or of the report that it read."""
    source = result.source
    return frame("derive", inputs, warnings) | {
        "model": source.model,
        "convention": source.convention,
        "orientation": source.orientation,
        "derive": {
            "source": source.source,
            "status": source.status,
            "trusted": source.trusted,
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "qs4_measured": result.qs4_measured,
            "parameters": {
                name: {"value": value, "error": source.error(name) or None}
                for name, value in source.values.items()
            },
            "assumptions": {
                name: {
                    "symbol": item.symbol,
                    "low": item.low,
                    "high": item.high,
                    "unit": item.unit,
                    "source": item.source,
                    "given": item.given,
                }
                for name, item in result.assumptions.items()
            },
            "quantities": [
                {
                    "name": item.name,
                    "text": item.text,
                    "temperature_K": item.temperature,
                    "value": item.value,
                    "error": item.error,
                    "low": item.low,
                    "high": item.high,
                    "unit": item.unit,
                    "assumptions": list(item.needs),
                    "determined": item.determined,
                }
                for item in result.quantities
            ],
            "checks": [{"text": item.text, "holds": item.holds} for item in result.checks],
        },
    }


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


_HOLDS = {True: "holds", False: "FAILS", None: "holds for part of what is assumed"}


def show_derive(result: DeriveResult, out: Console) -> None:
    source = result.source
    out.print(f"from {source.source} ({source.status})", style="bold")
    out.print(f"model {source.model}, {source.convention} convention, {source.orientation}")
    out.print()
    plain = [item for item in result.quantities if item.temperature is None]
    _show("By the fit alone, at 1.26 K where it matters", [item for item in plain if not item.needs], out)
    _show("With assumptions", [item for item in plain if item.needs], out)
    temperatures = dict.fromkeys(
        item.temperature for item in result.quantities if item.temperature is not None
    )
    for temperature in temperatures:
        _show(
            f"By the fit alone, at {temperature:g} K",
            [i for i in result.quantities if i.temperature == temperature],
            out,
        )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("assumption", "value", "unit", "source"):
        table.add_column(column)
    for name, item in result.assumptions.items():
        span = f"{item.low:g} to {item.high:g}" if item.is_range else f"{item.low:g}"
        table.add_row(name, span, item.unit, item.source)
    out.print(table)
    out.print(
        "Errors: one standard error by the fit alone, with its correlations; ranges: by what is assumed."
    )
    failed = any(check.holds is False for check in result.checks) or not source.trusted
    out.print(Text(f"Verdict: {result.verdict}", style="bold red" if failed else "bold"))
    for check in result.checks:
        out.print(f"  - {check.text}: {_HOLDS[check.holds]}")
    for remark in result.remarks:
        out.print(f"  - {remark}")


def _show(title: str, items: list[DerivedQuantity], out: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (title, "value", "unit", "range", "assumes"):
        table.add_column(column)
    for item in items:
        value = (
            value_with_error(item.value, item.error)
            if item.low == item.high or item.error
            else f"{item.value:.4g}"
        )
        note = "" if item.determined else " (not determined)"
        span = "" if item.low == item.high else f"{item.low:.3g} to {item.high:.3g}"
        table.add_row(item.text, value + note, item.unit, span, ", ".join(item.needs))
    out.print(table)
    out.print()
