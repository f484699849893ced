"""The verdict on a fit: does the model describe the data, does it need its ATS term, is everything determined?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erfc, sqrt

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.fitting.judge.significance import chi2_p_value, f_p_value
from glasspara.fitting.result import Assessment, AtsTest
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import allowances_in_words, parameter_of
from glasspara.runs.scatter import MAD_TO_SIGMA
from glasspara.wording import p_value, percent, value_with_error

ALPHA = 0.05
"""A test finds something below this p-value: the chance of finding the ATS term, a drift, a break that is not there."""

MISFIT_P = 1.0e-3
"""Below this chi2 p-value, or p-value of the residuals' correlation, data and model disagree."""

LARGEST_SCATTER = 3.0
"""Residuals so many times the stated errors are a misfit even where they look random."""

TENSION = 3.0
"""A constraint farther than this from what the data say is named ..."""

LARGEST_TENSION = 5.0
"""... and farther than this is a misfit, in standard errors."""

OUTLIER = 5.0
"""Residuals beyond this many robust standard deviations are named."""

_NAMED_OUTLIERS = 3


def compare_without_ats(
    minimum: Minimum,
    other: Minimum,
    open_without: tuple[str, ...],
    chi2_with_allowances: Callable[[], float] | None,
) -> AtsTest:
    """F test of the ATS term: ``minimum`` with it, ``other`` without. It does not mind errors of a wrong size.

    ``chi2_with_allowances`` gives the chi2 of the fit without the term when instrumental errors are granted to it.
    """
    statistics = minimum.statistics
    gain = max(other.chi2 - minimum.chi2, 0.0)
    extra = len(minimum.coordinates.names) - len(other.coordinates.names)
    extra -= sum(item.assumed for item in minimum.problem.constraints.values())
    ratio = statistics.chi2 / statistics.ndof if statistics.ndof > 0 else 0.0

    def tail(chi2: float) -> float:
        if ratio <= 0.0 or extra <= 0:
            return 1.0
        return f_p_value(max(chi2 - minimum.chi2, 0.0) / extra / ratio, extra, statistics.ndof)

    p = tail(other.chi2)
    granted = chi2_with_allowances() if chi2_with_allowances is not None and p < ALPHA else None
    p_granted = None if granted is None else tail(granted)
    return AtsTest(
        chi2_without=other.chi2,
        delta_chi2=gain,
        extra_parameters=extra,
        p_value=p,
        needed=p < ALPHA and (p_granted is None or p_granted < ALPHA),
        parameters_without={
            name: (other.reported[name], other.errors[name]) for name in other.coordinates.free
        },
        open_without=open_without if other.valid else ("everything: the fit without the term failed",),
        chi2_with_allowances=granted,
        p_with_allowances=p_granted,
    )


def residual_correlation(data: Dataset, pulls: FloatArray) -> tuple[float, float]:
    """Correlation of neighbouring residuals, and its one-sided p-value.

    Neighbours are taken in order of temperature in fixed-field runs, of field in fixed-temperature runs, within
    a branch. White residuals have mean correlation 0 and variance 1/(number of pairs).
    """
    bounds = _bounds(pulls)
    products: list[FloatArray] = []
    for run, part in zip(data.runs, data.split(pulls), strict=True):
        along = run.temperature if run.run.kind == "fixed-field" else run.field
        for branch in np.unique(run.run.branch):
            chosen = np.flatnonzero(run.run.branch == branch)
            # Bounded, so that one wild point cannot carry the verdict.
            ordered = np.clip(part[chosen][np.argsort(along[chosen], kind="stable")], *bounds)
            products.append(ordered[1:] * ordered[:-1])
    flat = np.concatenate(products) if products else np.empty(0)
    power = float(np.mean(np.clip(pulls, *bounds) ** 2))
    if len(flat) < 8 or power == 0.0:
        return 0.0, 1.0
    correlation = float(np.mean(flat)) / power
    return correlation, 0.5 * erfc(correlation * sqrt(len(flat)) / sqrt(2.0))


