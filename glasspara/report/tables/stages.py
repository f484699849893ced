"""The points with what every stage takes away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import csv_text, point_keys

if TYPE_CHECKING:
    from glasspara.stages import StagedData


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
