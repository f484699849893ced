"""What the commands share beside their options: exit statuses, messages on stderr, trace ions."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from glasspara.errors import GlassparaError
    from glasspara.findings import Finding
    from glasspara.physics.ions.ions import TraceIon
    from glasspara.sample.sample import Sample

NOT_TRUSTED = 5
"""Exit status: done and reported, but not to be trusted."""

PART_FAILED = 6
"""Exit status: part of a batch failed."""


def stop(status: int) -> NoReturn:
    """End the command with an exit status."""
    raise typer.Exit(status)


def warn(findings: Iterable[Finding], *, quiet: bool) -> None:
    """Findings to stderr, control characters shown inert."""
    if quiet:
        return
    from glasspara.report.inert import inert

    for item in findings:
        print(f"warning: {inert(item.text)}", file=sys.stderr)


def report_error(error: GlassparaError) -> None:
    """The one line that an error gets on stderr, control characters shown inert."""
    from glasspara.report.inert import inert

    print(f"error: {inert(str(error))}", file=sys.stderr)


def trace_ions(name: str | None, sample: Sample | None) -> tuple[TraceIon, ...]:
    """Trace ions of ``--trace-ions``; without it none, and a word if the sample file knows some."""
    if name is not None:
        from glasspara.sample.sample import load_trace_ions

        return load_trace_ions(name)
    if sample is not None and sample.trace_ions:
        print("note: the sample file names trace ions; --trace-ions FILE counts them", file=sys.stderr)
    return ()


def all_trace_ions(name: str | None, sample: Sample | None) -> tuple[TraceIon, ...]:
    """Trace ions of ``--trace-ions``, else of the sample file."""
    if name is None and sample is not None and sample.trace_ions:
        from glasspara.sample.sample import model_ions

        return model_ions(sample.trace_ions)
    return trace_ions(name, sample)
