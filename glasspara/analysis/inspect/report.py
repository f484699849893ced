"""The JSON report of ``inspect``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from glasspara.arrays import FloatArray
from glasspara.report.frame import Json, failures, frame
from glasspara.report.terminal import rows_in_words

if TYPE_CHECKING:
    from glasspara.errors import GlassparaError
    from glasspara.runs.measurement import Measurement


def inspect_document(
    measurements: Sequence[Measurement], failed: Sequence[tuple[str, GlassparaError]]
) -> Json:
    return frame("inspect", [_measurement(item) for item in measurements], []) | {"failed": failures(failed)}


def _measurement(item: Measurement) -> Json:
    choice, mass = item.moment_choice, item.mass
    return {
        "path": item.path,
        "sha256": item.sha256,
        "instrument": item.instrument,
        "encoding": item.encoding,
        "title": item.header.title,
        "sample": item.header.sample,
        "rows_read": item.rows_read,
        "rows_used": item.rows_used,
        "rows_dropped": dict(item.rows_dropped),
        "dropped": [{"line": row.line, "reason": row.reason} for row in item.dropped],
        "moment_column": choice.column,
        "moment_reason": choice.reason,
        "sigma_column": choice.sigma_column,
        "diagnostics": dict(choice.diagnostics),
        "mass_mg": mass.value_mg,
        "mass_source": mass.source,
        "mass_problem": mass.problem,
        "runs": [
            {
                "kind": run.kind,
                "nominal": run.nominal,
                "unit": run.unit,
                "n_points": len(run.moment),
                "moment_column": run.moment_column,
                "t_range_K": _range(run.temperature),
                "h_range_Oe": _range(run.field),
                "moment_range_emu": _range(run.moment),
                "sigma_source": run.sigma_source,
                "branches": list(run.branch_labels),
                "warnings": list(run.warnings),
            }
            for run in item.runs
        ],
        "warnings": list(item.warnings),
    }


def _range(values: FloatArray) -> list[float]:
    return [float(values.min()), float(values.max())]


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
