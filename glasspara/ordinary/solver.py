"""Least squares with weights that are not negative, and free directions beside them.

    minimise |y - A w - F x|^2,   w >= 0, x free

A QR decomposition of F eliminates x, and one of [A y] replaces points that are many by as many rows as there are
columns; what is left is non-negative least squares by the active set of C. L. Lawson and R. J. Hanson, Solving Least
Squares Problems (1974), chapter 23. Its optimum is unique in A w, needs no start, and proves itself: see
:class:`Certificate`.

Unknowns that act on a single run, each with a normal prior, are minimised over run by run (:func:`eliminate`), whatever
else is fitted: with hundreds of runs they are thousands, and as columns of one problem they would cost the points times
their number, in memory too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from glasspara.arrays import BoolArray, FloatArray, IntArray, column_lengths

# A column is taken in if chi2 falls by more than twice this per standard error of it. Entries of a dictionary are so
# nearly alike that many small gains add up: with 1e-4 in its place chi2 stays up to 0.5 above its minimum.
_WORTH = 1.0e-9
_MAX_CHANGES = 1000
# More rows than so many times the columns are worth a QR decomposition.
_TALL = 4
# Weak hold on free columns of unit length, so that those that are combinations of others do no harm.
_HOLD = 1.0e-8


@dataclass(frozen=True)
class Certificate:
    """Proof that no other weights serve better.

    ``gap`` bounds what all entries together could still take from chi2, by its convexity, if the weights of the optimum
    sum to no more than those found. ``changes`` counts how often an entry came or went.
    """

    gap: float
    changes: int


@dataclass(frozen=True, eq=False)
class Solution:
    """``weights`` of the columns of A, shape (p,), ``free`` of F, shape (f,), and the chi2 that they leave."""

    weights: FloatArray
    free: FloatArray
    chi2: float
    certificate: Certificate
    scaled: FloatArray = field(repr=False)
    """The weights of columns of unit length."""
    columns: FloatArray = field(repr=False)
    target: FloatArray = field(repr=False)
    """Columns of unit length and target of the least squares that are left without the free columns."""

    def rise_without(self, group: BoolArray) -> float:
        """By how much chi2 grows without the columns of ``group``, (p,)."""
        rest = self.columns[:, ~group]
        start = np.flatnonzero(self.scaled[~group] > 0.0)
        left = self.target - rest @ _non_negative(rest, self.target, start)[0]
        return float(left @ left) - self.chi2

    @property
    def active(self) -> tuple[int, ...]:
        """Columns with a positive weight."""
        return tuple(int(index) for index in np.flatnonzero(self.weights > 0.0))


def solve(
    columns: FloatArray, free: FloatArray, target: FloatArray, *, start: Sequence[int] = ()
) -> Solution:
    """The best fit of ``target`` (n,) by ``columns`` (n, p) with weights >= 0 and ``free`` (n, f) with any.

    All are in standard errors. ``start`` names columns that are likely to be active; it saves time and changes nothing
    else.
    """
    lengths, free_lengths = (column_lengths(matrix) for matrix in (columns, free))
    f = free.shape[1]
    basis, triangle = np.linalg.qr(np.concatenate([free / free_lengths, _HOLD * np.eye(f)]))
    system = np.concatenate([np.column_stack([columns / lengths, target]), np.zeros((f, len(lengths) + 1))])
    along = basis.T @ system
    system -= basis @ along
    if len(system) > _TALL * system.shape[1]:
        system = np.asarray(np.linalg.qr(system, mode="r"))
    left, goal = system[:, :-1], system[:, -1]
    scaled, certificate = _non_negative(left, goal, start)
    residual = goal - left @ scaled
    beside = np.linalg.solve(triangle, along[:, -1] - along[:, :-1] @ scaled)
    chi2 = float(residual @ residual)
    return Solution(scaled / lengths, beside / free_lengths, chi2, certificate, scaled, left, goal)


def _non_negative(
    columns: FloatArray, target: FloatArray, start: Sequence[int] | IntArray
) -> tuple[FloatArray, Certificate]:
    """Weights >= 0 of ``columns`` (of at most unit length) that fit ``target`` best."""
    weights = np.zeros(columns.shape[1])
    passive = np.zeros(columns.shape[1], dtype=bool)
    barred = np.zeros(columns.shape[1], dtype=bool)
    changes = 0
    if len(start):
        passive[list(start)] = True
        changes += _descend(columns, target, weights, passive)
    while True:
        chosen = np.flatnonzero(passive)
        slopes = columns.T @ (target - columns[:, chosen] @ weights[chosen])
        candidates = np.where(passive | barred, 0.0, slopes)
        entering = int(np.argmax(candidates)) if candidates.size else 0
        if not candidates.size or candidates[entering] <= _WORTH or changes > _MAX_CHANGES:
            break
        passive[entering] = True
        changes += 1 + _descend(columns, target, weights, passive)
        if passive[entering]:
            barred[:] = False
        else:  # rounding alone let it in
            barred[entering] = True
    violation = float(np.max(slopes, initial=0.0))
    gap = 2.0 * (violation * float(weights.sum()) - float(slopes @ weights))
    return weights, Certificate(gap, changes)


def _descend(
    columns: FloatArray, target: FloatArray, weights: FloatArray, passive: npt.NDArray[np.bool_]
) -> int:
    """Move ``weights`` to the best fit of the passive columns, dropping those that would turn negative; how many."""
    dropped = 0
    while passive.any():
        chosen = np.flatnonzero(passive)
        best = np.linalg.lstsq(columns[:, chosen], target, rcond=None)[0]
        falling = best <= 0.0
        if not falling.any():
            weights[chosen] = best
            break
        now = weights[chosen]
        steps = np.full(chosen.size, np.inf)
        np.divide(now, now - best, out=steps, where=falling & (now > best))
        steps[falling & (now <= best)] = 0.0
        reach = float(steps.min())
        now += min(reach, 1.0) * (best - now)
        gone = falling & (steps <= reach)
        now[gone] = 0.0
        weights[chosen] = now
        passive[chosen[gone]] = False
        dropped += int(gone.sum())
    weights[~passive] = 0.0
    return dropped


def rows_of_runs(lengths: Sequence[int]) -> tuple[slice, ...]:
    """Where each run stands whose points stand together."""
    ends = np.cumsum(lengths).tolist()
    return tuple(slice(end - length, end) for end, length in zip(ends, lengths, strict=True))


def eliminate(matrix: FloatArray, own: FloatArray, runs: Sequence[slice]) -> FloatArray:
    """Take the pulls p of each run out of \\|matrix c + own p\\|^2 + \\|p\\|^2, whatever the c.

    Parameters
    ----------
    matrix : array, shape (n, m)
        In standard errors. It is changed: afterwards \\|matrix c\\|^2 is the least of the sum over all p.
    own : array, shape (n, k)
        What the k pulls of a run do at its points, in standard errors.
    runs : sequence of slices
        The rows of each run.

    Returns
    -------
    array, shape (runs, k, m)
        It gives the pulls where the sum is least: p = found @ c.
    """
    found = np.zeros((len(runs), own.shape[1], matrix.shape[1]))
    for response, rows in zip(found, runs, strict=True):
        left, sizes, right = np.linalg.svd(own[rows], full_matrices=False)
        inside = left.T @ matrix[rows]
        # the rows times (1 + own own^T)^(-1/2)
        root = np.sqrt(1.0 + sizes * sizes)[:, np.newaxis]
        matrix[rows] -= left @ (inside * (1.0 - 1.0 / root))
        response[:] = right.T @ (inside * (-sizes[:, np.newaxis] / root**2))
    return found