def _bounds(pulls: FloatArray) -> tuple[float, float]:
    spread = 3.0 * robust_spread(pulls)
    return (-spread, spread) if spread > 0.0 else (-np.inf, np.inf)


def robust_spread(values: FloatArray) -> float:
    """Standard deviation by the median absolute deviation."""
    return MAD_TO_SIGMA * float(np.median(np.abs(values - np.median(values))))


def assess(minimum: Minimum, lost: Mapping[str, float | None], ats_test: AtsTest | None) -> Assessment:
    """Status and reasons; the first of not-converged, poor, term-not-needed, not-determined, good that applies.

    ``lost`` are the free parameters that the data leave open, with their relative errors.
    """
    stats = minimum.statistics
    if not minimum.valid:
        return Assessment("not-converged", (minimum.reason or "no valid minimum was found",))
    if stats.ndof <= 0:
        return Assessment(
            "not-determined", (f"{stats.n_points} points cannot determine {stats.n_free} parameters",)
        )
    data = minimum.problem.data
    pulls = minimum.problem.residuals(minimum.point)[: len(data)]
    remarks = (*_name_tensions(minimum), *_name_outliers(data, pulls))
    if misfit := _misfit(minimum, pulls):
        return Assessment("poor", (*misfit, *_what_may_be_wrong(minimum, ats_test), *remarks))
    reasons = (_size_of_residuals(minimum), *remarks)
    if ats_test is not None and not ats_test.needed:
        return _without_term(ats_test, reasons)
    if ats_test is not None:
        reasons = (*reasons, f"the ATS term is needed: {_gain(ats_test)}")
        if ats_test.p_with_allowances is not None:
            text = (
                f"{allowances_in_words()} would not explain the data without it "
                f"({p_value(ats_test.p_with_allowances)})"
            )
            reasons = (*reasons, text)
    assumed = [name for name, item in minimum.problem.constraints.items() if item.assumed]
    if assumed:
        reasons = (*reasons, f"errors rest on what is assumed of {' and '.join(assumed)}: see above")
    if lost:
        words = [f"{name} ({'open' if error is None else percent(error)})" for name, error in lost.items()]
        text = f"not fixed by the data: {', '.join(words)}; hold it (--fix NAME=VALUE) or add data"
        return Assessment("not-determined", (text, *reasons))
    return Assessment("good", reasons)


def _without_term(ats_test: AtsTest, reasons: tuple[str, ...]) -> Assessment:
    """The simpler model serves, if the data fix at least that one."""
    first = f"Larmor and Langevin terms serve: {_gain(ats_test)}"
    if ats_test.p_with_allowances is not None and ats_test.p_value < ALPHA:
        first = (
            f"an ATS term helps ({_gain(ats_test)}), but {allowances_in_words()} would explain the data as well "
            f"({p_value(ats_test.p_with_allowances)}); --no-allowances if these are excluded"
        )
    if ats_test.open_without:
        text = f"not fixed by the data even without the ATS term: {', '.join(ats_test.open_without)}"
        return Assessment("not-determined", (text, first, *reasons))
    plain = ", ".join(
        f"{name} = {value_with_error(value, error)} {parameter_of(name).unit}"
        for name, (value, error) in ats_test.parameters_without.items()
    )
    return Assessment("term-not-needed", (first, *reasons, f"without it: {plain}"))


def constraint_tensions(minimum: Minimum) -> dict[str, float]:
    """How far each outside constraint lies from what the rest of the data say, in standard errors."""
    found = {}
    for name, item in minimum.problem.constraints.items():
        error = minimum.errors[name]
        if item.assumed or item.log or error is None:
            continue
        spread = max(1.0 - (error / item.error) ** 2, 1.0e-6)
        found[name] = float(item.pull(minimum.reported[name]) / sqrt(spread))
    return found


def _name_tensions(minimum: Minimum) -> list[str]:
    return [
        f"the given {name} is {abs(tension):.1f} standard errors {'above' if tension > 0 else 'below'} what the "
        "magnetisation says"
        for name, tension in constraint_tensions(minimum).items()
        if abs(tension) > TENSION
    ]


