"""What is to be minimised: chi2 of the data under the model, with Gaussian constraints, and its derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt

from glasspara.dataset import Dataset
from glasspara.fitting.coordinates import Coordinates
from glasspara.model import Model, evaluate, evaluate_with_gradient
from glasspara.parameters import to_canonical

FloatArray = npt.NDArray[np.float64]


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
        return (log(self.mean / value) if self.log else self.mean - value) / self.error

    def pull_slope(self, value: float) -> float:
        """Derivative of :meth:`pull` by the value."""
        return -1.0 / (self.error * (value if self.log else 1.0))


@dataclass(frozen=True)
class Problem:
    """Data, coordinates and constraints of one fit. Residuals are (data - model)/sigma throughout."""

    data: Dataset
    coordinates: Coordinates
    constraints: Mapping[str, Constraint]

    @property
    def model(self) -> Model:
        return self.coordinates.model

    @property
    def n_observations(self) -> int:
        """Points plus constraints."""
        return len(self.data) + len(self.constraints)

    def residuals(self, point: FloatArray) -> FloatArray:
        """Weighted residuals of the points, then of the constraints; shape (n_observations,)."""
        reported = self.coordinates.to_reported(point)
        terms = evaluate(self.data.temperature, self.data.field, to_canonical(reported), self.model)
        pulls = (self.data.magnetisation - terms.total) / self.data.sigma
        return np.concatenate([pulls, self._constraint_pulls(reported)])

    def residuals_and_jacobian(self, point: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Residuals and their derivatives by the coordinates, shape (n_observations, n_coordinates)."""
        reported = self.coordinates.to_reported(point)
        total, gradient = evaluate_with_gradient(
            self.data.temperature, self.data.field, to_canonical(reported), self.model
        )
        pulls = (self.data.magnetisation - total) / self.data.sigma
        by_coordinates = -(gradient @ self.coordinates.canonical_jacobian(point)) / self.data.sigma[:, None]
        if not self.constraints:
            return pulls, by_coordinates
        rows = self.coordinates.reported_jacobian(point)
        index = [self.coordinates.reported.index(name) for name in self.constraints]
        slopes = np.array([item.pull_slope(reported[name]) for name, item in self.constraints.items()])
        return (
            np.concatenate([pulls, self._constraint_pulls(reported)]),
            np.concatenate([by_coordinates, rows[index] * slopes[:, None]]),
        )

    def chi2(self, point: FloatArray) -> float:
        residuals = self.residuals(point)
        return float(residuals @ residuals)

    def chi2_gradient(self, point: FloatArray) -> FloatArray:
        residuals, jacobian = self.residuals_and_jacobian(point)
        return 2.0 * (residuals @ jacobian)

    def _constraint_pulls(self, reported: Mapping[str, float]) -> FloatArray:
        return np.array([item.pull(reported[name]) for name, item in self.constraints.items()])
