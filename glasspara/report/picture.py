"""A figure as it is kept: its files, and what it shows in words, for those who cannot see it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """A figure: the contents of its files by their endings, and its words: header, axes and legend."""

    files: Mapping[str, bytes]
    words: str


@dataclass(frozen=True)
class FigureFiles:
    """Which files are wanted of every figure, by their endings, and whether it keeps its header."""

    endings: tuple[str, ...] = ("png",)
    titles: bool = True

    def picture(self, figure: Figure) -> Picture:
        """The files of ``figure``; without titles it loses its header."""
        from glasspara.report.layout import without_header
        from glasspara.report.style import saved

        said = words(figure)
        if not self.titles:
            without_header(figure)
        return Picture({ending: saved(figure, ending) for ending in self.endings}, said)


class KeptFigures(FigureFiles):
    """No files: the figures themselves are kept."""

    def picture(self, figure: Figure) -> Any:
        return figure


def load_matplotlib() -> None:
    """Load Matplotlib without its lists of properties, for a process of our own in which nobody asks for help.

    They are texts for ``help(Artist.set)``, and a quarter of the time of loading.
    """
    from matplotlib import artist

    kept, artist.kwdoc = artist.kwdoc, lambda artist: ""  # noqa: ARG005
    try:
        from glasspara.report import style  # noqa: F401
    finally:
        artist.kwdoc = kept


def shown_in_notebooks(figure: Figure) -> Figure:
    """``figure``, which a notebook shows wherever it is the value of a cell, whether pyplot was loaded or not."""
    from glasspara.report.style import save_png

    figure._repr_png_ = partial(save_png, figure)  # type: ignore[attr-defined]
    return figure


def words(figure: Figure) -> str:
    """Header, axes and legends of ``figure`` as one line of plain text."""
    header = [item.get_text() for item in figure.texts]
    axes = []
    for panel in figure.axes:
        x, y = panel.get_xlabel(), panel.get_ylabel()
        if y:
            axes.append(f"{y} against {x}" if x else y)
    labels = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    parts = [*header, *axes, *([f"legend: {', '.join(labels)}"] if labels else [])]
    return ". ".join(plain(part) for part in parts if part.strip())


def plain(text: str) -> str:
    """``text`` without the marks of mathematical text, on one line."""
    inside = re.sub(r"\$([^$]*)\$", lambda match: _plain_math(match[1]), text)
    return " ".join(inside.split())


_SIGNS = {r"\chi": "χ", r"\sigma": "σ", r"\Delta": "Δ", r"\,": " ", r"\gg": "≫", r"\ll": "≪", r"\ln": "ln "}


def _plain_math(math: str) -> str:
    for sign, letter in _SIGNS.items():
        math = math.replace(sign, letter)
    return re.sub(r"\\math\w+|[{}]", "", math)
