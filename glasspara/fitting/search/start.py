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
from glasspara.fitting.problem.coordinates import MIN_LN_RATIO_WITH_FREE_N_ATS, NO_STRENGTH
from glasspara.fitting.problem.problem import Problem
from glasspara.fitting.search.least_squares import FINE, least_squares, solve_bounded
from glasspara.model.parameters import parameter_of

_MEAN_CUTOFFS = np.log([3.0e4, 6.0e4, 1.2e5, 2.4e5, 4.8e5, 1.0e6])
_BASINS = 3
# While ln(d0max/d0min) is small the term is nearly linear in it: the grid is searched from here.
_TRIAL_LN_RATIO = 0.05
# Solutions of the linear coordinates, and what of a pull they may miss.
_MAX_INNER = 6
_AGREE = 1.0e-9
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
        # what is known of the logarithm of n_ats keeps it off 0
        if "n_ats" in names and "n_ats" in problem.constraints and problem.constraints["n_ats"].log:
            index = names.index("n_ats")
            self.low[index] = max(self.low[index], NO_STRENGTH)
        self._linear = list(problem.coordinates.linear)
        self.others = [index for index in range(len(names)) if index not in self._linear]
        # The columns of the shape of the ATS term are proportional to its strength; errors of fields, thermometers and
        # masses multiply the linear coordinates: all columns need these at their values then.
        self._strength = [index for index in self._linear if names[index] in ("n_ats", "n_ats_ln_ratio")]
        kinds = {parameter_of(name).name for name in problem.coordinates.free}
        self._coupled = bool(kinds & {"field_offset", "mass_scale", "temperature_scale"}) or not np.all(
            base[self._strength]
        )
        self._shape = [
            index for index in self.others if problem.coordinates.free[index] in problem.model.ats_names
        ]
        self.longest = problem.coordinates.reaches[self.others]
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
        strength = point[self._strength]
        residuals, inside = self._solve(point, residuals, jacobian)
        if self._coupled:
            residuals, jacobian = self._problem.residuals_and_jacobian(point)
        elif self._strength:
            jacobian[: len(self._problem.data), self._shape] *= point[self._strength] / strength
        moving = jacobian[:, [index for index, free in zip(self._linear, inside, strict=True) if free]]
        basis, _ = np.linalg.qr(moving / np.maximum(np.linalg.norm(moving, axis=0), 1e-300))
        rest = jacobian[:, self.others]
        return point, residuals, rest - basis @ (basis.T @ rest)

    def _solve(
        self, point: FloatArray, residuals: FloatArray, jacobian: FloatArray
    ) -> tuple[FloatArray, BoolArray]:
        """Move the linear coordinates of ``point`` to their best; the residuals there, and which are inside the box.

        The data are linear in them. A prior of a logarithm, or what is known of a combination, is not: its rows are
        computed anew, in ``jacobian`` too, until they agree with what the step promised.
        """
        n, linear = len(self._problem.data), self._linear
        for _ in range(_MAX_INNER):
            low, high = self.low[linear] - point[linear], self.high[linear] - point[linear]
            step, inside = solve_bounded(jacobian[:, linear], residuals, low, high)
            point[linear] += step
            residuals = residuals + jacobian[:, linear] @ step
            if self._coupled or n == len(residuals):
                break
            promised = residuals[n:].copy()
            residuals[n:], jacobian[n:] = self._problem.beside_data(point)
            if np.max(np.abs(residuals[n:] - promised)) < _AGREE:
                break
        return residuals, inside


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
    found = min((_descend(projected, start) for start in starts), key=problem.chi2)
    moved = _where_n_ats_is_known(problem, found)
    return found if moved is None else min((found, _descend(projected, moved)), key=problem.chi2)


def _where_n_ats_is_known(problem: Problem, point: FloatArray) -> FloatArray | None:
    """``point`` moved along the valley of n_ats and the ratio of the cutoffs to where n_ats is known to be.

    The valley is so level that it may have two bottoms: one by the noise, one by what is known of n_ats.
    """
    names, known = problem.coordinates.names, problem.constraints.get("n_ats")
    if known is None or "ln_ln_d0_ratio" not in names:
        return None
    strength = point[names.index("n_ats_ln_ratio")]
    if strength <= 0.0:
        return None
    moved = point.copy()
    moved[names.index("ln_ln_d0_ratio")] = np.log(strength / known.mean)
    return moved


def descend(problem: Problem, guesses: Sequence[Mapping[str, float]], *, gain: float = FINE) -> FloatArray:
    """Coordinates of the minimum downhill from the best of ``guesses``, without any search.

    A step that promises no more than the share ``gain`` of chi2 is the last.
    """
    starts = [problem.coordinates.from_reported(guess) for guess in guesses]
    if not problem.coordinates.names:
        return starts[0]
    projected = _Projected(problem, starts[0])
    return _descend(projected, min(starts, key=projected.chi2_from), gain)


def chi2_estimates(problem: Problem, guesses: Sequence[Mapping[str, float]]) -> tuple[float, float]:
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


def _descend(projected: _Projected, start: FloatArray, gain: float = FINE) -> FloatArray:
    """Bounded least squares in the non-linear coordinates; the whole point at the bottom."""
    others = projected.others
    if not others:
        return projected.at(np.empty(0))[0]
    low, high = projected.low[others], projected.high[others]
    found = least_squares(
        lambda x: projected.at(x)[1:], start[others], low, high, longest=projected.longest, gain=gain
    )
    return projected.at(found)[0]
