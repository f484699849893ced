"""Scatter of the points of a run: about a smooth curve through their neighbours, and among repeated measurements."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from glasspara.arrays import FloatArray, IntArray, distinct_values, median, robust_sigma
from glasspara.runs.stretches import stretches

QUARTILE_TO_SIGMA = 3.1383
"""Lower quartile of the absolute deviations to standard deviation, normal distribution."""

TRUSTED_WINDOWS = 12
"""So many windows make a scatter about a curve that can be relied upon."""

_FEWEST_REPEATS = 10  # degrees of freedom
_SPREAD = 4.0  # times what two repeats may differ by: repeats that spread farther are a sweep
_ORDERS = (2, 3, 4, 5)  # of the polynomial that a window of order + 2 points is compared with
_FEWEST_WINDOWS = 3
_STEADY = 0.7  # a scatter that a higher order does not lower below this is scatter, no longer curvature
_ALTERNATING = (
    0.5  # share of neighbouring windows of opposite sign: noise has 0.77 or more, a curve far fewer
)
_WINDOWS_FOR_GROWTH = 40
_MOST_WINDOWS = 20_000  # of a longer run every second, third, ... window is taken

# Drift through repeats.
_SURE = 4.0  # standard deviations of the sign test: 6e-5 by chance
_SURE_OF_FEW = 7.0  # the same of the mean over the set points
_FEWEST_SET_POINTS = 8
_GROUPS_FOR_SHAPE = 4
_LONG = 8  # repeats at one set point
_HELD = 4.0  # times what repeats may differ by: readings at one set point that is held for long
_EXPLAINED = 3.0  # times the relative change of the temperature: so much may the moment follow it
_FITS, _WILD = 3, 6.0


@dataclass(frozen=True)
class Scatter:
    """Scatter about a smooth curve: sigma**2 = ``constant``**2 + (``relative`` * moment)**2, emu and 1.

    ``reliable`` is False where the points are too sparse to tell scatter from curvature: then it is an upper limit.
    ``deviations`` is the number of deviations of which it is the median; ``order`` that of the curve, 0 without one.
    """

    constant: float
    relative: float
    reliable: bool
    words: str
    deviations: int
    order: int = 0

    def sigma(self, moment: FloatArray) -> FloatArray:
        return np.hypot(self.constant, self.relative * moment)


@dataclass(frozen=True, eq=False)
class Windows:
    """Deviations of windows of consecutive points from a smooth curve, and what is expected of them.

    Noise of standard deviation s gives a ``residual`` of standard deviation s. ``first`` is the first point of a
    window; ``expected`` the standard deviation of its residual by errors of the points, 1 without any. ``alternating``
    is the share of neighbouring windows whose residuals have opposite signs.
    """

    first: IntArray
    residual: FloatArray
    expected: FloatArray
    alternating: float = 1.0

    def __len__(self) -> int:
        return len(self.residual)


@dataclass(frozen=True)
class Drift:
    """A change of the moment through the repeats at one set point that is the same again and again.

    ``change`` is the median from the first to the last repeat, emu, and ``relative`` over abs(moment). ``set_points``
    of ``of`` repeated ones change that way. ``follows_step`` says whether the sign is that of the last step of the
    moment, as of a relaxation to a new value; else it is the same throughout.
    """

    change: float
    relative: float
    set_points: int
    of: int
    follows_step: bool


@dataclass(frozen=True, eq=False)
class Repeats:
    """Consecutive points at one temperature and field: their pooled scatter, about their drift where they have one.

    ``deviation`` holds deviations, scaled to the standard deviation of one point, of points beside or at ``points``.
    """

    scatter: Scatter
    drift: Drift | None
    points: IntArray
    deviation: FloatArray


def repeat_groups(temperature: FloatArray, field: FloatArray, *, tolerance: float = 1.0) -> IntArray:
    """Number of the stretch of consecutive points at one temperature and field that each point belongs to.

    Stretches that go on and on in small steps, as a slow sweep does, are none: each of their points is by itself.
    ``tolerance`` multiplies what readings at one set point may differ by.
    """
    near_T, near_H = tolerance * 5.0e-4 * temperature[1:], tolerance * (0.2 + 1.0e-5 * np.abs(field[1:]))
    new = np.ones(len(field), dtype=bool)
    new[1:] = (np.abs(np.diff(temperature)) > near_T) | (np.abs(np.diff(field)) > near_H)
    if not new.all():
        starts = np.flatnonzero(new)
        spreads = [
            np.maximum.reduceat(a, starts) - np.minimum.reduceat(a, starts) for a in (temperature, field)
        ]
        limits = [_SPREAD * np.append(near, near[-1])[starts] for near in (near_T, near_H)]
        creeps = (spreads[0] > limits[0]) | (spreads[1] > limits[1])
        if creeps.any():
            new |= np.repeat(creeps, np.diff(np.append(starts, len(new))))
    return np.cumsum(new) - 1


def repeat_scatter(temperature: FloatArray, field: FloatArray, moment: FloatArray) -> Scatter | None:
    """Pooled scatter of consecutive points at one temperature and field; None with too few of them."""
    repeats = find_repeats(temperature, field, moment)
    return None if repeats is None else repeats.scatter


def find_repeats(temperature: FloatArray, field: FloatArray, moment: FloatArray) -> Repeats | None:
    """Repeated measurements of a run in order of acquisition; None where they are too few to know their scatter.

    Where the moment changes through the repeats in the same way at nearly all set points, as by a relaxation after the
    step before them, that drift is no scatter: it is taken out.
    """
    group = repeat_groups(temperature, field)
    counts = np.bincount(group)
    freedom = int((counts - 1).sum()) if len(counts) else 0
    if freedom < _FEWEST_REPEATS:
        return None
    if 2 * int(counts[counts > 1].sum()) < len(moment):
        return None  # a few points say too little about the others
    mean = np.bincount(group, weights=moment) / counts
    size = counts[group]
    points = np.flatnonzero(size > 1)
    deviation = (moment - mean[group])[points]
    scaled = deviation * np.sqrt(size[points] / (size[points] - 1.0))
    sigma = robust_sigma(scaled)
    words = f"repeat scatter ({freedom} degrees of freedom)"
    plain = Repeats(Scatter(sigma, 0.0, True, words, len(points)), None, points, scaled)

    repeated = np.flatnonzero(counts > 1)
    steps = np.sign(np.diff(mean, prepend=mean[0]))[repeated]
    firsts = (np.cumsum(counts) - counts)[repeated]
    change, noise = _changes(moment, firsts, counts[repeated])
    drift = _drift(change, noise, steps, np.abs(mean[repeated]))
    if drift is None:
        return _about_slow_drift(temperature, field, moment, plain)
    members, rest = _about_drift(moment, firsts, counts[repeated], change, steps)
    sigma = robust_sigma(rest)
    if abs(drift.change) <= sigma:
        return plain
    words = f"repeat scatter about the drift of the repeats ({len(rest)} deviations)"
    return Repeats(Scatter(sigma, 0.0, True, words, len(rest)), drift, members, rest)


def _about_slow_drift(
    temperature: FloatArray, field: FloatArray, moment: FloatArray, plain: Repeats
) -> Repeats:
    """``plain``, or the scatter about a drift that goes on through many measurements while a field is held.

    There the readings of the temperature part the measurements into stretches that do not show it. A change that the
    change of the temperature may explain counts for none. The scatter is that of the differences from one measurement
    to the next.
    """
    group = repeat_groups(temperature, field, tolerance=_HELD)
    counts = np.bincount(group)
    mean = np.bincount(group, weights=moment) / counts
    long = counts >= _LONG
    if not long.any():
        return plain
    steps = np.sign(np.diff(mean, prepend=mean[0]))[long]
    firsts, counts, size = (np.cumsum(counts) - counts)[long], counts[long], np.abs(mean)[long]
    change, noise = _changes(moment, firsts, counts)
    creep, _ = _changes(temperature, firsts, counts)
    change[np.abs(change) * temperature[firsts] <= _EXPLAINED * np.abs(creep) * size] = 0.0
    drift = _drift(change, noise, steps, size)
    if drift is None:
        return plain
    members = np.concatenate([first + np.arange(n - 1) for first, n in zip(firsts, counts, strict=True)])
    rest = (moment[members + 1] - moment[members]) / np.sqrt(2.0)
    sigma = robust_sigma(rest)
    words = f"repeat scatter about the drift of the repeats ({len(rest)} deviations)"
    return Repeats(Scatter(sigma, 0.0, True, words, len(rest)), drift, members, rest)


def _changes(moment: FloatArray, firsts: IntArray, counts: IntArray) -> tuple[FloatArray, FloatArray]:
    """Change of the moment from the first to the last repeat by a straight line, and its error; a value a set point."""
    apart = np.diff(moment)
    within = np.ones(len(apart), dtype=bool)
    within[(firsts + counts - 1)[firsts + counts - 1 < len(apart)]] = False
    within[firsts[firsts > 0] - 1] = False
    scatter = robust_sigma(apart[within]) / np.sqrt(2.0)
    change, noise = np.empty(len(firsts)), np.empty(len(firsts))
    for n in distinct_values(counts).tolist():
        same = counts == n
        place = np.arange(n) - 0.5 * (n - 1)
        norm = float(place @ place)
        change[same] = moment[firsts[same][:, None] + np.arange(n)] @ place * ((n - 1) / norm)
        noise[same] = scatter * (n - 1) / np.sqrt(norm)
    return change, noise


def _drift(change: FloatArray, noise: FloatArray, steps: FloatArray, size: FloatArray) -> Drift | None:
    """The drift that the changes at the set points show, if any."""
    for follows, signs in ((False, np.ones(len(change))), (True, steps)):
        known = signs != 0.0
        values = (change * signs)[known]
        n = len(values)
        if not n:
            continue
        upward, downward = int((values > 0.0).sum()), int((values < 0.0).sum())
        if n >= _FEWEST_SET_POINTS:
            mean, spread = float(values.mean()), float(values.std(ddof=1))
            sure = (
                abs(upward - downward) >= _SURE * np.sqrt(n) or abs(mean) * np.sqrt(n) > _SURE_OF_FEW * spread
            )
        else:
            alike = max(upward, downward) == n and bool(noise.all())
            sure = alike and median(np.abs(values) / noise[known]) > _SURE_OF_FEW
        if sure:
            middle = median(values)
            relative = abs(middle) / (median(size) or 1.0)
            return Drift(middle, relative, max(upward, downward), n, follows)
    return None


def _about_drift(
    moment: FloatArray, firsts: IntArray, counts: IntArray, change: FloatArray, steps: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Deviations of repeated points from their drift, scaled to the standard deviation of one point.

    Each with the first point at its set point. Of three repeats and more the deviations from the shape that all set
    points share (a straight line where there are few); at a few set points with many repeats the differences from one
    to the next; of two, where there are no others, those of their difference from what the moment and the step before
    it lead to expect.
    """
    members: list[IntArray] = []
    rest: list[FloatArray] = []
    for n in distinct_values(counts).tolist():
        same = counts == n
        block = moment[firsts[same][:, None] + np.arange(n)]
        if n < 3:
            continue
        if n >= _LONG and len(block) < _GROUPS_FOR_SHAPE:
            block = np.diff(block, axis=1) / np.sqrt(2.0)
        else:
            turned = (block - block.mean(axis=1, keepdims=True)) * np.sign(change[same])[:, None]
            shape = np.median(turned, axis=0) if len(block) >= _GROUPS_FOR_SHAPE else np.arange(float(n))
            level_and_shape = np.stack([np.ones(n), shape, *np.eye(n)], axis=1)
            block = block @ np.linalg.qr(level_and_shape)[0][:, 2:n]
        members.append(np.repeat(firsts[same], block.shape[1]))
        rest.append(block.ravel())
    if not rest:
        middle = moment[firsts] + 0.5 * change
        columns = np.stack([np.ones(len(firsts)), middle, steps], axis=1)
        columns /= np.maximum(np.abs(columns).max(axis=0), np.finfo(float).tiny)
        usual = steps != 0.0
        for _ in range(_FITS):  # each without the set points that the last one misses by far
            difference = change - columns @ np.linalg.lstsq(columns[usual], change[usual], rcond=None)[0]
            usual = np.abs(difference) <= _WILD * median(np.abs(difference))
        return firsts, difference * np.sqrt(0.5 * len(firsts) / max(len(firsts) - 3, 1))
    return np.concatenate(members), np.concatenate(rest)


