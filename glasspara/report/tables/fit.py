"""Tables of ``fit``: parameters, profiles, contours, replicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import column, csv_text, provenance

if TYPE_CHECKING:
    from glasspara.fitting.contours import Contour
    from glasspara.fitting.curves import ProfileCurve
    from glasspara.fitting.result import FitResult, FittedParameter, Quantity
    from glasspara.loading import Input


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
                    *_minos_cells(derived),
                )
            )
    header = (
        "fit", "runs", "status", "parameter", "kind", "value", "error", "error_scaled", "unit", "at_limit",
        "minos_lower", "minos_upper", "minos_lower_outcome", "minos_upper_outcome",
    )  # fmt: skip
    return csv_text(comments, header, rows)


def _minos_cells(item: Quantity) -> tuple[float | str | None, ...]:
    if item.minos is None:
        return (None,) * 4
    return (item.minos.lower, item.minos.upper, item.minos.lower_outcome, item.minos.upper_outcome)


def profile_csv(inputs: Sequence[Input], result: FitResult, curve: ProfileCurve) -> str:
    """Chi2 above its minimum along a parameter or combination, the parabola of its error, the other parameters."""
    item = result.quantities[curve.name]
    comments = [
        *provenance("fit", inputs),
        f"profile of {curve.name}: least chi2 above {result.statistics.chi2!r}, everything else following",
        "chi2_rise_parabola: what the error of the report stands for",
    ]
    header = [column(curve.name, item.unit), "chi2_rise", "chi2_rise_parabola", *map(column, curve.path)]
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
    header = ("probability", "chi2_rise", *map(column, contour.names), "on_line")
    rows = [
        (line.probability, line.rise, *point, int(found))
        for line in contour.lines
        for point, found in zip(line.points.tolist(), line.found.tolist(), strict=True)
    ]
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
    columns = {name: column(name) for _, done in with_bootstrap for name in done.names}
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
