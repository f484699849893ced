"""Run the steps: each is the program itself, in a process of its own."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glasspara.analysis.reproduce.steps import CAMPAIGNS, STEPS, Campaign, Row, Step
from glasspara.analysis.rerun.report import run_program
from glasspara.files.naming import natural
from glasspara.findings import Finding, finding
from glasspara.findings.answer import Answer
from glasspara.replicates.cores import Progress, no_progress

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
    wanted = {step.campaign for step in steps}
    campaigns = [campaign for campaign in CAMPAIGNS if campaign.name in wanted]
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


def _simulate(folder: Path, campaign: Campaign, seed: int) -> None:
    place = str(Path(DATA) / campaign.name)
    words = ["simulate", *campaign.options, "--seed", str(seed), "--out", place, "--force"]
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