def local_scatter(x: FloatArray, moment: FloatArray, branch: IntArray) -> Scatter:
    """Robust scatter of the points about a smooth curve through their neighbours, within each branch.

    Windows of k + 2 points are compared with the polynomial of degree k through them (divided differences, any
    spacing), k from 2 up to where a higher degree no longer lowers the scatter. The scatter is reliable if it comes
    from TRUSTED_WINDOWS and neighbouring windows deviate to opposite sides, as noise does; a curve stays on one side.
    """
    chosen: Windows | None = None
    scatter, order, reliable = 0.0, 0, False
    apart = spread_out(x, branch)
    for k in _ORDERS:
        windows = all_windows(apart, moment, branch, k)
        if len(windows) < _FEWEST_WINDOWS:
            break
        now = robust_sigma(windows.residual)
        if chosen is not None and now >= _STEADY * scatter:
            reliable = len(windows) >= TRUSTED_WINDOWS and chosen.alternating >= _ALTERNATING
            break
        chosen, scatter, order = windows, now, k
    if chosen is None:
        spread = float(np.ptp(moment)) if len(moment) else 0.0
        return Scatter(spread, 0.0, False, "spread of the moments (too few points for a local scatter)", 0)
    constant, relative = _growth(chosen, moment, order, scatter)
    grows = ", growing with the moment" if relative else ""
    words = f"local scatter of the run (differences of order {order + 1}{grows})"
    return Scatter(constant, relative, reliable, words, len(chosen), order)


