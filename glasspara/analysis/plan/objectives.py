"""What further runs are worth: standard errors by the information that they add, or the margin over ordinary magnetism.

Errors (c- and D-optimality): the data and priors of a fit, and each further run, are rows of one Jacobian in the fit's
coordinates, exact and of unit error; what single runs alone may have off is taken out of their rows. The covariance
follows from all rows together, and with it the error of anything.

Decision (T-optimality): the further runs are taken as the fitted ETM predicts them. How badly ordinary magnetism as a
whole then describes old and new data together is its distance to the cone, the margin to be expected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, Protocol

import numpy as np

from glasspara.analysis.plan.candidates import Noise, expected_run
from glasspara.arrays import FloatArray, IntArray
from glasspara.data import Dataset, ReducedRun
from glasspara.fitting.intervals.profile import Profile
from glasspara.fitting.judge.ordinary import (
    IRON_OF_A_LABORATORY,
    OrdinaryMagnetism,
    expected_margin,
    side_by_side,
)
from glasspara.fitting.problem.coordinates import combinations
from glasspara.fitting.problem.nuisances import nuisances_of
from glasspara.fitting.problem.problem import Problem
from glasspara.fitting.resampling import Resampler
from glasspara.fitting.search.least_squares import independent_steps
from glasspara.fitting.search.minimise import Minimum, descend_to_minimum
from glasspara.model.parameters import ION_NAMES, parameter_of, to_canonical
from glasspara.presets import RunPlan

Criterion = Literal["c", "D", "T"]
DECIDE, ALL = "decide", "all"
"""The goals that are no quantities: between the ETM and ordinary magnetism; all free parameters."""

_UNLIKELY = 6.0  # rise of chi2 at which a profile need be followed no further
_FINE = 400  # places along it
_GHOST = 1.0e-6  # points at a place that has none, so that the fitted curve is known there


@dataclass(frozen=True, eq=False)
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

    def expected(self, runs: Sequence[RunPlan]) -> list[ReducedRun]:
        """``runs`` as the model predicts them."""
        values, model = to_canonical(self.minimum.reported), self.minimum.coordinates.model
        return [expected_run(run, values, model, noise=self.noise, like=self.sample) for run in runs]

    @cached_property
    def present(self) -> FloatArray:
        """Rows of the data, constraints and priors of the fit, shape (coordinates, coordinates)."""
        return _compressed(self.minimum.problem.residuals_and_jacobian(self.minimum.point)[1])

    def jacobians(self, runs: Sequence[RunPlan]) -> list[tuple[FloatArray, FloatArray]]:
        """Rows of unit error that the points of each of ``runs`` add: by the coordinates of the fit, and by what the
        run alone may have off, in units of its width.
        """
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
            found.append((jacobian[part][:, shared], jacobian[part][:, own] * widths))
        return found

    def rows(self, runs: Sequence[RunPlan]) -> list[FloatArray]:
        """Rows that each of ``runs`` adds, of shape (at most coordinates, coordinates)."""
        return [_projected(*item) for item in self.jacobians(runs)]

    def joined(self, runs: Sequence[ReducedRun]) -> Problem:
        """The fit's problem with further ``runs``, and with what these may have off."""
        problem = self.minimum.problem
        data = Dataset((*problem.data.runs, *runs))
        nuisances = nuisances_of(data, {item.kind: item.width for item in problem.nuisances})
        return problem.with_nuisances(nuisances, data=data)

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


def _projected(shared: FloatArray, own: FloatArray) -> FloatArray:
    """The rows ``shared`` of a run without what they have in common with ``own``, which has priors of width 1."""
    rows = np.concatenate([shared, np.zeros((own.shape[1], shared.shape[1]))])
    basis = np.linalg.qr(np.concatenate([own, np.eye(own.shape[1])]))[0]
    return _compressed(rows - basis @ (basis.T @ rows))


def _compressed(rows: FloatArray) -> FloatArray:
    """At most as many rows as columns, with the same information."""
    return rows if len(rows) <= rows.shape[1] else np.asarray(np.linalg.qr(rows, mode="r"))


class Objective(Protocol):
    """What further runs are worth, as a measure in ``unit``; ``sign`` is 1 where larger is better."""

    criterion: Criterion
    sign: float
    unit: str

    def measures(self, plans: Sequence[Sequence[RunPlan]]) -> Iterator[float]:
        """With the runs of each of ``plans``."""

    def exchanged(
        self, before: Sequence[RunPlan], places: RunPlan, counts: IntArray
    ) -> tuple[float, FloatArray]:
        """With the runs ``before`` and one that has ``counts`` points at its ``places``; and what one point more at
        each place would bring, in any unit.
        """

    def outcomes(self, runs: Sequence[RunPlan]) -> Iterator[float]:
        """With ``runs``, as it may turn out: one for each of several worlds that may be true."""

    @property
    def with_iron(self) -> float | None:
        """With no run, but the iron of the fit confirmed by mass spectrometry to 1 %; None where it is known."""


