"""Parts that the figures share: frame with header and legend, abscissae, points with branches, residual panel;
the model on a grid of its own, seen on every colour of the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, SymmetricalLogLocator
from matplotlib.typing import FillStyleType

from glasspara.arrays import BoolArray, FloatArray, distinct_values
from glasspara.data import ReducedRun
from glasspara.model.model import Model, Terms, evaluate
from glasspara.report.layout import HEADER, Rows
from glasspara.report.style import (
    BLACK,
    FILLS,
    FONT,
    GREY,
    LINE,
    MARKERS,
    ORANGE,
    PAD,
    VERMILLION,
    WIDTH,
    ordered_colours,
    run_labels,
    width,
)
from glasspara.report.terminal import lines_of

POINTS = "points"
"""gid of every artist that draws measured points, one marker a point."""

BARS = "bars"
"""gid of every line of error bars."""

_BOLD = 1.15  # how much wider bold letters are, at most

_LEGEND_HANDLE = 3.6 * FONT  # a marker with the gaps about it, pt

# What decides on logarithmic axes: ratios of the largest run to the smallest and of a signal to its noise; and
# for residuals, in standard errors, what nearly all of them lie within while the largest lies beyond.
_FAR_APART, _CLEAR = 8.0, 10.0
_BAND, _WILD = 10.0, 30.0

ABSCISSA_LABELS = {"fixed-field": "1/$T$ (K⁻¹)", "fixed-temperature": r"$H$ (kOe)"}


def abscissa(kind: str, T: FloatArray, H: FloatArray) -> FloatArray:
    """What a run of ``kind`` is drawn against: 1/T (1/K) of temperatures in K, or H (kOe) of fields in Oe."""
    return 1.0 / T if kind == "fixed-field" else 1.0e-3 * H


def frame(
    verdict: str,
    details: str,
    mark: str,
    *,
    trusted: bool,
    panels: Sequence[float],
    handles: Sequence[Line2D],
    beside: str = "",
) -> tuple[Figure, list[Axes]]:
    """Figure with header above, legend below, and panels of the given relative heights that share the abscissa.

    ``beside`` is the longest text to the right of the panels.
    """
    rows, columns = _legend_shape([str(handle.get_label()) for handle in handles])
    lines = len(_verdict_lines(verdict, mark)) + 1 + details.count("\n") + rows
    height = 4.0 + 0.25 * lines + 0.75 * len(panels)
    figure = Figure(figsize=(WIDTH, height), layout=Rows(panels, beside=beside))
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0].tolist()
    draw_header(figure, verdict, details, mark, trusted=trusted)
    axes[-1].locator_params(axis="x", nbins=6)
    draw_legend(figure, handles, columns)
    return figure, axes


def draw_header(figure: Figure, verdict: str, details: str, mark: str, *, trusted: bool) -> None:
    """Verdict and mark in the first line, details below."""
    left, right, top = PAD / WIDTH, 1.0 - PAD / WIDTH, 1.0 - PAD / figure.get_figheight()
    colour = BLACK if trusted else VERMILLION
    said = _verdict_lines(verdict, mark)
    # The first lines of the details are left to the verdict, which has a weight and colour of its own.
    lines: tuple[tuple[float, Literal["left", "right"], str, dict[str, Any]], ...] = (
        (left, "left", "\n".join(said), {"weight": "bold", "color": colour}),
        (right, "right", mark, {"style": "italic", "color": GREY}),
        (left, "left", "\n" * len(said) + details, {}),
    )
    for x, side, words, look in lines:
        figure.text(x, top, words, ha=side, va="top", parse_math=False, gid=HEADER, **look)


def _verdict_lines(verdict: str, mark: str) -> list[str]:
    """``verdict`` in lines that leave room for the mark."""
    return lines_of(verdict, (LINE - width(mark)) / _BOLD, shorten_paths=False, measure=width)


def draw_legend(figure: Figure, handles: Sequence[Artist], columns: int) -> None:
    """Legend below the panels; its labels are data, never mathtext."""
    if handles:
        place = (0.5, PAD / figure.get_figheight())
        legend = figure.legend(
            handles=list(handles), loc="lower center", bbox_to_anchor=place, borderaxespad=0.0, ncols=columns
        )
        for text in legend.get_texts():
            text.set_parse_math(False)


def _legend_shape(labels: Sequence[str]) -> tuple[int, int]:
    """Rows and columns of a legend that is no wider than the figure."""
    if not labels:
        return 0, 0
    widest = max(map(width, labels)) + _LEGEND_HANDLE
    rows = ceil(len(labels) / max(1, int(LINE / widest)))
    return rows, ceil(len(labels) / rows)


@dataclass(frozen=True)
class RunStyle:
    """How one run is drawn; its branches differ by the filling of the marker, ``fills`` by their labels."""

    label: str
    colour: str
    marker: str
    fills: dict[str, FillStyleType]


def by_set_point(runs: Sequence[ReducedRun], kind: str = "") -> list[int]:
    """Numbers of ``runs`` by kind and rising set point, or of those of one ``kind`` alone."""
    order = sorted(range(len(runs)), key=lambda i: (runs[i].run.kind, runs[i].run.nominal))
    return [i for i in order if not kind or runs[i].run.kind == kind]


def main_kind(runs: Sequence[ReducedRun]) -> str:
    """The kind that half of ``runs`` have at least."""
    fixed_field = sum(run.run.kind == "fixed-field" for run in runs)
    return "fixed-field" if 2 * fixed_field >= len(runs) else "fixed-temperature"


def run_styles(runs: Sequence[ReducedRun]) -> list[RunStyle]:
    """Styles in the order of ``runs``; colours in the order of the set points."""
    points = sorted({(run.run.unit, run.run.nominal) for run in runs})
    ranks = [points.index((run.run.unit, run.run.nominal)) for run in runs]
    colours, fills = ordered_colours(ranks), branch_fills(runs)
    return [
        RunStyle(label, colour, MARKERS[number % len(MARKERS)], fills)
        for number, (label, colour) in enumerate(zip(run_labels(runs), colours, strict=True))
    ]


def branch_fills(runs: Sequence[ReducedRun]) -> dict[str, FillStyleType]:
    """Filling of the markers by the branches' labels, over all runs of a figure."""
    labels = dict.fromkeys(label for run in runs for label, _ in branches(run))
    return {label: FILLS[number % len(FILLS)] for number, label in enumerate(labels)}


