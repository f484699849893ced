"""``glasspara inspect``: what is in a file, and what was made of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

import typer

from glasspara.cli import options
from glasspara.cli.common import PART_FAILED, report_error
from glasspara.cli.groups import workers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glasspara.files.exclusion import Item
    from glasspara.report.terminal import Look
    from glasspara.runs.measurement import Measurement


def inspect(
    files: options.Files,
    moment: options.Moment = "auto",
    errors: options.Errors = "auto",
    exclude: options.Exclude = None,
    min_fit: options.MinFit = None,
    jobs: options.Jobs = None,
    as_json: options.JsonFlag = False,
    quiet: options.Quiet = False,
) -> None:
    """Instrument, sample, runs, moment column and why, every dropped row and why.

    Exit status 6: some of several files could not be read; the others are shown.
    """
    from glasspara.analysis.inspect.report import inspect_document
    from glasspara.errors import GlassparaError
    from glasspara.files.exclusion import parse_exclusions
    from glasspara.replicates.cores import each_file
    from glasspara.report.frame import to_text
    from glasspara.report.progress import progress
    from glasspara.report.terminal import Look

    task = partial(
        _inspect_one,
        look=None if as_json or quiet else Look.of(sys.stdout),
        moment=moment,
        errors=errors,
        exclude=parse_exclusions(exclude or [], files),
        min_fit=min_fit,
    )
    found, failed = [], []
    with (
        progress("reading", quiet=quiet) as report,
        each_file(task, files, jobs=workers(jobs), progress=report) as outcomes,
    ):
        for path, outcome in zip(files, outcomes, strict=True):
            if isinstance(outcome, GlassparaError):
                if len(files) == 1 and not as_json:
                    raise outcome
                failed.append((path, outcome))
                report_error(outcome)
                continue
            found.append(outcome.measurement)
            sys.stdout.write(outcome.words)
    if as_json:
        sys.stdout.write(to_text(inspect_document(found, failed)))
    sys.stdout.flush()
    if failed:
        raise typer.Exit(PART_FAILED if found else failed[0][1].exit_status)


@dataclass(frozen=True)
class _Inspected:
    """A file, and what the terminal shows of it."""

    measurement: Measurement
    words: str


def _inspect_one(
    path: str,
    *,
    look: Look | None,
    moment: str,
    errors: str,
    exclude: Mapping[str, Iterable[Item]],
    min_fit: float | None,
) -> _Inspected:
    from glasspara.runs.measurement import read

    measurement = read(path, moment=moment, errors=errors, exclude=exclude.get(path, ()), min_fit=min_fit)
    if look is None:
        return _Inspected(measurement, "")
    from glasspara.analysis.inspect.report import show_measurement

    text = StringIO()
    out = look.console(text)
    show_measurement(measurement, out)
    out.print()
    return _Inspected(measurement, text.getvalue())
