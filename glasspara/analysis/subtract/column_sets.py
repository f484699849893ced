"""Further columns of the points in other units and quantities: what ``--columns`` adds to a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import pi
from types import MappingProxyType

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.errors import UsageError
from glasspara.units import BOHR_MAGNETON, BOLTZMANN, TESLA


@dataclass(frozen=True)
class Moments:
    """What the columns are made from, one value a point, CGS units of the reports.

    ``paramagnetic`` is the magnetisation without Larmor's term, emu/g; ``n_fe`` all iron of the fit, g^-1.
    """

    temperature: FloatArray
    field: FloatArray
    magnetisation: FloatArray
    sigma: FloatArray
    paramagnetic: FloatArray
    n_fe: float

    def over_field(self, values: FloatArray) -> FloatArray:
        """``values`` over H; NaN at H = 0."""
        ratio = np.full(len(values), np.nan)
        np.divide(values, self.field, out=ratio, where=self.field != 0.0)
        return ratio

    @property
    def chi(self) -> tuple[FloatArray, FloatArray]:
        """M/H and its standard error, emu g^-1 Oe^-1."""
        return self.over_field(self.magnetisation), np.abs(self.over_field(self.sigma))

    @property
    def chi_t(self) -> tuple[FloatArray, FloatArray]:
        """T (M - M_Larmor)/H and its standard error by that of M, emu K g^-1 Oe^-1."""
        return self.temperature * self.over_field(self.paramagnetic), self.temperature * self.chi[1]


def _si(points: Moments) -> dict[str, FloatArray]:
    chi, error = points.chi
    factor = 4.0e-3 * pi  # of a mass susceptibility, m^3/kg in cm^3/g
    return {
        "mu0H_T": points.field / TESLA,
        "H_A_per_m": points.field * 1.0e3 / (4.0 * pi),
        "M_A_m2_per_kg": points.magnetisation,
        "sigma_A_m2_per_kg": points.sigma,
        "chi_m3_per_kg": factor * chi,
        "chi_error_m3_per_kg": factor * error,
    }


def _chi(points: Moments) -> dict[str, FloatArray]:
    chi, error = points.chi
    return {
        "chi_emu_per_g_Oe": chi,
        "chi_error_emu_per_g_Oe": error,
        "chi_minus_larmor_emu_per_g_Oe": points.over_field(points.paramagnetic),
    }


def _chi_t(points: Moments) -> dict[str, FloatArray]:
    value, error = points.chi_t
    return {"chiT_emu_K_per_g_Oe": value, "chiT_error_emu_K_per_g_Oe": error}


def _mu_eff(points: Moments) -> dict[str, FloatArray]:
    value, error = points.chi_t
    unit = points.n_fe * BOHR_MAGNETON**2 / (3.0 * BOLTZMANN)  # chi T of so many ions with 1 mu_B
    moment = np.full(len(value), np.nan)
    np.sqrt(value / unit if unit > 0.0 else moment, out=moment, where=(value > 0.0) & (unit > 0.0))
    return {
        "mu_eff_mu_B_per_Fe": moment,
        "mu_eff_error_mu_B_per_Fe": error / (2.0 * unit * moment) if unit > 0.0 else moment,
    }


@dataclass(frozen=True)
class ColumnSet:
    """Columns that belong together, and a line of text that says what they are."""

    columns: Callable[[Moments], dict[str, FloatArray]]
    text: str


COLUMN_SETS: Mapping[str, ColumnSet] = MappingProxyType({
    "si": ColumnSet(_si, "si: chi = 4 pi 1e-3 M/H, M and H in emu/g and Oe; 1 emu/g = 1 A m^2/kg in every column"),
    "chi": ColumnSet(_chi, "chi = M/H, the error that of M; chi_minus_larmor = (M - M_larmor)/H"),
    "chit": ColumnSet(_chi_t, "chiT = T (M - M_larmor)/H, the error that of M"),
    "mueff": ColumnSet(
        _mu_eff, "mu_eff = sqrt(3 k_B chiT/n_Fe)/mu_B, n_Fe all iron of the fit; empty where chiT is not positive"
    ),
})  # fmt: skip
"""The sets by the names of ``--columns``."""


def check_sets(names: Sequence[str]) -> tuple[str, ...]:
    """``names``, whatever their case, each once.

    Raises
    ------
    UsageError
        For a name of no set.
    """
    found = tuple(dict.fromkeys(name.strip().lower() for name in names))
    for name in found:
        if name not in COLUMN_SETS:
            raise UsageError(f"--columns: unknown {name!r}", remedy=f"Known: {', '.join(COLUMN_SETS)}")
    return found
