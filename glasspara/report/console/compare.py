"""``compare`` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.report.console.terminal import show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.compare import CompareResult
    from glasspara.analysis.contestants import Contestant
    from glasspara.loading import Input


def show_compare(inputs: Sequence[Input], result: CompareResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("chi2", "ndof", "k", "AIC", "BIC", "delta AIC", "weight")
    for column in ("model", *numbers, "status"):
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for item in sorted(
        result.contestants, key=lambda item: float("inf") if item.delta is None else item.delta
    ):
        table.add_row(item.name, *_criteria(item), item.status, style="bold" if item is result.best else None)
    out.print(table)
    if result.scale > 1.0:
        out.print(
            f"AIC and BIC by the stated errors; delta AIC and weight with chi2 divided by {result.scale:.4g}"
        )
    known = result.best is not None and result.trusted
    out.print(Text(f"Verdict: {result.verdict}", style="bold green" if known else "bold red"))
    for remark in result.remarks:
        out.print(f"  - {remark}")


def _criteria(item: Contestant) -> tuple[str, ...]:
    if item.result is None or not item.usable or item.delta is None or item.weight is None:
        return ("",) * 7
    statistics = item.result.statistics
    sizes = [
        f"{value:.1f}" if abs(value) < 1.0e5 else f"{value:.4g}"
        for value in (statistics.chi2, statistics.aic, statistics.bic, item.delta)
    ]
    return (
        sizes[0], str(statistics.ndof), str(statistics.n_free), *sizes[1:], f"{item.weight:.2g}"
    )  # fmt: skip
