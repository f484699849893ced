"""``oscillations`` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.report.console.terminal import show_inputs
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.oscillations import OscillationResult
    from glasspara.loading import Input


def show_oscillations(inputs: Sequence[Input], result: OscillationResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("power", "false alarm", "here")
    for column in ("run", "in", "strongest period", "amplitude / emu/g", *numbers):
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for item in result.runs:
        for peak in item.peaks:
            table.add_row(
                item.run.label, peak.abscissa, f"{value_with_error(peak.period, peak.period_error)} {peak.unit}",
                value_with_error(peak.wave.amplitude, peak.wave.amplitude_error), f"{peak.power['both']:.1f}",
                f"{peak.fap:.2g}", f"{peak.fap_here:.2g}",
                style="bold" if peak is result.best.best and result.found else None,
            )  # fmt: skip
    out.print(table)
    out.print(Text(f"Verdict: {result.verdict}", style="bold green" if result.trusted else "bold red"))
    for remark in result.remarks:
        out.print(f"  - {remark}")
