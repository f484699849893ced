"""The parameters of tunnelling systems: one checked record, and how they follow the temperature.

G. Jug and S. Recchia, arXiv:2111.12644. All forms of the ATS term take temperatures, fields and one
:class:`AtsParameters`, which is checked where it is made.

**Temperature.** The asymmetry D, the amplitude D_0, the charge Q and the area S4 are each proportional to the number
of tunnelling particles of one system, N_tunn(T). All that the magnetisation needs is therefore
``s(T) = N_tunn(T)/N_tunn(T0)``, T0 = 1.26 K: D_min goes as s, the tunnelling cutoffs D_0 (Q/e) S4 as s^3. The source
has two laws:

* :class:`Law15`, ``N_tunn = N0 exp(-delta_mu/kT)``, the one behind the source's tables;
* :class:`Law16`, ``N_tunn = N0 [1 - gamma_tunn exp(e0_tunn/kT)]``.

A law carries the values of its parameters (scalars, or arrays that broadcast with the temperatures) and gives ln s
with its derivatives; the names of its fields are the names of its parameters.

What data can say of (16): with ``x(T) = gamma_tunn exp(e0_tunn/T)``, ``-d ln s/d(1/T) = e0_tunn x/(1 - x)`` is the
delta_mu that (15) would need at that temperature. For T well above \\|e0_tunn\\| it is constant and the two laws are
one: only ``gamma_tunn e0_tunn/(1 - gamma_tunn)`` is determined, not the two parameters. The laws differ only where
data reach down to temperatures comparable with \\|e0_tunn\\|.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite, pi, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.units import BOLTZMANN, FLUX_QUANTUM, SQUARE_ANGSTROM, TESLA

T_REFERENCE = 1.26
"""T0 of eq. (15), K: the temperature at which the cutoffs are given."""
PHASE_PER_AREA = 2 * pi * SQUARE_ANGSTROM / (TESLA * FLUX_QUANTUM)
"""Aharonov-Bohm phase (7) per Oe and A^2 of (Q/e) S4, for a loop across the field."""

_PHASE_FACTOR = {"isotropic": 1.0, "aligned": 1.0, "rms": 1 / sqrt(3.0)}
_CONVENTION_FACTOR = {"paper": 1.0, "exact": 0.5}

_LOG_MIN, _LOG_MAX = -200.0, 75.0
"""Range of ln s(T): below it the term underflows to 0, above it the cutoffs are absurd."""
_EXPONENT_MAX = 200.0
"""Range of e0_tunn/T: beyond it even a gamma_tunn of 1e-80 leaves no particle."""


class LogSlopes(NamedTuple):
    """Derivatives of ln s: by T, 1/K, and by the law's parameters in the order of its fields."""

    by_temperature: FloatArray
    by_parameters: tuple[FloatArray, ...]


class Law15(NamedTuple):
    """s(T) = exp[-delta_mu (1/T - 1/T0)]; eq. (15). ``delta_mu`` in K: the difference of chemical potential."""

    delta_mu: npt.ArrayLike

    def log_ratio(self, T: FloatArray) -> FloatArray:
        """ln s at temperatures ``T``, K; dimensionless, of the broadcast shape.

        Raises
        ------
        ValueError
            If s would overflow: a large negative delta_mu.
        """
        log_s = np.asarray(np.asarray(self.delta_mu, dtype=np.float64) * (1 / T_REFERENCE - 1 / T))
        if log_s.max(initial=0.0) > _LOG_MAX:
            raise ValueError(
                "delta_mu is out of any physical range: the tunnelling number (15) would overflow"
            )
        return np.asarray(np.maximum(log_s, _LOG_MIN))

    def log_slopes(self, T: FloatArray) -> LogSlopes:
        """Derivatives of ln s at temperatures ``T``, K."""
        return LogSlopes(np.asarray(self.delta_mu, dtype=np.float64) / (T * T), (1 / T_REFERENCE - 1 / T,))


