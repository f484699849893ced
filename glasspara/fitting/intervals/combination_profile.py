"""Chi2 with a derived combination drawn away from its value at the minimum, everything else following."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from statistics import mean

from glasspara.errors import UsageError
from glasspara.fitting.intervals.crossing import Crossing, cross
from glasspara.fitting.intervals.profile import LOWER, MAX_VALLEYS, SAME_VALLEY, ProfilePoint
from glasspara.fitting.problem.combinations import Combination
from glasspara.fitting.problem.problem import Penalty, Problem
from glasspara.fitting.search.minimise import Minimum, cutoffs_crossed, minimise, polish
from glasspara.fitting.search.start import descend
from glasspara.model.parameters import to_canonical

# How far a combination is drawn, in standard errors of a parabola.
_FARTHEST = 100.0


@dataclass(frozen=True)
class End:
    """Where chi2 reached the level on one side, or the farthest place that was reached.

    ``minimum`` is what the whole search finds there, None where nothing was crossed; ``limited`` says that limits of
    the parameters held the combination back.
    """

    crossing: Crossing
    place: ProfilePoint
    minimum: Minimum | None
    limited: bool


class CombinationProfile:
    """Least chi2 as a function of a combination of the parameters of a minimum.

    A combination is no coordinate and cannot be held. It is drawn instead: where chi2 + ((target - c)/width)^2 is
    least, chi2 is the least that this value of c allows, for any other place with the same c has the same penalty.
    Each such minimum lies on the profile exactly, whatever the width.
    """

    def __init__(self, minimum: Minimum, combination: Combination, error: float) -> None:
        self.minimum = minimum
        self.combination = combination
        self.error = error
        self.origin = ProfilePoint(
            (combination.value(to_canonical(minimum.reported)),), 0.0, minimum.reported
        )
        self._lowest = self.origin

    @property
    def lower_minimum(self) -> ProfilePoint | None:
        """A place lower than the minimum itself, where one was met."""
        return self._lowest if self._lowest.rise < -LOWER else None

    def reach(self, sign: int, *, level: float) -> End:
        """Where chi2 has risen by ``level``, up or down by ``sign``."""
        line = _Line(self, sign)
        start = (0.0, 0.0)
        for _ in range(MAX_VALLEYS):
            crossing = cross(
                lambda distance: line.at(distance).rise, level=level, room=_FARTHEST, start=start
            )
            if crossing.how not in ("found", "leap"):
                place = line.nearest(crossing.distance)
                return End(crossing, place, None, line.stuck(place, crossing.distance))
            minimum = line.search(crossing.distance)
            place = line.nearest(crossing.distance)
            if place.rise > level - SAME_VALLEY:
                break
            # the whole search met a lower valley than the way there: the crossing lies farther out
            start = (crossing.distance, place.rise)
        return End(crossing, place, minimum, False)

    def points(self, sign: int, *, level: float, steps: int) -> list[ProfilePoint]:
        """Places of the profile on one side, to where chi2 has risen by ``level`` or as far as there is room."""
        end = self.reach(sign, level=level).crossing.distance
        line = _Line(self, sign)
        places = {0.0: self.origin}
        places |= {end * step / steps: line.at(end * step / steps) for step in range(2, steps + 1, 2)}
        while len(places) <= steps:  # even draws leave uneven gaps
            gap = max(
                pairwise(sorted(places)), key=lambda two: abs(_value(places[two[1]]) - _value(places[two[0]]))
            )
            places[mean(gap)] = line.at(mean(gap))
        return [place for distance, place in places.items() if distance and place.rise < inf]

    def place(self, found: Minimum) -> ProfilePoint:
        """The place of a minimum with penalty; the rise is that of chi2 alone."""
        reported = found.reported
        rise = (
            inf if cutoffs_crossed(reported) else self.minimum.problem.chi2(found.point) - self.minimum.chi2
        )
        point = ProfilePoint((self.combination.value(to_canonical(reported)),), rise, reported)
        self._lowest = min(self._lowest, point, key=lambda item: item.rise)
        return point


def _value(place: ProfilePoint) -> float:
    (value,) = place.positions
    return value


class _Line:
    """One side of a profile; distances are such that a parabola rises by their square.

    The penalty is as wide as the standard error: a parabola then comes half the way that it is drawn.
    """

    def __init__(self, profile: CombinationProfile, sign: int) -> None:
        self._profile = profile
        self._step = 2.0 * sign * profile.error
        self._known = {0.0: profile.origin}

    def at(self, distance: float) -> ProfilePoint:
        """The place downhill from the nearest that is known; its rise is infinite where the problem makes no sense."""
        near = self.nearest(distance)
        try:
            problem = self._drawn(distance)
            # least squares stop near the minimum, which is level; the rise of chi2 alone is not
            found = polish(problem, descend(problem, [near.reported]))
        except (UsageError, ValueError, ArithmeticError):
            return ProfilePoint(near.positions, inf, near.reported)
        return self._known.setdefault(distance, self._profile.place(found))

    def search(self, distance: float) -> Minimum:
        """The minimum there that the whole search finds, and that Migrad judges."""
        problem = self._drawn(distance)
        near = self.nearest(distance).reported
        found = minimise(problem, near, pinned=frozenset(problem.coordinates.free))
        self._known[distance] = self._profile.place(found)
        return found

    def nearest(self, distance: float) -> ProfilePoint:
        return self._known[min(self._known, key=lambda other: abs(other - distance))]

    def stuck(self, place: ProfilePoint, distance: float) -> bool:
        """Whether the combination came less than half the way that it was drawn."""
        return abs(_value(place) - _value(self._profile.origin)) < 0.5 * abs(distance * self._step)

    def _drawn(self, distance: float) -> Problem:
        target = _value(self._profile.origin) + distance * self._step
        drawn = Penalty(self._profile.combination, target, self._profile.error)
        problem = self._profile.minimum.problem
        return replace(problem, penalties=(*problem.penalties, drawn))
