"""Mean moments of ordinary carriers, for many parameter values at a time: the columns of the dictionary.

A block holds entries of one law that differ in one parameter. ``columns`` computes all of them at once, because a
cone is asked of hundreds of entries and its best fit uses a dozen; ``response`` gives one entry with its slopes by
field and by ln T, which only those of the fit need. All temperatures are in K, fields in Oe, shape (n,).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.physics.ions.langevin import classical_langevin, curie_weiss_response, langevin_response
from glasspara.physics.ions.zero_field_splitting import reduced_response, split_spin_columns
from glasspara.units import BOHR_MAGNETON, BOLTZMANN

Response = tuple[FloatArray, FloatArray, FloatArray]
"""Moment per carrier, its derivative by the field, and by ln T; each of shape (n,)."""

_G = 2.0
_ZEEMAN = _G * BOHR_MAGNETON / BOLTZMANN
"""g mu_B/k_B for g = 2, K/Oe."""


class ResponseBlock(Protocol):
    """Entries of one law, in the order of their parameter."""

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        """Moments per carrier, shape (entries, n)."""

    def response(self, index: int, T: FloatArray, H: FloatArray) -> Response:
        """One entry with its slopes."""


@dataclass(frozen=True)
class FreeIons:
    """Brillouin ions, each (J, g)."""

    ions: tuple[tuple[float, float], ...]

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        return np.stack([self.response(index, T, H)[0] for index in range(len(self.ions))])

    def response(self, index: int, T: FloatArray, H: FloatArray) -> Response:
        j, g = self.ions[index]
        moment, by_field = langevin_response(T, H, j=j, g=g)
        return moment, by_field, -H * by_field


@dataclass(frozen=True)
class SplitIons:
    """Ions of spin ``s`` with zero-field splittings ``d_zfs`` (K) and E/D = ``rhombicity``; powder average."""

    s: float
    rhombicity: float
    d_zfs: tuple[float, ...]
    g: float = 2.0

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        return split_spin_columns(T, H, d_zfs=self.d_zfs, s=self.s, rhombicity=self.rhombicity, g=self.g)

    def response(self, index: int, T: FloatArray, H: FloatArray) -> Response:
        unit = self.g * BOHR_MAGNETON
        zeeman = unit / BOLTZMANN
        a, b = self.d_zfs[index] / T, zeeman * H / T
        mean, by_a, by_b = reduced_response(a, b, s=self.s, rhombicity=self.rhombicity, exact=False)
        return unit * mean, unit * zeeman / T * by_b, -unit * (a * by_a + b * by_b)


@dataclass(frozen=True)
class CoupledIons:
    """Ions of spin ``j`` in a Weiss mean field with Curie-Weiss temperatures ``theta`` (K, none of them 0), g = 2."""

    j: float
    theta: tuple[float, ...]

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        # The moment depends on T/theta and H/theta alone: one call for each sign of the coupling.
        size, negative = np.abs(self.theta)[:, np.newaxis], np.array(self.theta) < 0.0
        found = np.empty((len(self.theta), T.size))
        for sign, chosen in ((-1.0, negative), (1.0, ~negative)):
            if chosen.any():
                scale = size[chosen]
                found[chosen] = curie_weiss_response(T / scale, H / scale, theta_cw=sign, j=self.j, g=_G)[0]
        return found

    def response(self, index: int, T: FloatArray, H: FloatArray) -> Response:
        theta = self.theta[index]
        moment, by_field, by_theta = curie_weiss_response(T, H, theta_cw=theta, j=self.j, g=_G)
        return moment, by_field, -(H * by_field + theta * by_theta)


@dataclass(frozen=True)
class Pairs:
    """Pairs of spins ``s`` and ``other`` (equal ones if None), exchange ``J S_1 S_2`` (K, positive: antiferromagnetic),
    g = 2; moment of a pair.

    The exact sum over the total spin F = \\|S_1 - S_2\\| ... S_1 + S_2 with energies J F(F + 1)/2.
    """

    s: float
    coupling: tuple[float, ...]
    other: float | None = None

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        levels = self._levels(T, H)
        found = np.empty((len(self.coupling), T.size))
        for row, coupling in zip(found, self.coupling, strict=True):
            weights = levels.weights(coupling)
            row[:] = _sum(weights, levels.moment) / _sum(weights, levels.count)
        return np.asarray(_G * BOHR_MAGNETON * np.sign(H) * found)

    def response(self, index: int, T: FloatArray, H: FloatArray) -> Response:
        coupling, levels = self.coupling[index], self._levels(T, H)
        weights, energy = levels.weights(coupling), coupling * levels.energy
        weights /= _sum(weights, levels.count)

        moment = _sum(weights, levels.moment)
        by_b = _sum(weights, levels.square) - moment**2
        by_log_coupling = moment * _sum(weights, energy * levels.count) - _sum(
            weights, energy * levels.moment
        )
        unit = _G * BOHR_MAGNETON
        sign = np.sign(H)
        return (
            unit * sign * moment,
            unit * _ZEEMAN / T * by_b,
            -unit * sign * (levels.b * by_b + by_log_coupling),
        )

    def _levels(self, T: FloatArray, H: FloatArray) -> _PairLevels:
        b = np.abs(_ZEEMAN * H / T)
        other = self.s if self.other is None else self.other
        spins = np.arange(abs(self.s - other), self.s + other + 0.5)
        total = spins[:, np.newaxis]
        return _PairLevels(b, total * b, total * (total + 1) / (2.0 * T), *_multiplets(np.exp(-b), spins))


@dataclass(frozen=True, eq=False)
class _PairLevels:
    """Levels of a pair at b = g mu_B \\|H\\|/k_B T, by total spin F; shape (spins, n) but for ``b``.

    ``highest`` is the Zeeman energy of m = F and ``energy`` the exchange energy for J = 1 K, over k_B T; ``count``,
    ``moment`` and ``square`` are the sums of 1, m and m^2 over the levels of one F, with Boltzmann weights relative
    to that of m = F.
    """

    b: FloatArray
    highest: FloatArray
    energy: FloatArray
    count: FloatArray
    moment: FloatArray
    square: FloatArray

    def weights(self, coupling: float) -> FloatArray:
        """Boltzmann weights of the levels m = F, the largest of them 1."""
        heights = self.highest - coupling * self.energy
        return np.asarray(np.exp(heights - heights.max(axis=0)))


def _sum(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Sum over the total spins."""
    return np.asarray(np.einsum("fn,fn->n", weights, values))


