"""Migrad and Hesse on a problem, along independent combinations of its coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import inf, sqrt
from typing import TypeVar

import numpy as np
from iminuit import Minuit

from glasspara.arrays import BoolArray, FloatArray
from glasspara.errors import DomainError
from glasspara.findings import Finding, finding
from glasspara.fitting.judge import Statistics, chi2_p_value
from glasspara.fitting.problem.coordinates import Combination, Coordinates, cutoffs_crossed
from glasspara.fitting.problem.problem import Problem
from glasspara.fitting.search.least_squares import FINE, independent_steps
from glasspara.fitting.search.start import descend_each, find_start

Value = TypeVar("Value")

# A coordinate this near to its limit, in its natural size, lies at the limit.
_AT_LIMIT = 1.0e-6
# Chi2 that releasing a coordinate from its limit must promise.
_WORTH_RELEASING = 0.01
# Each round takes its steps from where the one before ended, and revises what lies at a limit.
_MAX_ROUNDS = 8
# A start near the minimum needs 3 to 50 calls; and a round that gains less than this will not be followed.
_MAX_CALLS = 200
_WORTH_A_ROUND = 0.01
# How far outside their limits the logarithms, and delta_mu in K, may be tried.
_OVERSHOOT = 2.0
# How many times the chi2 of its start Migrad finds where the model cannot be computed.
_WALL = 10.0


@dataclass(frozen=True, eq=False)
class Minimum:
    """The minimum of a problem.

    ``covariance`` belongs to the coordinates (chi2 rises by 1 at one standard error). ``at_limit`` maps those at
    a limit to "lower" or "upper", ``one_sided`` to the distance from the limit at which chi2 has risen by 1;
    with this for their standard deviation they enter the covariance.
    """

    problem: Problem
    point: FloatArray
    chi2: float
    valid: bool
    reason: str
    """Why the minimum is not valid, as a code ("call-limit"): see the entry "no-minimum" of ``findings.toml``."""
    covariance: FloatArray
    at_limit: Mapping[str, str] = field(default_factory=dict)
    one_sided: Mapping[str, float] = field(default_factory=dict)
    fitted_before: int = 0
    """Parameters that stages before this fit took from the same data."""

    @cached_property
    def statistics(self) -> Statistics:
        """Goodness of fit, the parameters of earlier stages counted."""
        problem = self.problem
        n_free = len(problem.coordinates.names) + self.fitted_before
        ndof = problem.n_observations - n_free
        pulls = problem.residuals(self.point)[: len(problem.data)]
        return Statistics(
            chi2=self.chi2,
            chi2_points=float(pulls @ pulls),
            ndof=ndof,
            p_value=chi2_p_value(self.chi2, ndof) if ndof > 0 else None,
            aic=self.chi2 + 2.0 * n_free,
            bic=self.chi2 + n_free * float(np.log(problem.n_observations)),
            n_points=len(problem.data),
            n_free=n_free,
        )

    @property
    def failure(self) -> Finding | None:
        """Why this is no minimum; None for a valid one."""
        return None if self.valid else finding("fitting.no-minimum", problem=self.reason or None)

    @property
    def coordinates(self) -> Coordinates:
        return self.problem.coordinates

    @cached_property
    def reported(self) -> dict[str, float]:
        """Every reported parameter at the minimum."""
        return self.coordinates.to_reported(self.point)

    def limits_met(self) -> dict[str, tuple[str, float | None]]:
        """Reported parameters at a limit: the side, and the one-sided error where there is one."""
        found: dict[str, tuple[str, float | None]] = {}
        for coordinate, name in zip(self.coordinates.names, self.coordinates.free, strict=True):
            if coordinate not in self.at_limit:
                continue
            side, error, values = self.at_limit[coordinate], self.one_sided.get(coordinate), self.reported
            if coordinate == name:
                found[name] = (side, error)
            elif coordinate in ("n_fe2", "n_fe3"):
                total = values["n_fe"]
                share = None if error is None or not total else error / total
                found["fe2_fraction"] = ("lower" if coordinate == "n_fe2" else "upper", share)
            elif coordinate == "ln_d0_mean":
                found |= dict.fromkeys(("d0min_qs4", "d0max_qs4"), (side, None))
            else:  # a logarithm, ln_d0_ratio, n_ats_ln_ratio: the covariance has what was found at the limit
                row = self.coordinates.reported.index(name)
                found[name] = (side, None if error is None else sqrt(self.reported_covariance()[row, row]))
        return found

    @cached_property
    def errors(self) -> dict[str, float | None]:
        """Standard error of every reported parameter, one-sided at a limit; None for those held, or without one."""
        variances = np.diag(self.reported_covariance())
        errors: dict[str, float | None] = {
            name: sqrt(variance) if variance > 0.0 and name in self.coordinates.free else None
            for name, variance in zip(self.coordinates.reported, variances.tolist(), strict=True)
        }
        return errors | {name: error for name, (_, error) in self.limits_met().items()}

    def error_of(self, combination: Combination) -> float | None:
        """Standard error of a derived combination, propagated linearly; None where nothing in it is free."""
        slopes = combination.slopes_by_reported(self.reported, self.coordinates.model)
        variance = float(slopes @ self.reported_covariance() @ slopes)
        return sqrt(variance) if variance > 0.0 else None

    def reported_covariance(self) -> FloatArray:
        """Covariance of all reported parameters, propagated linearly; zero for those held."""
        jacobian = self.coordinates.reported_jacobian(self.point)
        return jacobian @ self.covariance @ jacobian.T


def minimise(
    problem: Problem, guess: Mapping[str, float], *, pinned: frozenset[str] = frozenset()
) -> Minimum:
    """The lowest minimum of ``problem`` that the search finds.

    ``guess`` gives a value for every reported parameter; ``pinned`` names those whose start the user set.
    The start may come from least squares, errors and verdict come from Migrad and Hesse.
    """
    if not problem.coordinates.names:
        point = np.empty(0)
        return Minimum(problem, point, problem.chi2(point), True, "", np.empty((0, 0)))
    return refine(problem, find_start(problem, guess, pinned=pinned))


def descend_to_minimum(problem: Problem, guess: Mapping[str, float]) -> Minimum:
    """The minimum downhill from ``guess``, which is near: no search and no errors (the covariance is zero).

    Least squares find it in a quarter of the time of Migrad, which is asked only where they stopped short of it.
    """
    return descend_to_minima([problem], guess)[0]


def descend_to_minima(
    problems: Sequence[Problem], guess: Mapping[str, float], *, gain: float = FINE, unseen: bool = False
) -> list[Minimum]:
    """As :func:`descend_to_minimum`, side by side for problems that differ in nothing but their data.

    A step that promises no more than the share ``gain`` of chi2 is the last; where it may be ``unseen``, chi2 at its
    end is what it promises.
    """
    low, high = np.array(problems[0].coordinates.box()).reshape(-1, 2).T
    nothing = np.zeros((len(low), len(low)))
    found = []
    bottoms = descend_each(problems, guess, gain=gain, unseen=unseen)
    for problem, point, chi2, residuals, jacobian in zip(problems, *bottoms, strict=True):
        at_limit = _at_limit(problem, point, low, high, 2.0 * (residuals @ jacobian))
        free = np.array([index not in at_limit for index in range(len(point))])
        if _left_to_gain(problem, residuals, jacobian, free) > _WORTH_A_ROUND:
            found.append(refine(problem, point))
        else:
            found.append(Minimum(problem, point, float(chi2), True, "", nothing, _by_name(problem, at_limit)))
    return found


def _left_to_gain(problem: Problem, residuals: FloatArray, jacobian: FloatArray, free: BoolArray) -> float:
    """What chi2 would lose on the way to its minimum, were it a parabola; directions that fix nothing left out."""
    if not free.any():
        return 0.0
    steps = independent_steps(jacobian[:, free], problem.coordinates.sizes[free])
    slopes = steps[:, ~_open_directions(problem, steps, free)].T @ (jacobian[:, free].T @ residuals)
    return float(slopes @ slopes)


def refine(problem: Problem, start: FloatArray) -> Minimum:
    """Migrad and Hesse from ``start``, which is near the minimum.

    Both work on combinations of the coordinates that the Gauss-Newton matrix makes independent and of unit error:
    in the coordinates themselves correlations of 0.99999 leave Hesse no digits. Migrad knows no limits; a
    coordinate that it takes beyond one is put on it and held there, and released where chi2 falls inwards.
    """
    low, high = (np.array(side) for side in zip(*problem.coordinates.box(), strict=True))
    point = np.clip(start, low, high)
    at_limit = _at_limit(problem, point, low, high, problem.chi2_gradient(point))
    released: set[int] = set()
    now = inf
    for _ in range(_MAX_ROUNDS):
        for index, side in at_limit.items():
            point[index] = low[index] if side == "lower" else high[index]
        free = np.array([index not in at_limit for index in range(len(point))])
        steps, inner, why = np.zeros((0, 0)), np.zeros((0, 0)), ""
        if free.any():
            jacobian = problem.residuals_and_jacobian(point)[1][:, free]
            steps = independent_steps(jacobian, problem.coordinates.sizes[free])
            inner = np.eye(steps.shape[1])
            closed = ~_open_directions(problem, steps, free)
            if closed.any():
                minuit, point = _migrad(problem, point, free, steps[:, closed])
                why = _why_not(minuit)
                if minuit.covariance is not None:
                    inner[np.ix_(closed, closed)] = np.asarray(minuit.covariance)
        before, now = now, problem.chi2(point)
        if _revise(problem, point, low, high, at_limit, released):
            now = inf  # what is free has changed: what comes cannot be compared with it
        elif not why or before - now < _WORTH_A_ROUND:
            break
    if np.any(np.clip(point, low, high) != point):
        why = why or "outside-limits"
    if cutoffs_crossed(problem.coordinates.to_reported(point)):
        why = why or "cutoffs-crossed"
    covariance = np.zeros((len(point), len(point)))
    if free.any():
        covariance[np.ix_(free, free)] = steps @ inner @ steps.T
    one_sided = _one_sided_errors(problem, point, at_limit) if at_limit else {}
    if one_sided:
        _open_limits(problem, point, covariance, free, one_sided)
    return Minimum(
        problem, point, problem.chi2(point), not why, why, covariance,
        _by_name(problem, at_limit), _by_name(problem, one_sided),
    )  # fmt: skip


def _revise(
    problem: Problem,
    point: FloatArray,
    low: FloatArray,
    high: FloatArray,
    at_limit: dict[int, str],
    released: set[int],
) -> bool:
    """Hold what went beyond its limit, release what would rather move inwards; whether anything changed."""
    changed = False
    for index in range(len(point)):
        if index not in at_limit and not low[index] <= point[index] <= high[index]:
            at_limit[index] = "lower" if point[index] < low[index] else "upper"
            changed = True
    if changed or not at_limit:
        return changed
    errors, slopes = _at_limits(problem, point, at_limit)
    for index, side in list(at_limit.items()):
        inwards = slopes[index] < 0.0 if side == "lower" else slopes[index] > 0.0
        gain = (slopes[index] * errors[index] / 2.0) ** 2  # were chi2 a parabola
        if inwards and gain > _WORTH_RELEASING and index not in released:
            del at_limit[index]
            released.add(index)
            changed = True
    return changed


def _open_directions(problem: Problem, steps: FloatArray, free: BoolArray) -> BoolArray:
    """Steps on which chi2 is level for so far that they fix nothing. Minuit has nothing to find there."""
    longest = (np.abs(steps) / problem.coordinates.reaches[free][:, None]).max(axis=0, initial=0.0)
    return np.asarray(longest > 1.0)


def _evaluable(problem: Problem) -> tuple[FloatArray, FloatArray]:
    """A box beyond the physical one in the non-linear coordinates: a step of Migrad's may overshoot, not overflow."""
    low, high = (np.array(side) for side in zip(*problem.coordinates.box(), strict=True))
    for index in problem.coordinates.linear:
        low[index], high[index] = -np.inf, np.inf
    margin = _OVERSHOOT * problem.coordinates.sizes
    return low - margin, high + margin