def all_windows(
    apart: FloatArray, moment: FloatArray, branch: IntArray, order: int, error: FloatArray | None = None
) -> Windows:
    """The windows of ``order`` + 2 points of all branches; ``error`` are the errors of the points, if any.

    ``apart`` is what varies, by :func:`spread_out`.
    """
    step = 1 + len(moment) // _MOST_WINDOWS
    first = window_starts(branch, order, step)
    residual, expected = residuals_of(apart, moment, first, order, error)
    sign = np.sign(residual)
    pair = sign[1:] * sign[:-1] * (branch[first[1:]] == branch[first[:-1]])
    known = np.count_nonzero(pair)
    alternating = np.count_nonzero(pair < 0.0) / known if step == 1 and known else 1.0
    return Windows(first, residual, expected, alternating)


def window_starts(branch: IntArray, order: int, step: int = 1) -> IntArray:
    """First points of the windows of ``order`` + 2 points of one branch, every ``step``-th of each branch."""
    parts = [np.arange(part.start, part.stop - order - 1, step) for part in stretches(branch)]
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def spread_out(x: FloatArray, branch: IntArray) -> FloatArray:
    """``x`` over its range in each branch, equal values set apart by next to nothing.

    A window of equal values then compares these with each other.
    """
    starts = [part.start for part in stretches(branch)]
    if not len(x):
        return x
    lengths = np.diff([*starts, len(x)])
    low, high = np.minimum.reduceat(x, starts), np.maximum.reduceat(x, starts)
    scale = np.where(high > low, high - low, 1.0)
    within = np.arange(len(x)) - np.repeat(starts, lengths)
    return np.asarray((x - np.repeat(low, lengths)) / np.repeat(scale, lengths) + 1.0e-7 * within)


