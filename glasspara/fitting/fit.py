"""The fit as a whole: minimise, assume what the data leave open, test the ATS term, assess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from math import exp
from typing import Any

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.findings import Assessment, Finding, Where, finding
from glasspara.fitting.judge.assessment import (
    TENSION,
    assess,
    compare_without_ats,
    iron_found,
    name_ats_beside,
)
from glasspara.fitting.judge.determination import (
    assumption_shares,
    bent_errors,
    derived,
    determine,
    open_parameters,
    relative_errors,
)
from glasspara.fitting.judge.misfit import hidden_relaxation
from glasspara.fitting.judge.ordinary import (
    OrdinaryMagnetism,
    compare_with_ordinary,
    with_ats_beside,
    with_errors_of_instrument,
)
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import (
    AtsTest,
    FitResult,
    Quantity,
    TraceEffect,
    correlation_of,
    fitted_parameters,
)
from glasspara.fitting.search.methods import (
    HUBER_K,
    StageValues,
    linear_descent,
    stage_values,
    with_huber_errors,
)
from glasspara.fitting.search.minimise import Minimum, minimise, refine
from glasspara.fitting.search.start import descend, find_start
from glasspara.model.parameters import ALLOWANCES, ION_NAMES, PARAMETERS, PARTITION_NAMES
from glasspara.ordinary import ConeFit
from glasspara.replicates.cores import on_one_thread

# An assumption that supplies less than this share of what is known of its parameter is not worth a word.
_MATTERS = 0.01

# Errors that the instrument would make larger by this factor are named.
_MUCH_LARGER = 1.5


@on_one_thread
def fit(
    data: Dataset,
    settings: FitSettings | None = None,
    *,
    ordinary: bool | ConeFit = True,
    brief: bool = False,
) -> FitResult:
    """Fit the model (17) to all runs of ``data`` together.

    ``ordinary`` says whether ordinary magnetism as a whole is fitted beside a model with an ATS term, which the verdict
    rests on; analyses that only need the fit leave it out. It may be that fit itself, where it has been done. A
    ``brief`` fit does not say where a misfit sits, nor whether errors are those of a parabola, which takes longer
    than the fit of a simple model.

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
    frozen = _freeze(data, settings) if settings.method == "staged-once" else StageValues({}, {})
    held = {**settings.held(), **frozen.values}
    guess = {**settings.guess(), **held}
    remarks: list[Finding] = []
    if settings.loss == "huber":
        data, remarks = _robust(data, settings, held, guess)
    minimum, test, assumptions = _minimise(data, settings, held, guess)
    if frozen.errors:
        minimum = replace(minimum, fitted_before=len(frozen.errors))
    undetermined = open_parameters(relative_errors(minimum))
    iron = _on_iron(data, settings, minimum)
    notes = [*_standing_notes(settings, held), *assumptions, *remarks]
    compared, assessment = _verdict(minimum, undetermined, test, settings, ordinary, brief=brief)
    if any(
        item.values.get("tension") for item in iron
    ):  # a value that the data contradict may be all that is wrong
        assessment = replace(assessment, reasons=(*iron, *assessment.reasons))
    elif settings.known_iron is not None or all("iron" not in item.values for item in assessment.reasons):
        notes = [*iron, *notes]  # else the verdict says that it is free
    wider: Minimum | None = None
    if assessment.status in ("good", "not-established") and not brief:  # the others have been warned
        notes += [*_bent_notes(minimum), *hidden_relaxation(minimum)]
        if compared is not None and compared.widths is not None:
            wider = with_errors_of_instrument(minimum, compared.widths)
    parameters = fitted_parameters(minimum, settings.limits, frozen.errors, wider)
    combined = derived(minimum, wider)
    if compared is not None:
        notes += _instrument_notes({**parameters, **combined}, compared.allowed)
    result = FitResult(
        model=settings.model,
        method=settings.method,
        data=data,
        minimum=minimum,
        parameters=parameters,
        correlation_names=minimum.coordinates.free,
        correlation=correlation_of(minimum),
        derived=combined,
        statistics=minimum.statistics,
        ats_test=test,
        ordinary=compared,
        determination=determine(minimum, undetermined=tuple(undetermined)),
        assessment=assessment,
        terms=minimum.problem.terms(minimum.reported),
        notes=tuple(notes),
    )
    if settings.method != "joint":
        result = _with_stages(result, settings)
    return _with_trace_effect(result, settings) if settings.model.trace_ions else result


