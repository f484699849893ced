"""Chi2 with one or two reported parameters forced away from the minimum, the others following."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf, log

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.errors import UsageError
from glasspara.fitting.intervals.crossing import Crossing, cross
from glasspara.fitting.problem.coordinates import MAX_LN_RATIO
from glasspara.fitting.problem.problem import Problem
from glasspara.fitting.search.minimise import Minimum, cutoffs_crossed, minimise
from glasspara.fitting.search.start import descend, glance

_FACTOR = 2.0
_SCALES = ("n_ats", "d_min")
# How far from the minimum profiles go where no limit stops them: a factor, or so many standard errors.
_FARTHEST_FACTOR = 1.0e3
_FARTHEST_STEPS = 1.0e4
# First step in a logarithm where the curvature knows none or a longer one.
_LONGEST_STEP = 1.0
# So many known places are begun from.
_STARTS = 2
# A ray that moves a parameter by so little leaves it where it is.
_ROUNDING = 1.0e-9
# A correlation nearer to 1 leaves a contour no width.
_CLOSEST = 0.99999

MAX_VALLEYS = 4
"""So often a crossing is sought anew behind a lower valley."""

LOWER = 0.1
"""So much below a minimum in chi2 lies another one."""

SAME_VALLEY = 0.01
"""Chi2 by which two descents to one minimum may differ."""


@dataclass(frozen=True)
class Axis:
    """A free reported parameter as profiles move along it: positions are its logarithm where it is a scale.

    ``low`` and ``high`` are its limits and ``step`` is its standard error, all as positions.
    """

    name: str
    origin: float
    low: float
    high: float
    step: float
    logarithmic: bool

    def value(self, position: float) -> float:
        return exp(position) if self.logarithmic else position

    def position(self, value: float) -> float:
        return log(value) if self.logarithmic else value

    @property
    def slope(self) -> float:
        """Derivative of the value by the position at the minimum."""
        return exp(self.origin) if self.logarithmic else 1.0

    def room(self, direction: float) -> tuple[float, bool]:
        """How far the axis goes from the minimum, up or down by the sign, and whether a limit ends it."""
        limit = max(self.high - self.origin if direction > 0.0 else self.origin - self.low, 0.0)
        farthest = log(_FARTHEST_FACTOR) if self.logarithmic else _FARTHEST_STEPS * self.step
        return min(limit, farthest), limit <= farthest


def axis_of(minimum: Minimum, name: str) -> Axis:
    """The axis of a free reported parameter."""
    coordinates = minimum.coordinates
    # A limit of its own makes it a coordinate by itself, whatever it was part of.
    alone = replace(coordinates, limits={name: (-inf, inf), **coordinates.limits})
    index = alone.free.index(name)
    low, high = alone.box()[index]
    value, error = minimum.reported[name], minimum.errors[name]
    of_logarithm = alone.names[index] == f"ln_{name}"
    if of_logarithm or (name in _SCALES and value > 0.0):
        step = min(error / value if error else _LONGEST_STEP, _LONGEST_STEP)
        if not of_logarithm:
            low, high = (log(limit) if limit > 0.0 else -inf for limit in (low, high))
        return Axis(name, log(value), low, high, step, True)
    return Axis(name, value, low, high, error or float(alone.sizes[index]), False)


@dataclass(frozen=True)
class ProfilePoint:
    """Least chi2 at one place: the positions on the axes, the rise above the minimum, every reported parameter."""

    positions: tuple[float, ...]
    rise: float
    reported: Mapping[str, float]


class Profile:
    """Least chi2 as a function of one or two free reported parameters of a minimum.

    Every place is reached downhill from the nearest that is known, along the way that the covariance expects;
    constraints count, also those of the parameters that are forced.
    """

    def __init__(self, minimum: Minimum, names: Sequence[str]) -> None:
        self.minimum = minimum
        self.axes = tuple(axis_of(minimum, name) for name in names)
        origin = ProfilePoint(tuple(axis.origin for axis in self.axes), 0.0, minimum.reported)
        self._known = [origin]
        self._follow = _response(minimum, names) * np.array([axis.slope for axis in self.axes])
        self.steps = _independent(minimum, self.axes)
        """Columns: independent steps in the positions, along which a parabola rises by the squared length."""

    @property
    def lower_minimum(self) -> ProfilePoint | None:
        """A place lower than the minimum itself, where one was met."""
        lowest = min(self._known, key=lambda point: point.rise)
        return lowest if lowest.rise < -LOWER else None

    def at(self, *positions: float, near: ProfilePoint | None = None) -> ProfilePoint:
        """Least chi2 at ``positions``, downhill from ``near`` or else from the nearest places known.

        What is known of the place is kept if it is lower. The rise is infinite where the problem makes no sense.
        """
        if near is None:
            for point in self._known:
                if point.positions == positions:
                    return point
        starts = sorted(self._known, key=lambda point: self._distance(point, positions))[:_STARTS]
        values = self._values(positions)
        held = _hold(self.minimum.problem, values)
        guesses = [
            guess for start in ([near] if near else starts) for guess in self._guesses(start, positions)
        ]
        try:
            bottom = descend(held, guesses)
            reported = held.coordinates.to_reported(bottom)
            rise = inf if cutoffs_crossed(reported) else held.chi2(bottom) - self.minimum.chi2
        except (UsageError, ValueError, ArithmeticError):
            rise, reported = inf, guesses[0]
        return self._remember(ProfilePoint(positions, rise, reported))

    def glance(self, *positions: float) -> tuple[float, float]:
        """Two estimates of the rise at ``positions``, cheap: before and after a first step from the minimum."""
        held = _hold(self.minimum.problem, self._values(positions))
        before, after = glance(held, self._guesses(self._known[0], positions))
        return before - self.minimum.chi2, after - self.minimum.chi2

    def search(self, *positions: float) -> Minimum:
        """The minimum at ``positions`` that the whole search finds, and that Migrad judges."""
        known, values = self.at(*positions), self._values(positions)
        held = _hold(self.minimum.problem, values)
        found = minimise(held, {**known.reported, **values}, pinned=frozenset(held.coordinates.free))
        self._remember(ProfilePoint(positions, found.chi2 - self.minimum.chi2, found.reported))
        return found

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

    def reach(self, ray: Sequence[float], *, level: float) -> tuple[Crossing, Minimum | None]:
        """As :meth:`cross`, and the minimum that the whole search finds there; None where nothing was crossed.

        Where that is lower than the way there had shown, the crossing lies farther out.
        """
        crossing = self.cross(ray, level=level)
        minimum = None
        for _ in range(MAX_VALLEYS):
            if crossing.how not in ("found", "leap"):
                return crossing, None
            minimum = self.search(*self.place(ray, crossing.distance))
            rise = minimum.chi2 - self.minimum.chi2
            if rise > level - SAME_VALLEY:
                break
            crossing = self.cross(ray, level=level, start=(crossing.distance, rise))
        return crossing, minimum

    def _values(self, positions: tuple[float, ...]) -> dict[str, float]:
        return {axis.name: axis.value(x) for axis, x in zip(self.axes, positions, strict=True)}

    def _distance(self, point: ProfilePoint, positions: tuple[float, ...]) -> float:
        apart = np.array(positions) - np.array(point.positions)
        return float(np.linalg.norm(np.linalg.solve(self.steps, apart)))

    def _guesses(self, near: ProfilePoint, positions: tuple[float, ...]) -> list[dict[str, float]]:
        """Where to begin at ``positions``: the others as they are at ``near``, or following it."""
        values = self._values(positions)
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
                self._known[index] = min(point, other, key=lambda item: item.rise)
                return self._known[index]
        if point.rise < inf:
            self._known.append(point)
        return point


class Profiles:
    """The profiles of one minimum, each made once, so that what one job finds serves the next."""

    def __init__(self, minimum: Minimum) -> None:
        self.minimum = minimum
        self._made: dict[tuple[str, ...], Profile] = {}

    def of(self, *names: str) -> Profile:
        if names not in self._made:
            self._made[names] = Profile(self.minimum, names)
        return self._made[names]

    @property
    def lower_minimum(self) -> ProfilePoint | None:
        """A place lower than the minimum itself, where one was met."""
        places = [profile.lower_minimum for profile in self._made.values()]
        return min((place for place in places if place), key=lambda place: place.rise, default=None)


def cheap_doublings(minimum: Minimum, *, cost: float) -> frozenset[str]:
    """Free scale parameters of the ATS term that a factor of 2, up or down, changes for less than ``cost`` in chi2.

    The curvature at the minimum cannot show this: along the valley in which n_ats and d0max - d0min trade, chi2 is
    level over decades while the curvature at one place may look like an error of 30 %. Those of which a constraint
    says something are left out.
    """
    found = set()
    for name in _SCALES:
        if name not in minimum.coordinates.free or name in minimum.limits_met():
            continue
        if name in minimum.problem.constraints:
            continue
        profile = Profile(minimum, [name])
        (axis,) = profile.axes
        for position in (axis.origin + log(_FACTOR), axis.origin - log(_FACTOR)):
            if axis.low <= position <= axis.high and profile.at(position).rise < cost:
                found.add(name)
    return frozenset(found)


def _hold(problem: Problem, values: Mapping[str, float]) -> Problem:
    """``problem`` with some of its free parameters held at ``values``; their constraints still count."""
    coordinates = problem.coordinates
    limits = {name: limit for name, limit in coordinates.limits.items() if name not in values}
    held = replace(coordinates, held={**coordinates.held, **values}, limits=limits)
    return replace(problem, coordinates=held)


def _response(minimum: Minimum, names: Sequence[str]) -> FloatArray:
    """How the coordinates follow reported parameters that are forced, shape (n_coordinates, len(names))."""
    index = [minimum.coordinates.reported.index(name) for name in names]
    rows = minimum.coordinates.reported_jacobian(minimum.point)[index]
    along = minimum.covariance @ rows.T
    variance = rows @ along
    scale = np.sqrt(np.maximum(np.diag(variance), np.finfo(float).tiny))
    # scaled, for parameters in units of 1e-7 and 1e17 meet here; what has no variance has no response
    response: FloatArray = (along / scale) @ np.linalg.pinv(variance / np.outer(scale, scale)) / scale
    return response


def _independent(minimum: Minimum, axes: Sequence[Axis]) -> FloatArray:
    """Independent steps in the positions on ``axes`` by the covariance, each axis keeping its own step."""
    index = [minimum.coordinates.reported.index(axis.name) for axis in axes]
    covariance = minimum.reported_covariance()[np.ix_(index, index)]
    scale = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    correlation = np.clip(covariance / np.outer(scale, scale), -_CLOSEST, _CLOSEST)
    np.fill_diagonal(correlation, 1.0)
    steps: FloatArray = np.array([[axis.step] for axis in axes]) * np.linalg.cholesky(correlation)
    return steps


def _same_amplitude(reported: Mapping[str, float], values: Mapping[str, float]) -> dict[str, float]:
    """Cutoffs of the same mean that keep n_ats ln(d0max/d0min), but for those in ``values``."""
    low, high = reported["d0min_qs4"], reported["d0max_qs4"]
    ratio = exp(min(log(high / low) * reported["n_ats"] / values["n_ats"], MAX_LN_RATIO))
    low = (low + high) / (1.0 + ratio)
    return {"d0min_qs4": low, "d0max_qs4": low * ratio} | dict(values)
