"""The analysis of a report done again, and what differs.

``glasspara rerun``. :func:`~glasspara.analysis.rerun.report.rerun` finds the files that a report names, by content if
they were moved, runs the program with the settings that the report records, and holds the new report against the old
one with :func:`glasspara.analysis.diff.comparison.diff`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from glasspara.cli.options import own_option
from glasspara.cli.output import Output
from glasspara.errors import UsageError

Recorded = Annotated[list[str], typer.Argument(metavar="REPORT", help="The report.json of any command.")]


def rerun(
    files: Recorded,
    files_in: Path | None = own_option(
        "--files-in",
        "Folder that now contains the files, under any names. Without it they are searched under the names in the "
        "report, from the working folder, the report's folder and the folders above it.",
        "DIR",
    ),
    *,
    output: Output,
) -> None:
    """Repeat the analysis of a report, from the settings and files that it records, and show what differs.

    Files are compared by SHA-256, values in standard errors. The exit status is 0 whatever differs; 3: a file is
    missing.

    Example: glasspara rerun results/report.json
    """
    if len(files) != 1:
        raise UsageError(f"rerun takes one report, not {len(files)}")
    if files_in is not None and not files_in.is_dir():
        raise UsageError(f"--files-in {files_in}: no such folder")
    from glasspara.analysis.rerun import report
    from glasspara.report.reading import read_report

    output.check(report.REPORT.files)
    seen = sys.stderr.isatty() and not output.quiet
    result = report.rerun(read_report(files[0]), files_in=files_in, messages=seen)
    output.deliver(report.REPORT, None, result)
