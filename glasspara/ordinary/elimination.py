"""Unknowns that act on a single run, each with a normal prior: minimised over run by run, whatever else is fitted.

With hundreds of runs they are thousands, and as columns of one least-squares problem they would cost the points times
their number, in memory too. Taken out first they cost a few columns, and the rest of the problem does not grow.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glasspara.arrays import FloatArray


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