class GoalErrors:
    """The standard error of one goal (c-optimality); of several, their mean relative to today's (D-optimality).

    That is the geometric mean along the axes of the error ellipsoid: the root of the determinants' ratio. The errors
    depend on the parameters, which are not known: each measure is the geometric mean over several ``worlds``, all of
    which may be true (K. Chaloner and I. Verdinelli, Statist. Sci. 10, 273, 1995).
    """

    sign = -1.0

    def __init__(self, worlds: Sequence[Forecast], goals: Sequence[str]) -> None:
        self._worlds = worlds
        free = worlds[0].minimum.coordinates.free
        # in the coordinates the determinant of all is the same but for a factor
        own = np.eye(len(free))[[name not in worlds[0].minimum.coordinates.nuisances for name in free]]
        self._slopes = [
            own if ALL in goals else np.stack([world.quantities[name][2] for name in goals])
            for world in worlds
        ]
        single = len(self._slopes[0]) == 1
        self.criterion: Criterion = "c" if single else "D"
        self.unit = worlds[0].quantities[goals[0]][1] if single else "1"
        self._rows: dict[RunPlan, list[FloatArray]] = {}
        self._places: dict[RunPlan, list[tuple[FloatArray, FloatArray]]] = {}
        self._today = [1.0] * len(worlds)
        if not single:
            self._today = self._sizes([[] for _ in worlds])

    def measures(self, plans: Sequence[Sequence[RunPlan]]) -> Iterator[float]:
        new = list(dict.fromkeys(run for runs in plans for run in runs if run not in self._rows))
        in_worlds = [world.rows(new) for world in self._worlds]
        self._rows |= {run: [rows[index] for rows in in_worlds] for index, run in enumerate(new)}
        return (geometric_mean(self._sizes(self._by_world(runs))) for runs in plans)

    def exchanged(
        self, before: Sequence[RunPlan], places: RunPlan, counts: IntArray
    ) -> tuple[float, FloatArray]:
        next(self.measures([before]))
        if places not in self._places:
            self._places[places] = [world.jacobians([places])[0] for world in self._worlds]
        weight, sizes, gains = np.sqrt(counts)[:, None], [], np.zeros(len(counts))
        for world, slopes, rows, (shared, own), today in zip(
            self._worlds, self._slopes, self._by_world(before), self._places[places], self._today, strict=True
        ):
            steps = world.steps([*rows, _projected(weight * shared, weight * own)])
            basis, axes = np.linalg.qr((slopes @ steps).T)
            sizes.append(geometric_mean(np.abs(np.diag(axes)).tolist()) / today)
            # a row less what the run's own parameters would take up of it
            inner = np.eye(own.shape[1]) + own.T @ (counts[:, None] * own)
            alone = shared - own @ np.linalg.solve(inner, own.T @ (counts[:, None] * shared))
            gains += np.sum((alone @ steps @ basis) ** 2, axis=1)
        return geometric_mean(sizes), gains

    def outcomes(self, runs: Sequence[RunPlan]) -> Iterator[float]:
        next(self.measures([runs]))
        yield from self._sizes(self._by_world(runs))

    def errors(self, runs: Sequence[RunPlan]) -> dict[str, list[float]]:
        """Standard errors with ``runs`` of all quantities that can move in every world, one for each world."""
        next(self.measures([runs]))
        rows = self._by_world(runs)
        found = [world.errors(part) for world, part in zip(self._worlds, rows, strict=True)]
        common = [name for name in found[0] if all(name in item for item in found)]
        return {name: [item[name] for item in found] for name in common}

    @property
    def with_iron(self) -> float | None:
        fitted = self._worlds[0]
        known = {*fitted.minimum.problem.constraints, *fitted.minimum.coordinates.held}
        n_fe = fitted.quantities.get("n_fe", (0.0, "", None))[0]
        if known & {"n_fe", *ION_NAMES} or n_fe <= 0.0:
            return None
        error = IRON_OF_A_LABORATORY * n_fe
        return geometric_mean(
            self._sizes([[world.quantities["n_fe"][2][None] / error] for world in self._worlds])
        )

    def _by_world(self, runs: Sequence[RunPlan]) -> list[list[FloatArray]]:
        return [[self._rows[run][index] for run in runs] for index in range(len(self._worlds))]

    def _sizes(self, rows: Sequence[Sequence[FloatArray]]) -> list[float]:
        """The measure in each world with further rows, its own."""
        found = []
        for world, slopes, part, today in zip(self._worlds, self._slopes, rows, self._today, strict=True):
            axes = np.linalg.qr((slopes @ world.steps(part)).T, mode="r")
            found.append(geometric_mean(np.abs(np.diag(axes)).tolist()) / today)
        return found


