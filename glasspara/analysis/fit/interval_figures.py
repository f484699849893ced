"""Figures of intervals: the profile of chi2 along one parameter, the regions of two."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from glasspara.analysis.fit.report import contour_stem, profile_stem
from glasspara.arrays import FloatArray
from glasspara.fitting.intervals.regions import Contour, ContourLine, ProfileCurve
from glasspara.fitting.result import Bootstrap, FitResult, Quantity, Spread
from glasspara.report.layout import Rows
from glasspara.report.panels import draw_header, draw_legend, draw_level, frame, plain_numbers
from glasspara.report.style import (
    BLACK,
    BLUE,
    GREY,
    LINE,
    VERMILLION,
    WIDTH,
    elide,
    fit_details,
    fit_verdict,
    paper_style,
    scaled_unit,
    synthetic_mark,
    width,
)
from glasspara.wording import raised, two_errors, value_with_error

_LEVELS = {"68 %": 1.0, "95 %": 3.84}
# The parabola is drawn no higher than this share above the profile.
_HEADROOM = 1.1
# Beyond this factor a logarithmic axis has room for its decades alone.
_DECADES = 300.0
# Values that span a larger factor have a logarithmic axis.
_LONG = 10.0


def interval_figures(result: FitResult) -> Iterator[tuple[str, Figure]]:
    """Figures of the profiles and contours of a fit, each with the stem of a file name."""
    for curve in result.profiles:
        yield profile_stem(curve.name), profile_figure(result, curve)
    for contour in result.contours:
        yield contour_stem(contour.names), contour_figure(result, contour)


@paper_style()
def profile_figure(result: FitResult, curve: ProfileCurve) -> Figure:
    """The rise of chi2 along a parameter or combination, beside the parabola that its standard error stands for."""
    item = result.quantities[curve.name]
    handles = [Line2D([], [], color=BLUE, label="profile")]
    if item.error:
        handles.append(Line2D([], [], color=GREY, linestyle="--", label="parabola of the error"))
    figure, (axes,) = _frame(result, _interval_words(curve.name, item), handles)
    factor, unit = _unit(curve.values, item.unit)
    long = _is_long(curve.values, logarithmic=curve.logarithmic)
    axes.plot(factor * curve.values, curve.rises, color=BLUE, marker=".", zorder=3.0)
    top = _HEADROOM * max(float(curve.rises.max(initial=0.0)), 1.5)
    if item.error:
        spaced = np.geomspace if long else np.linspace
        fine = spaced(curve.values.min(), curve.values.max(), 400)
        axes.plot(
            factor * fine, ((fine - item.value) / item.error) ** 2, color=GREY, linestyle="--", zorder=2.0
        )
    for label, level in _LEVELS.items():
        if level < top:
            draw_level(axes, level, label)
    if item.minos is not None:
        low, high = (factor * (item.value + end) for end in _ends(item))
        axes.axvspan(low, high, color="#DDDDDD", zorder=0.0, linewidth=0.0)
    axes.axvline(factor * item.value, color=BLACK, linewidth=1.0, zorder=1.0)
    if long:
        axes.set_xscale("log")
        _tick(axes.xaxis)
    axes.set_ylim(0.0, top)
    axes.set_ylabel(r"$\chi^2-\chi^2_\mathrm{min}$ (1)")
    axes.set_xlabel(f"{curve.name} ({unit})")
    return figure


@paper_style()
def contour_figure(result: FitResult, contour: Contour) -> Figure:
    """The 68 % and 95 % regions of two parameters, beside the ellipses of their covariance."""
    items = [result.parameters[name] for name in contour.names]
    colours = dict(zip([line.probability for line in contour.lines], (BLUE, VERMILLION), strict=True))
    handles = [Line2D([], [], color=colours[p], label=f"{100.0 * p:.0f} % region") for p in colours]
    ellipses = _ellipses(result, contour)
    if ellipses:
        handles.append(Line2D([], [], color=GREY, linestyle="--", label="ellipses of the errors"))
    if not all(line.closed for line in contour.lines):
        handles.append(Line2D([], [], color=BLACK, linestyle=":", label="limit, or open"))
    words = [statement.text for statement in contour.statements] or ["both regions are closed"]
    figure, (axes,) = _frame(result, "\n".join(words), handles)
    every = np.concatenate([line.points for line in contour.lines])
    factors, units = zip(
        *(_unit(every[:, index], item.unit) for index, item in enumerate(items)), strict=True
    )
    scales = np.array(factors)
    long = [
        _is_long(values, logarithmic=known)
        for values, known in zip(every.T, contour.logarithmic, strict=True)
    ]
    axes.set_xscale("log" if long[0] else "linear")
    axes.set_yscale("log" if long[1] else "linear")
    for line in contour.lines:
        _draw(axes, line, scales, colours[line.probability])
    limits = axes.get_xlim(), axes.get_ylim()
    for ellipse in ellipses:
        axes.plot(*(scales[:, None] * ellipse), color=GREY, linestyle="--", zorder=2.0)
    axes.plot(*(scales * [item.value for item in items]), color=BLACK, marker="+", markersize=12.0)
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    for axis, logarithmic in zip((axes.xaxis, axes.yaxis), long, strict=True):
        if logarithmic:
            _tick(axis)
    axes.set_xlabel(f"{items[0].name} ({units[0]})")
    axes.set_ylabel(f"{items[1].name} ({units[1]})")
    return figure


def _frame(result: FitResult, words: str, handles: list[Line2D]) -> tuple[Figure, list[Axes]]:
    runs = result.data.runs
    lines = [elide(line, LINE) for line in words.split("\n")]
    return frame(
        fit_verdict(result),
        "\n".join([*lines, fit_details(result, runs)]),
        synthetic_mark(runs),
        trusted=result.assessment.trusted,
        panels=(2.6,),
        handles=handles,
        beside=max(_LEVELS, key=len),
    )


def _interval_words(name: str, item: Quantity) -> str:
    first = f"{name} = {value_with_error(item.value, item.error)} {raised(item.unit)}"
    if item.minos is None:
        return first
    lines = [first, f"minos {two_errors(item.minos.lower, item.minos.upper)}"]
    return "\n".join([*lines, *item.minos.open_ends])


def _ends(item: Quantity) -> tuple[float, float]:
    """Ends of the interval relative to the value; the value itself where there is none."""
    assert item.minos is not None
    return -(item.minos.lower or 0.0), item.minos.upper or 0.0


def _draw(axes: Axes, line: ContourLine, scales: FloatArray, colour: str) -> None:
    """A closed polygon; sides that do not join points on the line are dotted."""
    points, found = line.points * scales, line.found
    following = np.roll(points, -1, axis=0)
    for solid, style in ((found & np.roll(found, -1), "-"), (~(found & np.roll(found, -1)), ":")):
        sides = np.stack([points, following, np.full_like(points, np.nan)], axis=1)[solid]
        axes.plot(*sides.reshape(-1, 2).T, color=colour, linestyle=style, zorder=3.0)


def _ellipses(result: FitResult, contour: Contour) -> list[FloatArray]:
    """The lines as the covariance has them, each of shape (2, n); none where a parameter has no error."""
    items = [result.parameters[name] for name in contour.names]
    errors = [item.error for item in items]
    if not all(errors):
        return []
    index = [result.correlation_names.index(name) for name in contour.names]
    correlation = float(result.correlation[index[0], index[1]])
    angle = np.linspace(0.0, 2.0 * np.pi, 200)
    circle = np.array(
        [np.cos(angle), correlation * np.cos(angle) + np.sqrt(max(1.0 - correlation**2, 0.0)) * np.sin(angle)]
    )
    centre, size = np.array([[item.value] for item in items]), np.array([[error] for error in errors])
    return [centre + np.sqrt(line.rise) * size * circle for line in contour.lines]


def _tick(axis: Axis) -> None:
    """Plain numbers on a logarithmic axis; where it is long, decades are enough."""
    low, high = axis.get_view_interval()
    if high <= _DECADES * low:
        plain_numbers(axis)


def _is_long(values: FloatArray, *, logarithmic: bool) -> bool:
    """Whether an axis is better logarithmic."""
    return logarithmic and 0.0 < _LONG * float(values.min()) < float(values.max())


def _unit(values: FloatArray, unit: str) -> tuple[float, str]:
    """As :func:`scaled_unit`, exponents raised."""
    return scaled_unit(values, raised(unit))


_COLUMNS = 2
_ROW = 2.1  # inch
_FAINT = "#B8D4E8"
_FILL = "#DDDDDD"


@paper_style()
def bootstrap_figure(result: FitResult) -> Figure:
    """A histogram of each free parameter over its intervals, with the value and the error of the fit.

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
    height = _ROW * rows + 0.25 * (4 + details.count("\n"))
    figure = Figure(figsize=(WIDTH, height), layout=Rows([1.0] * rows, columns=_COLUMNS))
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel().tolist()
    mark = synthetic_mark(result.data.runs)
    draw_header(figure, fit_verdict(result), details, mark, trusted=result.assessment.trusted)
    for name, axes, values in zip(done.names, panels, done.samples.T, strict=False):
        good = values[np.isfinite(values)]
        _draw_figures(axes, name, good, done.parameters[name], result.parameters[name].error)
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


