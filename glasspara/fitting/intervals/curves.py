"""Chi2 along one parameter, everything else following: the curve behind an interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.fitting.intervals.combination_profile import CombinationProfile
from glasspara.fitting.intervals.profile import Profile, Profiles

# Curves end where chi2 has risen by so much (3.5 standard errors of a parabola), in so many steps a side.
_HIGHEST = 12.0
_STEPS = 14


@dataclass(frozen=True)
class ProfileCurve:
    """``rises`` of the least chi2 at rising ``values`` of a parameter, and the ``path`` of all the others."""

    name: str
    values: FloatArray
    rises: FloatArray
    path: Mapping[str, FloatArray]
    logarithmic: bool
    """Whether the values are spaced in their logarithm."""

    def parabola(self, value: float, error: float | None) -> FloatArray:
        """What chi2 would rise by if ``error`` were that of a parabola about ``value``; NaN without an error."""
        rises: FloatArray = ((self.values - value) / (error or np.nan)) ** 2
        return rises


def profile_curve(profiles: Profiles, name: str) -> ProfileCurve:
    """The profile of a free reported parameter, to where chi2 has risen by 12, or as far as there is room."""
    profile = profiles.of(name)
    (axis,) = profile.axes
    positions = sorted({axis.origin, *_side(profile, 1), *_side(profile, -1)})
    points = [profile.at(position) for position in positions]
    points = [point for point in points if np.isfinite(point.rise)]
    others = [other for other in profiles.minimum.coordinates.free if other != name]
    return ProfileCurve(
        name=name,
        values=np.array([axis.value(point.positions[0]) for point in points]),
        rises=np.array([point.rise for point in points]),
        path={other: np.array([point.reported[other] for point in points]) for other in others},
        logarithmic=axis.logarithmic,
    )


def combination_curve(profile: CombinationProfile) -> ProfileCurve:
    """The profile of a derived combination, likewise; its values are where drawing it evenly has taken it."""
    points = sorted(
        [
            profile.origin,
            *profile.points(-1, level=_HIGHEST, steps=_STEPS),
            *profile.points(1, level=_HIGHEST, steps=_STEPS),
        ],
        key=lambda point: point.positions,
    )
    return ProfileCurve(
        name=profile.combination.name,
        values=np.array([value for (value,) in (point.positions for point in points)]),
        rises=np.array([point.rise for point in points]),
        path={
            name: np.array([point.reported[name] for point in points])
            for name in profile.minimum.coordinates.free
        },
        logarithmic=False,
    )


def _side(profile: Profile, sign: int) -> list[float]:
    """Positions of one side, each reached from its inner neighbour and then from its outer one."""
    ray = (float(sign),)
    end = profile.reach(ray, level=_HIGHEST)[0].distance
    if end <= 0.0:
        return []
    places = [profile.place(ray, end * step / _STEPS) for step in range(1, _STEPS + 1)]
    for place in places:
        profile.at(*place)
    for outer, inner in zip(places[:0:-1], places[-2::-1], strict=True):
        profile.at(*inner, near=profile.at(*outer))
    return [position for (position,) in places]
