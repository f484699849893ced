"""Parts that the figures share: frame with header and legend, abscissae, points with branches, residual panel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log10

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.dataset import ReducedRun
from glasspara.report.figures.style import BLACK, FILLS, FONT, GREY, MARKERS, VERMILLION, WIDTH, ordered_colours
from glasspara.report.figures.text import run_labels

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

POINTS = "points"
"""gid of every artist that draws measured points, one marker a point."""

_LEGEND_CHARACTERS = 58
_LEGEND_HANDLE = 5  # characters' worth of marker and gap


@dataclass(frozen=True)
class Abscissa:
    """What a kind of run is drawn against."""

    label: str
    of: Callable[[FloatArray, FloatArray], FloatArray]
    """Abscissa of temperatures (K) and fields (Oe)."""


ABSCISSAE = {
    "fixed-field": Abscissa(r"$1/T$ (K$^{-1}$)", lambda T, H: 1.0 / T),
    "fixed-temperature": Abscissa(r"$H$ (kOe)", lambda T, H: 1.0e-3 * H),
}


def frame(
    verdict: str, details: str, mark: str, *, trusted: bool, panels: Sequence[float], handles: Sequence[Line2D]
) -> tuple[Figure, list[Axes]]:
    """Figure with header above, legend below, and panels of the given relative heights that share the abscissa."""
    labels = [str(handle.get_label()) for handle in handles]
    longest = max(len(label) for label in labels) + _LEGEND_HANDLE
    columns = max(1, min(len(labels), _LEGEND_CHARACTERS // longest))
    lines = 2 + details.count("\n") + ceil(len(labels) / columns)
    figure = Figure(figsize=(WIDTH, 4.6 + 0.25 * (lines + 2 * len(panels))), layout="constrained")
    axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=panels)[:, 0].tolist()
    figure.suptitle(
        verdict, x=0.015, ha="left", weight="bold", color=BLACK if trusted else VERMILLION, parse_math=False
    )
    figure.text(0.985, 0.985, mark, ha="right", va="top", style="italic", color=GREY)
    axes[0].set_title(details, loc="left", x=0.0, fontsize=FONT, parse_math=False)
    legend = figure.legend(handles=list(handles), loc="outside lower center", ncols=columns)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure, axes


@dataclass(frozen=True)
class RunStyle:
    """How one run is drawn; its branches differ by the filling of the marker."""

    label: str
    colour: str
    marker: str


def run_styles(runs: Sequence[ReducedRun]) -> list[RunStyle]:
    """Styles in the order of ``runs``; colours in the order of the set points."""
    points = sorted({(run.run.unit, run.run.nominal) for run in runs})
    ranks = [points.index((run.run.unit, run.run.nominal)) for run in runs]
    colours = ordered_colours(ranks)
    return [
        RunStyle(label, colour, MARKERS[number % len(MARKERS)])
        for number, (label, colour) in enumerate(zip(run_labels(runs), colours, strict=True))
    ]


def branch_fills(runs: Sequence[ReducedRun]) -> dict[str, str]:
    """Filling of the markers by the branches' labels, over all runs of a figure."""
    labels = dict.fromkeys(label for run in runs for label, _ in branches(run))
    return {label: FILLS[number % len(FILLS)] for number, label in enumerate(labels)}


def branches(run: ReducedRun) -> Iterator[tuple[str, BoolArray]]:
    """Label and points of each branch of ``run`` that has points."""
    for number in np.unique(run.run.branch):
        yield run.run.branch_labels[number], run.run.branch == number


def run_handles(styles: Sequence[RunStyle], fills: dict[str, str]) -> list[Line2D]:
    """Legend entries: one a run, and one a branch where there are several."""
    handles = [
        Line2D([], [], color=style.colour, marker=style.marker, linestyle="none", label=style.label)
        for style in styles
    ]
    if len(fills) > 1:
        handles += [
            Line2D([], [], color=GREY, marker="o", linestyle="none", fillstyle=fill, label=label)  # type: ignore[arg-type]
            for label, fill in fills.items()
        ]
    return handles


def draw_points(
    axes: Axes,
    run: ReducedRun,
    style: RunStyle,
    fills: dict[str, str],
    values: tuple[FloatArray, FloatArray],
    errors: FloatArray | None = None,
) -> None:
    """Points (abscissa, ordinate) of ``run``, a marker each, with error bars if there are errors."""
    x, y = values
    size = marker_size(len(run))
    for label, mask in branches(run):
        container = axes.errorbar(
            x[mask],
            y[mask],
            yerr=None if errors is None else errors[mask],
            linestyle="none",
            marker=style.marker,
            markersize=size,
            fillstyle=fills[label],
            color=style.colour,
            elinewidth=0.8,
            zorder=2.0,
        )
        container.lines[0].set_gid(POINTS)


def marker_size(count: int) -> float:
    """Smaller markers for long runs, pt."""
    return 5.5 if count <= 40 else 4.5 if count <= 150 else 2.5


def draw_pulls_frame(axes: Axes, pulls: FloatArray, label: str) -> None:
    """Zero line, the band of one standard error, and a scale on which a wild point does not hide the rest."""
    axes.axhspan(-1.0, 1.0, color="#DDDDDD", zorder=0.0, linewidth=0.0)
    axes.axhline(0.0, color=GREY, linewidth=1.0, zorder=1.0)
    axes.set_ylabel(label)
    sizes = np.abs(pulls[np.isfinite(pulls)])
    usual = max(float(np.percentile(sizes, 90.0)), 1.0) if len(sizes) else 1.0
    if float(sizes.max(initial=0.0)) > 10.0 * usual:
        axes.set_yscale("symlog", linthresh=10.0 ** ceil(log10(usual)))


def spread_scale(axes: Axes, values: Sequence[FloatArray], noise: float) -> None:
    """A logarithmic ordinate where the runs' sizes are so far apart that a linear one would bury the small.

    It is linear below ``noise``, so that points which scatter about zero stay on it.
    """
    sizes = [float(np.max(np.abs(part), initial=0.0, where=np.isfinite(part))) for part in values]
    sizes = [size for size in sizes if size > 0.0]
    if sizes and noise > 0.0 and max(sizes) > 8.0 * min(sizes) and max(sizes) > 30.0 * noise:
        axes.set_yscale("symlog", linthresh=noise)
