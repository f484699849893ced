"""The fit as a whole: minimise, assume what the data leave open, test the ATS term, assess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from math import inf, log
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.findings import Finding, Where, finding
from glasspara.fitting.judge.assessment import LARGEST_SCATTER, assess, compare_without_ats
from glasspara.fitting.judge.derived import derived
from glasspara.fitting.judge.determination import determine
from glasspara.fitting.judge.openness import open_parameters, relative_errors
from glasspara.fitting.judge.parabola import bent_errors
from glasspara.fitting.problem.problem import Constraint
from glasspara.fitting.problem.settings import FitSettings
from glasspara.fitting.result import AtsTest, FitResult, FittedParameter, TraceEffect
from glasspara.fitting.search.minimise import Minimum, minimise
from glasspara.fitting.search.robust import HUBER_K, with_huber_errors
from glasspara.fitting.search.staged import stage_values
from glasspara.fitting.search.start import descend, find_start, linear_descent
from glasspara.model.parameters import ALLOWANCES, PARAMETERS, PARTITION_NAMES, parameter_of
from glasspara.replicates.cores import on_one_thread

# What is assumed of the shape parameters of the ATS term where the data leave them open: the start value, within a
# factor of 3 (d_min) and within 0.3 K (delta_mu). The source's own values for BK7 differ by this much.
_ASSUMED_ERRORS = {"d_min": (log(3.0), True), "delta_mu": (0.3, False)}
# Chi2 that an assumption may cost; what costs more is against the data.
_ASSUMPTION_MAY_COST = 4.0


@dataclass(frozen=True)
class _Frozen:
    """Parameters that the subtraction stages fitted, with their own errors; empty for a joint fit."""

    values: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Judged:
    """A minimum, and what the data leave open in it, which takes a few short refits and is asked for twice."""

    minimum: Minimum

    @cached_property
    def lost(self) -> dict[str, float | None]:
        return open_parameters(relative_errors(self.minimum))


@on_one_thread
def fit(data: Dataset, settings: FitSettings | None = None) -> FitResult:
    """Fit the model (17) to all runs of ``data`` together.

    Returns
    -------
    FitResult
        Also where the fit failed or is not to be trusted: see its ``assessment``.

    Raises
    ------
    UsageError
        Where the settings contradict each other.
    """
    settings = settings or FitSettings()
    frozen = _freeze(data, settings) if settings.method == "staged" else _Frozen()
    held = {**settings.held(), **frozen.values}
    guess = {**settings.guess(), **held}
    remarks: list[Finding] = []
    if settings.loss == "huber":
        data, remarks = _robust(data, settings, held, guess)
    found, test, assumptions = _minimise(data, settings, held, guess)
    if frozen.errors:
        found = _Judged(replace(found.minimum, fitted_before=len(frozen.errors)))
    minimum, lost = found.minimum, found.lost
    notes = [*_standing_notes(settings, held, frozen), *assumptions, *remarks]
    assessment = assess(minimum, lost, test)
    if assessment.status == "good":  # the others have been warned
        notes += _bent_notes(minimum)
    result = FitResult(
        model=settings.model,
        method=settings.method,
        data=data,
        minimum=minimum,
        parameters=_parameters(settings, minimum, frozen),
        correlation_names=minimum.coordinates.free,
        correlation=_correlation(minimum),
        derived=derived(minimum),
        statistics=minimum.statistics,
        ats_test=test,
        determination=determine(minimum, undetermined=tuple(lost)),
        assessment=assessment,
        terms=minimum.problem.terms(minimum.reported),
        notes=tuple(notes),
    )
    return _with_trace_effect(result, settings) if settings.model.trace_ions else result


def _with_trace_effect(result: FitResult, settings: FitSettings) -> FitResult:
    """``result`` with what its trace ions did to the iron, by the same fit without them."""
    bare = fit(result.data, replace(settings, model=replace(settings.model, trace_ions=())))
    effect = TraceEffect(settings.model.trace_ions, _iron(result), _iron(bare))
    held = {name for name, item in result.parameters.items() if item.fixed}
    moved = finding(
        "fitting.trace-ions", quantities=[_moved(name, effect, name in held) for name in effect.with_ions]
    )
    return replace(result, trace_effect=effect, notes=(*result.notes, moved))


def _moved(name: str, effect: TraceEffect, held: bool) -> dict[str, Any]:
    """What the trace ions change of ``name``: a concentration in percent, the fraction as it is."""
    change, before = effect.change[name], effect.without[name][0]
    in_percent = name == "n_fe" and before != 0.0
    return {
        "name": name,
        "held": held,
        "with_ions": list(effect.with_ions[name]),
        "without": list(effect.without[name]),
        "moved": 100.0 * change / before if in_percent else change,
        "unit": " %" if in_percent else "",
    }


def _iron(result: FitResult) -> dict[str, tuple[float, float | None]]:
    """Value and error of n_fe and fe2_fraction, whether they are parameters or derived; none without iron."""
    known = result.quantities
    return {name: (known[name].value, known[name].error) for name in PARTITION_NAMES if name in known}


def _freeze(data: Dataset, settings: FitSettings) -> _Frozen:
    """What the stages before the last one found. Without an ATS term the iron is the last stage itself."""
    stages = stage_values(data, settings)
    names = [name for name in stages.errors if settings.model.has_ats or name == "chi_larmor"]
    return _Frozen(
        {name: stages.values[name] for name in names}, {name: stages.errors[name] for name in names}
    )


def _robust(
    data: Dataset, settings: FitSettings, held: Mapping[str, float], guess: Mapping[str, float]
) -> tuple[Dataset, list[Finding]]:
    """``data`` with Huber's errors, and what there is to say of it."""
    point: FloatArray | None = None

    def residuals(current: Dataset) -> FloatArray:
        nonlocal point
        problem = settings.problem(current, held)
        start = guess if point is None else problem.coordinates.to_reported(point)
        point = (
            find_start(problem, start, pinned=frozenset(settings.starts))
            if point is None
            else descend(problem, [start])
        )
        left: FloatArray = data.magnetisation - problem.terms(problem.coordinates.to_reported(point)).total
        return left

    robust, count, settled = with_huber_errors(data, residuals)
    remark = finding("fitting.huber", beyond=count, points=len(data), limit=HUBER_K, settled=settled)
    return robust, [remark]


