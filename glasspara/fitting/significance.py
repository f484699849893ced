"""Tail probabilities of the distributions that fits are judged by."""

from __future__ import annotations


def chi2_p_value(chi2: float, ndof: int) -> float:
    """Chance of a chi2 as large or larger with ``ndof`` degrees of freedom."""
    from scipy.special import gammaincc

    return float(gammaincc(ndof / 2.0, max(chi2, 0.0) / 2.0))


def f_p_value(statistic: float, parameters: int, ndof: int) -> float:
    """Chance of an F ratio as large or larger; 1 without degrees of freedom."""
    from scipy.special import fdtrc

    return float(fdtrc(parameters, ndof, statistic)) if parameters > 0 and ndof > 0 else 1.0
