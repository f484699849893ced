"""Magnetisation of three-level ATS: Hamiltonian (6) with all three levels, at any phase.

G. Jug and S. Recchia, arXiv:2111.12644, eqs. (6)-(9): ``M = n sum_k w_k (-dE_k/dB)`` with Boltzmann weights w_k,
averaged over the distribution 2 pi P*/(D D_0) between D_min and D_max and between the cutoffs of D_0, over the
asymmetry angle and over directions. With the mean F of ``kernel``,

``M = 2 pi n_ats (kT/B) int_{D_0min}^{D_0max} dD_0/D_0 F(phi_1, D_0/kT, D_min/kT, D_max/kT)``   ("exact"),

phi_1 being the phase (7) of a loop across the field. The cutoffs are those of the source's two-level gap
sqrt(D~^2 + D~_0^2 phi^2), with D~ = sqrt(2/3) D and D~_0 = 2 D_0/sqrt 3 of the Hamiltonian's D and D_0.
``docs/theory.md``, "Three levels", has the derivation and the error budget.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, inf, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from glasspara.arrays import FloatArray
from glasspara.physics.ats.magnetisation import Columns, Points, derivative_names, evaluate, flatten
from glasspara.physics.ats.parameters import AtsParameters, Conventions, check_finite
from glasspara.physics.three_level.kernel import Loops, kernel
from glasspara.physics.three_level.tables import D0_LIMIT, D_LIMIT

_CHUNK = 2048
"""Points times nodes of D_0 computed at a time: what one needs then stays in the processor's cache."""
_D_FLOOR = 1e-300
_D, _D0 = sqrt(1.5), sqrt(0.75)
"""D and D_0 of Hamiltonian (6) over those of the two-level gap."""
_D_MAX_OVER_D0_MAX = 2.0 * _D0 / _D
"""In the Hamiltonian's D and D_0 it is 2: beyond it a few harmonics of the phase are enough."""
_LOG_RATIO_LIMIT = 14.0
"""Largest ln(D_0max/D_0min)."""


