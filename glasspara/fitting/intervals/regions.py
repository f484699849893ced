"""How far may parameters go, everything else following, before chi2 has risen so much?

For one parameter or combination, the Minos interval, where chi2 has risen by 1, and the curve of chi2 behind it. For
two, the lines on which it has risen by 2.30 and 5.99, found along rays from the minimum, equally spaced where the
covariance makes a circle of its ellipse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, cos, floor, log10, pi, sin
from typing import Any

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.findings import Finding, Where, finding
from glasspara.fitting.intervals import Crossing
from glasspara.fitting.intervals.profile import SAME_VALLEY, End, Profile, ProfilePoint, Profiles
from glasspara.fitting.search.minimise import Minimum

LEVEL = 1.0
"""Rise of chi2, by the stated sigmas, at the ends of an interval of 68 %."""

INTERVAL_FOUND = "fitting.interval-found"
"""Code of the outcome of a side on which the end of the interval was found."""

# A place that is so little of a standard error away is the minimum itself.
_NOTHING = 1.0e-6
# Curves end where chi2 has risen by so much (3.5 standard errors of a parabola), in so many steps a side.
_HIGHEST = 12.0
_STEPS = 14


@dataclass(frozen=True)
class Interval:
    """Both sides of an interval as positive distances from the value, each with its outcome.

    A side without a crossing is None; where a limit is met first it is the distance to the limit. The outcomes are the
    findings ``fitting.interval-...`` with the values ``parameter``, ``side``, and ``end`` and ``rise``: where the way
    ended, and by how much chi2 had risen there.
    """

    lower: float | None
    upper: float | None
    lower_outcome: Finding
    upper_outcome: Finding

    @property
    def outcomes(self) -> tuple[Finding, Finding]:
        return (self.lower_outcome, self.upper_outcome)

    @property
    def found(self) -> bool:
        """Whether both sides are crossings."""
        return all(outcome.code == INTERVAL_FOUND for outcome in self.outcomes)

    def words(self, value: float) -> str:
        """The interval about ``value`` in a line: "68 % interval of x: 0 to 0.682 (lower end at the limit 0, ...)"."""
        title, (first, _) = f"68 % interval of {self.lower_outcome.values['parameter']}", self.outcomes
        if all(outcome.code == "fitting.interval-not-found" for outcome in self.outcomes):
            return f"{title} {first}"
        sides = [side for side in (self.lower, self.upper) if side]
        digits = 4 if not sides or not value else max(4, floor(log10(abs(value) / min(sides))) + 3)
        low = None if self.lower is None else f"{value - self.lower:.{digits}g}"
        high = None if self.upper is None else f"{value + self.upper:.{digits}g}"
        ends = " to ".join("?" if end is None else end for end in (low, high))
        return f"{title}: {ends}" + (f" ({'; '.join(self.open_ends)})" if self.open_ends else "")

    @property
    def open_ends(self) -> list[str]:
        """What became of the sides that were not found, a line each."""
        return [
            f"{outcome.values['side']} end {outcome}"
            for outcome in self.outcomes
            if outcome.code != INTERVAL_FOUND
        ]


@dataclass(frozen=True, eq=False)
class ProfileCurve:
    """``rises`` of the least chi2 at rising ``values`` of a parameter or combination, and the ``path`` of all other
    free parameters. ``logarithmic`` says whether the values are spaced in their logarithm."""

    name: str
    values: FloatArray
    rises: FloatArray
    path: Mapping[str, FloatArray]
    logarithmic: bool

    @classmethod
    def of(cls, profile: Profile, points: Sequence[ProfilePoint]) -> ProfileCurve:
        """The curve through ``points`` of the profile of one parameter or combination, by rising value."""
        (axis,) = profile.axes
        points = sorted(points, key=lambda point: point.values)
        others = [name for name in profile.minimum.coordinates.free if name != axis.name]
        return cls(
            name=axis.name,
            values=np.array([point.values[0] for point in points]),
            rises=np.array([point.rise for point in points]),
            path={name: np.array([point.reported[name] for point in points]) for name in others},
            logarithmic=axis.logarithmic,
        )

    def parabola(self, value: float, error: float | None) -> FloatArray:
        """What chi2 would rise by if ``error`` were that of a parabola about ``value``; NaN without an error."""
        return ((self.values - value) / (error or np.nan)) ** 2


def minos(profiles: Profiles, names: Sequence[str], *, level: float = LEVEL) -> dict[str, Interval]:
    """Intervals of free reported parameters and of derived combinations: the profile of chi2 up by ``level``.

    Constraints count. The way to each crossing is least squares; the crossing itself is sought by the whole search of
    a fit and must be a valid minimum by Migrad. Nothing is scaled: a rise of 1 is one of the stated sigmas.
    """
    reason = _no_interval(profiles.minimum)
    if reason:
        return {name: not_found(name, reason) for name in names}
    found = {}
    for name in names:
        lower, lower_outcome = _side(profiles.of(name), -1, level)
        upper, upper_outcome = _side(profiles.of(name), 1, level)
        found[name] = Interval(lower, upper, lower_outcome, upper_outcome)
    return found


def not_found(name: str, reason: str) -> Interval:
    """No interval on either side, for the same reason: "no-minimum", "no-degrees-of-freedom" or "nothing-free"."""
    lower, upper = (_outcome("not-found", name, sign, None, None, reason=reason) for sign in (-1, 1))
    return Interval(None, None, lower, upper)


def _no_interval(minimum: Minimum) -> str:
    if not minimum.valid:
        return "no-minimum"
    return "" if minimum.statistics.ndof > 0 else "no-degrees-of-freedom"


def _side(profile: Profile, sign: int, level: float) -> tuple[float | None, Finding]:
    """Distance from the value to the end of the interval on one side, and the outcome."""
    (axis,), (value,) = profile.axes, profile.origin.values
    ray = (float(sign),)
    room, limited = profile.room(ray)
    if limited and room <= 0.0:
        return 0.0, _outcome("at-limit", axis.name, sign, value, 0.0)
    reached = profile.reach(ray, level=level)
    (end,) = reached.point.values
    if (lower := profile.lower_minimum) is not None:
        return None, _outcome("lower-minimum", axis.name, sign, lower.values[0], lower.rise)
    if reached.minimum is None and reached.limited and abs(end - value) < _NOTHING * axis.step:
        return 0.0, _outcome("at-limit", axis.name, sign, value, 0.0)
    code, more = _outcome_of(reached, level)
    distance = abs(end - value) if code in ("found", "met-limit") else None
    return distance, _outcome(code, axis.name, sign, end, reached.rise, **more)


def _outcome_of(reached: End, level: float) -> tuple[str, dict[str, Any]]:
    """The code of the outcome at the end of a side, and what else is to be said of it."""
    if reached.minimum is None:
        return "met-limit" if reached.limited else "open", {}
    if abs(reached.rise - level) > SAME_VALLEY:
        return "unstable", {}
    failure = reached.minimum.failure
    if failure is not None:
        return "no-minimum", {"problem": reached.minimum.reason, "why": failure.text}
    return "found", {}


def _outcome(code: str, name: str, sign: int, end: float | None, rise: float | None, **more: Any) -> Finding:
    side = "lower" if sign < 0 else "upper"
    return finding(
        f"fitting.interval-{code}",
        Where(parameter=name),
        parameter=name,
        side=side,
        end=end,
        rise=rise,
        **more,
    )


def profile_curve(profile: Profile) -> ProfileCurve:
    """The profile of one parameter or combination, to where chi2 has risen by 12, or as far as there is room."""
    places = [profile.origin.positions, *_curve_side(profile, -1), *_curve_side(profile, 1)]
    found = [profile.at(*place) for place in places]
    return ProfileCurve.of(profile, [point for point in found if np.isfinite(point.rise)])


def _curve_side(profile: Profile, sign: int) -> list[tuple[float, ...]]:
    """Places of one side, evenly spaced, each reached from its inner neighbour and then from its outer one."""
    (axis,), ray = profile.axes, (float(sign),)
    end = profile.reach(ray, level=_HIGHEST).crossing.distance
    if end <= 0.0:
        return []

    def where(distance: float) -> float:
        return axis.position(profile.at(*profile.place(ray, distance)).values[0])

    distances = [end * step / _STEPS for step in range(0, _STEPS + 1, 2)]
    while len(distances) <= _STEPS:  # a combination that is drawn evenly need not come evenly
        gap = max(pairwise(distances), key=lambda two: abs(where(two[1]) - where(two[0])))
        distances = sorted([*distances, sum(gap) / 2.0])
    places = [profile.place(ray, distance) for distance in distances[1:]]
    for outer, inner in zip(places[:0:-1], places[-2::-1], strict=True):
        profile.at(*inner, near=profile.at(*outer))
    return places


# --- two parameters ----------------------------------------------------------------------------------------------

CONTOUR_LEVELS = {0.68: 2.30, 0.95: 5.99}
"""Rise of chi2 by the probability that the region holds both true values."""

_RAYS = 36
# On every so many rays the whole search of a fit looks for something lower than the way there has shown.
_SEARCHED = 9
# What the profiles of one parameter reach beyond the line, as a share of its extent, before it is said.
_MISSED = 0.05


@dataclass(frozen=True, eq=False)
class ContourLine:
    """One line: its points in order, shape (n, 2), the last joined to the first.

    ``found`` is False for points where a limit was met, or the end of all searches, before chi2 had risen enough:
    the region is cut, or open, there.
    """

    probability: float
    rise: float
    points: FloatArray
    found: BoolArray

    @property
    def closed(self) -> bool:
        return bool(self.found.all())


@dataclass(frozen=True, eq=False)
class Contour:
    """The lines of a pair of parameters, and what is to be said of them."""

    names: tuple[str, str]
    lines: tuple[ContourLine, ...]
    logarithmic: tuple[bool, bool]
    statements: tuple[Finding, ...]


def contour(profiles: Profiles, names: tuple[str, str]) -> Contour:
    """The 68 % and 95 % lines of two free reported parameters."""
    profile = profiles.of(*names)
    rays = _rays(profile)
    lines, statements = [], []
    for probability, rise in CONTOUR_LEVELS.items():
        crossings = _crossings(profile, rays, rise)
        seen = [
            _Vertex(_angle(*ray), profile.place(ray, item.distance), item.how == "found")
            for ray, item in zip(rays, crossings, strict=True)
        ]
        ends = {
            (index, sign): end
            for index in (0, 1)
            for sign in (-1.0, 1.0)
            if (end := _end(profiles, names, index, sign, rise)) is not None
        }
        statements += _statements(profile, probability, seen, ends)
        vertices = sorted([*seen, *ends.values()], key=lambda vertex: vertex.angle)
        values = [
            [axis.value(x) for axis, x in zip(profile.axes, vertex.positions, strict=True)]
            for vertex in vertices
        ]
        found = np.array([vertex.found for vertex in vertices])
        lines.append(ContourLine(probability, rise, np.array(values), found))
    first, second = profile.axes
    return Contour(names, tuple(lines), (first.logarithmic, second.logarithmic), tuple(statements))


@dataclass(frozen=True)
class _Vertex:
    """A point of a line: its direction from the minimum, its positions, and whether chi2 has risen enough."""

    angle: float
    positions: tuple[float, ...]
    found: bool


def _rays(profile: Profile) -> list[tuple[float, float]]:
    """Directions by rising angle: equally spaced, and those along which one parameter keeps its value.

    Where the minimum lies at a limit the latter run along it.
    """
    along = np.linalg.inv(profile.steps)
    along = along / np.linalg.norm(along, axis=0)
    angles = [2.0 * pi * ray / _RAYS for ray in range(_RAYS)]
    angles += [_angle(sign * x, sign * y) for x, y in along.T.tolist() for sign in (-1.0, 1.0)]
    return [(cos(angle), sin(angle)) for angle in sorted(angles)]


def _angle(x: float, y: float) -> float:
    return atan2(y, x) % (2.0 * pi)


def _end(profiles: Profiles, names: tuple[str, str], index: int, sign: float, rise: float) -> _Vertex | None:
    """Where the line reaches farthest along one of its parameters: a place on the profile of that one alone.

    None where the minimum lies at the limit of that parameter.
    """
    alone = profiles.of(names[index])
    end = alone.reach((sign,), level=rise)
    if end.crossing.distance <= 0.0:
        return None
    place = end.point.positions
    both = profiles.of(*names)
    other = both.axes[1 - index]
    followed = other.position(end.point.reported[other.name])
    positions = (*place, followed) if index == 0 else (followed, *place)
    apart = np.array(positions) - np.array([axis.origin for axis in both.axes])
    direction = np.linalg.solve(both.steps, apart).tolist()
    return _Vertex(_angle(*direction), positions, end.crossing.how == "found")


def _crossings(profile: Profile, rays: list[tuple[float, float]], rise: float) -> list[Crossing]:
    """Where each ray crosses: some sought by the whole search, each tried from its neighbours on both sides."""
    found = [
        profile.cross(ray, level=rise) if number % _SEARCHED else profile.reach(ray, level=rise).crossing
        for number, ray in enumerate(rays)
    ]
    for order in (range(len(rays)), range(len(rays) - 1, -1, -1)):
        before = None
        for number in (*order, *order[:1]):  # once around
            ray, crossing = rays[number], found[number]
            place = profile.place(ray, crossing.distance)
            if before is not None and crossing.how == "found":
                beside = profile.at(*place, near=before)
                if beside.rise < rise - SAME_VALLEY:
                    start = (crossing.distance, beside.rise)
                    found[number] = profile.cross(ray, level=rise, start=start)
                    place = profile.place(ray, found[number].distance)
            before = profile.at(*place)
    return found


def _statements(
    profile: Profile, probability: float, seen: list[_Vertex], ends: Mapping[tuple[int, float], _Vertex]
) -> list[Finding]:
    """Where a line is open, and where it reaches beyond what the rays have seen."""
    percent = 100.0 * probability
    found = [] if all(vertex.found for vertex in seen) else [finding("fitting.contour-open", percent=percent)]
    for (index, sign), end in ends.items():
        axis = profile.axes[index]
        drawn = np.array([vertex.positions[index] for vertex in seen])
        missed = sign * end.positions[index] - float(np.max(sign * drawn))
        if missed > _MISSED * float(np.ptp(drawn)):
            value = axis.value(end.positions[index])
            found.append(finding("fitting.contour-bends", percent=percent, parameter=axis.name, value=value))
    return found
