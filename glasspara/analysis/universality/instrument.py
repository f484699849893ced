"""What of the instrument, or in one place, could make runs leave their common curve: looked for before physics.

A failure of universality is physics only if it does not go away with something simple: a lag between branches, a range
of the thermometer that is off, a moment that relaxes or drifts, a narrow range of temperature in all runs (condensed
oxygen between 43 and 60 K). Each is fitted beside the common curve, or left out, and the test is done again. The ideas
and the sentences are those of :mod:`glasspara.fitting.judge.misfit`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from glasspara.analysis.linear import FTest
from glasspara.analysis.universality.common_curve import CommonCurve, curve_test
from glasspara.arrays import BoolArray, FloatArray
from glasspara.data import Dataset, select_points
from glasspara.errors import InputError
from glasspara.findings import Finding
from glasspara.fitting.judge.assessment import LARGEST_SCATTER, robust_spread
from glasspara.fitting.judge.branches import BranchShift, on_branches, shifts_of_branches, ways
from glasspara.fitting.judge.misfit import (
    EXPLAINED,
    Disturbance,
    FaultCode,
    Place,
    on_fault,
    on_place,
    places_of_excess,
    simple_faults,
)
from glasspara.fitting.judge.statistics import MISFIT_P, chi2_p_value

_FEWEST_OF_A_RUN = 4
# With less chi2 beyond the noise, relative, there is nothing to be located: the noise itself is known to 10 %.
_LEAST_EXCESS = 0.3
# The shape of a glass extends over a decade of temperature; narrower is a place.
_WIDEST_PLACE = 0.3


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
        best: dict[FaultCode, tuple[Disturbance, FloatArray]] = {}
        curve = self.common.curve
        for code, at, columns in simple_faults(self.data, curve.by_field, curve.by_log_temperature):
            # A drift about the middle of each run: offsets of runs might imitate what is looked for.
            about = columns[:, ::2] - 0.5 * columns[:, 1::2] if code == "drift" else columns
            more = self.common.folded_columns(about)
            share, size, error = self._share(more)
            if share > EXPLAINED and (code not in best or share > best[code][0].share):
                best[code] = Disturbance(code, share, size, error, at), more
        for fault, more in best.values():
            yield Explanation(on_fault(fault), self._test(more), fault.share)

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

    def _is_inside(self, place: Place) -> bool:
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
        runs = [
            select_points(run, ~mask[part])
            for run, part in zip(self.data.runs, self.data.slices, strict=True)
            if int(np.sum(~mask[part])) >= _FEWEST_OF_A_RUN
        ]
        try:
            return curve_test(Dataset(tuple(runs)), self.common.larmor, allowances=self.allowances)
        except InputError:
            return None


def _noise(data: Dataset, left: FloatArray) -> float:
    """Size of the noise in stated errors, by the differences of residuals that are neighbours in their run."""
    differences = [np.diff(part) for part in data.split(left[: len(data)]) if len(part) > 1]
    spread = robust_spread(np.concatenate(differences)) / np.sqrt(2.0) if differences else 0.0
    return float(spread) or 1.0
