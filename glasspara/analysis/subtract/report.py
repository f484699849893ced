"""The report of ``subtract``: JSON block and CSV, which is also what the terminal shows.

``--columns`` adds further columns of the points to a CSV file, in other units and quantities: the column sets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import pi
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import numpy as np
from rich.console import Console

from glasspara.arrays import FloatArray
from glasspara.errors import UsageError
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report.frame import Report, RunBlock
from glasspara.report.recorder import Recorder
from glasspara.report.table import csv_text, point_keys, provenance
from glasspara.report.terminal import show_assessment, show_inputs
from glasspara.units import BOHR_MAGNETON, BOLTZMANN, TESLA

if TYPE_CHECKING:
    from glasspara.analysis.subtract.stages import StagedData, Subtraction
    from glasspara.data.loading import Input


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


POINTS = "subtract.csv"

_ABOUT = (
    "residual: data minus model; M_intrinsic_error: standard error by the noise of the point and the errors of what is "
    "subtracted, if the model is right"
)


class SubtractBlock(TypedDict):
    """Every point with what each stage takes away, and what is left.

    ``assessment`` has the status of the fit that the values come from. The error of M_intrinsic is that of the point
    and of the subtracted parameters. ``rows`` has the points in the order of ``runs``, with the values of ``columns``;
    units are in their names.
    """

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    method: Annotated[Literal["joint", "staged", "staged-once"], "fit.method"]
    parameters: dict[str, float]
    parameters_error: Annotated[
        dict[str, float | None],
        _errors,
    ]
    parameters_source: Annotated[dict[str, str], "sources"]
    runs: Annotated[list[RunBlock], "staged.data.runs"]
    columns: Annotated[list[str], lambda result: list(result.staged.columns())]
    rows: Annotated[
        list[list[float | None]], lambda result: np.stack(list(result.staged.columns().values()), axis=-1)
    ]


class SubtractDocument(TypedDict):
    """What ``subtract`` adds to the frame."""

    subtract: Annotated[SubtractBlock, ""]


def _errors(result: Subtraction) -> dict[str, float | None]:
    return {name: result.fit.parameters[name].error for name in result.parameters}


def _tables(inputs: Sequence[Input], result: Subtraction) -> dict[str, str]:
    sources = result.sources
    comments = [
        *provenance("subtract", inputs),
        result.assessment.headline.text,
        *(item.text for item in result.notes if item.code in ("subtract.stages-once", "fitting.stages-once")),
        *(f"{name} = {value!r} ({sources[name]})" for name, value in result.parameters.items()),
    ]
    return {POINTS: stages_csv(comments, [result.staged], result.column_sets)}


def stages_csv(comments: Sequence[str], staged: Sequence[StagedData], sets: Sequence[str] = ()) -> str:
    """Every point with the column of every stage and those of ``sets``; residual is data minus model."""
    header: list[str] = []
    rows: list[Sequence[object]] = []
    names = {name for part in staged for name in part.columns()}
    for part in staged:
        columns = {**part.columns(names), **part.further_columns(sets)}
        header = ["file", "line", "run", "branch", *columns]
        points = zip(*(values.tolist() for values in columns.values()), strict=True)
        rows.extend((*key, *values) for key, values in zip(point_keys(part.data), points, strict=True))
    return csv_text([*comments, _ABOUT, *(COLUMN_SETS[name].text for name in sets)], header, rows)


def show_subtraction(inputs: Sequence[Input], result: Subtraction, out: Console) -> None:
    """The CSV as it is: no line of it may be wrapped. A page has the verdict in its place."""
    if isinstance(out, Recorder):
        show_inputs(inputs, out)
        show_assessment(result.assessment, out, result.notes)
        return
    out.file.write(_tables(inputs, result)[POINTS])


REPORT = Report("subtract", SubtractDocument, _tables, show_subtraction, files=("subtract.json", POINTS))
