"""``glasspara inspect``: what is in a file, and what was made of it."""

from __future__ import annotations

import sys

import typer

from glasspara.cli import options
from glasspara.cli.common import report_error
from glasspara.errors import GlassparaError

PART_FAILED = 6


def inspect(
    files: options.Files,
    moment: options.Moment = "auto",
    errors: options.Errors = "auto",
    exclude: options.Exclude = None,
    min_fit: options.MinFit = None,
    as_json: options.JsonFlag = False,
    quiet: options.Quiet = False,
) -> None:
    """Instrument, sample, runs, moment column and why, every dropped row and why.

    Exit status 6: some of several files could not be read; the others are shown.
    """
    from glasspara.exclusion import parse_exclusions
    from glasspara.measurement import read
    from glasspara.report.console.inspect import show_measurement
    from glasspara.report.console.terminal import console
    from glasspara.report.document.frame import to_text
    from glasspara.report.document.inspect import inspect_document
    from glasspara.report.progress import track

    left_out = parse_exclusions(exclude or [], files)
    read_files, failed = [], []
    out = console()
    for path in track(files, "reading"):
        try:
            measurement = read(
                path, moment=moment, errors=errors, exclude=left_out.get(path, ()), min_fit=min_fit
            )
        except GlassparaError as error:
            if len(files) == 1 and not as_json:
                raise
            failed.append((path, error))
            report_error(error)
            continue
        read_files.append(measurement)
        if not (as_json or quiet):
            show_measurement(measurement, out)
            out.print()
    if as_json:
        sys.stdout.write(to_text(inspect_document(read_files, failed)))
        sys.stdout.flush()
    if failed:
        raise typer.Exit(PART_FAILED if read_files else failed[0][1].exit_status)