def _minimise(
    data: Dataset, settings: FitSettings, held: Mapping[str, float], guess: Mapping[str, float]
) -> tuple[_Judged, AtsTest | None, list[Finding]]:
    """Minimum and ATS test; shape parameters that the data leave open are given an assumed constraint, and a note."""
    pinned = frozenset(settings.starts)

    def judged(assumed: Mapping[str, Constraint]) -> _Judged:
        return _Judged(minimise(settings.problem(data, held, assumed), guess, pinned=pinned))

    assumed: dict[str, Constraint] = {}
    notes: list[Finding] = []
    now = judged(assumed)
    tested = _ats_test(data, settings, held)
    if tested is None:
        return now, None, notes
    test = tested(now.minimum)
    while test.needed and (found := _open_shape(now, settings)):
        name, error = found
        spread, is_log = _ASSUMED_ERRORS[name]
        wider = {**assumed, name: Constraint(guess[name], spread, log=is_log, assumed=True)}
        other = judged(wider)
        if other.minimum.chi2 - now.minimum.chi2 > _ASSUMPTION_MAY_COST * now.minimum.statistics.chi2_unit:
            break  # open on one side only, and what would be assumed is on the other
        now, assumed, test = other, wider, tested(other.minimum)
        notes.append(
            finding(
                "fitting.assumed",
                Where(parameter=name),
                parameter=name,
                value=guess[name],
                unit=PARAMETERS[name].unit,
                width=None if is_log else spread,
                error=None if error == inf else error,
            )
        )
    return now, test, notes


