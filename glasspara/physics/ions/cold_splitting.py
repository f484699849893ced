"""Powder means of split ions beyond the tables: far below the splitting, or in fields far above it.

There the levels have to be diagonalised, milliseconds a point. They depend on b/\\|a\\| alone, and the ratio R of the
powder mean to the Brillouin function is smooth in ln \\|a\\| and ln b: it is computed at the nodes of a grid of both,
each when it is first asked for, and interpolated by cubics. Relative error of the mean below 1e-4; of the derivatives,
relative to their largest values, below 1e-3. Beyond the grid, T below 0.001 K say, both a and b are taken smaller by
one factor.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from glasspara.arrays import FloatArray, IntArray
from glasspara.physics.ions.langevin import brillouin, brillouin_derivative
from glasspara.physics.ions.levels import directions, operators

# First node and distance of the nodes, in ln |a| and ln b alike, and their number.
_LOWEST, _STEP, _SIZE = float(np.log(0.01)), 0.05, 300
_POLAR, _AZIMUTHAL = 24, 10


class _Grid:
    """R at the nodes for one spin, one E/D and one sign of D."""

    def __init__(self, s: float, rhombicity: float, sign: float) -> None:
        x, y, z, splitting = operators(s, rhombicity)
        vectors, self._weights = directions(rhombicity, _POLAR, _AZIMUTHAL)
        self._along = np.einsum("di,ijk->djk", vectors, np.stack([x, y, z]))
        self._splitting = sign * splitting
        self._s = s
        self._values = np.full(_SIZE * _SIZE, np.nan)

    def at(self, i: IntArray, j: IntArray) -> FloatArray:
        """R at nodes of ln \\|a\\| and ln b."""
        nodes = i * _SIZE + j
        asked = np.unique(nodes)
        missing = asked[np.isnan(self._values[asked])]
        apart = missing % _SIZE - missing // _SIZE
        for distance in np.unique(apart).tolist():  # nodes of one b/|a| share their levels
            self._compute(missing[apart == distance], float(np.exp(_STEP * distance)))
        found: FloatArray = self._values[nodes]
        return found

    def _compute(self, nodes: IntArray, b_by_a: float) -> None:
        energies, states = np.linalg.eigh(self._splitting - b_by_a * self._along)
        moments = np.einsum("dki,dkl,dli->di", np.conj(states), self._along, states).real
        a, b = (np.exp(_LOWEST + _STEP * part) for part in (nodes // _SIZE, nodes % _SIZE))
        shares = np.exp(-a[:, np.newaxis, np.newaxis] * (energies - energies[:, :1]))
        means = np.einsum("ndk,dk->nd", shares, moments) / shares.sum(axis=2)
        self._values[nodes] = means @ self._weights / (self._s * brillouin(self._s * b, j=self._s))


@lru_cache(maxsize=16)
def _grid(s: float, rhombicity: float, sign: float) -> _Grid:
    return _Grid(s, rhombicity, sign)


def cold_response(a: FloatArray, b: FloatArray, *, s: float, rhombicity: float) -> FloatArray:
    """Powder mean of the spin along the field, and its derivatives by ``a`` and ``b``; shape (3, n).

    ``a = D/k_B T`` and ``b = g mu_B H/k_B T`` have the shape (n,).
    """
    size, most = np.maximum(np.abs(a), np.abs(b)), np.exp(_LOWEST + _STEP * (_SIZE - 3))
    scale = np.minimum(1.0, most / np.maximum(size, 1.0))
    a, b = a * scale, b * scale
    least = np.exp(_LOWEST + _STEP)
    u, v = ((np.log(np.maximum(np.abs(x), least)) - _LOWEST) / _STEP for x in (a, b))
    i, j = (np.clip(x.astype(np.int64) - 1, 0, _SIZE - 4) for x in (u, v))
    nodes = np.empty((len(a), 4, 4))
    four = np.arange(4)
    for sign in (-1.0, 1.0):
        here = np.flatnonzero((a < 0.0) == (sign < 0.0))
        rows, columns = (
            i[here, np.newaxis, np.newaxis] + four[:, np.newaxis],
            j[here, np.newaxis, np.newaxis] + four,
        )
        nodes[here] = _grid(s, rhombicity, sign).at(rows, columns)
    (across, across_slope), (along, along_slope) = _cubic(u - i), _cubic(v - j)
    ratio, by_u, by_v = (
        np.einsum("kn,nkl,ln->n", one, nodes, other)
        for one, other in ((across, along), (across_slope, along), (across, along_slope))
    )
    free, free_slope = s * brillouin(s * b, j=s), s * s * brillouin_derivative(s * b, j=s)
    by_a = np.divide(by_u * free, _STEP * a, out=np.zeros(a.shape), where=np.abs(a) > least)
    by_b = np.divide(by_v * free, _STEP * b, out=np.zeros(b.shape), where=np.abs(b) > least)
    return np.stack([ratio * free, by_a * scale, (by_b + ratio * free_slope) * scale])


def _cubic(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights of four equidistant nodes at ``x`` from the first of them, and their derivatives; shape (4, n)."""
    weights = [
        -(x - 1) * (x - 2) * (x - 3) / 6,
        x * (x - 2) * (x - 3) / 2,
        -x * (x - 1) * (x - 3) / 2,
        x * (x - 1) * (x - 2) / 6,
    ]
    slopes = [
        -(3 * x * x - 12 * x + 11) / 6,
        (3 * x * x - 10 * x + 6) / 2,
        -(3 * x * x - 8 * x + 3) / 2,
        (3 * x * x - 6 * x + 2) / 6,
    ]
    return np.stack(weights), np.stack(slopes)
