"""What is to be minimised: chi2 of the data under the model, with Gaussian constraints, and its derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from math import log

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.errors import DomainError
from glasspara.fitting.problem.combinations import Combination
from glasspara.fitting.problem.coordinates import Coordinates, canonical_by_reported
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

    def pull(self, value: float) -> float:
        """(constraint - value) in standard errors.

        Raises
        ------
        DomainError
            For a value that has no logarithm where the constraint is one of the logarithm.
        """
        if not self.log:
            return (self.mean - value) / self.error
        if value <= 0.0:
            raise DomainError(f"{value:g} has no logarithm")
        return log(self.mean / value) / self.error

    def pull_slope(self, value: float) -> float:
        """Derivative of :meth:`pull` by the value."""
        return -1.0 / (self.error * (value if self.log else 1.0))


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
        slopes: FloatArray = -self.combination.slopes_by_reported(reported, model) / self.width
        return slopes


@dataclass(frozen=True)
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

    def beside_data(self, point: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Those of the constraints and penalties alone."""
        return self._beside_data(
            self.coordinates.to_reported(point), self.coordinates.reported_jacobian(point)
        )

    def _beside_data(self, reported: Mapping[str, float], rows: FloatArray) -> tuple[FloatArray, FloatArray]:
        if not self.constraints and not self.penalties:
            return np.empty(0), np.empty((0, rows.shape[1]))
        slopes = [
            rows[self.coordinates.reported.index(name)] * item.pull_slope(reported[name])
            for name, item in self.constraints.items()
        ]
        slopes += [item.pull_slopes(reported, self.model) @ rows for item in self.penalties]
        return self._other_pulls(reported), np.array(slopes).reshape(len(slopes), rows.shape[1])

    def total_with_gradient(self, reported: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
        """The model at every point, emu/g, and its derivatives by all reported parameters, shape (n, len(reported))."""
        totals, gradients = self._totals([reported], np.eye(len(reported))[np.newaxis])
        return totals[0], gradients[0]

    def _totals(
        self, reported: Sequence[Mapping[str, float]], rows: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The model at every point, emu/g, for each of k sets of parameters, and its derivatives.

        ``rows``, shape (k, len(reported), m), are derivatives of the parameters by m others, which the result is by:
        shapes (k, n) and (k, n, m).
        """
        values = _stacked([to_canonical(one) for one in reported])
        through = np.stack([canonical_by_reported(one, self.model) for one in reported]) @ rows
        T, H, disturbance = self.data.temperature, self.data.field, self._disturbance
        if disturbance is None:
            total, gradient = evaluate_with_gradient(T, H, values, self.model)
            return np.broadcast_to(total, (len(reported), len(T))), gradient @ through
        T = np.stack([disturbance.temperature(one) for one in reported])
        H = H + np.stack([disturbance.field(one) for one in reported])
        scale = np.stack([disturbance.scale(one) for one in reported])
        total, gradient = evaluate_with_gradient(T, H, values, self.model)
        by_lag = None
        if disturbance.lags:
            by_lag = self.data.temperature / T * slope_by_log_temperature(T, H, values, self.model)
        by_field = gradient[..., self.model.names.index("field_offset")]
        slopes = np.stack(
            [
                disturbance.slopes(total[k], by_field[k], None if by_lag is None else by_lag[k], scale[k])
                for k in range(len(reported))
            ]
        )
        offset = np.stack([disturbance.offset(one) for one in reported])
        own = rows[:, rows.shape[1] - len(self.nuisances) :]
        return scale * total + offset, scale[..., np.newaxis] * (gradient @ through) + slopes @ own

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


def residuals_and_jacobians(
    problems: Sequence[Problem], points: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Residuals, shape (k, n_observations), and their derivatives by the coordinates, (k, n_observations, m).

    ``points``, shape (k, m), belong to k problems that differ in nothing but their magnetisation and the means of
    their constraints: the model is computed for all of them in one call, which costs little more than one.
    """
    first = problems[0]
    reported = [first.coordinates.to_reported(point) for point in points]
    rows = np.stack([first.coordinates.reported_jacobian(point) for point in points])
    totals, gradients = first._totals(reported, rows)
    n, sigma = len(first.data), first.data.sigma
    residuals = np.empty((len(points), first.n_observations))
    jacobian = np.empty((*residuals.shape, points.shape[1]))
    np.divide(gradients, -sigma[:, np.newaxis], out=jacobian[:, :n])
    for k, (problem, one) in enumerate(zip(problems, reported, strict=True)):
        residuals[k, :n] = (problem.data.magnetisation - totals[k]) / sigma
        residuals[k, n:], jacobian[k, n:] = problem._beside_data(one, rows[k])
    return residuals, jacobian


def _stacked(values: Sequence[Mapping[str, float]]) -> dict[str, Value]:
    """Each parameter as one number where all agree, else as a column: what only one column needs is computed once."""
    found: dict[str, Value] = {}
    for name, value in values[0].items():
        column = [one[name] for one in values]
        same = all(item == value for item in column)
        found[name] = value if same else np.array(column)[:, np.newaxis]
    return found
