"""Where things lie on a figure: header, panels and legend below each other.

Everything is placed once, by the widths of the letters, where a general engine would draw all ticks several times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.layout_engine import LayoutEngine
from matplotlib.lines import Line2D
from matplotlib.markers import TICKDOWN, TICKLEFT, TICKRIGHT, TICKUP
from matplotlib.ticker import Formatter, LogFormatter, NullLocator

from glasspara.arrays import FloatArray
from glasspara.report.style import BLACK, FONT, PAD, power_of_ten, width

HEADER = "header"
"""gid of the lines above the panels."""

_LINE = 1.3 * FONT / 72.0  # inch, a line of text with its distance to the next
_TICK_PAD = 0.08  # inch, between an axis and its labels
_GAP = 0.1  # inch, between blocks


class Rows(LayoutEngine):
    """Panels in rows of the given relative heights, in one or more columns, below the header and above the legend.

    ``beside`` is the longest text that stands to the right of the panels.
    """

    _adjust_compatible = True
    _colorbar_gridspec = False

    def __init__(self, ratios: Sequence[float], *, columns: int = 1, beside: str = "") -> None:
        super().__init__()
        self._ratios, self._columns, self._beside = np.array(ratios), columns, beside

    def execute(self, fig: Any) -> None:
        """Place the panels of ``fig``, and the labels of their axes."""
        rows = [fig.axes[first : first + self._columns] for first in range(0, len(fig.axes), self._columns)]
        for axes in fig.axes:
            for axis in (axes.xaxis, axes.yaxis):
                if isinstance(axis.get_major_formatter(), LogFormatter):
                    axis.set_major_formatter(PlainPowers(axis.get_major_formatter()))
        _draw_minor_ticks(fig.axes)
        self._place_rows(fig, rows)
        self._place_columns(fig, rows)
        for axes in fig.axes:
            box = axes.get_position()
            wide, high = box.width * fig.get_figwidth(), box.height * fig.get_figheight()
            axes.xaxis.set_label_coords(0.5, -_x_ticks(axes) / high)
            axes.yaxis.set_label_coords(-_y_ticks(axes) / wide, 0.5)

    def _place_rows(self, figure: Figure, rows: Sequence[Sequence[Axes]]) -> None:
        height = figure.get_figheight()
        above = [max(_LINE if _has_words_above(axes) else 0.0 for axes in row) for row in rows]
        below = [max(_x_ticks(axes) + _lines(axes.get_xlabel()) for axes in row) + _GAP for row in rows]
        header, legend = header_height(figure), legend_height(figure)
        top = height - PAD - header - (_GAP if header else 0.0)
        left = top - PAD - legend - sum(above) - sum(below)
        sizes = max(left, 0.1 * height) * self._ratios / self._ratios.sum()
        for row, space, size, under in zip(rows, above, sizes, below, strict=True):
            top -= space + size
            for axes in row:
                axes.set_position((0.0, top / height, 1.0, size / height))
            top -= under

    def _place_columns(self, figure: Figure, rows: Sequence[Sequence[Axes]]) -> None:
        whole = figure.get_figwidth()
        columns = list(zip(*rows, strict=True))
        left = [
            max(max(_y_ticks(axes) + _lines(axes.get_ylabel()), _overhang(axes, 0)) for axes in column)
            for column in columns
        ]
        right = [max(_overhang(axes, -1) for axes in column) for column in columns]
        right[-1] = max(right[-1], width(self._beside) / 72.0 + (_GAP if self._beside else 0.0))
        room = (whole - 2.0 * PAD - sum(left) - sum(right) - _GAP * (len(columns) - 1)) / len(columns)
        start = PAD
        for column, space, over in zip(columns, left, right, strict=True):
            for axes in column:
                box = axes.get_position()
                axes.set_position(((start + space) / whole, box.y0, room / whole, box.height))
            start += space + room + over + _GAP


def header_height(figure: Figure) -> float:
    """Height of the lines above the panels, inch."""
    boxes = [
        item.get_window_extent() for item in figure.texts if item.get_gid() == HEADER and item.get_text()
    ]
    if not boxes:
        return 0.0
    return float(max(box.y1 for box in boxes) - min(box.y0 for box in boxes)) / figure.dpi


def legend_height(figure: Figure) -> float:
    """Height of the legend below the panels, inch."""
    return sum(float(legend.get_window_extent().height) / figure.dpi for legend in figure.legends)


def without_header(figure: Figure) -> None:
    """Take the lines above the panels away, and the room for them."""
    height = header_height(figure)
    for item in [item for item in figure.texts if item.get_gid() == HEADER]:
        item.remove()
    figure.set_figheight(figure.get_figheight() - height)
    engine = figure.get_layout_engine()
    if engine is not None and "rect" in engine.get():
        engine.set(rect=(0.0, 0.0, 1.0, 1.0))  # type: ignore[call-arg]
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0.5, PAD / figure.get_figheight()), transform=figure.transFigure)


def _has_words_above(axes: Axes) -> bool:
    """Whether there is a title, or a power of ten of the ordinate."""
    places: tuple[Literal["left", "center", "right"], ...] = ("left", "center", "right")
    power = axes.yaxis.get_major_formatter().get_offset() if _texts(axes.yaxis) else ""
    return bool(power) or any(axes.get_title(loc=place) for place in places)


def _lines(label: str) -> float:
    """What a label takes at right angles to its axis, inch."""
    return (label.count("\n") + 1) * _LINE if label else 0.0


def _x_ticks(axes: Axes) -> float:
    """What the labels of the abscissa take below it, inch."""
    return _LINE + 0.5 * _TICK_PAD if _is_labelled(axes.xaxis) else 0.0


def _y_ticks(axes: Axes) -> float:
    """What the labels of the ordinate take at its left, inch."""
    texts = _texts(axes.yaxis)
    return max(map(width, texts)) / 72.0 + _TICK_PAD if texts else 0.0


def _overhang(axes: Axes, end: Literal[0, -1]) -> float:
    """How far the first or last label of the abscissa goes beyond it, inch, were it a label at the very end."""
    texts = _texts(axes.xaxis)
    return (
        0.5 * width(texts[end]) / 72.0
        if texts and not isinstance(axes.xaxis.get_major_formatter(), PlainPowers)
        else 0.0
    )


def _is_labelled(axis: Axis) -> bool:
    shown = axis.get_tick_params()
    return bool(shown.get("labelbottom", shown.get("labelleft", True)))


def _texts(axis: Axis) -> list[str]:
    """Labels of the ticks in view."""
    if not _is_labelled(axis):
        return []
    places = _in_view(axis, axis.get_majorticklocs())
    return [text for text in axis.get_major_formatter().format_ticks(places.tolist()) if text]


# --- powers of ten -------------------------------------------------------------------------------------------

_POWER = re.compile(r"10\^\{(-?\d+)\}")


class PlainPowers(Formatter):
    """Labels of another formatter with powers of ten in plain letters, "10⁻²": mathematical text is slow."""

    def __init__(self, inner: Formatter) -> None:
        self._inner = inner

    def set_axis(self, axis: Any) -> None:
        super().set_axis(axis)
        self._inner.set_axis(axis)

    def set_locs(self, locs: Any) -> None:
        super().set_locs(locs)
        self._inner.set_locs(locs)

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Label of ``x``."""
        text = self._inner(x, pos).removeprefix(r"$\mathdefault{").removesuffix("}$")
        powers = _POWER.sub(lambda found: power_of_ten(found[1]), text.replace(r"\times", "×"))
        return powers.replace("-", "−")