class Law16(NamedTuple):
    """s(T) = [1 - gamma_tunn exp(e0_tunn/T)] / [1 - gamma_tunn exp(e0_tunn/T0)]; eq. (16).

    ``gamma_tunn`` is dimensionless, ``e0_tunn`` in K; either sign is good for both. gamma_tunn of 0 or e0_tunn of 0 is
    a constant number. Where gamma_tunn e0_tunn > 0 the number grows with temperature, as in (15). For positive
    gamma_tunn and e0_tunn it is 0 at T = e0_tunn/ln(1/gamma_tunn); below that temperature there is no law.
    """

    gamma_tunn: npt.ArrayLike
    e0_tunn: npt.ArrayLike

    def log_ratio(self, T: FloatArray) -> FloatArray:
        """ln s at temperatures ``T``, K; dimensionless, of the broadcast shape.

        Raises
        ------
        ValueError
            If the number is not positive at T0 or at one of the temperatures, or would overflow.
        """
        gamma, energy = self._arrays()
        at_reference = self._boltzmann(T_REFERENCE)
        left = 1.0 - gamma * at_reference
        _check_number(left, np.asarray(T_REFERENCE))
        _check_number(1.0 - gamma * self._boltzmann(T), T)
        # s = 1 - gamma [exp(e0/T) - exp(e0/T0)]/left; the bracket does not cancel for T near T0
        step = np.expm1(energy * (1 / T - 1 / T_REFERENCE))
        log_s = np.asarray(np.log1p(-gamma * at_reference * step / left))
        if log_s.max(initial=0.0) > _LOG_MAX:
            raise ValueError("gamma_tunn and e0_tunn are out of any physical range: (16) would overflow")
        return np.asarray(np.maximum(log_s, _LOG_MIN))

    def log_slopes(self, T: FloatArray) -> LogSlopes:
        """Derivatives of ln s at temperatures ``T``, K, where :meth:`log_ratio` exists."""
        gamma, energy = self._arrays()
        at_reference, here = self._boltzmann(T_REFERENCE), self._boltzmann(T)
        left, left_here = 1.0 - gamma * at_reference, 1.0 - gamma * here
        step = at_reference * np.expm1(energy * (1 / T - 1 / T_REFERENCE))
        share, share_at_reference = gamma * here / left_here, gamma * at_reference / left
        return LogSlopes(
            np.asarray(energy * share / (T * T)),
            (
                np.asarray(-step / (left * left_here)),
                np.asarray(share_at_reference / T_REFERENCE - share / T),
            ),
        )

    def _arrays(self) -> tuple[FloatArray, FloatArray]:
        return np.asarray(self.gamma_tunn, dtype=np.float64), np.asarray(self.e0_tunn, dtype=np.float64)

    def _boltzmann(self, T: FloatArray | float) -> FloatArray:
        """exp(e0_tunn/T)."""
        exponent = np.asarray(np.asarray(self.e0_tunn, dtype=np.float64) / T)
        if exponent.max(initial=0.0) > _EXPONENT_MAX:
            raise ValueError("e0_tunn is out of any physical range: exp(e0_tunn/T) of (16) would overflow")
        return np.asarray(np.exp(exponent))


Law = Law15 | Law16
"""A law of s(T) with the values of its parameters."""


def tunnelling_number_ratio(T: npt.ArrayLike, *, law: Law) -> FloatArray:
    """s(T) = N_tunn(T)/N_tunn(T0), dimensionless, by eq. (15) or (16), T0 = 1.26 K.

    ``T`` in K; it broadcasts with the law's parameters. D_min scales with s, the tunnelling cutoffs with s^3.

    Raises
    ------
    ValueError
        If a temperature is not positive and finite, a parameter is not finite, or the law has no positive, finite
        number at one of the temperatures.
    """
    temperature = np.asarray(T, dtype=np.float64)
    check_finite("T", temperature)
    check_positive("T", temperature)
    _check_law(law)
    return np.asarray(np.exp(law.log_ratio(temperature)))


def reduced_tunnelling_number(T: npt.ArrayLike, delta_mu: npt.ArrayLike) -> FloatArray:
    """s(T) of eq. (15): :func:`tunnelling_number_ratio` with :class:`Law15`."""
    return tunnelling_number_ratio(T, law=Law15(delta_mu))


def check_finite(name: str, value: FloatArray) -> None:
    """ValueError unless all of ``value`` is finite."""
    # Most arguments are one number; numpy's own check takes ten times as long for it.
    if not (isfinite(value.item()) if value.size == 1 else np.isfinite(value).all()):
        raise ValueError(f"{name} must be finite")


