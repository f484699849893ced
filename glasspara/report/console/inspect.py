"""``inspect`` at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from glasspara.report.console.terminal import rows_in_words

if TYPE_CHECKING:
    from glasspara.measurement import Measurement

FloatArray = npt.NDArray[np.float64]


def show_measurement(measurement: Measurement, out: Console) -> None:
    """All that ``inspect`` says of one file."""
    out.print(measurement.path, style="bold")
    choice = measurement.moment_choice
    sample = measurement.header.sample
    rows: list[tuple[str, str]] = [
        ("instrument", measurement.instrument),
        ("sample", sample or "not named"),
        ("rows", rows_in_words(measurement.rows_read, measurement.rows_used, measurement.rows_dropped)),
        ("moment", f"{choice.column}: {choice.reason}"),
        ("errors", choice.sigma_column or "no column; estimated"),
        ("mass", _mass_in_words(measurement)),
        ("encoding", measurement.encoding),
    ]
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in rows:
        table.add_row(key, value)
    out.print(table)
    runs = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("run", "points", "T / K", "H / Oe", "moment / emu", "errors", "branches"):
        runs.add_column(column, overflow="fold")
    for run in measurement.runs:
        word = "M(T)" if run.kind == "fixed-field" else "M(H)"
        runs.add_row(
            f"{word} at {run.label}", str(len(run.moment)), _span(run.temperature), _span(run.field),
            _span(run.moment), run.sigma_source, ", ".join(run.branch_labels),
        )  # fmt: skip
    out.print(runs)
    for warning in measurement.warnings:
        out.print(f"warning: {warning}", style="yellow")


def _mass_in_words(measurement: Measurement) -> str:
    mass = measurement.mass
    if mass.value_mg is not None:
        return f"{mass.value_mg:g} mg ({mass.source})"
    hint = f"; {mass.hint}" if mass.hint else ""
    return f"not known: {mass.problem or 'not in the file'}{hint}; give --mass MG"


def _span(values: FloatArray) -> str:
    return f"{values.min():.4g} .. {values.max():.4g}"
