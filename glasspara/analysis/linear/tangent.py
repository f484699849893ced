"""A fit near its minimum as a linear one: what it left of the data, and what its parameters could still take up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from glasspara.analysis.linear.projection import basis_beyond, orthonormal
from glasspara.arrays import FloatArray
from glasspara.fitting.problem.nuisances import nuisances_of
from glasspara.fitting.problem.problem import Constraint
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import slope_by_log_temperature
from glasspara.model.parameters import to_canonical


@dataclass(frozen=True)
class Tangent:
    """Weighted residuals and their tangent space.

    ``left`` are the residuals (points, then constraints, in standard errors), free of all that the parameters could
    take up; the columns of ``base`` span what they can, orthonormal, shape (len(left), rank). Columns for the points
    are brought to this length by :meth:`padded`.
    """

    left: FloatArray
    base: FloatArray
    n_points: int

    @property
    def ndof(self) -> int:
        return int(self.left.size - self.base.shape[1])

    def padded(self, columns: FloatArray) -> FloatArray:
        """``columns`` over the points, shape (n_points, k), with zeros for the constraints."""
        below = np.zeros((len(self.left) - self.n_points, columns.shape[1]))
        return np.concatenate([columns, below])

    def beyond(self, columns: FloatArray) -> Tangent:
        """The same when the model could also do what ``columns`` over the points do."""
        more = basis_beyond(self.base, self.padded(columns))
        left = self.left - more @ (more.T @ self.left)
        return replace(self, left=left, base=np.concatenate([self.base, more], axis=1))


def tangent(minimum: Minimum, *, widths: Mapping[str, float] | None = None) -> Tangent:
    """The fit of ``minimum`` as a linear one; parameters at a limit count as held there.

    ``widths`` adds nuisances to it (``parameters.ALLOWANCES``), each with a Gaussian prior of that width about 0.
    """
    problem = minimum.problem
    known = {item.kind for item in problem.nuisances}
    more = {kind: width for kind, width in (widths or {}).items() if kind not in known}
    added = nuisances_of(problem.data, more)
    if added:
        names = (*problem.coordinates.nuisances, *(item.name for item in added))
        priors = {item.name: Constraint(0.0, item.width) for item in added}
        problem = replace(
            problem,
            coordinates=replace(problem.coordinates, nuisances=names),
            constraints={**problem.constraints, **priors},
            nuisances=(*problem.nuisances, *added),
        )
    residuals, jacobian = problem.residuals_and_jacobian(problem.coordinates.from_reported(minimum.reported))
    free = [name not in minimum.at_limit for name in problem.coordinates.names]
    base = orthonormal(jacobian[:, free]) if any(free) else np.zeros((len(residuals), 0))
    return Tangent(residuals - base @ (base.T @ residuals), base, len(problem.data))


def by_thermometer(minimum: Minimum) -> FloatArray:
    """What a relative error of the thermometer does to the weighted residuals: T dM/dT over the errors, (n_points,)."""
    problem = minimum.problem
    slope = slope_by_log_temperature(
        problem.data.temperature, problem.data.field, to_canonical(minimum.reported), problem.model
    )
    found: FloatArray = slope / problem.data.sigma
    return found
