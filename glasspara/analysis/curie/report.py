"""The JSON report of ``curie``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.analysis.curie.weak_laws import UNITS
from glasspara.report.frame import Json, frame, input_block, run_block
from glasspara.report.table import csv_text, point_keys, provenance
from glasspara.report.terminal import show_inputs
from glasspara.wording import percent, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.curie.curie_law import CurieResult
    from glasspara.analysis.curie.weak_laws import LowTemperatureTest, Quantity, WeakFit
    from glasspara.analysis.curie.weak_points import WeakRun
    from glasspara.data.loading import Input


_CHI, _CURIE = "emu g^-1 Oe^-1", "emu K g^-1 Oe^-1"


def curie_document(inputs: Sequence[Input], result: CurieResult, warnings: Sequence[str]) -> Json:
    weak, model = result.weak, result.whole_fit.model
    return frame("curie", [input_block(item) for item in inputs], warnings) | {
        "convention": model.convention,
        "orientation": model.orientation,
        "curie": {
            "verdict": result.verdict,
            "curie_verdict": result.curie_verdict,
            "curie_fails": result.curie_fails,
            "curie_p_value": result.p_glass,
            "curie_p_with_allowances": result.p_glass_with_allowances,
            "remarks": list(result.remarks),
            "tolerance": weak.tolerance,
            "fitted_ats_curvature": result.curvature,
            "low_temperature_test": _low(result.low)
            | {"low_window_end_K": weak.low_end, "high_window_start_K": weak.high_start},
            "curie_constant_mass_spectrometry": None
            if result.curie_ms is None
            else _quantity(result.curie_ms),
            "fits": [_fit(item, len(weak.data)) for item in result.fits],
            "whole_model_status": result.whole_fit.assessment.status,
            "runs": [_run(item) for item in weak.runs],
        },
    }


def _low(test: LowTemperatureTest) -> Json:
    return {
        "nature": test.nature,
        "slope": {"value": test.slope, "error": test.slope_error, "unit": _CHI},
        "slope_error_scaled": test.slope_error_scaled,
        "expected_slope": test.expected,
        "curie_constant": {"value": test.curie_constant, "error": test.curie_error, "unit": _CURIE},
        "chi_larmor": {"value": test.chi_larmor, "error": test.chi_larmor_error, "unit": _CHI},
        "chi_larmor_source": test.chi_larmor_source,
        "statistic": test.statistic,
        "dof": list(test.dof),
        "p_value": test.p_value,
        "p_with_allowances": test.p_with_allowances,
    }


def _fit(item: WeakFit, points: int) -> Json:
    return {
        "name": item.name,
        "text": item.text,
        "chi2": item.chi2,
        "n_points": points,
        "n_free": item.n_free,
        "quantities": {name: _quantity(value) for name, value in item.quantities.items()},
        "correlation_of_c_and_g": item.correlation,
    }


def _quantity(item: Quantity) -> Json:
    return {"value": item.value, "error": item.error, "unit": item.unit}


def _run(item: WeakRun) -> Json:
    return run_block(item.run) | {
        "n_weak": 0 if item.used is None else len(item.used),
        "curie_curvature": item.curie,
        "ats_curvature": item.ats,
        "reason": item.reason,
    }


def curie_csv(inputs: Sequence[Input], result: CurieResult) -> str:
    """Susceptibility M/H of every weak point, what the three laws give, and T (chi + chi_L) with its window."""
    data, low, weak = result.weak.data, result.low, result.weak
    T, H = data.temperature, data.field
    whole, model = result.whole, result.whole_fit.model
    comments = [
        *provenance("curie", inputs),
        result.verdict,
        result.curie_verdict,
        f"chi_larmor_emu_per_g_Oe {low.chi_larmor!r} ({low.chi_larmor_source}) in T_times_chi_plus_chi_larmor",
        f"whole model: {model.convention} convention, {model.orientation}, {result.whole_fit.assessment.status}",
    ]
    header = (
        "file", "line", "run", "branch", "T_K", "H_Oe", "window", "chi_emu_per_g_Oe", "sigma_emu_per_g_Oe",
        "T_times_chi_plus_chi_larmor_emu_K_per_g_Oe", "chi_curie_law_emu_per_g_Oe", "chi_glass_law_emu_per_g_Oe",
        "chi_whole_model_emu_per_g_Oe", "chi_langevin_emu_per_g_Oe", "chi_ats_emu_per_g_Oe",
    )  # fmt: skip
    chi = data.magnetisation / H
    columns = (
        chi, data.sigma / abs(H), T * (chi + low.chi_larmor), result.naive.total / H, result.glass.total / H,
        whole.total / H, whole.langevin / H, whole.ats / H,
    )  # fmt: skip
    windows = [
        "low" if is_low else "high" if is_high else ""
        for is_low, is_high in zip(weak.low.tolist(), weak.high.tolist(), strict=True)
    ]
    points = zip(*(values.tolist() for values in columns), strict=True)
    rows = (
        (*key, t, h, window, *values)
        for key, t, h, window, values in zip(
            point_keys(data), T.tolist(), H.tolist(), windows, points, strict=True
        )
    )
    return csv_text(comments, header, rows)


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
