"""Partition scan: which share x of the iron is Fe2+, the total being known by mass spectrometry?

Source: G. Jug and S. Recchia, arXiv:2111.12644, Figs. 16 and 17. There x n_MS Fe2+ and (1 - x) n_MS Fe3+ are subtracted
with the Larmor term for x = 1, 0.8, ... 0, and the eye sees for which x the ATS term explains what is left. Here
everything else is fitted anew at each x, and chi2 as a function of x says how far x is determined: it rises by 1 at
the ends of the interval of 68 %, by 3.84 at those of 95 % (likelihood ratio; S. S. Wilks, Ann. Math. Stat. 9 (1938)
60). The limits 0 and 1 cut intervals off; an interval that meets one covers the truth more often than it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.errors import SampleDataError, UsageError
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.intervals.exploration import IntervalRequest, explore
from glasspara.fitting.intervals.profile import Profile, Profiles
from glasspara.fitting.intervals.regions import INTERVAL_FOUND, Interval, ProfileCurve, minos
from glasspara.fitting.judge import MISFIT_P
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import Terms
from glasspara.replicates.cores import on_one_thread
from glasspara.report.table import column

FRACTION = "fe2_fraction"
SCAN_LEVELS = {"68 %": 1.0, "95 %": 3.8415}
"""Rise of chi2 at the ends of the intervals."""

STEP = 0.2
"""Distance of the values of x unless others are asked for."""

_MOST = 101
# Where the profile is computed, in units of a side of the widest interval.
_SHARES = (0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6)
_WIDEST = max(SCAN_LEVELS, key=SCAN_LEVELS.__getitem__)


@dataclass(frozen=True, eq=False)
class PartitionPoint:
    """One x with everything else at its best.

    ``rise`` is chi2 above that of the best x. ``terms`` are the model's at every point of the data, emu/g;
    ``described`` says whether the model describes the data at the best x.
    """

    fraction: float
    minimum: Minimum
    rise: float
    terms: Terms
    described: bool

    @property
    def explained(self) -> bool:
        """Whether the ATS term explains what this x leaves as well as for the best x, at the 95 % level."""
        return self.described and self.minimum.valid and self.rise <= SCAN_LEVELS[_WIDEST]

    def intrinsic(self, data: Dataset) -> FloatArray:
        """M_intr = M less the Larmor term, x n(Fe) Fe2+ and (1 - x) n(Fe) Fe3+, emu/g, at every point of ``data``."""
        return data.magnetisation - self.terms.beside_ats


@dataclass(frozen=True, eq=False, repr=False)
class PartitionResult(Answer):
    """The scan. ``points`` are in the requested order; ``fit`` is the fit with x free, from which rises are counted.

    ``intervals`` are by the names of :data:`LEVELS`, as distances from the best x; ``curve`` is the profile of chi2
    about it, to beyond the interval of 95 %.
    """

    fit: FitResult
    n_fe: tuple[float, float | None]
    points: tuple[PartitionPoint, ...]
    intervals: Mapping[str, Interval]
    curve: ProfileCurve
    assessment: Assessment
    notes: tuple[Finding, ...]

    @property
    def data(self) -> Dataset:
        return self.fit.data

    @property
    def best(self) -> float:
        """x where chi2 is least."""
        return self.fit.parameters[FRACTION].value

    @property
    def with_best(self) -> list[PartitionPoint]:
        """The points and the best x, falling."""
        best = PartitionPoint(self.best, self.fit.minimum, 0.0, self.fit.terms, self.fit.describes)
        others = [item for item in self.points if item.fraction != self.best]
        return sorted([*others, best], key=lambda item: -item.fraction)

    def ends(self, level: str) -> tuple[float | None, float | None]:
        """Both ends of an interval; None for one that was not found."""
        return _ends(self.best, self.intervals[level])

    def table(self) -> list[dict[str, Any]]:
        """One row a value of x, everything else fitted anew."""
        others = [name for name in self.fit.parameters if name != FRACTION]
        return [
            {
                "fe2_fraction": item.fraction,
                "chi2": item.minimum.chi2,
                "chi2_rise": item.rise,
                "ndof": item.minimum.statistics.ndof,
                "p_value": item.minimum.statistics.p_value,
                "explained": item.explained,
                "valid": item.minimum.valid,
                **{column(name): item.minimum.reported[name] for name in others},
            }
            for item in self.points
        ]


def fractions(steps: float = STEP) -> tuple[float, ...]:
    """x from 1 to 0 in steps of ``steps``, 0 always among them.

    Raises
    ------
    UsageError
        A step that is not in (0, 1], or one that makes more than 101 values.
    """
    if not 1.0 / (_MOST - 1) <= steps <= 1.0:
        raise UsageError(f"--steps must be from {1.0 / (_MOST - 1):g} to 1, not {steps:g}")
    values = [max(round(1.0 - index * steps, 9), 0.0) for index in range(int(np.ceil(1.0 / steps)) + 1)]
    return tuple(dict.fromkeys(values))


@on_one_thread
def partition(data: Dataset, settings: FitSettings, values: Sequence[float] | None = None) -> PartitionResult:
    """Scan the share x of Fe2+ over ``values``, and find the intervals for it.

    Parameters
    ----------
    settings : FitSettings
        Must say the total iron, ``n_fe``; an error of it is a Gaussian constraint at every x.
    values : numbers from 0 to 1, optional
        :func:`fractions` otherwise.

    Raises
    ------
    SampleDataError
        The total iron is not known.
    UsageError
        The model has no ATS term, a value is outside 0 to 1, or the settings leave no x to scan.
    """
    values = fractions() if values is None else tuple(values)
    check_scan(settings, values)
    found = _scan(data, settings, values)
    if found.assessment.status != "not-determined" or found.fit.assessment.status != "term-not-needed":
        return found
    # A term that is not there can take any shape, and chi2 has many valleys: the simpler model has one.
    plain = _scan(data, settings.without_ats(), values, without_term=found.fit)
    return plain if plain.assessment.trusted else found


def _scan(
    data: Dataset, settings: FitSettings, values: tuple[float, ...], *, without_term: FitResult | None = None
) -> PartitionResult:
    """The scan with the model of ``settings``; ``without_term`` is the fit that showed that it needs no ATS term."""
    assert settings.n_fe is not None
    best = explore(fit(data, settings), settings, IntervalRequest(minos=(FRACTION,)))
    profiles = Profiles(best.minimum)
    scanned = [profiles.of(FRACTION).search(value) for value in values]
    points = tuple(
        PartitionPoint(
            value,
            minimum,
            minimum.chi2 - best.minimum.chi2,
            minimum.problem.terms(minimum.reported),
            best.describes,
        )
        for value, minimum in zip(values, scanned, strict=True)
    )
    intervals = {
        name: minos(profiles, [FRACTION], level=level)[FRACTION] for name, level in SCAN_LEVELS.items()
    }
    return PartitionResult(
        fit=best,
        n_fe=settings.n_fe,
        points=points,
        intervals=intervals,
        curve=_curve(profiles.of(FRACTION), intervals[_WIDEST]),
        assessment=assess_partition(best, intervals, term_not_needed=without_term is not None),
        notes=tuple(_notes(best, points, settings.n_fe, without_term)),
    )


def check_scan(settings: FitSettings, values: Sequence[float]) -> None:
    """Refuse what :func:`partition` cannot do, before any file is read. Raises what it raises."""
    if not settings.model.has_ats:
        raise UsageError(
            f"--model {settings.model.name} has no ATS term to separate from the iron",
            remedy="Use etm or another model with one",
        )
    if settings.model.ions != "both":
        raise UsageError(f"--ions {settings.model.ions} has no share of Fe2+ to scan", remedy="Drop it")
    if settings.n_fe is None:
        raise SampleDataError(
            "the total iron of the sample is not known, but partition needs it",
            remedy="Give --n-fe VALUE+-ERROR (g^-1, by mass spectrometry), or n_fe in the sample file",
        )
    if FRACTION in settings.fixed or FRACTION in settings.limits:
        raise UsageError(f"{FRACTION} is scanned", remedy="Drop --fix and --limit for it")
    if not values or len(set(values)) < len(values):
        raise UsageError("--values must name numbers from 0 to 1, each once")
    if len(values) > _MOST:
        raise UsageError(f"--values names {len(values)} numbers; at most {_MOST} are allowed")
    for value in values:
        if not 0.0 <= value <= 1.0:
            raise UsageError(f"--values: {value:g} is not a share of Fe2+, from 0 to 1")


def _without_ats(best: FitResult) -> Finding:
    """The simpler model serves: what it says of x."""
    test = best.ats_test
    plain = None if test is None else test.parameters_without.get(FRACTION)
    return finding("partition.ats-not-needed", fraction=None if plain is None else list(plain))


def _curve(profile: Profile, interval: Interval) -> ProfileCurve:
    """The profile at places spaced by shares of the interval's sides, or of the room on a side that has no end."""
    (axis,) = profile.axes
    places: set[tuple[float, ...]] = {(axis.origin,)}
    for sign, side in ((-1.0, interval.lower), (1.0, interval.upper)):
        length = profile.room((sign,))[0] if side is None else side / axis.step
        places |= {profile.place((sign,), share * length) for share in _SHARES}
    points = [point for place in sorted(places) if np.isfinite((point := profile.at(*place)).rise)]
    return ProfileCurve.of(profile, points)


