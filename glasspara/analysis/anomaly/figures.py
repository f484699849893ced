"""The figure of the windows of temperature: residuals over temperature, and the chance of each window."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasspara.analysis.anomaly.departures import AnomalyResult
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.report.panels import (
    by_set_point,
    draw_level,
    draw_points,
    finish_residuals,
    frame,
    overview_handles,
    plain_log_abscissa,
    run_styles,
)
from glasspara.report.style import BLUE, GREY, VERMILLION, paper_style, synthetic_mark, wrapped

_LEAST = 1.0e-40  # probabilities below are drawn there
_SHADE = "#F6D9C8"


@paper_style()
def anomaly_figure(result: AnomalyResult) -> Figure:
    """Data - model in standard errors over temperature, the windows that leave the model shaded; below, each window's
    probability, corrected for their number.

    The model is that fitted without the shaded windows.
    """
    data = result.data
    order = by_set_point(data.runs)
    runs = [data.runs[i] for i in order]
    styles = run_styles(runs)
    figure, (above, below) = frame(
        result.assessment.headline.text,
        wrapped(result.assessment.reasons[0].text),
        synthetic_mark(runs),
        trusted=result.assessment.trusted and not result.departures,
        panels=(2.0, 1.2),
        handles=overview_handles(styles),
        beside=f"{ALPHA:g}",
    )
    pulls = result.residuals / data.sigma
    for index, run, style in zip(order, runs, styles, strict=True):
        draw_points(above, run, style, (run.temperature, pulls[data.slices[index]]), size=0.8)
    finish_residuals(above, pulls, "data − model")
    plain_log_abscissa(above)
    low, high = 0.95 * float(data.temperature.min()), 1.05 * float(data.temperature.max())
    for item in result.departures:
        window = item.test.window
        for axes in (above, below):
            axes.axvspan(
                max(window.low, low), min(window.high, high), color=_SHADE, linewidth=0.0, zorder=0.1
            )
    _draw_chances(below, result, low, high)
    below.set_xlim(low, high)
    below.set_xlabel(r"$T$ (K)")
    return figure


def _draw_chances(axes: Axes, result: AnomalyResult, low: float, high: float) -> None:
    found = {item.test.window for item in result.departures}
    least = 1.0
    for test in result.tests:
        if test.p_corrected is None:
            continue
        chance = max(test.p_corrected, _LEAST)
        least = min(least, chance)
        ends = [max(test.window.low, low), min(test.window.high, high)]
        colour = VERMILLION if test.window in found else BLUE
        axes.plot(ends, [chance, chance], color=colour, linewidth=4.0, solid_capstyle="butt", zorder=2.0)
        if np.isfinite(test.window.high):
            for panel in axes.figure.axes:
                panel.axvline(test.window.high, color=GREY, linewidth=0.6, linestyle=":", zorder=0.5)
    draw_level(axes, ALPHA, f"{ALPHA:g}")
    axes.set_yscale("log")
    axes.set_ylim(0.3 * min(least, 1.0e-2), 2.0)
    axes.set_ylabel("probability,\ncorrected (1)")