def _multiplets(t: FloatArray, spins: FloatArray) -> FloatArray:
    """Sums of 1, m and m^2 over the levels of each total spin F, weighted by t^(F - m); shape (3, spins, n)."""
    powers = t ** np.arange(round(2 * spins[-1]) + 1)[:, np.newaxis]
    found = np.zeros((3, spins.size, t.size))
    for row, spin in enumerate(spins):
        m = spin - np.arange(round(2 * spin) + 1)
        found[:, row] = np.stack([np.ones(m.size), m, m * m]) @ powers[: m.size]
    return found


@dataclass(frozen=True)
class Clusters:
    """Superparamagnetic clusters: classical moments (Bohr magnetons) without anisotropy or interaction."""

    moments: tuple[float, ...]

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        moment = BOHR_MAGNETON * np.array(self.moments)[:, np.newaxis]
        return np.asarray(moment * classical_langevin(moment / BOLTZMANN * (H / T))[0])

    def response(self, index: int, T: FloatArray, H: FloatArray) -> Response:
        moment = BOHR_MAGNETON * self.moments[index]
        value, slope = classical_langevin(moment / BOLTZMANN * (H / T))
        by_field = moment * moment / BOLTZMANN / T * slope
        return moment * value, by_field, -H * by_field


_BLOCKING = 25.0
_ANISOTROPY = 2.0 * _BLOCKING * BOLTZMANN / BOHR_MAGNETON
_SHARPNESS = 8


def anisotropy_field(moment: float, temperature: float) -> float:
    """Anisotropy field, Oe, of clusters of ``moment`` (Bohr magnetons) that block below ``temperature``, K.

    A moment turns within the time of a measurement while its barrier is below 25 k_B T (L. Neel, Ann. Geophys. 5, 99,
    1949), and its anisotropy field is twice the barrier over the moment.
    """
    return _ANISOTROPY * temperature / moment


