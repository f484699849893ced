"""The tables of the three-level term: their coordinates and splines, reading and evaluation.

Three functions of the phase phi, of d0 = D_0/kT and of the lower cutoff d = D_min/kT, with R the response of
one ATS (``docs/theory.md``, "Three levels") averaged over the asymmetry angle and integrated over dD/D from d up:

=====  =====================================================================================
r      (1 + d0) R
a      (1 + d0)/phi^2 int_0^phi 2 sin(phi') R dphi',          the change A of ln Z with the phase
g      (1 + d0)/phi^3 int_0^phi 2 phi' sin(phi') R dphi',     G = A less its mean from 0 to phi
=====  =====================================================================================

Each is q - ln(d) r_0 - sum_k d^2k r_k/2k with splines q, r_0, r_1 ... of (phi, d0); ``studies.three_level_tables``
makes them. ``tail`` is R beyond an upper cutoff of D as the harmonics c_m of (1 + d0) 2 sin(phi) R = sum_m c_m
sin(m phi)/m. There the levels do not cross, and a few harmonics are enough.

A table is a tensor product of quintic B-splines on even knots over the unit square. Its first coordinate follows
ln(1 + d0); the second resolves the crossing of the lower two levels, which is some 1/d0 wide in the phase, or runs
along the upper cutoff of D.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray

DEGREE = 5
_WIDTH = DEGREE + 1
D_LIMIT = 2.0
"""D_min/kT up to which the expansion in D_min holds."""
D0_LIMIT = 1.0e4
"""Largest D_0/kT."""
REACH = 9.5
"""Upper cutoffs of D more than exp(REACH) times ``tail_edge`` make no difference."""
HARMONICS = 16
"""Harmonics of the phase in the table of the tail."""
_NEGLIGIBLE = 1e-10
"""Powers of d that change a table by less, relative to its leading part, are left out."""

_D0_SCALE = 0.5
_D0_RANGE = float(np.log1p(D0_LIMIT / _D0_SCALE))
_STEEP, _STEEP0 = 0.37, 0.3
"""Steepness of the phase coordinate: 0.37 d0 is the distance of the nearest pole of tanh(c), c = d0 phi/sqrt 3."""


def d0_coordinate(d0: FloatArray) -> FloatArray:
    """Position of ``d0`` on [0, 1]."""
    return np.asarray(np.log1p(d0 / _D0_SCALE) / _D0_RANGE)


def d0_slope(d0: FloatArray) -> FloatArray:
    """d (d0_coordinate) / d ln d0."""
    return np.asarray(d0 / ((d0 + _D0_SCALE) * _D0_RANGE))


def d0_at(position: FloatArray) -> FloatArray:
    """Inverse of :func:`d0_coordinate`."""
    return np.asarray(_D0_SCALE * np.expm1(position * _D0_RANGE))


def phase_coordinate(phase: FloatArray, d0: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Position of 0 <= ``phase`` <= pi on [0, 1], and its derivatives by the phase and by ln ``d0``."""
    steep = _STEEP0 + _STEEP * d0
    span = np.arcsinh(steep * pi)
    position = np.arcsinh(steep * phase) / span
    by_steep = phase / np.hypot(1.0, steep * phase) - position * pi / np.hypot(1.0, steep * pi)
    return position, steep / (np.hypot(1.0, steep * phase) * span), _STEEP * d0 * by_steep / span


def phase_at(position: FloatArray, d0: float) -> FloatArray:
    """Inverse of :func:`phase_coordinate`."""
    steep = _STEEP0 + _STEEP * d0
    return np.asarray(np.sinh(position * np.arcsinh(steep * pi)) / steep)


def tail_edge(d0: FloatArray) -> FloatArray:
    """Lower edge of the table of the tail in D/kT: below 2 d0 where that exceeds D_LIMIT, smooth in ``d0``."""
    return np.asarray(2.0**0.75 * (1 + d0**4) ** 0.25)


def basis(local: FloatArray, *, slope: bool = False) -> FloatArray:
    """The six quintic B-splines at the places ``local`` in [0, 1] of a knot interval of length 1, shape (n, 6)."""
    powers = np.empty((local.size, DEGREE + 1))
    powers[:, 0] = 1.0
    for k in range(1, DEGREE + 1):
        np.multiply(powers[:, k - 1], local, out=powers[:, k])
    if slope:
        return np.asarray(powers[:, :DEGREE] @ _SLOPES)
    return np.asarray(powers @ _PIECES)


def cell(position: FloatArray, intervals: int) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Knot interval of each ``position`` in [0, 1], and the place in it."""
    scaled = position * intervals
    index = np.minimum(scaled.astype(np.intp), intervals - 1)
    return index, scaled - index


def _pieces() -> FloatArray:
    """Coefficients by powers of the place, of each of the B-splines that live on one interval."""
    pieces = np.ones((1, 1))
    for degree in range(1, DEGREE + 1):
        # Cox and de Boor: B_i = ((x + degree - i) B_(i-1) + (1 - x + i) B_i) / degree, i = 0 ... degree
        raised = np.zeros((degree + 1, degree + 1))
        for i in range(degree + 1):
            if i > 0:
                raised[:-1, i] += (degree - i) * pieces[:, i - 1]
                raised[1:, i] += pieces[:, i - 1]
            if i < degree:
                raised[:-1, i] += (1 + i) * pieces[:, i]
                raised[1:, i] -= pieces[:, i]
        pieces = raised / degree
    return pieces


_PIECES = _pieces()
_SLOPES = _PIECES[1:] * np.arange(1.0, DEGREE + 1)[:, np.newaxis]


class TablePlace(NamedTuple):
    """Where in the tables the points lie: knot intervals, B-splines there, and what their derivatives need."""

    row: npt.NDArray[np.intp]
    column: npt.NDArray[np.intp]
    across: FloatArray
    along: FloatArray
    across_slope: FloatArray
    along_slope: FloatArray


class SlopedValue(NamedTuple):
    """A function of the tables, and its derivatives by the phase, by ln d0 and by the weights' own variables."""

    value: FloatArray
    by_phase: FloatArray
    by_log_d0: FloatArray
    by_weights: tuple[FloatArray, ...]


