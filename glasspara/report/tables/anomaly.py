"""Tables of ``anomaly``: the windows, and the points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glasspara.report.tables.table import csv_text, point_keys, provenance

if TYPE_CHECKING:
    from glasspara.analysis.anomaly import AnomalyResult
    from glasspara.loading import Input


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
