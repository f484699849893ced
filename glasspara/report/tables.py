"""Results as CSV: ``#`` lines with provenance, a header with a unit in every column name, full precision."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from glasspara import __version__
from glasspara.analysis.universality import UniversalityResult
from glasspara.dataset import Dataset
from glasspara.fitting.result import FitResult, FittedParameter
from glasspara.loading import Input
from glasspara.report.inert import inert
from glasspara.stages import StagedData

# A spreadsheet takes a cell that starts so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(comments: Iterable[str], header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with ``#`` lines above the header.

    Control characters are shown inert, and text that a spreadsheet would evaluate is quoted with an apostrophe.
    """
    stream = io.StringIO()
    for comment in comments:
        stream.write("# " + inert(" ".join(comment.split())) + "\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        flat = inert(" ".join(value.split()))
        return "'" + flat if flat.startswith(_FORMULA) else flat
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        return repr(float(value)) if np.isfinite(value) else ""
    return value


def provenance(command: str, inputs: Sequence[Input]) -> list[str]:
    """Which program made the table, of which files."""
    lines = [f"glasspara {__version__} {command}"]
    lines.extend(
        f"input {item.measurement.path} sha256 {item.measurement.sha256} mass_mg {item.mass_mg!r} "
        f"({item.mass_source}) moment column {item.measurement.moment_choice.column}"
        for item in inputs
    )
    return lines


def parameters_csv(inputs: Sequence[Input], fits: Sequence[FitResult]) -> str:
    """One row a parameter and fit; derived numbers follow with kind "derived"."""
    model = fits[0].model
    comments = [
        *provenance("fit", inputs),
        f"model {model.name}, {model.convention} convention, {model.orientation} orientation",
        "error: one standard error by the stated sigmas; error_scaled: times sqrt(chi2/ndof)",
    ]
    rows: list[Sequence[object]] = []
    for number, result in enumerate(fits, 1):
        runs = "; ".join(run.label for run in result.data.runs)
        status = result.assessment.status
        for name, item in result.parameters.items():
            kind = _kind(item)
            rows.append(
                (
                    number,
                    runs,
                    status,
                    name,
                    kind,
                    item.value,
                    item.error,
                    item.error_scaled,
                    item.unit,
                    item.at_limit,
                )
            )
        for name, derived in result.derived.items():
            rows.append(
                (
                    number,
                    runs,
                    status,
                    name,
                    "derived",
                    derived.value,
                    derived.error,
                    None,
                    derived.unit,
                    None,
                )
            )
    header = (
        "fit", "runs", "status", "parameter", "kind", "value", "error", "error_scaled", "unit", "at_limit",
    )  # fmt: skip
    return csv_text(comments, header, rows)


def _kind(item: FittedParameter) -> str:
    if item.stage:
        return "stage"
    if item.fixed:
        return "held"
    if item.constraint is None:
        return "free"
    return "assumed" if item.constraint.assumed else "constrained"


def stages_csv(comments: Sequence[str], staged: Sequence[StagedData]) -> str:
    """Every point with the column of every stage; residual is data minus model."""
    header: list[str] = []
    rows: list[Sequence[object]] = []
    for part in staged:
        columns = part.columns()
        header = ["file", "line", "run", "branch", *columns]
        points = zip(*(values.tolist() for values in columns.values()), strict=True)
        rows.extend((*key, *values) for key, values in zip(_point_keys(part.data), points, strict=True))
    return csv_text([*comments, "residual: data minus model"], header, rows)


def universality_csv(inputs: Sequence[Input], result: UniversalityResult) -> str:
    """Every point with its H/T, M - M_Larmor and the curve common to all runs."""
    comments = [
        *provenance("universality", inputs),
        f"chi_larmor_emu_per_g_Oe {result.chi_larmor!r} ({result.chi_larmor_source})",
        f"F({result.dof[0]}, {result.dof[1]}) = {result.statistic!r}, p = {result.p_value!r}, "
        f"universality {'holds' if result.holds else 'fails'}",
        "M_minus_larmor is folded to positive fields: sign(H) M + chi_larmor |H|",
    ]
    header = (
        "file", "line", "run", "branch", "T_K", "H_Oe", "H_over_T_Oe_per_K", "M_minus_larmor_emu_per_g",
        "sigma_emu_per_g", "common_curve_emu_per_g",
    )  # fmt: skip
    data = result.data
    columns = (
        data.temperature, data.field, result.h_over_t, result.magnetisation, data.sigma, result.common_curve,
    )  # fmt: skip
    points = zip(*(values.tolist() for values in columns), strict=True)
    rows = ((*key, *values) for key, values in zip(_point_keys(data), points, strict=True))
    return csv_text(comments, header, rows)


def _point_keys(data: Dataset) -> Iterable[tuple[str, int, str, str]]:
    for run in data.runs:
        for line, branch in zip(run.run.line.tolist(), run.run.branch.tolist(), strict=True):
            yield run.run.file, line, run.label, run.run.branch_labels[branch]