def three_level_magnetisation(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    qs4: npt.ArrayLike,
    d_max: npt.ArrayLike = inf,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Magnetisation of three-level ATS, emu/g; G. Jug and S. Recchia, arXiv:2111.12644, eqs. (6)-(9).

    Exactly odd in ``H``; 0 for H = 0, for n_ats = 0 and for equal cutoffs. One half of eq. (10) as printed
    (convention "exact") in the limit of small ``qs4``.

    Parameters
    ----------
    T, H, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, orientation
        As in :func:`glasspara.ats_magnetisation`. They broadcast with ``qs4`` and ``d_max``.
        The cutoffs are, as there, those of the gap sqrt(D^2 + D_0^2 phi^2): the Hamiltonian's D times sqrt(2/3) and D_0
        times 2/sqrt(3).
    qs4 : array_like
        Effective charge times area, (Q/e) S4, at T0 = 1.26 K, A^2. D_0 is ``d0min_qs4/qs4`` to ``d0max_qs4/qs4``.
        :func:`glasspara.physics.ats.characteristic_field` turns it into B* and back.
    d_max : array_like
        Upper cutoff of the asymmetry at T0, K, or infinite (the default, as in eq. (10)). It scales with s(T) as
        d_min does.
    convention : {"paper", "exact"}
        "exact" is what statistical mechanics gives with the distribution (8); "paper" is twice that, so that
        ``n_ats`` means the same as that of eq. (10) as printed.

    Raises
    ------
    ValueError
        As there; for a qs4 or d0min_qs4 that is not positive; for a d_max below d_min or below sqrt(2) D_0max; where
        D_min(T) > 1.63 T or D_0max(T) > 11,500 T; for cutoffs of D_0 a factor of more than a million apart.
    """
    ats = AtsParameters(
        n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4, delta_mu=delta_mu,
        orientation=orientation, convention=convention,
    )  # fmt: skip
    return three_level_term(T, H, ats, qs4=qs4, d_max=d_max)


def three_level_term(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    ats: AtsParameters,
    *,
    qs4: npt.ArrayLike,
    d_max: npt.ArrayLike = inf,
) -> FloatArray:
    """Magnetisation as :func:`three_level_magnetisation`, emu/g, with the law of ``ats``, (15) or (16)."""
    shape, points = _flatten(T, H, ats, qs4, d_max)
    nodes = _node_count(points)

    def columns(p: Points) -> Columns:
        terms = _sum(p, ats.conventions, nodes, gradient=False)
        yield "M", p.n_ats * (terms.slope * p.H) * terms.value

    return evaluate(shape, points, ("M",), columns, chunk=max(1, _CHUNK // nodes))["M"]


def three_level_term_gradient(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    ats: AtsParameters,
    *,
    qs4: npt.ArrayLike,
    d_max: npt.ArrayLike = inf,
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Magnetisation as :func:`three_level_term`, and its derivative by each argument.

    The dictionary has the keys ``n_ats``, ``d_min``, ``d0min_qs4``, ``d0max_qs4``, ``delta_mu`` (or ``gamma_tunn`` and
    ``e0_tunn``), ``qs4``, ``d_max``, ``T`` and ``H``; each derivative has the magnetisation's shape and the unit emu/g
    over that of its argument. That by an infinite d_max is 0.
    """
    shape, points = _flatten(T, H, ats, qs4, d_max)
    nodes = _node_count(points)

    def columns(p: Points) -> Columns:
        t = _sum(p, ats.conventions, nodes, gradient=True)
        area, top = p.further
        scale = p.n_ats * (t.slope * p.H)
        by_d = t.by_log_d_min + t.by_log_d_max
        # The phase grows as s^2; D_0, D_min and D_max as s; and the slope, with the phase's square, as s^4.
        by_log_s = 4 * t.value + 2 * t.by_log_phase + t.by_log_d0 + by_d
        log_s = p.law.log_slopes(p.T)
        yield "M", scale * t.value
        yield "n_ats", t.slope * p.H * t.value
        yield "d_min", scale * t.by_log_d_min / p.d_min
        yield "d_max", scale * t.by_log_d_max / top
        yield "d0min_qs4", scale * t.by_log_lower / p.d0min_qs4
        yield "d0max_qs4", scale * t.by_log_upper / p.d0max_qs4
        yield "qs4", scale * (2 * t.value + t.by_log_phase - t.by_log_d0) / area
        for name, by_parameter in zip(p.law._fields, log_s.by_parameters, strict=True):
            yield name, scale * by_log_s * by_parameter
        yield "T", scale * ((t.value - t.by_log_d0 - by_d) / p.T + log_s.by_temperature * by_log_s)
        yield "H", p.n_ats * t.slope * (t.value + t.by_log_phase)

    names = derivative_names(ats, "qs4", "d_max")
    out = evaluate(shape, points, names, columns, chunk=max(1, _CHUNK // nodes))
    return out.pop("M"), out


class _Terms(NamedTuple):
    """Sums over D_0 of the kernel and its derivatives by logarithms; M = n_ats slope H value."""

    slope: FloatArray
    value: FloatArray
    by_log_phase: FloatArray
    by_log_d0: FloatArray
    by_log_d_min: FloatArray
    by_log_d_max: FloatArray
    by_log_lower: FloatArray
    by_log_upper: FloatArray


def _flatten(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters, qs4: npt.ArrayLike, d_max: npt.ArrayLike
) -> tuple[tuple[int, ...], Points]:
    """Broadcast shape, and the checked arguments, flattened; ``further`` of the points are qs4 and d_max."""
    shape, points = flatten(T, H, ats, qs4, d_max)
    area, top = points.further
    check_finite("qs4", area)
    if not (area > 0).all():
        raise ValueError("qs4 must be positive (A^2)")
    if not (points.d0min_qs4 > 0).all():
        raise ValueError("d0min_qs4 must be positive (K A^2)")
    if not (top >= np.maximum(points.d_min, _D_MAX_OVER_D0_MAX * points.d0max_qs4 / area)).all():
        raise ValueError("d_max must not be below d_min nor below sqrt(2) d0max_qs4/qs4 (K)")
    return shape, points


def _node_count(points: Points) -> int:
    """Gauss nodes between the cutoffs of D_0, by the largest distance: their error is then below 1e-7."""
    longest = float(np.log(points.d0max_qs4 / points.d0min_qs4).max(initial=0.0))
    if longest > _LOG_RATIO_LIMIT:
        raise ValueError("d0max_qs4 must not be more than a million times d0min_qs4")
    return 3 + ceil(2.4 * max(0.0, longest - 0.2))


@lru_cache(maxsize=32)
def _rule(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Gauss and Legendre's nodes and weights on [0, 1], as columns."""
    x, weight = legendre.leggauss(nodes)
    return (x[:, np.newaxis] + 1) / 2, weight[:, np.newaxis] / 2


def _sum(p: Points, known: Conventions, nodes: int, *, gradient: bool) -> _Terms:
    area, top = p.further
    s = np.exp(p.law.log_ratio(p.T))
    d_over_t, d0_over_t = _D * s / p.T, _D0 * s / p.T
    per_field = known.phase * area * s * s
    x, weight = _rule(nodes)
    span = np.log(p.d0max_qs4 / p.d0min_qs4)
    d0 = p.d0min_qs4 / area * d0_over_t * np.exp(span * x)
    columns = np.broadcast_arrays(
        per_field * np.abs(p.H),
        d0,
        np.maximum(p.d_min * d_over_t, _D_FLOOR),
        np.maximum(top * d_over_t, _D_FLOOR),
    )
    if (columns[2] > D_LIMIT).any():
        raise ValueError(f"D_min(T) must not exceed {D_LIMIT / _D:.2f} T")
    if (d0 > D0_LIMIT).any():
        raise ValueError(f"D_0max(T) must not exceed {D0_LIMIT / _D0:.0f} T")
    flat = Loops(*(np.ravel(column) for column in columns))
    values = kernel(flat, isotropic=known.isotropic, gradient=gradient).reshape(-1, *columns[0].shape)
    slope = known.prefactor * p.T * per_field * per_field

    def over_nodes(value: FloatArray) -> FloatArray:
        return np.asarray((weight * value).sum(axis=0))

    value = span * over_nodes(values[0])
    if not gradient:
        return _Terms(slope, *[value] * 7)
    by_phase, by_d0, by_d_min, by_d_max = (span * over_nodes(part) for part in values[1:])
    rise = span * over_nodes(x * values[2])
    mean = over_nodes(values[0])
    return _Terms(slope, value, by_phase, by_d0, by_d_min, by_d_max, by_d0 - rise - mean, mean + rise)
