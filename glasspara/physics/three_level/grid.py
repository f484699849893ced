"""Coordinates and splines of the tables of the three-level term, used by what makes them and by what reads them.

A table is a tensor product of quintic B-splines on even knots over the unit square. Its first coordinate follows
ln(1 + d0), d0 = D_0/kT; the second resolves the crossing of the lower two levels, which is some 1/d0 wide in the phase,
or runs along the upper cutoff of D.
"""

from __future__ import annotations

from math import pi

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray

DEGREE = 5
D_LIMIT = 2.0
"""D_min/kT up to which the expansion in D_min holds."""
D0_LIMIT = 1.0e4
"""Largest D_0/kT."""
REACH = 9.5
"""Upper cutoffs of D more than exp(REACH) times ``tail_edge`` make no difference."""

HARMONICS = 16
"""Harmonics of the phase in the table of the tail."""

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


def sites(intervals: int) -> FloatArray:
    """The intervals + 5 places where the spline is made to interpolate: the knots, and four midpoints at the ends."""
    knots = np.arange(intervals + 1.0)
    middles = np.array([0.5, 1.5, intervals - 1.5, intervals - 0.5])
    return np.asarray(np.sort(np.concatenate([knots, middles])) / intervals)


def coefficients(values: FloatArray) -> FloatArray:
    """Coefficients of the spline through ``values`` at :func:`sites` along the first axis."""
    intervals = len(values) - DEGREE
    index, local = cell(sites(intervals), intervals)
    matrix = np.zeros((len(values), len(values)))
    rows = np.arange(len(values))[:, np.newaxis]
    matrix[rows, index[:, np.newaxis] + np.arange(DEGREE + 1)] = basis(local)
    flat = np.linalg.solve(matrix, values.reshape(len(values), -1))
    return np.asarray(flat.reshape(values.shape))


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
