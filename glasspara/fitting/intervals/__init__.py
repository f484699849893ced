"""What chi2 says beside its minimum: Minos intervals, profiles and contours of parameters and combinations.

Here: where a rise of chi2 along a line reaches a level, by bracketing and then a secant that cannot leave the bracket.
``profile`` walks along one parameter while the others follow; ``regions``, intervals and contours, is made of that;
``exploration`` does what a user asks for, for one data set or many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Literal

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