def _open_shape(judged: _Judged, settings: FitSettings) -> tuple[str, float] | None:
    """The worst determined shape parameter and its relative error, unless the user decided its freedom.

    None as well where a parameter that the user freed is open: an assumption would only make it look fixed.
    """
    if judged.minimum.statistics.scatter_factor > LARGEST_SCATTER:
        return None  # no assumption mends a model that does not describe the data
    lost = {name: inf if error is None else error for name, error in judged.lost.items()}
    if settings.freed & lost.keys():
        return None
    candidates = {
        name: lost[name] for name in _ASSUMED_ERRORS if name in lost and name not in settings.chosen
    }
    if not candidates:
        return None
    worst = max(candidates, key=candidates.__getitem__)
    return worst, candidates[worst]


def _ats_test(
    data: Dataset, settings: FitSettings, held: Mapping[str, float]
) -> Callable[[Minimum], AtsTest] | None:
    """What tests a minimum with an ATS term against the fit without it, which is done here, once."""
    if not settings.model.has_ats:
        return None
    plain = settings.without_ats()
    rest = {name: value for name, value in held.items() if name not in settings.model.ats_names}
    other = minimise(plain.problem(data, rest), {**plain.guess(), **rest})

    @cache
    def chi2_with_allowances() -> float:
        widths = {name: width for name, width in ALLOWANCES.items() if name not in settings.mentioned}
        granted = replace(plain, nuisances={**plain.nuisances, **widths}, method="joint").problem(data, rest)
        return granted.chi2(linear_descent(granted, granted.coordinates.from_reported(other.reported)))

    asked = settings.allowances and settings.nuisances.keys() <= {"holder_chi"}
    lost = tuple(open_parameters(relative_errors(other)))

    def test(minimum: Minimum) -> AtsTest:
        return compare_without_ats(minimum, other, lost, chi2_with_allowances if asked else None)

    return test


def _standing_notes(settings: FitSettings, held: Mapping[str, float], frozen: _Frozen) -> list[Finding]:
    notes = []
    if settings.model.has_ats and held.get("n_ats"):
        notes.append(finding("fitting.n-ats-held", value=held["n_ats"], unit=PARAMETERS["n_ats"].unit))
    if frozen.values:
        notes.append(finding("fitting.stages-frozen", parameters=list(frozen.values)))
    return notes


def _bent_notes(minimum: Minimum) -> list[Finding]:
    bent = bent_errors(minimum)
    if not bent:
        return []
    rises = {name: {"down": down, "up": up} for name, (down, up) in bent.items()}
    return [finding("fitting.not-parabolic", parameters=list(bent), rises=rises)]


def _correlation(minimum: Minimum) -> FloatArray:
    """Correlation of the free parameters; 1 on the diagonal, and 0 beside it where there is no variance."""
    names, free = minimum.coordinates.reported, minimum.coordinates.free
    index = [names.index(name) for name in free]
    covariance = minimum.reported_covariance()[np.ix_(index, index)]
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(errors > 0.0, errors, 1.0)
    correlation: FloatArray = covariance / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def _parameters(settings: FitSettings, minimum: Minimum, frozen: _Frozen) -> dict[str, FittedParameter]:
    limits_met, statistics = minimum.limits_met(), minimum.statistics
    result = {}
    for name, value in minimum.reported.items():
        error = frozen.errors[name] if name in frozen.errors else minimum.errors[name]
        if statistics.ndof <= 0:
            error = None  # as many parameters as points: no scatter, no error
        low, high = settings.limits.get(name, (parameter_of(name).lower, parameter_of(name).upper))
        result[name] = FittedParameter(
            name=name,
            value=value,
            error=error,
            error_scaled=None if error is None else error * statistics.scatter_factor,
            unit=parameter_of(name).unit,
            fixed=name not in minimum.coordinates.free,
            constraint=minimum.problem.constraints.get(name),
            limits=(low if np.isfinite(low) else None, high if np.isfinite(high) else None),
            at_limit=limits_met[name][0] if name in limits_met else None,
            stage=name in frozen.errors,
        )
    return result