def branches(run: ReducedRun) -> Iterator[tuple[str, BoolArray]]:
    """Label and points of each branch of ``run`` that has points."""
    for number in distinct_values(run.run.branch):
        yield run.run.branch_labels[number], run.run.branch == number


def overview_handles(styles: Sequence[RunStyle]) -> list[Line2D]:
    """Legend entries of runs and of their branches."""
    return [*run_handles(styles), *branch_handles(styles[0].fills)]


def run_handles(styles: Sequence[RunStyle]) -> list[Line2D]:
    """Legend entries of the runs."""
    return [
        Line2D([], [], color=style.colour, marker=style.marker, linestyle="none", label=style.label)
        for style in styles
    ]


def branch_handles(fills: dict[str, FillStyleType]) -> list[Line2D]:
    """Legend entries of the branches, where there are several."""
    if len(fills) < 2:
        return []
    return [
        Line2D([], [], color=GREY, marker="o", linestyle="none", fillstyle=fill, label=label)
        for label, fill in fills.items()
    ]


def draw_points(
    axes: Axes,
    run: ReducedRun,
    style: RunStyle,
    values: tuple[FloatArray, FloatArray],
    *,
    errors: FloatArray | None = None,
    size: float = 1.0,
) -> None:
    """Points (abscissa, ordinate) of ``run``, a marker each, with error bars if there are errors."""
    for label, mask in branches(run):
        x, y = values[0][mask], values[1][mask]
        if errors is not None:
            # One broken line: error bars that are an object each are a third of what a figure costs.
            ends = np.stack([y - errors[mask], y + errors[mask], np.full(len(y), np.nan)], axis=1)
            bars = np.repeat(x, 3), ends.ravel()
            axes.plot(*bars, color=style.colour, linewidth=0.8, zorder=2.0, gid=BARS)
        axes.plot(
            x,
            y,
            linestyle="none",
            marker=style.marker,
            markersize=size * marker_size(len(run)),
            fillstyle=style.fills[label],
            color=style.colour,
            zorder=2.0,
            gid=POINTS,
        )