def _migrad(
    problem: Problem, point: FloatArray, free: BoolArray, steps: FloatArray
) -> tuple[Minuit, FloatArray]:
    """Migrad and Hesse from ``point`` along ``steps``; the point reached."""
    low, high = _evaluable(problem)
    wall = _WALL * (1.0 + problem.chi2(point))

    def place(u: FloatArray) -> FloatArray:
        full = point.copy()
        full[free] = point[free] + steps @ u
        return np.clip(full, low, high)

    def chi2(u: FloatArray) -> float:
        try:
            return problem.chi2(place(u))
        except DomainError:
            return wall

    def gradient(u: FloatArray) -> FloatArray:
        return problem.chi2_gradient(place(u))[free] @ steps

    def hessian(u: FloatArray) -> FloatArray:
        # Gauss and Newton's: in a curved valley differences of the gradient over Minuit's steps mean nothing.
        rows = problem.residuals_and_jacobian(place(u))[1][:, free] @ steps
        return 2.0 * (rows.T @ rows)

    minuit = Minuit(chi2, np.zeros(steps.shape[1]), grad=gradient, hessian=hessian)
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.print_level = 0
    minuit.tol = 0.01
    minuit.errors = np.ones(steps.shape[1])
    minuit.migrad(ncall=_MAX_CALLS, iterate=1, use_simplex=False)
    minuit.hesse()
    return minuit, place(np.array(minuit.values))


