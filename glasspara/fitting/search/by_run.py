"""Descent for problems with nuisances of single runs, of which there may be thousands.

They are linear to first order and have normal priors, so that each step takes them out run by run
(:func:`glasspara.ordinary.eliminate`): its cost grows with the points alone.
"""

from __future__ import annotations

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.fitting.problem.problem import Problem
from glasspara.fitting.search.least_squares import solve_bounded
from glasspara.ordinary import eliminate

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
    found: BoolArray = np.where(held, downhill, (pulls < least) | (pulls > most))
    return found
