"""Holder and true field on the terminal: a line for what was given, a table of what it did to each run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from glasspara.wording import percent, value_with_error

if TYPE_CHECKING:
    from rich.console import Console

    from glasspara.corrections import Applied
    from glasspara.field_standard import RunField
    from glasspara.loading import Input


def show_corrections(inputs: Sequence[Input], out: Console) -> None:
    """Nothing where moments and fields are those of the files."""
    applied = [item.corrections for item in inputs if item.corrections is not None]
    if not applied:
        return
    if applied[0].corrector.settings.holder:
        out.print(f"holder: {_holder_in_words(applied[0])}")
        _show_shares(applied, out)
    if applied[0].corrector.standard is not None:
        out.print(f"true field: {_standard_in_words(applied[0])}")
        _show_fields(applied, out)


def _holder_in_words(applied: Applied) -> str:
    settings, background = applied.corrector.settings, applied.corrector.background
    parts = []
    if background is not None:
        count = len(background.measurements)
        names = background.measurements[0].path if count == 1 else f"{count} files"
        times = "" if settings.background_scale == 1.0 else f", times {settings.background_scale:g}"
        parts.append(f"background of {names}{times}")
    if settings.holder_chi is not None:
        parts.append(f"susceptibility {value_with_error(*settings.holder_chi)} emu/Oe")
    return "; ".join(parts)


def _standard_in_words(applied: Applied) -> str:
    standard = applied.corrector.standard
    assert standard is not None
    return (
        f"standard {standard.measurement.path}, {standard.mass_mg:g} mg, chi = {standard.chi:.4g} emu g^-1 Oe^-1 "
        f"({standard.chi_source}); {100.0 * standard.scale:+.2g} % of the reported field at large fields"
    )


def _show_shares(applied: Sequence[Applied], out: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("run", "holder / signal", "holder rms / emu", "its error / emu", "of the variance"):
        table.add_column(column, justify="left" if column == "run" else "right")
    for run in (run for item in applied for run in item.holder):
        table.add_row(
            run.label,
            percent(run.share),
            f"{run.rms:.3g}",
            f"{run.error:.2g}" if run.files else "-",
            percent(run.error_share) if run.files else "-",
        )
    out.print(table)


def _show_fields(applied: Sequence[Applied], out: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (
        "run",
        "points corrected",
        "true - reported / Oe",
        "of the variance",
        "moment crosses zero at / Oe",
    ):
        table.add_column(column)
    for run in (run for item in applied for run in item.field):
        crossings = ", ".join(f"{value:.2g} ({label})" for label, value in run.crossings.items())
        table.add_row(
            run.label,
            f"{run.n_corrected} of {run.n_points}",
            _shifts(run),
            percent(run.error_share),
            crossings or "-",
        )
    out.print(table)


def _shifts(run: RunField) -> str:
    return "-" if run.smallest is None else f"{run.smallest:.3g} to {run.largest:.3g}"
