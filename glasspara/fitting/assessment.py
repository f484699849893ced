"""The verdict on a fit: does the model describe the data, does it need its ATS term, is everything determined?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import erfc, sqrt

import numpy as np
import numpy.typing as npt

from glasspara.dataset import Dataset
from glasspara.fitting.determination import UNDETERMINED
from glasspara.fitting.minimise import Minimum
from glasspara.fitting.result import Assessment, AtsTest, Statistics
from glasspara.parameters import PARAMETERS
from glasspara.wording import p_value, percent, value_with_error

FloatArray = npt.NDArray[np.float64]

ALPHA = 0.05
"""Chance of calling the ATS term needed when it is not."""

MISFIT_P = 1.0e-3
"""Below this chi2 p-value, or p-value of the residuals' correlation, data and model disagree."""

LARGEST_SCATTER = 3.0
"""Residuals so many times the stated errors are a misfit even where they look random."""

OUTLIER = 5.0
"""Residuals beyond this many robust standard deviations are named."""

_NAMED_OUTLIERS = 3


def chi2_p_value(chi2: float, ndof: int) -> float:
    """Chance of a chi2 as large or larger with ``ndof`` degrees of freedom."""
    from scipy.special import gammaincc

    return float(gammaincc(ndof / 2.0, max(chi2, 0.0) / 2.0))


def statistics(chi2: float, n_points: int, n_observations: int, n_free: int) -> Statistics:
    ndof = n_observations - n_free
    return Statistics(
        chi2=chi2,
        ndof=ndof,
        p_value=chi2_p_value(chi2, ndof) if ndof > 0 else None,
        aic=chi2 + 2.0 * n_free,
        bic=chi2 + n_free * float(np.log(n_observations)),
        n_points=n_points,
        n_free=n_free,
    )


def scatter_factor(stats: Statistics) -> float:
    """sqrt(chi2/ndof), by which the scatter exceeds the stated errors; 1 without degrees of freedom."""
    return sqrt(stats.chi2 / stats.ndof) if stats.ndof > 0 else 1.0


def compare_without_ats(
    with_term: Statistics,
    chi2_without: float,
    extra_parameters: int,
    parameters_without: Mapping[str, tuple[float, float | None]],
) -> AtsTest:
    """Compare the fit with the term to the best one without."""
    gain = max(chi2_without - with_term.chi2, 0.0)
    p = chi2_p_value(gain / max(scatter_factor(with_term), 1.0) ** 2, max(extra_parameters, 1))
    return AtsTest(chi2_without, gain, extra_parameters, p, p < ALPHA, parameters_without)


def residual_correlation(data: Dataset, pulls: FloatArray) -> tuple[float, float]:
    """Correlation of neighbouring residuals, and its one-sided p-value.

    Neighbours are taken in order of temperature in fixed-field runs, of field in fixed-temperature runs, within
    a branch. White residuals have mean correlation 0 and variance 1/(number of pairs).
    """
    products: list[FloatArray] = []
    for run, part in zip(data.runs, data.split(pulls), strict=True):
        along = run.temperature if run.run.kind == "fixed-field" else run.field
        for branch in np.unique(run.run.branch):
            chosen = np.flatnonzero(run.run.branch == branch)
            # Bounded, so that one wild point cannot carry the verdict.
            ordered = np.clip(part[chosen][np.argsort(along[chosen], kind="stable")], *_bounds(pulls))
            products.append(ordered[1:] * ordered[:-1])
    flat = np.concatenate(products) if products else np.empty(0)
    power = float(np.mean(np.clip(pulls, *_bounds(pulls)) ** 2))
    if len(flat) < 8 or power == 0.0:
        return 0.0, 1.0
    correlation = float(np.mean(flat)) / power
    return correlation, 0.5 * erfc(correlation * sqrt(len(flat)) / sqrt(2.0))


def _bounds(pulls: FloatArray) -> tuple[float, float]:
    spread = 3.0 * robust_spread(pulls)
    return (-spread, spread) if spread > 0.0 else (-np.inf, np.inf)


def robust_spread(values: FloatArray) -> float:
    """Standard deviation by the median absolute deviation."""
    return 1.4826 * float(np.median(np.abs(values - np.median(values))))


