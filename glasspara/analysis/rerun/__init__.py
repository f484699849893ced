"""``rerun``: the analysis of a report done again, and what differs.

:func:`rerun` takes a report that :func:`read_report` has read. It finds the files that the report names, by content if
they were moved, runs the program with the settings that the report records, and holds the new report against the old
one with :func:`glasspara.analysis.diff.diff`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = ["CannotRerunError", "RerunResult", "read_report", "rerun"]

if TYPE_CHECKING:
    from glasspara.analysis.rerun.again import CannotRerunError, RerunResult, rerun
    from glasspara.report.reading import read_report

__getattr__, __dir__ = face(
    __name__,
    {**dict.fromkeys(__all__, "glasspara.analysis.rerun.again"), "read_report": "glasspara.report.reading"},
)
