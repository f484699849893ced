"""ATS term beyond the weak field: the corrected two-level form (11), with its analytic derivatives.

G. Jug and S. Recchia, arXiv:2111.12644, eqs. (10), (11), in the form

``M = 2 pi n_ats (2kT/B) <q [K(d, c_b u rho) - K(d, c_a u rho)]>``

with d, c_a, c_b, u and K as in ``magnetisation``. Beyond the weak field the gap of one tunnelling system is
``E^2 = D^2 + D_0^2 phi_e^2`` with an effective phase phi_e of the Aharonov-Bohm phase ``phi = u B/B*``, phi_e -> phi
for phi -> 0. B* = phi_0/(2 pi (Q/e) S4) is the field that gives a loop across it the phase 1. ``rho = phi_e/phi`` is
the share of the phase that acts, and q the factor that the correction puts before 1/B:

========  =============================  ==========================================
form      phi_e^2                        q
========  =============================  ==========================================
printed   phi^2 (1 - phi^2/27)           1 - (B/B*)^2/54, as (11) has it
expanded  phi^2 (1 - phi^2/27)           d ln phi_e/d ln phi of that gap
exact     9 sin^2(phi/3)                 (phi/3) cot(phi/3), the same of this gap
========  =============================  ==========================================

As K = c^2 g, the integrand is ``u^2 h(phi) g(d, c u rho)`` with h = q rho^2, regular where phi_e vanishes.
``docs/theory.md``, "High field", has the derivation and the error of the mean over u.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ats.kernel import difference
from glasspara.physics.ats.magnetisation import (
    AtsPoints,
    NamedColumns,
    Sums,
    derivative_names,
    derivatives,
    flatten,
    in_chunks,
    reduced,
)
from glasspara.physics.ats.parameters import AtsParameters, Conventions
from glasspara.units import FLUX_QUANTUM, SQUARE_ANGSTROM, TESLA

PHASE_LIMIT = {"printed": sqrt(27.0), "expanded": sqrt(27.0), "exact": 3 * pi}
"""Where phi_e comes back to 0, by form."""
_PHASE_FLOOR = 1e-300
_NODES = 28
"""Directions of the isotropic mean."""
_CHUNK = 512
"""Points computed at a time; each stands for as many as the rule has nodes."""


def characteristic_field(qs4: npt.ArrayLike) -> FloatArray:
    """B* = phi_0/(2 pi (Q/e) S4), T, of loops with ``qs4`` = (Q/e) S4, A^2 > 0; eq. (11). Its own inverse."""
    return np.asarray(FLUX_QUANTUM / (2 * pi * SQUARE_ANGSTROM * np.asarray(qs4, dtype=np.float64)))


def ats_high_field_magnetisation(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    b_star: npt.ArrayLike,
    form: str = "exact",
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Magnetisation (10) with the high-field correction (11), emu/g.

    Exactly odd in ``H``; the uncorrected term for an infinite ``b_star``. The error of the isotropic mean, relative to
    the uncorrected term, is below 2e-10 in an ordinary run and 2e-8 in the extreme while the largest phase is below
    3; ``docs/theory.md`` has the rest.

    Parameters
    ----------
    T, H, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, convention
        As in :func:`glasspara.ats_magnetisation`.
    b_star : array_like
        Characteristic field phi_0/(2 pi (Q/e) S4) at T0 = 1.26 K, T; positive, may be infinite. Q and S4 are
        each proportional to the tunnelling number, so B* falls as s^-2.
    form : {"exact", "expanded", "printed"}
        Effective phase 3 sin(phi/3) of the two-level gap; its expansion phi^2 (1 - phi^2/27) with the prefactor that
        belongs to it; the same with the prefactor [1 - (B/B*)^2/54]/B of (11) as printed, without the
        direction in it.
    orientation : {"isotropic", "aligned", "rms"}
        phi = u B/B* with u = \\|cos theta\\| averaged, 1, or 1/sqrt(3).

    Raises
    ------
    ValueError
        As there, for a b_star that is not positive, an unknown form, and where the largest phase is not below
        sqrt(27) ("printed" and "expanded") or 3 pi ("exact"): there the effective phase comes back to 0, and the
        form has long lost its meaning.
    """
    ats = AtsParameters(
        n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4, delta_mu=delta_mu,
        orientation=orientation, convention=convention,
    )  # fmt: skip
    return high_field_term(T, H, ats, b_star=b_star, form=form)


