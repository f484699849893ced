"""Least squares in NumPy: linear and non-linear inside a box, and the independent directions of a Jacobian.

Problems here have ten unknowns at most. SciPy's solvers for them cost more time to import than a fit takes, and a
millisecond a call. Many are solved side by side: with few points, most of the cost of one is that of the calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import NamedTuple

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, IntArray

# Singular values below this share of the largest are taken for this share: a standard error of 1e12 says enough.
_SHORTEST = 1.0e-12
# Below this share of the largest, a singular value of a linear problem is rounding.
_RANK = 1.0e-13
# Problems of more rows than so many times their unknowns are first made small.
_TALL = 4
# Levenberg and Marquardt's damping of the first step, the least share of it after a good one, what holds what is solved
# for too, and what leaves no step; evaluations; the relative step that ends the descent.
_DAMPING, _RELIEF, _HEAVY, _HEAVIEST = 1.0e-3, 0.1, 1.0e6, 1.0e20
_GROWTH = 4.0
_MAX_STEPS = 100
_STEP = 1.0e-12
# A step that failed is made shorter by this factor at most before the next attempt.
_SHORTEN = 0.1
_TINY = 1.0e-300

FINE, FINEST = 1.0e-9, 1.0e-15
"""Relative gains in the sum of squares that end a descent; with the finer one, the minimum to rounding."""


def principal_directions(jacobian: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Singular values, falling, and directions (rows) of a Jacobian of shape (n, k): k of each, also where n < k."""
    rows, columns = jacobian.shape
    if rows < columns:
        jacobian = np.concatenate([jacobian, np.zeros((columns - rows, columns))])
    _, singular, directions = np.linalg.svd(jacobian, full_matrices=False)
    return singular, directions


def independent_steps(jacobian: FloatArray, sizes: FloatArray) -> FloatArray:
    """Columns: steps of the coordinates that are independent and move chi2 by 1, as the Jacobian has it.

    ``sizes`` are the natural sizes of the coordinates; the steps come in the coordinates' own units.
    """
    singular, directions = principal_directions(jacobian * sizes)
    length = np.maximum(singular, _SHORTEST * max(float(singular[0]), 1.0))
    return sizes[:, None] * (directions.T / length)