def marker_size(count: int) -> float:
    """Smaller markers for long runs, pt."""
    return 5.5 if count <= 40 else 4.5 if count <= 150 else 2.5


def finish_residuals(axes: Axes, pulls: FloatArray, label: str) -> None:
    """Zero line, the band of one standard error, and a scale on which a wild point does not hide the rest."""
    axes.axhspan(-1.0, 1.0, color="#DDDDDD", zorder=0.0, linewidth=0.0)
    axes.axhline(0.0, color=GREY, linewidth=1.0, zorder=1.0)
    axes.set_ylabel(f"{label}\n(units of σ)")
    axes.margins(y=0.1)
    sizes = np.abs(pulls[np.isfinite(pulls)])
    largest = float(sizes.max(initial=0.0))
    if _percentile(sizes, 90.0) < _BAND and largest > _WILD:
        axes.set_yscale("symlog", linthresh=_BAND, linscale=2.0)
        # Two decades only: the panel is too low for more.
        decades = np.array([_BAND, 10.0 ** floor(log10(largest))])
        axes.yaxis.set_major_locator(FixedLocator([*-decades, 0.0, *decades]))


def spread_scale(
    axes: Axes, runs: Sequence[ReducedRun], values: Sequence[FloatArray], noise: Sequence[float]
) -> None:
    """Logarithmic axes where the signals of ``runs`` differ so much in size that linear axes hide some.

    ``values`` and ``noise`` are the ordinates and their usual standard error, one item a run. With points at or
    below zero the ordinate is linear about zero, so that they too are drawn.
    """
    finite = [part[np.isfinite(part)] for part in values]
    sizes = [float(np.abs(part).max(initial=0.0)) for part in finite]
    clear = any(size > _CLEAR * error for size, error in zip(sizes, noise, strict=True))
    if not clear or max(sizes) <= _FAR_APART * min(sizes):
        return
    every = np.concatenate(finite)
    if float(every.min()) > 0.0:
        axes.set_yscale("log")
    else:
        low = _percentile(np.abs(every), 2.0)
        threshold = max(_decade_above(min(noise)), _decade_above(0.1 * low))
        axes.set_yscale("symlog", linthresh=threshold)
        locator = SymmetricalLogLocator(base=10.0, linthresh=threshold)
        locator.set_params(numticks=8)
        axes.yaxis.set_major_locator(locator)
    if runs[0].run.kind == "fixed-field":
        axes.set_xscale("log")


def draw_level(
    axes: Axes,
    level: float,
    label: str,
    *,
    colour: str = ORANGE,
    ink: str = ORANGE,
    linestyle: str = "-",
    zorder: float = 1.0,
) -> None:
    """A horizontal line with its label at the right, outside."""
    axes.axhline(level, color=colour, linewidth=1.0, linestyle=linestyle, zorder=zorder)
    axes.annotate(
        label, (1.0, level), (4.0, 0.0), xycoords=("axes fraction", "data"), textcoords="offset points", ha="left",
        va="center", color=ink,
    )  # fmt: skip


def plain_log_abscissa(axes: Axes) -> None:
    """Logarithmic abscissa with ticks at 1, 2, 5, 10, ..., written out."""
    axes.set_xscale("log")
    plain_numbers(axes.xaxis)


