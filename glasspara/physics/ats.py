"""ATS term: the magnetisation of the collective tunnelling currents, with its analytic derivatives.

G. Jug and S. Recchia, arXiv:2111.12644, eq. (10), in the form

``M = 2 pi n_ats (2kT/B) <K(d, c_b u) - K(d, c_a u)>``,   d = D_min/2kT,   c_a,b = D_0min,max phi_1/2kT,

phi_1 being the Aharonov-Bohm phase (7) of a loop across the field and u = \\|cos theta\\|. K is the one universal
function of ``ats_kernel``; ``docs/theory.md`` has the derivation and the error budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import pi, prod, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glasspara.physics.ats_difference import difference
from glasspara.physics.ats_kernel import kernel
from glasspara.units import BOLTZMANN, FLUX_QUANTUM, SQUARE_ANGSTROM, TESLA

FloatArray = npt.NDArray[np.float64]

T_REFERENCE = 1.26
"""T0 of eq. (15), K: the temperature that the cutoffs are given at."""

_PHASE = 2 * pi * SQUARE_ANGSTROM / (TESLA * FLUX_QUANTUM)
"""Aharonov-Bohm phase (7) per Oe and A^2 for (Q/e) S4 across the field."""
_PHASE_FACTOR = {"isotropic": 1.0, "aligned": 1.0, "rms": 1 / sqrt(3.0)}
_CONVENTION_FACTOR = {"paper": 1.0, "exact": 0.5}

_EXPONENT_MIN, _EXPONENT_MAX = -200.0, 75.0
"""Range of ln s(T): below it the term underflows to nothing, above it the cutoffs are absurd."""
_D_FLOOR = 1e-300
_CHUNK = 16384
"""Points computed at a time, which bounds the memory."""
_GRADIENT_CHUNK = 8192
"""The same with derivatives, whose intermediates are more. With larger chunks the allocator hands their memory back
to the system after every one, and the page faults double the time."""


def reduced_tunnelling_number(T: npt.ArrayLike, delta_mu: npt.ArrayLike) -> FloatArray:
    """s(T) = N_tunn(T)/N_tunn(T0) = exp[-delta_mu (1/T - 1/T0)], dimensionless, T0 = 1.26 K; eq. (15).

    ``T`` and ``delta_mu`` in K; they broadcast. D_min scales with s, the tunnelling cutoffs with s^3.

    Raises
    ------
    ValueError
        If a temperature is not positive and finite, or s(T) is beyond all numbers (a large negative delta_mu).
    """
    temperature, difference = np.asarray(T, dtype=np.float64), np.asarray(delta_mu, dtype=np.float64)
    _check_finite("T", temperature)
    _check_finite("delta_mu", difference)
    _check_positive("T", temperature)
    return _reduced_tunnelling_number(temperature, difference)


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
    shape, points = _flat(T, H, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu)
    isotropic, phase, prefactor = _conventions(orientation, convention)
    out = np.empty(prod(shape))
    for part, p in _chunks(shape, points, _CHUNK):
        d, k = _reduced(p, phase)
        (value,) = _difference(p, d, k, isotropic, gradient=False)
        out[part] = p.n_ats * (prefactor * p.T * k * k * p.H) * value
    return out.reshape(shape)


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
    shape, points = _flat(T, H, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu)
    isotropic, phase, prefactor = _conventions(orientation, convention)
    out = {
        name: np.empty(prod(shape))
        for name in ("M", "n_ats", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu", "T", "H")
    }
    for part, p in _chunks(shape, points, _GRADIENT_CHUNK):
        d, k = _reduced(p, phase)
        value, by_log_c, by_log_d, by_upper, by_lower = _difference(p, d, k, isotropic, gradient=True)
        slope = prefactor * p.T * k * k
        scale = p.n_ats * (slope * p.H)
        # d grows with s, both c with s^3: this is the derivative by ln s.
        by_log_s = 3 * by_log_c + by_log_d
        out["n_ats"][part] = slope * p.H * value
        out["M"][part] = scale * value
        out["d_min"][part] = scale * by_log_d / p.d_min
        out["d0min_qs4"][part] = -scale * by_lower
        out["d0max_qs4"][part] = scale * by_upper
        out["delta_mu"][part] = scale * by_log_s * (1 / T_REFERENCE - 1 / p.T)
        out["T"][part] = scale * (value - by_log_c - by_log_d + p.delta_mu / p.T * by_log_s) / p.T
        out["H"][part] = p.n_ats * slope * (by_log_c - value)
    shaped = {name: value.reshape(shape) for name, value in out.items()}
    return shaped.pop("M"), shaped


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
    shape, points = _flat(T, 0.0, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu)
    isotropic, phase, prefactor = _conventions(orientation, convention)
    out = np.empty(prod(shape))
    for part, p in _chunks(shape, points, _CHUNK):
        d, k = _reduced(p, phase)
        g = kernel(d, np.zeros((1, d.size)), frozenset({"g"}), isotropic=isotropic)["g"][0]
        squares = (p.d0max_qs4 - p.d0min_qs4) * (p.d0max_qs4 + p.d0min_qs4)
        out[part] = p.n_ats * (prefactor * p.T * k * k) * g * squares
    return out.reshape(shape)


class _Points(NamedTuple):
    """The arguments, each of shape (1,) or (n,)."""

    T: FloatArray
    H: FloatArray
    n_ats: FloatArray
    d_min: FloatArray
    d0min_qs4: FloatArray
    d0max_qs4: FloatArray
    delta_mu: FloatArray


def _flat(*arguments: npt.ArrayLike) -> tuple[tuple[int, ...], _Points]:
    """Broadcast shape, and the checked arguments in the order of ``_Points``, flattened."""
    arrays = [np.asarray(argument, dtype=np.float64) for argument in arguments]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    points = _Points(
        *(
            array.reshape(1) if array.size == 1 else np.broadcast_to(array, shape).reshape(-1)
            for array in arrays
        )
    )
    for name, value in points._asdict().items():
        _check_finite(name, value)
    _check_positive("T", points.T)
    _check_positive("d_min", points.d_min)
    if (points.d0min_qs4 < 0).any():
        raise ValueError("d0min_qs4 must not be negative (K A^2)")
    if (points.d0max_qs4 < points.d0min_qs4).any():
        raise ValueError("d0max_qs4 must not be smaller than d0min_qs4")
    return shape, points


def _chunks(shape: tuple[int, ...], points: _Points, length: int) -> Iterator[tuple[slice, _Points]]:
    for start in range(0, prod(shape), length):
        part = slice(start, start + length)
        yield part, _Points(*(array if array.size == 1 else array[part] for array in points))


def _check_finite(name: str, value: FloatArray) -> None:
    if not np.isfinite(value).all():
        raise ValueError(f"{name} must be finite")


def _check_positive(name: str, value: FloatArray) -> None:
    if not (value > 0).all():
        raise ValueError(f"{name} must be positive (K)")


def _conventions(orientation: str, convention: str) -> tuple[bool, float, float]:
    """Whether to average, the phase (7) per Oe A^2, and the prefactor of T, erg/K."""
    if orientation not in _PHASE_FACTOR:
        raise ValueError(f"unknown orientation {orientation!r}; known are {', '.join(_PHASE_FACTOR)}")
    if convention not in _CONVENTION_FACTOR:
        raise ValueError(f"unknown convention {convention!r}; known are {', '.join(_CONVENTION_FACTOR)}")
    prefactor = 4 * pi * BOLTZMANN * _CONVENTION_FACTOR[convention]
    return orientation == "isotropic", _PHASE * _PHASE_FACTOR[orientation], prefactor


def _reduced_tunnelling_number(T: FloatArray, delta_mu: FloatArray) -> FloatArray:
    exponent = delta_mu * (1 / T_REFERENCE - 1 / T)
    if exponent.max(initial=0.0) > _EXPONENT_MAX:
        raise ValueError("delta_mu is out of any physical range: the tunnelling number (15) would overflow")
    return np.asarray(np.exp(np.maximum(exponent, _EXPONENT_MIN)))


def _reduced(p: _Points, phase: float) -> tuple[FloatArray, FloatArray]:
    """d = D_min(T)/2T, and k with c = k |H| cutoff."""
    s = _reduced_tunnelling_number(p.T, p.delta_mu)
    half = 0.5 / p.T
    return np.maximum(p.d_min * s * half, _D_FLOOR), phase * s * s * s * half


def _difference(p: _Points, d: FloatArray, k: FloatArray, isotropic: bool, gradient: bool) -> FloatArray:
    return difference(d, k * np.abs(p.H), p.d0min_qs4, p.d0max_qs4, isotropic=isotropic, gradient=gradient)
