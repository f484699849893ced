"""Flux jumps of the SQUID: points that lie far off the smooth curve through their neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, IntArray
from glasspara.runs.scatter import Scatter, residuals_of, resolution, spread_out, window_starts
from glasspara.runs.stretches import stretches

FAR = 12.0
"""Standard deviations of the scatter off the curve that make a point suspect; noise alone reaches some 5."""

FAR_OF_FEW = 40.0
"""The same where the scatter itself is known from a few points only."""

_WELL_KNOWN = 20  # deviations behind a scatter from which on FAR holds
_ORDER = 3  # of the curve through the neighbours
_HALF = (_ORDER + 2) // 2
_CALM = 0.1  # of the suspect's own deviation: the largest one around it once it is left out
_LARGEST_SHARE = 0.05  # more suspects are a rough curve, not accidents
_UNEVEN = 20.0  # one gap over the other: across such a gap no curve is known
_LEAST_GAP = 2.0e-3  # of the range: gaps of repeated points count as this
_CLEAR = 5.0  # standard deviations beyond both neighbours
_CHUNK = 100_000


def flux_jumps(*, varies: FloatArray, moment: FloatArray, branch: IntArray, scatter: Scatter) -> IntArray:
    """Indices of points off the curve by FAR times the scatter while the points around them are not.

    The moment is compared with the cubic through its neighbours within the branch. A point is suspect where it, alone
    or with the next one, lies beyond both neighbours and is what makes the curve rough: a steep but true change leaves
    its neighbours rough too. A jump that is smaller than the step from point to point cannot be distinguished from the
    curve, and the first two and last two points of a branch have too few neighbours.

    Parameters
    ----------
    varies, moment : arrays of one length
        What varies through the run, so scaled that the moment is a smooth function of it; emu.
    branch : array of int
        Branch of each point, one after another.
    scatter : Scatter
        Scatter of the points about a smooth curve.
    """
    far = FAR if scatter.deviations >= _WELL_KNOWN else FAR_OF_FEW
    sigma = np.maximum(scatter.sigma(moment), resolution(moment))
    curve = _Curve(varies, moment, sigma, branch)
    rough = curve.roughness()
    found: set[int] = set()
    explained = np.zeros(len(moment), dtype=bool)
    for i in sorted(np.flatnonzero(rough > far).tolist(), key=lambda i: -rough[i]):
        if explained[i]:
            continue
        near = curve.near(i)
        explained[near.start : near.stop] = True  # this point makes the curve rough here
        limit = max(far / 2.0, _CALM * rough[i])
        for suspects in curve.suspects(i, near):
            if curve.is_calm_without(suspects, limit):
                found.update(suspects)
                break
    if len(found) > max(1.0, _LARGEST_SHARE * len(moment)):
        return np.zeros(0, dtype=np.int64)
    return np.array(sorted(found), dtype=np.int64)


class _Curve:
    """The points of a run, each within its branch."""

    def __init__(self, x: FloatArray, moment: FloatArray, sigma: FloatArray, branch: IntArray) -> None:
        self._x, self._moment, self._sigma, self._branch = x, moment, sigma, branch
        parts = stretches(branch)
        lengths = [part.stop - part.start for part in parts]
        self._low = np.repeat([part.start for part in parts], lengths)
        self._high = np.repeat([part.stop for part in parts], lengths)

    @cached_property
    def _stand_out(self) -> list[list[bool]]:
        """Where single points and pairs may be jumps; most runs have no rough place, and never ask."""
        return [self._beyond_neighbours(width).tolist() for width in (1, 2)]

    def roughness(self) -> FloatArray:
        """Deviation of each point's window from the cubic through it, in standard deviations; 0 without a window."""
        rough = np.zeros(len(self._x))
        starts = window_starts(self._branch, _ORDER)
        apart = spread_out(self._x, self._branch)
        for at in range(0, len(starts), _CHUNK):
            first = starts[at : at + _CHUNK]
            residual, _ = residuals_of(apart, self._moment, first, _ORDER)
            rough[first + _HALF] = np.abs(residual) / self._sigma[first + _HALF]
        return rough

    def near(self, i: int) -> range:
        """Points of the branch of ``i`` whose windows hold it."""
        return range(max(int(self._low[i]), i - _HALF), min(int(self._high[i]), i + _HALF + 1))

    def suspects(self, i: int, near: range) -> Iterator[tuple[int, ...]]:
        """Points that may make the curve rough at ``i``: single points before pairs, near ones before far ones.

        They lie above both neighbours or below both, and not at the edge of a gap in the grid. Where the grid is
        uneven, the window in which a wild point shows most is not always that around it.
        """
        for width, stands_out in enumerate(self._stand_out, 1):
            here = (j for j in near if stands_out[j])
            for j in sorted(here, key=lambda j: abs(j - i)):
                yield tuple(range(j, j + width))

    def _beyond_neighbours(self, width: int) -> BoolArray:
        """Where ``width`` points from each on lie above both neighbours or below both, and no gap is beside them.

        By more than noise: the last points before a step are below both neighbours by chance alone.
        """
        found = np.zeros(len(self._x), dtype=bool)
        points = np.arange(len(self._x))
        points = points[(points > self._low) & (points + width < self._high)]
        if not len(points):
            return found
        x, m = self._x, self._moment
        starts = np.flatnonzero(np.diff(self._low, prepend=-1))
        span = np.maximum.reduceat(x, starts) - np.minimum.reduceat(x, starts)
        least = _LEAST_GAP * span[np.searchsorted(starts, points, side="right") - 1]
        before = np.maximum(np.abs(x[points] - x[points - 1]), least)
        after = np.maximum(np.abs(x[points + width] - x[points + width - 1]), least)
        even = np.maximum(before, after) <= _UNEVEN * np.minimum(before, after)
        low, high = np.sort([m[points - 1], m[points + width]], axis=0)
        inner = np.stack([m[points + j] for j in range(width)])
        noise = _CLEAR * self._sigma[points]
        found[points] = even & (np.all(inner < low - noise, axis=0) | np.all(inner > high + noise, axis=0))
        return found

    def is_calm_without(self, suspects: tuple[int, ...], limit: float) -> bool:
        """Whether the curve around the suspects is smooth once they are left out."""
        first, last = suspects[0], suspects[-1]
        low, high = (
            max(int(self._low[first]), first - _ORDER - 1),
            min(int(self._high[first]), last + _ORDER + 2),
        )
        around = np.array([*range(low, first), *range(last + 1, high)])
        one = np.zeros(len(around), dtype=np.int64)
        starts = window_starts(one, _ORDER)
        residual, _ = residuals_of(spread_out(self._x[around], one), self._moment[around], starts, _ORDER)
        return len(residual) > 0 and bool(np.all(np.abs(residual) <= limit * self._sigma[around].max()))
