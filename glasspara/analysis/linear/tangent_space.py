"""A fit near its minimum as a linear one: what it left of the data, and what its parameters could still take up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from glasspara.analysis.linear.least_squares import LinearFit, orthonormal
from glasspara.arrays import FloatArray
from glasspara.fitting.problem.nuisances import nuisances_of
from glasspara.fitting.problem.problem import Constraint
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import slope_by_log_temperature
from glasspara.model.parameters import to_canonical


def tangent(minimum: Minimum, *, widths: Mapping[str, float] | None = None) -> LinearFit:
    """The fit of ``minimum`` as a linear one; parameters at a limit count as fixed there.

    Its rows are the points, then the constraints. Its residuals are free of all that the parameters could take up.
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
    return LinearFit(residuals - base @ (base.T @ residuals), base, len(problem.data))


def by_thermometer(minimum: Minimum) -> FloatArray:
    """What a relative error of the thermometer does to the weighted residuals: T dM/dT over the errors, (n_points,)."""
    problem = minimum.problem
    slope = slope_by_log_temperature(
        problem.data.temperature, problem.data.field, to_canonical(minimum.reported), problem.model
    )
    found: FloatArray = slope / problem.data.sigma
    return found