def _misfit(minimum: Minimum, pulls: FloatArray) -> list[str]:
    """How data and model disagree, if they do: residuals that go together, or are far too large, or a constraint."""
    stats = minimum.statistics
    correlation, p_correlation = residual_correlation(minimum.problem.data, pulls)
    size = f"chi2/ndof = {stats.chi2 / stats.ndof:.3g}"
    if p_correlation < MISFIT_P:
        return [
            f"the residuals are not random: neighbours correlate with {correlation:+.2f} "
            f"({p_value(p_correlation)}), so the model misses something",
            size,
        ]
    if stats.scatter_factor > LARGEST_SCATTER and chi2_p_value(stats.chi2_points, stats.ndof) < MISFIT_P:
        return [f"the residuals are {stats.scatter_factor:.3g} times the stated errors", size]
    if any(abs(tension) > LARGEST_TENSION for tension in constraint_tensions(minimum).values()):
        return ["data and constraint exclude each other"]
    return []


def _what_may_be_wrong(minimum: Minimum, ats_test: AtsTest | None) -> list[str]:
    found = []
    samples = len(minimum.problem.data.masses)
    if samples > 1:
        found.append(
            f"the runs are of {samples} samples, by their masses: one set of parameters need not serve them"
        )
    if ats_test is not None and ats_test.p_with_allowances is not None and not ats_test.needed:
        granted = p_value(ats_test.p_with_allowances)
        found.append(f"{allowances_in_words()} could stand in for the ATS term ({granted})")
    elif ats_test is not None and not ats_test.needed:
        found.append(f"the ATS term does not help ({p_value(ats_test.p_value)})")
    elif ats_test is not None and "n_ats" in minimum.coordinates.held:
        value = minimum.coordinates.held["n_ats"]
        found.append(f"n_ats is held at {value:.4g} g^-1: if that is wrong, so is the fit; try --free n_ats")
    if len(minimum.problem.data.runs) > 1 and not minimum.problem.nuisances:
        found.append(
            "fields, thermometers or masses that are off from run to run: --nuisance allows for them"
        )
    if minimum.reported["chi_larmor"] < 0.0:
        found.append("chi_larmor came out negative: this is no diamagnet with Curie-like impurities")
    return found


def _size_of_residuals(minimum: Minimum) -> str:
    stats = minimum.statistics
    factor, p = stats.scatter_factor, chi2_p_value(stats.chi2_points, stats.ndof)
    size = f"chi2/ndof = {stats.chi2:.1f}/{stats.ndof}"
    if minimum.problem.data.errors_are_estimates:
        return f"the residuals are random ({size}; the errors being estimated from the scatter, it says little more)"
    if p < MISFIT_P:
        return (
            f"the residuals are random but {factor:.3g} times the stated errors (chi2 {p_value(p)}): "
            "use error_scaled"
        )
    if 1.0 - p < MISFIT_P:
        return f"the residuals are random; the stated errors are {1.0 / factor:.3g} times the scatter"
    return f"the model describes the data: {size}, {p_value(p)}"


def _gain(test: AtsTest) -> str:
    gain = f"{test.delta_chi2:.1f}" if test.delta_chi2 < 1000.0 else f"{test.delta_chi2:.3g}"
    return f"chi2 falls by {gain} for {test.extra_parameters} parameters ({p_value(test.p_value)})"


def _name_outliers(data: Dataset, pulls: FloatArray) -> list[str]:
    """The points that no Gaussian scatter of this width explains, by file and line; they stay in the fit."""
    spread = max(robust_spread(pulls), 1.0)
    found = [
        f"{run.run.file} line {run.run.line[index]} ({part[index] / spread:+.1f})"
        for run, part in zip(data.runs, data.split(pulls), strict=True)
        for index in np.flatnonzero(np.abs(part) > OUTLIER * spread)
    ]
    if not found:
        return []
    more = f" and {len(found) - _NAMED_OUTLIERS} more" if len(found) > _NAMED_OUTLIERS else ""
    words = ", ".join(found[:_NAMED_OUTLIERS])
    return [f"beyond {OUTLIER:g} robust standard deviations, and kept: {words}{more}"]