def plain_numbers(axis: Axis) -> None:
    """1, 2 and 5 of each decade of a logarithmic axis, as they are: powers of ten would run into each other."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def ratio_scale(axes: Axes, ratios: FloatArray) -> None:
    """Logarithmic abscissa, linear near zero if some points lie at zero or far below the others."""
    low = _percentile(ratios[ratios > 0.0], 10.0)
    if low > 0.0:
        threshold = _decade_above(0.1 * low)
        if float(ratios.min()) >= 0.1 * threshold:
            axes.set_xscale("log")
        else:
            axes.set_xscale("symlog", linthresh=threshold)


def _percentile(sizes: FloatArray, percent: float) -> float:
    return float(np.percentile(sizes, percent)) if len(sizes) else 0.0


def _decade_above(value: float) -> float:
    return float(10.0 ** ceil(log10(value))) if value > 0.0 else 0.0


THIN = 1.2
"""Width of a curve on points, pt."""


def broken_line(parts: Sequence[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """Several lines (x, y) as one, broken between them, which is drawn far quicker."""
    pieces = [np.append(part, [[np.nan], [np.nan]], axis=1) for part in parts]
    x, y = np.concatenate(pieces, axis=1)[:, :-1]
    return x, y


def draw_curve(
    axes: Axes, x: FloatArray, y: FloatArray, *, colour: str, width: float = THIN, **look: Any
) -> None:
    """A curve ``width`` pt wide with white edges: seen on points of any colour."""
    axes.plot(x, y, color="white", linewidth=2.0 * width, zorder=2.9)
    axes.plot(x, y, color=colour, linewidth=width, zorder=3.0, **look)


_PLACES = 120  # evenly, and as many by equal factors
_SAME = 0.005  # of the range that a curve covers
_WANDERING = 12  # points from which the other variable is followed along a branch


def curves(run: ReducedRun, values: Mapping[str, float], model: Model) -> list[tuple[FloatArray, Terms]]:
    """Abscissa of ``run`` and terms of ``model`` with the canonical ``values`` along its branches, on a grid of their
    own: smooth whatever the scale.

    The field of a run at fixed field, or the temperature, follows the smooth part of what was measured. A branch that
    would only repeat the curve of a longer one is left out: it would fill the gaps of its dashes.
    """
    kind = run.run.kind
    found: list[tuple[FloatArray, Terms]] = []
    for _, mask in branches(run):
        T, H = run.temperature[mask], run.field[mask]
        x = abscissa(kind, T, H)
        place = _grid(x)
        if kind == "fixed-field":
            T, H = 1.0 / place, _smooth(x, H, place)
        else:
            T, H = _smooth(x, T, place), 1.0e3 * place
        found.append((place, evaluate(T, H, values, model)))
    kept: list[tuple[FloatArray, Terms]] = []
    for curve in sorted(found, key=lambda item: -float(np.ptp(item[0]))):
        if not any(_repeats(curve, other) for other in kept):
            kept.append(curve)
    return kept


def _repeats(curve: tuple[FloatArray, Terms], other: tuple[FloatArray, Terms]) -> bool:
    """Whether ``curve`` lies, to about the width of a line, on ``other``."""
    place, wide = curve[0], other[0]
    slack = _SAME * float(np.ptp(wide))
    if place[0] < wide[0] - slack or place[-1] > wide[-1] + slack:
        return False
    distance = np.abs(curve[1].total - np.interp(place, wide, other[1].total))
    return float(distance.max()) <= _SAME * float(np.ptp(other[1].total))


def _grid(values: FloatArray) -> FloatArray:
    """Places from the least of ``values`` to the largest; where all are positive also fine near the least."""
    low, high = float(values.min()), float(values.max())
    places = np.linspace(low, high, _PLACES)
    return np.union1d(places, np.geomspace(low, high, _PLACES)) if low > 0.0 else places


def _smooth(x: FloatArray, y: FloatArray, places: FloatArray) -> FloatArray:
    """The smooth part of ``y`` at ``places``: a cubic, or the mean of few values."""
    if len(distinct_values(x)) < _WANDERING or not np.ptp(y):
        return np.full(len(places), y.mean())
    return np.asarray(np.polynomial.Polynomial.fit(x, y, 3)(places))
