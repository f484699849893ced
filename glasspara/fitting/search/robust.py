"""Least squares that a few wild points cannot carry: Huber's loss, as errors that grow with the distance.

A residual r beyond k standard errors counts 2 k |r| - k^2 in place of r^2 (P. J. Huber, Ann. Math. Stat. 35 (1964)
73). The minimum of that is the least-squares minimum with sigma sqrt(|r|/k) in place of sigma for those points, found
by repetition. Said so, nothing else changes: fit, errors, intervals and tests all use the larger errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from glasspara.arrays import FloatArray, median
from glasspara.data import Dataset
from glasspara.runs.scatter import MAD_TO_SIGMA

HUBER_K = 2.5
"""Distance, in standard errors or in robust standard deviations of the residuals if those are larger, within which a
point keeps its weight: 1.2 % of Gaussian points lie beyond, and lose less than half of it."""

_MAX_ROUNDS = 50
_SETTLED = 1.0e-4  # largest relative change of an error


def with_huber_errors(data: Dataset, residuals: Callable[[Dataset], FloatArray]) -> tuple[Dataset, int, bool]:
    """``data`` with the errors of far points enlarged; how many those are, and whether they settled.

    ``residuals`` fits a dataset and returns data minus model, emu/g, at every point.
    """
    stated, current = data.sigma, data
    for _ in range(_MAX_ROUNDS):
        pulls = residuals(current) / stated
        limit = HUBER_K * max(MAD_TO_SIGMA * median(np.abs(pulls)), 1.0)
        sigma = stated * np.sqrt(np.maximum(np.abs(pulls) / limit, 1.0))
        settled = bool(np.all(np.abs(sigma / current.sigma - 1.0) < _SETTLED))
        current = _with_sigma(data, sigma)
        if settled:
            return current, int(np.sum(sigma > stated)), True
    return current, int(np.sum(sigma > stated)), False


def _with_sigma(data: Dataset, sigma: FloatArray) -> Dataset:
    runs = [replace(run, sigma=part) for run, part in zip(data.runs, data.split(sigma), strict=True)]
    return Dataset(tuple(runs))
