"""Polynomials for the ATS tables: interpolation at Chebyshev nodes, evaluation by powers of the variable.

The tables are functions of two variables. A point costs one matrix product, which makes the coefficients by
powers of the second variable out of weights that depend on the first, and Horner's rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray

_BLOCK = 4096
"""Points per round of Horner's rule: enough for each operation to outweigh its call, few enough for the second-level
cache."""
_PRODUCT = 250_000
"""Multiplications per matrix product. From 2^18 on BLAS would wake other threads, which costs more than it saves."""
_ROUNDING = 4e-16
"""Chebyshev coefficients of a function of two variables smaller than this, relative to the largest, are noise."""


@lru_cache(maxsize=16)
def nodes(n: int) -> FloatArray:
    """The Chebyshev nodes of the first kind on [-1, 1]."""
    return np.cos((np.arange(n) + 0.5) * np.pi / n)


@lru_cache(maxsize=16)
def chebyshev_transform(n: int) -> FloatArray:
    """Matrix that takes samples at ``nodes(n)`` to the Chebyshev coefficients of their interpolation."""
    order, node = np.arange(n)[:, np.newaxis], np.arange(n)
    # The angle is reduced in integers: cos(k theta) of a rounded k theta has k times the error.
    quarter = order * (2 * node + 1) % (4 * n)
    return np.asarray(np.where(order == 0, 1.0, 2.0) / n * np.cos(quarter * (np.pi / (2 * n))))


@lru_cache(maxsize=16)
def _powers_of_chebyshev(n: int) -> FloatArray:
    """Column k: the coefficients of T_k by powers of x, from T_k = 2 x T_(k-1) - T_(k-2)."""
    out = np.eye(n)
    for k in range(2, n):
        out[1:, k] = 2 * out[:-1, k - 1]
        out[:, k] -= out[:, k - 2]
    return out


def interpolate(samples: FloatArray) -> FloatArray:
    """Coefficients by powers of x (first axis) from samples at the Chebyshev nodes (first axis)."""
    return _by_powers(chebyshev_transform(len(samples)) @ samples)


def interpolate_both(samples: FloatArray) -> FloatArray:
    """Coefficients by T_j of the first variable (first axis) and powers of the second.

    The samples are at the Chebyshev nodes of both. Coefficients below the rounding error are
    dropped: those of high order would only be magnified by the change to powers.
    """
    rows, columns = samples.shape
    series = chebyshev_transform(rows) @ samples @ chebyshev_transform(columns).T
    kept = np.abs(series) > _ROUNDING * np.abs(series).max()
    series *= kept
    rows, columns = (1 + int(np.flatnonzero(kept.any(axis=axis)).max()) for axis in (1, 0))
    return np.ascontiguousarray(_by_powers(series[:rows, :columns].T).T)


def _by_powers(series: FloatArray) -> FloatArray:
    """Coefficients by powers of x from those by Chebyshev polynomials, first axis.

    A step of its own, not one matrix from the samples: the entries of T_k grow fast, and what keeps the result small
    is that the coefficients of the series fall faster.
    """
    return np.asarray(_powers_of_chebyshev(len(series)) @ series)


def power_series(base: FloatArray, out: FloatArray) -> None:
    """Fill the rows of ``out`` with base, base^2, ..."""
    previous: FloatArray | float = 1.0
    for row in out:
        np.multiply(base, previous, out=row)
        previous = row


def chebyshev_rows(x: FloatArray, out: FloatArray) -> FloatArray:
    """Fill the rows of ``out`` with T_0(x), T_1(x), ..."""
    out[0], out[1] = 1.0, x
    double = 2 * x
    for k in range(2, len(out)):
        np.multiply(double, out[k - 1], out=out[k])
        out[k] -= out[k - 2]
    return out


def product(matrix: FloatArray, columns: FloatArray, out: FloatArray) -> FloatArray:
    """``matrix @ columns`` for few rows and many columns, in one thread."""
    step = max(1, _PRODUCT // matrix.size)
    for first in range(0, columns.shape[1], step):
        some = np.s_[:, first : first + step]
        np.matmul(matrix, columns[some], out=out[some])
    return out


def evaluate_series(x: FloatArray, table: FloatArray, weights: FloatArray) -> FloatArray:
    """Polynomial in x whose coefficients are the rows of ``table`` summed with ``weights``, point by point.

    ``x`` has shape (..., n), ``table`` (rows, powers of x), ``weights`` (rows, n) or (rows, 1).
    """
    value = np.empty_like(x)
    buffer = np.empty((table.shape[1], min(weights.shape[1], _BLOCK)))
    for part in _blocks(x):
        chosen = _part(weights, part)
        _horner(x[part], product(table.T, chosen, buffer[:, : chosen.shape[1]]), value[part])
    return value


def evaluate_both(x: FloatArray, t: FloatArray, tables: dict[str, FloatArray]) -> dict[str, FloatArray]:
    """The functions of (t, x) with the ``tables`` of ``interpolate_both``.

    ``x`` has shape (..., n), ``t`` (n,) or (1,).
    """
    out = {name: np.empty_like(x) for name in tables}
    rows, columns = (max(table.shape[axis] for table in tables.values()) for axis in (0, 1))
    # One piece of memory for both: the allocator would hand two back to the system after every call.
    work = np.empty((rows + columns, min(t.size, _BLOCK)))
    for part in _blocks(x):
        chosen = _part(t, part)
        weights = chebyshev_rows(chosen, work[:rows, : chosen.size])
        for name, table in tables.items():
            coefficients = work[rows : rows + table.shape[1], : chosen.size]
            _horner(x[part], product(table.T, weights[: len(table)], coefficients), out[name][part])
    return out


def _blocks(x: FloatArray) -> Iterator[tuple[Any, ...]]:
    for start in range(0, x.shape[-1], _BLOCK):
        yield np.s_[..., start : start + _BLOCK]


def _part(array: FloatArray, part: tuple[Any, ...]) -> FloatArray:
    """The part, unless the one column stands for all."""
    return array if array.shape[-1] == 1 else array[part]


def _horner(x: FloatArray, coefficients: FloatArray, out: FloatArray) -> None:
    out[...] = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        out *= x
        out += coefficient
