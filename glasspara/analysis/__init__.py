"""One room per question: the science, its report, its figures and its command, in one folder.

A room's ``__init__`` is its command, which alone knows the command line; ``report.py`` makes JSON, CSV and the
terminal's text from one typed result; ``figures.py`` alone draws.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glasspara.report import Report


def reports() -> dict[str, Report[Any]]:
    """The report of every command, by the command's name."""
    rooms = [item.name for item in iter_modules(__path__) if item.ispkg]
    found = [import_module(f"{__name__}.{room}.report").REPORT for room in rooms]
    return {report.command: report for report in found}
