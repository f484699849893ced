"""Minos intervals: how far a parameter may go, everything else following, before chi2 has risen by 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glasspara.fitting.minimise import Minimum
from glasspara.fitting.profile import SAME_VALLEY, Profile, Profiles

LEVEL = 1.0
"""Rise of chi2, by the stated sigmas, at the ends of an interval of 68 %."""

FOUND = "found"


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
        return {name: Interval(None, None, f"not found: {why}", f"not found: {why}") for name in names}
    found = {}
    for name in names:
        lower, lower_outcome = _side(profiles.of(name), -1, level)
        upper, upper_outcome = _side(profiles.of(name), 1, level)
        found[name] = Interval(lower, upper, lower_outcome, upper_outcome)
    return found


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
        return 0.0, f"met the limit {value:.6g}: the fit ended there"
    crossing, minimum = profile.reach(ray, level=level)
    end = axis.value(*profile.place(ray, crossing.distance))
    if (lower := profile.lower_minimum) is not None:
        where = axis.value(lower.positions[0])
        return None, f"a lower minimum was found: chi2 falls by {-lower.rise:.3g} towards {where:.4g}"
    if minimum is not None:
        why = _why_not(minimum, minimum.chi2 - profile.minimum.chi2, level)
        return (None, f"not found: {why} at {end:.4g}") if why else (abs(end - value), FOUND)
    if crossing.how == "end" and not limited:
        return None, f"open: chi2 rises by only {crossing.rise:.3g} up to {end:.4g}"
    return abs(end - value), f"met the limit {end:.6g}: chi2 rises by only {crossing.rise:.3g}"


def _why_not(minimum: Minimum, rise: float, level: float) -> str:
    """Why the minimum of everything else is no end of an interval; empty if it is one."""
    if abs(rise - level) > SAME_VALLEY:
        return f"chi2 leaps, to {rise:.3g},"
    return "" if minimum.valid else f"there is no valid minimum ({minimum.reason})"
