"""Tables of ``reproduce``: published numbers beside ours as CSV, and an index of all results in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara import __version__
from glasspara.report.tables.table import csv_text
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.reproduction.run import Done
    from glasspara.reproduction.steps import Row

SOURCE = "G. Jug and S. Recchia, arXiv:2111.12644"


def reproduce_csv(done: Sequence[Done], *, seed: int) -> str:
    """One row a published number."""
    comments = [
        f"glasspara {__version__} reproduce, seed {seed}",
        "value: found on synthetic data made from the parameters of the source's Tables 3 and 4",
        f"published: {SOURCE}",
    ]
    header = (
        "step",
        "quantity",
        "unit",
        "published",
        "published_error",
        "value",
        "error",
        "value_over_published",
    )
    rows = (
        (
            item.step.name,
            row.quantity,
            row.unit,
            row.published,
            row.published_error,
            row.value,
            row.error,
            _ratio(row),
        )
        for item in done
        for row in item.rows
    )
    return csv_text(comments, header, rows)


def index_markdown(done: Sequence[Done], *, seed: int) -> str:
    """The whole folder on one page: a heading a step, its command, its figures, its numbers."""
    lines = [
        "# The source's tables and figures, from synthetic data",
        "",
        f"By glasspara {__version__}, seed {seed}. The raw data of the source ({SOURCE}) are not public: **all data "
        "here are synthetic**, made from its published parameters. Each part is one command, to be run in this folder.",
        "",
    ]
    for item in done:
        lines += [f"## {item.step.shows}", "", f"{item.step.text}.", "", f"    {item.command}", ""]
        if item.problem is not None:
            lines += [f"This failed (exit status {item.status}): {item.problem}", ""]
        if item.rows:
            lines += ["| quantity | unit | published | here | here / published |", "|---|---|---|---|---|"]
            lines += [_line(row) for row in item.rows]
            lines.append("")
        figures = [name for name in item.files if name.endswith(".png")]
        lines += [line for name in figures for line in (f"![{name}]({item.step.name}/{name})", "")]
        others = [f"[{name}]({item.step.name}/{name})" for name in item.files if name not in figures]
        if others:
            lines += [f"Tables: {', '.join(others)}", ""]
    return "\n".join(lines)


def _line(row: Row) -> str:
    ratio = _ratio(row)
    cells = (
        row.quantity,
        row.unit,
        value_with_error(row.published, row.published_error),
        "none" if row.value is None else value_with_error(row.value, row.error),
        "" if ratio is None else f"{ratio:.3f}",
    )
    return f"| {' | '.join(cells)} |"


def _ratio(row: Row) -> float | None:
    return None if row.value is None or row.published == 0.0 else row.value / row.published
