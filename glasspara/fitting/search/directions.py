"""The independent directions of a weighted Jacobian."""

from __future__ import annotations

import numpy as np

from glasspara.arrays import FloatArray

# Singular values below this share of the largest are taken for this share: a standard error of 1e12 says enough.
_SHORTEST = 1.0e-12


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
