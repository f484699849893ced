"""Where universality breaks: between which runs, and at which H/T.

The test of ``collapse`` on parts of the data, each with a curve of its own, and with a chi_larmor of
its own where that is free. So no part suffers from what another does to the common curve, and each
p-value is as exact as that of the whole. They are adjusted for the number of parts by Holm's method: of data that are
universal, one set in twenty at most has any pair, and one in twenty any window, that is said to break.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np

from glasspara.analysis.universality.common_curve import ChiLarmor, Larmor, curve_test, folded
from glasspara.arrays import BoolArray, FloatArray, distinct_values
from glasspara.data import Dataset, select_points
from glasspara.errors import InputError
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.judge.statistics import holm
from glasspara.replicates.cores import on_one_thread

Range = tuple[float, float]
"""H/T from ... to ..., Oe/K."""

_MAX_WINDOWS = 8
_POINTS_PER_WINDOW = 40
_FEWEST_OF_A_RUN = 4


@dataclass(frozen=True)
class PartTension:
    """The test on one part of the data, ``n_points`` of the runs with numbers ``runs`` within ``h_over_t``.

    ``p_adjusted`` is the larger of ``p_value`` and ``p_with_allowances``, adjusted for the number of parts. Where the
    part cannot be tested the numbers are None, and ``problem`` says why.
    """

    runs: tuple[int, ...]
    h_over_t: Range | None
    n_points: int
    statistic: float | None = None
    dof: tuple[int, int] | None = None
    p_value: float | None = None
    p_with_allowances: float | None = None
    p_adjusted: float | None = None
    problem: str = ""

    @property
    def p_judged(self) -> float:
        return max(self.p_value or 0.0, self.p_with_allowances or 0.0)

    @property
    def breaks(self) -> bool:
        return self.p_adjusted is not None and self.p_adjusted < ALPHA


@dataclass(frozen=True)
class UniversalityParts:
    """Pairs of runs in the order of the upper triangle of their matrix, and windows by rising H/T."""

    n_runs: int
    pairs: tuple[PartTension, ...]
    windows: tuple[PartTension, ...]

    @property
    def broken(self) -> tuple[Range, ...]:
        """Where universality breaks: neighbouring windows that do, joined, Oe/K."""
        ranges: list[Range] = []
        for window in self.windows:
            if not window.breaks or window.h_over_t is None:
                continue
            low, high = window.h_over_t
            if ranges and ranges[-1][1] == low:
                low = ranges.pop()[0]
            ranges.append((low, high))
        return tuple(ranges)

    def matrix(self, name: str) -> list[list[float | None]]:
        """A field of the pairs ("p_value", "p_adjusted") as a symmetric matrix, None on the diagonal."""
        rows: list[list[float | None]] = [[None] * self.n_runs for _ in range(self.n_runs)]
        for pair in self.pairs:
            first, second = pair.runs
            rows[first][second] = rows[second][first] = getattr(pair, name)
        return rows


@on_one_thread
def universality_parts(
    data: Dataset, *, chi_larmor: ChiLarmor | None = None, allowances: bool = True
) -> UniversalityParts:
    """Test every pair of runs where they overlap in H/T, and all runs together in windows of H/T.

    The windows hold equal numbers of those points that have a point of another run to be compared with. Parameters as
    those of :func:`glasspara.analysis.universality.collapse.universality`.
    """
    larmor = (chi_larmor or ChiLarmor()).tested
    abscissa = folded(data)[2]
    ranges = [(float(part.min()), float(part.max())) for part in data.split(abscissa)]
    pairs = [
        _pair(data, abscissa, (first, second), (ranges[first], ranges[second]), larmor, allowances=allowances)
        for first, second in combinations(range(len(ranges)), 2)
    ]
    windows = [
        _window(data, abscissa, limits, larmor, allowances=allowances)
        for limits in _windows(data, abscissa, ranges)
    ]
    return UniversalityParts(len(ranges), _adjusted(pairs), _adjusted(windows))


def _pair(
    data: Dataset,
    abscissa: FloatArray,
    numbers: tuple[int, int],
    ranges: tuple[Range, Range],
    larmor: Larmor,
    *,
    allowances: bool,
) -> PartTension:
    low, high = max(low for low, _ in ranges), min(high for _, high in ranges)
    if low > high:
        return PartTension(numbers, None, 0, problem="no overlap in H/T")
    keep = (abscissa >= low) & (abscissa <= high)
    return _tested(data, keep, numbers, (low, high), larmor, allowances=allowances)


def _windows(data: Dataset, abscissa: FloatArray, ranges: list[Range]) -> list[Range]:
    """Limits of the windows, each ending where the next begins; none with too few points for two."""
    others = np.zeros(len(data), dtype=np.int64)
    for number, (low, high) in enumerate(ranges):
        inside = (abscissa >= low) & (abscissa <= high)
        inside[data.slices[number]] = False
        others += inside
    shared = abscissa[others > 0]
    count = min(_MAX_WINDOWS, len(shared) // _POINTS_PER_WINDOW)
    if count < 2:
        return []
    edges = distinct_values(np.quantile(shared, np.linspace(0.0, 1.0, count + 1)))
    return [(float(low), float(high)) for low, high in pairwise(edges)]


def _window(
    data: Dataset, abscissa: FloatArray, limits: Range, larmor: Larmor, *, allowances: bool
) -> PartTension:
    # A point on an edge counts in both windows: their tests need not be independent.
    keep = (abscissa >= limits[0]) & (abscissa <= limits[1])
    return _tested(data, keep, tuple(range(len(data.runs))), limits, larmor, allowances=allowances)


def _tested(
    data: Dataset,
    keep: BoolArray,
    numbers: tuple[int, ...],
    limits: Range,
    larmor: Larmor,
    *,
    allowances: bool,
) -> PartTension:
    """The test on the points that ``keep`` marks of the runs ``numbers``, those with a few points at least."""
    runs, used = [], []
    for number in numbers:
        mask = keep[data.slices[number]]
        if mask.sum() >= _FEWEST_OF_A_RUN:
            runs.append(select_points(data.runs[number], mask))
            used.append(number)
    count = sum(map(len, runs))
    if len(runs) < 2:
        return PartTension(numbers, limits, count, problem="too few points")
    try:
        test = curve_test(Dataset(tuple(runs)), larmor, allowances=allowances)
    except InputError:
        return PartTension(numbers, limits, count, problem="too few points")
    return PartTension(
        tuple(used),
        limits,
        count,
        test.statistic,
        test.dof,
        test.p_value,
        test.p_with_allowances,
        test.p_judged,
    )


def _adjusted(parts: list[PartTension]) -> tuple[PartTension, ...]:
    """``parts`` with their judged p-values, which stand in ``p_adjusted``, adjusted for their number."""
    tested = [part.p_adjusted for part in parts if part.p_adjusted is not None]
    adjusted = iter(holm(tested))
    return tuple(
        part if part.p_adjusted is None else replace(part, p_adjusted=next(adjusted)) for part in parts
    )
