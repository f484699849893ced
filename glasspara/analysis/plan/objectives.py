"""What further runs are worth: standard errors by the information that they add, or the margin over ordinary magnetism.

Errors (c- and D-optimality): the data and priors of a fit, and each further run, are rows of one Jacobian in the fit's
coordinates, exact and of unit error; what single runs alone may have off is taken out of their rows. The covariance
follows from all rows together, and with it the error of anything.

Decision (T-optimality): the further runs are taken as the fitted ETM predicts them. How badly ordinary magnetism as a
whole then describes old and new data together is its distance to the cone, the margin to be expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from glasspara.analysis.plan.candidates import Noise, expected_run
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset, ReducedRun
from glasspara.errors import UsageError
from glasspara.fitting.judge.ordinary import (
    IRON_OF_A_LABORATORY,
    OrdinaryMagnetism,
    compare_with_ordinary,
    expected_margin,
)
from glasspara.fitting.problem.combinations import combinations
from glasspara.fitting.problem.nuisances import nuisances_of
from glasspara.fitting.problem.problem import Constraint, Problem
from glasspara.fitting.resampling.resample import Resampler
from glasspara.fitting.search.least_squares import independent_steps
from glasspara.fitting.search.minimise import Minimum, descend_to_minimum
from glasspara.model.parameters import ION_NAMES, parameter_of, to_canonical
from glasspara.presets import RunPlan

Criterion = Literal["c", "D", "T"]
DECIDE, ALL = "decide", "all"
"""The goals that are no quantities: between the ETM and ordinary magnetism; all free parameters."""


@dataclass(frozen=True)
class Forecast:
    """A fit, and what further runs of its main sample would add to it."""

    minimum: Minimum
    noise: Noise

    @cached_property
    def sample(self) -> ReducedRun:
        """A run of the sample that has most points: further runs are of the same."""
        data = self.minimum.problem.data
        points = [0] * len(data.masses)
        for run, number in zip(data.runs, data.sample_numbers, strict=True):
            points[number] += len(run)
        return data.runs[data.sample_numbers.index(points.index(max(points)))]

    def expected(
        self, runs: Sequence[RunPlan], values: Mapping[str, float] | None = None
    ) -> list[ReducedRun]:
        """``runs`` as the model predicts them, with the fitted parameters or other ``values`` (canonical)."""
        values, model = values or to_canonical(self.minimum.reported), self.minimum.coordinates.model
        return [expected_run(run, values, model, noise=self.noise, like=self.sample) for run in runs]

    @cached_property
    def present(self) -> FloatArray:
        """Rows of the data, constraints and priors of the fit, shape (coordinates, coordinates)."""
        return _compressed(self.minimum.problem.residuals_and_jacobian(self.minimum.point)[1])

    def rows(self, runs: Sequence[RunPlan]) -> list[FloatArray]:
        """Rows that each of ``runs`` adds, of shape (at most coordinates, coordinates)."""
        if not runs:
            return []
        joined = self.joined(self.expected(runs))
        data, names, nuisances = joined.data, joined.coordinates.names, joined.nuisances
        point = joined.coordinates.from_reported(self.minimum.reported)
        jacobian = joined.residuals_and_jacobian(point)[1]
        shared = [names.index(name) for name in self.minimum.coordinates.names]
        present = len(self.minimum.problem.data.runs)
        found = []
        for number, part in enumerate(data.slices[present:], present):
            lone = [
                item
                for item in nuisances
                if item.runs == (number,) and item not in self.minimum.problem.nuisances
            ]
            own = [names.index(item.name) for item in lone]
            widths = np.array([item.width for item in lone])
            rows = np.concatenate([jacobian[part][:, shared], np.zeros((len(own), len(shared)))])
            basis = np.linalg.qr(np.concatenate([jacobian[part][:, own] * widths, np.eye(len(own))]))[0]
            found.append(_compressed(rows - basis @ (basis.T @ rows)))
        return found

    def joined(self, runs: Sequence[ReducedRun]) -> Problem:
        """The fit's problem with further ``runs``, and with what these may have off."""
        problem = self.minimum.problem
        data = Dataset((*problem.data.runs, *runs))
        nuisances = nuisances_of(data, {item.kind: item.width for item in problem.nuisances})
        priors = {item.name: Constraint(0.0, item.width) for item in nuisances}
        return replace(
            problem,
            data=data,
            coordinates=replace(problem.coordinates, nuisances=tuple(item.name for item in nuisances)),
            constraints={**priors, **problem.constraints},
            nuisances=nuisances,
        )

    def steps(self, rows: Sequence[FloatArray]) -> FloatArray:
        """Independent steps of the coordinates at one standard error, columns, with the further ``rows``."""
        sizes = self.minimum.coordinates.sizes
        return independent_steps(np.concatenate([self.present, *rows]), sizes)

    @cached_property
    def quantities(self) -> dict[str, tuple[float, str, FloatArray]]:
        """Value, unit and derivatives by the coordinates of everything that is not held: parameters, then what is
        derived."""
        minimum = self.minimum
        reported, canonical = minimum.reported, to_canonical(minimum.reported)
        jacobian = minimum.coordinates.reported_jacobian(minimum.point)
        found = {
            name: (reported[name], parameter_of(name).unit, jacobian[index])
            for index, name in enumerate(reported)
            if name not in minimum.coordinates.nuisances
        }
        for name, item in combinations(reported).items():
            slopes = item.slopes_by_reported(reported, minimum.coordinates.model) @ jacobian
            found[name] = (item.value(canonical), item.unit, slopes)
        return {name: item for name, item in found.items() if item[2].any()}

    def errors(self, rows: Sequence[FloatArray]) -> dict[str, float]:
        """Standard errors of the quantities, with the further ``rows``."""
        steps = self.steps(rows)
        return {name: float(np.linalg.norm(item[2] @ steps)) for name, item in self.quantities.items()}

    def slopes(self, name: str) -> FloatArray:
        """Derivatives of the quantity ``name`` by the coordinates.

        Raises
        ------
        UsageError
            For a name that is unknown, or of something that is held.
        """
        if name in self.quantities:
            return self.quantities[name][2]
        if name in self.minimum.reported or name in combinations(self.minimum.reported):
            raise UsageError(f"--goal {name}: it is held, no run can add to it", remedy="Free it")
        known = ", ".join((DECIDE, ALL, *self.quantities))
        raise UsageError(f"--goal: nothing is called {name!r}", remedy=f"Known: {known}")


