"""Rows in acquisition order -> runs at fixed field or at fixed temperature, as index arrays.

Field is steady while it is held, temperature is not: a "10 K" loop may drift. So the table is cut where the field
changes first; a stretch of one field through which the temperature sweeps is a fixed-field run, and what lies
between such stretches is cut where the temperature jumps from one level to another.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from glasspara.arrays import FloatArray, IntArray, median
from glasspara.runs.stretches import (
    LEAST_FIELD_NOISE,
    RELATIVE_FIELD_NOISE,
    field_noise,
    field_noises,
    plateaus,
    temperature_noise,
    temperature_noises,
)

FIXED_FIELD = "fixed-field"
FIXED_TEMPERATURE = "fixed-temperature"

FEWEST_POINTS = 4
"""Points, and set points of what varies, that make a run."""

SWEEP_SPAN = 0.04
"""A temperature that covers this part of itself at one field is swept, not drifting."""

LARGEST_DRIFT = 5.0
"""Highest over lowest temperature up to which a run is called a drifting fixed-temperature one."""

STRAY = "outside sequence: between set points"
TOO_FEW = "outside sequence: too few points for a run"
NOTHING_HELD = "outside sequence: neither field nor temperature held"

SETTLING = 0.05
"""The first and last few rows of a level belong to it when their temperature is this near, relative."""

MOST_SEGMENTS = 10_000
"""More runs in one file are no measurement: nothing was held then."""

_STRAY_STEPS = 3  # up to so many fields off the level are on the way; more are a drift
_REVISITS = 4
_LEVELS = 6  # temperatures at the end of a sweep that say how many rows it has at each
_JUMP = 5.0  # times the usual step from temperature to temperature
_FLAT_STEP, _STEP = 0.015, 0.1  # relative: between flat levels that follow at once, and over a drift
_NOISIEST = 0.08  # relative: however noisy the temperature, a larger jump is another set point


@dataclass(frozen=True, eq=False)
class Segment:
    """Rows (indices in order of acquisition) of one run; ``kind`` is FIXED_FIELD or FIXED_TEMPERATURE."""

    kind: str
    rows: IntArray


def find_segments(temperature: FloatArray, field: FloatArray) -> tuple[list[Segment], dict[int, str]]:
    """Runs among rows, in order of their first row, and why each of the other rows belongs to none.

    Parameters
    ----------
    temperature, field : arrays of one length
        K and Oe, finite, in order of acquisition.
    """
    rows = _Rows(temperature, field)
    segments: list[Segment] = []
    strays: dict[int, str] = {}
    done = 0
    held = plateaus(temperature, field, is_grid=lambda members: len(_grid(rows, list(members))) > 1)
    for start, stop in held:
        if stop - start < FEWEST_POINTS or not rows.sweeps(range(start, stop)):
            continue
        first = start + _shared_rows(rows, range(stop - 1, start - 1, -1), range(start - 1, -1, -1))
        last = stop - _shared_rows(rows, range(start, stop), range(stop, len(field)))
        if last - first < stop - start and not rows.sweeps(range(first, last)):
            first, last = start, stop
        _split_between(rows, range(done, first), segments, strays)
        segments.append(_segment(FIXED_FIELD, range(first, last)))
        done = last
        if len(segments) > MOST_SEGMENTS:
            break
    _split_between(rows, range(done, len(field)), segments, strays)
    if len(segments) > MOST_SEGMENTS:
        return [], dict.fromkeys(range(len(field)), NOTHING_HELD)
    merged = _merge_same_set_point(temperature, field, segments)
    return sorted(merged, key=lambda segment: int(segment.rows[0])), strays


def _segment(kind: str, rows: Sequence[int]) -> Segment:
    return Segment(kind, np.arange(rows.start, rows.stop) if isinstance(rows, range) else np.array(rows))


def _shared_rows(rows: _Rows, sweep: range, beside: range) -> int:
    """Number of rows at the end of a temperature sweep that belong to a loop which begins at the same field.

    ``beside`` are the rows after the sweep, seen from its end. The sweep keeps as many rows at the temperature of the
    loop as it has at its other temperatures, and none where the temperature jumps to that of the loop.
    """
    fields: list[float] = []
    level = rows.T[beside[0]] if len(beside) else 0.0
    noise = temperature_noise(level)
    for i in beside:
        if abs(rows.T[i] - level) > noise:
            return 0
        if all(abs(rows.H[i] - other) > field_noise(other) for other in fields):
            fields.append(rows.H[i])
        if len(fields) == FEWEST_POINTS - 1:
            break
    else:
        return 0
    lengths: list[int] = []  # of the levels of temperature, from the end of the sweep
    levels: list[float] = [level]
    for i in reversed(sweep):
        if not lengths or abs(rows.T[i] - levels[-1]) > temperature_noise(levels[-1]):
            if not lengths and abs(rows.T[i] - level) > noise:
                return 0
            if len(lengths) > _LEVELS:
                break
            levels.append(rows.T[i])
            lengths.append(0)
        lengths[-1] += 1
    if len(lengths) <= _LEVELS // 2:
        return 0
    steps = [abs(np.log(b / a)) for a, b in pairwise(levels[1:])]
    if steps[0] > max(_JUMP * median(steps[1:]), SWEEP_SPAN):
        return lengths[0]
    return max(0, lengths[0] - int(median(lengths[1:-1])))


def _levels(values: Iterable[float], noise: Callable[[float], float]) -> int:
    """Number of values that differ by more than the noise; no more than FEWEST_POINTS are counted."""
    count, last = 0, -np.inf
    for value in sorted(values):
        if value - last > noise(value):
            count, last = count + 1, value
            if count == FEWEST_POINTS:
                break
    return count


def _quantile(ordered: FloatArray, share: float) -> float:
    """Quantile of sorted values, linear between them; numpy's costs more than the sorting."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return float(ordered[low] + (place - low) * (ordered[high] - ordered[low]))


