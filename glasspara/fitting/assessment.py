"""The verdict on a fit: does the model describe the data, does it need its ATS term, is everything determined?"""

from __future__ import annotations

from collections.abc import Mapping
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

OUTLIER = 5.0
"""Residuals beyond this many robust standard deviations are named."""


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


def outliers(data: Dataset, pulls: FloatArray) -> list[tuple[str, int, float]]:
    """File, line and pull of the points that no Gaussian scatter of this width explains."""
    spread = max(robust_spread(pulls), 1.0)
    found: list[tuple[str, int, float]] = []
    for run, part in zip(data.runs, data.split(pulls), strict=True):
        found.extend(
            (run.run.file, int(run.run.line[index]), float(part[index]))
            for index in np.flatnonzero(np.abs(part) > OUTLIER * spread)
        )
    return found


def assess(
    minimum: Minimum,
    stats: Statistics,
    relative_errors: Mapping[str, float | None],
    ats_test: AtsTest | None,
) -> Assessment:
    """Status and reasons; the first of not-converged, poor, term-not-needed, not-determined, good that applies.

    ``relative_errors`` are those of the free parameters in this fit.
    """
    data = minimum.problem.data
    reasons = []
    if not minimum.valid:
        return Assessment("not-converged", (minimum.reason or "no valid minimum was found",))
    if stats.ndof <= 0:
        return Assessment(
            "not-determined", (f"{stats.n_points} points cannot determine {stats.n_free} parameters",)
        )
    pulls = minimum.problem.residuals(minimum.point)[: len(data)]
    correlation, p_correlation = residual_correlation(data, pulls)
    factor = scatter_factor(stats)
    if p_correlation < MISFIT_P:
        reasons.append(
            f"the residuals are not random: neighbours correlate with {correlation:+.2f} "
            f"({p_value(p_correlation)}), so the model misses something"
        )
        reasons.append(f"chi2/ndof = {stats.chi2 / stats.ndof:.3g}")
        if ats_test is not None and not ats_test.needed:
            reasons.append(f"the ATS term does not help ({p_value(ats_test.p_value)})")
        if "n_ats" in minimum.coordinates.held and ats_test is not None and ats_test.needed:
            value = minimum.coordinates.held["n_ats"]
            reasons.append(
                f"n_ats is held at {value:.4g} g^-1: if that is wrong, so is the fit; try --free n_ats"
            )
        chi_larmor = minimum.reported["chi_larmor"]
        if chi_larmor < 0.0:
            reasons.append("chi_larmor came out negative: this is no diamagnet with Curie-like impurities")
        return Assessment("poor", tuple(reasons))
    p_chi2 = stats.p_value if stats.p_value is not None else 1.0
    if p_chi2 < MISFIT_P:
        reasons.append(
            f"the residuals are random but {factor:.3g} times the stated errors (chi2 {p_value(p_chi2)}): "
            "use error_scaled"
        )
    elif 1.0 - p_chi2 < MISFIT_P:
        reasons.append(f"the stated errors are {1.0 / factor:.3g} times the scatter")
    else:
        reasons.append(
            f"the model describes the data: chi2/ndof = {stats.chi2:.1f}/{stats.ndof}, {p_value(p_chi2)}"
        )
    if ats_test is not None:
        gain = f"chi2 falls by {ats_test.delta_chi2:.1f} for {ats_test.extra_parameters} parameters"
        if not ats_test.needed:
            reasons.insert(0, f"Larmor and Langevin terms serve: {gain} ({p_value(ats_test.p_value)})")
            plain = ", ".join(
                f"{name} = {value_with_error(value, error)} {PARAMETERS[name].unit}"
                for name, (value, error) in ats_test.parameters_without.items()
            )
            reasons.append(f"without it: {plain}")
            return Assessment("term-not-needed", tuple(reasons))
        reasons.append(f"the ATS term is needed: {gain} ({p_value(ats_test.p_value)})")
    lost = {name: error for name, error in relative_errors.items() if error is None or error > UNDETERMINED}
    if lost:
        words = [
            f"{name} ({'no error' if error is None else percent(error)})" for name, error in lost.items()
        ]
        text = f"not fixed by the data: {', '.join(words)}; hold it (--fix NAME=VALUE) or add data"
        return Assessment("not-determined", (text, *reasons))
    return Assessment("good", tuple(reasons))
