"""New data from a fit, for a bootstrap: Gaussian noise of the stated size, or the fit's own residuals shuffled.

:func:`fingerprint` says which fit and which data they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from math import exp
from typing import Literal, TypeVar, get_args

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.errors import UsageError
from glasspara.fitting.problem.problem import Constraint, Problem
from glasspara.fitting.search.least_squares import independent_steps
from glasspara.fitting.search.minimise import Minimum

Kind = Literal["parametric", "residual"]
Item = TypeVar("Item")
Result = TypeVar("Result")

# Residuals of a shorter run say too little of its scatter: it takes those of all runs.
_OWN_RESIDUALS = 10
# Replicates in one call: at most, and by their points.
_MOST_AT_ONCE, _POINTS_AT_ONCE = 100, 80_000
# A point that the fit passes through exactly has no residual to rescale.
_LEAST_FREEDOM = 1.0e-3


def bootstrap_kind(text: str) -> Kind:
    """A kind by its name.

    Raises
    ------
    UsageError
    """
    for kind in get_args(Kind):
        if text == kind:
            found: Kind = kind
            return found
    raise UsageError(
        f"unknown --bootstrap-kind {text!r}", remedy=f"Choose one of {', '.join(get_args(Kind))}"
    )


def side_by_side(points: int) -> int:
    """How many replicates of a fit to so many points are done in one call."""
    return max(1, min(_MOST_AT_ONCE, _POINTS_AT_ONCE // points))


def one_by_one_on_failure(
    function: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item]
) -> list[Result | Exception]:
    """``function(items)``, or where that fails what it gives for each of them alone: a result, or an exception."""
    try:
        return [*function(items)]
    except Exception as error:
        if len(items) == 1:
            return [error]
        return [result for item in items for result in one_by_one_on_failure(function, [item])]


@dataclass(frozen=True)
class Resampler:
    """Draws problems whose truth is the minimum of a fit.

    "parametric": the model at the minimum with Gaussian noise of the stated sigmas. "residual": the model with the
    residuals in units of sigma, each divided by sqrt(1 - leverage), drawn with replacement within its run, less
    their mean there (A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application, 1997, section 6.3).
    The means of all constraints, assumed ones too, are drawn about the fitted values with their own errors.
    """

    minimum: Minimum
    kind: Kind

    def draw(self, rng: np.random.Generator) -> Problem:
        """A problem with new data and new constraints; coordinates and errors stay."""
        problem = self.minimum.problem
        data = problem.data
        if self.kind == "parametric":
            pulls = rng.standard_normal(len(data))
        else:
            pulls = np.concatenate([rng.choice(pool, size) for pool, size in self._pools])
        magnetisation = self._total + data.sigma * pulls
        constraints = {
            name: _redrawn(item, self.minimum.reported[name], float(rng.standard_normal()))
            for name, item in problem.constraints.items()
        }
        return replace(problem, data=_with_magnetisation(data, magnetisation), constraints=constraints)

    @cached_property
    def _total(self) -> FloatArray:
        return self.minimum.problem.terms(self.minimum.reported).total

    @cached_property
    def _pools(self) -> list[tuple[FloatArray, int]]:
        """Residuals to draw from, and how many to draw, run by run."""
        problem, point = self.minimum.problem, self.minimum.point
        residuals, jacobian = problem.residuals_and_jacobian(point)
        free = [name not in self.minimum.at_limit for name in problem.coordinates.names]
        steps = independent_steps(jacobian[:, free], problem.coordinates.sizes[free])
        n = len(problem.data)
        leverage = np.sum((jacobian[:n, free] @ steps) ** 2, axis=1)
        pulls = residuals[:n] / np.sqrt(np.maximum(1.0 - leverage, _LEAST_FREEDOM))
        everything = pulls - pulls.mean()
        return [
            (part - part.mean() if len(part) >= _OWN_RESIDUALS else everything, len(part))
            for part in problem.data.split(pulls)
        ]


def _redrawn(constraint: Constraint, value: float, normal: float) -> Constraint:
    step = constraint.error * normal
    return replace(constraint, mean=value * exp(step) if constraint.log else value + step)


def _with_magnetisation(data: Dataset, magnetisation: FloatArray) -> Dataset:
    parts = data.split(magnetisation)
    return Dataset(
        tuple(replace(run, magnetisation=part) for run, part in zip(data.runs, parts, strict=True))
    )


def fingerprint(problems: Iterable[tuple[Problem, FloatArray]]) -> dict[str, str]:
    """What tells one set of replicates from another, by problems with a point of each.

    Digests of their data ("data"), and of how those are fitted ("settings").
    """
    data, settings = sha256(), sha256()
    for problem, point in problems:
        points = problem.data
        for values in (points.temperature, points.field, points.magnetisation, points.sigma):
            data.update(values.tobytes())
        coordinates = problem.coordinates
        settings.update(
            repr(
                (
                    coordinates.model,
                    coordinates.names,
                    sorted(coordinates.held.items()),
                    sorted(coordinates.limits.items()),
                    sorted(problem.constraints.items()),
                    problem.nuisances,
                    point.tolist(),
                )
            ).encode()
        )
    return {"data": data.hexdigest(), "settings": settings.hexdigest()}
