"""How well a model describes data: goodness of fit in numbers, tail probabilities, and the verdicts on fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import erfc, exp, isfinite, lgamma, log, log1p, pi, sqrt

import numpy as np

from glasspara.arrays import FloatArray, distinct_values, median, robust_sigma
from glasspara.data import Dataset

MISFIT_P = 1.0e-3
"""Below this chi2 p-value, or p-value of the residuals' correlation, data and model disagree."""


@dataclass(frozen=True)
class Statistics:
    """Goodness of fit. AIC = chi2 + 2k and BIC = chi2 + k ln N, as holds for known sigma.

    ``chi2`` counts points and constraints, ``chi2_points`` the points alone; ``n_free`` counts the parameters of
    the stages too.
    """

    chi2: float
    chi2_points: float
    ndof: int
    p_value: float | None
    aic: float
    bic: float
    n_points: int
    n_free: int

    @property
    def scatter_factor(self) -> float:
        """By how much the scatter of the points exceeds their stated errors; 1 without degrees of freedom."""
        return sqrt(self.chi2_points / self.ndof) if self.ndof > 0 else 1.0

    @property
    def chi2_unit(self) -> float:
        """What a rise of chi2 by 1 stands for: more where the scatter exceeds the stated errors."""
        return max(self.scatter_factor, 1.0) ** 2


def chi2_p_value(chi2: float, ndof: int) -> float:
    """Chance of a chi2 as large or larger with ``ndof`` degrees of freedom."""
    return _upper_gamma(ndof / 2.0, max(chi2, 0.0) / 2.0)


def f_p_value(statistic: float, parameters: int, ndof: int) -> float:
    """Chance of an F ratio as large or larger; 1 without degrees of freedom."""
    if parameters <= 0 or ndof <= 0 or statistic <= 0.0:
        return 1.0
    return _lower_beta(ndof / 2.0, parameters / 2.0, parameters * statistic / ndof)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for their number, in their order.

    Holm's step-down method (Scand. J. Statist. 6, 65, 1979): whatever the dependence between the tests, the chance
    that any true hypothesis has an adjusted value below alpha is alpha at most.
    """
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def residual_correlation(data: Dataset, pulls: FloatArray) -> tuple[float, float]:
    """Correlation of neighbouring residuals, and its one-sided p-value.

    Neighbours are taken in order of temperature in fixed-field runs, of field in fixed-temperature runs, within
    a branch. White residuals have mean correlation 0 and variance 1/(number of pairs).
    """
    bounds = _bounds(pulls)
    products: list[FloatArray] = []
    for run, part in zip(data.runs, data.split(pulls), strict=True):
        along = run.temperature if run.run.kind == "fixed-field" else run.field
        for branch in distinct_values(run.run.branch):
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
    return robust_sigma(values - median(values))


# The tails of chi2 and F by series and continued fractions (W. H. Press et al., Numerical Recipes, 3rd ed. (2007), 6.2
# and 6.4), because SciPy's take longer to import than a fit takes. Their leading factors are written without the large
# logarithms that cancel (C. Loader, Fast and accurate computation of binomial probabilities, 2000). Relative error
# below 1e-12 up to 10,000 degrees of freedom, 1e-10 up to a million.

_MAX_TERMS = 100_000
_ENOUGH = 1.0e-16
_NIL = 1.0e-300
_STIRLING_FROM = 15.0


def _upper_gamma(a: float, x: float) -> float:
    """Regularised upper incomplete gamma function."""
    if x <= 0.0:
        return 1.0
    if not isfinite(x):
        return 0.0
    excess = (x - a) / a
    ln_ratio = log1p(excess) if excess > -0.5 else log(x / a)
    front = sqrt(a / (2.0 * pi)) * exp(-a * (excess - ln_ratio) - _stirling_rest(a))
    if x >= a + 1.0:
        return front / _continued_fraction(x + 1.0 - a, lambda k: (k * (a - k), x + 2.0 * k + 1.0 - a))
    term = total = 1.0 / a
    for k in range(1, _MAX_TERMS):
        term *= x / (a + k)
        total += term
        if term < _ENOUGH * total:
            break
    return 1.0 - front * total


def _lower_beta(a: float, b: float, odds: float) -> float:
    """Regularised incomplete beta function I_x(a, b) at x = 1/(1 + odds)."""
    if odds <= 0.0 or not isfinite(odds):
        return float(odds <= 0.0)
    ln_x = -log1p(odds)
    front = exp(a * ln_x + b * (log(odds) + ln_x) - _ln_beta(a, b))
    x = 1.0 / (1.0 + odds)
    above = x > (a + 1.0) / (a + b + 2.0)
    if above:
        a, b, x = b, a, odds * x

    def level(k: int) -> tuple[float, float]:
        m = k // 2
        if k % 2:
            return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0

    part = front / (a * _continued_fraction(1.0, level))
    return 1.0 - part if above else part


def _continued_fraction(first: float, level: Callable[[int], tuple[float, float]]) -> float:
    """first + a1/(b1 + a2/(b2 + ...)) by Lentz's method; ``level`` gives (a, b) from 1 on."""
    value = upper = first or _NIL
    lower = 0.0
    for k in range(1, _MAX_TERMS):
        a, b = level(k)
        lower = 1.0 / (b + a * lower or _NIL)
        upper = b + a / upper or _NIL
        value *= upper * lower
        if abs(upper * lower - 1.0) < _ENOUGH:
            break
    return value


def _ln_beta(a: float, b: float) -> float:
    """Logarithm of the beta function."""
    small, large = min(a, b), max(a, b)
    ratio = (large - 0.5) * log1p(small / large) + small * (log(small + large) - 1.0)
    return lgamma(small) - ratio - _stirling_rest(small + large) + _stirling_rest(large)


def _stirling_rest(a: float) -> float:
    """What Stirling's formula leaves of the logarithm of the gamma function."""
    if a < _STIRLING_FROM:
        return lgamma(a) - (a - 0.5) * log(a) + a - 0.5 * log(2.0 * pi)
    inverse = 1.0 / (a * a)
    return (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / a
