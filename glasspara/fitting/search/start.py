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
from operator import itemgetter

import numpy as np

from glasspara.arrays import FloatArray, IntArray
from glasspara.errors import DomainError
from glasspara.fitting.problem.coordinates import MIN_LN_RATIO_WITH_FREE_N_ATS, NO_STRENGTH
from glasspara.fitting.problem.problem import (
    Problem,
    beside_data,
    residuals_and_jacobians,
    residuals_at,
)
from glasspara.fitting.search.least_squares import FINE, Bottoms, least_squares, solve_bounded
from glasspara.model.parameters import parameter_of

_MEAN_CUTOFFS = np.log([3.0e4, 6.0e4, 1.2e5, 2.4e5, 4.8e5, 1.0e6])
_BASINS = 3
# Corners of the grid are computed together, up to so many points.
_GRID_POINTS = 8192
# So many points are computed together in a descent of several problems, which bounds the memory.
_POINTS_AT_ONCE = 40_000
# While ln(d0max/d0min) is small the term is nearly linear in it: the grid is searched from here.
_TRIAL_LN_RATIO = 0.05
# Solutions of the linear coordinates, and what of a pull they may miss.
_MAX_INNER = 6
_AGREE = 1.0e-9


class _Projected:
    """Problems as functions of their non-linear coordinates, the linear ones at their best, inside the box.

    The problems differ in nothing but their magnetisation, the means of their constraints, and the values held.
    """

    def __init__(self, problems: Sequence[Problem], base: FloatArray) -> None:
        first = problems[0]
        names = first.coordinates.names
        self._problems = problems
        self._base = base
        boxes = {id(problem.coordinates): problem.coordinates for problem in problems}
        limits = {key: np.array(coordinates.box()).T for key, coordinates in boxes.items()}
        self.low, self.high = np.stack([limits[id(problem.coordinates)] for problem in problems], axis=1)
        """Limits for each problem, shape (k, m)."""
        # what is known of the logarithm of n_ats keeps it off 0
        if "n_ats" in names and "n_ats" in first.constraints and first.constraints["n_ats"].log:
            index = names.index("n_ats")
            self.low[:, index] = np.maximum(self.low[:, index], NO_STRENGTH)
        self._linear = list(first.coordinates.linear)
        self.others = [index for index in range(len(names)) if index not in self._linear]
        # The columns of the shape of the ATS term are proportional to its strength; errors of fields, thermometers and
        # masses multiply the linear coordinates: all columns need these at their values then.
        self._strength = [index for index in self._linear if names[index] in ("n_ats", "n_ats_ln_ratio")]
        kinds = {parameter_of(name).name for name in first.coordinates.free}
        self._coupled = bool(kinds & {"field_offset", "mass_scale", "temperature_scale"}) or not np.all(
            base[self._strength]
        )
        self._shape = [
            index for index in self.others if first.coordinates.free[index] in first.model.ats_names
        ]
        self._rows = min(len(first.data), len(names) + 1)
        """Of the data, once they are condensed."""
        self._last: dict[tuple[int, bytes], tuple[FloatArray, FloatArray, FloatArray]] = {}

    def at(self, points: FloatArray, which: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """``points`` of the problems ``which`` with the linear coordinates at their best, residuals and Jacobians."""
        keys = [(int(number), one.tobytes()) for number, one in zip(which, points, strict=True)]
        if not all(key in self._last for key in keys):
            found = list(zip(*self._compute(points, which), strict=True))
            self._last = dict(zip(keys, found, strict=True))
            self._last |= {(key[0], one[0].tobytes()): one for key, one in zip(keys, found, strict=True)}
        places, residuals, jacobian = zip(*(self._last[key] for key in keys), strict=True)
        return np.stack(places), np.stack(residuals), np.stack(jacobian)

    def best_of(self, starts: Sequence[Sequence[FloatArray]]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The best of the ``starts`` of each problem, put into the box; chi2 there, and as a step promises."""
        which = np.repeat(np.arange(len(starts)), [len(some) for some in starts])
        every = np.stack([start for some in starts for start in some])
        inside = np.clip(every, self.low[which], self.high[which])
        points, residuals, jacobian = self.at(inside, which)
        chi2 = np.einsum("kn,kn->k", residuals, residuals)
        best = np.array(
            [min(np.flatnonzero(which == number), key=chi2.item) for number in range(len(starts))]
        )
        points, residuals, jacobian = points[best], residuals[best], jacobian[best]
        step, _ = solve_bounded(jacobian, residuals, self.low - points, self.high - points)
        left = residuals + (jacobian @ step[..., np.newaxis])[..., 0]
        return points, chi2[best], np.einsum("kn,kn->k", left, left)

    def descend(
        self,
        starts: FloatArray,
        which: IntArray,
        gain: FloatArray | float = FINE,
        *,
        unseen: bool = False,
    ) -> Bottoms:
        """The bottoms, each downhill from its start in the problem of its number; data in few rows, as condensed."""
        if self.others:
            return least_squares(
                lambda points, way: self.at(points, which[way]),
                starts,
                self.low[which],
                self.high[which],
                solved=self._linear,
                longest=self._problems[0].coordinates.reaches,
                gain=gain,
                unseen=unseen,
            )
        points, residuals, jacobian = self.at(np.clip(starts, self.low[which], self.high[which]), which)
        return Bottoms(points, np.einsum("kn,kn->k", residuals, residuals), residuals, jacobian)

    def _compute(self, points: FloatArray, which: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """As :meth:`at`, whose points these are."""
        points = points.copy()
        strength = points[:, self._strength]
        points[:, self._strength] = strength = np.where(strength > 0.0, strength, self._base[self._strength])
        problems = [self._problems[number] for number in which]
        try:
            residuals, jacobian = self._condensed(problems, points)
        except DomainError:  # least squares take a shorter step
            if len(which) > 1:  # of those where there is no model
                parts = [self._compute(points[k : k + 1], which[k : k + 1]) for k in range(len(which))]
                points, residuals, jacobian = (np.concatenate(items) for items in zip(*parts, strict=True))
                return points, residuals, jacobian
            rows = self._rows + problems[0].n_observations - len(problems[0].data)
            return points, np.full((1, rows), np.inf), np.zeros((1, rows, points.shape[1]))
        if self._linear:
            residuals = self._solve(which, points, residuals, jacobian)
            if self._coupled:
                residuals, jacobian = self._condensed(problems, points)
            elif self._strength:
                jacobian[:, : self._rows, self._shape] *= (points[:, self._strength] / strength)[:, None]
        return points, residuals, jacobian

    def _condensed(self, problems: Sequence[Problem], points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Residuals and Jacobians, those of the data turned into as few rows as tell all sums of products."""
        n, most = len(problems[0].data), max(1, _POINTS_AT_ONCE // len(problems[0].data))
        if len(problems) > 1 and np.all(points == points[0]) and _hold_the_same(problems):
            return self._condensed_at(problems, points[0])
        if len(problems) > most:
            parts = [slice(k, k + most) for k in range(0, len(problems), most)]
            each = [self._condensed(problems[part], points[part]) for part in parts]
            return np.concatenate([one for one, _ in each]), np.concatenate([one for _, one in each])
        residuals, jacobian = residuals_and_jacobians(problems, points)
        both = np.concatenate([jacobian, residuals[..., np.newaxis]], axis=2)
        rows = np.concatenate([np.linalg.qr(both[:, :n], mode="r"), both[:, n:]], axis=1)
        return rows[..., -1], rows[..., :-1]

    def _condensed_at(self, problems: Sequence[Problem], point: FloatArray) -> tuple[FloatArray, FloatArray]:
        """As :meth:`_condensed` at one point for all problems, where all replicates begin."""
        residuals, jacobian, beside = residuals_at(problems, point)
        n = len(jacobian)
        basis, triangle = np.linalg.qr(jacobian)
        along = residuals[:, :n] @ basis
        across = np.linalg.norm(residuals[:, :n] - along @ basis.T, axis=1)
        rows = np.zeros((len(problems), self._rows, len(point)))
        rows[:, : len(triangle)] = triangle
        few = np.concatenate([along, across[:, np.newaxis]], axis=1)[:, : self._rows]
        return np.concatenate([few, residuals[:, n:]], axis=1), np.concatenate([rows, beside], axis=1)

    def _solve(
        self, which: IntArray, points: FloatArray, residuals: FloatArray, jacobian: FloatArray
    ) -> FloatArray:
        """Move the linear coordinates of ``points`` to their best; the residuals there.

        The data are linear in them. A prior of a logarithm, or what is known of a combination, is not: its rows are
        computed anew, in ``jacobian`` too, until they agree with what the step promised.
        """
        n, linear = self._rows, np.array(self._linear)
        left = np.arange(len(points))
        for _ in range(_MAX_INNER):
            columns, moved = jacobian[left][..., linear], points[left][:, linear]
            low, high = (side[which[left]][:, linear] for side in (self.low, self.high))
            step, _ = solve_bounded(columns, residuals[left], low - moved, high - moved)
            points[np.ix_(left, linear)] = np.clip(moved + step, low, high)  # 1e17 + (1 - 1e17) is 0
            residuals[left] += (columns @ step[..., np.newaxis])[..., 0]
            if self._coupled or n == residuals.shape[1]:
                break
            promised = residuals[left, n:]
            some = [self._problems[number] for number in which[left]]
            residuals[left, n:], jacobian[left, n:] = beside_data(some, points[left])
            left = left[np.abs(residuals[left, n:] - promised).max(axis=1) >= _AGREE]
            if not len(left):
                break
        return residuals


def find_start(problem: Problem, guess: Mapping[str, float], *, pinned: frozenset[str]) -> FloatArray:
    """Coordinates of the lowest minimum found.

    ``guess`` holds a value for every reported parameter. Where the user set some of them (``pinned``) the search
    begins there as well as on the grid.
    """
    return find_starts([problem], guess, pinned=pinned)[0][0]


def find_starts(
    problems: Sequence[Problem], guess: Mapping[str, float], *, pinned: frozenset[str]
) -> tuple[list[FloatArray], FloatArray]:
    """As :func:`find_start`, for problems that differ in nothing but their data; with chi2 there."""
    first = problems[0]
    base = first.coordinates.from_reported(_with_open_ratio(guess) if first.model.has_ats else guess)
    projected = _Projected(problems, base)
    starts = [
        (number, start) for number, some in enumerate(_basins(problems, projected, base)) for start in some
    ]
    if pinned and (not starts or np.isfinite(projected.best_of([[base]])[1][0])):
        starts += [(number, base) for number in range(len(problems))]
    if not starts:
        first.residuals(base)
    lowest: dict[int, tuple[float, FloatArray]] = {}

    def descend_from(starts: Sequence[tuple[int, FloatArray]]) -> None:
        which = np.array([number for number, _ in starts])
        ends, chi2, *_ = projected.descend(np.stack([start for _, start in starts]), which)
        for number, value, end in zip(which.tolist(), chi2.tolist(), ends, strict=True):
            if number not in lowest or value < lowest[number][0]:
                lowest[number] = value, end

    descend_from(starts)
    moved = [(number, _where_n_ats_is_known(problems[number], end)) for number, (_, end) in lowest.items()]
    again = [(number, point) for number, point in moved if point is not None]
    if again:
        descend_from(again)
    found = [lowest[number] for number in range(len(problems))]
    return [point for _, point in found], np.array([chi2 for chi2, _ in found])


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


class Descents:
    """Ways downhill, without any search, for problems that differ in nothing but their data and the values held.

    Each begins at the best of its ``guesses``, with the linear coordinates at their best: chi2 there is ``before``,
    and ``after`` is what the first step promises to leave; both of shape (k,).
    """

    def __init__(self, problems: Sequence[Problem], guesses: Sequence[Sequence[Mapping[str, float]]]) -> None:
        starts = [
            [problem.coordinates.from_reported(guess) for guess in some]
            for problem, some in zip(problems, guesses, strict=True)
        ]
        self._projected: _Projected | None = None
        self._points = np.stack([some[0] for some in starts])
        if problems[0].coordinates.names:
            self._projected = _Projected(problems, starts[0][0])
            self._points, self.before, self.after = self._projected.best_of(starts)
        else:
            self.before = self.after = np.array([problem.chi2(self._points[0]) for problem in problems])

    def to_bottom(self, gain: FloatArray | float = FINE) -> tuple[FloatArray, FloatArray]:
        """The minima, shape (k, m), and their chi2; asked again for a smaller ``gain`` they go on from there.

        A step that promises no more than the share ``gain`` of chi2 is the last.
        """
        if self._projected is None:
            return self._points, self.before
        found = self._projected.descend(self._points, np.arange(len(self._points)), gain)
        self._points = found.points
        return found.points, found.squares


def descend(problem: Problem, guesses: Sequence[Mapping[str, float]], *, gain: float = FINE) -> FloatArray:
    """Coordinates of the minimum downhill from the best of ``guesses``, without any search."""
    return np.asarray(Descents([problem], [guesses]).to_bottom(gain)[0][0])


def descend_each(
    problems: Sequence[Problem], guess: Mapping[str, float], *, gain: float = FINE, unseen: bool = False
) -> Bottoms:
    """The bottoms downhill from one guess, for problems that differ in nothing but their data.

    Their residuals and Jacobians are in few rows that have the same sums of products as those of all points.
    """
    base = problems[0].coordinates.from_reported(guess)
    starts = np.tile(base, (len(problems), 1))
    if not len(base):
        residuals, jacobian = residuals_and_jacobians(problems, starts)
        return Bottoms(starts, np.einsum("kn,kn->k", residuals, residuals), residuals, jacobian)
    return _Projected(problems, base).descend(starts, np.arange(len(problems)), gain, unseen=unseen)


def _hold_the_same(problems: Sequence[Problem]) -> bool:
    return all(problem.coordinates.held is problems[0].coordinates.held for problem in problems)


def _with_open_ratio(guess: Mapping[str, float]) -> dict[str, float]:
    """``guess`` with a ratio of the cutoffs from which the amplitude of the term can be seen."""
    values = dict(guess)
    if values["d0max_qs4"] < values["d0min_qs4"] * (1.0 + MIN_LN_RATIO_WITH_FREE_N_ATS):
        values["d0max_qs4"] = values["d0min_qs4"] * np.exp(_TRIAL_LN_RATIO)
    return values


def _basins(problems: Sequence[Problem], projected: _Projected, base: FloatArray) -> list[list[FloatArray]]:
    """The best few points of a coarse grid for each problem, the amplitude of the term solved for as if linear."""
    first = problems[0]
    coordinates, n = first.coordinates, len(first.data)
    axes = [
        _axis(*names, base[index])
        for index, names in enumerate(zip(coordinates.names, coordinates.free, strict=True))
    ]
    amplitude = [index for index, name in enumerate(coordinates.names) if name == "ln_d0_ratio"]
    solved = sorted({*(index for index in range(len(base)) if index not in projected.others), *amplitude})
    grid = np.clip(np.array(list(product(*axes))), projected.low[0], projected.high[0])
    size = max(1, _GRID_POINTS // n)
    found: list[list[tuple[float, FloatArray]]] = [[] for _ in problems]
    for number in range(0, len(grid), size):
        corners, rows, jacobian = _where_there_is_a_model(first, grid[number : number + size])
        if not len(corners):
            continue
        low, high = (side[solved] - corners[:, solved] for side in (projected.low[0], projected.high[0]))
        for k, problem in enumerate(problems):
            residuals, slopes = rows, jacobian[..., solved]
            if problem is not first:
                residuals = rows.copy()
                residuals[:, :n] += (problem.data.magnetisation - first.data.magnetisation) / first.data.sigma
                if first.n_observations > n:
                    residuals[:, n:] = beside_data([problem] * len(corners), corners)[0]
            points = corners.copy()
            if solved:
                step, _ = solve_bounded(slopes, residuals, low, high)
                points[:, solved] += step
                residuals = residuals + (slopes @ step[..., np.newaxis])[..., 0]
            found[k] += zip(np.einsum("kn,kn->k", residuals, residuals).tolist(), points, strict=True)
    return [[point for _, point in sorted(places, key=itemgetter(0))[:_BASINS]] for places in found]


def _where_there_is_a_model(
    problem: Problem, points: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Those of ``points`` where the problem can be computed, residuals and Jacobians."""
    try:
        return points, *residuals_and_jacobians([problem] * len(points), points)
    except DomainError:
        if len(points) > 1:
            parts = [_where_there_is_a_model(problem, points[k : k + 1]) for k in range(len(points))]
            found, residuals, jacobian = (np.concatenate(items) for items in zip(*parts, strict=True))
            return found, residuals, jacobian
        n = problem.n_observations
        return points[:0], np.empty((0, n)), np.empty((0, n, points.shape[1]))


def _axis(coordinate: str, name: str, value: float) -> FloatArray:
    """Values of one coordinate to try; its start where the parameter table says nothing."""
    if coordinate == "ln_d0_mean":
        return _MEAN_CUTOFFS
    search = parameter_of(name).search
    if not search:
        return np.array([value])
    return np.log(search) if coordinate == f"ln_{name}" else np.array(search)
