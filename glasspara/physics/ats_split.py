"""The ATS kernel at large c, split into elementary, one-variable and exponentially small parts.

With r = sqrt(y^2 + c^2), ln cosh r = r - ln 2 + ln(1 + exp(-2r)), so that exactly
``K(d, c) = K0(d, c) - Phi(d) + E(d, c)``: K0 is elementary (``ats_cold``), Phi(d) = int_d^inf dy/y
ln(1 + exp(-2y)), and E, the same integral with r in place of y, is of order exp(-2c). The isotropic mean is
``G = G0 - Phi + (X - Y)/c`` with X(d) the integral of E over all c and Y(d, c) that from c to infinity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glasspara.physics.ats_cold import cold_fields

FloatArray = npt.NDArray[np.float64]

Remainder = Callable[[str, bool], FloatArray]
"""``remainder(name, by_d)``: the part of order exp(-2c) called "K" (E), "K1", "K2" (its first and second
derivative by ln c) or "Y", or d times its derivative by d."""


@dataclass(frozen=True)
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
    """Fields of the kernel (see ``ats_kernel``) for c well above 0. ``d`` broadcasts against ``c``."""
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
