"""How figures look, and how they become PNG. No pyplot: it costs start-up time and keeps global state.

Figures are drawn at twice the width of a journal's column; printed at 8.6 cm their text is 7 pt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO

import matplotlib
import matplotlib.style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.typing import FillStyleType

DPI = 200
WIDTH = 6.8  # inch
FONT = 14.0  # pt, 7 in print
PAD = 0.06  # inch, about everything

# Okabe and Ito's palette, which the colour-blind can tell apart.
BLACK, ORANGE, GREEN, BLUE, VERMILLION = "#000000", "#E69F00", "#009E73", "#0072B2", "#D55E00"
GREY = "#777777"

MARKERS = ("o", "s", "^", "D", "v", "p", "<", "h", ">")
FILLS: tuple[FillStyleType, ...] = ("full", "none", "left", "right", "bottom", "top")

_STYLE = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same everywhere
    "font.size": FONT,
    "axes.titlesize": FONT,
    "axes.labelsize": FONT,
    "xtick.labelsize": FONT,
    "ytick.labelsize": FONT,
    "legend.fontsize": FONT,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.2,
    "legend.labelspacing": 0.3,
    "figure.titlesize": FONT,
    "mathtext.fontset": "dejavusans",
    "axes.formatter.useoffset": False,
    "axes.linewidth": 1.2,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "xtick.major.size": 6.0,
    "ytick.major.size": 6.0,
    "xtick.minor.size": 3.0,
    "ytick.minor.size": 3.0,
    "pdf.fonttype": 42,  # letters that remain letters
    "svg.hashsalt": "glasspara",
    "lines.linewidth": 1.8,
    "lines.markersize": 5.5,
    "lines.markeredgewidth": 1.0,
}


@contextmanager
def paper_style() -> Iterator[None]:
    """Matplotlib's defaults with this module's settings; the caller's own settings come back afterwards."""
    with matplotlib.style.context(["default", _STYLE]):
        yield


_PLAIN_FILES = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    "svg": {"Date": None, "Creator": None},
}


@paper_style()
def saved(figure: Figure, ending: str) -> bytes:
    """``figure`` as a file of that ending, png, pdf or svg: the same bytes for the same figure."""
    if ending == "png":
        return save_png(figure)
    buffer = BytesIO()
    figure.savefig(buffer, format=ending, metadata=_PLAIN_FILES[ending])
    return buffer.getvalue()


@paper_style()
def save_png(figure: Figure, *, dpi: float = DPI, palette: bool = False) -> bytes:
    """``figure`` as PNG, the same bytes for the same figure: no date and no version inside.

    ``palette``: with the 256 colours that suit it best, a third of the size where there are many markers; not for
    shades.
    """
    buffer = BytesIO()
    FigureCanvasAgg(figure)
    # What is encoded again below need not be small.
    packed = {"compress_level": 1} if palette else {}
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None}, pil_kwargs=packed)
    if not palette:
        return buffer.getvalue()
    from PIL import Image

    reduced = BytesIO()
    with Image.open(buffer) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
            reduced, format="png", optimize=True
        )
    return reduced.getvalue()


def ordered_colours(ranks: Sequence[int]) -> list[str]:
    """A colour for each rank 0, 1, ...: dark to light along viridis, short of its pale yellow end."""
    top = max(max(ranks, default=0), 1)
    return [to_hex(matplotlib.colormaps["viridis"](0.85 * rank / top)) for rank in ranks]
