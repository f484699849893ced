"""A starting point at the global minimum, whatever the data are.

The model is linear in chi_larmor and the concentrations; least squares gives them in one step for any values of
the others. What is left of chi2 depends on the three or four shape parameters of the ATS term alone, and has
none of the long curved valleys of the whole: a coarse grid finds its basin, and a few steps of Gauss and Newton
the bottom (variable projection; G. H. Golub and V. Pereyra, Inverse Problems 19 (2003) R1, with the Jacobian
of L. Kaufman, BIT 15 (1975) 49).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.errors import DomainError
from glasspara.fitting.problem.coordinates import MIN_LN_RATIO_WITH_FREE_N_ATS
from glasspara.fitting.problem.problem import Problem
from glasspara.model.parameters import parameter_of

_MEAN_CUTOFFS = np.log([3.0e4, 6.0e4, 1.2e5, 2.4e5, 4.8e5, 1.0e6])
_BASINS = 3
# While ln(d0max/d0min) is small the term is nearly linear in it: the grid is searched from here.
_TRIAL_LN_RATIO = 0.05
_MAX_STEPS = 100
# A problem that is nearly linear is solved in three steps; a relative gain below the second number ends it.
_MAX_LINEAR_STEPS = 10
_LEVEL = 1.0e-6


class _Projected:
    """The problem as a function of its non-linear coordinates, the linear ones at their best, inside the box."""

    def __init__(self, problem: Problem, base: FloatArray) -> None:
        names = problem.coordinates.names
        self._problem = problem
        self._base = base
        self.low, self.high = (np.array(side) for side in zip(*problem.coordinates.box(), strict=True))
        self._linear = list(problem.coordinates.linear)
        self.others = [index for index in range(len(names)) if index not in self._linear]
        # These multiply linear coordinates: their columns need the linear ones at their values.
        coupled = {"n_ats", "field_offset", "mass_scale"}
        self._coupled = any(parameter_of(name).name in coupled for name in problem.coordinates.free)
        self._memory: tuple[bytes, FloatArray, FloatArray, FloatArray] | None = None

    def at(self, others: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Whole point, residuals and their Jacobian by the non-linear coordinates (Kaufman's form)."""
        key = others.tobytes()
        if self._memory is None or self._memory[0] != key:
            self._memory = (key, *self._compute(others))
        return self._memory[1:]

    def chi2_from(self, start: FloatArray) -> float:
        """Chi2 at ``start`` put into the box, the linear coordinates at their best."""
        residuals = self.at(np.clip(start, self.low, self.high)[self.others])[1]
        return float(residuals @ residuals)

    def chi2_after_a_step(self, start: FloatArray) -> float:
        """What a step of Gauss and Newton's from there promises to leave."""
        _, residuals, jacobian = self.at(np.clip(start, self.low, self.high)[self.others])
        basis, _ = np.linalg.qr(jacobian / np.maximum(np.linalg.norm(jacobian, axis=0), 1e-300))
        left = residuals - basis @ (basis.T @ residuals)
        return float(left @ left)

    def _compute(self, others: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        point = self._base.copy()
        point[self.others] = others
        try:
            residuals, jacobian = self._problem.residuals_and_jacobian(point)
        except DomainError:  # least squares take a shorter step
            n = self._problem.n_observations
            return point, np.full(n, np.inf), np.zeros((n, len(self.others)))
        if not self._linear:
            return point, residuals, jacobian[:, self.others]
        step, inside = solve_bounded(
            jacobian[:, self._linear],
            residuals,
            self.low[self._linear] - point[self._linear],
            self.high[self._linear] - point[self._linear],
        )
        point[self._linear] += step
        residuals = residuals + jacobian[:, self._linear] @ step
        if self._coupled:
            residuals, jacobian = self._problem.residuals_and_jacobian(point)
        moving = jacobian[:, [index for index, free in zip(self._linear, inside, strict=True) if free]]
        basis, _ = np.linalg.qr(moving / np.maximum(np.linalg.norm(moving, axis=0), 1e-300))
        rest = jacobian[:, self.others]
        return point, residuals, rest - basis @ (basis.T @ rest)


def find_start(problem: Problem, guess: Mapping[str, float], *, pinned: frozenset[str]) -> FloatArray:
    """Coordinates of the lowest minimum found.

    ``guess`` holds a value for every reported parameter. Where the user set some of them (``pinned``) the search
    begins there as well as on the grid.
    """
    base = problem.coordinates.from_reported(_with_open_ratio(guess) if problem.model.has_ats else guess)
    projected = _Projected(problem, base)
    starts = _basins(problem, projected, base)
    if pinned and (not starts or np.isfinite(projected.chi2_from(base))):
        starts.append(base)
    if not starts:
        problem.residuals(base)
    return min((_descend(projected, start) for start in starts), key=problem.chi2)


def descend(problem: Problem, guesses: Sequence[Mapping[str, float]]) -> FloatArray:
    """Coordinates of the minimum downhill from the best of ``guesses``, without any search."""
    starts = [problem.coordinates.from_reported(guess) for guess in guesses]
    if not problem.coordinates.names:
        return starts[0]
    projected = _Projected(problem, starts[0])
    return _descend(projected, min(starts, key=projected.chi2_from))


def glance(problem: Problem, guesses: Sequence[Mapping[str, float]]) -> tuple[float, float]:
    """Chi2 at the best of ``guesses``, linear coordinates at their best, and what the first step promises to leave."""
    starts = [problem.coordinates.from_reported(guess) for guess in guesses]
    if not problem.coordinates.names:
        return problem.chi2(starts[0]), problem.chi2(starts[0])
    projected = _Projected(problem, starts[0])
    best = min(starts, key=projected.chi2_from)
    return projected.chi2_from(best), projected.chi2_after_a_step(best)


def linear_descent(problem: Problem, point: FloatArray) -> FloatArray:
    """Gauss and Newton's steps from ``point``, for problems that are linear but for small disturbances."""
    low, high = (np.array(side) for side in zip(*problem.coordinates.box(), strict=True))
    chi2 = problem.chi2(point)
    for _ in range(_MAX_LINEAR_STEPS):
        residuals, jacobian = problem.residuals_and_jacobian(point)
        trial = point + solve_bounded(jacobian, residuals, low - point, high - point)[0]
        now = problem.chi2(trial)
        if now >= chi2 * (1.0 - _LEVEL):
            return trial if now < chi2 else point
        point, chi2 = trial, now
    return point


def solve_bounded(
    jacobian: FloatArray, residuals: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Step that minimises |residuals + jacobian step|^2 with low <= step <= high, and which parts are inside."""
    scale = np.linalg.norm(jacobian, axis=0)
    scale[scale == 0.0] = 1.0
    step: FloatArray = np.linalg.lstsq(jacobian / scale, -residuals, rcond=1e-13)[0] / scale
    inside = (step > low) & (step < high)
    if inside.all():
        return step, inside
    from scipy.optimize import lsq_linear

    found = lsq_linear(jacobian / scale, -residuals, bounds=(low * scale, high * scale), method="bvls")
    step = np.clip(found.x / scale, low, high)
    return step, np.asarray(found.active_mask == 0)


def _with_open_ratio(guess: Mapping[str, float]) -> dict[str, float]:
    """``guess`` with a ratio of the cutoffs from which the amplitude of the term can be seen."""
    values = dict(guess)
    if values["d0max_qs4"] < values["d0min_qs4"] * (1.0 + MIN_LN_RATIO_WITH_FREE_N_ATS):
        values["d0max_qs4"] = values["d0min_qs4"] * np.exp(_TRIAL_LN_RATIO)
    return values


def _basins(problem: Problem, projected: _Projected, base: FloatArray) -> list[FloatArray]:
    """The best few points of a coarse grid, the amplitude of the term solved for as if it were linear."""
    coordinates = problem.coordinates
    low, high = projected.low, projected.high
    axes = [
        _axis(*names, base[index])
        for index, names in enumerate(zip(coordinates.names, coordinates.free, strict=True))
    ]
    amplitude = [index for index, name in enumerate(coordinates.names) if name == "ln_d0_ratio"]
    solved = sorted({*(index for index in range(len(base)) if index not in projected.others), *amplitude})
    found = []
    for corner in product(*axes):
        point = np.clip(np.array(corner), low, high)
        try:
            residuals, jacobian = problem.residuals_and_jacobian(point)
        except DomainError:
            continue
        if solved:
            step, _ = solve_bounded(
                jacobian[:, solved], residuals, low[solved] - point[solved], high[solved] - point[solved]
            )
            point[solved] += step
            residuals = residuals + jacobian[:, solved] @ step
        found.append((float(residuals @ residuals), point))
    found.sort(key=lambda item: item[0])
    return [point for _, point in found[:_BASINS]]


def _axis(coordinate: str, name: str, value: float) -> FloatArray:
    """Values of one coordinate to try; its start where the parameter table says nothing."""
    if coordinate == "ln_d0_mean":
        return _MEAN_CUTOFFS
    search = parameter_of(name).search
    if not search:
        return np.array([value])
    return np.log(search) if coordinate == f"ln_{name}" else np.array(search)


def _descend(projected: _Projected, start: FloatArray) -> FloatArray:
    """Bounded least squares in the non-linear coordinates; the whole point at the bottom."""
    others = projected.others
    if not others:
        return projected.at(np.empty(0))[0]
    from scipy.optimize import least_squares

    low, high = projected.low[others], projected.high[others]
    # Strictly inside the box, as the trust-region method asks for.
    margin = 1.0e-9 * np.where(np.isfinite(high - low), high - low, 1.0)
    found = least_squares(
        lambda x: projected.at(x)[1],
        np.clip(start[others], low + margin, high - margin),
        jac=lambda x: projected.at(x)[2],
        bounds=(low, high),
        method="trf",
        x_scale="jac",
        xtol=1e-12,
        ftol=1e-10,
        gtol=1e-12,
        max_nfev=_MAX_STEPS,
    )
    return projected.at(np.clip(found.x, low, high))[0]
