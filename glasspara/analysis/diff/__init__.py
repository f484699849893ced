"""Two reports of one command, side by side.

``glasspara diff``. :mod:`~glasspara.analysis.diff.documents` walks both documents, whatever the command;
:mod:`~glasspara.analysis.diff.comparison` says what the differences amount to: values in standard errors, verdicts,
findings, settings, inputs, versions. ``rerun`` uses it too.
"""

from __future__ import annotations

from typing import Annotated

import typer

from glasspara.cli.output import Output
from glasspara.errors import UsageError

Reports = Annotated[
    list[str], typer.Argument(metavar="REPORT REPORT", help="Two reports of the same command.")
]


def diff(files: Reports, *, output: Output) -> None:
    """Two reports side by side: values with their difference in standard errors, verdicts, findings, settings, inputs.

    If the reports have a file in common, the larger of the two standard errors is used, because both come from the same
    noise; otherwise both are added in quadrature. The exit status is 0 whatever differs.

    Example: glasspara diff monday/report.json tuesday/report.json
    """
    if len(files) != 2:
        raise UsageError(f"diff takes two reports, not {len(files)}")
    from glasspara.analysis.diff import comparison
    from glasspara.analysis.diff.report import REPORT
    from glasspara.report.reading import read_report

    output.check(REPORT.files)
    a, b = map(read_report, files)
    output.deliver(REPORT, None, comparison.diff(a, b))
