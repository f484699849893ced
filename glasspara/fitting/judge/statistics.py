"""Goodness of fit in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt


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