class _Rows:
    """Temperature and field by row, also as plain floats: the walks below touch single rows."""

    def __init__(self, temperature: FloatArray, field: FloatArray) -> None:
        self.T: list[float] = temperature.tolist()
        self.H: list[float] = field.tolist()
        self._temperature = temperature

    def temperatures(self, rows: Sequence[int]) -> list[float]:
        return self.T[rows.start : rows.stop] if isinstance(rows, range) else [self.T[i] for i in rows]

    def fields(self, rows: Sequence[int]) -> int:
        """Number of distinct fields, up to FEWEST_POINTS."""
        found: list[float] = []
        for H in map(self.H.__getitem__, rows):  # mostly the first few rows have them
            noise = field_noise(H)
            if all(abs(H - other) > max(noise, field_noise(other)) for other in found):
                found.append(H)
                if len(found) == FEWEST_POINTS:
                    return FEWEST_POINTS
        return _levels((self.H[i] for i in rows), field_noise)

    def has_many_fields(self, rows: Sequence[int]) -> bool:
        """Whether there are FEWEST_POINTS distinct fields; single rows, of which there may be many, cost nothing."""
        return len(rows) >= FEWEST_POINTS <= self.fields(rows)

    def temperature_levels(self, rows: Sequence[int]) -> int:
        """Number of distinct temperatures, up to FEWEST_POINTS."""
        return _levels(self.temperatures(rows), temperature_noise)

    def level(self, rows: Sequence[int]) -> tuple[float, float]:
        """Median temperature and how far the middle 80 % of the readings spread."""
        part = slice(rows.start, rows.stop) if isinstance(rows, range) else list(rows)
        T = np.sort(self._temperature[part])
        return _quantile(T, 0.5), _quantile(T, 0.9) - _quantile(T, 0.1)

    def drift(self, rows: Sequence[int]) -> float:
        """How far the level moves from the first third of the rows to the last, whatever the noise of the readings."""
        third = len(rows) // 3 or 1
        (first, _), (last, _) = self.level(rows[:third]), self.level(rows[-third:])
        return abs(last - first)

    def sweeps(self, rows: Sequence[int]) -> bool:
        """Whether the temperature is swept through these rows, all at one field."""
        if len(rows) < FEWEST_POINTS:
            return False
        T = self.temperatures(rows)
        low, high = min(T), max(T)
        return high - low > SWEEP_SPAN * 0.5 * (low + high) and self.temperature_levels(rows) >= FEWEST_POINTS

    def field_steps(self, rows: Sequence[int]) -> Iterator[float]:
        """Fields along the rows, each once until the next change."""
        last, least, relative = np.inf, LEAST_FIELD_NOISE, RELATIVE_FIELD_NOISE
        for H in map(self.H.__getitem__, rows):
            apart = abs(H - last)
            if last == np.inf or (apart > least and apart > relative * abs(last)):
                last = H
                yield H


