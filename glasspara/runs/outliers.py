"""Flux jumps of the SQUID: points that lie far off the smooth curve through their neighbours."""

from __future__ import annotations

import numpy as np

from glasspara.arrays import FloatArray, IntArray
from glasspara.runs.branches import stretches
from glasspara.runs.scatter import Scatter, resolution, window_residuals

FAR = 12.0
"""Standard deviations of the scatter off the curve that make a point suspect; noise alone reaches some 5."""

FAR_OF_FEW = 40.0
"""The same where the scatter itself is known from a few points only."""

_WELL_KNOWN = 20  # deviations behind a scatter from which on FAR holds
_ORDER = 3  # of the curve through the neighbours
_CALM = 0.1  # of the suspect's own deviation: the largest one around it once it is left out
_LARGEST_SHARE = 0.05  # more suspects are a rough curve, not accidents
_UNEVEN = 20.0  # one gap over the other: across such a gap no curve is known
_LEAST_GAP = 2.0e-3  # of the range: gaps of repeated points count as this
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
    found: set[int] = set()
    for part in stretches(branch):
        found |= {part.start + i for i in _of_branch(varies[part], moment[part], sigma[part], far)}
    if len(found) > max(1.0, _LARGEST_SHARE * len(moment)):
        return np.zeros(0, dtype=np.int64)
    return np.array(sorted(found), dtype=np.int64)


def _of_branch(x: FloatArray, moment: FloatArray, sigma: FloatArray, far: float) -> set[int]:
    half = (_ORDER + 2) // 2
    rough = np.zeros(len(x))
    for start in range(0, len(x) - 2 * half, _CHUNK):
        stop = min(start + _CHUNK + 2 * half, len(x))
        residual = window_residuals(x[start:stop], moment[start:stop], _ORDER).residual
        rough[start + half : stop - half] = np.abs(residual) / sigma[start + half : stop - half]
    found: set[int] = set()
    explained = np.zeros(len(x), dtype=bool)
    for i in sorted(np.flatnonzero(rough > far).tolist(), key=lambda i: -rough[i]):
        if explained[i]:
            continue
        explained[max(0, i - half) : i + half + 1] = True  # this point makes the curve rough here
        for suspects in _around(i, half):
            if _stands_out(x, moment, suspects) and _calm_without(
                x, moment, sigma, suspects, limit=max(far / 2.0, _CALM * rough[i])
            ):
                found.update(suspects)
                break
    return found


def _around(i: int, half: int) -> list[tuple[int, ...]]:
    """Points that may make the curve rough at ``i``: single points before pairs, near ones before far ones.

    Where the grid is uneven, the window in which a wild point shows most is not always that around it.
    """
    near = sorted(range(i - half, i + half + 1), key=lambda j: abs(j - i))
    return [*((j,) for j in near), *((j, j + 1) for j in near)]


def _stands_out(x: FloatArray, moment: FloatArray, suspects: tuple[int, ...]) -> bool:
    """Whether the suspects lie above both neighbours or below both, and not at the edge of a gap in the grid."""
    before, after = suspects[0] - 1, suspects[-1] + 1
    if before < 0 or after >= len(x):
        return False
    least = _LEAST_GAP * float(np.ptp(x))
    gaps = [max(abs(x[suspects[0]] - x[before]), least), max(abs(x[after] - x[suspects[-1]]), least)]
    if max(gaps) > _UNEVEN * min(gaps):
        return False
    low, high = sorted((moment[before], moment[after]))
    return all(moment[i] < low for i in suspects) or all(moment[i] > high for i in suspects)


def _calm_without(
    x: FloatArray, moment: FloatArray, sigma: FloatArray, suspects: tuple[int, ...], *, limit: float
) -> bool:
    """Whether the curve around the suspects is smooth once they are left out."""
    low, high = max(0, suspects[0] - _ORDER - 1), min(len(x), suspects[-1] + _ORDER + 2)
    around = np.setdiff1d(np.arange(low, high), suspects)
    residual = window_residuals(x[around], moment[around], _ORDER).residual
    return len(residual) > 0 and bool(np.all(np.abs(residual) <= limit * sigma[around].max()))
