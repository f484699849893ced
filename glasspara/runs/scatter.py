"""Scatter of the points of a run about a smooth curve: it gives standard deviations, and shows flux jumps.

The standard deviations are the instrument's where they mean something, else the scatter of the points. Points that lie
far off the smooth curve of their neighbours are flux jumps of the SQUID, as a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray, IntArray
from glasspara.errors import UsageError
from glasspara.findings import Finding, Where, finding
from glasspara.runs.branches import stretches

ERROR_MODES = ("auto", "instrument", "scatter")

MAD_TO_SIGMA = 1.4826
"""Median absolute deviation to standard deviation, normal distribution."""

ODDS = 5.0
"""Instrument errors this many times above or below the scatter are no standard deviations."""

FEW_POINTS_ODDS = 30.0
"""The same, above the scatter of so few points that chance alone makes it ODDS times too small now and then."""

FAR = 12.0
"""Standard deviations of the scatter off the curve that make a point suspect; noise alone reaches some 5."""

FAR_OF_FEW = 40.0
"""The same where the scatter itself is known from a few points only."""

_FEWEST_REPEATS = 10  # degrees of freedom
_ORDERS = (2, 3, 4, 5)  # of the polynomial that a window of order + 2 points is held against
_FEWEST_WINDOWS = 3
_TRUSTED_WINDOWS = 12
_SETTLED = 0.7  # a scatter that a higher order does not lower below this is scatter, no longer curvature
_WINDOWS_FOR_GROWTH = 40
_MOST_WINDOWS = 20_000  # of a longer run every second, third, ... window is taken

# Flux jumps.
_WELL_KNOWN = 20  # deviations behind a scatter from which on FAR holds
_ORDER = 3  # of the curve through the neighbours
_CALM = 0.1  # of the suspect's own deviation: the largest one around it once it is left out
_LARGEST_SHARE = 0.05  # more suspects are a rough curve, not accidents
_UNEVEN = 20.0  # one gap over the other: across such a gap no curve is known
_LEAST_GAP = 2.0e-3  # of the range: gaps of repeated points count as this
_CHUNK = 100_000


@dataclass(frozen=True)
class SigmaEstimate:
    """``sigma`` (emu, > 0, one a point), where it came from, and what is odd about it.

    ``from_scatter`` says whether the scatter of the points gave all of them; ``local`` is the scatter about a smooth
    curve, whether it was taken or not.
    """

    sigma: FloatArray
    source: str
    from_scatter: bool
    local: Scatter
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Scatter:
    """Scatter about a smooth curve: sigma**2 = ``constant``**2 + (``relative`` * moment)**2, emu and 1.

    ``reliable`` is False where the points are too sparse to tell scatter from curvature: then it is an upper limit.
    ``deviations`` is the number of deviations of which it is the median.
    """

    constant: float
    relative: float
    reliable: bool
    words: str
    deviations: int

    def sigma(self, moment: FloatArray) -> FloatArray:
        return np.hypot(self.constant, self.relative * moment)


def estimate_sigma(
    *,
    temperature: FloatArray,
    field: FloatArray,
    moment: FloatArray,
    instrument: FloatArray,
    branch: IntArray,
    varies: FloatArray,
    column: str | None,
    errors: str = "auto",
    where: Where = Where(),  # noqa: B008
) -> SigmaEstimate:
    """Standard deviations of the moments of one run.

    Parameters
    ----------
    temperature, field, moment : arrays of one length
        K, Oe, emu, in order of acquisition.
    instrument : array
        What the instrument states, emu; nan, 0 or negative where it states nothing.
    branch : array of int
        Branch of each point, one after another; scatter is taken within branches.
    varies : array
        What varies through the run, so scaled that the moment is a smooth function of it.
    column : str or None
        Name of the instrument's error column.
    errors : str
        "auto" takes the instrument's where there are any, unless those of the run are no standard deviations: more
        than ODDS times the scatter of the points (FEW_POINTS_ODDS times that of a few), or less than 1/ODDS of it
        where that is reliable. Then it takes the scatter. "instrument" takes the instrument's and demands them,
        "scatter" takes the scatter of the points throughout.
    where : Where
        File and run, for findings and errors.

    Raises
    ------
    UsageError
        ``errors`` is another word, or "instrument" and the run has none.
    """
    if errors not in ERROR_MODES:
        raise UsageError(f"errors {errors!r} is unknown", remedy=f"Choose one of {', '.join(ERROR_MODES)}")
    stated = np.isfinite(instrument) & (instrument > 0.0)
    if errors == "instrument" and not stated.any():
        raise UsageError(
            "the file states no errors of its moments",
            where=where.file,
            remedy="Leave out --errors, or take --errors scatter",
        )
    local = local_scatter(varies, moment, branch)
    found: list[Finding] = []
    source = ""
    if errors == "scatter":
        stated = np.zeros_like(stated)
    elif stated.any() and (odd := _odd(instrument[stated], local, moment[stated])):
        code = "errors-kept" if errors == "instrument" else "errors-replaced"
        found.append(finding(f"runs.{code}", where, runs=[where.run], column=column, **odd))
        if errors != "instrument":
            stated = np.zeros_like(stated)
            source = f" instead of {column}"
    if stated.all() and len(moment):
        return SigmaEstimate(instrument.copy(), f"instrument: {column}", False, local, tuple(found))
    scatter = repeat_scatter(temperature, field, moment) or local
    sigma = np.where(stated, instrument, np.maximum(scatter.sigma(moment), resolution(moment)))
    if not scatter.reliable:
        found.append(finding("runs.scatter-is-upper-limit", where, runs=[where.run]))
    if stated.any():
        source = f"instrument: {column}; {scatter.words} for {int((~stated).sum())} points without"
    else:
        source = scatter.words + source
    return SigmaEstimate(sigma, source, not stated.any(), local, tuple(found))


def _odd(instrument: FloatArray, local: Scatter, moment: FloatArray) -> dict[str, Any] | None:
    """How instrument errors that are no standard deviations compare with the scatter; None where they may be some."""
    stated = float(np.median(instrument))
    seen = float(np.median(local.sigma(moment)))
    odds = ODDS if local.deviations >= _TRUSTED_WINDOWS else FEW_POINTS_ODDS
    too_large = stated > odds * seen > 0.0
    if too_large or (local.reliable and stated * ODDS < seen):
        return {"stated_emu": stated, "scatter_emu": seen, "too_large": too_large}
    return None


def repeat_groups(temperature: FloatArray, field: FloatArray) -> IntArray:
    """Number of the stretch of consecutive points at one temperature and field that each point belongs to."""
    same = (np.abs(np.diff(temperature)) <= 5.0e-4 * temperature[1:]) & (
        np.abs(np.diff(field)) <= 0.2 + 1.0e-5 * np.abs(field[1:])
    )
    return np.cumsum(np.concatenate((np.zeros(min(len(field), 1), dtype=bool), ~same)))


def repeat_scatter(temperature: FloatArray, field: FloatArray, moment: FloatArray) -> Scatter | None:
    """Pooled scatter of consecutive points at one temperature and field; None with too few of them."""
    group = repeat_groups(temperature, field)
    counts = np.bincount(group)
    freedom = int((counts - 1).sum()) if len(counts) else 0
    if freedom < _FEWEST_REPEATS:
        return None
    if 2 * int(counts[counts > 1].sum()) < len(moment):
        return None  # a few points say too little about the others
    mean = np.bincount(group, weights=moment) / counts
    size = counts[group]
    repeated = size > 1
    deviation = (moment - mean[group])[repeated] * np.sqrt(size[repeated] / (size[repeated] - 1.0))
    sigma = MAD_TO_SIGMA * float(np.median(np.abs(deviation)))
    return Scatter(sigma, 0.0, True, f"repeat scatter ({freedom} degrees of freedom)", int(repeated.sum()))


def local_scatter(x: FloatArray, moment: FloatArray, branch: IntArray) -> Scatter:
    """Robust scatter of the points about a smooth curve through their neighbours, within each branch.

    Windows of k + 2 points are held against the polynomial of degree k through them (divided differences, any
    spacing), k from 2 up to where a higher degree no longer lowers the scatter.
    """
    chosen: tuple[FloatArray, FloatArray] | None = None
    scatter, order, reliable = 0.0, 0, False
    for k in _ORDERS:
        residual, size = _all_residuals(x, moment, branch, k)
        if len(residual) < _FEWEST_WINDOWS:
            break
        now = MAD_TO_SIGMA * float(np.median(np.abs(residual)))
        if chosen is not None and now >= _SETTLED * scatter:
            reliable = len(residual) >= _TRUSTED_WINDOWS
            break
        chosen, scatter, order = (residual, size), now, k
    if chosen is None:
        spread = float(np.ptp(moment)) if len(moment) else 0.0
        return Scatter(spread, 0.0, False, "spread of the moments (too few points for a local scatter)", 0)
    constant, relative = _growth(*chosen, scatter)
    grows = ", growing with the moment" if relative else ""
    words = f"local scatter of the run (differences of order {order + 1}{grows})"
    return Scatter(constant, relative, reliable, words, len(chosen[0]))


def _all_residuals(
    x: FloatArray, moment: FloatArray, branch: IntArray, order: int
) -> tuple[FloatArray, FloatArray]:
    """Residuals of the windows of all branches, and the median |moment| of each."""
    step = 1 + len(moment) // _MOST_WINDOWS
    parts = [
        window_residuals(x[part], moment[part], order, step)
        for part in stretches(branch)
        if part.stop - part.start >= order + 2
    ]
    if not parts:
        return np.zeros(0), np.zeros(0)
    residuals, sizes = zip(*parts, strict=True)
    return np.concatenate(residuals), np.concatenate(sizes)


def window_residuals(
    x: FloatArray, moment: FloatArray, order: int, step: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Deviations of windows of ``order`` + 2 consecutive points from a polynomial of that order.

    Scaled so that noise of standard deviation s in ``moment`` gives deviations of standard deviation s. Returned with
    the median |moment| of each window; every ``step``-th window is taken.
    """
    width = order + 2
    if len(x) < width:
        return np.zeros(0), np.zeros(0)
    # Equal values are set apart by next to nothing: their window then compares the equals with each other.
    scale = float(np.ptp(x)) or 1.0
    apart = (x - x.min()) / scale + 1.0e-7 * np.arange(len(x))
    last = len(x) - width + 1
    places = [apart[j : last + j : step] for j in range(width)]
    values = [moment[j : last + j : step] for j in range(width)]
    products = [np.ones(len(places[0])) for _ in range(width)]
    for j, k in combinations(range(width), 2):
        gap = places[j] - places[k]
        gap[gap == 0.0] = 1.0e-12
        products[j] *= gap
        products[k] *= -gap
    weights = [1.0 / product for product in products]
    norm = np.sqrt(sum(weight**2 for weight in weights))
    residual = sum(weight * value for weight, value in zip(weights, values, strict=True)) / norm
    return residual, np.median(np.abs(values), axis=0)


