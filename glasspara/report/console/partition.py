"""``partition`` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.report.console.terminal import show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.partition import PartitionPoint, PartitionResult
    from glasspara.loading import Input

_SHOWN = ("chi_larmor", "n_fe", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu")


def show_partition(inputs: Sequence[Input], result: PartitionResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = [name for name in _SHOWN if name in result.fit.parameters]
    for column in ("x", "chi2", "ndof", "rise", "p", *names, "ATS term explains it"):
        table.add_column(column, justify="left" if column.startswith("ATS") else "right", overflow="fold")
    for item in result.with_best:
        table.add_row(*_row(item, names), style="bold" if item.explained else None)
    out.print(table)
    colour = "green" if result.trusted else "red"
    out.print(Text(f"Verdict: {result.verdict}", style=f"bold {colour}"))
    for remark in result.remarks:
        out.print(f"  - {remark}")


def _row(item: PartitionPoint, names: Sequence[str]) -> list[str]:
    statistics = item.minimum.statistics
    p = "" if statistics.p_value is None else f"{statistics.p_value:.2g}"
    values = [f"{item.minimum.reported[name]:.4g}" for name in names]
    chi2, rise = (
        f"{round(value, 1) + 0.0:.1f}" if value < 1.0e5 else f"{value:.3g}"
        for value in (item.minimum.chi2, item.rise)
    )
    said = "no valid minimum" if not item.minimum.valid else "yes" if item.explained else "no"
    return [f"{item.fraction:.4g}", chi2, str(statistics.ndof), rise, p, *values, said]
