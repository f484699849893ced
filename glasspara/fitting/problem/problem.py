"""What is to be minimised: chi2 of the data under the model, with Gaussian constraints, and its derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from math import log

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.fitting.problem.combinations import Combination
from glasspara.fitting.problem.coordinates import Coordinates, canonical_by_reported
from glasspara.fitting.problem.nuisances import Disturbance, Nuisance
from glasspara.model.model import Model, Terms, evaluate, evaluate_with_gradient, slope_by_log_temperature
from glasspara.model.parameters import to_canonical

_TINY = float(np.finfo(np.float64).tiny)


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
        """(constraint - value) in standard errors."""
        # The logarithm of a coordinate may fall so far in a trial step that the value vanishes.
        return (log(self.mean / max(value, _TINY)) if self.log else self.mean - value) / self.error

    def pull_slope(self, value: float) -> float:
        """Derivative of :meth:`pull` by the value."""
        return -1.0 / (self.error * (max(value, _TINY) if self.log else 1.0))


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
        reported = self.coordinates.to_reported(point)
        rows = self.coordinates.reported_jacobian(point)
        total, gradient = self.total_with_gradient(reported)
        pulls = (self.data.magnetisation - total) / self.data.sigma
        by_coordinates = -(gradient @ rows) / self.data.sigma[:, None]
        if not self.constraints and not self.penalties:
            return pulls, by_coordinates
        index = [self.coordinates.reported.index(name) for name in self.constraints]
        slopes = np.array([item.pull_slope(reported[name]) for name, item in self.constraints.items()])
        below = [rows[index] * slopes[:, None]]
        below += [(item.pull_slopes(reported, self.model) @ rows)[None, :] for item in self.penalties]
        return (
            np.concatenate([pulls, self._other_pulls(reported)]),
            np.concatenate([by_coordinates, *below]),
        )

    def total_with_gradient(self, reported: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
        """The model at every point, emu/g, and its derivatives by all reported parameters, shape (n, len(reported))."""
        values, T, H = to_canonical(reported), self.data.temperature, self.data.field
        through = canonical_by_reported(reported, self.model)
        disturbance = self._disturbance
        if disturbance is None:
            total, gradient = evaluate_with_gradient(T, H, values, self.model)
            return total, gradient @ through
        T, H = disturbance.temperature(reported), H + disturbance.field(reported)
        total, gradient = evaluate_with_gradient(T, H, values, self.model)
        by_lag = None
        if disturbance.lags:
            by_lag = self.data.temperature / T * slope_by_log_temperature(T, H, values, self.model)
        scale = disturbance.scale(reported)
        by_field = gradient[:, self.model.names.index("field_offset")]
        slopes = disturbance.slopes(total, by_field, by_lag, scale)
        by_reported = scale[:, None] * (gradient @ through)
        by_reported[:, len(reported) - len(self.nuisances) :] = slopes
        return scale * total + disturbance.offset(reported), by_reported

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
