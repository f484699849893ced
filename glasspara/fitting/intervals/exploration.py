"""What a user asks of a fit beyond its minimum: Minos intervals, the profiles behind them, contours.

:func:`fit_each` fits many data sets on several cores, each with these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from glasspara.data import Dataset
from glasspara.errors import UsageError
from glasspara.findings import finding
from glasspara.fitting.fit import fit
from glasspara.fitting.intervals.profile import LOWER, ProfilePoint, Profiles
from glasspara.fitting.intervals.regions import contour, minos, not_found, profile_curve
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem.coordinates import combinations, reported_names
from glasspara.fitting.result import FitResult
from glasspara.model.parameters import GEOMETRY, ION_NAMES, PARTITION_NAMES
from glasspara.replicates.cores import Progress, in_order, no_progress, on_one_thread

ALL_PARAMETERS = "all"
"""In place of names: every free parameter, and every combination that has an error."""

_RESTARTS = 2


@dataclass(frozen=True)
class IntervalRequest:
    """Names of free reported parameters and of derived combinations, or "all"; pairs of parameters for contours."""

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
            For a name that is neither a free parameter of the fit nor derived from some, and for a pair of one name.
        """
        names = reported_names(settings.model, partition=settings.partition)
        # which nuisances there are ("mass_scale[2]") depends on the data
        kinds = {*settings.nuisances, GEOMETRY}
        nuisances = [name for name in self._named() if name.partition("[")[0] in kinds]
        self._check([*names, *nuisances], set(settings.held()))

    @property
    def single(self) -> tuple[str, ...]:
        """Whatever is to have an interval: a profile comes with one."""
        return (*self.minos, *self.profiles)

    def _named(self) -> list[str]:
        """Every name, but for "all"."""
        single = [name for name in self.single if name != ALL_PARAMETERS]
        return [*single, *(name for pair in self.contours for name in pair)]

    def _check(self, reported: Sequence[str], held: set[str]) -> None:
        derived = combinations(reported)
        paired = {name for pair in self.contours for name in pair}
        for name in self._named():
            if name in derived and name not in paired:
                continue
            if name in held:
                raise UsageError(f"{name} is fixed: it has no interval", remedy=f"Free it with --free {name}")
            if name not in reported:
                raise UsageError(f"the fit has no parameter {name!r}", remedy=_remedy(name, reported, held))
        for first, second in self.contours:
            if first == second:
                raise UsageError(f"a contour needs two parameters, not {first} twice")

    def check_result(self, result: FitResult) -> None:
        """As :meth:`check`, with what the stages of a staged fit froze."""
        coordinates = result.minimum.coordinates
        self._check(coordinates.reported, set(coordinates.held))


@on_one_thread
def explore(result: FitResult, settings: FitSettings, request: IntervalRequest) -> FitResult:
    """``result`` with the intervals, profiles and contours of ``request``.

    Where a lower minimum turns up on the way, the fit is done again from there, and a note says so; twice at most.

    Raises
    ------
    UsageError
        For a name that is no free parameter of the fit.
    """
    request.check_result(result)
    for _ in range(_RESTARTS):
        explored, lower = _explored(result, request)
        if lower is None or not result.minimum.valid:
            return explored
        again = _restarted(result, settings, lower.reported)
        if result.minimum.chi2 - again.minimum.chi2 < LOWER:
            return explored
        result = again
    return _explored(result, request)[0]


def _explored(result: FitResult, request: IntervalRequest) -> tuple[FitResult, ProfilePoint | None]:
    """``result`` with all of ``request``, and the lowest place that was met where that is lower than its minimum."""
    profiles = Profiles(result.minimum)
    known = [*result.minimum.coordinates.free, *(name for name, item in result.derived.items() if item.error)]
    curves = tuple(profile_curve(profiles.of(name)) for name in _among(known, request.profiles))
    contours = tuple(contour(profiles, pair) for pair in request.contours)
    # Last, so that they know of every lower place that was met.
    intervals = minos(profiles, _among(known, request.single))
    intervals |= {
        name: not_found(name, "nothing-free")
        for name in result.derived
        if name not in known and name in request.single
    }
    explored = replace(
        result,
        parameters={
            name: replace(item, minos=intervals.get(name)) for name, item in result.parameters.items()
        },
        derived={name: replace(item, minos=intervals.get(name)) for name, item in result.derived.items()},
        profiles=curves,
        contours=contours,
    )
    return explored, profiles.lower_minimum


def _among(names: Iterable[str], asked: Sequence[str]) -> list[str]:
    """Those of ``names`` that are asked for."""
    return [name for name in names if name in asked or ALL_PARAMETERS in asked]


def _restarted(result: FitResult, settings: FitSettings, place: Mapping[str, float]) -> FitResult:
    """The fit done again with a start where chi2 is lower than it had found."""
    names = set(reported_names(settings.model, partition=settings.partition))
    if settings.n_fe:
        names -= {"n_fe"}  # said by mass spectrometry alone
    starts = {name: place[name] for name in result.minimum.coordinates.free if name in names}
    # the data of the result have the larger errors of Huber's loss already
    again = fit(
        result.data,
        replace(settings, starts={**settings.starts, **starts}, loss="linear"),
        ordinary=result.ordinary is not None,
    )
    gain = result.minimum.chi2 - again.minimum.chi2
    note = finding("fitting.lower-minimum-met", gain=gain, loss=settings.loss)
    return replace(again, notes=(*again.notes, note))


def _remedy(name: str, reported: Sequence[str], held: set[str]) -> str:
    """What to ask for in place of a name that is none of the fit's, or in a contour is not a parameter."""
    if name in PARTITION_NAMES and ION_NAMES[0] in reported:
        return "Write the iron so: --set fe2_fraction=0.5"
    if name in ION_NAMES and PARTITION_NAMES[0] in reported:
        return "The iron is written as n_fe and fe2_fraction here: ask for those"
    free = ", ".join(key for key in reported if key not in held)
    derived = combinations(reported)
    if name in derived:
        return f"It is derived; a contour needs two of {free}"
    return f"Free parameters: {free}; derived: {', '.join(derived)}"


FITS_A_PROCESS, ATS_FITS_A_PROCESS = 64, 4
"""So many fits without and with an ATS term are worth the start of a process."""


def fit_each(
    parts: Sequence[Dataset],
    settings: FitSettings,
    *,
    request: IntervalRequest | None = None,
    jobs: int = 1,
    progress: Progress = no_progress,
) -> list[FitResult]:
    """A fit of its own for each of ``parts``, with the intervals of ``request``; the same bits for any ``jobs``.

    Raises
    ------
    UsageError
        As :func:`~glasspara.fitting.fit.fit` and :func:`~glasspara.fitting.intervals.exploration.explore`.
    """
    task = partial(_fit_one, settings=settings, request=request)
    worth = ATS_FITS_A_PROCESS if settings.model.has_ats else FITS_A_PROCESS
    with in_order(task, parts, jobs=jobs, per_process=worth, progress=progress) as results:
        return list(results)


def _fit_one(part: Dataset, *, settings: FitSettings, request: IntervalRequest | None) -> FitResult:
    result = fit(part, settings)
    if request is None:
        return result

    return explore(result, settings, request)
