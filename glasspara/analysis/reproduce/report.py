"""The JSON report of ``reproduce``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from glasspara.package import __version__
from glasspara.report.frame import Json, frame
from glasspara.report.table import csv_text
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.reproduce.run import Done
    from glasspara.analysis.reproduce.steps import Row


def reproduce_document(done: Sequence[Done], *, seed: int) -> Json:
    return frame("reproduce", [], []) | {
        "reproduce": {
            "synthetic": True,
            "seed": seed,
            "steps": [
                {
                    "name": item.step.name,
                    "shows": item.step.shows,
                    "text": item.step.text,
                    "command": item.command,
                    "exit_status": item.status,
                    "problem": item.problem,
                    "files": [f"{item.step.name}/{name}" for name in item.files],
                    "comparison": [asdict(row) for row in item.rows],
                }
                for item in done
            ],
        }
    }


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


def show_reproduction(done: Sequence[Done], out: Console) -> None:
    """Every step with its outcome, then published numbers beside ours."""
    steps = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("step", "of the source", "what", "files"):
        steps.add_column(column, overflow="fold")
    for item in done:
        steps.add_row(item.step.name, item.step.shows, item.step.text, str(len(item.files)))
    out.print(steps)
    numbers = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("step", "quantity", "published", "here (synthetic data)", "unit"):
        numbers.add_column(column, overflow="fold")
    for item in done:
        for row in item.rows:
            here = "none" if row.value is None else value_with_error(row.value, row.error)
            published = value_with_error(row.published, row.published_error)
            numbers.add_row(item.step.name, row.quantity, published, here, row.unit)
    out.print()
    out.print(numbers)
    for item in done:
        if item.problem is not None:
            out.print(f"{item.step.name} failed: {item.problem}", style="bold red")
