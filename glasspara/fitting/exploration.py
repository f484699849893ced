"""What is wanted of a fit beyond its minimum: Minos intervals, profiles, contours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from glasspara.errors import UsageError
from glasspara.fitting.contours import contour
from glasspara.fitting.coordinates import reported_names
from glasspara.fitting.curves import profile_curve
from glasspara.fitting.derived import COMBINATIONS
from glasspara.fitting.fit import fit
from glasspara.fitting.intervals import minos
from glasspara.fitting.minimise import Minimum
from glasspara.fitting.profile import LOWER, Profiles
from glasspara.fitting.result import FitResult
from glasspara.fitting.settings import FitSettings
from glasspara.linear_algebra import on_one_thread
from glasspara.parameters import ION_NAMES, PARTITION_NAMES

ALL = "all"
"""In place of names: every free parameter."""

_RESTARTS = 2


@dataclass(frozen=True)
class Wanted:
    """Names of free reported parameters, or "all"; pairs of names for contours."""

    minos: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    contours: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.minos or self.profiles or self.contours)

    def check(self, settings: FitSettings) -> None:
        """Refuse before the fit what it cannot give.

        Raises
        ------
        UsageError
            For a name that is no free parameter of the fit, and for a pair of one name.
        """
        names = reported_names(settings.model, partition=settings.partition)
        # which nuisances there are ("mass_scale[2]") depends on the data
        nuisances = [name for name in self._named() if name.partition("[")[0] in settings.nuisances]
        self._check([*names, *nuisances], set(settings.held()))

    def _named(self) -> list[str]:
        """Every name, but for "all"."""
        single = [name for name in (*self.minos, *self.profiles) if name != ALL]
        return [*single, *(name for pair in self.contours for name in pair)]

    def _check(self, reported: Sequence[str], held: set[str]) -> None:
        for name in self._named():
            if name in held:
                raise UsageError(f"{name} is held: it has no interval", remedy=f"Free it with --free {name}")
            if name not in reported:
                other = _remedy(name, reported)
                free = ", ".join(key for key in reported if key not in held)
                raise UsageError(
                    f"the fit has no parameter {name!r}", remedy=other or f"Free parameters: {free}"
                )
        for first, second in self.contours:
            if first == second:
                raise UsageError(f"a contour needs two parameters, not {first} twice")

    def check_result(self, result: FitResult) -> None:
        """As :meth:`check`, with what the stages of a staged fit froze."""
        coordinates = result.minimum.coordinates
        self._check(coordinates.reported, set(coordinates.held))


@on_one_thread
def explore(result: FitResult, settings: FitSettings, wanted: Wanted) -> FitResult:
    """``result`` with the intervals, profiles and contours ``wanted``.

    Where a lower minimum turns up on the way, the fit is done again from there, and a note says so; twice at most.

    Raises
    ------
    UsageError
        For a name that is no free parameter of the fit.
    """
    wanted.check_result(result)
    for _ in range(_RESTARTS):
        profiles = Profiles(result.minimum)
        explored = _explored(result, profiles, wanted)
        lower = profiles.lower_minimum
        if lower is None or not result.minimum.valid:
            return explored
        again = _restarted(result, settings, lower.reported)
        if result.minimum.chi2 - again.minimum.chi2 < LOWER:
            return explored
        result = again
    return _explored(result, Profiles(result.minimum), wanted)


def _explored(result: FitResult, profiles: Profiles, wanted: Wanted) -> FitResult:
    curves = tuple(profile_curve(profiles, name) for name in _names(wanted.profiles, result.minimum))
    contours = tuple(contour(profiles, pair) for pair in wanted.contours)
    # Last, so that they know of every lower place that was met; a profile comes with its interval.
    names = _names((*wanted.minos, *wanted.profiles), result.minimum)
    intervals = minos(profiles, names)
    parameters = {name: replace(item, minos=intervals.get(name)) for name, item in result.parameters.items()}
    return replace(result, parameters=parameters, profiles=curves, contours=contours)


def _names(asked: Sequence[str], minimum: Minimum) -> list[str]:
    """The names asked for, each once, in the order of the report."""
    return [name for name in minimum.coordinates.free if name in asked or ALL in asked]


def _restarted(result: FitResult, settings: FitSettings, place: Mapping[str, float]) -> FitResult:
    """The fit done again with a start where chi2 is lower than it had found."""
    names = set(reported_names(settings.model, partition=settings.partition))
    if settings.n_fe:
        names -= {"n_fe"}  # said by mass spectrometry alone
    starts = {name: place[name] for name in result.minimum.coordinates.free if name in names}
    # the data of the result have the larger errors of Huber's loss already
    wishes = replace(settings, starts={**settings.starts, **starts}, loss="linear")
    again = fit(result.data, wishes)
    gain = result.minimum.chi2 - again.minimum.chi2
    note = f"the search for intervals met a minimum lower by {gain:.3g} in chi2; the fit was done again from there"
    if settings.loss != "linear":
        note += ", with the errors of the loss as they were"
    return replace(again, notes=(*again.notes, note))


def _remedy(name: str, reported: Sequence[str]) -> str:
    if name in PARTITION_NAMES and ION_NAMES[0] in reported:
        return "Write the iron so: --set fe2_fraction=0.5"
    if name in ION_NAMES and PARTITION_NAMES[0] in reported:
        return "The iron is written as n_fe and fe2_fraction here: ask for those"
    if name in COMBINATIONS:
        return "It is derived: --bootstrap N gives its interval"
    return ""
