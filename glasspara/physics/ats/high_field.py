"""ATS term beyond the weak field: the corrected two-level form (11), with its analytic derivatives.

G. Jug and S. Recchia, arXiv:2111.12644, eqs. (10), (11), in the form

``M = 2 pi n_ats (2kT/B) <q [K(d, c_b u rho) - K(d, c_a u rho)]>``

with d, c_a, c_b, u and K as in ``ats``, and rho and q of the phase ``phi = u B/B*`` as in ``ats_gap``. B* =
phi_0/(2 pi (Q/e) S4) is the field that gives a loop across it the phase 1. As K = c^2 g, the integrand is
``u^2 h(phi) g(d, c u rho)`` with h = q rho^2, regular where phi_e vanishes. ``docs/theory.md``, "High field", has the
derivation and the error of the mean over u.
"""

from __future__ import annotations

from functools import lru_cache
from math import pi, prod, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ats.arguments import (
    Conventions,
    Points,
    Sums,
    chunks,
    conventions,
    fill_derivatives,
    flatten,
    reduced,
)
from glasspara.physics.ats.difference import difference
from glasspara.physics.ats.tunnelling_number import Law, Law15
from glasspara.units import FLUX_QUANTUM, SQUARE_ANGSTROM, TESLA

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
        As in :func:`glasspara.physics.ats.magnetisation.ats_magnetisation`.
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
    return ats_high_field_magnetisation_by_law(
        T,
        H,
        n_ats=n_ats,
        d_min=d_min,
        d0min_qs4=d0min_qs4,
        d0max_qs4=d0max_qs4,
        law=Law15(delta_mu),
        b_star=b_star,
        form=form,
        orientation=orientation,
        convention=convention,
    )


def ats_high_field_magnetisation_gradient(
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
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Magnetisation as :func:`ats_high_field_magnetisation`, and its analytic derivative by each argument.

    The dictionary has the keys ``n_ats``, ``d_min``, ``d0min_qs4``, ``d0max_qs4``, ``delta_mu``, ``b_star``, ``T``
    and ``H``; each derivative has the magnetisation's shape and the unit emu/g over that of its argument.
    """
    return ats_high_field_magnetisation_by_law_gradient(
        T,
        H,
        n_ats=n_ats,
        d_min=d_min,
        d0min_qs4=d0min_qs4,
        d0max_qs4=d0max_qs4,
        law=Law15(delta_mu),
        b_star=b_star,
        form=form,
        orientation=orientation,
        convention=convention,
    )


def ats_high_field_magnetisation_by_law(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    law: Law,
    b_star: npt.ArrayLike,
    form: str = "exact",
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Magnetisation as :func:`ats_high_field_magnetisation`, emu/g, the tunnelling number by ``law``, (15) or (16)."""
    shape, points = flatten(
        law,
        T=T,
        H=H,
        n_ats=n_ats,
        d_min=d_min,
        d0min_qs4=d0min_qs4,
        d0max_qs4=d0max_qs4,
        b_star=b_star,
    )
    known = conventions(orientation, convention)
    u, weight = _rule(known.isotropic)
    out = np.empty(prod(shape))
    for part, p in chunks(shape, points, _CHUNK):
        d, k = reduced(p, known.phase)
        bent = _bend(form, u, p, known)
        (value,) = _difference(p, d, k, u * bent.share, gradient=False)
        mean = (weight * bent.weight * value).sum(axis=0)
        out[part] = p.n_ats * (known.prefactor * p.T * k * k * p.H) * mean
    return out.reshape(shape)


def ats_high_field_magnetisation_by_law_gradient(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    law: Law,
    b_star: npt.ArrayLike,
    form: str = "exact",
    orientation: str = "isotropic",
    convention: str = "paper",
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """As :func:`ats_high_field_magnetisation_gradient`, with ``law._fields`` in place of ``delta_mu``."""
    shape, points = flatten(
        law,
        T=T,
        H=H,
        n_ats=n_ats,
        d_min=d_min,
        d0min_qs4=d0min_qs4,
        d0max_qs4=d0max_qs4,
        b_star=b_star,
    )
    known = conventions(orientation, convention)
    u, weight = _rule(known.isotropic)
    names = ("M", "n_ats", "d_min", "d0min_qs4", "d0max_qs4", *law._fields, "b_star", "T", "H")
    out = {name: np.empty(prod(shape)) for name in names}
    for part, p in chunks(shape, points, _CHUNK):
        d, k = reduced(p, known.phase)
        bent = _bend(form, u, p, known)
        rows = _difference(p, d, k, u * bent.share, gradient=True)
        value, by_log_c, by_log_d, by_upper, by_lower = (weight * bent.weight * rows).sum(axis=1)
        # by ln phi with c held: through h, and through rho, which acts like c on what multiplies c^2
        by_log_phi = (
            weight * (bent.weight_slope * rows[0] + bent.share_slope * (rows[1] - 2 * rows[0]))
        ).sum(axis=0)
        slope = known.prefactor * p.T * k * k
        fill_derivatives(out, part, p, Sums(slope, value, by_log_c, by_log_d, by_upper, by_lower, by_log_phi))
    shaped = {name: value.reshape(shape) for name, value in out.items()}
    return shaped.pop("M"), shaped


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


def _bend(form: str, u: FloatArray, p: Points, known: Conventions) -> Gap:
    """The correction for each direction and point. The share of "rms" in the phase is in here, not in ``u``."""
    if form not in PHASE_LIMIT:
        raise ValueError(f"unknown form {form!r}; known are {', '.join(PHASE_LIMIT)}")
    field = np.abs(p.H) / (TESLA * p.b_star) * np.exp(2 * p.law.log_ratio(p.T))
    limit = PHASE_LIMIT[form] / known.share
    if field.max(initial=0.0) >= limit:
        raise ValueError(
            f"b_star is too small: the {form} two-level form (11) ends at H = {limit:.4g} b_star(T), "
            f"and the data go to {field.max():.4g} b_star(T)"
        )
    return gap(form, known.share * field * u, field)


def _difference(p: Points, d: FloatArray, k: FloatArray, u: FloatArray, *, gradient: bool) -> FloatArray:
    """Rows of ``ats_difference.difference`` for every direction: shape (rows, nodes, points)."""
    return difference(d, k * np.abs(p.H) * u, p.d0min_qs4, p.d0max_qs4, isotropic=False, gradient=gradient)