def _compressed(rows: FloatArray) -> FloatArray:
    """At most as many rows as columns, with the same information."""
    return rows if len(rows) <= rows.shape[1] else np.asarray(np.linalg.qr(rows, mode="r"))


class Objective(Protocol):
    """What further runs are worth. A measure of them is in ``unit``; ``sign`` is 1 where larger is better."""

    criterion: Criterion
    sign: float
    unit: str
    costly: bool
    """Whether one measure takes so long that not every range of every set point can be tried."""

    def measures(self, before: Sequence[RunPlan], candidates: Sequence[RunPlan]) -> Iterator[float]:
        """With the runs ``before`` and one of the ``candidates``, for each of them."""

    def of(self, runs: Sequence[RunPlan]) -> float:
        """With ``runs``."""

    @property
    def with_iron(self) -> float | None:
        """With no run, but the iron of the fit confirmed by mass spectrometry to 1 %; None where it is known."""


class Errors:
    """The standard error of one goal (c-optimality); of several, their mean relative to today's (D-optimality).

    That is the geometric mean along the axes of the error ellipsoid: the root of the determinants' ratio.
    """

    costly, sign = False, -1.0

    def __init__(self, forecast: Forecast, goals: Sequence[str]) -> None:
        minimum = forecast.minimum
        self._forecast = forecast
        if ALL in goals:  # in the coordinates the determinant is the same but for a factor
            own = [name not in minimum.coordinates.nuisances for name in minimum.coordinates.free]
            self._slopes = np.eye(len(own))[own]
        else:
            self._slopes = np.stack([forecast.slopes(name) for name in goals])
        single = len(self._slopes) == 1
        self.criterion: Criterion = "c" if single else "D"
        self.unit = forecast.quantities[goals[0]][1] if single else "1"
        self._rows: dict[RunPlan, FloatArray] = {}
        self._today = 1.0
        if not single:
            self._today = self.of([])

    def measures(self, before: Sequence[RunPlan], candidates: Sequence[RunPlan]) -> Iterator[float]:
        self.rows([*before, *candidates])
        return (self.of([*before, run]) for run in candidates)

    def of(self, runs: Sequence[RunPlan]) -> float:
        return self._size(self.rows(runs))

    def rows(self, runs: Sequence[RunPlan]) -> list[FloatArray]:
        """What each of ``runs`` adds to the Jacobian."""
        new = [run for run in dict.fromkeys(runs) if run not in self._rows]
        self._rows |= dict(zip(new, self._forecast.rows(new), strict=True))
        return [self._rows[run] for run in runs]

    @property
    def with_iron(self) -> float | None:
        known = {*self._forecast.minimum.problem.constraints, *self._forecast.minimum.coordinates.held}
        n_fe, _, slopes = self._forecast.quantities.get("n_fe", (0.0, "", None))
        if known & {"n_fe", *ION_NAMES} or slopes is None or n_fe <= 0.0:
            return None
        return self._size([slopes[None] / (IRON_OF_A_LABORATORY * n_fe)])

    def _size(self, rows: Sequence[FloatArray]) -> float:
        axes = np.linalg.qr((self._slopes @ self._forecast.steps(rows)).T, mode="r")
        lengths = np.maximum(np.abs(np.diag(axes)), np.finfo(float).tiny)
        return float(np.exp(np.mean(np.log(lengths)))) / self._today


