"""The report of ``reproduce``: JSON block, CSV table, page of the whole folder, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.analysis.reproduce.steps import Row
from glasspara.files.naming import natural
from glasspara.findings import FindingBlock
from glasspara.package import __version__
from glasspara.report.frame import Report
from glasspara.report.table import csv_text
from glasspara.report.terminal import Column, show_table
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.reproduce.run import Reproduction
    from glasspara.data.loading import Input

NUMBERS, INDEX = "reproduce.csv", "index.md"


class StepBlock(TypedDict):
    """A command that makes tables or figures of the source; ``problem`` is the error of one that failed.

    ``remarks`` say where the source contradicts itself, or where ours differs for a known reason.
    """

    name: Annotated[str, "step.name"]
    shows: Annotated[str, "step.shows"]
    text: Annotated[str, "step.text"]
    command: str
    exit_status: Annotated[int, "status"]
    problem: str | None
    files: Annotated[list[str], lambda item: [f"{item.step.name}/{name}" for name in item.files]]
    remarks: Annotated[list[str], "step.remarks"]
    comparison: Annotated[list[Row], "rows"]


class ReproduceBlock(TypedDict):
    """The source's tables and figures from synthetic data."""

    synthetic: Literal[True]
    seed: int
    notes: list[FindingBlock]
    steps: list[StepBlock]


class ReproduceDocument(TypedDict):
    """What ``reproduce`` adds to the frame."""

    reproduce: Annotated[ReproduceBlock, ""]


SOURCE = "G. Jug and S. Recchia, arXiv:2111.12644"


def reproduce_csv(result: Reproduction) -> str:
    """One row a published number."""
    comments = [
        f"glasspara {__version__} reproduce, seed {result.seed}",
        "value: found on synthetic data made from the parameters of the source's Tables 3 and 4",
        f"published: {SOURCE}",
    ]
    header = (
        "step", "quantity", "unit", "published", "published_error", "value", "error", "value_over_published",
    )  # fmt: skip
    rows = [(item.step.name, *astuple(row), row.ratio) for item in result.steps for row in item.rows]
    return csv_text(comments, header, rows)


def index_markdown(result: Reproduction) -> str:
    """The whole folder on one page: a heading a step, its command, its figures, its numbers."""
    lines = [
        "# The source's tables and figures, from synthetic data",
        "",
        f"By glasspara {__version__}, seed {result.seed}. The raw data of the source ({SOURCE}) are not public: "
        "**all data here are synthetic**, made from its published parameters. Each part is one command, to be run in "
        "this folder.",
        "",
    ]
    for item in result.steps:
        lines += [f"## {item.step.shows}", "", f"{item.step.text}.", "", f"    {item.command}", ""]
        if item.failure is not None:
            lines += [item.failure.text, ""]
        lines += [line for remark in item.step.remarks for line in (remark, "")]
        if item.rows:
            lines += ["| quantity | unit | published | here | here / published |", "|---|---|---|---|---|"]
            lines += [_line(row) for row in item.rows]
            lines.append("")
        figures = sorted((name for name in item.files if name.endswith(".png")), key=natural)
        lines += [line for name in figures for line in (f"![{name}]({item.step.name}/{name})", "")]
        others = [f"[{name}]({item.step.name}/{name})" for name in item.files if name not in figures]
        if others:
            lines += [f"Tables: {', '.join(others)}", ""]
    return "\n".join(lines)


def _line(row: Row) -> str:
    cells = (row.quantity, row.unit, *_both(row), "" if row.ratio is None else f"{row.ratio:.3f}")
    return f"| {' | '.join(cells)} |"


def _both(row: Row) -> tuple[str, str]:
    """What is published, and what is found here."""
    here = "none" if row.value is None else value_with_error(row.value, row.error)
    return as_printed(row.published, row.published_error), here


def as_printed(value: float, error: float | None) -> str:
    """A published number with the digits that the source gives, in powers of ten where the reports use them."""
    exponent = Decimal(repr(value)).adjusted()
    exponent = exponent if exponent < -3 or exponent > 4 else 0
    shown = f"{Decimal(repr(value)).scaleb(-exponent).normalize():f}"
    if error is not None:
        spread = Decimal(repr(error)).scaleb(-exponent).normalize()
        digits = max(-int(spread.as_tuple().exponent), len(shown.partition(".")[2]))
        shown = f"{Decimal(shown):.{digits}f} ± {spread:.{digits}f}"
    power = f"e{exponent:+03d}" if exponent else ""
    return f"({shown}){power}" if error is not None and power else f"{shown}{power}"


def _tables(inputs: Sequence[Input], result: Reproduction) -> dict[str, str]:  # noqa: ARG001
    return {NUMBERS: reproduce_csv(result), INDEX: index_markdown(result)}


def show_reproduction(inputs: Sequence[Input], result: Reproduction, out: Console) -> None:  # noqa: ARG001
    """Every step with its outcome, then published numbers beside ours."""
    steps = [(item.step.name, item.step.shows, item.step.text, str(len(item.files))) for item in result.steps]
    show_table(("step", Column("of the source", "text"), Column("what", "text"), "files"), steps, out)
    out.print()
    numbers = [
        (item.step.name, row.quantity, *_both(row), row.unit) for item in result.steps for row in item.rows
    ]
    show_table(("step", "quantity", "published", "here (synthetic data)", "unit"), numbers, out)
    for note in result.notes:
        out.print(note.text, style="bold red")


REPORT = Report(
    "reproduce", ReproduceDocument, _tables, show_reproduction, files=("reproduce.json", NUMBERS, INDEX)
)