def _draw_minor_ticks(every: Sequence[Axes]) -> None:
    """The small ticks of logarithmic axes as one line a side, where each would be an object of its own.

    An axis without two decades keeps those that it has: they bear labels.
    """
    plain = [
        axis
        for axes in every
        for axis in (axes.xaxis, axes.yaxis)
        if isinstance(axis.get_minor_formatter(), LogFormatter)
        and len(_in_view(axis, axis.get_majorticklocs())) > 1
    ]
    # before the locator of a shared axis is replaced
    places = [_in_view(axis, axis.get_minorticklocs()) for axis in plain]
    for axis, along in zip(plain, places, strict=True):
        axes, across = axis.axes, np.zeros(len(along))
        if axis.axis_name == "y":
            transform, sides = axes.get_yaxis_transform(), (TICKRIGHT, TICKLEFT)
            lines = [(across, along), (across + 1.0, along)]
        else:
            transform, sides = axes.get_xaxis_transform(), (TICKUP, TICKDOWN)
            lines = [(along, across), (along, across + 1.0)]
        look: dict[str, Any] = {
            "color": BLACK, "linestyle": "none", "transform": transform, "zorder": 2.6,
            "markersize": rcParams["xtick.minor.size"], "markeredgewidth": rcParams["xtick.minor.width"],
        }  # fmt: skip
        for (x, y), side in zip(lines, sides, strict=True):
            axes.add_artist(Line2D(x, y, **look, marker=side))  # type: ignore[arg-type]
        axis.set_minor_locator(NullLocator())


def _in_view(axis: Axis, places: Iterable[float]) -> FloatArray:
    low, high = sorted(axis.get_view_interval())
    return np.array([place for place in places if low <= place <= high])
