"""The analysis of a report done again, by the program itself, from the settings and files that it records.

:func:`rerun` gives the result; below it is its report: JSON block, the table of ``diff``, the new report, terminal.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypedDict

from glasspara.analysis.diff.comparison import DiffResult, diff
from glasspara.analysis.diff.report import TABLE, DiffBlock, about_reports, differences, show_diff
from glasspara.errors import InputError
from glasspara.files import STDIN
from glasspara.findings import Answer, Assessment, AssessmentBlock, Finding
from glasspara.report import NamedFile, Report, to_text
from glasspara.report.reading import Places, StoredReport, as_report

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Console


_OF_OTHER_FILES = {"files.passed-over", "files.unsuitable-left-out"}
"""Warnings about files in the same folder that the analysis did not use: it is done again without them."""

_DONE = {0, 5, 6}  # trusted, not trusted, part of a batch failed
_INTO_A_FOLDER = {"simulate", "reproduce"}
_WITH_RESULTS_ON_STDERR = {"simulate", "subtract"}


@dataclass(frozen=True, eq=False, repr=False)
class RerunResult(Answer):
    """``diff`` holds the recorded report against the new one; ``words`` are the command line that made that."""

    words: tuple[str, ...]
    exit_status: int
    diff: DiffResult

    @property
    def document(self) -> Mapping[str, Any]:
        """The new report."""
        return self.diff.b.document

    @property
    def assessment(self) -> Assessment:
        return self.diff.assessment

    @property
    def notes(self) -> tuple[Finding, ...]:
        return self.diff.notes

    def to_frame(self) -> DataFrame:
        """As of :meth:`glasspara.analysis.diff.DiffResult.to_frame`: "a" is recorded, "b" is now."""
        return self.diff.to_frame()


class CannotRerunError(InputError):
    """The program refuses to do the analysis again; ``exit_status`` is what it ended with."""

    def __init__(self, status: int, what: str, *, where: str) -> None:
        super().__init__(what, where=where)
        self.exit_status = status


def rerun(report: StoredReport, *, files_in: Path | None = None, messages: bool = False) -> RerunResult:
    """Do the analysis of ``report`` again.

    Parameters
    ----------
    report : what :func:`glasspara.analysis.diff.read_report` has read
    files_in : a folder in which its files are looked for first; then come the paths as they stand in the report, from
        the working folder, from the report's and from those above it, and the ends of the paths in these
    messages : whether progress and warnings go to stderr

    Raises
    ------
    InputError
        A file that the report names is nowhere, or the program refuses the analysis.
    """
    if report.command == "rerun" or not re.fullmatch(r"[a-z]+", report.command):
        raise InputError(
            f"a report of {report.command!r} cannot be run again",
            where=report.path,
            remedy="Give the report of an analysis",
        )
    found = _find(report, files_in)
    messages = messages and report.command not in _WITH_RESULTS_ON_STDERR
    words = [report.command, "--settings", report.path, "--json", *([] if messages else ["--quiet"])]
    words += _replaced(report, found)
    with ExitStack() as stack:
        if report.command in _INTO_A_FOLDER:
            words += ["--out", stack.enter_context(TemporaryDirectory()), "--force"]
        words += ["--", *_files(report, found)]
        done = run_program(words, messages=messages)
    if done.returncode not in _DONE:
        lines = [] if messages else done.stderr.strip().splitlines()
        reason = lines[-1].removeprefix("error: ") if lines else "see above"
        raise CannotRerunError(
            done.returncode, f"the analysis cannot be done again: {reason}", where=report.path
        )
    new = as_report(json.loads(done.stdout), "this run")
    return RerunResult(tuple(words), done.returncode, diff(_of_its_files(report), new))


def _of_its_files(report: StoredReport) -> StoredReport:
    warnings = report.document.get("warnings")
    if not isinstance(warnings, list):
        return report
    kept = [item for item in warnings if not (isinstance(item, dict) and item.get("code") in _OF_OTHER_FILES)]
    return replace(report, document={**report.document, "warnings": kept})


def _find(report: StoredReport, folder: Path | None) -> dict[str, str]:
    """Where each file of the report is now."""
    places = Places.of_report(report.path, folder)
    found, missing = {}, []
    for file in (*report.inputs, *report.others):
        if file.sha256 is None:
            continue  # a preset
        place = places.find(file)
        if place is None:
            missing.append("standard input" if file.path == STDIN else file.path)
        else:
            found[file.path] = place[0]
    if missing:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise InputError(
            f"{len(missing)} of its {len(missing) + len(found)} files cannot be found: {shown}",
            where=report.path,
            remedy="Name their folder with --files-in DIR",
        )
    return found


def _files(report: StoredReport, found: Mapping[str, str]) -> list[str]:
    """The arguments: the inputs with those that failed, or what the command takes in their place."""
    named = [item.path for item in report.others if item.named_by == NamedFile.named_by]
    failed = report.document.get("failed")
    failures = (
        [item.get("path") for item in failed if isinstance(item, dict)] if isinstance(failed, list) else []
    )
    paths = named or [*(item.path for item in report.inputs), *map(str, failures)]
    return [found.get(path, path) for path in dict.fromkeys(paths)]


def _replaced(report: StoredReport, found: Mapping[str, str]) -> Iterator[str]:
    """Options that name files, with where these are now."""
    flags = {item.named_by for item in report.others if item.named_by.startswith("--")}
    for flag in sorted(flags):
        for value in _listed(report.settings.get(flag.removeprefix("--").replace("-", "_"))):
            yield f"{flag}={found.get(value, value)}"
    for text in _listed(report.settings.get("exclude")):
        path = next((path for path in found if text.startswith(f"{path}:")), "")
        yield f"--exclude={found[path]}{text.removeprefix(path)}" if path else f"--exclude={text}"


def _listed(value: Any) -> Sequence[str]:
    return (
        [str(item) for item in value]
        if isinstance(value, list)
        else [value]
        if isinstance(value, str)
        else []
    )


def run_program(
    words: Sequence[str], *, folder: Path | None = None, messages: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run ``glasspara`` with ``words`` in ``folder``; its stderr is kept too, or with ``messages`` goes to ours."""
    # -P: files in the folder are no modules of the program.
    return subprocess.run(
        [sys.executable, "-P", "-m", "glasspara", *words],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=None if messages else subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        stdin=subprocess.DEVNULL,
        check=False,
    )


class RerunBlock(TypedDict):
    """An analysis that was done again by the command line ``words``: in ``diff``, a is the recorded report, b the new
    one."""

    words: list[str]
    exit_status: int
    diff: DiffBlock
    assessment: AssessmentBlock


def show_rerun(result: RerunResult, out: Console) -> None:
    show_diff(result.diff, out, ("recorded", "now"))


REPORT = Report(
    "rerun",
    RerunBlock,
    show_rerun,
    tables={
        TABLE: lambda rerun: differences(rerun.diff),
        "report.json": lambda rerun: to_text(rerun.document),
    },
    about=lambda rerun: about_reports(rerun.diff),
)