@dataclass(frozen=True)
class BlockedClusters:
    """Superparamagnetic clusters of ``moment`` (Bohr magnetons), cooled without field, blocked below temperatures, K.

    The barrier falls as (1 - H/H_k)^(3/2), to none at the anisotropy field H_k (:func:`anisotropy_field`). Blocked
    moments only lean towards the field, by 2/3 H/H_k, their axes being random. The step from one to the other is
    as wide as between two blocking temperatures of the dictionary, so that any distribution of them is their mixture.
    """

    moment: float
    blocking: tuple[float, ...]

    def _held(
        self, T: FloatArray, H: FloatArray, blocking: float | FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """1 - H/H_k, none below 0, and the odds of being blocked, for clusters blocked below ``blocking``, K."""
        left = np.maximum(1.0 - np.abs(H) / (anisotropy_field(self.moment, 1.0) * blocking), 0.0)
        return left, (blocking / T) ** _SHARPNESS * left ** (3 * _SHARPNESS // 2)

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        moment, highest = BOHR_MAGNETON * self.moment, np.array(self.blocking)[:, np.newaxis]
        free = classical_langevin(moment / BOLTZMANN * (H / T))[0]
        left, blocked = self._held(T, H, highest)
        p = 1.0 / (1.0 + blocked)
        return np.asarray(moment * (p * free + (1.0 - p) * np.sign(H) * (2.0 / 3.0) * (1.0 - left)))

    def response(self, index: int, T: FloatArray, H: FloatArray) -> Response:
        moment, highest = BOHR_MAGNETON * self.moment, self.blocking[index]
        field = anisotropy_field(self.moment, highest)
        x = moment / BOLTZMANN * (H / T)
        free, slope = classical_langevin(x)
        left, blocked = self._held(T, H, highest)
        p = 1.0 / (1.0 + blocked)
        steep = _SHARPNESS * p * p * blocked  # dp/dlnT
        lean = np.sign(H) * (2.0 / 3.0) * (1.0 - left)
        by_field = (
            p * slope * moment / BOLTZMANN / T
            + (1.0 - p) * np.where(left > 0.0, 2.0 / 3.0 / field, 0.0)
            + steep * (free - lean) * 1.5 * np.sign(H) / np.maximum(left, 1e-300) / field
        )
        by_log_t = steep * (free - lean) - p * x * slope
        return moment * (p * free + (1.0 - p) * lean), moment * by_field, moment * by_log_t


@dataclass(frozen=True)
class Specks:
    """Ferromagnetic specks that saturate at fields ``h_sat`` (Oe): tanh(H/H_s) or H/(H_s + |H|), times Bloch's law.

    Per emu/g of saturation at T = 0; 1 - ``bloch`` T^(3/2), ``bloch`` in K^-3/2, and never below 0.
    """

    shape: Literal["tanh", "hyperbola"]
    h_sat: tuple[float, ...]
    bloch: float = 0.0

    def columns(self, T: FloatArray, H: FloatArray) -> FloatArray:
        h_sat = np.array(self.h_sat)[:, np.newaxis]
        values = np.tanh(H / h_sat) if self.shape == "tanh" else H / (h_sat + np.abs(H))
        return np.asarray(values * self._saturation(T)[0])

    def response(self, index: int, T: FloatArray, H: FloatArray) -> Response:
        h_sat = self.h_sat[index]
        if self.shape == "tanh":
            value = np.tanh(H / h_sat)
            by_field = (1.0 - value * value) / h_sat
        else:
            value = H / (h_sat + np.abs(H))
            by_field = h_sat / (h_sat + np.abs(H)) ** 2
        saturation, by_log_t = self._saturation(T)
        return value * saturation, by_field * saturation, value * by_log_t

    def _saturation(self, T: FloatArray) -> tuple[FloatArray, FloatArray]:
        fall = self.bloch * T**1.5
        return np.maximum(1.0 - fall, 0.0), np.where(fall < 1.0, -1.5 * fall, 0.0)
