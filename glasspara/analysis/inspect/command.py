"""``glasspara inspect``: what is in a file, and what was made of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Annotated

from glasspara.cli import options
from glasspara.cli.grouping import Only
from glasspara.cli.groups import workers
from glasspara.cli.output import PART_FAILED, Output, report_error

if TYPE_CHECKING:
    from glasspara.report.terminal import ConsoleSettings
    from glasspara.runs.measurement import Measurement, Reader


def inspect(
    files: options.Files,
    moment: options.Moment = "auto",
    errors: options.Errors = "auto",
    exclude: options.Exclude = None,
    min_fit: options.MinFit = None,
    jobs: options.Jobs = None,
    *,
    output: Annotated[Output, Only("as_json", "quiet")],
) -> None:
    """Instrument, sample, runs, moment column and why, every dropped row and why.

    Exit status 6: some of several files could not be read; the others are shown.
    """
    from glasspara.analysis.inspect.inspection import Inspection
    from glasspara.analysis.inspect.report import REPORT
    from glasspara.errors import GlassparaError
    from glasspara.files.exclusion import parse_exclusions
    from glasspara.replicates.cores import each_file
    from glasspara.report.progress import progress
    from glasspara.report.terminal import ConsoleSettings, console, show_assessment
    from glasspara.runs.measurement import Reader

    shown = not (output.as_json or output.quiet)
    reader = Reader(moment, errors, parse_exclusions(exclude or [], files), min_fit)
    task = partial(_inspect_one, reader=reader, settings=ConsoleSettings.of(sys.stdout) if shown else None)
    found, failed = [], []
    with (
        progress("reading", quiet=output.quiet) as report,
        each_file(task, files, jobs=workers(jobs), progress=report) as outcomes,
    ):
        for path, outcome in zip(files, outcomes, strict=True):
            if isinstance(outcome, GlassparaError):
                if len(files) == 1 and not output.as_json:
                    raise outcome
                failed.append((path, outcome))
                if output.receive is None:
                    report_error(outcome)
                continue
            found.append(outcome.measurement)
            sys.stdout.write(outcome.text)
    result = Inspection.of(found, failed)
    output = replace(output, asked=replace(output.asked, files=()))  # the block names them with their hashes
    if output.hand_over(REPORT, None, result):
        return
    if output.as_json:
        output.print_document(output.document(REPORT, None, result))
    elif shown:
        show_assessment(result.assessment, console(), result.notes)
    sys.stdout.flush()
    if failed:
        output.stop(PART_FAILED if found else failed[0][1].exit_status)


@dataclass(frozen=True)
class _Inspected:
    """A file, and what the terminal shows of it."""

    measurement: Measurement
    text: str


def _inspect_one(path: str, *, reader: Reader, settings: ConsoleSettings | None) -> _Inspected:
    measurement = reader(path)
    if settings is None:
        return _Inspected(measurement, "")
    from glasspara.analysis.inspect.report import show_measurement

    text = StringIO()
    show_measurement(measurement, settings.console(text))
    return _Inspected(measurement, text.getvalue())
