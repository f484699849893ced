"""Least squares in NumPy: linear and non-linear inside a box, and the independent directions of a Jacobian.

Problems here have ten unknowns at most. SciPy's solvers for them cost more time to import than a fit takes, and a
millisecond a call.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, sqrt

import numpy as np

from glasspara.arrays import BoolArray, FloatArray

# Singular values below this share of the largest are taken for this share: a standard error of 1e12 says enough.
_SHORTEST = 1.0e-12
# Below this share of the largest, a singular value of a linear problem is rounding.
_RANK = 1.0e-13
# Levenberg and Marquardt's damping of the first step, and the least share of it after a good one; evaluations; the
# relative step that ends the descent.
_DAMPING, _RELIEF = 1.0e-3, 0.1
_MAX_STEPS = 100
_STEP = 1.0e-12

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
    steps: FloatArray = sizes[:, None] * (directions.T / length)
    return steps


def solve_bounded(
    jacobian: FloatArray, residuals: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Step that minimises |residuals + jacobian step|^2 with low <= step <= high, and which parts are inside.

    Active sets, as for bounded variables: P. B. Stark and R. L. Parker, Comput. Statist. 10 (1995) 129.
    """
    scale = np.linalg.norm(jacobian, axis=0)
    scale[scale == 0.0] = 1.0
    step: FloatArray = np.linalg.lstsq(jacobian / scale, -residuals, rcond=_RANK)[0] / scale
    inside = (step > low) & (step < high)
    if inside.all():
        return step, inside
    basis, matrix = np.linalg.qr(jacobian / scale)
    target, low_scaled, high_scaled = -(basis.T @ residuals), low * scale, high * scale
    free, found = inside, np.clip(step * scale, low_scaled, high_scaled)
    for _ in range(10 * len(found)):
        trial = found.copy()
        rest = target - matrix[:, ~free] @ found[~free]
        trial[free] = np.linalg.lstsq(matrix[:, free], rest, rcond=_RANK)[0]
        beyond = free & ((trial < low_scaled) | (trial > high_scaled))
        if beyond.any():
            # as far as the first limit on the way, which then holds
            ends = np.where(trial < low_scaled, low_scaled, high_scaled)
            share = np.full(len(found), np.inf)
            share[beyond] = (ends - found)[beyond] / (trial - found)[beyond]
            first = int(np.argmin(share))
            found = found + share[first] * (trial - found)
            found[first] = ends[first]
            free = free & (np.arange(len(found)) != first)
            continue
        found = trial
        downhill = matrix.T @ (target - matrix @ found)
        inwards = np.where(found <= low_scaled, downhill, -downhill)
        inwards[free | (low_scaled == high_scaled)] = 0.0
        if inwards.max(initial=0.0) <= _RANK * float(np.linalg.norm(target)):
            break
        free = free | (np.arange(len(found)) == int(np.argmax(inwards)))
    return np.clip(found / scale, low, high), free


def least_squares(
    function: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
    *,
    longest: FloatArray | float = inf,
    gain: float = FINE,
) -> FloatArray:
    """Minimum of a sum of squares downhill from ``start``, inside a box.

    ``function`` returns residuals, shape (n,), and their Jacobian, shape (n, k). Residuals may be infinite: the step
    is then taken shorter. No step is longer than ``longest``: a linear problem knows nothing beyond, and a step to
    where all is level would end there. A step that promises no more than the share ``gain`` of the sum is the last.

    The method is that of Levenberg and Marquardt (K. Levenberg, Quart. Appl. Math. 2 (1944) 164; D. W. Marquardt, SIAM
    J. Appl. Math. 11 (1963) 431), each step the bounded minimum of its damped linear problem; the damping follows
    H. B. Nielsen (IMM-REP-1999-05, Technical University of Denmark, 1999).

    Raises
    ------
    ValueError
        Where residuals are infinite at ``start``.
    """
    point = np.clip(start, low, high)
    residuals, jacobian = function(point)
    squares = float(residuals @ residuals)
    if not isfinite(squares):
        raise ValueError("the residuals are infinite at the start")
    damping, growth = _DAMPING, 2.0
    scale = np.zeros(len(point))
    for _ in range(_MAX_STEPS):
        scale = np.maximum(scale, np.linalg.norm(jacobian, axis=0))
        basis, matrix = np.linalg.qr(jacobian)
        reduced = basis.T @ residuals
        damped = np.concatenate([matrix, sqrt(damping) * np.diag(np.where(scale > 0.0, scale, 1.0))])
        step, _ = solve_bounded(
            damped,
            np.concatenate([reduced, np.zeros(len(point))]),
            np.maximum(low - point, -longest),
            np.minimum(high - point, longest),
        )
        left = reduced + matrix @ step
        promised = float(reduced @ reduced - left @ left)
        trial = np.clip(point + step, low, high)
        last = promised <= gain * squares or np.all(np.abs(trial - point) <= _STEP * np.abs(point))
        there, slopes = function(trial)
        gained = squares - float(there @ there)
        if gained > 0.0:
            share = gained / promised if promised > 0.0 else 1.0
            damping, growth = damping * max(_RELIEF, 1.0 - (2.0 * share - 1.0) ** 3), 2.0
            point, residuals, jacobian, squares = trial, there, slopes, squares - gained
        else:
            damping, growth = damping * growth, 2.0 * growth
        if last:
            break
    return point
