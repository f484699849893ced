"""The subtraction: what is taken from the measured moment, term by term, and what is left.

Larmor and Langevin terms take the values of the joint fit, ATS term included. In a Larmor + Langevin fit alone they
take part of the ATS term for themselves, as Tables 1 and 2 of the source (arXiv:2111.12644) show, and what they leave
is no measure of it. One pass of the stages (method "staged-once") does just that, and its bias is stated.

``--columns`` adds further columns of the points to a CSV file, in other units and quantities: :data:`COLUMN_SETS`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import pi
from types import MappingProxyType

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.errors import UsageError
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.model.model import Terms
from glasspara.model.parameters import ION_NAMES, to_canonical
from glasspara.units import BOHR_MAGNETON, BOLTZMANN, TESLA


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class StagedData:
    """Data with the terms that are taken away, one value a point of ``data``, emu/g.

    ``intrinsic_errors`` are the standard errors of what is left before the ATS term; ``intrinsic_bias`` is its bias by
    one pass of the stages, None for a joint fit. ``n_fe`` is all iron, g^-1.
    """

    data: Dataset
    terms: Terms
    intrinsic_errors: FloatArray
    intrinsic_bias: FloatArray | None = None
    n_fe: float = 0.0

    @classmethod
    def of(cls, result: FitResult) -> StagedData:
        """The data of a fit with its terms."""
        bias = None if result.joint is None else result.intrinsic - result.joint.intrinsic
        iron = to_canonical(result.values)
        n_fe = sum(iron.get(name, 0.0) for name in ION_NAMES)
        return cls(result.data, result.terms, result.intrinsic_errors, bias, n_fe)

    def further_columns(self, sets: Collection[str]) -> dict[str, FloatArray]:
        """Columns of :data:`COLUMN_SETS`, NaN where there is no value."""

        data, M = self.data, self.data.magnetisation
        points = Moments(data.temperature, data.field, M, data.sigma, M - self.terms.larmor, self.n_fe)
        return {name: values for item in sets for name, values in COLUMN_SETS[item].columns(points).items()}

    def columns(self, besides: Collection[str] = ()) -> Mapping[str, FloatArray]:
        """Columns by name, unit in the name; residual = data minus model.

        Holder, reported field, trace ions and further terms have columns only where there are any, or where
        ``besides`` names them. M is without the holder, H the true field.
        """
        measured = self.data.magnetisation
        terms = self.terms
        further = {
            name: part
            for name, part in (("M_trace_emu_per_g", terms.trace), ("M_other_emu_per_g", terms.other))
            if part.any() or name in besides
        }
        corrections = {
            name: values
            for name, values, plain in (
                ("M_holder_emu_per_g", self.data.holder, not self.data.holder.any()),
                (
                    "H_reported_Oe",
                    self.data.reported_field,
                    np.array_equal(self.data.reported_field, self.data.field),
                ),
            )
            if not plain or name in besides
        }
        bias = {}
        if self.intrinsic_bias is not None or "M_intrinsic_bias_emu_per_g" in besides:
            none = np.zeros(len(self.data))
            bias["M_intrinsic_bias_emu_per_g"] = none if self.intrinsic_bias is None else self.intrinsic_bias
        return {
            "T_K": self.data.temperature,
            "H_Oe": self.data.field,
            "M_emu_per_g": measured,
            "sigma_emu_per_g": self.data.sigma,
            **corrections,
            "M_larmor_emu_per_g": terms.larmor,
            "M_minus_larmor_emu_per_g": measured - terms.larmor,
            "M_fe2_emu_per_g": terms.fe2,
            "M_fe3_emu_per_g": terms.fe3,
            **further,
            "M_langevin_emu_per_g": terms.langevin,
            "M_intrinsic_emu_per_g": measured - terms.beside_ats,
            "M_intrinsic_error_emu_per_g": self.intrinsic_errors,
            **bias,
            "M_ats_emu_per_g": terms.ats,
            "M_model_emu_per_g": terms.total,
            "residual_emu_per_g": measured - terms.total,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Subtraction(Answer):
    """The points with the terms taken away, by the values of ``fit``; the user had ``given`` some of them.

    ``column_sets`` are wanted beside the columns of every table.
    """

    fit: FitResult
    given: frozenset[str] = frozenset()
    column_sets: tuple[str, ...] = ()

    @cached_property
    def staged(self) -> StagedData:
        return StagedData.of(self.fit)

    @property
    def parameters(self) -> dict[str, float]:
        """Values of what the subtracted terms depend on."""
        ats = self.fit.model.ats_names
        return {name: value for name, value in self.fit.values.items() if name not in ats}

    @property
    def sources(self) -> dict[str, str]:
        """Where each of :attr:`parameters` comes from."""
        return {name: self._source(name) for name in self.parameters}

    def _source(self, name: str) -> str:
        item, once = self.fit.parameters[name], self.fit.method == "staged-once"
        if item.stage and name == "chi_larmor":
            return "stage 1, Larmor: Larmor + Langevin fit with free iron"
        if item.stage or (once and not item.fixed):
            return "stage 2, Langevin: chi_larmor fixed"
        if item.fixed:
            return "given" if name in self.given else "fixed"
        return "constrained, joint fit" if item.constraint else "joint fit"

    @property
    def assessment(self) -> Assessment:
        """The status of the fit that the values come from, and its reasons."""
        found = self.fit.assessment
        return Assessment("subtract", found.status, found.reasons, trusted=found.trusted)

    @cached_property
    def notes(self) -> tuple[Finding, ...]:
        """Those of the fit; after one pass of the stages, how far they lead M_intrinsic astray."""
        bias = self.staged.intrinsic_bias
        if bias is None or self.fit.joint is None:
            return self.fit.notes
        joint, data = self.fit.joint, self.fit.data
        worst = int(np.argmax(np.abs(bias)))
        error = float(joint.intrinsic_errors[worst])
        off = finding(
            "subtract.stages-once",
            bias_emu_per_g=float(bias[worst]),
            standard_errors=float(bias[worst]) / error if error > 0.0 else None,
            temperature_K=float(data.temperature[worst]),
            field_Oe=float(data.field[worst]),
            joint_emu_per_g=float(joint.intrinsic[worst]),
        )
        return (off, *self.fit.notes)

    def table(self) -> dict[str, FloatArray]:
        """One row a point, the columns of :meth:`StagedData.columns` and of the column sets."""
        return {**self.staged.columns(), **self.staged.further_columns(self.column_sets)}


def subtract(data: Dataset, settings: FitSettings | None = None) -> Subtraction:
    """Take the Larmor and Langevin terms, trace ions and offsets from ``data``.

    Their values are those of the fit by ``settings``: the joint one, or with ``method="staged-once"`` one pass of the
    stages (:mod:`glasspara.fitting.search.methods`). With the model "ll" the ATS term is left out of the fit, too.
    """
    settings = settings or FitSettings()
    given = {name for name, value in settings.fixed.items() if value is not None}
    return Subtraction(
        fit(data, settings, ordinary=False), frozenset({*given, *(["n_fe"] if settings.n_fe else [])})
    )
