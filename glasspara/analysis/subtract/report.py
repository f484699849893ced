"""The report of ``subtract``: JSON block and CSV, which is also what the terminal shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import numpy as np
from rich.console import Console

from glasspara.analysis.subtract.stages import COLUMN_SETS
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, RunBlock
from glasspara.report.table import csv_text, point_keys, provenance
from glasspara.report.terminal import Recorder, show_assessment, show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.subtract.stages import StagedData, Subtraction
    from glasspara.data.loading import Input

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
    parameters_error: Annotated[dict[str, float | None], _errors]
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
    """Every point with the column of every stage and those of ``sets``; residual is data minus model.

    ``since_field_change`` counts the points since the field last changed: 0 is the first, where relaxation shows.
    """
    header: list[str] = []
    rows: list[Sequence[object]] = []
    names = {name for part in staged for name in part.columns()}
    for part in staged:
        columns = {**part.columns(names), **part.further_columns(sets)}
        header = ["file", "line", "run", "branch", "since_field_change", *columns]
        points = zip(
            part.data.since_field_change, *(values.tolist() for values in columns.values()), strict=True
        )
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
