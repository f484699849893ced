"""The JSON report of ``highfield``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from glasspara.analysis.compare.report import contestant_block
from glasspara.report.frame import Json, frame, input_block, run_block
from glasspara.report.table import csv_text, point_keys, provenance
from glasspara.report.terminal import show_inputs
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from rich.console import Console

    from glasspara.analysis.compare.contestants import Contestant
    from glasspara.analysis.high_field.field_dependence import HighFieldResult, Peak
    from glasspara.data.loading import Input


def highfield_document(inputs: Sequence[Input], result: HighFieldResult, warnings: Sequence[str]) -> Json:
    comparison = result.comparison
    return frame("highfield", [input_block(item) for item in inputs], warnings) | {
        "highfield": {
            "forms": [contestant_block(item) for item in comparison.contestants],
            "best": None if comparison.best is None else comparison.best.name,
            "scale": comparison.scale,
            "statements": list(result.statements),
            "remarks": list(comparison.remarks),
            "peaks": [_peak(item) for item in result.peaks],
        }
    }


def _peak(item: Peak) -> Json:
    return {
        "run": run_block(item.run),
        "form": item.form,
        "field": item.field,
        "field_error": item.error,
        "field_unit": "Oe",
        "highest_field": item.top,
        "share_at_highest_field": item.fall,
    }


def highfield_csv(inputs: Sequence[Input], result: HighFieldResult) -> str:
    """Every point with the intrinsic magnetisation, the ATS term and the residual of each form that has a minimum."""
    data, fits = result.comparison.data, result.usable
    columns = {"T_K": data.temperature, "H_Oe": data.field, "M_emu_per_g": data.magnetisation}
    columns["sigma_emu_per_g"] = data.sigma
    for form, fit in fits.items():
        name = form.replace("-", "_")
        columns[f"M_intrinsic_{name}_emu_per_g"] = fit.intrinsic
        columns[f"M_ats_{name}_emu_per_g"] = fit.terms.ats
        columns[f"residual_{name}_emu_per_g"] = fit.residuals
    points = zip(*(values.tolist() for values in columns.values()), strict=True)
    rows = ((*key, *values) for key, values in zip(point_keys(data), points, strict=True))
    comments = [
        *provenance("highfield", inputs),
        *result.statements,
        "M_intrinsic: M less the Larmor and Langevin terms of the same form; residual: data minus model",
    ]
    return csv_text(comments, ("file", "line", "run", "branch", *columns), rows)


def show_highfield(inputs: Sequence[Input], result: HighFieldResult, out: Console) -> None:
    from glasspara.analysis.high_field.field_dependence import SHORT

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
    from glasspara.analysis.high_field.field_dependence import SCALES

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