def _verdict(
    minimum: Minimum,
    undetermined: Mapping[str, float | None],
    test: AtsTest | None,
    settings: FitSettings,
    ordinary: bool | ConeFit,
    *,
    brief: bool,
) -> tuple[OrdinaryMagnetism | None, Assessment]:
    """The comparison with ordinary magnetism, where it is asked for and bears on the verdict, and the verdict."""
    comparable = ordinary is not False and test is not None and minimum.valid and minimum.statistics.ndof > 0

    def against_ordinary() -> OrdinaryMagnetism:
        cone = None if isinstance(ordinary, bool) else ordinary
        widths = settings.allowed_errors(minimum.problem.data)
        return compare_with_ordinary(
            minimum,
            iron=settings.known_iron,
            widths=widths,
            no_other_ions=settings.no_other_ions,
            cone=cone,
        )

    def verdict(compared: OrdinaryMagnetism | None, *, brief: bool) -> Assessment:
        return assess(minimum, undetermined, test, compared, same_glass=settings.same_glass, brief=brief)

    compared = against_ordinary() if comparable and test is not None and test.needed else None
    later = comparable and compared is None
    assessment = verdict(compared, brief=brief or later)
    if (
        later and assessment.status == "poor"
    ):  # it does not need its ATS term, and ordinary magnetism may describe it
        compared = against_ordinary()
        assessment = verdict(compared, brief=brief)
    if compared is not None and assessment.status == "poor" and compared.excluded:
        compared = with_ats_beside(minimum, compared)
        assessment = name_ats_beside(compared, minimum, assessment)
    return compared, assessment


def _with_stages(result: FitResult, settings: FitSettings) -> FitResult:
    """``result`` with what one pass of the stages gives beside the joint fit, which they come to when repeated."""
    joint, once = result, settings.method == "staged-once"
    if once:
        joint = fit(result.data, replace(settings, method="joint", allowances=False), ordinary=False)
        first = {name: item.value for name, item in result.parameters.items() if item.stage}
        result = replace(result, joint=joint)
    else:
        first = dict(_freeze(result.data, settings).values)
    stages = [
        {
            "name": name,
            "first_pass": value,
            "joint": joint.parameters[name].value,
            "standard_errors": (value - joint.parameters[name].value) / error,
        }
        for name, value in first.items()
        if name in joint.parameters and (error := joint.parameters[name].error)
    ]
    if not stages:
        return result
    code = "fitting.stages-once" if once else "fitting.stages-repeated"
    return replace(result, notes=(finding(code, parameters=stages), *result.notes))


def _with_trace_effect(result: FitResult, settings: FitSettings) -> FitResult:
    """``result`` with what its trace ions did to the iron, by the same fit without them."""
    bare = fit(result.data, replace(settings, model=replace(settings.model, trace_ions=())), ordinary=False)
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


