"""Migrad and Hesse on a problem, in coordinates scaled to the expected errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from iminuit import Minuit

from glasspara.fitting.coordinates import Coordinates
from glasspara.fitting.problem import Problem
from glasspara.fitting.start import find_start

FloatArray = npt.NDArray[np.float64]

# A coordinate nearer to its limit than this share of its error lies at the limit.
_AT_LIMIT = 1.0e-3
_MAX_ROUNDS = 3
# Singular values of the scaled Jacobian below this share of the largest are taken for this share.
_SHORTEST = 1.0e-7


@dataclass(frozen=True)
class Minimum:
    """The minimum of a problem.

    ``covariance`` belongs to the coordinates (chi2 rises by 1 at one standard error), rows and columns of those
    at a limit being zero; ``at_limit`` maps such coordinates to "lower" or "upper", and ``one_sided`` to the
    distance from the limit at which chi2 has risen by 1.
    """

    problem: Problem
    point: FloatArray
    chi2: float
    valid: bool
    reason: str
    covariance: FloatArray
    at_limit: Mapping[str, str] = field(default_factory=dict)
    one_sided: Mapping[str, float] = field(default_factory=dict)
    calls: int = 0

    @property
    def coordinates(self) -> Coordinates:
        return self.problem.coordinates

    @property
    def reported(self) -> dict[str, float]:
        """Every reported parameter at the minimum."""
        return self.coordinates.to_reported(self.point)

    def reported_covariance(self) -> FloatArray:
        """Covariance of all reported parameters, propagated linearly; zero for those held."""
        jacobian = self.coordinates.reported_jacobian(self.point)
        return jacobian @ self.covariance @ jacobian.T


def minimise(
    problem: Problem, guess: Mapping[str, float], *, pinned: frozenset[str] = frozenset()
) -> Minimum:
    """Global minimum of ``problem``.

    ``guess`` gives a value for every reported parameter; ``pinned`` names those whose start the user set.
    The start may come from least squares, errors and verdict come from Migrad and Hesse.
    """
    if not problem.coordinates.names:
        point = np.empty(0)
        return Minimum(problem, point, problem.chi2(point), True, "nothing is free", np.empty((0, 0)))
    return polish(problem, find_start(problem, guess, pinned=pinned))


def polish(problem: Problem, start: FloatArray) -> Minimum:
    """Migrad and Hesse from ``start``, which is near the minimum.

    Both work on combinations of the coordinates that the Gauss-Newton matrix makes independent and of unit error:
    in the coordinates themselves correlations of 0.99999 leave Hesse no digits. A coordinate at its limit stays
    there; the others are taken to be free of theirs, since the start lies in the inside.
    """
    low, high = (np.array(side) for side in zip(*problem.coordinates.box(), strict=True))
    _, jacobian = problem.residuals_and_jacobian(start)
    at_limit = _at_limit(start, low, high, _expected_errors(jacobian, start), problem.chi2_gradient(start))
    point = start.copy()
    for index, side in at_limit.items():
        point[index] = low[index] if side == "lower" else high[index]
    free = np.array([index not in at_limit for index in range(len(start))])
    covariance = np.zeros((len(start), len(start)))
    if not free.any():
        return Minimum(
            problem, point, problem.chi2(point), True, "every free parameter is at a limit", covariance,
            *_limits_report(problem, point, at_limit),
        )  # fmt: skip
    steps = _independent_steps(jacobian[:, free])

    def place(u: FloatArray) -> FloatArray:
        full = point.copy()
        full[free] = point[free] + steps @ u
        return full

    def chi2(u: FloatArray) -> float:
        return problem.chi2(place(u))

    def gradient(u: FloatArray) -> FloatArray:
        return problem.chi2_gradient(place(u))[free] @ steps

    minuit = Minuit(chi2, np.zeros(steps.shape[1]), grad=gradient)
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.print_level = 0
    minuit.tol = 0.01
    minuit.errors = np.ones(steps.shape[1])
    for _ in range(_MAX_ROUNDS):
        minuit.migrad()
        if minuit.valid:
            break
    minuit.hesse()
    if minuit.covariance is not None:
        covariance[np.ix_(free, free)] = steps @ np.asarray(minuit.covariance) @ steps.T
    end = place(np.array(minuit.values))
    valid = bool(minuit.valid and minuit.covariance is not None and minuit.accurate)
    return Minimum(
        problem, end, float(minuit.fval), valid, _why_not(minuit), covariance,
        *_limits_report(problem, end, at_limit), minuit.nfcn,
    )  # fmt: skip


def _independent_steps(jacobian: FloatArray) -> FloatArray:
    """Columns: steps of the coordinates that are independent and move chi2 by 1, as the Jacobian has it.

    Directions that the data leave open would be endless steps; they are cut short.
    """
    norm = np.linalg.norm(jacobian, axis=0)
    safe = np.where(norm > 0.0, norm, 1.0)
    _, singular, directions = np.linalg.svd(jacobian / safe, full_matrices=False)
    length = np.maximum(singular, _SHORTEST * singular[0] if singular[0] > 0.0 else 1.0)
    steps: FloatArray = (directions.T / length) / safe[:, None]
    return steps


def _expected_errors(jacobian: FloatArray, point: FloatArray) -> FloatArray:
    """Standard errors by the Gauss-Newton matrix."""
    errors: FloatArray = np.linalg.norm(_independent_steps(jacobian), axis=1)
    return np.where(np.linalg.norm(jacobian, axis=0) > 0.0, errors, np.maximum(np.abs(point), 1.0))


def _at_limit(
    point: FloatArray, low: FloatArray, high: FloatArray, scale: FloatArray, gradient: FloatArray
) -> dict[int, str]:
    """Coordinates that sit at a limit with chi2 falling towards it, or level."""
    found = {}
    for index, value in enumerate(point):
        if value - low[index] <= _AT_LIMIT * scale[index] and gradient[index] >= 0.0:
            found[index] = "lower"
        elif high[index] - value <= _AT_LIMIT * scale[index] and gradient[index] <= 0.0:
            found[index] = "upper"
    return found


def _limits_report(
    problem: Problem, point: FloatArray, at_limit: Mapping[int, str]
) -> tuple[dict[str, str], dict[str, float]]:
    """Names of the coordinates at a limit, and how far inside chi2 has risen by 1 (the others kept)."""
    names = problem.coordinates.names
    _, jacobian = problem.residuals_and_jacobian(point)
    gradient = problem.chi2_gradient(point)
    one_sided = {}
    for index in at_limit:
        slope, curvature = abs(gradient[index]), float(jacobian[:, index] @ jacobian[:, index])
        if curvature > 0.0:
            one_sided[names[index]] = (np.sqrt(slope**2 / 4.0 + curvature) - slope / 2.0) / curvature
    return {names[index]: side for index, side in at_limit.items()}, one_sided


def _why_not(minuit: Minuit) -> str:
    """In words, what is wrong with the minimum; empty if nothing is."""
    state = minuit.fmin
    if state is None:
        return "Migrad did not run"
    if state.has_reached_call_limit:
        return "Migrad reached its call limit"
    if state.is_above_max_edm:
        return "Migrad stopped short of the minimum (the estimated distance is above its goal)"
    if not minuit.accurate:
        return "the error matrix is not accurate (Hesse failed or had to be made positive)"
    return "" if minuit.valid else "Migrad found no valid minimum"