def _at_limit(
    problem: Problem, point: FloatArray, low: FloatArray, high: FloatArray, gradient: FloatArray
) -> dict[int, str]:
    """Coordinates that sit at a limit with chi2, of this ``gradient``, falling towards it, or level."""
    found = {}
    for index, (value, size) in enumerate(zip(point, problem.coordinates.sizes, strict=True)):
        if value - low[index] <= _AT_LIMIT * size and gradient[index] >= 0.0:
            found[index] = "lower"
        elif high[index] - value <= _AT_LIMIT * size and gradient[index] <= 0.0:
            found[index] = "upper"
    return found


def _at_limits(
    problem: Problem, point: FloatArray, at_limit: Mapping[int, str]
) -> tuple[FloatArray, dict[int, float]]:
    """Standard errors of all coordinates by the Gauss-Newton matrix, and the derivative of chi2 by each at a limit.

    The free ones follow to where their own derivatives vanish. The partial derivative would not do: what Migrad leaves
    of the slopes of the free ones, a strong correlation multiplies.
    """
    residuals, jacobian = problem.residuals_and_jacobian(point)
    errors = np.linalg.norm(independent_steps(jacobian, problem.coordinates.sizes), axis=1)
    gradient = 2.0 * (residuals @ jacobian)
    free = np.array([index not in at_limit for index in range(len(point))])
    if not free.any():
        return errors, {index: float(gradient[index]) for index in at_limit}
    steps = independent_steps(jacobian[:, free], problem.coordinates.sizes[free])
    steps = steps[:, ~_open_directions(problem, steps, free)]
    return errors, {
        index: float(gradient[index] + _response(jacobian, steps, free, index) @ gradient[free])
        for index in at_limit
    }