def _split_between(rows: _Rows, between: range, segments: list[Segment], strays: dict[int, str]) -> None:
    """Sort rows that lie between temperature sweeps into segments and strays."""
    if not between:
        return
    groups: list[Sequence[int]] = [*_cut_at_jumps(rows, between)]
    unassigned = [i for group in groups if not rows.has_many_fields(group) for i in group]
    grid = _grid(rows, unassigned)
    if grid:
        segments.extend(grid)
        taken = {int(i) for segment in grid for i in segment.rows}
        groups = [left for group in groups if (left := [i for i in group if i not in taken])]
    for candidate in _join_drifts(rows, groups, strays):
        if len(segments) > MOST_SEGMENTS:
            return
        _classify(rows, candidate, segments, strays)


def _cut_at_jumps(rows: _Rows, between: range) -> list[range]:
    """Cut where the temperature jumps from row to row by more than its noise."""
    if len(between) < 2:
        return [between]
    T = np.array(rows.temperatures(between))
    jumps = np.abs(np.diff(T))
    noise = temperature_noises(T[:-1])
    cuts = np.flatnonzero(jumps > np.maximum(noise, np.minimum(5.0 * median(jumps), _NOISIEST * T[:-1]))) + 1
    return [between[start:stop] for start, stop in pairwise([0, *cuts.tolist(), len(between)])]


def _grid(rows: _Rows, unassigned: list[int]) -> list[Segment]:
    """Runs of a grid whose inner loop is too short to be a run: three fields at each of many temperatures, say."""
    for kind, values, noise, levels in (
        (FIXED_FIELD, rows.H, field_noise, rows.temperature_levels),
        (FIXED_TEMPERATURE, rows.T, temperature_noise, rows.fields),
    ):
        groups = _revisited(unassigned, [values[i] for i in unassigned], noise)
        kept = [group for group in groups if levels(group) >= FEWEST_POINTS]
        if 2 * sum(map(len, kept)) >= len(unassigned) > 0:
            return [_segment(kind, group) for group in kept]
    return []


def _revisited(members: list[int], values: list[float], noise: Callable[[float], float]) -> list[list[int]]:
    """Groups of rows with one value each, to which the sequence came back time and again."""
    order = sorted(range(len(members)), key=lambda k: values[k])
    labels = [0] * len(members)
    for a, b in pairwise(order):
        labels[b] = labels[a] + (values[b] - values[a] > noise(values[a]))
    visits = [0] * (max(labels, default=0) + 1)
    groups: list[list[int]] = [[] for _ in visits]
    previous = -1
    for i, label in zip(members, labels, strict=True):
        visits[label] += label != previous
        groups[label].append(i)
        previous = label
    return [group for group, count in zip(groups, visits, strict=True) if count >= _REVISITS]


def _join_drifts(rows: _Rows, groups: Sequence[Sequence[int]], strays: dict[int, str]) -> list[list[int]]:
    """Join groups that are one drifting level; drop the few rows on the way between two levels."""
    candidates: list[list[int]] = []
    current: list[int] = []
    last: Sequence[int] = []
    pending: list[int] = []
    for group in groups:
        if not rows.has_many_fields(group):
            pending += group
            continue
        if not current:
            current = [*_keep_end(rows, pending, group, strays), *group]
        elif _new_level(rows, last, pending, group):
            (old, _), (new, _) = rows.level(last), rows.level(group)
            sides: dict[bool, list[int]] = {True: [], False: []}
            for i in pending:
                sides[abs(rows.T[i] - old) < abs(rows.T[i] - new)].append(i)
            candidates.append(current + _keep_near(rows, sides[True], last, strays))
            current = [*_keep_near(rows, sides[False], group, strays), *group]
        else:
            current += [*pending, *group]
        last, pending = group, []
    if current:
        candidates.append(current + _keep_end(rows, pending, last, strays))
    elif pending:
        candidates.append(pending)
    return candidates


def _keep_end(rows: _Rows, pending: list[int], level: Sequence[int], strays: dict[int, str]) -> list[int]:
    """Rows before the first level or after the last that belong to it: all of many (a drift), else the near."""
    return _keep_near(rows, pending, level, strays) if _few_fields(rows, pending) else pending


def _keep_near(rows: _Rows, pending: list[int], level: Sequence[int], strays: dict[int, str]) -> list[int]:
    """Rows near enough to a level to be its settling; the others are on the way."""
    middle, _ = rows.level(level)
    near = {i: abs(rows.T[i] - middle) <= SETTLING * middle for i in pending}
    strays |= {i: STRAY for i in pending if not near[i]}
    return [i for i in pending if near[i]]


