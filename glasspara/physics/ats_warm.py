"""The ATS kernel while D_min < kT (d <= D_WARM): the typical case, from one-variable polynomials."""

from __future__ import annotations

from functools import lru_cache
from math import pi

import numpy as np
import numpy.typing as npt

from glasspara.physics.ats_polynomials import power_series
from glasspara.physics.ats_split import OneVariable, split_fields
from glasspara.physics.ats_tables import (
    C_NIL,
    ORDERS,
    large_tables,
    large_variable,
    small_tables,
    small_variable,
)

FloatArray = npt.NDArray[np.float64]

_LN2 = float(np.log(2.0))
_EULER = float(np.euler_gamma)
_ZETA2_SLOPE = -0.9375482543158438
"""Derivative of the Riemann zeta function at 2."""
_HALVES = 0.5 / np.arange(1, ORDERS)
_X_CONSTANT = -_EULER * pi**2 / 24 + (_LN2 * pi**2 / 6 + _ZETA2_SLOPE) / 4


def warm_small_fields(
    d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for 0 < d <= D_WARM, 0 <= c <= C_SPLIT. ``d`` broadcasts against ``c``."""
    tables = small_tables(isotropic)
    x = small_variable(c)
    log_d, d2 = np.log(d), d * d
    return {
        name: tables[name[0]].derivative(x, d2)
        if name.endswith("_d")
        else tables[name].evaluate(x, log_d, d2)
        for name in fields
    }


def warm_large_fields(
    d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for 0 < d <= D_WARM, c >= C_SPLIT. ``d`` broadcasts against ``c``."""
    tables = large_tables(isotropic)
    x = large_variable(np.minimum(c, C_NIL))
    log_d, d2 = np.log(d), d * d
    fall = np.exp(-2.0 * c)

    def remainder(name: str, by_d: bool) -> FloatArray:
        series = tables[name]
        return fall * (series.derivative(x, d2) if by_d else series.evaluate(x, log_d, d2))

    return split_fields(d, c, fields, isotropic, warm_one_variable(d), remainder)


def _odd_sum(power: int) -> float:
    """Sum of (2n + 1)^-power over n >= 0; the tail by Euler and Maclaurin."""
    terms = 2000
    edge = 2.0 * terms
    tail = edge**-power * (edge / (2 * (power - 1)) - power / edge / 12)
    return float(np.sum((2.0 * np.arange(terms) + 1) ** -power)) + tail


@lru_cache(maxsize=1)
def _coefficients() -> tuple[FloatArray, FloatArray]:
    """Taylor coefficients by d^2, d^4, ...: of ln cosh d, and of -d X'(d) without its logarithmic terms.

    Both from ln cosh r = sum over n of ln(1 + r^2/omega_n^2), omega_n = (n + 1/2) pi; the second has none of
    the first order.
    """
    log_cosh, line = np.zeros(ORDERS - 1), np.zeros(ORDERS - 1)
    binomial = 0.5
    for k in range(1, ORDERS):
        log_cosh[k - 1] = (-1) ** (k + 1) / k * (2 / pi) ** (2 * k) * _odd_sum(2 * k)
        if k > 1:
            binomial *= (1.5 - k) / k
            line[k - 1] = pi * binomial * (2 / pi) ** (2 * k - 1) * _odd_sum(2 * k - 1)
    return log_cosh, line


def warm_one_variable(d: FloatArray) -> OneVariable:
    """Phi(d) and X(d) of ``ats_split`` for d <= D_WARM."""
    log_cosh, line = _coefficients()
    log_d, d2 = np.log(d), d * d
    powers = np.empty((ORDERS - 1, d.size))
    power_series(d2, powers)
    phi = -_LN2 * log_d - 1.5 * _LN2**2 + d - (log_cosh * _HALVES) @ powers
    log_scaled = log_d + (np.log(2 / pi) + _EULER)
    x = _X_CONSTANT - pi**2 / 24 * log_d - d2 / 4 * (log_scaled - 1) - (line * _HALVES) @ powers
    x_d = -(pi**2) / 24 - d2 / 2 * (log_scaled - 0.5) - line @ powers
    return OneVariable(phi=phi, phi_d=-np.log1p(np.exp(-2 * d)), x=x, x_d=x_d)
