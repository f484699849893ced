"""Minos intervals, and the curves of chi2 behind them.

How far may a parameter or combination go, everything else following, before chi2 has risen by 1?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.findings import Finding, Where, finding
from glasspara.fitting.intervals.profile import SAME_VALLEY, End, Profile, Profiles
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

    def words(self, value: float, level: str = "68 %") -> str:
        """The interval about ``value`` in a line: "68 % interval of x: 0 to 0.682 (lower end at the limit 0, ...)"."""
        title, (first, _) = f"{level} interval of {self.lower_outcome.values['parameter']}", self.outcomes
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


@dataclass(frozen=True)
class ProfileCurve:
    """``rises`` of the least chi2 at rising ``values`` of a parameter or combination, and the ``path`` of all other
    free parameters. ``logarithmic`` says whether the values are spaced in their logarithm."""

    name: str
    values: FloatArray
    rises: FloatArray
    path: Mapping[str, FloatArray]
    logarithmic: bool

    def parabola(self, value: float, error: float | None) -> FloatArray:
        """What chi2 would rise by if ``error`` were that of a parabola about ``value``; NaN without an error."""
        rises: FloatArray = ((self.values - value) / (error or np.nan)) ** 2
        return rises


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
    code, more = _judged(reached, level)
    distance = abs(end - value) if code in ("found", "met-limit") else None
    return distance, _outcome(code, axis.name, sign, end, reached.rise, **more)


def _judged(reached: End, level: float) -> tuple[str, dict[str, Any]]:
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
    (axis,) = profile.axes
    places = [profile.origin.positions, *_curve_side(profile, -1), *_curve_side(profile, 1)]
    points = [point for place in places if np.isfinite((point := profile.at(*place)).rise)]
    points.sort(key=lambda point: point.values)
    others = [name for name in profile.minimum.coordinates.free if name != axis.name]
    return ProfileCurve(
        name=axis.name,
        values=np.array([point.values[0] for point in points]),
        rises=np.array([point.rise for point in points]),
        path={name: np.array([point.reported[name] for point in points]) for name in others},
        logarithmic=axis.logarithmic,
    )


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
