"""The JSON report of ``series``."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.model.parameters import ION_NAMES
from glasspara.report.frame import Json, frame, input_block, run_block
from glasspara.report.table import csv_text, provenance
from glasspara.report.terminal import shorten, show_inputs
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.series.drift import Drift
    from glasspara.analysis.series.single_runs import KindOfRuns, Measured, RunSeries, SeriesResult
    from glasspara.data.loading import Input


_DENSITY, _CHI = "g^-1", "emu g^-1 Oe^-1"


def series_document(inputs: Sequence[Input], result: SeriesResult, warnings: Sequence[str]) -> Json:
    return frame("series", [input_block(item) for item in inputs], warnings) | {
        "series": {
            "weights": result.weights,
            "errors_from": result.errors_from,
            "n_fe_mass_spectrometry": None if result.n_ms is None else _measured(result.n_ms, _DENSITY),
            "kinds": [_kind(result, item) for item in result.kinds],
        }
    }


def _kind(result: SeriesResult, item: KindOfRuns) -> Json:
    return {
        "kind": item.kind,
        "against": item.against,
        "drifting": item.drifting,
        "verdict": item.verdict,
        "remarks": list(item.remarks),
        "drift_tests": {variant: _drift(test) for variant, test in item.drifts.items()},
        "runs": [_row(result, row) for row in item.rows],
    }


def _drift(test: Drift) -> Json:
    return {
        "statistic": test.statistic,
        "dof": list(test.dof),
        "p_value": test.p_value,
        "p_with_allowances": test.p_with_allowances,
        "established": test.established,
    }


def _row(result: SeriesResult, row: RunSeries) -> Json:
    return run_block(row.run) | {"fits": {variant: _fit(result, row, variant) for variant in row.fits}}


def _fit(result: SeriesResult, row: RunSeries, variant: str) -> Json:
    fit, excess = row.fits[variant], result.excess(row, variant)
    return {
        "n_fe2": _measured(row.parameter(variant, "n_fe2"), _DENSITY),
        "n_fe3": _measured(row.parameter(variant, "n_fe3"), _DENSITY),
        "n_fe": _measured(row.n_fe(variant), _DENSITY),
        "chi_larmor": _measured(row.chi_larmor(variant), _CHI),
        "delta_n": None if excess is None else _measured(excess, _DENSITY),
        "chi2": fit.statistics.chi2,
        "ndof": fit.statistics.ndof,
        "status": fit.assessment.status,
    }


def _measured(item: Measured, unit: str) -> Json:
    return {"value": item.value, "error": item.error, "unit": unit}


_NAMES = {"fe3": "fe3_only", "fe2": "fe2_only", "both": "both"}


def series_csv(inputs: Sequence[Input], result: SeriesResult) -> str:
    """A row a run: concentration, chi_larmor and excess over mass spectrometry for each choice of ions."""
    comments = [
        *provenance("series", inputs),
        f"points weigh by {'their standard deviations' if result.weights == 'sigma' else 'equal shares'}; "
        f"errors: {result.errors_from}",
        *(kind.verdict for kind in result.kinds),
    ]
    if result.n_ms is not None:
        comments.append(
            f"n_fe by mass spectrometry, per g: {result.n_ms.value!r} +- {result.n_ms.error!r}; delta_n is n less that"
        )
    header = ["file", "kind", "H_Oe", "T_K", "points"]
    for variant, name in _NAMES.items():
        quantities = ["n_per_g", *(["n_fe2_per_g", "n_fe3_per_g"] if variant == "both" else [])]
        for quantity in [*quantities, "delta_n_per_g", "chi_larmor_emu_per_g_Oe"]:
            header += [f"{name}_{quantity}", f"{name}_error_of_{quantity}"]
        header += [f"{name}_chi2", f"{name}_ndof"]
    return csv_text(comments, header, (_row_tables(result, row) for row in result.rows))


def _row_tables(result: SeriesResult, row: RunSeries) -> list[object]:
    run = row.run.run
    fixed_field = run.kind == "fixed-field"
    cells: list[object] = [
        run.file, run.kind, run.nominal if fixed_field else None, None if fixed_field else run.nominal, len(row.run),
    ]  # fmt: skip
    for variant in _NAMES:
        found = [row.n_fe(variant)]
        if variant == "both":
            found += [row.parameter(variant, "n_fe2"), row.parameter(variant, "n_fe3")]
        for item in [*found, result.excess(row, variant), row.chi_larmor(variant)]:
            cells += [None, None] if item is None else [item.value, item.error]
        statistics = row.fits[variant].statistics
        cells += [statistics.chi2, statistics.ndof]
    return cells


def show_series(inputs: Sequence[Input], result: SeriesResult, out: Console) -> None:
    show_inputs(inputs, out)
    for kind in result.kinds:
        out.print()
        _show_kind(result, kind, out)
    out.print()
    weights = "by their standard deviations" if result.weights == "sigma" else "alike"
    out.print(f"Points weigh {weights}. Errors: {result.errors_from}.")
    if result.n_ms is not None:
        value = value_with_error(result.n_ms.value, result.n_ms.error)
        out.print(f"n(Fe) by mass spectrometry: {value} g^-1; Delta n is the n of the fit less that.")
    for kind in result.kinds:
        style = "bold red" if kind.drifting else "bold green" if kind.drifting is False else "bold"
        out.print(Text(f"Verdict: {kind.verdict}", style=style))
        for remark in kind.remarks:
            out.print(f"  - {remark}")


def _show_kind(result: SeriesResult, kind: KindOfRuns, out: Console) -> None:
    """One table as the source's Table 1 or 2; the fits with both ions only where these do not end at Fe3+ alone."""
    rows = kind.rows
    n3, n2 = [row.n_fe("fe3") for row in rows], [row.n_fe("fe2") for row in rows]
    both = [[row.parameter("both", name) for row in rows] for name in ION_NAMES]
    chi = {variant: [row.chi_larmor(variant) for row in rows] for variant in ("fe3", "fe2", "both")}
    density, susceptibility = _scale([*n3, *n2], "g^-1"), _scale(chi["fe3"], "emu/(g Oe)")
    columns = [
        ("n, Fe3+ only", density, n3),
        ("chi_L", susceptibility, chi["fe3"]),
        ("n, Fe2+ only", density, n2),
        ("chi_L", susceptibility, chi["fe2"]),
    ]
    if result.n_ms is not None:
        excess = [item for row in rows if (item := result.excess(row, "fe2")) is not None]
        columns.append(("Delta n, Fe2+ only", density, excess))
    out.print(_table(kind, columns))
    if any(item.value > 0.0 for item in both[0]):
        out.print()
        names = ("n(Fe2+), both", "n(Fe3+), both")
        columns = [(name, density, items) for name, items in zip(names, both, strict=True)]
        out.print(_table(kind, [*columns, ("chi_L", susceptibility, chi["both"])]))


