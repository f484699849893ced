"""The report of ``anomaly``: JSON block, CSV tables, terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import numpy as np
from rich.console import Console

from glasspara.analysis.fit.blocks import FitBlock
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, RunBlock
from glasspara.report.table import Sheet, point_columns
from glasspara.report.terminal import Column, show_assessment, show_table
from glasspara.wording import p_number

if TYPE_CHECKING:
    from glasspara.analysis.anomaly.departures import AnomalyResult
    from glasspara.analysis.anomaly.windows import TemperatureWindow


class WindowBlock(TypedDict):
    """F test of one window of temperature; null where it cannot be tested, or has no upper end."""

    low_K: Annotated[float, "window.low"]
    high_K: Annotated[float | None, lambda test: _end(test.window)]
    points: int
    f_ratio: Annotated[float, "statistic"]
    f_dof: Annotated[list[int], "dof"]
    p_value: float | None
    p_corrected: float | None


class ThermometerBlock(TypedDict):
    """The relative error of a thermometer that would explain most of a departure."""

    relative_error: Annotated[float, "value"]
    error: float
    p_beyond: float


class DeviationBlock(TypedDict):
    """Mean of data - model in the window, one run."""

    run: RunBlock
    points: int
    mean_deviation: Annotated[float, "mean"]
    error: float
    unit: Literal["emu/g"]
    sigma: Annotated[float, "sigmas"]


class DepartureBlock(TypedDict):
    """A window in which the data leave the model."""

    low_K: Annotated[float, "test.window.low"]
    high_K: Annotated[float | None, lambda item: _end(item.test.window)]
    sigma: Annotated[float, "sigmas"]
    side: Literal["above", "below", "off"]
    p_with_allowances: float | None
    established: bool
    thermometer: ThermometerBlock | None
    runs: Annotated[list[DeviationBlock], "deviations"]


class RestBlock(TypedDict):
    """The fit without the windows that the data leave the model in."""

    assessment: Annotated[AssessmentBlock, "rest_assessment"]
    chi2: Annotated[float, "rest.chi2"]
    ndof: Annotated[int, "rest.statistics.ndof"]
    parameters: Annotated[dict[str, float], "rest.reported"]


class AnomalyBlock(TypedDict):
    """Where in temperature the data leave the fitted model."""

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    found: Annotated[bool, lambda result: bool(result.departures)]
    established: bool
    windows_tried: Annotated[int, "findings.tried"]
    independent_trials: Annotated[float, "findings.trials"]
    windows: Annotated[list[WindowBlock], "tests"]
    departures: list[DepartureBlock]
    without_departures: Annotated[RestBlock, ""]
    fit: FitBlock


def _end(window: TemperatureWindow) -> float | None:
    return window.high if np.isfinite(window.high) else None


def _windows(result: AnomalyResult) -> Sheet:
    """One row a window; of those in which the data leave the model, one row a run."""
    about = (
        "p_corrected: chance of one such among all windows; sigma: that of a Gaussian for it",
        "deviation: mean of data - model in the window, the model fitted without all windows that leave it",
    )
    return Sheet(_rows(result), about)


def _rows(result: AnomalyResult) -> Iterator[dict[str, object]]:
    departures = {item.test.window: item for item in result.departures}
    for row, test in zip(result.table(), result.tests, strict=True):
        found = departures.get(test.window)
        for one in (None,) if found is None else found.deviations:
            yield {
                **row,
                "p_with_allowances": found and found.p_with_allowances,
                "thermometer_relative_error": found and found.thermometer and found.thermometer.value,
                "run": one and one.run.label,
                "file": one and one.run.run.file,
                "deviation_emu_per_g": one and one.mean,
                "deviation_error_emu_per_g": one and one.error,
                "deviation_sigma": one and one.sigmas,
            }


def _points(result: AnomalyResult) -> Sheet:
    """Every point with its residual from the model fitted without the windows that leave it."""
    data = result.data
    columns = {
        **point_columns(data),
        "T_K": data.temperature,
        "H_Oe": data.field,
        "M_emu_per_g": data.magnetisation,
        "sigma_emu_per_g": data.sigma,
        "residual_emu_per_g": result.residuals,
        "fitted": result.fitted.astype(int),
    }
    return Sheet(columns, ["residual: data - model; fitted: 0 where the model was not fitted to the point"])


def show_anomaly(result: AnomalyResult, out: Console) -> None:
    departures = {item.test.window: item for item in result.departures}
    rows = []
    for test in result.tests:
        found = departures.get(test.window)
        chances = ["cannot be tested", ""]
        if test.p_value is not None and test.p_corrected is not None:
            chances = [p_number(test.p_value), p_number(test.p_corrected)]
        beyond = ["", ""]
        if found is not None:
            runs = ", ".join(f"{item.run.label}: {item.sigmas:+.1f}" for item in found.deviations)
            beyond = [f"{found.sigmas:.1f}", runs]
        rows.append([test.window.label, str(test.points), f"{test.statistic:.2f}", *chances, *beyond])
    numbers = (Column(name, "number") for name in ("points", "F", "p", "p corrected", "sigma"))
    left = [n for n, test in enumerate(result.tests) if test.window in departures]
    show_table(("window", *numbers, Column("data - model, by run (sigma)", "text")), rows, out, bold=left)
    show_assessment(result.assessment, out, result.notes)


REPORT = Report(
    "anomaly",
    AnomalyBlock,
    show_anomaly,
    tables={"anomaly.csv": _windows, "anomaly_points.csv": _points},
    figures={"anomaly": "anomaly_figure"},
    taken=lambda anomaly: {"windows": sorted({test.window.low for test in anomaly.tests} - {0.0})},
)
