"""The figures of the Larmor + Langevin fits run by run: n, Delta n and chi_L against H or T, as Fig. 7."""

from __future__ import annotations

from math import floor, log10

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.typing import FillStyleType

from glasspara.analysis.series.single_runs import KindOfRuns, Measured, SeriesResult
from glasspara.report.panels import frame, plain_log_abscissa
from glasspara.report.style import (
    BLUE,
    GREEN,
    GREY,
    VERMILLION,
    paper_style,
    power_of_ten,
    synthetic_mark,
    wrapped,
)

_LABELS = {"fe3": "Fe³⁺ only", "fe2": "Fe²⁺ only", "both": "both, n ≥ 0"}
_STYLES: dict[str, tuple[str, str, FillStyleType]] = {
    "fe3": (BLUE, "o", "full"),
    "fe2": (VERMILLION, "s", "full"),
    "both": (GREEN, "D", "none"),
}
_BAND = "#BBBBBB"


def series_figure_of_fields(result: SeriesResult) -> Figure | None:
    """That of the runs at fixed fields, None without such."""
    return next((series_figure(result, kind) for kind in result.kinds if kind.against == "H"), None)


def series_figure_of_temperatures(result: SeriesResult) -> Figure | None:
    """That of the runs at fixed temperatures, None without such."""
    return next((series_figure(result, kind) for kind in result.kinds if kind.against == "T"), None)


@paper_style()
def series_figure(result: SeriesResult, kind: KindOfRuns) -> Figure:
    """Concentration, its excess over mass spectrometry, and chi_larmor of the runs of one kind."""
    handles = [
        Line2D(
            [],
            [],
            color=colour,
            marker=marker,
            fillstyle=filling,
            linestyle="-",
            linewidth=1.0,
            label=_LABELS[key],
        )
        for key, (colour, marker, filling) in _STYLES.items()
    ]
    if result.n_ms is not None:
        handles.append(Patch(color=_BAND, label="mass spectrometry"))  # type: ignore[arg-type]
    weighted = result.weights == "sigma"
    details = f"{kind.assessment.reasons[0].text}. Larmor + Langevin fits run by run; " + (
        "points weighted by their errors, error bars by these"
        if weighted
        else "points of equal weight, error bars by the scatter about the fit"
    )
    panels = [2.0, 1.3, 1.3] if result.n_ms is not None else [2.0, 1.3]
    figure, axes = frame(
        kind.assessment.headline.text,
        wrapped(details),
        synthetic_mark([row.run for row in kind.rows]),
        trusted=kind.drifting is not True,
        panels=panels,
        handles=handles,
    )
    unit = 1.0e-3 if kind.against == "H" else 1.0
    x = unit * np.array([row.run.run.nominal for row in kind.rows])
    largest = max(abs(row.n_fe(key).value) for row in kind.rows for key in _STYLES)
    exponent = floor(log10(largest)) if largest > 0.0 else 0
    factor, density = 10.0**-exponent, f"{power_of_ten(exponent)} g⁻¹"
    masses = np.array([row.run.mass_mg for row in kind.rows])
    samples = [np.flatnonzero(masses == mass) for mass in dict.fromkeys(masses.tolist())]  # a line each
    for key in _STYLES:
        _draw(axes[0], x, [row.n_fe(key) for row in kind.rows], factor, key, samples)
        _draw(axes[-1], x, [row.chi_larmor(key) for row in kind.rows], 1.0e7, key, samples)
    axes[0].set_ylabel(f"$n$ ({density})")
    axes[-1].set_ylabel("$\\chi_\\mathrm{L}$ (10⁻⁷\nemu/(g Oe))")
    if result.n_ms is not None:
        value, error = factor * result.n_ms.value, factor * (result.n_ms.error or 0.0)
        axes[0].axhline(value, color=_BAND, linewidth=2.0, zorder=0.0)
        axes[0].axhspan(value - error, value + error, color=_BAND, linewidth=0.0, zorder=0.0)
        axes[1].axhspan(-error, error, color=_BAND, linewidth=0.0, zorder=0.0)
        axes[1].axhline(0.0, color=GREY, linewidth=1.0, zorder=1.0)
        excess = [item for row in kind.rows if (item := result.excess(row, "fe2")) is not None]
        _draw(axes[1], x, excess, factor, "fe2", samples)
        axes[1].set_ylabel(f"$\\Delta n$, Fe²⁺ only\n({density})")
    if x.min() > 0.0 and x.max() > 8.0 * x.min():
        plain_log_abscissa(axes[-1])
    axes[-1].set_xlabel("$H$ (kOe)" if kind.against == "H" else "$T$ (K)")
    return figure


def _draw(
    axes: Axes, x: np.ndarray, items: list[Measured], factor: float, key: str, samples: list[np.ndarray]
) -> None:
    colour, marker, filling = _STYLES[key]
    values = np.array([factor * item.value for item in items])
    errors = np.array([factor * (item.error or 0.0) for item in items])
    for rows in samples:
        axes.errorbar(
            x[rows],
            values[rows],
            yerr=errors[rows],
            color=colour,
            marker=marker,
            fillstyle=filling,
            linewidth=1.0,
            capsize=2.0,
            zorder=3.0 if key == "both" else 2.0,
        )
