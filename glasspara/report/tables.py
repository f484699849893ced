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
from glasspara.stages import StagedData

# A spreadsheet takes a cell that starts so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(comments: Iterable[str], header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """CSV with ``#`` lines above the header; text that a spreadsheet would evaluate is quoted with an apostrophe."""
    stream = io.StringIO()
    for comment in comments:
        stream.write("# " + " ".join(comment.split()) + "\n")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return stream.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        flat = " ".join(value.split())
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


def bootstrap_csv(inputs: Sequence[Input], fits: Sequence[FitResult]) -> str:
    """One row a replicate and fit, with the free parameters that it found."""
    comments = provenance("fit --bootstrap", inputs)
    with_bootstrap = [
        (number, result.bootstrap) for number, result in enumerate(fits, 1) if result.bootstrap is not None
    ]
    columns = {
        name: _column(name, done.parameters[name].unit) for _, done in with_bootstrap for name in done.names
    }
    rows: list[Sequence[object]] = []
    for number, done in with_bootstrap:
        comments.append(f"fit {number}: {done.kind} bootstrap, seed {done.seed}")
        for replicate, values in enumerate(done.samples.tolist()):
            found = dict(zip(done.names, values, strict=True))
            rows.append(
                (
                    number,
                    replicate,
                    done.chi2[replicate],
                    done.problems.get(replicate, ""),
                    *(found.get(name) for name in columns),
                )
            )
    return csv_text(comments, ["fit", "replicate", "chi2", "problem", *columns.values()], rows)


def _column(name: str, unit: str) -> str:
    """Name of a column with the unit in it: "chi_larmor_emu_per_g_Oe"."""
    words = unit.split()
    above = [word.replace("^", "") for word in words if not word.endswith("^-1") and word != "1"]
    below = [word.removesuffix("^-1") for word in words if word.endswith("^-1")]
    return "_".join([name, *above, *(["per", *below] if below else [])])


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
