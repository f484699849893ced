"""What all forms of the ATS term do with their arguments: check, flatten, cut in chunks, reduce to d and c."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, pi, prod, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ats.tunnelling_number import Law, check_finite, check_positive
from glasspara.units import BOLTZMANN, FLUX_QUANTUM, SQUARE_ANGSTROM, TESLA

_PHASE = 2 * pi * SQUARE_ANGSTROM / (TESLA * FLUX_QUANTUM)
"""Aharonov-Bohm phase (7) per Oe and A^2 for (Q/e) S4 across the field."""
_PHASE_FACTOR = {"isotropic": 1.0, "aligned": 1.0, "rms": 1 / sqrt(3.0)}
_CONVENTION_FACTOR = {"paper": 1.0, "exact": 0.5}
_D_FLOOR = 1e-300


class Points(NamedTuple):
    """The arguments, each of shape (1,) or (n,); so are the law's parameters."""

    law: Law
    T: FloatArray
    H: FloatArray
    n_ats: FloatArray
    d_min: FloatArray
    d0min_qs4: FloatArray
    d0max_qs4: FloatArray
    b_star: FloatArray


class Sums(NamedTuple):
    """A two-level form at some points, each of shape (n,): M = n_ats slope H value, and the derivatives of value.

    By ln d and ln c (both cutoffs together), by each cutoff, and by ln phi at the same c where the form bends the
    phase; ``slope`` is of the form prefactor T k^2.
    """

    slope: FloatArray
    value: FloatArray
    by_log_c: FloatArray
    by_log_d: FloatArray
    by_upper: FloatArray
    by_lower: FloatArray
    by_log_phi: FloatArray | float = 0.0


class Conventions(NamedTuple):
    """What the names of an orientation and a convention stand for.

    ``isotropic``: whether to average over directions. ``share``: the phase of the loops, or of the largest where
    there is an average, over that of a loop across the field. ``phase``: that phase (7) per Oe and A^2.
    ``prefactor``: that of T in the magnetisation, erg/K.
    """

    isotropic: bool
    share: float
    phase: float
    prefactor: float


def flatten(
    law: Law,
    *,
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    n_ats: npt.ArrayLike,
    d_min: npt.ArrayLike,
    d0min_qs4: npt.ArrayLike,
    d0max_qs4: npt.ArrayLike,
    b_star: npt.ArrayLike = inf,
) -> tuple[tuple[int, ...], Points]:
    """Broadcast shape, and the checked arguments, flattened. ``b_star`` may be infinite: no correction (11)."""
    own = (T, H, n_ats, d_min, d0min_qs4, d0max_qs4, b_star)
    arrays = [np.asarray(argument, dtype=np.float64) for argument in (*own, *law)]
    shape = np.broadcast(*arrays).shape
    flat = [flattened(array, shape) for array in arrays]
    points = Points(type(law)(*flat[len(own) :]), *flat[: len(own)])
    names = (*Points._fields[1:-1], *law._fields)
    for name, value in zip(names, (*flat[: len(own) - 1], *flat[len(own) :]), strict=True):
        check_finite(name, value)
    check_positive("T", points.T)
    check_positive("d_min", points.d_min)
    if (points.d0min_qs4 < 0).any():
        raise ValueError("d0min_qs4 must not be negative (K A^2)")
    if (points.d0max_qs4 < points.d0min_qs4).any():
        raise ValueError("d0max_qs4 must not be smaller than d0min_qs4")
    if not (points.b_star > 0).all():
        raise ValueError("b_star must be positive (T)")
    return shape, points


def flattened(array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """``array`` broadcast to ``shape`` in one dimension, or of shape (1,) where it is one number."""
    if array.size == 1:
        return array.reshape(1)
    return (array if array.shape == shape else np.broadcast_to(array, shape)).reshape(-1)


def cut(array: npt.ArrayLike, part: slice) -> FloatArray:
    """The part of a flattened argument."""
    array = np.asarray(array)
    return array if array.size == 1 else array[part]


def chunks(shape: tuple[int, ...], points: Points, length: int) -> Iterator[tuple[slice, Points]]:
    """Parts of at most ``length`` points, with their places in the flat result."""
    for start in range(0, prod(shape), length):
        part = slice(start, start + length)
        law = type(points.law)(*(cut(array, part) for array in points.law))
        yield part, Points(law, *(cut(array, part) for array in points[1:]))


def fill_derivatives(out: dict[str, FloatArray], part: slice, p: Points, sums: Sums) -> None:
    """Put a two-level form and its derivatives by all arguments into the ``part`` of the columns of ``out``.

    The keys are "M" and the names of the arguments, those of the law for its own; "b_star" where the form has one.
    """
    scale = p.n_ats * (sums.slope * p.H)
    # d grows with s, both c with s^3, phi with s^2: this is the derivative by ln s.
    by_log_s = 3 * sums.by_log_c + sums.by_log_d + 2 * sums.by_log_phi
    log_s = p.law.log_slopes(p.T)
    out["M"][part] = scale * sums.value
    out["n_ats"][part] = sums.slope * p.H * sums.value
    out["d_min"][part] = scale * sums.by_log_d / p.d_min
    out["d0min_qs4"][part] = -scale * sums.by_lower
    out["d0max_qs4"][part] = scale * sums.by_upper
    for name, by_parameter in zip(p.law._fields, log_s.by_parameters, strict=True):
        out[name][part] = scale * by_log_s * by_parameter
    if "b_star" in out:
        out["b_star"][part] = -scale * sums.by_log_phi / p.b_star
    by_log_t = sums.value - sums.by_log_c - sums.by_log_d
    out["T"][part] = scale * (by_log_t / p.T + log_s.by_temperature * by_log_s)
    out["H"][part] = p.n_ats * sums.slope * (sums.by_log_c - sums.value + sums.by_log_phi)


def conventions(orientation: str, convention: str) -> Conventions:
    """What the names of orientation and convention mean; ValueError for unknown ones."""
    if orientation not in _PHASE_FACTOR:
        raise ValueError(f"unknown orientation {orientation!r}; known are {', '.join(_PHASE_FACTOR)}")
    if convention not in _CONVENTION_FACTOR:
        raise ValueError(f"unknown convention {convention!r}; known are {', '.join(_CONVENTION_FACTOR)}")
    factor = _PHASE_FACTOR[orientation]
    prefactor = 4 * pi * BOLTZMANN * _CONVENTION_FACTOR[convention]
    return Conventions(orientation == "isotropic", factor, _PHASE * factor, prefactor)


def reduced(p: Points, phase: float) -> tuple[FloatArray, FloatArray]:
    """d = D_min(T)/2T, and k with c = k |H| cutoff."""
    s = np.exp(p.law.log_ratio(p.T))
    half = 0.5 / p.T
    return np.maximum(p.d_min * s * half, _D_FLOOR), phase * s * s * s * half