def check_positive(name: str, value: FloatArray) -> None:
    """ValueError unless all of ``value``, K, is positive."""
    if not _all(value > 0):
        raise ValueError(f"{name} must be positive (K)")


def _all(condition: npt.NDArray[np.bool_]) -> bool:
    return bool(condition if condition.size == 1 else condition.all())


def _check_law(law: Law) -> None:
    for name, value in zip(law._fields, law, strict=True):
        check_finite(name, np.asarray(value, dtype=np.float64))


def _check_number(left: FloatArray, T: FloatArray) -> None:
    bad = ~(left > 0.0)
    if bad.any():
        first = np.broadcast_to(T, bad.shape)[bad].max()
        raise ValueError(
            f"the tunnelling number (16) is not positive at T = {first:.6g} K: "
            "gamma_tunn exp(e0_tunn/T) must stay below 1"
        )


class Conventions(NamedTuple):
    """What the names of an orientation and a convention stand for.

    ``isotropic``: whether to average over directions. ``share``: the phase of the loops (of the largest where there
    is an average) over that of a loop across the field. ``phase``: that phase (7) per Oe and A^2. ``prefactor``: that
    of T in the magnetisation, erg/K.
    """

    isotropic: bool
    share: float
    phase: float
    prefactor: float


def conventions(orientation: str, convention: str) -> Conventions:
    """What the names of orientation and convention mean; ValueError for unknown ones."""
    if orientation not in _PHASE_FACTOR:
        raise ValueError(f"unknown orientation {orientation!r}; known are {', '.join(_PHASE_FACTOR)}")
    if convention not in _CONVENTION_FACTOR:
        raise ValueError(f"unknown convention {convention!r}; known are {', '.join(_CONVENTION_FACTOR)}")
    factor = _PHASE_FACTOR[orientation]
    prefactor = 4 * pi * BOLTZMANN * _CONVENTION_FACTOR[convention]
    return Conventions(orientation == "isotropic", factor, PHASE_PER_AREA * factor, prefactor)


SYSTEM_NAMES = ("n_ats", "d_min", "d0min_qs4", "d0max_qs4")
"""The parameters besides those of the law."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AtsParameters:
    """The parameters of tunnelling systems, checked; numbers or arrays that broadcast with T and H.

    The law of the tunnelling number is (15) with ``delta_mu``, or (16) with ``gamma_tunn`` and ``e0_tunn``.

    Parameters
    ----------
    n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, orientation, convention
        As in :func:`glasspara.ats_magnetisation`.
    gamma_tunn, e0_tunn : array_like
        In place of ``delta_mu``: the parameters of eq. (16), dimensionless and K. Either sign is good for both.

    Raises
    ------
    ValueError
        For a d_min that is not positive, a negative or falling pair of tunnelling cutoffs, a value that is not
        finite, parameters of both laws or of neither, or an unknown orientation or convention.
    """

    n_ats: npt.ArrayLike
    d_min: npt.ArrayLike
    d0min_qs4: npt.ArrayLike
    d0max_qs4: npt.ArrayLike
    delta_mu: npt.ArrayLike | None = None
    gamma_tunn: npt.ArrayLike | None = None
    e0_tunn: npt.ArrayLike | None = None
    orientation: str = "isotropic"
    convention: str = "paper"
    law: Law = field(init=False)
    conventions: Conventions = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "conventions", conventions(self.orientation, self.convention))
        object.__setattr__(self, "law", self._law())
        for name in SYSTEM_NAMES:
            check_finite(name, np.asarray(getattr(self, name), dtype=np.float64))
        _check_law(self.law)
        check_positive("d_min", np.asarray(self.d_min))
        lower, upper = np.asarray(self.d0min_qs4), np.asarray(self.d0max_qs4)
        if not _all(lower >= 0):
            raise ValueError("d0min_qs4 must not be negative (K A^2)")
        if not _all(upper >= lower):
            raise ValueError("d0max_qs4 must not be smaller than d0min_qs4")

    def _law(self) -> Law:
        mu, gamma, energy = self.delta_mu, self.gamma_tunn, self.e0_tunn
        if mu is not None and gamma is None and energy is None:
            return Law15(mu)
        if mu is None and gamma is not None and energy is not None:
            return Law16(gamma, energy)
        raise ValueError("give either delta_mu of (15), or gamma_tunn and e0_tunn of (16)")