def _ends(best: float, interval: Interval) -> tuple[float | None, float | None]:
    """Both ends; a side that met its limit ends at just 0 or 1, which the rounding of its length may miss."""
    low, high = interval.lower, interval.upper
    if low is not None:
        low = max(best - low, 0.0) if interval.lower_outcome.code == INTERVAL_FOUND else 0.0
    if high is not None:
        high = min(best + high, 1.0) if interval.upper_outcome.code == INTERVAL_FOUND else 1.0
    return low, high


def assess_partition(
    fit: FitResult, intervals: Mapping[str, Interval], *, term_not_needed: bool = False
) -> Assessment:
    """Whether x is determined: whether its widest interval has both ends, and leaves some of 0 to 1 out."""
    base, best = fit.assessment, fit.parameters[FRACTION].value
    if base.status == "not-plausible":
        return Assessment("partition", base.status, base.reasons, trusted=False)
    if base.status == "not-converged":
        first = finding("partition.no-minimum")
        return Assessment("partition", base.status, (first, *base.reasons), trusted=False)
    if not fit.describes:
        return Assessment(
            "partition", "poor", (finding("partition.model-fails"), *base.reasons), trusted=False
        )
    ends = {name: _ends(best, interval) for name, interval in intervals.items()}
    low, high = ends[_WIDEST]
    if low is None or high is None:
        widest = intervals[_WIDEST]
        open_ = {"lower": widest.lower_outcome.text, "upper": widest.upper_outcome.text}
        first = finding("partition.no-end", level=_WIDEST, **open_)
        return Assessment("partition", "not-determined", (first,), trusted=False)
    if low <= 0.0 and high >= 1.0:
        first = finding("partition.covers-all", level=_WIDEST)
        return Assessment("partition", "not-determined", (first,), trusted=False)
    first = finding(
        "partition.fraction",
        best=best,
        at_limit=bool(fit.parameters[FRACTION].at_limit),
        intervals=[{"level": name, "low": pair[0], "high": pair[1]} for name, pair in ends.items()],
    )
    term_not_needed = term_not_needed or base.status == "term-not-needed"
    status = "term-not-needed" if term_not_needed else "determined"
    return Assessment("partition", status, (first,))


def _notes(
    best: FitResult,
    points: Sequence[PartitionPoint],
    n_fe: tuple[float, float | None],
    without_term: FitResult | None,
) -> Iterator[Finding]:
    explained = [point.fraction for point in points if point.explained]
    near = min(points, key=lambda point: point.rise)
    if not best.describes:
        yield finding("partition.least-bad", nearest=near.fraction)
    elif explained:
        yield finding("partition.explained", explained=explained)
    else:
        yield finding(
            "partition.none-explained",
            scanned=len(points),
            nearest=near.fraction,
            rise=near.rise,
            best=best.parameters[FRACTION].value,
        )
    statistics = best.statistics
    if statistics.p_value is not None and statistics.p_value < MISFIT_P:
        yield finding("partition.larger-errors", factor=statistics.scatter_factor)
    failed = [point.fraction for point in points if not point.minimum.valid]
    if failed:
        yield finding("partition.points-without-minimum", values=failed)
    if without_term is not None:
        yield _without_ats(without_term)
        yield finding("partition.scanned-without-ats")
    if best.assessment.status == "term-not-needed":
        yield _without_ats(best)
    value, error = n_fe
    yield finding("partition.iron", value=value, error=error)
    yield from best.notes
