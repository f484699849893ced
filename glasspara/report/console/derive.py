"""``derive`` at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.derive import DerivedQuantity, DeriveResult

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