def _table(kind: KindOfRuns, columns: Sequence[tuple[str, tuple[float, str], Sequence[Measured]]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("H" if kind.against == "H" else "T")
    labels = [row.run.label for row in kind.rows]
    named = len(set(labels)) < len(labels)
    _, names = shorten(sorted({row.run.run.file for row in kind.rows}))
    if named:
        table.add_column("file", overflow="fold")
    for name, (_, unit), _ in columns:
        table.add_column(Text(f"{name}\n{unit}"), no_wrap=True)
    for index, row in enumerate(kind.rows):
        cells = [_cell(items[index], scale) for _, (scale, _), items in columns]
        table.add_row(row.run.label, *([names[row.run.run.file]] if named else []), *cells)
    return table


def _cell(item: Measured, scale: float) -> str:
    if item.value == 0.0 and item.error is not None:
        return f"0, at limit (+{item.error * scale:.2g})"
    return value_with_error(item.value * scale, None if item.error is None else item.error * scale)


def _scale(items: Sequence[Measured], unit: str) -> tuple[float, str]:
    """Factor that brings the values to 1 ... 10, and the unit with the power of ten that it takes along.

    Where all values are 0 it is their errors that count.
    """
    largest = max((abs(item.value) for item in items), default=0.0) or max(
        (item.error or 0.0 for item in items), default=0.0
    )
    exponent = floor(log10(largest)) if largest > 0.0 else 0
    return 10.0**-exponent, f"1e{exponent} {unit}"
