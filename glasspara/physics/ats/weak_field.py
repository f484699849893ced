"""Weak fields: the susceptibility (14), its parts, and how far from it a field and a temperature are.

G. Jug and S. Recchia, arXiv:2111.12644, eqs. (12) to (14):
``chi = -chi_L + C/T + G int_{Dmin}^inf dE tanh(E/2kT)/E^2``, with D_min and G as they are at each temperature:
by (15) they follow the number of tunnelling particles, D_min ~ s(T), G ~ s(T)^6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ats.limits import ats_weak_field_susceptibility, ats_weak_field_susceptibility_cold
from glasspara.physics.ats.magnetisation import ats_magnetisation
from glasspara.physics.ats.tunnelling_number import T_REFERENCE
from glasspara.physics.ions.ions import Ion, curie_constant
from glasspara.physics.ions.langevin import langevin_response

_UNIT: Mapping[str, Any] = {"n_ats": 1.0e16, "d0min_qs4": 0.0, "d0max_qs4": 1.0e5}
"""Systems whose amplitude is divided out again."""


def weak_field_amplitude(
    *,
    n_ats: float,
    d0min_qs4: float,
    d0max_qs4: float,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> float:
    """G of (14) at T0 = 1.26 K, emu K g^-1 Oe^-1, from ``n_ats`` (g^-1) and the cutoffs (K A^2).

    (12) with the square of the cutoffs' amplitudes: (4 pi^3/3) n_ats (d0max_qs4^2 - d0min_qs4^2)/phi_0^2 in the "paper"
    convention and the isotropic mean. Errors are those of :func:`glasspara.ats_magnetisation`.
    """
    chi = ats_weak_field_susceptibility_cold(
        T_REFERENCE, n_ats=n_ats, d_min=1.0, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4, delta_mu=0.0,
        orientation=orientation, convention=convention,
    )  # fmt: skip
    return float(chi)


def gap_integral(T: npt.ArrayLike, *, d_min: float, delta_mu: float) -> FloatArray:
    """``s^6 int_{Dmin s}^inf dE tanh(E/2kT)/E^2`` with s = s(T) of (15), K^-1, with the shape of ``T`` (K).

    The ATS term of (14) over G at T0. ``d_min`` (K) is that at T0, ``delta_mu`` in K. Errors are those of
    :func:`glasspara.ats_magnetisation`.
    """
    chi = ats_weak_field_susceptibility(T, d_min=d_min, delta_mu=delta_mu, **_UNIT)
    return np.asarray(chi / weak_field_amplitude(**_UNIT))


def curie_curvature(T: npt.ArrayLike, H: npt.ArrayLike, *, ion: Ion) -> FloatArray:
    """1 less the moment of an ion over its Curie law, dimensionless: how far B_J has bent at ``T`` (K), ``H`` (Oe).

    It grows as (H/T)^2 and does not depend on the sign of H, which must not be 0.
    """
    moment, _ = langevin_response(T, H, j=ion.j, g=ion.g)
    ratio = np.asarray(H, dtype=np.float64) / np.asarray(T, dtype=np.float64)
    return np.asarray(1.0 - moment / (curie_constant(ion.j, ion.g) * ratio))


def ats_curvature(T: npt.ArrayLike, H: npt.ArrayLike, *, ats: Mapping[str, Any]) -> FloatArray:
    """1 less M_ATS of (10) over its weak-field form (12), dimensionless, at ``T`` (K) and ``H`` (Oe, not 0).

    It grows as the square of the Aharonov-Bohm energy D_0max phi over 2kT. ``ats`` are the parameters of
    :func:`glasspara.ats_magnetisation`, with which its errors and conventions are.
    """
    field = np.asarray(H, dtype=np.float64)
    return np.asarray(
        1.0 - ats_magnetisation(T, field, **ats) / (ats_weak_field_susceptibility(T, **ats) * field)
    )
