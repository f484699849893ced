"""The report of ``subtract``: JSON block and CSV, which is also what the terminal shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from rich.console import Console

from glasspara.report.frame import Report, RunBlock, run_block
from glasspara.report.table import csv_text, point_keys, provenance

if TYPE_CHECKING:
    from glasspara.analysis.subtract.stages import StagedData, Subtraction
    from glasspara.data.loading import Input

POINTS = "subtract.csv"


class SubtractBlock(TypedDict):
    """Every point with what each stage takes away.

    ``rows`` has the points in the order of ``runs``, with the values of ``columns``; units are in their names.
    """

    parameters: dict[str, float]
    parameters_source: dict[str, str]
    runs: list[RunBlock]
    columns: list[str]
    rows: list[list[float]]


class SubtractDocument(TypedDict):
    """What ``subtract`` adds to the frame."""

    subtract: SubtractBlock


def subtract_document(result: Subtraction) -> SubtractDocument:
    columns = result.staged.columns()
    return {
        "subtract": {
            "parameters": dict(result.parameters.values),
            "parameters_source": dict(result.parameters.sources),
            "runs": [run_block(run) for run in result.staged.data.runs],
            "columns": list(columns),
            "rows": np.stack(list(columns.values()), axis=-1).tolist(),
        }
    }


def _tables(inputs: Sequence[Input], result: Subtraction) -> dict[str, str]:
    parameters = result.parameters
    comments = [
        *provenance("subtract", inputs),
        *(f"{name} = {value!r} ({parameters.sources[name]})" for name, value in parameters.values.items()),
    ]
    return {POINTS: stages_csv(comments, [result.staged])}


def stages_csv(comments: Sequence[str], staged: Sequence[StagedData]) -> str:
    """Every point with the column of every stage; residual is data minus model."""
    header: list[str] = []
    rows: list[Sequence[object]] = []
    names = {name for part in staged for name in part.columns()}
    for part in staged:
        columns = part.columns(names)
        header = ["file", "line", "run", "branch", *columns]
        points = zip(*(values.tolist() for values in columns.values()), strict=True)
        rows.extend((*key, *values) for key, values in zip(point_keys(part.data), points, strict=True))
    return csv_text([*comments, "residual: data minus model"], header, rows)


def show_subtraction(inputs: Sequence[Input], result: Subtraction, out: Console) -> None:
    """The CSV as it is: no line of it may be wrapped."""
    out.file.write(_tables(inputs, result)[POINTS])


REPORT = Report("subtract", subtract_document, _tables, show_subtraction, files=("subtract.json", POINTS))
