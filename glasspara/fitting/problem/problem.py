"""What is to be minimised: chi2 of the data under the model, with Gaussian constraints, and its derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.data import Dataset
from glasspara.errors import DomainError
from glasspara.fitting.problem.coordinates import Combination, Coordinates, canonical_by_reported
from glasspara.fitting.problem.nuisances import Disturbance, Nuisance
from glasspara.model.model import Model, Terms, evaluate, evaluate_with_gradient, slope_by_log_temperature
from glasspara.model.parameters import to_canonical
from glasspara.model.terms import Value


@dataclass(frozen=True)
class Constraint:
    """Knowledge of one reported parameter from outside the data.

    Gaussian in the parameter, or in its logarithm (``log``), ``error`` then being that of the logarithm. An
    ``assumed`` one comes from no measurement: the program sets it where the data leave a parameter open.
    """

    mean: float
    error: float
    log: bool = False
    assumed: bool = False

    def pull(self, value: Any, mean: Any = None) -> Any:
        """(constraint - value) in standard errors, of a number or an array; ``mean`` in place of the own one.

        Raises
        ------
        DomainError
            For a value that has no logarithm where the constraint is one of the logarithm.
        """
        mean = self.mean if mean is None else mean
        if not self.log:
            return (mean - value) / self.error
        if np.any(value <= 0.0):
            raise DomainError(f"{np.min(value):g} has no logarithm")
        return np.log(mean / value) / self.error

    def pull_slope(self, value: Any) -> Any:
        """Derivative of :meth:`pull` by the value."""
        return -1.0 / (self.error * (value if self.log else np.ones(np.shape(value))))


@dataclass(frozen=True)
class Penalty:
    """What draws a combination towards ``target``, a constraint of the user or a profile on its way.

    Chi2 has ((target - combination)/width)^2 added to it.
    """

    combination: Combination
    target: float
    width: float

    def pull(self, reported: Mapping[str, float]) -> float:
        return (self.target - self.combination.value(to_canonical(reported))) / self.width

    def pull_slopes(self, reported: Mapping[str, float], model: Model) -> FloatArray:
        """Derivatives of :meth:`pull` by the reported parameters, shape (len(reported),)."""
        return -self.combination.slopes_by_reported(reported, model) / self.width


@dataclass(frozen=True, eq=False)
class Problem:
    """Data, coordinates and constraints of one fit. Residuals are (data - model)/sigma throughout.

    ``nuisances`` are those that ``coordinates`` names, in the same order; their priors are among the ``constraints``.
    """

    data: Dataset
    coordinates: Coordinates
    constraints: Mapping[str, Constraint]
    nuisances: tuple[Nuisance, ...] = ()
    penalties: tuple[Penalty, ...] = ()

    @property
    def known_combinations(self) -> dict[str, Constraint]:
        """The penalties as constraints, by the name of their combination."""
        return {item.combination.name: Constraint(item.target, item.width) for item in self.penalties}

    @property
    def model(self) -> Model:
        return self.coordinates.model

    @property
    def n_observations(self) -> int:
        """Points, constraints and penalties."""
        return len(self.data) + len(self.constraints) + len(self.penalties)

    def terms(self, reported: Mapping[str, float]) -> Terms:
        """The model's terms at every point of ``data``, nuisances included, emu/g."""
        values, T, H = to_canonical(reported), self.data.temperature, self.data.field
        disturbance = self._disturbance
        if disturbance is None:
            return evaluate(T, H, values, self.model)
        terms = evaluate(
            disturbance.temperature(reported), H + disturbance.field(reported), values, self.model
        )
        scale = disturbance.scale(reported)
        parts = {item.name: scale * getattr(terms, item.name) for item in fields(Terms)}
        return Terms(**{**parts, "offset": disturbance.offset(reported)})

    def residuals(self, point: FloatArray) -> FloatArray:
        """Weighted residuals of the points, of the constraints, of the penalties; shape (n_observations,)."""
        reported = self.coordinates.to_reported(point)
        pulls = (self.data.magnetisation - self.terms(reported).total) / self.data.sigma
        return np.concatenate([pulls, self._other_pulls(reported)])

    def residuals_and_jacobian(self, point: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Residuals and their derivatives by the coordinates, shape (n_observations, n_coordinates)."""
        residuals, jacobian = residuals_and_jacobians([self], point[np.newaxis])
        return residuals[0], jacobian[0]

    def total_with_gradient(self, reported: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
        """The model at every point, emu/g, and its derivatives by all reported parameters, shape (n, len(reported))."""
        one = {name: np.array([value]) for name, value in reported.items()}
        totals, gradients = self.totals(one, np.eye(len(reported))[np.newaxis])
        return totals[0], gradients[0]

    def totals(self, reported: Mapping[str, Any], rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The model at every point, emu/g, for k sets of parameters, and its derivatives.

        ``rows``, shape (k, len(reported), m), are derivatives of the parameters by m others, which the result is by:
        shapes (k, n) and (k, n, m).
        """
        through = canonical_by_reported(reported, self.model) @ rows
        if self._disturbance is None:
            values = {name: _as_column(value) for name, value in to_canonical(reported).items()}
            T, H = self.data.temperature, self.data.field
            total, gradient = evaluate_with_gradient(T, H, values, self.model)
            return np.broadcast_to(total, (len(rows), len(T))), gradient @ through
        own = rows[:, rows.shape[1] - len(self.nuisances) :]
        total, by_rows, slopes = self._disturbed(
            self._disturbance, reported, through, [(item,) for item in self.nuisances]
        )
        return total, by_rows + slopes @ own

    def apart(self, point: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Residuals, derivatives by the coordinates of ``common``, and by ``own_nuisances``.

        Shapes (n_observations of ``common``,), (the same, its coordinates), (points, kinds).
        """
        common = self.common
        reported = self.coordinates.to_reported(point[np.newaxis])
        rows = common.coordinates.reported_jacobian(point[self.is_common][np.newaxis])
        known = {name: reported[name] for name in common.coordinates.reported}
        through = canonical_by_reported(known, self.model) @ rows
        groups = [(item,) for item in common.nuisances]
        total, by_rows, slopes = self._disturbed(
            Disturbance(self.data, self.nuisances),
            reported,
            through,
            [
                *groups,
                *([item for item in column if item] for column in zip(*self.own_nuisances, strict=True)),
            ],
        )
        by_rows = by_rows + slopes[..., : len(groups)] @ rows[:, rows.shape[1] - len(groups) :]
        pulls, beside = _beside_data([common], known, rows)
        sigma = self.data.sigma
        return (
            np.concatenate([(self.data.magnetisation - total[0]) / sigma, pulls[0]]),
            np.concatenate([by_rows[0] / -sigma[:, np.newaxis], beside[0]]),
            slopes[0, :, len(groups) :] / -sigma[:, np.newaxis],
        )

    @cached_property
    def own_nuisances(self) -> list[list[Nuisance | None]]:
        """For each run those nuisances that touch it alone, one of each kind or None."""
        single = [item for item in self.nuisances if len(item.runs) == 1]
        kinds = list(dict.fromkeys(item.kind for item in single))
        table: list[list[Nuisance | None]] = [[None] * len(kinds) for _ in self.data.runs]
        for item in single:
            run, kind = item.runs[0], kinds.index(item.kind)
            if table[run][kind] is None:
                table[run][kind] = item
        return table

    @cached_property
    def is_common(self) -> BoolArray:
        """Which of the coordinates are not those of ``own_nuisances``."""
        own = {item.name for row in self.own_nuisances for item in row if item}
        return np.array([name not in own for name in self.coordinates.free])

    @cached_property
    def common(self) -> Problem:
        """The problem without ``own_nuisances``."""
        own = {item.name for row in self.own_nuisances for item in row if item}
        return self.with_nuisances(tuple(item for item in self.nuisances if item.name not in own))

    def with_nuisances(self, nuisances: tuple[Nuisance, ...], *, data: Dataset | None = None) -> Problem:
        """The same with ``nuisances`` in place of its own, and new ``data`` if any; priors of new ones are added."""
        priors = {item.name: Constraint(0.0, item.width) for item in nuisances}
        gone = {item.name for item in self.nuisances} - set(priors)
        known = {name: item for name, item in self.constraints.items() if name not in gone}
        return replace(
            self,
            data=data or self.data,
            coordinates=replace(self.coordinates, nuisances=tuple(priors)),
            constraints=known | {name: item for name, item in priors.items() if name not in known},
            nuisances=nuisances,
        )

    def _disturbed(
        self,
        disturbance: Disturbance,
        reported: Mapping[str, Any],
        through: FloatArray,
        groups: Sequence[Sequence[Nuisance]],
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The disturbed model, its derivatives as the canonical parameters change by ``through``, and by nuisances."""
        values = {name: _as_column(value) for name, value in to_canonical(reported).items()}
        T, H = self.data.temperature, self.data.field
        T, H = disturbance.temperature(reported), H + disturbance.field(reported)
        total, gradient = evaluate_with_gradient(T, H, values, self.model)
        by_lag = None
        if disturbance.lags:
            by_lag = self.data.temperature / T * slope_by_log_temperature(T, H, values, self.model)
        scale = disturbance.scale(reported)
        by_field = gradient[..., self.model.names.index("field_offset")]
        slopes = disturbance.slopes(groups, total, by_field, by_lag, scale)
        by_rows = scale[..., np.newaxis] * (gradient @ through)
        total = np.broadcast_to(scale * total + disturbance.offset(reported), by_rows.shape[:2])
        return total, by_rows, slopes

    def chi2(self, point: FloatArray) -> float:
        residuals = self.residuals(point)
        return float(residuals @ residuals)

    def chi2_gradient(self, point: FloatArray) -> FloatArray:
        residuals, jacobian = self.residuals_and_jacobian(point)
        return 2.0 * (residuals @ jacobian)

    @cached_property
    def _disturbance(self) -> Disturbance | None:
        return Disturbance(self.data, self.nuisances) if self.nuisances else None

    def _other_pulls(self, reported: Mapping[str, float]) -> FloatArray:
        pulls = [item.pull(reported[name]) for name, item in self.constraints.items()]
        return np.array([*pulls, *(item.pull(reported) for item in self.penalties)])


def residuals_and_jacobians(problems: Sequence[Problem], points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Residuals, shape (k, n_observations), and their derivatives by the coordinates, (k, n_observations, m).

    ``points``, shape (k, m), belong to k problems that differ in nothing but their magnetisation, the means of their
    constraints and the values held: the model is computed for all of them in one call, which costs little more than
    one.
    """
    first = problems[0]
    reported = _reported(problems, points)
    rows = first.coordinates.reported_jacobian(points)
    totals, gradients = first.totals(reported, rows)
    n, sigma = len(first.data), first.data.sigma
    residuals = np.empty((len(points), first.n_observations))
    jacobian = np.empty((*residuals.shape, points.shape[1]))
    np.divide(gradients, -sigma[:, np.newaxis], out=jacobian[:, :n])
    for k, problem in enumerate(problems):
        residuals[k, :n] = (problem.data.magnetisation - totals[k]) / sigma
    residuals[:, n:], jacobian[:, n:] = _beside_data(problems, reported, rows)
    return residuals, jacobian


def residuals_at(problems: Sequence[Problem], point: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Residuals of such problems at one point, (k, n_observations), and derivatives by the coordinates there.

    Those of the data, (n, m), are the same for all, those of what is beside them, (k, n_observations - n, m), need
    not be. The model is computed once: the problems hold the same values.
    """
    first, n = problems[0], len(problems[0].data)
    residuals, jacobian = first.residuals_and_jacobian(point)
    every = np.empty((len(problems), first.n_observations))
    for k, problem in enumerate(problems):
        every[k, :n] = (
            residuals[:n] + (problem.data.magnetisation - first.data.magnetisation) / first.data.sigma
        )
    every[:, n:], beside = beside_data(problems, np.tile(point, (len(problems), 1)))
    return every, jacobian[:n], beside


def beside_data(problems: Sequence[Problem], points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Those of the constraints and penalties alone."""
    rows = problems[0].coordinates.reported_jacobian(points)
    return _beside_data(problems, _reported(problems, points), rows)


def _reported(problems: Sequence[Problem], points: FloatArray) -> dict[str, Any]:
    """The reported parameters of each problem at its point, those held too where they differ."""
    first = problems[0].coordinates
    reported = first.to_reported(points)
    others = [problem.coordinates.held for problem in problems]
    if any(held is not first.held for held in others):
        for name, value in first.held.items():
            values = np.array([held[name] for held in others])
            if np.any(values != value):
                reported[name] = values
    return reported


def _beside_data(
    problems: Sequence[Problem], reported: Mapping[str, Any], rows: FloatArray
) -> tuple[FloatArray, FloatArray]:
    first, index = problems[0], list(reported)
    pulls: list[Any] = [np.empty((0, len(rows)))]
    slopes: list[Any] = [np.empty((0, len(rows), rows.shape[2]))]
    for name, item in first.constraints.items():
        means = np.array([problem.constraints[name].mean for problem in problems])
        pulls.append([item.pull(reported[name], means)])
        slope = np.broadcast_to(item.pull_slope(reported[name]), len(rows))
        slopes.append([rows[:, index.index(name)] * slope[:, np.newaxis]])
    for number in range(len(first.penalties)):
        values = [
            {name: float(np.broadcast_to(value, len(rows))[k]) for name, value in reported.items()}
            for k in range(len(rows))
        ]
        items = [problem.penalties[number] for problem in problems]
        pulls.append([[item.pull(one) for item, one in zip(items, values, strict=True)]])
        slopes.append(
            [
                [
                    item.pull_slopes(one, first.model) @ row
                    for item, one, row in zip(items, values, rows, strict=True)
                ]
            ]
        )
    return np.concatenate(pulls).T, np.concatenate(slopes).swapaxes(0, 1)


def _as_column(value: Any) -> Value:
    """k values of a parameter as one number where all agree, else as a column: what needs one is computed once."""
    if np.ndim(value) == 0:
        return float(value)
    return float(value[0]) if np.all(value == value[0]) else np.asarray(value[:, np.newaxis])
