"""Fits of many data sets on several cores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from glasspara.data.dataset import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.problem.settings import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.replicates.cores import Progress, in_order, no_progress

if TYPE_CHECKING:
    from glasspara.fitting.intervals.exploration import IntervalRequest

FITS_A_PROCESS, ATS_FITS_A_PROCESS = 64, 4
"""So many fits without and with an ATS term are worth the start of a process."""


def fit_each(
    parts: Sequence[Dataset],
    settings: FitSettings,
    *,
    request: IntervalRequest | None = None,
    jobs: int = 1,
    progress: Progress = no_progress,
) -> list[FitResult]:
    """A fit of its own for each of ``parts``, with the intervals of ``request``; the same bits for any ``jobs``.

    Raises
    ------
    UsageError
        As :func:`~glasspara.fitting.fit.fit` and :func:`~glasspara.fitting.intervals.exploration.explore`.
    """
    task = partial(_fit_one, settings=settings, request=request)
    worth = ATS_FITS_A_PROCESS if settings.model.has_ats else FITS_A_PROCESS
    with in_order(task, parts, jobs=jobs, per_process=worth, progress=progress) as results:
        return list(results)


def _fit_one(part: Dataset, *, settings: FitSettings, request: IntervalRequest | None) -> FitResult:
    result = fit(part, settings)
    if request is None:
        return result
    from glasspara.fitting.intervals.exploration import explore

    return explore(result, settings, request)
