"""Linear least squares by orthonormal bases: what columns take from residuals beyond what others have taken."""

from __future__ import annotations

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.fitting.judge.statistics import f_p_value

RANK = 1.0e-9
"""Singular values below this share of the largest are rounding."""

# Against unit columns: what lies in the base already leaves rounding only.
_BEYOND = 1.0e-6


def scaled_columns(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Columns of unit length, and the lengths that they had (1 for a column of zeros)."""
    norm = np.linalg.norm(matrix, axis=0)
    norm[norm == 0.0] = 1.0
    return matrix / norm, norm


def orthonormal(matrix: FloatArray) -> FloatArray:
    """Orthonormal basis of the columns' span, shape (n, rank)."""
    left, singular, _ = np.linalg.svd(scaled_columns(matrix)[0], full_matrices=False)
    return left[:, singular > RANK * singular.max(initial=0.0)]


def basis_beyond(base: FloatArray, block: FloatArray) -> FloatArray:
    """Orthonormal basis of what the columns of ``block`` span beyond the orthonormal ``base``, shape (n, rank)."""
    scaled, _ = scaled_columns(block)
    left, singular, _ = np.linalg.svd(scaled - base @ (base.T @ scaled), full_matrices=False)
    return left[:, singular > _BEYOND]


def gain_beyond(base: FloatArray, block: FloatArray, residual: FloatArray) -> tuple[float, int, FloatArray]:
    """Chi2 that ``block`` takes from ``residual`` beyond ``base``, in how many dimensions, and the part taken."""
    beyond = basis_beyond(base, block)
    part = beyond @ (beyond.T @ residual)
    return float(part @ part), beyond.shape[1], part


def f_test(gain: float, rank: int, left: float, rest: int) -> tuple[float, float]:
    """F ratio and p-value of ``gain`` in ``rank`` dimensions where chi2 of ``left`` is left in ``rest``."""
    if rank == 0 or left <= 0.0:
        return 0.0, 1.0
    statistic = (gain / rank) / (left / rest)
    return statistic, f_p_value(statistic, rank, rest)


def coefficients(matrix: FloatArray, target: FloatArray) -> FloatArray:
    """Coefficients of least squares; where they are not unique, the shortest in columns of unit length."""
    scaled, norm = scaled_columns(matrix)
    found: FloatArray = np.linalg.lstsq(scaled, target, rcond=RANK)[0] / norm
    return found


def first_error(matrix: FloatArray) -> float:
    """Standard error of the first coefficient for unit noise."""
    scaled, norm = scaled_columns(matrix)
    others = orthonormal(scaled[:, 1:])
    alone = scaled[:, 0] - others @ (others.T @ scaled[:, 0])
    return float(1.0 / (np.linalg.norm(alone) * norm[0]))
