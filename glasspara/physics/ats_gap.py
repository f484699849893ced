"""Gap of one tunnelling system against the Aharonov-Bohm phase beyond the weak field: the three forms of (11).

The gap is ``E^2 = D^2 + D_0^2 phi_e^2`` with an effective phase phi_e(phi), phi_e -> phi for phi -> 0. The
magnetisation needs ``rho = phi_e/phi``, the share of the phase that acts, and ``h = q rho^2`` with q the factor that
the correction puts before 1/B; see "High field" in ``docs/theory.md``.

========  =============================  ==========================================
form      phi_e^2                        q
========  =============================  ==========================================
printed   phi^2 (1 - phi^2/27)           1 - (B/B*)^2/54, as (11) has it
expanded  phi^2 (1 - phi^2/27)           d ln phi_e/d ln phi of that gap
exact     9 sin^2(phi/3)                 (phi/3) cot(phi/3), the same of this gap
========  =============================  ==========================================
"""

from __future__ import annotations

from math import pi, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

PHASE_LIMIT = {"printed": sqrt(27.0), "expanded": sqrt(27.0), "exact": 3 * pi}
"""Where phi_e comes back to 0, by form."""
_PHASE_FLOOR = 1e-300


class Gap(NamedTuple):
    """``share`` is rho, ``weight`` h; the others are dh/d ln phi and h d ln rho/d ln phi. All regular at phi = 0."""

    share: FloatArray
    weight: FloatArray
    weight_slope: FloatArray
    share_slope: FloatArray


def gap(form: str, phi: FloatArray, field: FloatArray) -> Gap:
    """The correction at phases ``phi`` below the form's ``PHASE_LIMIT``; ``field`` is B/B*, for "printed" alone."""
    if form == "exact":
        third = np.maximum(phi / 3, _PHASE_FLOOR)
        share, cosine = np.sin(third) / third, np.cos(third)
        weight, square = share * cosine, cosine * cosine
        return Gap(share, weight, 2 * square - 1 - weight, square - weight)
    z = phi * phi / 27
    left = 1 - z
    if form == "expanded":
        weight = 1 - 2 * z
        return Gap(np.sqrt(left), weight, -4 * z, -z * weight / left)
    prefactor = 1 - field * field / 54
    return Gap(
        np.sqrt(left), left * prefactor, -2 * z * prefactor - left * (field * field) / 27, -z * prefactor
    )
