"""Fields that wander while the temperature is swept: a magnet that is driven or drifts, a noisy reading.

Plateaus of the field are found by the noise of a persistent magnet. Where the field leaves that, but stays about one
level while the temperature goes on, its pieces are one plateau all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.runs.branches import find_branches, stretches
from glasspara.runs.scatter import MAD_TO_SIGMA

Plateau = tuple[int, int]

LEAST_BAND, RELATIVE_BAND = 20.0, 0.04
"""Oe, and relative: the whole width within which a field may wander."""

LEAST_SWEEP = 0.2
"""Relative span of the temperature without which rows at many fields are no temperature sweep."""

_SAME_LEVEL = 3.0  # times the scatter of the field


def join_wandering(
    temperature: FloatArray,
    field: FloatArray,
    plateaus: Sequence[Plateau],
    *,
    field_noise: Callable[[float], float],
    temperature_noise: Callable[[float], float],
    is_grid: Callable[[range], bool],
) -> list[Plateau]:
    """``plateaus`` (start, stop) of the field, those of one wandering field joined.

    Parameters
    ----------
    temperature, field : arrays of one length
        K and Oe, in order of acquisition.
    field_noise, temperature_noise : functions
        By how much readings at one set point differ.
    is_grid : function
        Whether rows are of several fields to which the sequence comes back at every temperature.
    """
    if len(plateaus) < 2 or not _sweeps(temperature):
        return list(plateaus)
    joined: list[Plateau] = []
    for group in _bands(field, plateaus):
        if len(group) < 2:
            joined += group
            continue
        rows = range(group[0][0], group[-1][1])
        T = temperature[rows.start : rows.stop]
        if not _sweeps(T) or is_grid(rows):
            joined += group
            continue
        middle = temperature_noise(float(np.median(T)))
        for part in _levels(field, group, _turns(T, middle, rows.start), field_noise):
            start, stop = part[0][0], part[-1][1]
            joined += [(start, stop)] if _sweeps(temperature[start:stop]) else part
    return joined


def _sweeps(temperature: FloatArray) -> bool:
    low, high = float(temperature.min()), float(temperature.max())
    return high - low > LEAST_SWEEP * 0.5 * (low + high)


def _bands(field: FloatArray, plateaus: Sequence[Plateau]) -> Iterator[list[Plateau]]:
    """Consecutive plateaus within one band of fields."""
    starts = [start for start, _ in plateaus]
    lows = np.minimum.reduceat(field, starts).tolist()
    highs = np.maximum.reduceat(field, starts).tolist()
    group: list[Plateau] = []
    low, high = np.inf, -np.inf
    for plateau, least, most in zip(plateaus, lows, highs, strict=True):
        new_low, new_high = least if least < low else low, most if most > high else high
        width = new_high - new_low
        if width > LEAST_BAND and width > RELATIVE_BAND * 0.5 * abs(new_low + new_high) and group:
            yield group
            group, new_low, new_high = [], least, most
        group.append(plateau)
        low, high = new_low, new_high
    yield group


def _turns(temperature: FloatArray, noise: float, first: int) -> list[int]:
    """Rows at which the temperature turns around."""
    reversal = max(3.0 * noise, 0.02 * float(np.ptp(temperature)))
    branch, _ = find_branches(temperature, noise=noise, reversal=reversal, up="", down="")
    return [first + part.start for part in stretches(branch)[1:]]


def _levels(
    field: FloatArray, group: list[Plateau], turns: Sequence[int], field_noise: Callable[[float], float]
) -> list[list[Plateau]]:
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
    middle = float(np.median(values))
    return middle, MAD_TO_SIGMA * float(np.median(np.abs(values - middle)))
