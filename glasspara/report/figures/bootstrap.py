"""The figure of a bootstrap: how the replicates scatter, against what the curvature at the minimum says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from glasspara.fitting.result import Bootstrap, FitResult, Spread
from glasspara.report.figures.panels import draw_header, draw_legend
from glasspara.report.figures.style import BLACK, BLUE, PAD, VERMILLION, WIDTH, paper_style
from glasspara.report.figures.text import (
    LINE,
    elide,
    fit_details,
    fit_verdict,
    raised,
    scaled_unit,
    synthetic_mark,
)

FloatArray = npt.NDArray[np.float64]

_COLUMNS = 2
_ROW = 2.1  # inch
_FAINT = "#B8D4E8"
_FILL = "#DDDDDD"


@paper_style()
def bootstrap_figure(result: FitResult, *, synthetic: bool = False) -> Figure:
    """A histogram of each free parameter over its intervals, with the value and the error of the fit.

    ``synthetic`` marks the figure so whatever the files are called.

    Raises
    ------
    ValueError
        For a fit without a bootstrap.
    """
    done = result.bootstrap
    if done is None:
        raise ValueError("the fit has no bootstrap")
    rows = -(-len(done.names) // _COLUMNS)
    details = f"{_what(done)}\n{fit_details(result, result.data.runs)}"
    figure = Figure(figsize=(WIDTH, _ROW * rows + 0.25 * (4 + details.count("\n"))))
    figure.set_layout_engine("constrained", w_pad=PAD, h_pad=PAD)
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel().tolist()
    mark = synthetic_mark(result.data.runs, synthetic=synthetic)
    draw_header(figure, fit_verdict(result), details, mark, trusted=result.assessment.trusted)
    for name, axes, values in zip(done.names, panels, done.samples.T, strict=False):
        good = values[np.isfinite(values)]
        _draw(axes, name, good, done.parameters[name], result.parameters[name].error)
    for axes in panels[len(done.names) :]:
        axes.set_axis_off()
    handles = [
        Line2D([], [], color=BLACK, label="fit"),
        Line2D([], [], color=VERMILLION, linestyle="--", label="error of the fit"),
        Patch(facecolor=_FAINT, edgecolor=BLUE, label="replicates"),
        Patch(facecolor=_FILL, label="68 % interval"),
        Line2D([], [], color=BLUE, linestyle=":", label="95 % interval"),
    ]
    draw_legend(figure, handles, 3)
    return figure


def _what(done: Bootstrap) -> str:
    p = "" if done.p_value is None else f", p(χ²) = {done.p_value:.2g}"
    return elide(f"{len(done.samples)} {done.kind} bootstrap replicates, seed {done.seed}{p}", LINE)


def _draw(axes: Axes, name: str, values: FloatArray, spread: Spread, error: float | None) -> None:
    factor, unit = scaled_unit(np.array([spread.value]) if spread.value else values, raised(spread.unit))
    counts, edges, _ = axes.hist(
        factor * values, bins=_bins(values), color=_FAINT, edgecolor=BLUE, linewidth=0.8, zorder=1.0
    )
    low, high = (factor * end for end in spread.interval_68)
    axes.axvspan(low, high, color=_FILL, zorder=0.0, linewidth=0.0)
    for end in spread.interval_95:
        axes.axvline(factor * end, color=BLUE, linestyle=":", zorder=2.0)
    axes.axvline(factor * spread.value, color=BLACK, zorder=3.0)
    if error:
        x = np.linspace(edges[0], edges[-1], 200)
        width = edges[1] - edges[0]
        density = np.exp(-0.5 * ((x - factor * spread.value) / (factor * error)) ** 2)
        scale = float(np.sum(counts)) * width / (np.sqrt(2.0 * np.pi) * factor * error)
        axes.plot(x, scale * density, color=VERMILLION, linestyle="--", zorder=2.5)
    axes.set_xlabel(f"{name} ({unit})" if unit != "1" else name)
    axes.set_yticks([])
    axes.locator_params(axis="x", nbins=4)


def _bins(values: FloatArray) -> int:
    """Number of bins: as many as the square root of the number, within reason."""
    return int(np.clip(np.sqrt(len(values)), 5, 40)) if np.ptp(values) > 0.0 else 1
