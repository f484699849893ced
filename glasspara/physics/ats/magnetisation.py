"""ATS term: the magnetisation of the collective tunnelling currents, with its analytic derivatives.

G. Jug and S. Recchia, arXiv:2111.12644, eq. (10), in the form

``M = 2 pi n_ats (2kT/B) <K(d, c_b u) - K(d, c_a u)>``,   d = D_min/2kT,   c_a,b = D_0min,max phi_1/2kT,

phi_1 being the Aharonov-Bohm phase (7) of a loop across the field and u = \\|cos theta\\|. K is the one universal
function of ``kernel``; ``docs/theory.md`` has the derivation and the error budget.

What every form of the term needs on the way is here, too: :func:`flatten` broadcasts the arguments to
:class:`Points`, :func:`evaluate` computes in chunks of points, :func:`reduced` gives d and c, and :func:`derivatives`
is the chain rule from the derivatives by d and c back to the parameters, T and H.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.physics.ats.kernel import difference
from glasspara.physics.ats.parameters import SYSTEM_NAMES, AtsParameters, Law, check_finite, check_positive

_CHUNK = 16384
"""Points computed at a time, which bounds the memory."""
_GRADIENT_CHUNK = 8192
"""The same with derivatives, whose intermediates are more. With larger chunks the allocator hands their memory back
to the system after every one, and the page faults double the time."""
_D_FLOOR = 1e-300


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
    ats = AtsParameters(
        n_ats=n_ats, d_min=d_min, d0min_qs4=d0min_qs4, d0max_qs4=d0max_qs4, delta_mu=delta_mu,
        orientation=orientation, convention=convention,
    )  # fmt: skip
    return ats_term(T, H, ats)


def ats_term(T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters) -> FloatArray:
    """Magnetisation (10), emu/g, as :func:`ats_magnetisation`, with the tunnelling number by (15) or by (16).

    ``T`` in K and ``H`` in Oe broadcast with the parameters. ValueError for a T that is not positive, a T or H that is
    not finite, and where the law of ``ats`` has no positive tunnelling number.
    """
    shape, points = flatten(T, H, ats)
    known = ats.conventions

    def columns(p: AtsPoints) -> NamedColumns:
        d, k = reduced(p, known.phase)
        (value,) = difference(
            d, k * np.abs(p.H), p.d0min_qs4, p.d0max_qs4, isotropic=known.isotropic, gradient=False
        )
        yield "M", p.n_ats * (known.prefactor * p.T * k * k * p.H) * value

    return in_chunks(shape, points, ("M",), columns, chunk=_CHUNK)["M"]


def ats_term_gradient(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters
) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Magnetisation as :func:`ats_term`, and its analytic derivative by each argument.

    Returns the magnetisation, emu/g, and a dictionary with the keys ``n_ats``, ``d_min``, ``d0min_qs4``,
    ``d0max_qs4``, ``delta_mu`` (or ``gamma_tunn`` and ``e0_tunn``), ``T`` and ``H``; each derivative has the
    magnetisation's shape and the unit emu/g over that of its argument. Errors are those of :func:`ats_term`.
    """
    shape, points = flatten(T, H, ats)
    known = ats.conventions

    def columns(p: AtsPoints) -> NamedColumns:
        d, k = reduced(p, known.phase)
        rows = difference(
            d, k * np.abs(p.H), p.d0min_qs4, p.d0max_qs4, isotropic=known.isotropic, gradient=True
        )
        yield from derivatives(p, Sums(known.prefactor * p.T * k * k, *rows))

    out = in_chunks(shape, points, derivative_names(ats), columns, chunk=_GRADIENT_CHUNK)
    return out.pop("M"), out


class AtsPoints(NamedTuple):
    """The arguments, each of shape (1,) or (n,); so are the law's parameters.

    ``further`` are the arguments that one form of the term has and the others do not.
    """

    law: Law
    further: tuple[FloatArray, ...]
    T: FloatArray
    H: FloatArray
    n_ats: FloatArray
    d_min: FloatArray
    d0min_qs4: FloatArray
    d0max_qs4: FloatArray

    def part(self, part: slice) -> AtsPoints:
        """Some of the points."""
        law = type(self.law)(*(_cut(np.asarray(value), part) for value in self.law))
        further = tuple(_cut(array, part) for array in self.further)
        return AtsPoints(law, further, *(_cut(array, part) for array in self[2:]))