@lru_cache(maxsize=1)
def _file() -> dict[str, FloatArray]:
    with np.load(Path(__file__).with_name("three_level.npz")) as stored:
        return {name: stored[name].astype(np.float64) for name in stored.files}


@lru_cache(maxsize=32)
def _windows(name: str, orders: int) -> FloatArray:
    """For each knot interval of the second coordinate the coefficients that count there, one line in memory."""
    table = _file()[name][..., :orders]
    windows = np.lib.stride_tricks.sliding_window_view(table, _WIDTH, axis=1)
    return np.ascontiguousarray(np.moveaxis(windows, -1, 2)).reshape(*windows.shape[:2], -1)


@lru_cache(maxsize=1)
def _sizes() -> FloatArray:
    """Largest coefficient of each term of the expansion in d."""
    return np.asarray(np.abs(_file()["r"]).max(axis=(0, 1)))


def orders_needed(d: FloatArray) -> int:
    """How many terms of the expansion in d count: q, r_0, and one for each power of d^2."""
    sizes = _sizes()
    largest = float(d.max(initial=0.0)) ** 2
    powers = largest ** np.arange(1, len(sizes) - 1)
    return 2 + int(np.count_nonzero(sizes[2:] * powers > _NEGLIGIBLE * sizes[1]))


def cutoff_weights(d: FloatArray, orders: int) -> tuple[FloatArray, FloatArray]:
    """Weights of q, r_0, r_1 ... at the cutoff ``d``, shape (n, orders), and their derivatives by ln d."""
    powers = np.power.outer(d * d, np.arange(1, orders - 1))
    weights, slopes = np.empty((2, d.size, orders))
    weights[:, 0], slopes[:, 0] = 1.0, 0.0
    weights[:, 1], slopes[:, 1] = -np.log(d), -1.0
    weights[:, 2:] = powers / (-2.0 * np.arange(1, orders - 1))
    slopes[:, 2:] = -powers
    return weights, slopes


def phase_place(phase: FloatArray, d0: FloatArray) -> TablePlace:
    """Place of the points (n,) in the tables r, a and g; 0 <= ``phase`` <= pi."""
    position, by_phase, by_log_d0 = phase_coordinate(phase, d0)
    return _place("r", d0, position, by_phase, by_log_d0)


def tail_place(d: FloatArray, d0: FloatArray) -> TablePlace:
    """Place of the points in the table of the tail, the upper cutoff ``d`` in place of the phase; by ln ``d``."""
    steep = d0**4 / (1 + d0**4)
    position = np.clip(np.log(d / tail_edge(d0)) / REACH, 0.0, 1.0)
    return _place("tail", d0, position, np.full_like(d, 1 / REACH), -steep / REACH)


def _place(
    name: str, d0: FloatArray, position: FloatArray, by_own: FloatArray, by_log_d0: FloatArray
) -> TablePlace:
    rows, columns = (length - DEGREE for length in _file()[name].shape[:2])
    row, down = cell(d0_coordinate(d0), rows)
    column, right = cell(position, columns)
    along, slope = basis(right), basis(right, slope=True) * columns
    across = basis(down)
    return TablePlace(
        row,
        column,
        across,
        along,
        # The change with ln d0 is that of the row, and that of the position in it.
        basis(down, slope=True) * (rows * d0_slope(d0))[:, np.newaxis],
        np.stack([slope * by_own[:, np.newaxis], slope * by_log_d0[:, np.newaxis]]),
    )


def look_up(name: str, place: TablePlace, weights: FloatArray) -> FloatArray:
    """The table ``name`` at ``place``, its terms added with ``weights`` (n, terms); shape (n,)."""
    return _contract(name, place, weights.shape[1], [_lines(place.along, weights)])[0]


def look_up_slopes(
    name: str, place: TablePlace, weights: FloatArray, by: tuple[FloatArray, ...]
) -> SlopedValue:
    """As :func:`look_up`, with derivatives; ``by`` are derivatives of the weights."""
    by_own, by_log_d0 = place.along_slope
    lines = [
        _lines(along, weight)
        for along, weight in (
            (place.along, weights),
            (by_own, weights),
            (by_log_d0, weights),
            *((place.along, one) for one in by),
        )
    ]
    value, own, shifted, *rest = _contract(name, place, weights.shape[1], lines)
    (across,) = _contract(name, place._replace(across=place.across_slope), weights.shape[1], lines[:1])
    return SlopedValue(value, own, shifted + across, tuple(rest))


def _lines(along: FloatArray, weights: FloatArray) -> FloatArray:
    return np.asarray((along[:, :, np.newaxis] * weights[:, np.newaxis, :]).reshape(len(along), -1))


def _contract(name: str, place: TablePlace, orders: int, lines: list[FloatArray]) -> list[FloatArray]:
    windows = _windows(name, orders)
    columns = windows.shape[1]
    flat = windows.reshape(-1, windows.shape[2])
    start = place.row * columns + place.column
    out = [np.zeros(len(start)) for _ in lines]
    for step in range(_WIDTH):
        part = flat.take(start + step * columns, axis=0)
        for number, line in enumerate(lines):
            out[number] += place.across[:, step] * np.einsum("ij,ij->i", part, line)
    return out