def _freeze(data: Dataset, settings: FitSettings) -> StageValues:
    """What the stages before the last one fitted. Without an ATS term the iron is the last stage itself."""
    stages = stage_values(data, settings)
    names = [name for name in stages.errors if settings.model.has_ats or name == "chi_larmor"]
    return StageValues(
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
        return data.magnetisation - problem.terms(problem.coordinates.to_reported(point)).total

    robust, count, converged = with_huber_errors(data, residuals)
    remark = finding("fitting.huber", beyond=count, points=len(data), limit=HUBER_K, converged=converged)
    return robust, [remark]


def _minimise(
    data: Dataset, settings: FitSettings, held: Mapping[str, float], guess: Mapping[str, float]
) -> tuple[Minimum, AtsTest | None, list[Finding]]:
    """Minimum, ATS test, and what is to be said of the assumptions."""
    assumed = settings.assumed(held)
    problem = settings.problem(data, held, assumed)
    found = minimise(problem, guess, pinned=frozenset(settings.starts))
    tested = _ats_test(data, settings, held)
    test = None if tested is None else tested(found)
    return found, test, _assumptions(found) if test is None or test.needed else []


def _assumptions(minimum: Minimum) -> list[Finding]:
    """The priors that the program assumes, where they matter; ``share`` is what they supply of the information."""
    found = []
    for name, share in assumption_shares(minimum).items():
        constraint = minimum.problem.constraints[name]
        if share > _MATTERS:
            found.append(
                finding(
                    "fitting.assumed",
                    Where(parameter=name),
                    parameter=name,
                    value=constraint.mean,
                    unit=PARAMETERS[name].unit,
                    factor=exp(constraint.error) if constraint.log else None,
                    width=None if constraint.log else constraint.error,
                    share=share,
                )
            )
    return found


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
        allowed = replace(plain, nuisances={**plain.nuisances, **widths}, method="joint").problem(data, rest)
        return allowed.chi2(linear_descent(allowed, allowed.coordinates.from_reported(other.reported)))

    asked = settings.allowances and settings.nuisances.keys() <= {"holder_chi"}
    undetermined = tuple(open_parameters(relative_errors(other)))

    def test(minimum: Minimum) -> AtsTest:
        return compare_without_ats(minimum, other, undetermined, chi2_with_allowances if asked else None)

    return test


def _standing_notes(settings: FitSettings, held: Mapping[str, float]) -> list[Finding]:
    if settings.model.has_ats and held.get("n_ats"):
        return [finding("fitting.n-ats-held", value=held["n_ats"], unit=PARAMETERS["n_ats"].unit)]
    return []


def _on_iron(data: Dataset, settings: FitSettings, minimum: Minimum) -> list[Finding]:
    """What the fit did with the iron: free, or held at a value that the data may contradict."""
    known = settings.known_iron
    if settings.model.ions != "both" or not minimum.valid or minimum.statistics.ndof <= 0:
        return []
    if known is None:
        if not settings.model.has_ats or settings.mentioned & {*ION_NAMES}:
            return []
        return [finding("fitting.iron-free", n_fe=iron_found(minimum))]
    if known[1] is not None:
        return []  # a constraint that the data contradict is named as a tension
    open_iron = replace(settings, n_fe=None, fixed={k: v for k, v in settings.fixed.items() if k != "n_fe"})
    open_iron = replace(open_iron, constrained={**open_iron.constrained, "n_fe": (known[0], known[0])})
    open_held = open_iron.held()
    problem = open_iron.problem(data, open_held, open_iron.assumed(open_held))
    there = refine(problem, descend(problem, [minimum.reported]))
    error = there.errors.get("n_fe")
    if not there.valid or not error:
        return [finding("fitting.iron-held", n_fe=known[0], tension=None, free=None)]
    tension = abs(known[0] - there.reported["n_fe"]) / error
    far = tension > TENSION
    return [
        finding(
            "fitting.iron-held",
            n_fe=known[0],
            tension=tension if far else None,
            free=[there.reported["n_fe"], error],
        )
    ]


def _bent_notes(minimum: Minimum) -> list[Finding]:
    bent = bent_errors(minimum)
    if not bent:
        return []
    rises = {name: {"down": down, "up": up} for name, (down, up) in bent.items()}
    return [finding("fitting.not-parabolic", parameters=list(bent), rises=rises)]


def _instrument_notes(quantities: Mapping[str, Quantity], allowed: list[str]) -> list[Finding]:
    """How much larger the errors are with the errors of the instrument that the verdict allows."""
    factors = {
        name: item.error_with_instrument / item.error
        for name, item in quantities.items()
        if item.error and item.error_with_instrument is not None
    }
    larger = [
        {"name": name, "error": quantities[name].error_with_instrument, "factor": factor}
        # those that are alike as they are written stay in the order of the report
        for name, factor in sorted(factors.items(), key=lambda item: -float(f"{item[1]:.2g}"))
        if factor > _MUCH_LARGER
    ]
    return (
        [finding("fitting.errors-of-the-instrument", parameters=larger, directions=allowed)] if larger else []
    )