def _new_level(rows: _Rows, a: Sequence[int], between: list[int], b: Sequence[int]) -> bool:
    """Whether two groups are two set points, not one temperature that drifts.

    The step must be far larger than the spreads. Then either few rows lie between and the field starts anew, where a
    drift lets it go on, or both levels are flat: a step of a few per cent is enough where few rows lie between them.
    """
    (mid_a, spread_a), (mid_b, spread_b) = rows.level(a), rows.level(b)
    noise = temperature_noise(mid_a)
    spread, step = max(spread_a, spread_b), abs(mid_b - mid_a)
    if step <= max(1.5 * spread, 4.0 * max(rows.drift(a), rows.drift(b)), noise):
        return False
    few = _few_fields(rows, between)
    if few and not _goes_on(rows, a, between, b):
        return True
    return spread <= 2.0 * noise and step > max(2.0 * noise, (_FLAT_STEP if few else _STEP) * mid_a)


def _few_fields(rows: _Rows, between: list[int]) -> bool:
    """Whether the rows are so few fields that they may be on the way to another level."""
    return len([*islice(rows.field_steps(between), _STRAY_STEPS + 1)]) <= _STRAY_STEPS


def _goes_on(rows: _Rows, a: Sequence[int], between: list[int], b: Sequence[int]) -> bool:
    """Whether the field steps on in one direction from the end of ``a`` into ``b``."""
    last, first = islice(rows.field_steps(a[::-1]), 2), islice(rows.field_steps(b), 2)
    fields = [*reversed([*last]), *rows.field_steps(between), *first]
    ways = {after > before for before, after in pairwise(fields) if abs(after - before) > field_noise(before)}
    return len(ways) == 1


def _classify(rows: _Rows, members: Sequence[int], segments: list[Segment], strays: dict[int, str]) -> None:
    """One level of temperature -> a fixed-temperature run, or runs at its few fields, or strays."""
    if members and members[-1] - members[0] == len(members) - 1:
        members = range(members[0], members[-1] + 1)
    T = rows.temperatures(members)
    fields = rows.fields(members)
    if len(members) < FEWEST_POINTS:
        strays |= dict.fromkeys(members, TOO_FEW)
    elif fields == 1:
        segments.append(_segment(FIXED_FIELD, members))
    elif max(T) > LARGEST_DRIFT * min(T):
        strays |= dict.fromkeys(members, NOTHING_HELD)
    elif plateaus := _repeated_sweeps(rows, members):
        for plateau in plateaus:
            _classify(rows, plateau, segments, strays)
    elif fields < FEWEST_POINTS and rows.temperature_levels(members) > 1:
        strays |= dict.fromkeys(members, TOO_FEW)
    else:
        segments.append(_segment(FIXED_TEMPERATURE, members))


def _repeated_sweeps(rows: _Rows, members: Sequence[int]) -> list[Sequence[int]]:
    """The fields' own rows where each field goes through the same small range of temperature; else nothing."""
    H = np.array([rows.H[i] for i in members])
    cuts = [0, *(np.flatnonzero(np.abs(np.diff(H)) > field_noises(H[:-1])) + 1).tolist(), len(members)]
    if len(cuts) == 2 or min(stop - start for start, stop in pairwise(cuts)) < FEWEST_POINTS:
        return []
    plateaus = [members[start:stop] for start, stop in pairwise(cuts)]
    whole, *spans = (float(np.ptp(rows.temperatures(part))) for part in (members, *plateaus))
    all_alike = all(span >= 0.5 * whole for span in spans)
    swept = all_alike and all(rows.temperature_levels(part) >= FEWEST_POINTS for part in plateaus)
    return plateaus if swept else []


def _merge_same_set_point(
    temperature: FloatArray, field: FloatArray, segments: list[Segment]
) -> list[Segment]:
    """One run for one set point: an interrupted sequence, or ZFC and FC with something in between."""
    groups: list[tuple[str, list[Segment]]] = []
    steady: dict[str, list[tuple[float, int]]] = {FIXED_FIELD: [], FIXED_TEMPERATURE: []}
    for segment in segments:
        noise_of = field_noise if segment.kind == FIXED_FIELD else temperature_noise
        held = (field if segment.kind == FIXED_FIELD else temperature)[segment.rows]
        middle = median(held)
        if float(np.ptp(held)) <= 4.0 * noise_of(middle):
            known, reach = steady[segment.kind], 2.0 * noise_of(middle)
            low, high = (bisect_left(known, (middle + way, 0)) for way in (-reach, reach))
            same = [number for other, number in known[low:high] if abs(other - middle) <= noise_of(other)]
            if same:
                groups[min(same)][1].append(segment)
                continue
            insort(known, (middle, len(groups)))
        groups.append((segment.kind, [segment]))
    return [Segment(kind, np.sort(np.concatenate([part.rows for part in parts]))) for kind, parts in groups]
