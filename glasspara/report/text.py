"""Words on figures: labels of runs, headers, verdicts, units. Text from files is data, never mathtext."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from math import floor, log10
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font

from glasspara.arrays import FloatArray
from glasspara.fitting.judge.ordinary import THRESHOLD, OrdinaryMagnetism
from glasspara.report.style import FONT, PAD, WIDTH
from glasspara.report.terminal import lines_of
from glasspara.wording import inert, p_value, value_with_error

if TYPE_CHECKING:
    from glasspara.data import ReducedRun
    from glasspara.fitting.result import FitResult


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
    return "\n".join(lines_of(drawable(prose), LINE, shorten_paths=False, measure=width))


def raised(unit: str) -> str:
    """``unit`` with its powers as superscripts."""
    return unit.replace("^-1", "⁻¹").replace("^2", "²")


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
    labels = _told_apart(labels, [elide(file_name(run), _FILE_IN_LABEL) for run in runs])
    return _told_apart(labels, [f"#{number}" for number in range(1, len(runs) + 1)])


def _told_apart(labels: Sequence[str], additions: Sequence[str]) -> list[str]:
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
            lines.append(f"n_ATS = {n_ats.value:.4g} g⁻¹ held".replace("e+", "e"))
        items = result.parameters.values()
        assumed = [item.name for item in items if item.constraint is not None and item.constraint.assumed]
        if assumed:
            lines.append(f"priors assumed: {', '.join(assumed)}")
    return "\n".join(elide(line, LINE) for line in _filled(lines))


def beside_ordinary(found: OrdinaryMagnetism) -> list[str]:
    """Chi2 of the model and of ordinary magnetism, and by how much they differ."""
    free = found.margin_iron_free
    beside = "" if free is None else f", iron free {free:.3g}"
    return [
        f"χ²: ETM {_chi2(found.chi2_model)}, ordinary magnetism {_chi2(found.cone.chi2)}",
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
