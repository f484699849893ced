"""Regions of two parameters: the lines on which chi2, everything else following, has risen by 2.30 and 5.99.

The lines are found along rays from the minimum, equally spaced where the covariance makes a circle of its ellipse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import atan2, cos, pi, sin

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.findings import Finding, finding
from glasspara.fitting.intervals import Crossing
from glasspara.fitting.intervals.profile import SAME_VALLEY, Profile, Profiles

LEVELS = {0.68: 2.30, 0.95: 5.99}
"""Rise of chi2 by the probability that the region holds both true values."""

_RAYS = 36
# On every so many rays the whole search of a fit looks for something lower than the way there has shown.
_SEARCHED = 9
# What the profiles of one parameter reach beyond the line, as a share of its extent, before it is said.
_MISSED = 0.05


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
    for probability, rise in LEVELS.items():
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
