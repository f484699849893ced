"""The report of ``anomaly``: JSON block, CSV tables, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

import numpy as np
from rich.console import Console
from rich.table import Table

from glasspara.analysis.fit.report import FitBlock, fit_block
from glasspara.findings import AssessmentBlock, FindingBlock, blocks
from glasspara.report.frame import Report, RunBlock, run_block
from glasspara.report.table import csv_text, point_keys, provenance
from glasspara.report.terminal import show_assessment, show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.anomaly.departures import AnomalyResult, Departure
    from glasspara.analysis.anomaly.windows import WindowTest
    from glasspara.data.loading import Input

WINDOWS, POINTS, FIGURE = "anomaly.csv", "anomaly_points.csv", "anomaly.png"


class WindowBlock(TypedDict):
    """F test of one window of temperature; null where it cannot be tested, or has no upper end."""

    low_K: float
    high_K: float | None
    points: int
    f_ratio: float
    f_dof: list[int]
    p_value: float | None
    p_corrected: float | None


class ThermometerBlock(TypedDict):
    """The relative error of a thermometer that would explain most of a departure."""

    relative_error: float
    error: float
    p_beyond: float


class DeviationBlock(TypedDict):
    """Mean of data - model in the window, one run."""

    run: RunBlock
    points: int
    mean_deviation: float
    error: float
    unit: str
    sigma: float


class DepartureBlock(TypedDict):
    """A window in which the data leave the model."""

    low_K: float
    high_K: float | None
    sigma: float
    side: Literal["above", "below", "off"]
    p_with_allowances: float | None
    established: bool
    thermometer: ThermometerBlock | None
    runs: list[DeviationBlock]


class RestBlock(TypedDict):
    """The fit without the windows that the data leave the model in."""

    assessment: AssessmentBlock
    chi2: float
    ndof: int
    parameters: dict[str, float]


class AnomalyBlock(TypedDict):
    """Where in temperature the data leave the fitted model."""

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    found: bool
    established: bool
    windows_tried: int
    independent_trials: float
    windows: list[WindowBlock]
    departures: list[DepartureBlock]
    without_departures: RestBlock
    fit: FitBlock


class AnomalyDocument(TypedDict):
    """What ``anomaly`` adds to the frame."""

    anomaly: AnomalyBlock


def anomaly_document(result: AnomalyResult) -> AnomalyDocument:
    return {
        "anomaly": {
            "assessment": result.assessment.block,
            "notes": blocks(result.notes),
            "found": bool(result.departures),
            "established": result.established,
            "windows_tried": result.findings.tried,
            "independent_trials": result.findings.trials,
            "windows": [_test(item) for item in result.tests],
            "departures": [_departure(item) for item in result.departures],
            "without_departures": {
                "assessment": result.rest_assessment.block,
                "chi2": result.rest.chi2,
                "ndof": result.rest.statistics.ndof,
                "parameters": dict(result.rest.reported),
            },
            "fit": fit_block(result.fit),
        }
    }


def _test(item: WindowTest) -> WindowBlock:
    return {
        "low_K": item.window.low,
        "high_K": item.window.high if np.isfinite(item.window.high) else None,
        "points": item.points,
        "f_ratio": item.statistic,
        "f_dof": list(item.dof),
        "p_value": item.p_value,
        "p_corrected": item.p_corrected,
    }


def _departure(item: Departure) -> DepartureBlock:
    shift, window = item.thermometer, item.test.window
    return {
        "low_K": window.low,
        "high_K": window.high if np.isfinite(window.high) else None,
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


def _tables(inputs: Sequence[Input], result: AnomalyResult) -> dict[str, str]:
    return {WINDOWS: windows_csv(inputs, result), POINTS: points_csv(inputs, result)}


def windows_csv(inputs: Sequence[Input], result: AnomalyResult) -> str:
    """One row a window; of those in which the data leave the model, one row a run."""
    comments = [
        *provenance("anomaly", inputs),
        *(reason.text for reason in result.assessment.reasons),
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
        *(reason.text for reason in result.assessment.reasons),
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
    show_assessment(result.assessment, out, result.notes)


def _by_run(found: Departure) -> str:
    return ", ".join(f"{item.run.label}: {item.sigmas:+.1f}" for item in found.deviations)


REPORT = Report(
    "anomaly", anomaly_document, _tables, show_anomaly, files=("anomaly.json", WINDOWS, POINTS, FIGURE)
)
