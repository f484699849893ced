"""Run the steps, each the program itself in a process of its own, and report what they find.

The report has a JSON block, a CSV table, a page of the whole folder, and the terminal's text.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import astuple, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara import __version__
from glasspara.analysis.reproduce.steps import CAMPAIGNS, STEPS, Row, Step
from glasspara.analysis.rerun.report import run_program
from glasspara.files.naming import natural
from glasspara.findings import Answer, Finding, FindingBlock, finding
from glasspara.replicates.cores import Progress, no_progress
from glasspara.report import Report
from glasspara.report.table import Sheet
from glasspara.report.terminal import Column, show_table
from glasspara.wording import shown_unit, value_with_error

if TYPE_CHECKING:
    from pandas import DataFrame


DATA = "data"
"""Folder of the synthetic files within the output."""


@dataclass(frozen=True)
class StepResult:
    """One step that was run.

    ``command`` is what a user types in the output folder to have it again; ``problem`` is the line on which the
    command failed, and then there are no files and no rows.
    """

    step: Step
    command: str
    status: int
    files: tuple[str, ...]
    rows: tuple[Row, ...]
    problem: str | None = None

    @property
    def failure(self) -> Finding | None:
        """Why there is no result, if there is none."""
        if self.problem is None:
            return None
        return finding("reproduce.step-failed", step=self.step.name, status=self.status, problem=self.problem)


@dataclass(frozen=True, repr=False)
class Reproduction(Answer):
    """All steps that were run, and the seed of the synthetic noise."""

    steps: tuple[StepResult, ...]
    seed: int

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The steps that failed."""
        return tuple(step.failure for step in self.steps if step.failure is not None)

    def to_frame(self) -> DataFrame:
        """One row a published number, units in a column of their own: every row has another quantity."""
        from dataclasses import asdict

        from pandas import DataFrame

        return DataFrame(
            {"step": item.step.name, **asdict(row), "value_over_published": row.ratio}
            for item in self.steps
            for row in item.rows
        )


def reproduce(
    folder: Path, *, seed: int, jobs: int, steps: Sequence[Step] = STEPS, progress: Progress = no_progress
) -> Reproduction:
    """Simulate the campaigns into ``folder``, run every step on them, and keep the results beside them.

    Existing files there are replaced. ``seed`` is that of the noise; ``jobs`` commands run at once. The results do
    not depend on ``jobs``.
    """
    chosen = {step.campaign for step in steps}
    campaigns = [campaign for campaign in CAMPAIGNS if campaign in chosen]
    total = len(campaigns) + len(steps)
    finished = 0

    def count(_future: object) -> None:
        nonlocal finished
        finished += 1
        progress(finished, total)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            simulated = [pool.submit(_simulate, folder, campaign, seed) for campaign in campaigns]
            for future in simulated:
                future.add_done_callback(count)
            for future in simulated:
                future.result()
            futures: dict[str, Future[StepResult]] = {}
            # A step that reads the report of another is listed after it: what it waits for is under way.
            for step in steps:
                before = [futures[name] for name in step.needs]
                futures[step.name] = pool.submit(_run, folder, step, before)
                futures[step.name].add_done_callback(count)
            return Reproduction(tuple(future.result() for future in futures.values()), seed)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _simulate(folder: Path, campaign: str, seed: int) -> None:
    place = str(Path(DATA) / campaign)
    words = ["simulate", *CAMPAIGNS[campaign], "--seed", str(seed), "--out", place, "--force"]
    done = run_program(words, folder=folder)
    if done.returncode:
        raise RuntimeError(f"glasspara {shlex.join(words)}: {done.stderr.strip()}")


def _run(folder: Path, step: Step, before: Sequence[Future[StepResult]]) -> StepResult:
    for future in before:
        future.result()
    place = None if step.campaign is None else f"{DATA}/{step.campaign}"
    files = (
        []
        if place is None
        else sorted((f"{place}/{path.name}" for path in (folder / place).glob(step.pattern)), key=natural)
    )
    options = [_with_reports(word, step) for word in step.options]
    tail = [*options, "--out", step.name, "--force"]
    pattern = "" if place is None else f" {place}/{step.pattern}"
    done = run_program([step.command, *files, *tail], folder=folder)
    shown = f"glasspara {step.command}{pattern} {shlex.join(tail)}"
    if done.returncode not in step.expected:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return StepResult(step, shown, done.returncode, (), (), lines[-1])
    report = json.loads((folder / step.name / step.report).read_text(encoding="utf-8"))
    return StepResult(step, shown, done.returncode, tuple(report["files"]), tuple(step.rows(report)))


def _with_reports(word: str, step: Step) -> str:
    names = {f"{{{name}}}": name for name in step.needs}
    if word not in names:
        return word
    other = next(item for item in STEPS if item.name == names[word])
    return f"{other.name}/{other.report}"


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


SOURCE = "G. Jug and S. Recchia, arXiv:2111.12644"


def _numbers(result: Reproduction) -> Sheet:
    """One row a published number."""
    header = (
        "step", "quantity", "unit", "published", "published_error", "value", "error", "value_over_published",
    )  # fmt: skip
    rows = [(item.step.name, *astuple(row), row.ratio) for item in result.steps for row in item.rows]
    return Sheet.of_rows(header, rows)


def _about(result: Reproduction) -> list[str]:
    return [
        f"seed {result.seed}",
        "value: found on synthetic data made from the parameters of the source's Tables 3 and 4",
        f"published: {SOURCE}",
    ]


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
    cells = (row.quantity, shown_unit(row.unit), *_both(row), "" if row.ratio is None else f"{row.ratio:.3f}")
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


def show_reproduction(result: Reproduction, out: Console) -> None:
    """Every step with its outcome, then published numbers beside ours."""
    steps = [(item.step.name, item.step.shows, item.step.text, str(len(item.files))) for item in result.steps]
    show_table(("step", Column("of the source", "text"), Column("what", "text"), "files"), steps, out)
    out.print()
    numbers = [
        (item.step.name, row.quantity, *_both(row), shown_unit(row.unit))
        for item in result.steps
        for row in item.rows
    ]
    show_table(("step", "quantity", "published", "here (synthetic data)", "unit"), numbers, out)
    for note in result.notes:
        out.print(note.text, style="bold red")


REPORT = Report(
    "reproduce",
    ReproduceBlock,
    show_reproduction,
    tables={"reproduce.csv": _numbers, "index.md": index_markdown},
    about=_about,
)