def _draw_figures(axes: Axes, name: str, values: FloatArray, spread: Spread, error: float | None) -> None:
    factor, unit = scaled_unit(np.array([spread.value]) if spread.value else values, raised(spread.unit))
    long = _is_long(values, logarithmic=True)
    spaced = np.geomspace if long else np.linspace
    edges = factor * (
        spaced(values.min(), values.max(), _bins(values) + 1)
        if np.ptp(values) > 0.0
        else values[0] + 0.5 * (error or abs(values[0]) or 1.0) * np.array([-1.0, 1.0])
    )
    axes.hist(factor * values, bins=edges.tolist(), color=_FAINT, edgecolor=BLUE, linewidth=0.8, zorder=1.0)
    low, high = (factor * end for end in spread.interval_68)
    axes.axvspan(low, high, color=_FILL, zorder=0.0, linewidth=0.0)
    for end in spread.interval_95:
        axes.axvline(factor * end, color=BLUE, linestyle=":", zorder=2.0)
    axes.axvline(factor * spread.value, color=BLACK, zorder=3.0)
    if error:
        x = spaced(edges[0], edges[-1], 200)
        step = x * np.log(edges[1] / edges[0]) if long else edges[1] - edges[0]  # a bin about x
        density = np.exp(-0.5 * ((x - factor * spread.value) / (factor * error)) ** 2)
        scale = len(values) * step / (np.sqrt(2.0 * np.pi) * factor * error)
        axes.plot(x, scale * density, color=VERMILLION, linestyle="--", zorder=2.5)
    if long:
        axes.set_xscale("log")
    label = f"{name} ({unit})"
    axes.set_xlabel(label if width(label) < LINE / _COLUMNS else f"{name}\n({unit})")
    axes.set_yticks([])
    if not long:
        axes.locator_params(axis="x", nbins=4)


def _bins(values: FloatArray) -> int:
    """Number of bins: as many as the square root of the number, within reason."""
    return int(np.clip(np.sqrt(len(values)), 5, 40)) if np.ptp(values) > 0.0 else 1
