"""One room per question: the science, its report, its figures and its command, in one folder.

A room's ``__init__`` is its command, which alone knows the command line; ``report.py`` makes JSON, CSV and the
terminal's text from one typed result; ``figures.py`` alone draws.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glasspara.report.frame import Report

REPORTING = (
    "anomaly", "compare", "curie", "derive", "diff", "fit", "high_field", "inspect", "oscillations", "partition",
    "plan", "reproduce", "rerun", "series", "simulate", "subtract", "universality",
)  # fmt: skip
"""The rooms that write a report."""


def reports() -> dict[str, Report[Any]]:
    """The report of every command, by the command's name."""
    found = [import_module(f"glasspara.analysis.{room}.report").REPORT for room in REPORTING]
    return {report.command: report for report in found}
