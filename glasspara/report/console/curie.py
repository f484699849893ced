"""``curie`` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.analysis.weak_law import UNITS
from glasspara.report.console.terminal import show_inputs
from glasspara.wording import percent, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.curie import CurieResult
    from glasspara.analysis.weak_law import WeakFit
    from glasspara.loading import Input

_STYLES = {"glass-like": "bold red", "crystal-like": "bold green"}


def show_curie(inputs: Sequence[Input], result: CurieResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    _show_runs(result, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "Curie law", "law (14)", "whole model", "unit"):
        table.add_column(column)
    for name, unit in UNITS.items():
        table.add_row(name, *(_cell(item, name) for item in result.fits), unit)
    table.add_row("chi2", *(f"{item.chi2:.1f}" for item in result.fits), f"{len(result.weak.data)} points")
    out.print(table)
    model, status = result.whole_fit.model, result.whole_fit.assessment.status
    out.print(
        f"whole model: {result.whole.text}; {model.convention} convention, {model.orientation}; {status}"
    )
    if result.curie_ms is not None:
        iron = value_with_error(result.curie_ms.value, result.curie_ms.error)
        out.print(f"C of the iron by mass spectrometry: {iron} {result.curie_ms.unit}")
    low = result.low
    chi = value_with_error(low.chi_larmor, low.chi_larmor_error)
    out.print(
        f"low-temperature test: T to {result.weak.low_end:.3g} K; chi_L = {chi} ({low.chi_larmor_source})"
    )
    out.print("Errors: one standard error by the stated sigmas.")
    out.print(Text(f"Verdict: {result.verdict}", style=_STYLES.get(low.nature, "bold")))
    out.print(f"  - {result.curie_verdict}")
    for remark in result.remarks:
        out.print(f"  - {remark}")


def _show_runs(result: CurieResult, out: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("run", "weak points", "off Curie's law", "off the weak ATS term", ""):
        table.add_column(column)
    for item in result.weak.runs:
        used = 0 if item.used is None else len(item.used)
        table.add_row(
            item.run.label,
            f"{used} of {len(item.run)}",
            percent(item.curie),
            percent(item.ats),
            item.reason.partition(":")[0],
        )
    out.print(table)
    out.print(
        f"Off its weak-field form by up to {percent(result.weak.tolerance)}, a point is weak; the ATS term judged by "
        "typical cutoffs."
    )


def _cell(item: WeakFit, name: str) -> str:
    found = item.quantities.get(name)
    return "" if found is None else value_with_error(found.value, found.error)
