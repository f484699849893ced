"""Makes the tables of the three-level term, ``glasspara/physics/three_level/three_level.npz``.

    python -m studies.three_level_tables

takes about a minute on one core. ``docs/theory.md``, "Three levels", has the derivation.
"""

from __future__ import annotations

from math import pi, sqrt
from pathlib import Path

import numpy as np
from numpy.polynomial import legendre

from glasspara.arrays import FloatArray
from glasspara.physics.three_level import level_coordinates
from glasspara.physics.three_level.tables import (
    D_LIMIT,
    DEGREE,
    HARMONICS,
    REACH,
    basis,
    cell,
    d0_at,
    phase_at,
    tail_edge,
)

D0_INTERVALS, PHASE_INTERVALS, TAIL_INTERVALS = 72, 64, 36
ORDERS = 7
"""Powers of (D_min/kT)^2, from 0 on."""
TARGET = Path(__file__).parent.parent / "glasspara" / "physics" / "three_level" / "three_level.npz"

_ANGLES = 16
_BEYOND = 14.0
"""ln of D over the larger of D_0 and kT, where the integration over D ends: what is left is of order exp(-28)."""


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


def phase_response(r: FloatArray, third: FloatArray) -> FloatArray:
    """d ln Z / dq in units of kT, with the sign turned: R > 0 in d ln Z/d phi = 2 D_0^3 sin(phi) R.

    ``r`` in units of kT. R = e[l1, l2, l3] / Z, the second divided difference of exp(-l) over the partition function;
    1/6 for r = 0. With a = l2 - l1, h = l3 - l2, b = a + h and f(z) = (1 - exp(-z))/z it is
    [f(a) - exp(-a) f(h)] / [b (1 + exp(-a) + exp(-b))], which holds where levels meet. Relative error some
    1e-16/r for r < 1.
    """
    scale = 2 * sqrt(3.0) * r
    a, h = scale * np.sin(third), scale * np.sin(pi / 3 - third)
    b = scale * np.sin(pi / 3 + third)
    fall = np.exp(-a)
    return np.asarray((_mean_fall(a) - fall * _mean_fall(h)) / (b * (1 + fall + np.exp(-b))))


def _mean_fall(z: FloatArray) -> FloatArray:
    """(1 - exp(-z))/z, 1 at z = 0."""
    return np.asarray(np.divide(-np.expm1(-z), z, out=np.ones_like(z), where=z != 0))


def unit_rule(count: int) -> tuple[FloatArray, FloatArray]:
    """Gauss and Legendre's nodes and weights on [0, 1]."""
    x, weight = legendre.leggauss(count)
    return (x + 1) / 2, weight / 2


def mean_response(d: FloatArray, d0: float, phase: FloatArray) -> FloatArray:
    """``phase_response`` averaged over the asymmetry angle, shape (len(d), len(phase)).

    At D >> D_0, kT it is a narrow peak about t = 1: the nodes follow its width.
    """
    x, weight = unit_rule(_ANGLES)
    out = np.empty((len(d), len(phase)))
    for row, one in zip(out, d, strict=True):
        width = (1 + d0) / one
        span = np.arcsinh(pi / width)
        angle = width * np.sinh(span * x)
        share = weight * span * np.hypot(width, angle) / pi
        r, third = level_coordinates(one, d0, angle[:, np.newaxis], phase)
        row[:] = share @ phase_response(r, third)
    return out


def asymmetry_rule(d0: float) -> tuple[FloatArray, FloatArray]:
    """Nodes D/kT and weights of the integral dD/D from D_LIMIT up."""
    x, weight = unit_rule(10)
    start = np.log(D_LIMIT)
    panels = int(np.ceil((np.log(max(1.0, d0)) + _BEYOND - start) / 2))
    logs = start + 2 * (np.arange(panels)[:, np.newaxis] + x)
    return np.exp(logs).ravel(), np.tile(2 * weight, panels)


