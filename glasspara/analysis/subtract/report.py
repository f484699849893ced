"""The report of ``subtract``: JSON block and CSV, which is also what the terminal shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypedDict

import numpy as np
from rich.console import Console

from glasspara.analysis.subtract.stages import COLUMN_SETS, StagedData, Subtraction
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, RunBlock
from glasspara.report.table import Sheet, point_columns
from glasspara.report.terminal import show_assessment

TABLE = "subtract.csv"

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
    parameters_error: Annotated[dict[str, float | None], _errors]
    parameters_source: Annotated[dict[str, str], "sources"]
    runs: Annotated[list[RunBlock], "staged.data.runs"]
    columns: Annotated[list[str], lambda result: list(result.staged.columns())]
    rows: Annotated[
        list[list[float | None]], lambda result: np.stack(list(result.staged.columns().values()), axis=-1)
    ]


def _errors(result: Subtraction) -> dict[str, float | None]:
    return {name: result.fit.parameters[name].error for name in result.parameters}


def _about(result: Subtraction) -> list[str]:
    sources = result.sources
    return [
        result.assessment.headline.text,
        *(item.text for item in result.notes if item.code in ("subtract.stages-once", "fitting.stages-once")),
        *(f"{name} = {value!r} ({sources[name]})" for name, value in result.parameters.items()),
    ]


def stages(staged: Sequence[StagedData], sets: Sequence[str] = ()) -> Sheet:
    """Every point with the column of every stage and those of ``sets``; residual is data minus model.

    ``since_field_change`` counts the points since the field last changed: 0 is the first, where relaxation shows.
    """
    names = {name for part in staged for name in part.columns()}
    tables = [
        {
            **point_columns(part.data),
            "since_field_change": part.data.since_field_change,
            **part.columns(names),
            **part.further_columns(sets),
        }
        for part in staged
    ]
    columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    return Sheet(columns, [_ABOUT, *(COLUMN_SETS[name].text for name in sets)])


def show_subtraction(result: Subtraction, out: Console) -> None:
    """The verdict, on the page; the terminal shows the table."""
    show_assessment(result.assessment, out, result.notes)


REPORT = Report(
    "subtract",
    SubtractBlock,
    show_subtraction,
    tables={TABLE: lambda subtract: stages([subtract.staged], subtract.column_sets)},
    about=_about,
    printed=TABLE,
)