def _cut(array: FloatArray, part: slice) -> FloatArray:
    return array if array.size == 1 else array[part]


def flatten(
    T: npt.ArrayLike, H: npt.ArrayLike, ats: AtsParameters, *further: npt.ArrayLike
) -> tuple[tuple[int, ...], AtsPoints]:
    """Broadcast shape, and the arguments, flattened; ``further`` are left unchecked.

    Raises
    ------
    ValueError
        For a temperature that is not positive, or a temperature or field that is not finite.
    """
    given = (T, H, *(getattr(ats, name) for name in SYSTEM_NAMES), *ats.law, *further)
    arrays = [np.asarray(argument, dtype=np.float64) for argument in given]
    check_finite("T", arrays[0])
    check_finite("H", arrays[1])
    check_positive("T", arrays[0])
    shape = np.broadcast(*arrays).shape
    flat = [_flattened(array, shape) for array in arrays]
    own, end = 2 + len(SYSTEM_NAMES), len(flat) - len(further)
    return shape, AtsPoints(type(ats.law)(*flat[own:end]), tuple(flat[end:]), *flat[:own])


def _flattened(array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """``array`` broadcast to ``shape`` in one dimension, or of shape (1,) where it is one number."""
    if array.size == 1:
        return array.reshape(1)
    return (array if array.shape == shape else np.broadcast_to(array, shape)).reshape(-1)


NamedColumns = Iterator[tuple[str, FloatArray]]
"""Names with what was computed for some points."""


def in_chunks(
    shape: tuple[int, ...],
    points: AtsPoints,
    names: tuple[str, ...],
    columns: Callable[[AtsPoints], NamedColumns],
    *,
    chunk: int,
) -> dict[str, FloatArray]:
    """What ``columns`` gives, under its ``names``, for ``chunk`` points at a time; each of ``shape``."""
    size = prod(shape)
    out = {name: np.empty(size) for name in names}
    for start in range(0, size, chunk):
        part = slice(start, start + chunk)
        for name, column in columns(points if size <= chunk else points.part(part)):
            out[name][part] = column
    return {name: column.reshape(shape) for name, column in out.items()}


def reduced(p: AtsPoints, phase: float) -> tuple[FloatArray, FloatArray]:
    """d = D_min(T)/2T, and k with c = k |H| cutoff; ``phase`` is that of :class:`Conventions`."""
    s = np.exp(p.law.log_ratio(p.T))
    half = 0.5 / p.T
    return np.maximum(p.d_min * s * half, _D_FLOOR), phase * s * s * s * half


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


def derivatives(p: AtsPoints, sums: Sums) -> NamedColumns:
    """The magnetisation "M" of a two-level form and its derivatives by all arguments but ``further``, by name."""
    scale = p.n_ats * (sums.slope * p.H)
    # d grows with s, both c with s^3, phi with s^2: this is the derivative by ln s.
    by_log_s = 3 * sums.by_log_c + sums.by_log_d + 2 * sums.by_log_phi
    log_s = p.law.log_slopes(p.T)
    yield "M", scale * sums.value
    yield "n_ats", sums.slope * p.H * sums.value
    yield "d_min", scale * sums.by_log_d / p.d_min
    yield "d0min_qs4", -scale * sums.by_lower
    yield "d0max_qs4", scale * sums.by_upper
    for name, by_parameter in zip(p.law._fields, log_s.by_parameters, strict=True):
        yield name, scale * by_log_s * by_parameter
    by_log_t = sums.value - sums.by_log_c - sums.by_log_d
    yield "T", scale * (by_log_t / p.T + log_s.by_temperature * by_log_s)
    yield "H", p.n_ats * sums.slope * (sums.by_log_c - sums.value + sums.by_log_phi)


def derivative_names(ats: AtsParameters, *further: str) -> tuple[str, ...]:
    """The names under which a gradient is given: "M", the parameters, those of ``further``, "T" and "H"."""
    return ("M", *SYSTEM_NAMES, *ats.law._fields, *further, "T", "H")
