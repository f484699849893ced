"""Other ways to the parameters than one least-squares fit of all: in stages, with Huber's loss, and run by run.

The stages find the Larmor and Langevin parameters with one frozen before the next:

1. Larmor: Larmor + Langevin fit with free iron; of it only ``chi_larmor`` is kept.
2. Langevin: the iron with ``chi_larmor`` frozen; n(Fe) at its mass-spectrometry value where that is given.

Where the sample has an ATS term the first stage takes part of it for Langevin and Larmor, as the source's
Tables 1 and 2 show: the stages are a start and a comparison, the joint fit is the result.

Huber's loss keeps a few wild points from carrying the fit: a residual r beyond k standard errors counts 2 k |r| - k^2
in place of r^2 (P. J. Huber, Ann. Math. Stat. 35 (1964) 73). The minimum of that is the least-squares minimum with
sigma sqrt(|r|/k) in place of sigma for those points, found by repetition. Said so, nothing else changes: fit, errors,
intervals and tests all use the larger errors.

Nuisances of single runs, of which there may be thousands, are linear to first order and have normal priors: each step
takes them out run by run (:func:`glasspara.ordinary.eliminate`), and its cost grows with the points alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, robust_sigma
from glasspara.data import Dataset
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem.problem import Problem
from glasspara.fitting.search.least_squares import solve_bounded
from glasspara.fitting.search.minimise import minimise
from glasspara.model.parameters import ION_NAMES, PARTITION_NAMES
from glasspara.ordinary import eliminate

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
        limit = HUBER_K * max(robust_sigma(pulls), 1.0)
        sigma = stated * np.sqrt(np.maximum(np.abs(pulls) / limit, 1.0))
        converged = bool(np.all(np.abs(sigma / current.sigma - 1.0) < _CONVERGED))
        current = _with_sigma(data, sigma)
        if converged:
            return current, int(np.sum(sigma > stated)), True
    return current, int(np.sum(sigma > stated)), False


def _with_sigma(data: Dataset, sigma: FloatArray) -> Dataset:
    runs = [replace(run, sigma=part) for run, part in zip(data.runs, data.split(sigma), strict=True)]
    return Dataset(tuple(runs))


# A problem that is nearly linear is solved in three steps; a relative gain below the second number ends it.
_MAX_STEPS = 10
_LEVEL = 1.0e-6
# Revisions of which nuisances lie at a limit.
_MAX_REVISIONS = 50


def linear_descent(problem: Problem, point: FloatArray) -> FloatArray:
    """Gauss and Newton's steps from ``point``, for problems that are linear but for small disturbances."""
    chi2 = problem.chi2(point)
    for _ in range(_MAX_STEPS):
        trial = _step(problem, point)
        now = problem.chi2(trial)
        if now >= chi2 * (1.0 - _LEVEL):
            return trial if now < chi2 else point
        point, chi2 = trial, now
    return point


def _step(problem: Problem, point: FloatArray) -> FloatArray:
    """The minimum inside the box of the problem linearised at ``point``."""
    low, high = np.array(problem.coordinates.box()).reshape(-1, 2).T
    residuals, jacobian, own = problem.apart(point)
    common, n, runs = problem.is_common, len(problem.data), problem.data.slices
    index = {name: number for number, name in enumerate(problem.coordinates.names)}
    table = problem.own_nuisances
    places = np.array([[index[item.name] if item else -1 for item in row] for row in table], dtype=np.int64)
    places = places.reshape(len(runs), own.shape[1])
    widths = np.array([[item.width if item else 1.0 for item in row] for row in table]).reshape(places.shape)
    there = places >= 0
    start, least, most = (
        np.where(there, side[places], 0.0) / widths if len(point) else np.zeros(places.shape)
        for side in (point, low, high)
    )
    lengths = [len(run) for run in problem.data.runs]
    # in pulls, from where all of them are 0
    own = own * np.repeat(widths, lengths, axis=0)
    residuals[:n] -= np.sum(own * np.repeat(start, lengths, axis=0), axis=1)
    pulls, held = np.clip(start, least, most), ~there
    step = np.zeros(int(common.sum()))
    for _ in range(_MAX_REVISIONS):
        matrix = np.column_stack([jacobian, residuals])
        matrix[:n, -1] += np.sum(own * np.repeat(np.where(held, pulls, 0.0), lengths, axis=0), axis=1)
        inside = matrix[:n]
        response = eliminate(inside, own * np.repeat(~held, lengths, axis=0), runs)
        ends = (low - point)[common][np.newaxis], (high - point)[common][np.newaxis]
        step = solve_bounded(matrix[np.newaxis, :, :-1], matrix[np.newaxis, :, -1], *ends)[0][0]
        found = np.where(held, pulls, response @ np.append(step, 1.0))
        left = residuals[:n] + jacobian[:n] @ step + np.sum(own * np.repeat(found, lengths, axis=0), axis=1)
        slopes = found + np.stack([left[run] @ own[run] for run in runs])
        pulls = np.clip(found, least, most)
        now = ~there | _at_limit(found, slopes, least, most, held)
        if np.array_equal(now, held):
            break
        held = now
    moved = point.copy()
    moved[common] += step
    moved[places[there]] = (pulls * widths)[there]
    return moved


def _at_limit(
    pulls: FloatArray, slopes: FloatArray, least: FloatArray, most: FloatArray, held: BoolArray
) -> BoolArray:
    """Which of the pulls went beyond a limit, or lie ``held`` at one from which chi2 does not fall inwards."""
    downhill = np.where(pulls >= most, slopes <= 0.0, slopes >= 0.0)
    return np.where(held, downhill, (pulls < least) | (pulls > most))
