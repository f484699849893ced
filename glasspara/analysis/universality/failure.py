"""Where universality breaks, between which runs and at which H/T, and what could be why, if not physics.

The test of ``collapse`` on parts of the data, each with a curve of its own, and with a chi_larmor of
its own where that is free. So no part suffers from what another does to the common curve, and each
p-value is as exact as that of the whole. They are adjusted for the number of parts by Holm's method: of data that are
universal, one set in twenty at most has any pair, and one in twenty any window, that is said to break.

A failure of universality is physics only if it does not go away with something simple: a lag between branches, a range
of the thermometer that is off, a moment that relaxes or drifts, a narrow range of temperature in all runs (condensed
oxygen between 43 and 60 K). Each is fitted beside the common curve, or left out, and the test is done again. The ideas
and the sentences are those of :mod:`glasspara.fitting.judge.misfit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

import numpy as np

from glasspara.analysis.linear import FTest
from glasspara.analysis.universality.common_curve import ChiLarmor, CommonCurve, curve_test, folded
from glasspara.arrays import BoolArray, FloatArray, distinct_values
from glasspara.data import Dataset, ReducedRun, select_points
from glasspara.errors import InputError
from glasspara.findings import Finding
from glasspara.fitting.judge import MISFIT_P, chi2_p_value, holm, robust_spread
from glasspara.fitting.judge.assessment import ALPHA, LARGEST_SCATTER
from glasspara.fitting.judge.branches import BranchShift, on_branches, shifts_of_branches, ways
from glasspara.fitting.judge.misfit import (
    EXPLAINED,
    FaultCode,
    InstrumentFault,
    MisfitPlace,
    on_fault,
    on_place,
    places_of_excess,
    simple_faults,
)
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
    def p_decisive(self) -> float:
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
    larmor = chi_larmor or ChiLarmor()
    abscissa = folded(data)[2]
    ranges = [(float(part.min()), float(part.max())) for part in data.split(abscissa)]

    def tested(numbers: tuple[int, ...], limits: Range) -> PartTension:
        return _tested(data, abscissa, numbers, limits, larmor, allowances=allowances)

    everything = tuple(range(len(ranges)))
    pairs = [tested(pair, _overlap(*(ranges[run] for run in pair))) for pair in combinations(everything, 2)]
    windows = [tested(everything, limits) for limits in _windows(data, abscissa, ranges)]
    return UniversalityParts(len(ranges), _adjusted(pairs), _adjusted(windows))


def _overlap(first: Range, second: Range) -> Range:
    """Where both are, from ... to ...; the other way round where they do not overlap."""
    return max(first[0], second[0]), min(first[1], second[1])


def _windows(data: Dataset, abscissa: FloatArray, ranges: list[Range]) -> list[Range]:
    """Limits of the windows, each ending where the next begins; none with too few points for two.

    A point on an edge counts in both windows: their tests need not be independent.
    """
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


def _tested(
    data: Dataset,
    abscissa: FloatArray,
    numbers: tuple[int, ...],
    limits: Range,
    larmor: ChiLarmor,
    *,
    allowances: bool,
) -> PartTension:
    """The test on the points of the runs ``numbers`` within ``limits`` of H/T."""
    low, high = limits
    if low > high:
        return PartTension(numbers, None, 0, problem="no overlap in H/T")
    runs = _runs_with_enough(data, (abscissa >= low) & (abscissa <= high), numbers)
    count = sum(map(len, runs.values()))
    try:
        test = curve_test(Dataset(tuple(runs.values())), larmor, allowances=allowances)
    except InputError:
        return PartTension(numbers, limits, count, problem="too few points")
    return PartTension(
        tuple(runs),
        limits,
        count,
        test.statistic,
        test.dof,
        test.p_value,
        test.p_with_allowances,
        test.p_decisive,
    )


def _runs_with_enough(data: Dataset, keep: BoolArray, numbers: Iterable[int]) -> dict[int, ReducedRun]:
    """The points that ``keep`` marks, of those of the runs ``numbers`` that have a few of them, by number."""
    masks = {number: keep[data.slices[number]] for number in numbers}
    return {
        number: select_points(data.runs[number], mask)
        for number, mask in masks.items()
        if mask.sum() >= _FEWEST_OF_A_RUN
    }


def _adjusted(parts: list[PartTension]) -> tuple[PartTension, ...]:
    """``parts`` with their judged p-values, which stand in ``p_adjusted``, adjusted for their number."""
    tested = [part.p_adjusted for part in parts if part.p_adjusted is not None]
    adjusted = iter(holm(tested))
    return tuple(
        part if part.p_adjusted is None else replace(part, p_adjusted=next(adjusted)) for part in parts
    )


# --- what could be why --------------------------------------------------------------------------------------

# With less chi2 beyond the noise, relative, there is nothing to be located: the noise itself is known to 10 %.
_LEAST_EXCESS = 0.3
# The shape of a glass extends over a decade of temperature; narrower is a place.
_WIDEST_PLACE = 0.3
# Rounds in which the curve is fitted beside a fault, and the fault computed about that curve.
_REFINED = 2


@dataclass(frozen=True)
class Explanation:
    """Something simple without which the runs share a curve, or not: its sentence, and the test without it."""

    cause: Finding
    test: FTest
    share: float
    is_place: bool = False

    @property
    def holds_without(self) -> bool:
        """Whether universality holds without it."""
        return not self.test.established

    @property
    def enough(self) -> bool:
        """Whether there is nothing else to be explained; what happens in one place may have tails beyond it."""
        return self.holds_without or (self.is_place and self.share > EXPLAINED)


class Suspects:
    """The explanations of a failure of ``curve_test``: ``common`` is the curve that it fitted."""

    def __init__(self, common: CommonCurve, *, allowances: bool) -> None:
        self.data, self.common, self.allowances = common.data, common, allowances
        # Stated errors may have any size: the noise is what neighbours differ by.
        self.noise = _noise(self.data, common.fit.left)
        self.residuals = self.common.fit.left / self.noise
        self.excess = float(self.residuals @ self.residuals) - self.common.fit.ndof

    def best(self) -> Explanation | None:
        """The explanation that is enough; else one that is not, but has its place beside the failure."""
        if self.excess < _LEAST_EXCESS * self.common.fit.ndof:
            return None
        found = [*self._branches(), *self._faults(), *self._places()]
        enough = [item for item in found if item.enough]
        return max(enough or found, key=lambda item: item.share, default=None)

    @property
    def large_chi2(self) -> bool:
        """Whether the points scatter about the common curve by more than their errors, whatever the reason."""
        return chi2_p_value(self.common.fit.chi2, self.common.fit.ndof) < MISFIT_P

    @property
    def misses_points(self) -> bool:
        """Whether the common curve does not describe the points, whatever the test of the runs says."""
        fit = self.common.fit
        return self.large_chi2 and fit.chi2 > LARGEST_SCATTER**2 * fit.ndof

    @property
    def hides_the_runs(self) -> bool:
        """Whether it misses them by more than their noise: then no difference of the runs could be seen beside that."""
        return self.misses_points and self.excess > self.common.fit.ndof

    def shifts(self) -> tuple[BranchShift, ...]:
        """How far the branches of each run lie apart."""
        curve = self.common.curve
        residuals = self.data.magnetisation - curve.magnetisation
        return shifts_of_branches(self.data, residuals, curve.by_field, curve.by_log_temperature)

    def _branches(self) -> Iterator[Explanation]:
        """A lag of the sample behind its thermometer, by the direction in which the temperature went."""
        causes = on_branches([item for item in self.shifts() if item.kind == "fixed-field"])
        if causes:
            way = [ways(run) * (run.run.kind == "fixed-field") for run in self.data.runs]
            column = self.common.curve.by_log_temperature * np.concatenate(way)
            more = self.common.folded_columns(column[:, None])
            yield Explanation(causes[0], self._test(more), self._share(more)[0])

    def _faults(self) -> Iterator[Explanation]:
        best: dict[FaultCode, tuple[InstrumentFault, FloatArray]] = {}
        for code, at, more in self._fault_columns(self.common):
            share, size, error = self._share(more)
            if share > EXPLAINED and (code not in best or share > best[code][0].share):
                best[code] = InstrumentFault(code, share, size, error, at), more
        for fault, more in best.values():
            for _ in range(_REFINED):  # a large fault bends the curve, and so its slope
                nearer = self._fault_columns(self.common.beside(more))
                more = next(item for code, at, item in nearer if (code, at) == (fault.code, fault.at))  # noqa: PLW2901
            yield Explanation(on_fault(fault), self._test(more), fault.share)

    def _fault_columns(self, common: CommonCurve) -> Iterator[tuple[FaultCode, float | None, FloatArray]]:
        """Weighted columns of simple faults about a curve, each with its code and where it begins or ends."""
        for code, at, columns in simple_faults(self.data, common.curve):
            # A drift about the middle of each run: offsets of runs might imitate what is looked for.
            about = columns[:, ::2] - 0.5 * columns[:, 1::2] if code == "drift" else columns
            yield code, at, self.common.folded_columns(about)

    def _places(self) -> Iterator[Explanation]:
        """A narrow range of temperature in several runs, away from the ends."""
        places = places_of_excess(self.data, self.residuals, self.common.fit.base, ndof=self.common.fit.ndof)
        for place in places:
            if place.axis == "T" and len(place.runs) > 1 and (place.is_oxygen or self._is_inside(place)):
                assert place.low is not None
                assert place.high is not None
                T = self.data.temperature
                test = self._without((place.low <= T) & (place.high >= T))
                if test is not None:
                    yield Explanation(on_place(place, self.data), test, place.share, is_place=True)

    def _is_inside(self, place: MisfitPlace) -> bool:
        T = self.data.temperature
        return (
            place.low is not None
            and place.high is not None
            and place.low > float(T.min())
            and place.high < float(T.max())
            and np.log(place.high / place.low) < _WIDEST_PLACE
        )

    def _share(self, more: FloatArray) -> tuple[float, float, float]:
        """Share of the excess of chi2 that columns take, the size of the one that takes most, and its error."""
        rest = self.common.fit.remainder(more)
        inverse = np.linalg.pinv(rest.T @ rest, rcond=1e-10, hermitian=True)
        sizes = inverse @ (rest.T @ self.common.fit.left)
        gain = float(self.common.fit.left @ rest @ sizes) / self.noise**2
        worst = int(np.argmax(np.abs(sizes)))
        error = float(np.sqrt(max(inverse[worst, worst], 0.0))) * self.noise
        share = min((gain - more.shape[1]) / max(self.excess, 1.0), 1.0)
        return share, float(sizes[worst]), error

    def _test(self, more: FloatArray) -> FTest:
        return self.common.test(allowances=self.allowances, more=more)

    def _without(self, mask: BoolArray) -> FTest | None:
        """The test without the points of ``mask``; None if too few are left."""
        runs = _runs_with_enough(self.data, ~mask, range(len(self.data.runs)))
        try:
            return curve_test(Dataset(tuple(runs.values())), self.common.larmor, allowances=self.allowances)
        except InputError:
            return None


def _noise(data: Dataset, left: FloatArray) -> float:
    """Size of the noise in stated errors, by the differences of residuals that are neighbours in their run."""
    differences = [np.diff(part) for part in data.split(left[: len(data)]) if len(part) > 1]
    spread = robust_spread(np.concatenate(differences)) / np.sqrt(2.0) if differences else 0.0
    return float(spread) or 1.0
