"""Other ways to the parameters than one least-squares fit of all: in stages, and with Huber's loss.

The stages find the Larmor and Langevin parameters with one frozen before the next:

1. Larmor: Larmor + Langevin fit with free iron; of it only ``chi_larmor`` is kept.
2. Langevin: the iron with ``chi_larmor`` frozen; n(Fe) at its mass-spectrometry value where that is given.

Where the sample has an ATS term the first stage takes part of it for Langevin and Larmor, as the source's
Tables 1 and 2 show: the stages are a start and a comparison, the joint fit is the result.

Huber's loss keeps a few wild points from carrying the fit: a residual r beyond k standard errors counts 2 k |r| - k^2
in place of r^2 (P. J. Huber, Ann. Math. Stat. 35 (1964) 73). The minimum of that is the least-squares minimum with
sigma sqrt(|r|/k) in place of sigma for those points, found by repetition. Said so, nothing else changes: fit, errors,
intervals and tests all use the larger errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from glasspara.arrays import FloatArray, median
from glasspara.data import Dataset
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.search.minimise import minimise
from glasspara.model.parameters import ION_NAMES, PARTITION_NAMES
from glasspara.runs.scatter import MAD_TO_SIGMA

Item = TypeVar("Item")


@dataclass(frozen=True)
class StageValues:
    """Reported parameters of the Larmor and Langevin terms as the stages find them."""

    values: Mapping[str, float]
    errors: Mapping[str, float | None]
    """Standard error of each parameter in its own stage; only those that a stage fitted are here."""


def stage_values(data: Dataset, settings: FitSettings) -> StageValues:
    """Run the two stages on ``data``; what ``settings`` holds stays as it is."""
    plain = settings.without_ats()
    held = plain.held()
    errors: dict[str, float | None] = {}
    if "chi_larmor" not in held:
        free_iron = replace(
            plain,
            n_fe=None,
            fixed=_without_iron(plain.fixed),
            starts=_without_iron(plain.starts),
            limits=_without_iron(plain.limits),
        )
        first = minimise(free_iron.problem(data, free_iron.held()), free_iron.guess())
        held["chi_larmor"] = first.reported["chi_larmor"]
        errors["chi_larmor"] = first.errors["chi_larmor"]
    second = minimise(plain.problem(data, held), plain.guess() | held)
    free = second.coordinates.free
    return StageValues(second.reported, errors | {name: second.errors[name] for name in free})


def _without_iron(given: Mapping[str, Item]) -> dict[str, Item]:
    return {name: item for name, item in given.items() if name not in (*ION_NAMES, *PARTITION_NAMES)}


HUBER_K = 2.5
"""Distance, in standard errors or in robust standard deviations of the residuals if those are larger, within which a
point keeps its weight: 1.2 % of Gaussian points lie beyond, and lose less than half of it."""

_MAX_ROUNDS = 50
_CONVERGED = 1.0e-4  # largest relative change of an error


def with_huber_errors(data: Dataset, residuals: Callable[[Dataset], FloatArray]) -> tuple[Dataset, int, bool]:
    """``data`` with the errors of far points enlarged; how many those are, and whether they converged.

    ``residuals`` fits a dataset and returns data minus model, emu/g, at every point.
    """
    stated, current = data.sigma, data
    for _ in range(_MAX_ROUNDS):
        pulls = residuals(current) / stated
        limit = HUBER_K * max(MAD_TO_SIGMA * median(np.abs(pulls)), 1.0)
        sigma = stated * np.sqrt(np.maximum(np.abs(pulls) / limit, 1.0))
        converged = bool(np.all(np.abs(sigma / current.sigma - 1.0) < _CONVERGED))
        current = _with_sigma(data, sigma)
        if converged:
            return current, int(np.sum(sigma > stated)), True
    return current, int(np.sum(sigma > stated)), False


def _with_sigma(data: Dataset, sigma: FloatArray) -> Dataset:
    runs = [replace(run, sigma=part) for run, part in zip(data.runs, data.split(sigma), strict=True)]
    return Dataset(tuple(runs))
