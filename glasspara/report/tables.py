"""Results as CSV: ``#`` lines with provenance, a header with a unit in every column name, full precision."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from glasspara import __version__
from glasspara.parameters import parameter_of
from glasspara.report.inert import inert

if TYPE_CHECKING:
    from glasspara.analysis.compare import CompareResult
    from glasspara.analysis.universality import UniversalityResult
    from glasspara.dataset import Dataset
    from glasspara.fitting.contours import Contour
    from glasspara.fitting.curves import ProfileCurve
    from glasspara.fitting.result import FitResult, FittedParameter
    from glasspara.loading import Input
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
        "minos_lower, minos_upper: where the profile of chi2 has risen by 1, by the stated sigmas; not scaled",
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
                    *_minos_cells(item),
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
                    *_NO_MINOS,
                )
            )
    header = (
        "fit", "runs", "status", "parameter", "kind", "value", "error", "error_scaled", "unit", "at_limit",
        "minos_lower", "minos_upper", "minos_lower_outcome", "minos_upper_outcome",
    )  # fmt: skip
    return csv_text(comments, header, rows)


_NO_MINOS = (None, None, None, None)


def _minos_cells(item: FittedParameter) -> tuple[float | str | None, ...]:
    if item.minos is None:
        return _NO_MINOS
    return (item.minos.lower, item.minos.upper, item.minos.lower_outcome, item.minos.upper_outcome)


def profile_csv(inputs: Sequence[Input], result: FitResult, curve: ProfileCurve) -> str:
    """Chi2 above its minimum along one parameter, the parabola of its error, and every other parameter there."""
    item = result.parameters[curve.name]
    comments = [
        *provenance("fit", inputs),
        f"profile of {curve.name}: least chi2 above {result.statistics.chi2!r}, everything else following",
        "chi2_rise_parabola: what the error of the report stands for",
    ]
    header = [_column(curve.name), "chi2_rise", "chi2_rise_parabola", *map(_column, curve.path)]
    parabola = curve.parabola(item.value, item.error)
    columns = (curve.values, curve.rises, parabola, *curve.path.values())
    return csv_text(comments, header, zip(*(values.tolist() for values in columns), strict=True))


def contour_csv(inputs: Sequence[Input], result: FitResult, contour: Contour) -> str:
    """The points of every line of a contour, in order; the last is joined to the first."""
    comments = [
        *provenance("fit", inputs),
        f"regions of {' and '.join(contour.names)}: chi2 above {result.statistics.chi2!r}, everything else following",
        "on_line: 0 where the region meets a limit or is open",
        *contour.statements,
    ]
    header = ("probability", "chi2_rise", *map(_column, contour.names), "on_line")
    rows = [
        (line.probability, line.rise, *point, int(found))
        for line in contour.lines
        for point, found in zip(line.points.tolist(), line.found.tolist(), strict=True)
    ]
    return csv_text(comments, header, rows)


def _column(name: str) -> str:
    """Name of a column with the parameter's unit: "chi_larmor_emu_per_g_Oe"."""
    parts = parameter_of(name).unit.replace("^2", "2").split()
    above = [part for part in parts if not part.endswith("^-1") and part != "1"]
    below = [part.removesuffix("^-1") for part in parts if part.endswith("^-1")]
    return "_".join([name, *above, *(["per"] if below else []), *below])


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
    columns = {name: _column(name) for _, done in with_bootstrap for name in done.names}
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


def stages_csv(comments: Sequence[str], staged: Sequence[StagedData]) -> str:
    """Every point with the column of every stage; residual is data minus model."""
    header: list[str] = []
    rows: list[Sequence[object]] = []
    names = {name for part in staged for name in part.columns()}
    for part in staged:
        columns = part.columns(names)
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


def compare_csv(inputs: Sequence[Input], result: CompareResult) -> str:
    """One row a model."""
    comments = [
        *provenance("compare", inputs),
        result.verdict,
        *result.remarks,
        f"aic_scaled, bic_scaled, delta_aic, weight: chi2 divided by {result.scale!r}",
    ]
    rows: list[Sequence[object]] = []
    for item in result.contestants:
        statistics = item.result.statistics if item.result and item.usable else None
        numbers = (
            (None,) * 5
            if statistics is None
            else (statistics.chi2, statistics.ndof, statistics.n_free, statistics.aic, statistics.bic)
        )
        scaled = (item.aic_scaled, item.bic_scaled, item.delta, item.weight)
        rows.append((item.name, item.text, item.status, *numbers, *scaled, item.problem))
    header = (
        "model", "text", "status", "chi2", "ndof", "n_free", "aic", "bic", "aic_scaled", "bic_scaled", "delta_aic",
        "weight", "problem",
    )  # fmt: skip
    return csv_text(comments, header, rows)


def _point_keys(data: Dataset) -> Iterable[tuple[str, int, str, str]]:
    for run in data.runs:
        for line, branch in zip(run.run.line.tolist(), run.run.branch.tolist(), strict=True):
            yield run.run.file, line, run.label, run.run.branch_labels[branch]