def _response(jacobian: FloatArray, steps: FloatArray, free: BoolArray, index: int) -> FloatArray:
    """How the free coordinates follow another one downhill; shape (n_free,)."""
    return -steps @ (steps.T @ (jacobian[:, free].T @ jacobian[:, index]))


def _one_sided_errors(problem: Problem, point: FloatArray, at_limit: Mapping[int, str]) -> dict[int, float]:
    """How far inside its limit each coordinate must go for chi2 to rise by 1, the others following."""
    errors, slopes = _at_limits(problem, point, at_limit)
    found = {}
    for index in at_limit:
        slope, curvature = abs(slopes[index]), float(errors[index]) ** -2
        found[index] = 1.0 / (sqrt(slope**2 / 4.0 + curvature) + slope / 2.0)
    return found


def _open_limits(
    problem: Problem,
    point: FloatArray,
    covariance: FloatArray,
    free: BoolArray,
    one_sided: Mapping[int, float],
) -> None:
    """Let each coordinate at a limit vary by its one-sided error, and the free ones follow it.

    Held at the limit it would lend the others a certainty that the data do not give.
    """
    _, jacobian = problem.residuals_and_jacobian(point)
    for index, error in one_sided.items():
        response = np.zeros(len(point))
        response[index] = 1.0
        if free.any():
            steps = independent_steps(jacobian[:, free], problem.coordinates.sizes[free])
            response[free] = _response(jacobian, steps, free, index)
        covariance += error**2 * np.outer(response, response)


def _by_name(problem: Problem, found: Mapping[int, Value]) -> dict[str, Value]:
    return {problem.coordinates.names[index]: value for index, value in found.items()}


def _why_not(minuit: Minuit) -> str:
    """The code of why this is no minimum; empty if it is one."""
    state = minuit.fmin
    if state is None:
        return "not-run"
    if state.has_reached_call_limit:
        return "call-limit"
    if state.is_above_max_edm or not np.isfinite(state.fval):
        return "short-of-minimum"
    if not minuit.accurate:
        return "inaccurate-errors"
    return ""
