"""What chi2 says beside its minimum: Minos intervals, profiles and contours of parameters and combinations.

Here: where a rise of chi2 along a line reaches a level, by bracketing and then a secant that cannot leave the bracket;
and the axis of a parameter or combination, along which a profile goes.
``profile`` walks along one parameter while the others follow; ``regions``, intervals and contours, is made of that;
``exploration`` does what a user asks for, for one data set or many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import exp, inf, isfinite, log, sqrt
from typing import Literal

from glasspara.arrays import FloatArray
from glasspara.fitting.problem.coordinates import Combination, combinations
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import to_canonical

# sqrt(rise) is met to this share; the last secant step makes better than its square of it.
_TOLERANCE = 1.0e-3
# A bracket this narrow, as a share of the distance, holds a jump and no crossing.
_NARROWEST = 1.0e-5
_GROWTH = (1.1, 4.0)
_MAX_STEPS = 80


@dataclass(frozen=True)
class Crossing:
    """Where the rise reached the level.

    ``how``: "found"; "leap" where the rise jumps over the level, ``distance`` and ``rise`` being those beyond it;
    "end" where the line ends below the level, and "edge" where the rise is infinite from there on.
    """

    distance: float
    rise: float
    how: Literal["found", "leap", "end", "edge"]


def cross(
    rise_at: Callable[[float], float], *, level: float, room: float, start: tuple[float, float] = (0.0, 0.0)
) -> Crossing:
    """A distance from 0 at which ``rise_at(distance)`` reaches ``level``, as far as bracketing can tell.

    Distances are such that a parabola would have risen by their square; ``room`` is the length of the line. The
    search is in sqrt(rise), in which a parabola is a straight line and takes one step. An infinite rise is allowed.
    ``start`` is a distance with its rise, below the level, from which the search goes outwards.
    """
    target = sqrt(level)
    inner, outer = (start[0], sqrt(max(start[1], 0.0))), (inf, inf)
    distance = min(max(target, _GROWTH[0] * inner[0]), room)
    for count in range(_MAX_STEPS):
        root = sqrt(max(rise_at(distance), 0.0))
        if abs(root - target) < _TOLERANCE * target:
            slope = (root - inner[1]) / (distance - inner[0])
            return Crossing(min(distance + (target - root) / slope, room), root**2, "found")
        if root < target:
            if distance >= room:
                return Crossing(room, root**2, "end")
            inner = (distance, root)
        else:
            outer = (distance, root)
        if outer[0] - inner[0] <= _NARROWEST * distance:
            break
        if not isfinite(outer[0]):
            growth = target / root if root > 0.0 else inf
            distance = min(distance * min(max(growth, _GROWTH[0]), _GROWTH[1]), room)
        elif not isfinite(outer[1]) or count % 3 == 2:  # bisection now and then: a secant may creep
            distance = 0.5 * (inner[0] + outer[0])
        else:
            share = (target - inner[1]) / (outer[1] - inner[1])
            distance = inner[0] + min(max(share, 0.05), 0.95) * (outer[0] - inner[0])
    if isfinite(outer[1]):
        return Crossing(outer[0], outer[1] ** 2, "leap")
    return Crossing(inner[0], inner[1] ** 2, "edge")


_SCALES = ("n_ats", "d_min")
# How far from the minimum profiles go where no limit stops them: a factor, or so many standard errors.
_FARTHEST_FACTOR = 1.0e3
_FARTHEST_STEPS = 1.0e4
# How far a combination is drawn, in steps; a parabola comes half the way.
_FARTHEST_DRAWN = 100.0
# First step in a logarithm where the curvature knows none or a longer one.
_LONGEST_STEP = 1.0


@dataclass(frozen=True, eq=False)
class Axis:
    """What a profile moves along: a free reported parameter, or a derived ``combination``.

    Positions are the value of a parameter, or its logarithm where it is a scale, or the target to which a combination
    is drawn. ``low`` and ``high`` are the limits, and ``farthest`` is how far the axis goes where no limit stops it.
    A ``step`` makes a parabola rise by 1: it is the standard error of a parameter, and twice that of a combination,
    whose penalty is as wide as its standard error. All of these are positions. ``slopes`` are the derivatives of the
    value by the coordinates at the minimum.
    """

    name: str
    origin: float
    low: float
    high: float
    step: float
    farthest: float
    slopes: FloatArray
    logarithmic: bool = False
    combination: Combination | None = None

    def value(self, position: float) -> float:
        """Value of a parameter at a position."""
        return exp(position) if self.logarithmic else position

    def position(self, value: float) -> float:
        """Where on the axis a value lies; for a combination, where it is once it has been drawn."""
        return log(value) if self.logarithmic else value

    def value_at(self, position: float, reported: Mapping[str, float]) -> float:
        """Value at a place of the profile: a combination is not where it is drawn to."""
        if self.combination is None:
            return self.value(position)
        return self.combination.value(to_canonical(reported))

    @property
    def penalty(self) -> float:
        """Width of the penalty that draws a combination."""
        return 0.5 * self.step

    @property
    def by_position(self) -> float:
        """Derivative of the value by the position at the minimum."""
        if self.combination is not None:
            return 0.5
        return exp(self.origin) if self.logarithmic else 1.0

    def room(self, direction: float) -> tuple[float, bool]:
        """How far the axis goes from the minimum, up or down by the sign, and whether a limit ends it."""
        limit = max(self.high - self.origin if direction > 0.0 else self.origin - self.low, 0.0)
        return min(limit, self.farthest), limit <= self.farthest


def axis_of(minimum: Minimum, name: str) -> Axis:
    """The axis of a free reported parameter, or of a derived combination that has an error.

    Raises
    ------
    ValueError
        For anything else.
    """
    coordinates = minimum.coordinates
    rows = coordinates.reported_jacobian(minimum.point)
    if name in coordinates.free:
        return _axis_of_parameter(minimum, name, rows[coordinates.reported.index(name)])
    combination = combinations(minimum.reported).get(name)
    error = None if combination is None else minimum.error_of(combination)
    if combination is None or error is None:
        raise ValueError(f"{name} is neither a free parameter nor a combination of free ones")
    slopes = combination.slopes_by_reported(minimum.reported, coordinates.model) @ rows
    value, step = combination.value(to_canonical(minimum.reported)), 2.0 * error
    farthest = _FARTHEST_DRAWN * step
    return Axis(name, value, -inf, inf, step, farthest, slopes, combination=combination)


def _axis_of_parameter(minimum: Minimum, name: str, slopes: FloatArray) -> Axis:
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
        return Axis(name, log(value), low, high, step, log(_FARTHEST_FACTOR), slopes, logarithmic=True)
    step = error or float(alone.sizes[index])
    return Axis(name, value, low, high, step, _FARTHEST_STEPS * step, slopes)
