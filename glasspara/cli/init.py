"""``glasspara init``: a sample file to fill in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from glasspara.cli import options

SampleFile = Annotated[
    Path, typer.Argument(metavar="[FILE]", help="The file to write; - writes to standard output.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")]


def init(file: SampleFile = Path("sample.toml"), force: Force = False, quiet: options.Quiet = False) -> None:
    """Write a sample file (mass, iron, trace ions, geometry, holder) with a comment for every key."""
    from glasspara.report.inert import inert
    from glasspara.report.output import write_files
    from glasspara.sample_template import TEMPLATE

    if str(file) == "-":
        sys.stdout.write(TEMPLATE)
        return
    write_files(file.parent, {file.name: TEMPLATE.encode()}, force=force)
    if not quiet:
        print(f"wrote {inert(str(file))}; fill it in and give it with --sample", file=sys.stderr)
