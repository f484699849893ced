"""Chi2 with one or two numbers of the fit forced away from the minimum, everything else following.

A free reported parameter is held at a place. A derived combination c is no coordinate and cannot be held. It is drawn
instead: where chi2 + ((target - c)/width)^2 is least, chi2 is the least that this value of c allows, for any other
place with the same c has the same penalty. Each such minimum lies on the profile exactly, whatever the width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.errors import UsageError
from glasspara.fitting.intervals import Axis, Crossing, axis_of, cross
from glasspara.fitting.problem.coordinates import MAX_LN_RATIO, cutoffs_crossed
from glasspara.fitting.problem.problem import Penalty, Problem
from glasspara.fitting.search.least_squares import FINE, FINEST
from glasspara.fitting.search.minimise import Minimum, minimise
from glasspara.fitting.search.start import Descents, descend

# What comes less than this share of its way is held. Rounding must not decide about the half.
_STUCK = 0.499
# So many known places are begun from.
_STARTS = 2
# A ray that moves a parameter by so little leaves it where it is.
_ROUNDING = 1.0e-9
# A correlation nearer to 1 leaves a contour no width.
_CLOSEST = 0.99999
# A crossing is sought anew behind a lower valley so often.
_MAX_VALLEYS = 4

LOWER = 0.1
"""So much below a minimum in chi2 lies another one."""

SAME_VALLEY = 0.01
"""Chi2 by which two descents to one minimum may differ."""


@dataclass(frozen=True)
class ProfilePoint:
    """Least chi2 at one place: the positions on the axes and the values there, the rise above the minimum, every
    reported parameter. ``penalty`` is what draws the combinations there; it is no part of the rise. ``valley`` is 0
    where the way from the minimum leads, and counts up where a search has found another that is lower.
    """

    positions: tuple[float, ...]
    values: tuple[float, ...]
    rise: float
    reported: Mapping[str, float]
    penalty: float = 0.0
    valley: int = 0


@dataclass(frozen=True, eq=False)
class End:
    """Where chi2 has risen by a level along a ray, or the farthest place that was reached.

    ``minimum`` is what the whole search finds there, and ``rise`` its rise; it is None where nothing was crossed.
    ``limited`` says that a limit ends the way.
    """

    crossing: Crossing
    point: ProfilePoint
    minimum: Minimum | None
    rise: float
    limited: bool


class Profile:
    """Least chi2 as a function of one or two parameters or combinations of a minimum.

    Every place is reached downhill from the nearest that are known, along the way that the covariance expects;
    constraints count, also those of the parameters that are forced.
    """

    def __init__(self, minimum: Minimum, names: Sequence[str]) -> None:
        self.minimum = minimum
        self.axes = tuple(axis_of(minimum, name) for name in names)
        self.origin = self._point(tuple(axis.origin for axis in self.axes), minimum.chi2, minimum.reported)
        self._known = [self.origin]
        self._drawn = any(axis.combination is not None for axis in self.axes)
        rows = np.array([axis.slopes for axis in self.axes])
        self._follow = _response(minimum, rows) * np.array([axis.by_position for axis in self.axes])
        self.steps = _independent(minimum, rows, self.axes)
        """Columns: independent steps in the positions, along which a parabola rises by the squared length."""

    @property
    def lower_minimum(self) -> ProfilePoint | None:
        """A place lower than the minimum itself, where one was met."""
        lowest = min(self._known, key=lambda point: point.rise)
        return lowest if lowest.rise < -LOWER else None

    def at(self, *positions: float, near: ProfilePoint | None = None, gain: float = FINE) -> ProfilePoint:
        """Least chi2 at ``positions``, downhill from ``near`` or else from the nearest places known.

        A step that promises no more than the share ``gain`` of chi2 is the last.

        What is known of the place is kept if it is lower. The rise is infinite where the problem makes no sense.
        """
        if near is None:
            for point in self._known:
                if point.positions == positions:
                    return point
        if near is not None:
            return self._remember(self._downhill(positions, [near], gain))
        known = sorted(self._known, key=lambda point: self._distance(point, positions))
        # A guess from the valley of the minimum may begin lower than one from a lower valley, and end higher.
        valley = known[0].valley
        same = [point for point in known if point.valley == valley] if valley else known
        point = self._downhill(positions, same[:_STARTS], gain)
        if point.rise == inf and len(same) < len(known):  # the lower valley does not reach as far
            others = [point for point in known if point.valley != valley]
            point = self._downhill(positions, others[:_STARTS], gain)
        return self._remember(point)

    def _downhill(
        self, positions: tuple[float, ...], starts: Sequence[ProfilePoint], gain: float
    ) -> ProfilePoint:
        """Least chi2 at ``positions``, downhill from the best guess of the ``starts``."""
        guesses = [guess for start in starts for guess in self._guesses(start, positions)]
        problem = self._problem(positions)
        try:
            # chi2 is level at its minimum; without the penalty that draws a combination it is not
            bottom = descend(problem, guesses, gain=FINEST if self._drawn else gain)
            reported = problem.coordinates.to_reported(bottom)
            point = self._point(positions, problem.chi2(bottom), reported, starts[0].valley)
        except (UsageError, ValueError, ArithmeticError):
            return ProfilePoint(positions, starts[0].values, inf, guesses[0])
        return replace(point, rise=inf) if cutoffs_crossed(reported) else point

    def held(self, *positions: float) -> Minimum:
        """The minimum at ``positions``, without errors of its own: those of the whole minimum stay with it."""
        problem, point = self._problem(positions), self.at(*positions)
        bottom = problem.coordinates.from_reported(point.reported)
        return replace(self.minimum, problem=problem, point=bottom, chi2=problem.chi2(bottom), at_limit={})

    def ways(self, *places: tuple[float, ...]) -> Ways:
        """The ways from the minimum to ``places`` of parameters, which are gone side by side."""
        problems = [self._problem(positions) for positions in places]
        guesses = [self._guesses(self.origin, positions) for positions in places]
        return Ways(self, places, problems, Descents(problems, guesses))

    def search(self, *positions: float) -> Minimum:
        """The minimum at ``positions`` that the whole search finds, and that Migrad judges."""
        before = self.at(*positions)
        guess = {**before.reported, **self._held(positions)}
        problem = self._problem(positions)
        found = minimise(problem, guess, pinned=frozenset(problem.coordinates.free))
        point = self._point(positions, found.chi2, found.reported, before.valley)
        if point.rise < before.rise - SAME_VALLEY:
            point = replace(point, valley=before.valley + 1)
            self._forget_beyond(point)
        self._remember(point)
        return found

    def _forget_beyond(self, lower: ProfilePoint) -> None:
        """Forget what is known of the valley of old on that side of the minimum where ``lower`` is lower."""
        side = np.array(lower.positions) - np.array(self.origin.positions)
        normal = np.linalg.solve(self.steps @ self.steps.T, side)
        self._known = [
            point
            for point in self._known
            if point.rise <= lower.rise
            or point.valley >= lower.valley
            or normal @ (np.array(point.positions) - np.array(self.origin.positions)) <= 0.0
        ]

    def room(self, ray: Sequence[float]) -> tuple[float, bool]:
        """How far a ray from the minimum goes, and whether a limit ends it; ``ray`` counts in :attr:`steps`."""
        parts = zip(self.axes, (self.steps @ np.array(ray)).tolist(), strict=True)
        ends = [(axis.room(part), abs(part)) for axis, part in parts if abs(part) > _ROUNDING * axis.step]
        return min((length / speed, limited) for (length, limited), speed in ends)

    def place(self, ray: Sequence[float], distance: float) -> tuple[float, ...]:
        """Positions at ``distance`` along a ray from the minimum."""
        moved = (distance * self.steps @ np.array(ray)).tolist()
        # rounding must not carry a point over the limit that it has met
        return tuple(
            min(max(axis.origin + part, axis.low), axis.high)
            for axis, part in zip(self.axes, moved, strict=True)
        )

    def cross(
        self, ray: Sequence[float], *, level: float, start: tuple[float, float] = (0.0, 0.0)
    ) -> Crossing:
        """Where chi2 has risen by ``level`` along a ray from the minimum, outwards from ``start``."""
        room, _ = self.room(ray)
        if room <= start[0]:
            return Crossing(room, start[1], "end")

        def rise_at(distance: float) -> float:
            return self.at(*self.place(ray, distance)).rise

        return cross(rise_at, level=level, room=room, start=start)

    def reach(self, ray: Sequence[float], *, level: float) -> End:
        """As :meth:`cross`, with what the whole search finds there.

        Where that is lower than the way there had shown, the crossing lies farther out.
        """
        start = (0.0, 0.0)
        for _ in range(_MAX_VALLEYS):
            crossing = self.cross(ray, level=level, start=start)
            positions = self.place(ray, crossing.distance)
            if crossing.how not in ("found", "leap"):
                point = self.at(*positions)
                limited = self.room(ray)[1] or crossing.how == "edge" or self._is_stuck(point)
                return End(crossing, point, None, crossing.rise, limited)
            minimum = self.search(*positions)
            rise = self._point(positions, minimum.chi2, minimum.reported).rise
            if rise > level - SAME_VALLEY:
                break
            start = (crossing.distance, rise)
        return End(crossing, self.at(*positions), minimum, rise, limited=False)

    def _is_stuck(self, point: ProfilePoint) -> bool:
        """Whether limits of the parameters hold a combination: it came less far than a parabola lets it."""
        return any(
            axis.combination is not None and abs(value - axis.origin) < _STUCK * abs(position - axis.origin)
            for axis, position, value in zip(self.axes, point.positions, point.values, strict=True)
        )

    def _held(self, positions: tuple[float, ...]) -> dict[str, float]:
        """Values of the parameters that are held at ``positions``."""
        pairs = zip(self.axes, positions, strict=True)
        return {axis.name: axis.value(position) for axis, position in pairs if axis.combination is None}

    def _problem(self, positions: tuple[float, ...]) -> Problem:
        """The problem with its parameters held, and its combinations drawn to ``positions``."""
        problem, values = self.minimum.problem, self._held(positions)
        coordinates = problem.coordinates
        limits = {name: limit for name, limit in coordinates.limits.items() if name not in values}
        drawn = [
            Penalty(axis.combination, position, axis.penalty)
            for axis, position in zip(self.axes, positions, strict=True)
            if axis.combination is not None
        ]
        return replace(
            problem,
            coordinates=replace(coordinates, held={**coordinates.held, **values}, limits=limits),
            penalties=(*problem.penalties, *drawn),
        )

    def _point(
        self, positions: tuple[float, ...], chi2: float, reported: Mapping[str, float], valley: int = 0
    ) -> ProfilePoint:
        """The place where the problem at ``positions`` has the minimum ``chi2``."""
        values = tuple(
            axis.value_at(position, reported) for axis, position in zip(self.axes, positions, strict=True)
        )
        penalty = sum(
            ((position - value) / axis.penalty) ** 2
            for axis, position, value in zip(self.axes, positions, values, strict=True)
            if axis.combination is not None
        )
        return ProfilePoint(positions, values, chi2 - penalty - self.minimum.chi2, reported, penalty, valley)

    def _distance(self, point: ProfilePoint, positions: tuple[float, ...]) -> float:
        apart = np.array(positions) - np.array(point.positions)
        return float(np.linalg.norm(np.linalg.solve(self.steps, apart)))

    def _guesses(self, near: ProfilePoint, positions: tuple[float, ...]) -> list[dict[str, float]]:
        """Where to begin at ``positions``: the others as they are at ``near``, or following it."""
        values = self._held(positions)
        same = {**near.reported, **values}
        if "n_ats" in values:
            same |= _same_amplitude(near.reported, values)
        return [same, {**self._followed(near, positions), **values}]

    def _followed(self, near: ProfilePoint, positions: tuple[float, ...]) -> dict[str, float]:
        """``near`` moved to ``positions`` with the others following as the covariance has it."""
        coordinates = self.minimum.coordinates
        low, high = (np.array(side) for side in zip(*coordinates.box(), strict=True))
        moved = coordinates.from_reported(near.reported)
        moved = moved + self._follow @ (np.array(positions) - np.array(near.positions))
        return coordinates.to_reported(np.clip(moved, low, high))

    def _remember(self, point: ProfilePoint) -> ProfilePoint:
        """``point``, or what is known there if that is lower."""
        for index, other in enumerate(self._known):
            if other.positions == point.positions:
                self._known[index] = min(point, other, key=lambda item: item.rise + item.penalty)
                return self._known[index]
        if point.rise < inf:
            self._known.append(point)
        return point


@dataclass(frozen=True, eq=False)
class Ways:
    """The ways to some places of a profile, which cost little more than one of them. Nothing is drawn there."""

    profile: Profile
    places: tuple[tuple[float, ...], ...]
    problems: Sequence[Problem]
    descents: Descents

    @property
    def estimates(self) -> list[float]:
        """Two estimates of the rise at each place, cheap: before and after a first step from the minimum."""
        both = np.concatenate([self.descents.before, self.descents.after])
        return [float(chi2) - self.profile.minimum.chi2 for chi2 in both]

    def rises(self, promised: float | Sequence[float]) -> list[float]:
        """The rise at each place; a step that promises to lower it by no more than ``promised`` is the last."""
        least = self.profile.minimum.chi2
        gain = np.asarray(promised) / max(least, 1.0)
        try:
            points, chi2 = self.descents.to_bottom(gain)
        except (UsageError, ValueError, ArithmeticError):  # one of them makes no sense
            finest = float(gain.min())
            return [self.profile.at(*positions, gain=finest).rise for positions in self.places]
        crossed = [
            cutoffs_crossed(problem.coordinates.to_reported(point))
            for problem, point in zip(self.problems, points, strict=True)
        ]
        rises: list[float] = np.where(crossed, inf, chi2 - least).tolist()
        return rises


class Profiles:
    """The profiles of one minimum, each made once, so that what one job finds serves the next."""

    def __init__(self, minimum: Minimum) -> None:
        self.minimum = minimum
        self._made: dict[tuple[str, ...], Profile] = {}

    def of(self, *names: str) -> Profile:
        """The profile of one or two parameters or combinations."""
        if names not in self._made:
            self._made[names] = Profile(self.minimum, names)
        return self._made[names]

    @property
    def lower_minimum(self) -> ProfilePoint | None:
        """The lowest place below the minimum itself, where one was met."""
        places = [profile.lower_minimum for profile in self._made.values()]
        return min((place for place in places if place), key=lambda place: place.rise, default=None)


def _response(minimum: Minimum, rows: FloatArray) -> FloatArray:
    """How the coordinates follow values that are forced, shape (n_coordinates, n_values); ``rows`` are their slopes."""
    along = minimum.covariance @ rows.T
    variance = rows @ along
    scale = np.sqrt(np.maximum(np.diag(variance), np.finfo(float).tiny))
    # scaled, for parameters in units of 1e-7 and 1e17 meet here; what has no variance has no response
    return (along / scale) @ np.linalg.pinv(variance / np.outer(scale, scale)) / scale


def _independent(minimum: Minimum, rows: FloatArray, axes: Sequence[Axis]) -> FloatArray:
    """Independent steps in the positions on ``axes`` by the covariance, each axis keeping its own step."""
    covariance = rows @ minimum.covariance @ rows.T
    scale = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    correlation = np.clip(covariance / np.outer(scale, scale), -_CLOSEST, _CLOSEST)
    np.fill_diagonal(correlation, 1.0)
    return np.array([[axis.step] for axis in axes]) * np.linalg.cholesky(correlation)


def _same_amplitude(reported: Mapping[str, float], values: Mapping[str, float]) -> dict[str, float]:
    """Cutoffs of the same mean that keep n_ats ln(d0max/d0min), but for those in ``values``."""
    low, high = reported["d0min_qs4"], reported["d0max_qs4"]
    ratio = exp(min(log(high / low) * reported["n_ats"] / values["n_ats"], MAX_LN_RATIO))
    low = (low + high) / (1.0 + ratio)
    return {"d0min_qs4": low, "d0max_qs4": low * ratio} | dict(values)
