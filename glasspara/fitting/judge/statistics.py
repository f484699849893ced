"""Goodness of fit in numbers, and the tail probabilities that fits are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

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
    from scipy.special import gammaincc

    return float(gammaincc(ndof / 2.0, max(chi2, 0.0) / 2.0))


def f_p_value(statistic: float, parameters: int, ndof: int) -> float:
    """Chance of an F ratio as large or larger; 1 without degrees of freedom."""
    from scipy.special import fdtrc

    return float(fdtrc(parameters, ndof, statistic)) if parameters > 0 and ndof > 0 else 1.0


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
