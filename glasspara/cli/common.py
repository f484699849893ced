"""Names of before, for commands that are not converted yet; goes with the last of them."""

from __future__ import annotations

from glasspara.cli.groups import all_trace_ions_of as all_trace_ions
from glasspara.cli.groups import trace_ions_of as trace_ions
from glasspara.cli.output import NOT_TRUSTED, PART_FAILED, report_error, stop, warn

__all__ = ["NOT_TRUSTED", "PART_FAILED", "all_trace_ions", "report_error", "stop", "trace_ions", "warn"]