def response_series(d0: float, phase: FloatArray) -> FloatArray:
    """int_d dD/D <R> = q - ln(d) r_0 - sum_k d^2k r_k / 2k for d <= D_LIMIT: q, r_0, r_1 ..., last axis.

    The r_k are an even polynomial through <R> at Chebyshev nodes in d^2.
    """
    top = D_LIMIT**2
    square = (1 + np.cos(pi * (np.arange(ORDERS) + 0.5) / ORDERS)) / 2
    values = mean_response(D_LIMIT * np.sqrt(square), d0, phase)
    r = np.linalg.solve(np.vander(square, increasing=True), values) / top ** np.arange(ORDERS)[:, np.newaxis]
    d, weight = asymmetry_rule(d0)
    halves = top ** np.arange(1, ORDERS) / (2 * np.arange(1, ORDERS))
    q = weight @ mean_response(d, d0, phase) + r[0] * np.log(D_LIMIT) + halves @ r[1:]
    return np.concatenate([q[np.newaxis], r]).T


def phase_tables(d0: float) -> FloatArray:
    """R, A and G at the sites of the phase, shape (3, sites, 1 + ORDERS), scaled as the tables are."""
    edges = phase_at(sites(PHASE_INTERVALS), d0)
    x, weight = unit_rule(5)
    width = np.diff(edges)[:, np.newaxis]
    inner = edges[:-1, np.newaxis] + width * x
    phase = np.concatenate([edges, inner.ravel()])
    response = response_series(d0, phase) * (1 + d0)
    at_edges, between = response[: len(edges)], response[len(edges) :].reshape(*inner.shape, -1)
    slope = (weight * width * 2 * np.sin(inner))[..., np.newaxis] * between
    rise = np.cumsum(slope.sum(axis=1), axis=0)
    moment = np.cumsum((inner[..., np.newaxis] * slope).sum(axis=1), axis=0)
    out = np.empty((3, *at_edges.shape))
    out[0] = at_edges
    out[1, 0], out[2, 0] = at_edges[0], at_edges[0] * (2 / 3)
    out[1, 1:] = rise / edges[1:, np.newaxis] ** 2
    out[2, 1:] = moment / edges[1:, np.newaxis] ** 3
    return out


def tail_harmonics(d0: float) -> FloatArray:
    """Harmonics c_m of the response beyond an upper cutoff, at its sites; shape (sites, HARMONICS)."""
    logs = np.log(tail_edge(np.array(d0))) + REACH * sites(TAIL_INTERVALS)
    logs = np.append(logs, logs[-1] + _BEYOND / 2)
    x, weight = unit_rule(6)
    width = np.diff(logs)[:, np.newaxis]
    nodes = np.exp(logs[:-1, np.newaxis] + width * x)
    phases = pi * np.arange(33) / 32
    response = mean_response(nodes.ravel(), d0, phases).reshape(*nodes.shape, -1)
    panels = ((weight * width)[..., np.newaxis] * response).sum(axis=1)
    tail = np.cumsum(panels[::-1], axis=0)[::-1]
    tail[:, [0, -1]] /= 2
    cosines = tail @ np.cos(np.outer(phases, np.arange(HARMONICS + 2))) / 16
    out = cosines[:, :HARMONICS] - cosines[:, 2:]
    return np.asarray((1 + d0) * out * np.arange(1, HARMONICS + 1))


def tables() -> dict[str, FloatArray]:
    """Spline coefficients of all tables, by name."""
    d0 = d0_at(sites(D0_INTERVALS))
    phase = np.stack([phase_tables(float(one)) for one in d0], axis=1)
    tail = np.stack([tail_harmonics(float(one)) for one in d0])
    fields = {
        name: coefficients(np.moveaxis(coefficients(np.moveaxis(part, 1, 0)), 1, 0))
        for name, part in zip(("r", "a", "g"), phase, strict=True)
    }
    fields["tail"] = coefficients(np.moveaxis(coefficients(np.moveaxis(tail, 1, 0)), 1, 0))
    return fields


def main() -> None:
    """Write the file."""
    with TARGET.open("wb") as stream:
        np.savez_compressed(stream, **tables())


if __name__ == "__main__":
    main()
