"""All figures of many fits, drawn on several cores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from glasspara.fitting.result import FitResult
from glasspara.replicates.batch import in_order
from glasspara.report.figures.bootstrap import bootstrap_figure
from glasspara.report.figures.fit import fit_figures
from glasspara.report.figures.intervals import interval_figures
from glasspara.report.figures.style import save_png

DRAWN_A_PROCESS = 3
"""The figures of so many fits are worth the start of a process."""


def pictures(
    results: Sequence[FitResult],
    *,
    decompose_all: bool = False,
    jobs: int = 1,
    progress: Callable[[Sequence[FitResult]], Iterable[FitResult]] = tuple,
) -> list[dict[str, bytes]]:
    """PNG files of each fit by the stems of their names; the same bytes for any ``jobs``."""
    shared = min(jobs, max(1, len(results) // DRAWN_A_PROCESS))
    with in_order(partial(_of_one, decompose_all=decompose_all), results, jobs=shared) as drawn:
        return [files for _, files in zip(progress(results), drawn, strict=True)]


def _of_one(result: FitResult, *, decompose_all: bool) -> dict[str, bytes]:
    figures = [*fit_figures(result, decompose_all=decompose_all), *interval_figures(result)]
    if result.bootstrap:
        figures.append(("bootstrap", bootstrap_figure(result)))
    return {stem: save_png(figure) for stem, figure in figures}
