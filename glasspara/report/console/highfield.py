"""``highfield`` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from glasspara.report.console.terminal import show_inputs
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from rich.console import Console

    from glasspara.analysis.contestants import Contestant
    from glasspara.analysis.high_field import HighFieldResult
    from glasspara.loading import Input


def show_highfield(inputs: Sequence[Input], result: HighFieldResult, out: Console) -> None:
    from glasspara.analysis.high_field import SHORT

    show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("form", "model", "chi2/ndof", "delta AIC", "weight", "beyond (10)", "status"):
        table.add_column(column, overflow="fold")
    for item in result.comparison.contestants:
        table.add_row(SHORT[item.name], item.name, *_numbers(item), item.status)
    out.print(table)
    if result.comparison.scale > 1.0:
        out.print(f"delta AIC and weight with chi2 divided by {result.comparison.scale:.4g}")
    verdict, *further = result.statements
    out.print(Text(f"Verdict: {verdict}", style="bold green" if result.trusted else "bold red"))
    for text in (*further, *result.comparison.remarks):
        out.print(f"  - {text}")


def _numbers(item: Contestant) -> tuple[str, ...]:
    from glasspara.analysis.high_field import SCALES

    if item.result is None or item.delta is None or item.weight is None:
        return ("",) * 4
    statistics = item.result.statistics
    own = [
        f"{name} = {value_with_error(found.value, found.error)} {found.unit}"
        for name, found in item.result.parameters.items()
        if name in SCALES
    ]
    ratio = statistics.chi2 / statistics.ndof
    return f"{ratio:.4g}", f"{item.delta:.1f}", f"{item.weight:.2g}", ", ".join(own)