class Margin:
    """The margin by which ordinary magnetism is to be expected to describe the data worse than the ETM."""

    criterion: Criterion = "T"
    costly, sign, unit = True, 1.0, "1"

    def __init__(self, forecast: Forecast, found: OrdinaryMagnetism) -> None:
        self._forecast, self._found = forecast, found

    def measures(self, before: Sequence[RunPlan], candidates: Sequence[RunPlan]) -> Iterator[float]:
        return (self.of([*before, run]) for run in candidates)

    def of(self, runs: Sequence[RunPlan]) -> float:
        if not runs:
            return self._found.margin
        return expected_margin(self._forecast.minimum, self._found, runs=self._forecast.expected(runs))

    @property
    def with_iron(self) -> float | None:
        return self._found.margin_with_iron


def outcomes(
    forecast: Forecast, found: OrdinaryMagnetism, runs: Sequence[RunPlan], *, count: int, seed: int
) -> Iterator[float]:
    """Margins that measuring ``runs`` may give, ``count`` of them, each by a simulation.

    The truth of each is a fit to new data like those at hand: parameters as far off as theirs may be. The further runs
    are made from it, with their noise; then the ETM and ordinary magnetism are fitted to all of it.
    """
    minimum, rng = forecast.minimum, np.random.default_rng(seed)
    resampling = Resampler(minimum, "parametric")
    for _ in range(count):
        truth = to_canonical(descend_to_minimum(resampling.draw(rng), minimum.reported).reported)
        measured = []
        for run in forecast.expected(runs, truth):
            noise = run.sigma * rng.standard_normal(len(run))
            measured.append(replace(run, magnetisation=run.magnetisation + noise))
        refitted = descend_to_minimum(forecast.joined(measured), minimum.reported)
        yield compare_with_ordinary(refitted, iron=found.cone.iron_used, widths=found.widths).margin
