"""The JSON report of ``anomaly``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.analysis.fit.report import fit_block
from glasspara.report.frame import Json, frame, input_block, run_block
from glasspara.report.table import csv_text, point_keys, provenance
from glasspara.report.terminal import show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.anomaly.departures import AnomalyResult, Departure
    from glasspara.analysis.anomaly.windows import TemperatureWindow, WindowTest
    from glasspara.data.loading import Input


def anomaly_document(inputs: Sequence[Input], result: AnomalyResult, warnings: Sequence[str]) -> Json:
    assessment = result.assessment
    return frame("anomaly", [input_block(item) for item in inputs], warnings) | {
        "anomaly": {
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "found": bool(result.departures),
            "established": result.established,
            "trusted": result.trusted,
            "windows_tried": result.findings.tried,
            "independent_trials": result.findings.trials,
            "windows": [_test(item) for item in result.tests],
            "departures": [_departure(item) for item in result.departures],
            "without_departures": {
                "assessment": {"status": assessment.status, "reasons": list(assessment.reasons)},
                "chi2": result.rest.chi2,
                "ndof": result.rest.statistics.ndof,
                "parameters": dict(result.rest.reported),
            },
            "fit": fit_block(result.fit),
        }
    }


def _bounds(window: TemperatureWindow) -> Json:
    return {"low_K": window.low, "high_K": window.high}


def _test(item: WindowTest) -> Json:
    return _bounds(item.window) | {
        "points": item.points,
        "f_ratio": item.statistic,
        "f_dof": list(item.dof),
        "p_value": item.p_value,
        "p_corrected": item.p_corrected,
    }


def _departure(item: Departure) -> Json:
    shift = item.thermometer
    return _bounds(item.test.window) | {
        "sigma": item.sigmas,
        "side": item.side,
        "p_with_allowances": item.p_with_allowances,
        "established": item.established,
        "thermometer": None
        if shift is None
        else {"relative_error": shift.value, "error": shift.error, "p_beyond": shift.p_beyond},
        "runs": [
            {
                "run": run_block(one.run),
                "points": one.points,
                "mean_deviation": one.mean,
                "error": one.error,
                "unit": "emu/g",
                "sigma": one.sigmas,
            }
            for one in item.deviations
        ],
    }


def windows_csv(inputs: Sequence[Input], result: AnomalyResult) -> str:
    """One row a window; of those in which the data leave the model, one row a run."""
    comments = [
        *provenance("anomaly", inputs),
        result.verdict,
        "p_corrected: chance of one such among all windows; sigma: that of a Gaussian for it",
        "deviation: mean of data - model in the window, the model fitted without all windows that leave it",
    ]
    departures = {item.test.window: item for item in result.departures}
    rows: list[Sequence[object]] = []
    for test in result.tests:
        window, found = test.window, departures.get(test.window)
        high = window.high if np.isfinite(window.high) else None
        common = (window.low, high, test.points, test.statistic, *test.dof, test.p_value, test.p_corrected)
        if found is None:
            rows.append((*common, 0, *(None,) * 8))
            continue
        shift = found.thermometer
        details = (1, found.sigmas, found.p_with_allowances, None if shift is None else shift.value)
        rows += [
            (*common, *details, one.run.label, one.run.run.file, one.mean, one.error, one.sigmas)
            for one in found.deviations
        ]
    header = (
        "T_low_K", "T_high_K", "points", "f_ratio", "dof", "dof_noise", "p_value", "p_corrected", "found", "sigma",
        "p_with_allowances", "thermometer_relative_error", "run", "file", "deviation_emu_per_g",
        "deviation_error_emu_per_g", "deviation_sigma",
    )  # fmt: skip
    return csv_text(comments, header, rows)


def points_csv(inputs: Sequence[Input], result: AnomalyResult) -> str:
    """Every point with its residual from the model fitted without the windows that leave it."""
    data = result.data
    comments = [
        *provenance("anomaly", inputs),
        result.verdict,
        "residual: data - model; fitted: 0 where the model was not fitted to the point",
    ]
    header = (
        "file", "line", "run", "branch", "T_K", "H_Oe", "M_emu_per_g", "sigma_emu_per_g", "residual_emu_per_g",
        "fitted",
    )  # fmt: skip
    columns = (
        data.temperature,
        data.field,
        data.magnetisation,
        data.sigma,
        result.residuals,
        result.fitted.astype(int),
    )
    points = zip(*(values.tolist() for values in columns), strict=True)
    rows = ((*key, *values) for key, values in zip(point_keys(data), points, strict=True))
    return csv_text(comments, header, rows)


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
