"""The universal function of the ATS term at zero temperature, and with it the function at large c.

**Zero temperature** (D_min >> kT). With ln cosh x replaced by x,
``K0(d, c) = int_d^inf dy/y [sqrt(y^2 + c^2) - y] = d - sqrt(d^2 + c^2) + c asinh(c/d)``, and its isotropic mean is
elementary too (:func:`cold_fields`).

**Large c.** With r = sqrt(y^2 + c^2), ln cosh r = r - ln 2 + ln(1 + exp(-2r)), so that exactly
``K(d, c) = K0(d, c) - Phi(d) + E(d, c)``: Phi(d) = int_d^inf dy/y ln(1 + exp(-2y)), and E, the same integral with r in
place of y, is of order exp(-2c). The isotropic mean is ``G = G0 - Phi + (X - Y)/c`` with X(d) the integral of E over
all c and Y(d, c) that from c to infinity. So an elementary part, functions of one variable and an exponentially small
part add up (:func:`split_fields`); ``warm`` and ``middle`` supply the last two. See ``docs/theory.md``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from glasspara.arrays import FloatArray

Remainder = Callable[[str, bool], FloatArray]
"""``remainder(name, by_d)``: the part of order exp(-2c) called "K" (E), "K1", "K2" (its first and second
derivative by ln c) or "Y", or d times its derivative by d."""


@dataclass(frozen=True, eq=False)
class OneVariable:
    """Phi(d), X(d), and d times their derivatives."""

    phi: FloatArray
    phi_d: FloatArray
    x: FloatArray
    x_d: FloatArray


def split_fields(
    d: FloatArray,
    c: FloatArray,
    fields: frozenset[str],
    isotropic: bool,
    one: OneVariable,
    remainder: Remainder,
) -> dict[str, FloatArray]:
    """Fields of the kernel (see ``kernel``) for c well above 0. ``d`` broadcasts against ``c``."""
    cold = cold_fields(d, c, fields, isotropic)
    thermal = _isotropic(c, fields, one, remainder) if isotropic else _aligned(fields, one, remainder)
    return {name: cold[name] + thermal[name] / c / c for name in fields}


def _isotropic(
    c: FloatArray, fields: frozenset[str], one: OneVariable, remainder: Remainder
) -> dict[str, FloatArray]:
    out: dict[str, FloatArray] = {}
    if fields & {"g", "w", "v"}:
        mean = (one.x - remainder("Y", False)) / c
        if "g" in fields:
            out["g"] = mean - one.phi
        if fields & {"w", "v"}:
            w = remainder("K", False) - mean
            if "w" in fields:
                out["w"] = w
            if "v" in fields:
                out["v"] = remainder("K1", False) - w
    if fields & {"g_d", "w_d"}:
        mean = (one.x_d - remainder("Y", True)) / c
        if "g_d" in fields:
            out["g_d"] = mean - one.phi_d
        if "w_d" in fields:
            out["w_d"] = remainder("K", True) - mean
    return out


def _aligned(fields: frozenset[str], one: OneVariable, remainder: Remainder) -> dict[str, FloatArray]:
    source = {
        "g": ("K", False),
        "w": ("K1", False),
        "v": ("K2", False),
        "g_d": ("K", True),
        "w_d": ("K1", True),
    }
    out = {name: remainder(*source[name]) for name in fields}
    if "g" in fields:
        out["g"] = out["g"] - one.phi
    if "g_d" in fields:
        out["g_d"] = out["g_d"] - one.phi_d
    return out


_SERIES_BELOW = 0.5
_SERIES = tuple(2.0 / ((2 * k + 1) * (2 * k + 3)) for k in range(14))
"""(1 - asinh(q)/q) (1 + rho)^2 / q^2 by powers of tau^2, tau = q / (1 + rho), rho = sqrt(1 + q^2)."""


def _asinh_parts(q: FloatArray, rho: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``a = asinh(q)/q`` and ``u = (1 - a)/q^2``, both without cancellation down to q = 0."""
    small = q < _SERIES_BELOW
    if small.all():
        return _asinh_parts_series(q, rho)
    safe = np.maximum(q, _SERIES_BELOW)
    a = np.log(safe + rho) / safe
    u = (1.0 - a) / (safe * safe)
    if small.any():
        points = np.flatnonzero(small)
        a_small, u_small = _asinh_parts_series(q.ravel()[points], rho.ravel()[points])
        np.put(a, points, a_small)
        np.put(u, points, u_small)
    return a, u


def _asinh_parts_series(q: FloatArray, rho: FloatArray) -> tuple[FloatArray, FloatArray]:
    fall = 1.0 / (1.0 + rho)
    tau2 = (q * fall) ** 2
    u = np.full_like(tau2, _SERIES[-1])
    for coefficient in _SERIES[-2::-1]:
        u *= tau2
        u += coefficient
    u *= fall * fall
    return 1.0 - q * q * u, u


def cold_fields(
    d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Zero-temperature values of the kernel's fields (see ``kernel``), for d > 0 and c >= 0."""
    q = c / d
    # The square is ten times faster, but could overflow.
    rho = np.sqrt(1.0 + q * q) if q.max(initial=0.0) < 1e150 else np.hypot(1.0, q)
    a, u = _asinh_parts(q, rho)
    half = 1.0 / (1.0 + rho)
    out: dict[str, FloatArray] = {}
    if isotropic:
        w = a / 2 - half / 4 - u / 4
        if "g" in fields:
            out["g"] = (u / 4 - 0.75 * half + a / 2) / d
        if "w" in fields:
            out["w"] = w / d
        if "v" in fields:
            out["v"] = (a - w) / d
        if "g_d" in fields:
            out["g_d"] = (u - half) / (2 * d)
        if "w_d" in fields:
            out["w_d"] = -(u + half) / (2 * d)
        return out
    if "g" in fields:
        out["g"] = (a - half) / d
    if "w" in fields:
        out["w"] = a / d
    if "v" in fields:
        out["v"] = (a + 1.0 / rho) / d
    if "g_d" in fields:
        out["g_d"] = -half / d
    if "w_d" in fields:
        out["w_d"] = -1.0 / (rho * d)
    return out