def _growth(residual: FloatArray, size: FloatArray, scatter: float) -> tuple[float, float]:
    """Constant and relative part of the scatter: SQUID noise grows with the moment where that is strong."""
    if len(residual) < _WINDOWS_FOR_GROWTH:
        return scatter, 0.0
    order = np.argsort(size)
    quarter = len(order) // 4
    low, high = order[:quarter], order[-quarter:]
    s_low, s_high = (MAD_TO_SIGMA * float(np.median(np.abs(residual[part]))) for part in (low, high))
    m_low, m_high = float(np.median(size[low])), float(np.median(size[high]))
    if s_high < 2.0 * s_low or m_high < 2.0 * m_low:
        return scatter, 0.0
    slope2 = (s_high**2 - s_low**2) / (m_high**2 - m_low**2)
    return float(np.sqrt(max(s_low**2 - slope2 * m_low**2, (0.1 * s_low) ** 2))), float(np.sqrt(slope2))


def resolution(moment: FloatArray) -> float:
    """Standard deviation of rounding to the last digit that the file holds (emu, > 0)."""
    exponents = [
        exponent
        for value in moment[:200].tolist()
        if value and isinstance(exponent := Decimal(repr(value)).as_tuple().exponent, int)
    ]
    return float(10.0 ** max(min(exponents, default=-12), -30) / np.sqrt(12.0))


def flux_jumps(*, varies: FloatArray, moment: FloatArray, branch: IntArray, scatter: Scatter) -> IntArray:
    """Indices of points off the curve by FAR times the scatter while the points around them are not.

    The moment is held against the cubic through its neighbours within the branch. A point is suspect where it, alone or
    with the next one, lies beyond both neighbours and is what makes the curve rough: a steep but true change leaves its
    neighbours rough too. A jump that is smaller than the step from point to point cannot be distinguished from the
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
        residual, _ = window_residuals(x[start:stop], moment[start:stop], _ORDER)
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
    residual, _ = window_residuals(x[around], moment[around], _ORDER)
    return len(residual) > 0 and bool(np.all(np.abs(residual) <= limit * sigma[around].max()))
