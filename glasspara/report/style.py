"""How figures look, and how they become PNG. No pyplot: it costs start-up time and keeps global state.

Figures are drawn at nearly twice the width of a journal's column; printed at 8.6 cm their capitals are 2 mm high.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import matplotlib
import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.typing import FillStyleType

DPI = 200
_NEARLY_WHITE = 250
_COMPRESSION = 4
"""Half the time of the usual 6 for a tenth more bytes."""
WIDTH = 6.0  # inch
FONT = 14.0  # pt, 7.9 in print
TALLEST = 12.0 / 8.6 * WIDTH  # inch, 12 cm where the width is 8.6 cm
PAD = 0.06  # inch, about everything

# Okabe and Ito's palette, which the colour-blind can tell apart.
BLACK, ORANGE, GREEN, BLUE, VERMILLION = "#000000", "#E69F00", "#009E73", "#0072B2", "#D55E00"
SKY, GREY = "#56B4E9", "#777777"

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
def save_png(figure: Figure, *, dpi: float = DPI) -> bytes:
    """``figure`` as PNG, the same bytes for the same figure: no date and no version inside.

    It has the 256 colours that suit it best, which makes a third of the size, and white is white.
    """
    from PIL import Image

    before, figure.dpi = figure.dpi, dpi
    try:
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    finally:
        figure.dpi = before
    few = picture.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = np.array(few.getpalette()).reshape(-1, 3)
    palette[palette.min(axis=1) >= _NEARLY_WHITE] = 255
    few.putpalette(palette.ravel().tolist())
    reduced = BytesIO()
    few.save(reduced, format="png", dpi=(dpi, dpi), compress_level=_COMPRESSION)
    return reduced.getvalue()


def ordered_colours(ranks: Sequence[int]) -> list[str]:
    """A colour for each rank 0, 1, ...: dark to light along viridis, short of its pale yellow end."""
    top = max(max(ranks, default=0), 1)
    return [to_hex(matplotlib.colormaps["viridis"](0.85 * rank / top)) for rank in ranks]
