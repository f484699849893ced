"""``diff``: two reports of one command, side by side.

:func:`diff` takes two reports that :func:`read_report` has read. :mod:`~glasspara.analysis.diff.documents` walks both
documents, whatever the command; :mod:`~glasspara.analysis.diff.comparison` says what the differences amount to: values
in standard errors, verdicts, findings, settings, inputs, versions. ``rerun`` uses it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import face

__all__ = [
    "DiffResult",
    "FindingPair",
    "InputPair",
    "Pair",
    "QuantityPair",
    "StoredReport",
    "diff",
    "read_report",
]

if TYPE_CHECKING:
    from glasspara.analysis.diff.comparison import DiffResult, FindingPair, InputPair, QuantityPair, diff
    from glasspara.analysis.diff.documents import Pair
    from glasspara.report.reading import StoredReport, read_report

__getattr__, __dir__ = face(
    __name__,
    {
        **dict.fromkeys(__all__, "glasspara.analysis.diff.comparison"),
        "Pair": "glasspara.analysis.diff.documents",
        "StoredReport": "glasspara.report.reading",
        "read_report": "glasspara.report.reading",
    },
)
