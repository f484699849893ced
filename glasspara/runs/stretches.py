"""Stretches of rows: plateaus at one field, and branches along which what varies goes one way (warming, field up).

Plateaus of the field are found by the noise of a persistent magnet. Where the field leaves that, but stays about one
level while the temperature goes on (a magnet that is driven or drifts, a noisy reading), its pieces are one plateau all
the same. Of each branch of a loop also where its moment crosses zero: by the field that the magnet keeps, or by
hysteresis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from glasspara.arrays import FloatArray, IntArray, median, robust_sigma

STEADY = "steady"
"""Label of a branch along which nothing varies."""

# Oe: between points farther off than this a crossing is not known well, and has nothing to do with the magnet.
_NEAR_ZERO = 1000.0
_LONG_BRANCH = 64  # points from which on numpy walks faster than Python


def stretches(branch: IntArray) -> list[slice]:
    """Where each branch lies among points whose branches follow one another."""
    ends = np.flatnonzero(np.diff(branch)) + 1
    return [slice(*pair) for pair in pairwise([0, *ends.tolist(), len(branch)])]


def direction(label: str) -> str:
    """What goes on along a branch, by its label without the number: "field up" for "field up (2)"."""
    return label.partition(" (")[0]


def find_branches(
    values: FloatArray, *, noise: float, reversal: float, up: str, down: str
) -> tuple[IntArray, tuple[str, ...]]:
    """Number of the branch of each point, and the labels of the branches; STEADY where nothing varies.

    Parameters
    ----------
    values : array
        What varies, in order of acquisition.
    noise : float
        Values within this of the turning point still belong to the branch that ends there.
    reversal : float
        A way back shorter than this is no new branch.
    up, down : str
        Words for rising and falling values; a word used before gets a number, "warming (2)".
    """
    starts, ways = _turns(values, noise, reversal)
    branch = np.zeros(len(values), dtype=np.int64)
    np.add.at(branch, [start for start in starts[1:] if start < len(values)], 1)
    labels: list[str] = []
    counts: Counter[str] = Counter()
    for way in ways:
        word = {1: up, -1: down}.get(way, STEADY)
        counts[word] += 1
        labels.append(word if counts[word] == 1 else f"{word} ({counts[word]})")
    return branch.cumsum(), tuple(labels)


def _turns(array: FloatArray, noise: float, reversal: float) -> tuple[list[int], list[int]]:
    """First index and direction (1, -1; 0 for values that stay) of each branch."""
    values: list[float] = array.tolist()
    starts, directions = [0], [0]
    low = high = extreme = values[0] if values else 0.0
    extreme_at = 0
    i = 0
    while i < len(values):
        value, way = values[i], directions[-1]
        if way == 0:
            low, high = min(low, value), max(high, value)
            if high - low > reversal:
                directions[-1] = 1 if value == high else -1
                extreme, extreme_at = value, i
        elif way * (value - extreme) >= -noise:
            extreme = way * max(way * extreme, way * value)
            extreme_at = i
            if i - starts[-1] >= _LONG_BRANCH:
                i, extreme = _along_branch(array, way, starts[-1], i, extreme, noise)
                extreme_at = i
        elif way * (extreme - value) > reversal:
            if abs(values[starts[-1]] - extreme) <= noise and len(starts) > 1:
                directions[-1] = -way  # a jump back to a new start, not a branch
            else:
                starts.append(extreme_at + 1)
                directions.append(-way)
            extreme, extreme_at = value, i
        i += 1
    return starts, directions


def _along_branch(
    array: FloatArray, way: int, start: int, i: int, extreme: float, noise: float
) -> tuple[int, float]:
    """The last value from ``i`` on that still goes one way, or up to which it was looked, and the extreme there."""
    ahead = way * array[i + 1 : 2 * i + 1 - start]
    peaks = np.maximum.accumulate(np.concatenate(([way * extreme], ahead)))
    back = ahead - peaks[:-1] < -noise
    count = int(back.argmax()) if back.any() else len(ahead)
    return i + count, way * float(peaks[count])


def zero_crossings(
    field: FloatArray, moment: FloatArray, branch: IntArray, labels: Sequence[str]
) -> dict[str, float]:
    """Reported field (Oe) at which the moment of each branch changes sign, straight between points.

    Left out are branches that do not go through zero field, and those that change sign more than once or far from it.
    """
    found: dict[str, float] = {}
    for part in stretches(branch):
        H, m = field[part], moment[part]
        changes = np.flatnonzero(np.sign(m[:-1]) * np.sign(m[1:]) < 0)
        if len(changes) != 1 or H.min() >= 0.0 or H.max() <= 0.0:
            continue
        i = int(changes[0])
        if max(abs(H[i]), abs(H[i + 1])) > _NEAR_ZERO:
            continue
        crossing = float(H[i] - m[i] * (H[i + 1] - H[i]) / (m[i + 1] - m[i]))
        found[labels[int(branch[part.start])]] = crossing
    return found


Plateau = tuple[int, int]

LEAST_FIELD_NOISE, RELATIVE_FIELD_NOISE = 2.0, 1.0e-3  # Oe, 1
LEAST_TEMPERATURE_NOISE, RELATIVE_TEMPERATURE_NOISE = 0.02, 2.5e-3  # K, 1

LEAST_BAND, RELATIVE_BAND = 20.0, 0.04
"""Oe, and relative: the whole width within which a field may wander."""

LEAST_SWEEP = 0.2
"""Relative span of the temperature without which rows at many fields are no temperature sweep."""

_LONG_PLATEAU = 64  # rows from which on numpy walks faster than Python
_SAME_LEVEL = 3.0  # times the scatter of the field


def field_noise(field: float) -> float:
    """Oe by which readings of one held field differ."""
    return max(LEAST_FIELD_NOISE, RELATIVE_FIELD_NOISE * abs(field))


def temperature_noise(temperature: float) -> float:
    """K by which readings at one held temperature differ."""
    return max(LEAST_TEMPERATURE_NOISE, RELATIVE_TEMPERATURE_NOISE * abs(temperature))


def field_noises(fields: FloatArray) -> FloatArray:
    """:func:`field_noise` of many."""
    return np.maximum(LEAST_FIELD_NOISE, RELATIVE_FIELD_NOISE * np.abs(fields))


def temperature_noises(temperatures: FloatArray) -> FloatArray:
    """:func:`temperature_noise` of many."""
    return np.maximum(LEAST_TEMPERATURE_NOISE, RELATIVE_TEMPERATURE_NOISE * np.abs(temperatures))


def set_point(value: float, tolerance: float) -> float:
    """The roundest number within ``tolerance`` of ``value``: 999.5 Oe -> 1000, 4.502 K -> 4.5."""
    if abs(value) <= tolerance:
        return 0.0
    for digits in range(1, 17):
        rounded = float(f"{value:.{digits - 1}e}")
        if abs(rounded - value) <= tolerance:
            return rounded
    return value


def plateaus(
    temperature: FloatArray, field: FloatArray, *, is_grid: Callable[[range], bool]
) -> list[Plateau]:
    """Stretches (start, stop) of rows at one field, those of one wandering field joined.

    Parameters
    ----------
    temperature, field : arrays of one length
        K and Oe, in order of acquisition.
    is_grid : function
        Whether rows are of several fields to which the sequence comes back at every temperature.
    """
    found = _plateaus(field)
    readings: list[float] = temperature.tolist()
    if len(found) < 2 or not _sweeps(readings):
        return found
    joined: list[Plateau] = []
    done = 0
    for first, last in _bands(field, found):
        group = found[first:last]
        rows = range(group[0][0], group[-1][1])
        if not _sweeps(readings[rows.start : rows.stop]) or is_grid(rows):
            continue
        joined += found[done:first]
        done = last
        T = temperature[rows.start : rows.stop]
        middle = temperature_noise(median(T))
        for part in _levels(field, group, _turning_rows(T, middle, rows.start)):
            start, stop = part[0][0], part[-1][1]
            joined += [(start, stop)] if _sweeps(readings[start:stop]) else part
    return joined + found[done:]


def _plateaus(field: FloatArray) -> list[Plateau]:
    """Stretches (start, stop) of consecutive rows at one field, within its noise of the mean so far."""
    values: list[float] = field.tolist()
    plateaus: list[Plateau] = []
    start, total, i, end = 0, 0.0, 0, len(values)
    least, relative = LEAST_FIELD_NOISE, RELATIVE_FIELD_NOISE
    # rows after which the field stays: rows before the next of them are plateaus of their own, as in a loop
    stays = np.flatnonzero(np.abs(np.diff(field)) <= field_noises(field[:-1])).tolist()
    stays.append(max(end - 1, 0))
    following = iter(stays)
    stay = next(following)
    while i < end:
        if i == start:
            while stay < i:
                stay = next(following)
            plateaus += zip(range(i, stay), range(i + 1, stay + 1), strict=True)
            start = i = stay
        else:
            mean = total / (i - start)
            apart = abs(values[i] - mean)
            if apart > least and apart > relative * abs(mean):  # its noise, without a call for every row
                plateaus.append((start, i))
                start, total = i, 0.0
                continue
            if i - start >= _LONG_PLATEAU:
                i, total = _along_plateau(field, start, i, total)
                continue
        total += values[i]
        i += 1
    if values:
        plateaus.append((start, len(values)))
    return plateaus


def _along_plateau(field: FloatArray, start: int, i: int, total: float) -> tuple[int, float]:
    """The first row from ``i`` on that leaves the plateau, or up to which it was looked, and the sum up to there."""
    values = field[i : 2 * i - start]
    sums = np.cumsum(np.concatenate(([total], values)))
    means = sums[:-1] / np.arange(i - start, i - start + len(values))
    leaves = np.abs(values - means) > field_noises(means)
    count = int(leaves.argmax()) if leaves.any() else len(values)
    return i + count, float(sums[count])


def _sweeps(temperature: list[float]) -> bool:
    low, high = min(temperature), max(temperature)
    return high - low > LEAST_SWEEP * 0.5 * (low + high)


def _bands(field: FloatArray, plateaus: Sequence[Plateau]) -> Iterator[Plateau]:
    """Stretches (first, last + 1) of two plateaus and more within one band of fields."""
    starts = np.array(plateaus)[:, 0]
    lows, highs = np.minimum.reduceat(field, starts), np.maximum.reduceat(field, starts)
    pair_low, pair_high = np.minimum(lows[:-1], lows[1:]), np.maximum(highs[:-1], highs[1:])
    near = pair_high - pair_low <= np.maximum(LEAST_BAND, RELATIVE_BAND * 0.5 * np.abs(pair_low + pair_high))
    spans: list[tuple[float, float]] = list(zip(lows.tolist(), highs.tolist(), strict=True))
    end = 0
    for first in np.flatnonzero(near).tolist():
        if first < end:
            continue  # within the last band
        low, high = spans[first]
        end = first + 1
        while end < len(spans):
            least, most = spans[end]
            low, high = least if least < low else low, most if most > high else high
            width = high - low
            if width > LEAST_BAND and width > RELATIVE_BAND * 0.5 * abs(low + high):
                break
            end += 1
        yield first, end


def _turning_rows(temperature: FloatArray, noise: float, first: int) -> list[int]:
    """Rows at which the temperature turns around."""
    reversal = max(3.0 * noise, 0.02 * float(np.ptp(temperature)))
    branch, _ = find_branches(temperature, noise=noise, reversal=reversal, up="", down="")
    return [first + part.start for part in stretches(branch)[1:]]


def _levels(field: FloatArray, group: list[Plateau], turns: Sequence[int]) -> list[list[Plateau]]:
    """The plateaus of ``group``, parted where the temperature turns and the field changes to another level."""
    ends = np.array([stop for _, stop in group])
    cuts = sorted({int(ends[np.abs(ends - turn).argmin()]) for turn in turns} - {group[-1][1]})
    pieces: list[list[Plateau]] = [[]]
    for plateau in group:
        pieces[-1].append(plateau)
        if plateau[1] in cuts:
            pieces.append([])
    parted = [pieces[0]]
    for before, after in pairwise(pieces):
        (old, spread), (new, other) = _level(field, before), _level(field, after)
        if abs(new - old) <= max(field_noise(old), _SAME_LEVEL * max(spread, other)):
            parted[-1] += after
        else:
            parted.append(after)
    return parted


def _level(field: FloatArray, piece: Sequence[Plateau]) -> tuple[float, float]:
    """Median field of consecutive plateaus and its robust scatter."""
    values = field[piece[0][0] : piece[-1][1]]
    middle = median(values)
    return middle, robust_sigma(values - middle)