def assess(
    minimum: Minimum,
    stats: Statistics,
    relative_errors: Mapping[str, float | None],
    ats_test: AtsTest | None,
    assumed: Sequence[str] = (),
) -> Assessment:
    """Status and reasons; the first of not-converged, poor, term-not-needed, not-determined, good that applies.

    ``relative_errors`` are those of the free parameters in this fit; ``assumed`` names the parameters that the
    program held of its own accord.
    """
    if not minimum.valid:
        return Assessment("not-converged", (minimum.reason or "no valid minimum was found",))
    if stats.ndof <= 0:
        return Assessment(
            "not-determined", (f"{stats.n_points} points cannot determine {stats.n_free} parameters",)
        )
    data = minimum.problem.data
    pulls = minimum.problem.residuals(minimum.point)[: len(data)]
    wild = _name_outliers(data, pulls)
    if misfit := _misfit(data, pulls, stats):
        return Assessment("poor", (*misfit, *_what_may_be_wrong(minimum, ats_test), *wild))
    reasons = (_size_of_residuals(stats), *wild)
    if ats_test is not None and not ats_test.needed:
        plain = ", ".join(
            f"{name} = {value_with_error(value, error)} {PARAMETERS[name].unit}"
            for name, (value, error) in ats_test.parameters_without.items()
        )
        first = f"Larmor and Langevin terms serve: {_gain(ats_test)}"
        return Assessment("term-not-needed", (first, *reasons, f"without it: {plain}"))
    if ats_test is not None:
        reasons = (*reasons, f"the ATS term is needed: {_gain(ats_test)}")
    if assumed:
        reasons = (*reasons, f"all errors are conditional on the assumed {' and '.join(assumed)}: see above")
    lost = {name: error for name, error in relative_errors.items() if error is None or error > UNDETERMINED}
    if lost:
        words = [f"{name} ({'open' if error is None else percent(error)})" for name, error in lost.items()]
        text = f"not fixed by the data: {', '.join(words)}; hold it (--fix NAME=VALUE) or add data"
        return Assessment("not-determined", (text, *reasons))
    return Assessment("good", reasons)


def _misfit(data: Dataset, pulls: FloatArray, stats: Statistics) -> list[str]:
    """How data and model disagree, if they do: residuals that go together, or are far too large."""
    correlation, p_correlation = residual_correlation(data, pulls)
    size = f"chi2/ndof = {stats.chi2 / stats.ndof:.3g}"
    if p_correlation < MISFIT_P:
        return [
            f"the residuals are not random: neighbours correlate with {correlation:+.2f} "
            f"({p_value(p_correlation)}), so the model misses something",
            size,
        ]
    factor = scatter_factor(stats)
    if factor > LARGEST_SCATTER and stats.p_value is not None and stats.p_value < MISFIT_P:
        return [f"the residuals are {factor:.3g} times the stated errors", size]
    return []


def _what_may_be_wrong(minimum: Minimum, ats_test: AtsTest | None) -> list[str]:
    found = []
    if ats_test is not None and not ats_test.needed:
        found.append(f"the ATS term does not help ({p_value(ats_test.p_value)})")
    elif ats_test is not None and "n_ats" in minimum.coordinates.held:
        value = minimum.coordinates.held["n_ats"]
        found.append(f"n_ats is held at {value:.4g} g^-1: if that is wrong, so is the fit; try --free n_ats")
    if minimum.reported["chi_larmor"] < 0.0:
        found.append("chi_larmor came out negative: this is no diamagnet with Curie-like impurities")
    return found


def _size_of_residuals(stats: Statistics) -> str:
    factor, p = scatter_factor(stats), 1.0 if stats.p_value is None else stats.p_value
    if p < MISFIT_P:
        return (
            f"the residuals are random but {factor:.3g} times the stated errors (chi2 {p_value(p)}): "
            "use error_scaled"
        )
    if 1.0 - p < MISFIT_P:
        return f"the residuals are random; the stated errors are {1.0 / factor:.3g} times the scatter"
    return f"the model describes the data: chi2/ndof = {stats.chi2:.1f}/{stats.ndof}, {p_value(p)}"


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