def geometric_mean(values: Sequence[float]) -> float:
    """Geometric mean."""
    return float(np.exp(np.mean(np.log(np.maximum(values, np.finfo(float).tiny)))))


def worlds_of(forecast: Forecast, count: int, seed: int) -> list[Forecast]:
    """``forecast``, and ``count`` others at parameters that the data and the priors allow.

    n_ats is drawn from its profile: along its valley chi2 is level over decades, and no fit knows where in it the
    truth lies. With n_ats held there, the other parameters are those of a fit to new data and new constraints, as in a
    parametric bootstrap.
    """
    minimum, rng = forecast.minimum, np.random.default_rng(seed)
    found = [forecast]
    for place in _along_the_valley(minimum, count):
        resampler = Resampler(place, "parametric")
        reported = descend_to_minimum(resampler.draw(rng), place.reported).reported
        point = minimum.coordinates.from_reported(reported)
        found.append(replace(forecast, minimum=replace(minimum, point=point)))
    return found


def _along_the_valley(minimum: Minimum, count: int) -> list[Minimum]:
    """``minimum`` with n_ats held at ``count`` values, as likely as each other by their profile; or as it is, so many
    times, where n_ats is not free.
    """
    if "n_ats" not in minimum.coordinates.free or "n_ats" in minimum.limits_met():
        return [minimum] * count
    profile = Profile(minimum, ["n_ats"])
    (axis,) = profile.axes
    rises = {axis.origin: 0.0}
    for side in (-axis.step, axis.step):
        position, stride, rise = axis.origin, side, 0.0
        while rise < _UNLIKELY and abs(position - axis.origin) < axis.farthest:
            position, stride = min(max(position + stride, axis.low), axis.high), 1.5 * stride
            if position in rises:
                break
            rises[position] = rise = profile.at(position).rise
    known = np.array(sorted(rises))
    positions = np.linspace(known[0], known[-1], _FINE)
    rise_there = np.interp(positions, known, [rises[position] for position in known.tolist()])
    share = np.cumsum(np.exp(-0.5 * rise_there))
    drawn = np.interp((np.arange(count) + 0.5) / count * share[-1], share, positions)
    return [profile.held(position) for position in drawn.tolist()]


class Margin:
    """The margin by which ordinary magnetism is to be expected to describe the data worse than the ETM."""

    criterion: Criterion = "T"
    sign, unit = 1.0, "1"

    def __init__(self, worlds: Sequence[Forecast], found: OrdinaryMagnetism, seed: int) -> None:
        self._worlds, self._found, self._seed = worlds, found, seed

    def measures(self, plans: Sequence[Sequence[RunPlan]]) -> Iterator[float]:
        fitted, found = self._worlds[0], self._found
        for runs in plans:
            further = fitted.expected(runs)
            yield expected_margin(fitted.minimum, found, runs=further)[0] if runs else found.margin

    def exchanged(
        self, before: Sequence[RunPlan], places: RunPlan, counts: IntArray
    ) -> tuple[float, FloatArray]:
        """A point where ordinary magnetism fails most brings most: the margin rises by the square of its residual, to
        first order (A. C. Atkinson and V. V. Fedorov, Biometrika 62, 57, 1975).
        """
        fitted = self._worlds[0]
        *earlier, ideal = fitted.expected([*before, places])
        run = replace(ideal, sigma=ideal.sigma / np.sqrt(np.maximum(counts, _GHOST)))
        margin, cone = expected_margin(fitted.minimum, self._found, runs=[*earlier, run])
        return margin, ((ideal.magnetisation - cone.disturbed[-len(run) :]) / ideal.sigma) ** 2

    def outcomes(self, runs: Sequence[RunPlan]) -> Iterator[float]:
        """By simulation: the further runs are made from the parameters of each world, with their noise, and join the
        data at hand; then the ETM and ordinary magnetism are fitted to all of it.
        """
        fitted, rng, found = self._worlds[0], np.random.default_rng(self._seed), self._found
        for world in self._worlds:
            measured = []
            for run in world.expected(runs):
                noise = run.sigma * rng.standard_normal(len(run))
                measured.append(replace(run, magnetisation=run.magnetisation + noise))
            refitted = descend_to_minimum(fitted.joined(measured), fitted.minimum.reported)
            yield side_by_side(refitted, iron=found.cone.iron_used, widths=found.widths).margin

    @property
    def with_iron(self) -> float | None:
        return self._found.margin_with_iron
