"""What is in a file, and what was made of it: instrument, sample, runs, moment column and why, every dropped row.

``glasspara inspect``. :func:`glasspara.read` reads one file;
:meth:`Inspection.of <glasspara.analysis.inspect.report.Inspection.of>` says of several what could be used.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING, Annotated, Any

from glasspara.cli import options
from glasspara.cli.commands import Only
from glasspara.cli.groups import workers
from glasspara.cli.output import PART_FAILED, Output, report_error

if TYPE_CHECKING:
    from glasspara.runs import Measurement, Reader


def inspect(
    files: options.Files,
    moment: options.Moment = "auto",
    errors: options.Errors = "auto",
    exclude: options.Exclude = None,
    min_fit: options.MinFit = None,
    skip_unsuitable: options.SkipUnsuitable = False,
    jobs: options.Jobs = None,
    *,
    output: Annotated[Output, Only("no_files", "as_json", "quiet")],
) -> None:
    """Instrument, sample, runs, moment column and dropped rows, with reasons.

    Exit status 6: some of several files could not be read, or were left out by --skip-unsuitable; the others are shown.

    Example: glasspara inspect data/
    """
    from glasspara.analysis.inspect.report import REPORT, Inspection, show_end
    from glasspara.errors import GlassparaError, InputError, UnsuitableError
    from glasspara.files.exclusion import parse_exclusions
    from glasspara.files.naming import find_files, passed_over
    from glasspara.replicates.cores import each_file
    from glasspara.report.progress import progress
    from glasspara.report.terminal import console
    from glasspara.runs import Reader

    shown = not (output.as_json or output.quiet)
    names = find_files(files)
    reader = Reader(moment, errors, parse_exclusions(exclude or [], names.paths), min_fit)
    out = console()
    look = {"width": out.width, "force_terminal": out.is_terminal, "color_system": out.color_system}
    task = partial(_inspect_one, reader=reader, look=look if shown else None)
    found, failed = [], []
    passed = [*names.passed_over]
    left_out: list[tuple[str, str]] = []
    with (
        progress("reading", quiet=output.quiet) as report,
        each_file(task, names.paths, jobs=workers(jobs), progress=report) as outcomes,
    ):
        for path, outcome in zip(names.paths, outcomes, strict=True):
            if isinstance(outcome, UnsuitableError) and (path in names.found or skip_unsuitable):
                (passed if path in names.found else left_out).append((path, outcome.what))
                continue
            if isinstance(outcome, GlassparaError):
                if len(names.paths) == 1 and not output.as_json:
                    raise outcome
                failed.append((path, outcome))
                if output.receive is None:
                    report_error(outcome)
                continue
            measurement, text = outcome
            found.append(measurement)
            sys.stdout.write(text)
    notes = [*passed_over(passed), *passed_over(left_out, named=True)]
    result = Inspection.of(found, failed, notes)
    output = replace(output, asked=replace(output.asked, files=()))  # the block names them with their hashes
    if output.hand_over(REPORT, result):
        return
    if output.as_json:
        output.print_report(REPORT, result)
    elif shown:
        show_end(result, out)
    sys.stdout.flush()
    if not found:
        output.stop(failed[0][1].exit_status if failed else InputError.exit_status)
    if failed or left_out:
        output.stop(PART_FAILED)


def _inspect_one(path: str, *, reader: Reader, look: Mapping[str, Any] | None) -> tuple[Measurement, str]:
    """The file, with what is shown of it on a console that has the ``look`` of ours; nothing without one."""
    measurement = reader(path)
    if look is None:
        return measurement, ""
    from glasspara.analysis.inspect.report import show_measurement
    from glasspara.report.terminal import console

    text = StringIO()
    show_measurement(measurement, console(text, **look))
    return measurement, text.getvalue()
