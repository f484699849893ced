"""The report of ``rerun``: JSON block, the table of ``diff``, the new report, terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, TypedDict

from glasspara.analysis.diff.report import TABLE, DiffBlock, diff_tables, show_diff
from glasspara.findings import AssessmentBlock
from glasspara.report.frame import Report, to_text

if TYPE_CHECKING:
    from rich.console import Console

    from glasspara.analysis.rerun.again import RerunResult
    from glasspara.data.loading import Input

NEW = "report.json"


class RerunBlock(TypedDict):
    """An analysis that was done again by the command line ``words``: in ``diff``, a is the recorded report, b the new
    one."""

    words: list[str]
    exit_status: int
    diff: DiffBlock
    assessment: AssessmentBlock


class RerunDocument(TypedDict):
    """What ``rerun`` adds to the frame."""

    rerun: Annotated[RerunBlock, ""]


def _tables(inputs: Sequence[Input], result: RerunResult) -> Mapping[str, str]:
    return {**diff_tables(inputs, result.diff), NEW: to_text(result.document)}


def show_rerun(inputs: Sequence[Input], result: RerunResult, out: Console) -> None:
    show_diff(inputs, result.diff, out, ("recorded", "now"))


REPORT = Report("rerun", RerunDocument, _tables, show_rerun, files=("rerun.json", TABLE, NEW))
