"""The report of ``derive``: JSON block, CSV table, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from rich.console import Console

from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, ValueBlock
from glasspara.report.block import InputBlock
from glasspara.report.table import Sheet
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.wording import shown_unit, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.derive.consequences import DerivedQuantity, DeriveResult
    from glasspara.analysis.derive.fitted_values import FittedValues


class AssumptionBlock(TypedDict):
    """A number that the data do not give: a value, or a range; ``given`` by the user or a default."""

    symbol: str
    low: float
    high: float
    unit: str
    source: str
    given: bool


class DerivedQuantityBlock(TypedDict):
    """A number that follows. ``error`` is that of the fit alone, ``low`` and ``high`` the ends of what is assumed."""

    name: str
    text: str
    temperature_K: Annotated[float | None, "temperature"]
    value: float
    error: float | None
    low: float
    high: float
    unit: str
    assumptions: Annotated[list[str], "needs"]
    determined: bool


class CheckBlock(TypedDict):
    """A condition that the numbers should meet; null where only part of the assumed range meets it."""

    code: Annotated[str, "condition.code"]
    text: Annotated[str, "condition.text"]
    holds: bool | None


class DeriveBlock(TypedDict):
    """What follows from fitted parameters, by the fit alone and with assumptions."""

    source: Annotated[str, "source.source"]
    status: Annotated[str, "source.status"]
    assessment: AssessmentBlock
    notes: list[FindingBlock]
    qs4_measured: bool
    parameters: Annotated[dict[str, ValueBlock], lambda result: _parameters(result.source)]
    assumptions: dict[str, AssumptionBlock]
    quantities: list[DerivedQuantityBlock]
    checks: list[CheckBlock]


class _OfAReport(TypedDict, total=False):
    inputs: Annotated[list[InputBlock], lambda result: result.source.inputs or None]


class DeriveDocument(_OfAReport):
    """What ``derive`` adds to the frame; ``inputs`` are those of the report that it read."""

    model: Annotated[str, "source.model"]
    convention: Annotated[str, "source.convention"]
    orientation: Annotated[str, "source.orientation"]
    derive: Annotated[DeriveBlock, ""]


def _parameters(source: FittedValues) -> dict[str, ValueBlock]:
    return {
        name: {"value": value, "error": source.error(name) or None} for name, value in source.values.items()
    }


def _about(result: DeriveResult) -> list[str]:
    source = result.source
    return [
        f"from {source.source} ({source.status})",
        f"model {source.model}, {source.convention} convention, {source.orientation}",
        *(reason.text for reason in result.assessment.reasons),
        *(
            f"assumed: {name} = {item.low!r} to {item.high!r} {item.unit} ({item.source})"
            for name, item in result.assumptions.items()
        ),
        "error: one standard error by the fit alone; low and high: ends of what is assumed",
    ]


_HOLDS = {True: "holds", False: "FAILS", None: "holds for a part of the assumptions"}


def show_derive(result: DeriveResult, out: Console) -> None:
    source = result.source
    show_sentence(f"from {source.source} ({source.status})", out, style="bold")
    show_sentence(f"model {source.model}, {source.convention} convention, {source.orientation}", out)
    out.print()
    plain = [item for item in result.quantities if item.temperature is None]
    _show(
        "From the fit alone (at 1.26 K, if it depends on T)", [item for item in plain if not item.needs], out
    )
    _show("With assumptions", [item for item in plain if item.needs], out)
    temperatures = dict.fromkeys(
        item.temperature for item in result.quantities if item.temperature is not None
    )
    for temperature in temperatures:
        chosen = [item for item in result.quantities if item.temperature == temperature]
        _show(f"From the fit alone, at {temperature:g} K", chosen, out)
    show_table(
        ("assumption", "value", "unit", Column("source", "text")),
        [
            (
                name,
                f"{item.low:g} to {item.high:g}" if item.is_range else f"{item.low:g}",
                shown_unit(item.unit),
                item.source,
            )
            for name, item in result.assumptions.items()
        ],
        out,
    )
    out.print()
    checks = [(item.condition.text, _HOLDS[item.holds]) for item in result.checks]
    show_table((Column("check", "text"), Column("", "text")), checks, out)
    out.print()
    show_sentence(
        "Errors: one standard error from the fit alone, with its correlations; ranges: from the assumptions.",
        out,
    )
    show_assessment(result.assessment, out, result.notes)


def _show(title: str, items: Sequence[DerivedQuantity], out: Console) -> None:
    rows: list[Any] = []
    for item in items:
        value = (
            value_with_error(item.value, item.error)
            if item.low == item.high or item.error
            else f"{item.value:.4g}"
        )
        note = "" if item.determined else " (not determined)"
        span = "" if item.low == item.high else f"{item.low:.3g} to {item.high:.3g}"
        rows.append((item.text, value + note, shown_unit(item.unit), span, ", ".join(item.needs)))
    columns = (Column(title, "text"), Column("value", "text"), "unit", "range", Column("assumes", "text"))
    show_table(columns, rows, out)
    out.print()


REPORT = Report(
    "derive",
    DeriveDocument,
    show_derive,
    nested=False,
    tables={"derive.csv": lambda derive: Sheet(derive.table())},
    about=_about,
    figures={"derive": "derive_figure"},
    taken=lambda derive: {
        name: f"{item.low:g}:{item.high:g}" if item.is_range else f"{item.low:g}"
        for name, item in derive.assumptions.items()
        if not item.given
    },
)
