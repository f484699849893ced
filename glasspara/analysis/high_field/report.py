"""The report of ``highfield``: JSON block, CSV table, terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.analysis.compare.report import ContestantBlock
from glasspara.analysis.high_field.field_dependence import SCALES, SHORT, HighFieldResult
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, RunBlock
from glasspara.report.table import Sheet
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.wording import shown_unit, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.compare.contestants import Contestant


class FieldPeakBlock(TypedDict):
    """Where the ATS term of one form is largest along one M(H) run; ``field`` is null where no maximum is seen.

    ``share_at_highest_field`` is the term there over that at the peak; ``rises`` says whether it still rises there,
    null where that is not determined.
    """

    run: RunBlock
    form: str
    field: float | None
    field_error: Annotated[float | None, "error"]
    field_unit: Literal["Oe"]
    highest_field: Annotated[float, "top"]
    share_at_highest_field: Annotated[float, "fall"]
    rises: bool | None


class HighFieldBlock(TypedDict):
    """The forms of the ATS term at high field, which of them is best, and where M_intr(H) has its peaks.

    ``scale`` divides chi2 in the criteria, as in ``compare``.
    """

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    forms: Annotated[list[ContestantBlock], "comparison.contestants"]
    best: Annotated[str | None, "comparison.best.name"]
    scale: Annotated[float, "comparison.scale"]
    peaks: list[FieldPeakBlock]


def _points(result: HighFieldResult) -> Sheet:
    """A row a point."""
    about = "M_intrinsic: M less the Larmor and Langevin terms of the same form; residual: data minus model"
    return Sheet(result.table(), [about])


def show_highfield(result: HighFieldResult, out: Console) -> None:
    numbers = (Column(name, "number") for name in ("chi2/ndof", "delta AIC", "weight"))
    rows = [
        (SHORT[item.name], item.name, *_numbers(item), item.status, _beyond(item))
        for item in result.comparison.contestants
    ]
    show_table((Column("form", "text"), "model", *numbers, "status", "beyond (10)"), rows, out)
    if result.comparison.scale > 1.0:
        show_sentence(f"delta AIC and weight with chi2 divided by {result.comparison.scale:.4g}", out)
    show_assessment(result.assessment, out, result.notes)


def _numbers(item: Contestant) -> tuple[str, ...]:
    if item.result is None or item.delta is None or item.weight is None:
        return ("",) * 3
    statistics = item.result.statistics
    return f"{statistics.chi2 / statistics.ndof:.4g}", f"{item.delta:.1f}", f"{item.weight:.2g}"


def _beyond(item: Contestant) -> str:
    """The parameter by which a form goes beyond (10)."""
    if item.result is None or item.delta is None:
        return ""
    found = item.result.parameters
    return ", ".join(
        f"{name} = {value_with_error(found[name].value, found[name].error)} {shown_unit(found[name].unit)}"
        for name in SCALES
        if name in found
    )


REPORT = Report(
    "highfield",
    HighFieldBlock,
    show_highfield,
    tables={"highfield.csv": _points},
    figures={"highfield": "highfield_figures"},
)
