"""How figures look, the words on them, and how they become PNG. No pyplot: it costs time and keeps global state.

Figures are drawn at nearly twice the width of a journal's column; printed at 8.6 cm their capitals are 2 mm high.
Text from files is data, never mathtext.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from math import floor, log10
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import matplotlib
import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.typing import FillStyleType

from glasspara.arrays import FloatArray
from glasspara.fitting.judge.ordinary import THRESHOLD, OrdinaryMagnetism
from glasspara.report.terminal import lines_of
from glasspara.wording import inert, p_value, raised, value_with_error

if TYPE_CHECKING:
    from glasspara.data import ReducedRun
    from glasspara.fitting.result import FitResult


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
        size = canvas.get_width_height(physical=True)
        picture = Image.frombuffer("RGBA", size, canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB")
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


# --- words: labels of runs, headers, verdicts, units ---------------------------------------------------------

LINE = 72.0 * (WIDTH - 2.0 * PAD)
"""Width of a line that fills the figure, pt."""

_FILE_IN_LABEL = 0.4 * LINE


@cache
def _font() -> FT2Font:
    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"))
    font.set_size(FONT, 72.0)
    return font


@cache
def _advance(char: str) -> float:
    return _font().load_char(ord(char)).linearHoriAdvance / 65536.0


def width(text: str) -> float:
    """Width of ``text`` on a figure, pt."""
    return sum(map(_advance, text))


def drawable(text: str) -> str:
    """``text`` with control characters written out and "?" for what the figures' font does not have."""
    return "".join(char if _font().get_char_index(ord(char)) else "?" for char in inert(text))


def wrapped(prose: str) -> str:
    """``prose``, drawable, in lines that fit into a header, broken as at the terminal."""
    return "\n".join(lines_of(drawable(raised(prose)), LINE, shorten_paths=False, measure=width))


def elide(text: str, room: float) -> str:
    """``text``, with as much of its middle cut out as makes it ``room`` pt wide at most."""
    kept = len(text)
    shown = text
    while width(shown) > room and kept > 2:
        kept -= 1
        shown = f"{text[: (kept + 1) // 2]}…{text[-(kept // 2) :]}"
    return shown


def file_name(run: ReducedRun) -> str:
    """Name of the file of ``run`` without its folder, drawable."""
    return drawable(PurePath(run.run.file).name)


def run_labels(runs: Sequence[ReducedRun]) -> list[str]:
    """Set points ("20 kOe"), with the file or a number where two runs share one."""
    labels = [run.label for run in runs]
    labels = _distinct(labels, [elide(file_name(run), _FILE_IN_LABEL) for run in runs])
    return _distinct(labels, [f"#{number}" for number in range(1, len(runs) + 1)])


def _distinct(labels: Sequence[str], additions: Sequence[str]) -> list[str]:
    counts = Counter(labels)
    return [
        f"{label} ({addition})" if counts[label] > 1 and addition else label
        for label, addition in zip(labels, additions, strict=True)
    ]


def stems(runs: Sequence[ReducedRun]) -> list[str]:
    """Set points as parts of file names, each different: "20kOe", "4.5K", "4.5K-2"."""
    seen: Counter[str] = Counter()
    result = []
    for run in runs:
        stem = re.sub(r"[^A-Za-z0-9.+-]+", "", run.label)
        seen[stem] += 1
        result.append(stem if seen[stem] == 1 else f"{stem}-{seen[stem]}")
    return result


def fit_verdict(result: FitResult) -> str:
    """The verdict of a fit, for a header: the same words as at the terminal."""
    return f"Fit: {result.assessment.headline.text}"


def fit_details(result: FitResult, shown: Sequence[ReducedRun]) -> str:
    """Lines below the verdict: the run if it is one, ordinary magnetism beside the ETM, the iron, goodness of fit,
    model, conventions and what is assumed.
    """
    statistics, model, ordinary = result.statistics, result.model, result.ordinary
    lines = [f"{run.label}, {file_name(run)}" for run in shown] if len(shown) == 1 else []
    lines += [] if ordinary is None else beside_ordinary(ordinary)
    lines.append(_iron(result))
    ratio = f" = {statistics.chi2 / statistics.ndof:.3g}" if statistics.ndof > 0 else ""
    chi2 = f"χ²/ndof = {_chi2(statistics.chi2)}/{statistics.ndof}{ratio}, {p_value(statistics.p_value)}"
    total = len(result.data.runs)
    lines.append(chi2 if total == len(shown) else f"{chi2} ({total} runs)")
    lines.append(model.text + (", one pass of the stages" if result.method == "staged-once" else ""))
    if model.has_ats:
        lines.append(f"{model.convention} convention, {model.orientation}")
        n_ats = result.parameters["n_ats"]
        if n_ats.fixed:
            lines.append(f"n_ATS = {n_ats.value:.4g} g⁻¹ fixed".replace("e+", "e"))
        items = result.parameters.values()
        assumed = [item.name for item in items if item.constraint is not None and item.constraint.assumed]
        if assumed:
            lines.append(f"priors assumed: {', '.join(assumed)}")
    return "\n".join(elide(line, LINE) for line in _filled(lines))


def beside_ordinary(found: OrdinaryMagnetism) -> list[str]:
    """Chi2 of the model and of ordinary magnetism, what is allowed to both, and by how much they differ."""
    free = found.margin_iron_free
    beside = "" if free is None else f", iron free {free:.3g}"
    return [
        f"χ²: ETM {_chi2(found.chi2_model)}, ordinary magnetism {_chi2(found.cone.chi2)}",
        *(["both with errors of the instrument"] if found.widths is not None else []),
        f"margin {found.margin:.4g}{beside}, {THRESHOLD:g} needed",
    ]


def _chi2(value: float) -> str:
    return f"{value:.1f}" if value < 1.0e5 else f"{value:.3g}"


def iron_words(given: tuple[float, float | None] | None) -> str:
    """With which iron, g^-1: that of the mass spectrometer with its error, or free."""
    return "iron free" if given is None else f"iron given: {value_with_error(*given)} g⁻¹".replace("e+", "e")


def _iron(result: FitResult) -> str:
    iron = result.parameters.get("n_fe")
    if iron is None or not (iron.fixed or iron.constraint):
        return iron_words(None)
    known = iron.constraint
    return iron_words((iron.value, None) if known is None else (known.mean, known.error))


def _filled(lines: Sequence[str]) -> list[str]:
    """``lines`` with neighbours joined where both fit into one."""
    found: list[str] = []
    for line in lines:
        joined = f"{found[-1]}; {line}" if found else line
        if found and width(joined) <= LINE:
            found[-1] = joined
        else:
            found.append(line)
    return found


def synthetic_mark(runs: Iterable[ReducedRun]) -> str:
    """What the corner of a figure says: "synthetic" if every file's name says so."""
    named = ["synthetic" in file_name(run).lower() for run in runs]
    return "synthetic" if all(named) else "partly synthetic" if any(named) else ""


def scaled_unit(values: FloatArray, unit: str) -> tuple[float, str]:
    """Factor that brings ``values`` to 1 ... 1000, and ``unit`` with the power of ten that it takes along."""
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    exponent = 3 * floor(log10(largest) / 3.0) if largest > 0.0 else 0
    if exponent == 0:
        return 1.0, unit
    return 10.0**-exponent, f"{power_of_ten(exponent)} {unit}"


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power_of_ten(exponent: int | str) -> str:
    """ "10⁻³", in plain letters: mathematical text is slow to draw."""
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"
