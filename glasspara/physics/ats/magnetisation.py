"""ATS term: the magnetisation of the collective tunnelling currents, with its analytic derivatives.

G. Jug and S. Recchia, arXiv:2111.12644, eq. (10), in the form

``M = 2 pi n_ats (2kT/B) <K(d, c_b u) - K(d, c_a u)>``,   d = D_min/2kT,   c_a,b = D_0min,max phi_1/2kT,

phi_1 being the Aharonov-Bohm phase (7) of a loop across the field and u = \\|cos theta\\|. K is the one universal
function of ``ats_kernel``; ``docs/theory.md`` has the derivation and the error budget.
"""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ats.arguments import (
    Points,
    Sums,
    chunks,
    conventions,
    fill_derivatives,
    flatten,
    reduced,
)
from glasspara.physics.ats.difference import difference
from glasspara.physics.ats.tunnelling_number import Law, Law15, Law16

_CHUNK = 16384
"""Points computed at a time, which bounds the memory."""
_GRADIENT_CHUNK = 8192
"""The same with derivatives, whose intermediates are more. With larger chunks the allocator hands their memory back
to the system after every one, and the page faults double the time."""


def ats_magnetisation(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Magnetisation of the tunnelling currents, emu/g; G. Jug and S. Recchia, arXiv:2111.12644, eq. (10).

    Exactly odd in ``H``; 0 for H = 0, for n_ats = 0 and for equal cutoffs. Relative error below 1e-12.

    Parameters
    ----------
    T, H : array_like
        Temperature, K, and field, Oe. These and all the parameters broadcast; the result has their shape.
    n_ats : array_like
        Concentration times P*, g^-1.
    d_min : array_like
        Lower cutoff of the asymmetry at T0 = 1.26 K, K.
    d0min_qs4, d0max_qs4 : array_like
        Tunnelling cutoffs times effective charge and area at T0, K A^2.
    delta_mu : array_like
        Chemical-potential difference of eq. (15), K.
    orientation : {"isotropic", "aligned", "rms"}
        Mean over all directions of the loops; loops across the field; cos^2(theta) replaced by 1/3.
    convention : {"paper", "exact"}
        Prefactor of (10) as printed, or half of it, as statistical mechanics with the distribution (8) gives.

    Raises
    ------
    ValueError
        For a T or d_min that is not positive, a negative or falling pair of tunnelling cutoffs, a value that is
        not finite, or an unknown orientation or convention.
    """
    return ats_magnetisation_by_law(
        T,
        H,
        n_ats=n_ats,
        d_min=d_min,
        d0min_qs4=d0min_qs4,
        d0max_qs4=d0max_qs4,
        law=Law15(delta_mu),
        orientation=orientation,
        convention=convention,
    )


def ats_magnetisation_gradient(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Magnetisation as :func:`ats_magnetisation`, and its analytic derivative by each argument.

    Returns the magnetisation, emu/g, and a dictionary with the keys ``n_ats``, ``d_min``, ``d0min_qs4``,
    ``d0max_qs4``, ``delta_mu``, ``T`` and ``H``; each derivative has the magnetisation's shape and the unit
    emu/g over that of its argument. Parameters and errors are those of :func:`ats_magnetisation`.
    """
    return ats_magnetisation_by_law_gradient(
        T,
        H,
        n_ats=n_ats,
        d_min=d_min,
        d0min_qs4=d0min_qs4,
        d0max_qs4=d0max_qs4,
        law=Law15(delta_mu),
        orientation=orientation,
        convention=convention,
    )


def ats_magnetisation_by_16(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    gamma_tunn: npt.ArrayLike,
    e0_tunn: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Magnetisation (10) as :func:`ats_magnetisation`, emu/g, the tunnelling number by eq. (16).

    ``gamma_tunn`` (dimensionless) and ``e0_tunn`` (K) take the place of delta_mu; either sign is good for both. What
    they mean, and what data can say of them, is in ``tunnelling_number``. ValueError also where
    the number is not positive at one of the temperatures or at T0.
    """
    return ats_magnetisation_by_law(
        T,
        H,
        n_ats=n_ats,
        d_min=d_min,
        d0min_qs4=d0min_qs4,
        d0max_qs4=d0max_qs4,
        law=Law16(gamma_tunn, e0_tunn),
        orientation=orientation,
        convention=convention,
    )


def ats_magnetisation_by_16_gradient(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    gamma_tunn: npt.ArrayLike,
    e0_tunn: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """As :func:`ats_magnetisation_gradient`, with ``gamma_tunn`` and ``e0_tunn`` in place of ``delta_mu``."""
    return ats_magnetisation_by_law_gradient(
        T,
        H,
        n_ats=n_ats,
        d_min=d_min,
        d0min_qs4=d0min_qs4,
        d0max_qs4=d0max_qs4,
        law=Law16(gamma_tunn, e0_tunn),
        orientation=orientation,
        convention=convention,
    )


def ats_magnetisation_by_law(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    law: Law,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Magnetisation (10) as :func:`ats_magnetisation`, emu/g, the tunnelling number by (15) or by (16).

    ``law`` is ``Law15(delta_mu)`` or ``Law16(gamma_tunn, e0_tunn)`` of ``tunnelling_number``;
    its parameters broadcast like the others. ValueError also where the law has no positive number.
    """
    shape, points = flatten(law, T=T, H=H, n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4)
    known = conventions(orientation, convention)
    out = np.empty(prod(shape))
    for part, p in chunks(shape, points, _CHUNK):
        d, k = reduced(p, known.phase)
        (value,) = _difference(p, d, k, known.isotropic, gradient=False)
        out[part] = p.n_ats * (known.prefactor * p.T * k * k * p.H) * value
    return out.reshape(shape)


def ats_magnetisation_by_law_gradient(
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    law: Law,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Magnetisation as :func:`ats_magnetisation_by_law`, and its analytic derivative by each argument.

    The dictionary is that of :func:`ats_magnetisation_gradient` with the names of the law's parameters
    (``law._fields``) in place of ``delta_mu``.
    """
    shape, points = flatten(law, T=T, H=H, n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4)
    known = conventions(orientation, convention)
    names = ("M", "n_ats", "d_min", "d0min_qs4", "d0max_qs4", *law._fields, "T", "H")
    out = {name: np.empty(prod(shape)) for name in names}
    for part, p in chunks(shape, points, _GRADIENT_CHUNK):
        d, k = reduced(p, known.phase)
        rows = _difference(p, d, k, known.isotropic, gradient=True)
        fill_derivatives(out, part, p, Sums(known.prefactor * p.T * k * k, *rows))
    shaped = {name: value.reshape(shape) for name, value in out.items()}
    return shaped.pop("M"), shaped


def _difference(p: Points, d: FloatArray, k: FloatArray, isotropic: bool, gradient: bool) -> FloatArray:
    return difference(d, k * np.abs(p.H), p.d0min_qs4, p.d0max_qs4, isotropic=isotropic, gradient=gradient)