def solve_bounded(
    jacobian: FloatArray, residuals: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Steps that minimise |residuals + jacobian step|^2 with low <= step <= high, and which parts are inside.

    Shapes (k, n, m), (k, n), and (k, m) for limits, steps and parts: k problems at once.
    """
    scale = np.linalg.norm(jacobian, axis=-2)
    scale[scale == 0.0] = 1.0
    matrix, target = jacobian / scale[:, np.newaxis], -residuals
    if matrix.shape[1] > _TALL * matrix.shape[2]:
        basis, matrix = np.linalg.qr(matrix)
        target = _times(basis.swapaxes(-1, -2), target)
    found = _least(matrix, target)
    steps = found / scale
    inside = (steps > low) & (steps < high)
    if len(beyond := np.flatnonzero(~inside.all(axis=-1))):
        low, high, scale = low[beyond], high[beyond], scale[beyond]
        free, held = _hold_at_limits(
            matrix[beyond], target[beyond], low * scale, high * scale, found[beyond], inside[beyond]
        )
        steps[beyond], inside[beyond] = np.clip(held / scale, low, high), free
    return steps, inside


def _least(matrices: FloatArray, targets: FloatArray) -> FloatArray:
    """The shortest x that minimises |matrix x - target|^2 for each of k matrices."""
    left, singular, right = np.linalg.svd(matrices, full_matrices=False)
    kept = singular > _RANK * singular[:, :1]
    inverse = np.divide(1.0, singular, out=np.zeros(singular.shape), where=kept)
    return _times(right.swapaxes(-1, -2), inverse * _times(left.swapaxes(-1, -2), targets))


def _times(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Each of k matrices times its vector."""
    return np.asarray((matrices @ vectors[..., np.newaxis])[..., 0])


def _hold_at_limits(
    matrices: FloatArray,
    targets: FloatArray,
    lows: FloatArray,
    highs: FloatArray,
    found: FloatArray,
    free: BoolArray,
) -> tuple[BoolArray, FloatArray]:
    """What is free in the bounded minima of |matrix x - target|^2, and these minima, from those without limits.

    Active sets, as for bounded variables: P. B. Stark and R. L. Parker, Comput. Statist. 10 (1995) 129.
    """
    found, free = np.clip(found, lows, highs), free.copy()
    way = np.arange(len(found))
    for _ in range(10 * found.shape[1]):
        matrix, target, low, high = matrices[way], targets[way], lows[way], highs[way]
        here, loose = found[way], free[way]
        rest = target - _times(matrix, np.where(loose, 0.0, here))
        trial = np.where(loose, _least(matrix * loose[:, np.newaxis], rest), here)
        beyond = loose & ((trial < low) | (trial > high))
        # as far as the first limit on the way, which then holds
        ends = np.where(trial < low, low, high)
        share = np.divide(ends - here, trial - here, out=np.full(here.shape, np.inf), where=beyond)
        stopped = beyond.any(axis=1, keepdims=True)
        met = stopped & (np.arange(here.shape[1]) == np.argmin(share, axis=1, keepdims=True))
        part = np.where(stopped, share.min(axis=1, keepdims=True), 1.0)
        here = np.where(met, ends, np.where(stopped, here + part * (trial - here), trial))
        # of those at limits, the one that most pulls inwards is let go
        left = target - _times(matrix, here)
        downhill = _times(matrix.swapaxes(-1, -2), left)
        inwards = np.where(here <= low, downhill, -downhill)
        inwards[loose | (low == high)] = 0.0
        strongest = inwards.max(axis=1, keepdims=True)
        pulls = ~stopped & (strongest > _RANK * np.linalg.norm(target, axis=1, keepdims=True))
        let_go = pulls & (np.arange(here.shape[1]) == np.argmax(inwards, axis=1, keepdims=True))
        found[way], free[way] = here, (loose & ~met) | let_go
        way = way[(stopped | pulls)[:, 0]]
        if not len(way):
            break
    return free, found


class Bottoms(NamedTuple):
    """Where k ways downhill end: points, shape (k, m), sums of squares, (k,), residuals, (k, n), and Jacobians."""

    points: FloatArray
    squares: FloatArray
    residuals: FloatArray
    jacobian: FloatArray


def least_squares(
    function: Callable[[FloatArray, IntArray], tuple[FloatArray, FloatArray, FloatArray]],
    starts: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    solved: Sequence[int] = (),
    longest: FloatArray | float = inf,
    gain: FloatArray | float = FINE,
    unseen: bool = False,
) -> Bottoms:
    """Minima of k sums of squares downhill from ``starts``, shape (k, m), inside a box.

    ``low`` and ``high`` are its limits, of shape (m,) for all, or (k, m); ``gain`` is a number or has the shape (k,).

    ``function`` takes some of the points, shape (j, m), and which of the k they are. It returns the points, where it
    may have moved the coordinates ``solved`` to their best; their residuals, shape (j, n); and Jacobians, (j, n, m).
    Residuals may be infinite: the step is then taken shorter. No step is longer than ``longest``: a linear problem
    knows nothing beyond, and a step to where all is level would end there. A step that promises no more than the share
    ``gain`` of the sum is the last; with ``unseen`` it is taken at its promise, without a call of ``function``. All k
    go side by side, each on its own way.

    The method is that of Levenberg and Marquardt (K. Levenberg, Quart. Appl. Math. 2 (1944) 164; D. W. Marquardt, SIAM
    J. Appl. Math. 11 (1963) 431), each step the bounded minimum of its damped linear problem; the damping follows
    H. B. Nielsen (IMM-REP-1999-05, Technical University of Denmark, 1999), and after a step that failed grows at least
    as far as the parabola along that step demands. What is ``solved`` follows each step as far as its limits, undamped
    as long as steps succeed, and is solved anew at its end (variable projection).

    Raises
    ------
    ValueError
        Where residuals are infinite at a start.
    """
    count, size = starts.shape
    way = np.arange(count)
    low, high = np.broadcast_to(low, starts.shape), np.broadcast_to(high, starts.shape)
    gain = np.broadcast_to(gain, count)
    points, residuals, jacobian = function(np.clip(starts, low, high), way)
    squares = np.einsum("kn,kn->k", residuals, residuals)
    if not np.isfinite(squares).all():
        raise ValueError("the residuals are infinite at the start")
    damping, growth = np.full(count, _DAMPING), np.full(count, float(_GROWTH))
    solved = list(solved)
    undamped = np.where(np.isin(np.arange(size), solved), _HEAVY, 0.0)
    scale = np.zeros(points.shape)
    for _ in range(_MAX_STEPS):
        scale[way] = np.maximum(scale[way], _own_lengths(jacobian[way], solved))
        weight = np.sqrt(np.maximum(damping[way][:, np.newaxis] - undamped, 0.0))
        weight *= np.where(scale[way] > 0.0, scale[way], 1.0)
        steps, _ = solve_bounded(
            np.concatenate([jacobian[way], weight[..., np.newaxis] * np.eye(size)], axis=1),
            np.concatenate([residuals[way], np.zeros((len(way), size))], axis=1),
            np.maximum(low[way] - points[way], -longest),
            np.minimum(high[way] - points[way], longest),
        )
        along = _times(jacobian[way], steps)
        slope, bend = np.einsum("kn,kn->k", residuals[way], along), np.einsum("kn,kn->k", along, along)
        promised = -2.0 * slope - bend
        trial = np.clip(points[way] + steps, low[way], high[way])
        enough = promised <= gain[way] * squares[way]
        if unseen and enough.any():
            done = way[enough]
            points[done], squares[done] = trial[enough], squares[done] - promised[enough]
            residuals[done] += along[enough]
            way, trial, steps = way[~enough], trial[~enough], steps[~enough]
            promised, slope, bend, enough = (item[~enough] for item in (promised, slope, bend, enough))
            if not len(way):
                break
        near = np.all(np.abs(trial - points[way]) <= _STEP * np.abs(points[way]), axis=1)
        last = enough | near | (damping[way] > _HEAVIEST)
        trial, there, slopes = function(trial, way)
        now = np.einsum("kn,kn->k", there, there)
        gained = squares[way] - now
        better = gained > 0.0
        won, failed = way[better], way[~better]
        share = np.divide(gained, promised, out=np.ones(len(way)), where=promised > 0.0)[better]
        damping[won] *= np.maximum(_RELIEF, 1.0 - (2.0 * share - 1.0) ** 3)
        growth[won] = _GROWTH
        points[won], squares[won] = trial[better], now[better]
        residuals[won], jacobian[won] = there[better], slopes[better]
        if len(failed):
            own = np.sum(np.where(undamped > 0.0, 0.0, scale[way] * steps) ** 2, axis=1)
            needed = _needed_damping(*(item[~better] for item in (gained, slope, bend, own)))
            damping[failed] = np.fmax(growth[failed] * damping[failed], needed)
            growth[failed] *= 2.0
        way = way[~last]
        if not len(way):
            break
    return Bottoms(points, squares, residuals, jacobian)


def _needed_damping(gained: FloatArray, slope: FloatArray, bend: FloatArray, own: FloatArray) -> FloatArray:
    """Damping that goes as far along steps that failed as the parabola through what was found there is lowest.

    ``own`` is the square of each step in the lengths that the damping has.
    """
    back = np.divide(gained, slope, out=np.zeros(len(slope)), where=slope < 0.0)
    shorter = np.minimum(1.0 + back, 1.0 / _SHORTEN)
    return np.divide(shorter * bend, own, out=np.zeros(len(own)), where=own > 0.0)


def _own_lengths(jacobian: FloatArray, solved: Sequence[int]) -> FloatArray:
    """Lengths of the columns of each Jacobian, those that are not ``solved`` without what these can take up."""
    lengths: FloatArray = np.linalg.norm(jacobian, axis=1)
    if not solved:
        return lengths
    basis, _ = np.linalg.qr(jacobian[..., solved] / np.maximum(lengths[:, np.newaxis, solved], _TINY))
    own: FloatArray = np.linalg.norm(jacobian - basis @ (basis.swapaxes(-1, -2) @ jacobian), axis=1)
    own[:, solved] = lengths[:, solved]
    return own
