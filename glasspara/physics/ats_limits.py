"""Limits of the ATS term, each with the size of what it leaves out."""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from glasspara.physics.ats_arguments import chunks, conventions, flatten, reduced
from glasspara.physics.ats_kernel import kernel
from glasspara.physics.tunnelling_number import Law15

FloatArray = npt.NDArray[np.float64]

_CHUNK = 16384


def ats_weak_field_susceptibility(
    T: npt.ArrayLike,
    *,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    delta_mu: npt.ArrayLike,
    orientation: str = "isotropic",
    convention: str = "paper",
) -> FloatArray:
    """Limit of M_ATS/H for H -> 0, emu g^-1 Oe^-1; G. Jug and S. Recchia, arXiv:2111.12644, eq. (12).

    In the "paper" convention this is the limit of (10) as printed, twice (12) as printed; "exact" is (12).
    Parameters, broadcasting and errors are those of :func:`ats_magnetisation`.
    """
    shape, points = flatten(
        Law15(delta_mu), T=T, H=0.0, n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4
    )
    known = conventions(orientation, convention)
    out = np.empty(prod(shape))
    for part, p in chunks(shape, points, _CHUNK):
        d, k = reduced(p, known.phase)
        g = kernel(d, np.zeros((1, d.size)), frozenset({"g"}), isotropic=known.isotropic)["g"][0]
        squares = (p.d0max_qs4 - p.d0min_qs4) * (p.d0max_qs4 + p.d0min_qs4)
        out[part] = p.n_ats * (known.prefactor * p.T * k * k) * g * squares
    return out.reshape(shape)
