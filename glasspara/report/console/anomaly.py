"""``anomaly`` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.report.console.terminal import show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.anomaly import AnomalyResult, Departure
    from glasspara.loading import Input


def show_anomaly(inputs: Sequence[Input], result: AnomalyResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("points", "F", "p", "p corrected", "sigma")
    for column in ("window", *numbers, "data - model, by run (sigma)"):
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    departures = {item.test.window: item for item in result.departures}
    for test in result.tests:
        found = departures.get(test.window)
        chances = ["cannot be tested", ""]
        if test.p_value is not None and test.p_corrected is not None:
            chances = [f"{test.p_value:.2g}", f"{test.p_corrected:.2g}"]
        table.add_row(
            test.window.label, str(test.points), f"{test.statistic:.2f}", *chances,
            "" if found is None else f"{found.sigmas:.1f}", "" if found is None else _by_run(found),
            style=None if found is None else "bold",
        )  # fmt: skip
    out.print(table)
    colour = "red" if result.departures or not result.trusted else "green"
    out.print(Text(f"Verdict: {result.verdict}", style=f"bold {colour}"))
    for remark in result.remarks:
        out.print(f"  - {remark}")


def _by_run(found: Departure) -> str:
    return ", ".join(f"{item.run.label}: {item.sigmas:+.1f}" for item in found.deviations)
