"""Branches of a run: stretches in which what varies goes one way (warming, cooling, field up, field down).

Also where the moment of each branch of a loop crosses zero: by the field that the magnet keeps, or by hysteresis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from glasspara.arrays import FloatArray, IntArray

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