def residuals_of(
    apart: FloatArray, moment: FloatArray, first: IntArray, order: int, error: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Deviations of windows of ``order`` + 2 consecutive points from a polynomial of that order.

    ``apart`` is what varies, by :func:`spread_out`; ``first`` are the first points of the windows. The second array
    holds the deviations that are expected by the errors of the points, 1 without any.
    """
    width = order + 2
    places = [apart[first + j] for j in range(width)]
    products = [np.ones(len(first)) for _ in range(width)]
    for j, k in combinations(range(width), 2):
        gap = places[j] - places[k]
        gap[gap == 0.0] = 1.0e-12
        products[j] *= gap
        products[k] *= -gap
    weights = [1.0 / product for product in products]
    norm = np.sqrt(sum(weight**2 for weight in weights))
    residual: FloatArray = sum(weight * moment[first + j] for j, weight in enumerate(weights)) / norm
    if error is None:
        return residual, np.ones(len(first))
    return residual, np.sqrt(sum((weight * error[first + j]) ** 2 for j, weight in enumerate(weights))) / norm


def _growth(windows: Windows, moment: FloatArray, order: int, scatter: float) -> tuple[float, float]:
    """Constant and relative part of the scatter: SQUID noise grows with the moment where that is strong."""
    residual = windows.residual
    if len(residual) < _WINDOWS_FOR_GROWTH:
        return scatter, 0.0
    points = windows.first[:, None] + np.arange(order + 2)
    sizes = np.sort(np.abs(moment[points]), axis=1)
    size = 0.5 * (sizes[:, (order + 1) // 2] + sizes[:, (order + 2) // 2])  # the median of each window
    by_size = np.argsort(size)
    quarter = len(by_size) // 4
    low, high = by_size[:quarter], by_size[-quarter:]
    s_low, s_high = (robust_sigma(residual[part]) for part in (low, high))
    m_low, m_high = median(size[low]), median(size[high])
    if s_high < 2.0 * s_low or m_high <= 2.0 * m_low:
        return scatter, 0.0
    slope2 = (s_high**2 - s_low**2) / (m_high**2 - m_low**2)
    return float(np.sqrt(max(s_low**2 - slope2 * m_low**2, (0.1 * s_low) ** 2))), float(np.sqrt(slope2))


def resolution(moment: FloatArray) -> float:
    """Standard deviation of rounding to the last digit that the file holds (emu, > 0)."""
    exponents = []
    for text in map(repr, filter(None, moment[:200].tolist())):
        mantissa, _, exponent = text.partition("e")
        exponents.append(int(exponent or 0) - len(mantissa.partition(".")[2]))
    return float(10.0 ** max(min(exponents, default=-12), -30) / np.sqrt(12.0))
