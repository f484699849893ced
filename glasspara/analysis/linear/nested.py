"""F test of two nested linear models, with Gaussian knowledge of coefficients and instrumental errors granted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from glasspara.analysis.linear.projection import f_test, gain_beyond, orthonormal
from glasspara.arrays import FloatArray


class Nested(NamedTuple):
    """F ratio, its degrees of freedom, p-value."""

    statistic: float
    dof: tuple[int, int]
    p_value: float


class Granted(NamedTuple):
    """What may be off: weighted slopes of the null model, shape (n, k), and the widths of their priors, shape (k,)."""

    slopes: FloatArray
    widths: FloatArray


def nested_test(
    null: FloatArray,
    block: FloatArray,
    target: FloatArray,
    *,
    knowledge: FloatArray | None = None,
    smooth: FloatArray | None = None,
    granted: Granted | None = None,
) -> Nested | None:
    """Does ``block`` add to ``null``? Exact for Gaussian noise, whatever its size.

    All arrays are divided by the standard deviations of the points; their first axis runs through these.

    Parameters
    ----------
    null, block : shape (n, k), (n, m)
        Columns of the null model, and what the wider one adds.
    knowledge : shape (rows, k), optional
        Rows of Gaussian knowledge of the null's coefficients, of mean 0 and unit width.
    smooth : shape (n, q), optional
        Columns that may take of the residuals but do not count as gain: the gain is then held against the scatter
        about a smoother curve.
    granted : Granted, optional
        Instrumental errors allowed to the null model.

    Returns
    -------
    Nested, or None where there is nothing to gain or no degree of freedom is left.
    """
    points, k = null.shape
    knowledge = np.zeros((0, k)) if knowledge is None else knowledge
    smooth = np.zeros((points, 0)) if smooth is None else smooth
    granted = Granted(np.zeros((points, 0)), np.zeros(0)) if granted is None else granted
    rows, q = len(knowledge), len(granted.widths)
    base = orthonormal(
        np.block([
            [null, granted.slopes],
            [knowledge, np.zeros((rows, q))],
            [np.zeros((q, k)), np.diag(1.0 / granted.widths)],
        ])
    )  # fmt: skip
    below = np.zeros((rows + q, block.shape[1] + smooth.shape[1]))
    further = np.concatenate([np.concatenate([block, smooth], axis=1), below])
    extended = np.concatenate([target, np.zeros(rows + q)])
    residual = extended - base @ (base.T @ extended)
    gain, rank, _ = gain_beyond(base, further[:, : block.shape[1]], residual)
    taken, all_rank, _ = gain_beyond(base, further, residual)
    rest = len(extended) - base.shape[1] - all_rank
    if rank == 0 or rest < 1:
        return None
    statistic, p_value = f_test(gain, rank, float(residual @ residual) - taken, rest)
    return Nested(statistic, (rank, rest), p_value)