def high_field_term(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters, *, b_star: npt.ArrayLike, form: str = "exact"
) -> FloatArray:
    """Magnetisation as :func:`ats_high_field_magnetisation`, emu/g, with the law of ``ats``, (15) or (16)."""
    shape, points = _flatten(T, H, ats, b_star)
    known = ats.conventions
    u, weight = _rule(known.isotropic)

    def columns(p: AtsPoints) -> NamedColumns:
        d, k = reduced(p, known.phase)
        bent = _bend(form, u, p, known)
        (value,) = _difference(p, d, k, u * bent.share, gradient=False)
        mean = (weight * bent.weight * value).sum(axis=0)
        yield "M", p.n_ats * (known.prefactor * p.T * k * k * p.H) * mean

    return in_chunks(shape, points, ("M",), columns, chunk=_CHUNK)["M"]


def high_field_term_gradient(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters, *, b_star: npt.ArrayLike, form: str = "exact"
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Magnetisation as :func:`high_field_term`, and its analytic derivative by each argument.

    The dictionary has the keys ``n_ats``, ``d_min``, ``d0min_qs4``, ``d0max_qs4``, ``delta_mu`` (or ``gamma_tunn`` and
    ``e0_tunn``), ``b_star``, ``T`` and ``H``; each derivative has the magnetisation's shape and the unit emu/g over
    that of its argument.
    """
    shape, points = _flatten(T, H, ats, b_star)
    known = ats.conventions
    u, weight = _rule(known.isotropic)

    def columns(p: AtsPoints) -> NamedColumns:
        d, k = reduced(p, known.phase)
        bent = _bend(form, u, p, known)
        rows = _difference(p, d, k, u * bent.share, gradient=True)
        value, by_log_c, by_log_d, by_upper, by_lower = (weight * bent.weight * rows).sum(axis=1)
        # by ln phi with c held: through h, and through rho, which acts like c on what multiplies c^2
        by_log_phi = (
            weight * (bent.weight_slope * rows[0] + bent.share_slope * (rows[1] - 2 * rows[0]))
        ).sum(axis=0)
        slope = known.prefactor * p.T * k * k
        yield from derivatives(p, Sums(slope, value, by_log_c, by_log_d, by_upper, by_lower, by_log_phi))
        yield "b_star", -(p.n_ats * (slope * p.H)) * by_log_phi / p.further[0]

    out = in_chunks(shape, points, derivative_names(ats, "b_star"), columns, chunk=_CHUNK)
    return out.pop("M"), out


def _flatten(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters, b_star: npt.ArrayLike
) -> tuple[tuple[int, ...], AtsPoints]:
    shape, points = flatten(T, H, ats, b_star)
    if not (points.further[0] > 0).all():
        raise ValueError("b_star must be positive (T)")
    return shape, points


@lru_cache(maxsize=2)
def _rule(isotropic: bool) -> tuple[FloatArray, FloatArray]:
    """Directions u and weights times u^2 of the mean over them, each of shape (nodes, 1)."""
    if not isotropic:
        return np.ones((1, 1)), np.ones((1, 1))
    # graded to both ends: u ln u at u = 0 where c is large, sqrt(27 - phi^2) at u = 1
    x, weight = np.polynomial.legendre.leggauss(_NODES)
    v = (x + 1) / 2
    u, weight = v * v * (2 - v * v), weight * 2 * v * (1 - v * v)
    return u[:, np.newaxis], (weight * u * u)[:, np.newaxis]


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


def _bend(form: str, u: FloatArray, p: AtsPoints, known: Conventions) -> Gap:
    """The correction for each direction and point. The share of "rms" in the phase is in here, not in ``u``."""
    if form not in PHASE_LIMIT:
        raise ValueError(f"unknown form {form!r}; known are {', '.join(PHASE_LIMIT)}")
    field = np.abs(p.H) / (TESLA * p.further[0]) * np.exp(2 * p.law.log_ratio(p.T))
    limit = PHASE_LIMIT[form] / known.share
    if field.max(initial=0.0) >= limit:
        raise ValueError(
            f"b_star is too small: the {form} two-level form (11) ends at H = {limit:.4g} b_star(T), "
            f"and the data go to {field.max():.4g} b_star(T)"
        )
    return gap(form, known.share * field * u, field)


def _difference(p: AtsPoints, d: FloatArray, k: FloatArray, u: FloatArray, *, gradient: bool) -> FloatArray:
    """Rows of ``difference`` for every direction: shape (rows, nodes, points)."""
    return difference(d, k * np.abs(p.H) * u, p.d0min_qs4, p.d0max_qs4, isotropic=False, gradient=gradient)
