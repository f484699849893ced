"""The JSON report of ``subtract``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glasspara.report.frame import Json, frame, input_block, run_block
from glasspara.report.table import csv_text, point_keys

if TYPE_CHECKING:
    from glasspara.analysis.subtract.stages import StagedData
    from glasspara.data.loading import Input
    from glasspara.fitting.search.staged import StageValues


def subtract_document(
    inputs: Sequence[Input], staged: StagedData, stages: StageValues, warnings: Sequence[str]
) -> Json:
    columns = staged.columns()
    return frame("subtract", [input_block(item) for item in inputs], warnings) | {
        "subtract": {
            "parameters": dict(stages.values),
            "parameters_source": dict(stages.sources),
            "runs": [run_block(run) for run in staged.data.runs],
            "columns": list(columns),
            "rows": np.stack(list(columns.values()), axis=-1).tolist(),
        }
    }


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
