"""Words on figures: labels of runs, headers, verdicts, units. Text from files is data, never mathtext."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from math import floor, log10
from pathlib import Path, PurePath

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.ft2font import FT2Font

from glasspara.analysis.universality import UniversalityResult
from glasspara.dataset import ReducedRun
from glasspara.fitting.result import FitResult, Status
from glasspara.model import MODELS
from glasspara.report.inert import inert
from glasspara.report.numbers import p_value

FloatArray = npt.NDArray[np.float64]

LINE = 54
"""Characters of a header line that surely fit into the width of a figure."""

_FILE_IN_LABEL = 24

_VERDICTS: dict[Status, str] = {
    "good": "Fit: good",
    "term-not-needed": "Fit: good, ATS term not needed",
    "not-determined": "Fit: NOT TRUSTED (not determined)",
    "poor": "Fit: NOT TRUSTED (poor)",
    "not-converged": "Fit: NOT TRUSTED (not converged)",
}


@cache
def _glyphs() -> frozenset[int]:
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return frozenset(FT2Font(str(path)).get_charmap())


def drawable(text: str) -> str:
    """``text`` with control characters written out and "?" for what the figures' font does not have."""
    return "".join(char if ord(char) in _glyphs() else "?" for char in inert(text))


def elide(text: str, length: int) -> str:
    """``text``, its middle cut out where it is longer than ``length``."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[-tail:]}"


def file_name(run: ReducedRun) -> str:
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
    return _VERDICTS[result.assessment.status]


def universality_verdict(result: UniversalityResult) -> str:
    return f"Universality: {'holds' if result.holds else 'FAILS'} ({p_value(result.p_value)})"


def fit_details(result: FitResult, shown: Sequence[ReducedRun]) -> str:
    """Lines below the verdict: the run if it is one, goodness of fit, model and conventions."""
    statistics, model = result.statistics, result.model
    lines = [f"{run.label}, {file_name(run)}" for run in shown] if len(shown) == 1 else []
    ratio = f" = {statistics.chi2 / statistics.ndof:.3g}" if statistics.ndof > 0 else ""
    chi2 = f"χ²/ndof = {statistics.chi2:.5g}/{statistics.ndof}{ratio}, {p_value(statistics.p_value)}"
    total = len(result.data.runs)
    lines.append(chi2 if total == len(shown) else f"{chi2} ({total} runs)")
    lines.append(MODELS[model.name] + (", staged" if result.method == "staged" else ""))
    if model.has_ats:
        n_ats = result.parameters["n_ats"]
        held = f"; n_ATS held at {n_ats.value:.4g} {n_ats.unit}" if n_ats.fixed else ""
        lines.append(f"{model.convention} convention, {model.orientation}{held}")
    return "\n".join(elide(line, LINE) for line in lines)


def universality_details(result: UniversalityResult) -> str:
    return "\n".join(
        (
            f"F({result.dof[0]}, {result.dof[1]}) = {result.statistic:.4g}, {len(result.data.runs)} runs",
            f"χ_L = {result.chi_larmor:.4g} emu/(g Oe), {result.chi_larmor_source}",
        )
    )


def synthetic_mark(runs: Iterable[ReducedRun], *, synthetic: bool) -> str:
    """What the corner of a figure says: "synthetic" if the caller or every file's name says so."""
    named = ["synthetic" in file_name(run).lower() for run in runs]
    if synthetic or all(named):
        return "synthetic"
    return "partly synthetic" if any(named) else ""


def scaled_unit(values: FloatArray, unit: str) -> tuple[float, str]:
    """Factor that brings ``values`` to 1 ... 1000, and ``unit`` with the power of ten that it takes along."""
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    exponent = 3 * floor(log10(largest) / 3.0) if largest > 0.0 else 0
    if exponent == 0:
        return 1.0, unit
    return 10.0**-exponent, rf"$10^{{{exponent}}}$ {unit}"
