"""Minos intervals: how far a parameter may go, everything else following, before chi2 has risen by 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glasspara.fitting.intervals.combination_profile import CombinationProfile
from glasspara.fitting.intervals.profile import SAME_VALLEY, Profile, Profiles
from glasspara.fitting.search.minimise import Minimum

LEVEL = 1.0
"""Rise of chi2, by the stated sigmas, at the ends of an interval of 68 %."""

FOUND = "found"

# A combination that moves by so little of its error does not move.
_NOTHING = 1.0e-6


@dataclass(frozen=True)
class Interval:
    """Both sides of an interval as positive distances from the value, each with its outcome in words.

    A side without a crossing is None; where a limit is met first it is the distance to the limit. Outcomes begin
    with "found", "met the limit", "open", "a lower minimum was found" or "not found".
    """

    lower: float | None
    upper: float | None
    lower_outcome: str
    upper_outcome: str

    @property
    def found(self) -> bool:
        """Whether both sides are crossings."""
        return self.lower_outcome == self.upper_outcome == FOUND


def minos(profiles: Profiles, names: Sequence[str], *, level: float = LEVEL) -> dict[str, Interval]:
    """Intervals of free reported parameters: the profile of chi2, constraints included, up by ``level``.

    The way to each crossing is least squares; the crossing itself is sought by the whole search of a fit and must
    be a valid minimum by Migrad. Nothing is scaled: a rise of 1 is one of the stated sigmas.
    """
    why = _no_interval(profiles.minimum)
    if why:
        return dict.fromkeys(names, not_found(why))
    found = {}
    for name in names:
        lower, lower_outcome = _side(profiles.of(name), -1, level)
        upper, upper_outcome = _side(profiles.of(name), 1, level)
        found[name] = Interval(lower, upper, lower_outcome, upper_outcome)
    return found


def not_found(why: str) -> Interval:
    """No interval on either side, for the same reason."""
    return Interval(None, None, f"not found: {why}", f"not found: {why}")


def combination_minos(profile: CombinationProfile) -> Interval:
    """The interval of a derived combination, as :func:`minos` has them."""
    why = _no_interval(profile.minimum)
    if why:
        return not_found(why)
    lower, lower_outcome = _combination_side(profile, -1)
    upper, upper_outcome = _combination_side(profile, 1)
    return Interval(lower, upper, lower_outcome, upper_outcome)


def _no_interval(minimum: Minimum) -> str:
    if not minimum.valid:
        return "the fit has no valid minimum"
    return "" if minimum.statistics.ndof > 0 else "no more points than parameters"


def _side(profile: Profile, sign: int, level: float) -> tuple[float | None, str]:
    """Distance from the value to the end of the interval on one side, and the outcome."""
    (axis,) = profile.axes
    ray = (float(sign),)
    value, (room, limited) = axis.value(axis.origin), profile.room(ray)
    if limited and room <= 0.0:
        return 0.0, _ended(value)
    crossing, minimum = profile.reach(ray, level=level)
    end = axis.value(*profile.place(ray, crossing.distance))
    if (lower := profile.lower_minimum) is not None:
        return None, _fell(lower.rise, axis.value(lower.positions[0]))
    if minimum is not None:
        return _judged(minimum, minimum.chi2 - profile.minimum.chi2, level, end, abs(end - value))
    if crossing.how == "end" and not limited:
        return None, _open(crossing.rise, end)
    return abs(end - value), _met(crossing.rise, end)


def _combination_side(profile: CombinationProfile, sign: int) -> tuple[float | None, str]:
    """As :func:`_side`. What holds a combination back are the limits of its parameters."""
    end = profile.reach(sign, level=LEVEL)
    (origin,), (value,) = profile.origin.positions, end.place.positions
    if (lower := profile.lower_minimum) is not None:
        return None, _fell(lower.rise, lower.positions[0])
    if end.minimum is not None:
        return _judged(end.minimum, end.place.rise, LEVEL, value, abs(value - origin))
    if end.limited and abs(value - origin) < _NOTHING * profile.error:
        return 0.0, _ended(origin)
    if end.limited:
        return abs(value - origin), _met(end.place.rise, value)
    return None, _open(end.place.rise, value)


def _judged(
    minimum: Minimum, rise: float, level: float, end: float, distance: float
) -> tuple[float | None, str]:
    why = _why_not(minimum, rise, level)
    return (None, f"not found: {why} at {end:.4g}") if why else (distance, FOUND)


def _ended(value: float) -> str:
    return f"met the limit {value:.6g}: the fit ended there"


def _fell(rise: float, where: float) -> str:
    return f"a lower minimum was found: chi2 falls by {-rise:.3g} towards {where:.4g}"


def _open(rise: float, end: float) -> str:
    return f"open: chi2 rises by only {rise:.3g} up to {end:.4g}"


def _met(rise: float, end: float) -> str:
    return f"met the limit {end:.6g}: chi2 rises by only {rise:.3g}"


def _why_not(minimum: Minimum, rise: float, level: float) -> str:
    """Why the minimum of everything else is no end of an interval; empty if it is one."""
    if abs(rise - level) > SAME_VALLEY:
        return f"chi2 leaps, to {rise:.3g},"
    return "" if minimum.valid else f"there is no valid minimum ({minimum.reason})"
