"""The verdict on a fit: does the model describe the data, does it need its ATS term, is everything determined?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.findings import Assessment, Finding, Where, finding
from glasspara.fitting.judge import MISFIT_P, chi2_p_value, f_p_value, residual_correlation, robust_spread
from glasspara.fitting.judge.branches import lagging_loops
from glasspara.fitting.judge.determination import assumption_shares, derived
from glasspara.fitting.judge.misfit import misfit_findings
from glasspara.fitting.judge.ordinary import THRESHOLD, OrdinaryMagnetism
from glasspara.fitting.judge.plausibility import edges_of_search, implausible
from glasspara.fitting.result import AtsTest, fit_assessment
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import ALLOWANCES, allowances_text, parameter_of, to_canonical

ALPHA = 0.05
"""A test finds something below this p-value: the chance of finding the ATS term, a drift, a break that is not there."""

ASSUMPTION_MATTERS = 0.05
"""An assumed prior that supplies a larger share of what is known of its parameter is named with the verdict."""

KIND_NEEDED = 4.0
"""Rise of chi2 without a kind of ordinary magnetism from which on it is said that the data need it."""

LARGEST_SCATTER = 3.0
"""Residuals so many times the stated errors are a misfit even where they look random."""

TENSION = 3.0
"""A constraint farther than this from what the data say is named ..."""

LARGEST_TENSION = 5.0
"""... and farther than this is a misfit, in standard errors."""

_EACH_RUN = ("field_offset", "temperature_scale")
# Errors of the instrument that differ from run to run, which a fit can have as nuisance parameters.

OUTLIER = 5.0
"""Residuals beyond this many robust standard deviations are named."""


def compare_without_ats(
    minimum: Minimum,
    other: Minimum,
    open_without: tuple[str, ...],
    chi2_with_allowances: Callable[[], float] | None,
) -> AtsTest:
    """F test of the ATS term: ``minimum`` with it, ``other`` without. It does not mind errors of a wrong size.

    ``chi2_with_allowances`` gives the chi2 of the fit without the term when instrumental errors are allowed for to it.
    """
    statistics = minimum.statistics
    gain = max(other.chi2 - minimum.chi2, 0.0)
    extra = len(minimum.coordinates.names) - len(other.coordinates.names)
    ratio = statistics.chi2 / statistics.ndof if statistics.ndof > 0 else 0.0

    def tail(chi2: float) -> float:
        if ratio <= 0.0 or extra <= 0:
            return 1.0
        return f_p_value(max(chi2 - minimum.chi2, 0.0) / extra / ratio, extra, statistics.ndof)

    p = tail(other.chi2)
    chi2_allowed = chi2_with_allowances() if chi2_with_allowances is not None and p < ALPHA else None
    p_allowed = None if chi2_allowed is None else tail(chi2_allowed)
    return AtsTest(
        chi2_without=other.chi2,
        delta_chi2=gain,
        extra_parameters=extra,
        p_value=p,
        needed=p < ALPHA and (p_allowed is None or p_allowed < ALPHA),
        parameters_without={
            name: (other.reported[name], other.errors[name]) for name in other.coordinates.free
        },
        open_without=open_without,
        valid_without=other.valid,
        chi2_with_allowances=chi2_allowed,
        p_with_allowances=p_allowed,
        without=other,
    )


def assess(  # noqa: PLR0911
    minimum: Minimum,
    undetermined: Mapping[str, float | None],
    ats_test: AtsTest | None,
    ordinary: OrdinaryMagnetism | None = None,
    *,
    same_glass: bool = False,
    brief: bool = False,
) -> Assessment:
    """Status and reasons; the first that applies of not-converged, not-plausible, poor, term-not-needed,
    not-established, not-determined, good.

    ``undetermined`` are the free parameters that the data leave open, with their relative errors; ``ordinary`` is the
    comparison with ordinary magnetism as a whole, where it was made; ``same_glass`` says that files that name several
    samples are of one glass. A ``brief`` assessment does not say where a misfit sits.
    """
    stats = minimum.statistics
    if not minimum.valid:
        return fit_assessment("not-converged", finding("fitting.no-minimum", problem=minimum.reason or None))
    if stats.ndof <= 0:
        few = finding("fitting.too-few-points", points=stats.n_points, parameters=stats.n_free)
        return fit_assessment("not-determined", few)
    data = minimum.problem.data
    pulls = minimum.problem.residuals(minimum.point)[: len(data)]
    lagging = lagging_loops(minimum)
    misfit = _misfit(minimum, pulls, lagging)
    if wrong := implausible(minimum, same_glass=same_glass):
        return fit_assessment("not-plausible", *wrong)
    remarks = (*_name_tensions(minimum), *_name_outliers(data, pulls))
    if misfit:
        return _of_misfit(minimum, ats_test, ordinary, (*misfit, *remarks), brief=brief)
    reasons: tuple[Finding, ...] = (*lagging, _size_of_residuals(minimum), *remarks)
    if ats_test is not None and not ats_test.needed:
        return _without_term(ats_test, reasons)
    if ats_test is not None:
        reasons = (*reasons, finding("fitting.ats-needed", **_gain(ats_test)))
        if ats_test.p_with_allowances is not None:
            reasons = (*reasons, _allowances("fitting.allowances-do-not-replace-ats", ats_test))
    assumed = [name for name, share in assumption_shares(minimum).items() if share > ASSUMPTION_MATTERS]
    if assumed:
        reasons = (*reasons, finding("fitting.errors-rest-on-assumptions", parameters=assumed))
    if undetermined:
        parameters = [{"name": name, "error": error} for name, error in undetermined.items()]
        reasons = (finding("fitting.not-fixed", parameters=parameters), *reasons)
    edges = edges_of_search(minimum) if ats_test is not None else []
    if ordinary is not None and not ordinary.excluded:
        return fit_assessment("not-established", *on_ordinary(ordinary, minimum), *edges, *reasons)
    if edges:
        return fit_assessment("not-plausible", *edges, *reasons)
    if ordinary is not None:
        reasons = (*on_ordinary(ordinary, minimum), *reasons)
    return fit_assessment("not-determined" if undetermined else "good", *reasons)


def _of_misfit(
    minimum: Minimum,
    ats_test: AtsTest | None,
    ordinary: OrdinaryMagnetism | None,
    reasons: tuple[Finding, ...],
    *,
    brief: bool,
) -> Assessment:
    """The model does not describe the data: ordinary magnetism may, or errors of the instrument explain the misfit."""
    by_instrument = ordinary is not None and ordinary.widths is not None and ordinary.model_describes
    if ordinary is not None and ordinary.p_value >= MISFIT_P and not (by_instrument and ordinary.excluded):
        instead = finding("fitting.ordinary-instead", **_sizes(ordinary, minimum), etm=by_instrument)
        return fit_assessment("term-not-needed", instead, *_mixture(ordinary), *_replaced(ats_test), *reasons)
    where: Sequence[Finding] = () if brief else _what_may_be_wrong(minimum, ats_test)
    if ordinary is not None and by_instrument and not any(map(_is_fault, where)):
        known = {item.kind for item in minimum.problem.nuisances}
        options = [{"name": name, "width": ALLOWANCES[name]} for name in _EACH_RUN if name not in known]
        sizes = _sizes(ordinary, minimum)
        where = [finding("fitting.misfit-by-instrument", **sizes, nuisances=options or None), *where]
    return fit_assessment("poor", *where, *reasons)


def _is_fault(item: Finding) -> bool:
    """Whether a finding names a simple fault of the instrument that explains a misfit."""
    return item.code.startswith(("fitting.misfit-by-", "fitting.misfit-at-", "fitting.branches-differ-"))


def iron_found(minimum: Minimum) -> list[float | None]:
    """Value and standard error of n_fe at a minimum, whether it is a parameter or derived; None without an error."""
    values = to_canonical(minimum.reported)
    item = derived(minimum).get("n_fe")
    return [values["n_fe2"] + values["n_fe3"], minimum.errors.get("n_fe") if item is None else item.error]


def name_ats_beside(ordinary: OrdinaryMagnetism, minimum: Minimum, assessment: Assessment) -> Assessment:
    """The assessment of a poor fit that says where the ATS term beside an ordinary admixture would describe the data.

    Behind the run that holds the misfit, as no admixture is in one run alone; and not at all where a simple fault of
    the instrument is named that would explain the misfit.
    """
    codes = [item.code for item in assessment.reasons]
    if not ordinary.described_with_ats or any(map(_is_fault, assessment.reasons)):
        return assessment
    sizes = {**_sizes(ordinary, minimum), "chi2_nested": ordinary.chi2_nested}
    reasons = [*assessment.reasons]
    place = 1 + codes.index("fitting.misfit-in-run") if "fitting.misfit-in-run" in codes else 0
    reasons.insert(place, finding("fitting.ats-beside-ordinary", **sizes))
    return replace(assessment, reasons=tuple(reasons))


def _sizes(ordinary: OrdinaryMagnetism, minimum: Minimum) -> dict[str, Any]:
    cone = ordinary.cone
    return {
        "chi2_ordinary": cone.chi2,
        "chi2_etm": ordinary.chi2_model,
        "points": cone.n_points,
        "p_value": ordinary.p_value,
        "margin": ordinary.margin,
        "threshold": THRESHOLD,
        "iron": None if cone.iron_used is None else list(cone.iron_used),
        "n_fe": iron_found(minimum),
        "directions": ordinary.allowed,
    }


def _mixture(ordinary: OrdinaryMagnetism) -> list[Finding]:
    """The ordinary mixture by kinds of magnetism, the largest share of the signal first, and those that are needed."""
    shares: dict[str, float] = {}
    for item in ordinary.cone.components:
        shares[item.kind] = shares.get(item.kind, 0.0) + item.share_of_signal
    components = [
        {"name": kind, "share": share} for kind, share in sorted(shares.items(), key=lambda item: -item[1])
    ]
    found = [finding("fitting.ordinary-mixture", components=components)]
    rises = sorted(ordinary.cone.needed.items(), key=lambda item: -item[1])
    if kinds := [{"name": kind, "rise": rise} for kind, rise in rises if rise > KIND_NEEDED]:
        found.append(finding("fitting.ordinary-kinds-needed", kinds=kinds))
    return found


def on_ordinary(ordinary: OrdinaryMagnetism, minimum: Minimum) -> list[Finding]:
    """Ordinary magnetism is excluded; or it describes the data too: which does it, and what would decide."""
    if ordinary.excluded:
        found = [finding("fitting.ordinary-excluded", **_sizes(ordinary, minimum))]
        free = ordinary.margin_iron_free
        if free is not None:
            code = "known-iron-decides" if ordinary.by_iron_alone else "iron-free-too"
            found.append(finding(f"fitting.{code}", margin=free))
        return found
    if ordinary.by_iron_alone:
        ions = [item.ion.name for item in minimum.coordinates.model.trace_ions]
        sizes = _sizes(ordinary, minimum)
        return [
            finding(
                "fitting.known-iron-alone",
                **sizes,
                ions=ions or None,
                margin_iron_free=ordinary.margin_iron_free,
            )
        ]
    found = [finding("fitting.ordinary-describes", **_sizes(ordinary, minimum)), *_mixture(ordinary)]
    if ordinary.margin_with_iron is not None and ordinary.margin_with_iron > THRESHOLD:
        n_fe, _ = iron_found(minimum)
        found.append(finding("fitting.iron-would-decide", n_fe=n_fe, margin=ordinary.margin_with_iron))
    else:
        runs = "one" if len(minimum.problem.data.runs) == 1 else "several"
        known = ordinary.cone.iron_used
        found.append(finding("fitting.more-runs-would-decide", runs=runs, iron=known and list(known)))
    return found


def _without_term(ats_test: AtsTest, reasons: tuple[Finding, ...]) -> Assessment:
    """The simpler model is enough, if the data determine at least that one."""
    first = finding("fitting.ats-not-needed", **_gain(ats_test))
    if ats_test.p_with_allowances is not None and ats_test.p_value < ALPHA:
        first = _allowances("fitting.ats-helps-but", ats_test, **_gain(ats_test))
    if not ats_test.valid_without:
        return fit_assessment("not-determined", finding("fitting.fit-without-ats-failed"), first, *reasons)
    if ats_test.open_without:
        undetermined = finding("fitting.not-fixed-without-ats", parameters=list(ats_test.open_without))
        return fit_assessment("not-determined", undetermined, first, *reasons)
    plain = [
        {"name": name, "value": list(value), "unit": parameter_of(name).unit}
        for name, value in ats_test.parameters_without.items()
    ]
    return fit_assessment(
        "term-not-needed", first, *reasons, finding("fitting.values-without-ats", parameters=plain)
    )


def constraint_tensions(minimum: Minimum) -> dict[str, float]:
    """How far each outside constraint lies from what the rest of the data say, in standard errors."""
    problem, reported = minimum.problem, minimum.reported
    pulls = [
        (name, item.pull(reported[name]), minimum.errors[name], item.error)
        for name, item in problem.constraints.items()
        if not (item.assumed or item.log)
    ]
    pulls += [
        (item.combination.name, item.pull(reported), minimum.error_of(item.combination), item.width)
        for item in problem.penalties
    ]
    found = {}
    for name, pull, error, width in pulls:
        if error is not None:
            spread = max(1.0 - (error / width) ** 2, 1.0e-6)
            found[name] = float(pull / sqrt(spread))
    return found


def _name_tensions(minimum: Minimum) -> list[Finding]:
    return [
        finding(
            "fitting.tension",
            Where(parameter=name),
            parameter=name,
            standard_errors=abs(tension),
            side="above" if tension > 0 else "below",
        )
        for name, tension in constraint_tensions(minimum).items()
        if abs(tension) > TENSION
    ]


def _misfit(minimum: Minimum, pulls: FloatArray, lagging: list[Finding]) -> list[Finding]:
    """How data and model disagree, if they do: residuals that go together, or are far too large, or a constraint.

    Residuals go together in branches of loops that lie apart, too, if they are larger than the errors.
    """
    stats = minimum.statistics
    correlation, p_correlation = residual_correlation(minimum.problem.data, pulls)
    size = finding("fitting.chi2-size", ratio=stats.chi2 / stats.ndof, chi2=stats.chi2, ndof=stats.ndof)
    if p_correlation < MISFIT_P:
        together = finding("fitting.correlated-residuals", correlation=correlation, p_value=p_correlation)
        return [*lagging, together, size]
    if chi2_p_value(stats.chi2_points, stats.ndof) < MISFIT_P:
        if stats.scatter_factor > LARGEST_SCATTER:
            return [*lagging, finding("fitting.large-residuals", factor=stats.scatter_factor), size]
        if lagging:
            return [*lagging, size]
    if any(abs(tension) > LARGEST_TENSION for tension in constraint_tensions(minimum).values()):
        return [finding("fitting.constraint-excluded")]
    return []


def _what_may_be_wrong(minimum: Minimum, ats_test: AtsTest | None) -> list[Finding]:
    """Where the misfit sits, with the usual suspect by name; else what could be tried."""
    found = []
    samples = len(minimum.problem.data.masses)
    if samples > 1:
        found.append(finding("fitting.several-samples", samples=samples))
    _, located = misfit_findings(
        minimum if ats_test is None else ats_test.chosen(minimum),
        None if ats_test is None else ats_test.without,
        suspects=minimum.coordinates.model.has_ats,
    )
    found += located
    if replaced := _replaced(ats_test):
        found += replaced
    elif ats_test is not None and not ats_test.needed:
        found.append(finding("fitting.ats-does-not-help", p_value=ats_test.p_value))
    elif ats_test is not None and "n_ats" in minimum.coordinates.held and not located:
        found.append(finding("fitting.n-ats-held-in-a-poor-fit", value=minimum.coordinates.held["n_ats"]))
    if len(minimum.problem.data.runs) > 1 and not minimum.problem.nuisances and not located:
        found.append(finding("fitting.try-nuisances"))
    if minimum.reported["chi_larmor"] < 0.0:
        found.append(finding("fitting.negative-chi-larmor", value=minimum.reported["chi_larmor"]))
    return found


def _size_of_residuals(minimum: Minimum) -> Finding:
    stats = minimum.statistics
    factor, p = stats.scatter_factor, chi2_p_value(stats.chi2_points, stats.ndof)
    size = {"chi2": stats.chi2, "ndof": stats.ndof, "p_value": stats.p_value}
    if minimum.problem.data.errors_are_estimates:
        return finding("fitting.random-residuals-estimated-errors", **size)
    if p < MISFIT_P:
        return finding(
            "fitting.random-residuals-larger-than-errors", **{**size, "factor": factor, "p_value": p}
        )
    if 1.0 - p < MISFIT_P:
        return finding("fitting.random-residuals-smaller-than-errors", **size, factor=1.0 / factor)
    if p < ALPHA:
        return finding("fitting.describes-poorly", **{**size, "p_value": p}, usual=ALPHA, named=MISFIT_P)
    return finding("fitting.describes-the-data", **size)


def _gain(test: AtsTest) -> dict[str, float]:
    return {"gain": test.delta_chi2, "parameters": test.extra_parameters, "p_value": test.p_value}


def _allowances(code: str, test: AtsTest, **values: float) -> Finding:
    """A finding about the fit that is allowed errors of the instrument."""
    p = test.p_with_allowances
    return finding(code, **{"allowances": allowances_text(), "p_value": p, "p_with_allowances": p, **values})


def _replaced(test: AtsTest | None) -> list[Finding]:
    """Errors of the instrument that do without the ATS term what it does without them."""
    if test is None or test.needed or test.p_with_allowances is None:
        return []
    return [_allowances("fitting.allowances-replace-ats", test)]


def _name_outliers(data: Dataset, pulls: FloatArray) -> list[Finding]:
    """The points that no Gaussian scatter of this width explains, by file and line; they stay in the fit."""
    spread = max(robust_spread(pulls), 1.0)
    found = [
        {"file": run.run.file, "line": int(run.run.line[index]), "deviation": float(part[index] / spread)}
        for run, part in zip(data.runs, data.split(pulls), strict=True)
        for index in np.flatnonzero(np.abs(part) > OUTLIER * spread)
    ]
    return [finding("fitting.outliers", limit=OUTLIER, points=found)] if found else []
