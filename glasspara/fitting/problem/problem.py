"""What is to be minimised: chi2 of the data under the model, with Gaussian constraints, and its derivatives.

Nuisances are what may be off in runs or samples: field, zero of the moment, its drift, mass; each has a Gaussian prior.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.errors import DomainError
from glasspara.fitting.problem.coordinates import Combination, Coordinates, canonical_by_reported
from glasspara.model.model import Model, Terms, evaluate, evaluate_with_gradient, slope_by_log_temperature
from glasspara.model.parameters import GEOMETRY, to_canonical
from glasspara.model.terms import Value


@dataclass(frozen=True)
class Nuisance:
    """One nuisance parameter: ``name`` as reported ("mass_scale[2]"), its kind, its runs, the width of its prior."""

    name: str
    kind: str
    runs: tuple[int, ...]
    width: float


def nuisances_of(data: Dataset, widths: Mapping[str, float]) -> tuple[Nuisance, ...]:
    """Those kinds that ``widths`` names, for each run, for each sample (a mass) or for all runs (the holder).

    Numbers in names count the runs of ``data``, or its samples in their order of appearance, from 1. The errors of
    geometry factors come with ``data``, in place of any in ``widths``; their names hold the run type.
    """
    by_sample = [
        tuple(run for run, number in enumerate(data.sample_numbers) if number == sample)
        for sample in range(len(data.masses))
    ]
    by_run = [(index,) for index in range(len(data.runs))]
    together = {"mass_scale": by_sample, "holder_chi": [tuple(range(len(data.runs)))]}
    asked = (
        Nuisance(f"{kind}[{number}]", kind, runs, width)
        for kind, width in widths.items()
        if kind != GEOMETRY
        for number, runs in enumerate(together.get(kind, by_run), 1)
    )
    geometry = (
        Nuisance(f"{GEOMETRY}[{of}]", GEOMETRY, _touched(data, errors), float(errors.max()))
        for of, errors in data.geometry_errors.items()
    )
    return (*asked, *geometry)


def _touched(data: Dataset, values: FloatArray) -> tuple[int, ...]:
    """Runs with any of ``values`` other than 0."""
    return tuple(index for index, part in enumerate(data.slices) if values[part].any())


@dataclass(frozen=True)
class Disturbance:
    """What nuisances do to the model at the points of ``data``: M -> (1 + scale) M(T (1 + lag), H + field) + offset.

    Values of the nuisances are numbers, or arrays of shape (k,) for k rows of points.
    """

    data: Dataset
    nuisances: tuple[Nuisance, ...]

    def field(self, values: Mapping[str, Any]) -> FloatArray:
        """Offset of the field at every point, Oe."""
        return self._sum("field_offset", values)

    def temperature(self, values: Mapping[str, Any]) -> FloatArray:
        """Temperature of the sample at every point, K."""
        return self.data.temperature * (1.0 + self._sum("temperature_scale", values))

    @property
    def lags(self) -> bool:
        """Whether a thermometer may be off."""
        return any(item.kind == "temperature_scale" for item in self.nuisances)

    def scale(self, values: Mapping[str, Any]) -> FloatArray:
        """1 + relative errors of mass and geometry factor at every point."""
        return 1.0 + self._sum("mass_scale", values) + self._sum(GEOMETRY, values)

    def offset(self, values: Mapping[str, Any]) -> FloatArray:
        """Offset of the magnetisation at every point, emu/g."""
        moment = self._sum("moment_offset", values) + self._sum("holder_chi", values) * self.data.field
        return moment * self._per_gram() + self._sum("drift", values) * self.data.progress

    def slopes(
        self, undisturbed: FloatArray, by_field: FloatArray, by_lag: FloatArray | None, scale: FloatArray
    ) -> FloatArray:
        """Derivatives of the disturbed model by the nuisances, shape (..., points, nuisances).

        ``undisturbed`` is M(T (1 + lag), H + field), ``by_field`` and ``by_lag`` its derivatives.
        """
        of_kind = {
            "field_offset": scale * by_field,
            "mass_scale": undisturbed,
            GEOMETRY: undisturbed,
            "drift": self.data.progress,
        }
        if by_lag is not None:
            of_kind["temperature_scale"] = scale * by_lag
        if any(item.kind in ("moment_offset", "holder_chi") for item in self.nuisances):
            of_kind["moment_offset"] = self._per_gram()
            of_kind["holder_chi"] = self.data.field * of_kind["moment_offset"]
        columns = np.zeros((*undisturbed.shape, len(self.nuisances)))
        for column, item in enumerate(self.nuisances):
            for run in item.runs:
                part = self.data.slices[run]
                columns[..., part, column] = of_kind[item.kind][..., part]
        return columns

    def _sum(self, kind: str, values: Mapping[str, Any]) -> FloatArray:
        own = [item for item in self.nuisances if item.kind == kind]
        shape = np.broadcast_shapes(*(np.shape(values[item.name]) for item in own))
        total = np.zeros((*shape, len(self.data)))
        for item in own:
            for run in item.runs:
                total[..., self.data.slices[run]] += np.asarray(values[item.name])[..., np.newaxis]
        return total

    def _per_gram(self) -> FloatArray:
        inverse = [np.full(len(run), 1.0 / run.grams) for run in self.data.runs]
        return np.concatenate(inverse)


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
        values = {name: _as_column(value) for name, value in to_canonical(reported).items()}
        through = canonical_by_reported(reported, self.model) @ rows
        T, H, disturbance = self.data.temperature, self.data.field, self._disturbance
        if disturbance is None:
            total, gradient = evaluate_with_gradient(T, H, values, self.model)
            return np.broadcast_to(total, (len(rows), len(T))), gradient @ through
        T, H = disturbance.temperature(reported), H + disturbance.field(reported)
        total, gradient = evaluate_with_gradient(T, H, values, self.model)
        by_lag = None
        if disturbance.lags:
            by_lag = self.data.temperature / T * slope_by_log_temperature(T, H, values, self.model)
        scale = disturbance.scale(reported)
        by_field = gradient[..., self.model.names.index("field_offset")]
        slopes = disturbance.slopes(total, by_field, by_lag, scale)
        own = rows[:, rows.shape[1] - len(self.nuisances) :]
        by_rows = scale[..., np.newaxis] * (gradient @ through) + slopes @ own
        return np.broadcast_to(scale * total + disturbance.offset(reported), by_rows.shape[:2]), by_rows

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

    ``points``, shape (k, m), belong to k problems that differ in nothing but their magnetisation and the means of
    their constraints: the model is computed for all of them in one call, which costs little more than one.
    """
    first = problems[0]
    reported = first.coordinates.to_reported(points)
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


def beside_data(problems: Sequence[Problem], points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Those of the constraints and penalties alone."""
    coordinates = problems[0].coordinates
    return _beside_data(problems, coordinates.to_reported(points), coordinates.reported_jacobian(points))


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
