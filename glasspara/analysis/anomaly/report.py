"""The report of ``anomaly``: JSON block, CSV tables, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import numpy as np
from rich.console import Console

from glasspara.analysis.fit.blocks import FitBlock
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, RunBlock
from glasspara.report.table import columns_text, csv_text, point_columns, provenance
from glasspara.report.terminal import Column, show_assessment, show_inputs, show_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasspara.analysis.anomaly.departures import AnomalyResult
    from glasspara.analysis.anomaly.windows import TemperatureWindow
    from glasspara.data.loading import Input

WINDOWS, POINTS, FIGURE = "anomaly.csv", "anomaly_points.csv", "anomaly"


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


class AnomalyDocument(TypedDict):
    """What ``anomaly`` adds to the frame."""

    anomaly: Annotated[AnomalyBlock, ""]


def _end(window: TemperatureWindow) -> float | None:
    return window.high if np.isfinite(window.high) else None


def _tables(inputs: Sequence[Input], result: AnomalyResult) -> dict[str, str]:
    return {WINDOWS: windows_csv(inputs, result), POINTS: points_csv(inputs, result)}


def _comments(inputs: Sequence[Input], result: AnomalyResult) -> list[str]:
    return [*provenance("anomaly", inputs), *(reason.text for reason in result.assessment.reasons)]


def windows_csv(inputs: Sequence[Input], result: AnomalyResult) -> str:
    """One row a window; of those in which the data leave the model, one row a run."""
    comments = [
        *_comments(inputs, result),
        "p_corrected: chance of one such among all windows; sigma: that of a Gaussian for it",
        "deviation: mean of data - model in the window, the model fitted without all windows that leave it",
    ]
    departures = {item.test.window: item for item in result.departures}
    rows: list[Sequence[object]] = []
    for test in result.tests:
        window, found = test.window, departures.get(test.window)
        common = (
            window.low,
            _end(window),
            test.points,
            test.statistic,
            *test.dof,
            test.p_value,
            test.p_corrected,
        )
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
    about = "residual: data - model; fitted: 0 where the model was not fitted to the point"
    columns = {
        **point_columns(data),
        "T_K": data.temperature,
        "H_Oe": data.field,
        "M_emu_per_g": data.magnetisation,
        "sigma_emu_per_g": data.sigma,
        "residual_emu_per_g": result.residuals,
        "fitted": result.fitted.astype(int),
    }
    return columns_text([*_comments(inputs, result), about], columns)


def show_anomaly(inputs: Sequence[Input], result: AnomalyResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    departures = {item.test.window: item for item in result.departures}
    rows = []
    for test in result.tests:
        found = departures.get(test.window)
        chances = ["cannot be tested", ""]
        if test.p_value is not None and test.p_corrected is not None:
            chances = [f"{test.p_value:.2g}", f"{test.p_corrected:.2g}"]
        beyond = ["", ""]
        if found is not None:
            runs = ", ".join(f"{item.run.label}: {item.sigmas:+.1f}" for item in found.deviations)
            beyond = [f"{found.sigmas:.1f}", runs]
        rows.append([test.window.label, str(test.points), f"{test.statistic:.2f}", *chances, *beyond])
    numbers = (Column(name, "number") for name in ("points", "F", "p", "p corrected", "sigma"))
    left = [n for n, test in enumerate(result.tests) if test.window in departures]
    show_table(("window", *numbers, Column("data - model, by run (sigma)", "text")), rows, out, bold=left)
    show_assessment(result.assessment, out, result.notes)


def _draw(result: AnomalyResult) -> dict[str, Figure]:
    from glasspara.analysis.anomaly.figures import anomaly_figure

    return {FIGURE: anomaly_figure(result)}


REPORT = Report(
    "anomaly",
    AnomalyDocument,
    _tables,
    show_anomaly,
    files=("anomaly.json", WINDOWS, POINTS),
    figures=(FIGURE,),
    draw=_draw,
    taken=lambda anomaly: {"windows": sorted({test.window.low for test in anomaly.tests} - {0.0})},
)
