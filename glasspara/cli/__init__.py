"""The command line: what the commands share, options and where results go; no physics.

Here: ``init``, ``presets``, ``schema``, ``cite``, ``environment``, which say what the program says of itself.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from glasspara import __version__
from glasspara.cli import options
from glasspara.cli.options import option

CITATION = Path(__file__).with_name("citation.txt")

_PACKAGES = ("typer", "numpy", "scipy", "pandas", "iminuit", "rich", "matplotlib")


def presets(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Show this preset in full.")] = None,
    as_json: options.JsonFlag = False,
) -> None:
    """Named parameter sets, of the source and others."""
    from glasspara.presets import load_preset, preset_names, preset_text

    if as_json:
        import json

        chosen = [name] if name else list(preset_names())
        print(json.dumps({key: _as_json(load_preset(key)) for key in chosen}, indent=2, sort_keys=True))
        return
    if name:
        sys.stdout.write(preset_text(name))
        return
    from glasspara.report.terminal import Column, console, show_table

    rows = [(key, load_preset(key).text) for key in preset_names()]
    show_table(("preset", Column("what it is", "text")), rows, console())


def _as_json(preset: object) -> dict[str, object]:
    from dataclasses import asdict

    from glasspara.presets import Preset

    assert isinstance(preset, Preset)
    return {
        "text": preset.text,
        "source": preset.source,
        "note": preset.note,
        "parameters": dict(preset.parameters),
        "errors": dict(preset.errors),
        "sample": asdict(preset.sample),
    }


def schema() -> None:
    """JSON Schema of the reports."""
    from glasspara.report.block import schema_text

    sys.stdout.write(schema_text())


def cite() -> None:
    """How to cite: the theory, the minimiser and this program, as text and as BibTeX."""
    sys.stdout.write(CITATION.read_text(encoding="utf-8").replace("VERSION", __version__))


def environment() -> None:
    """Versions, for a bug report."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    print(f"glasspara {__version__}")
    print(f"python {platform.python_version()} ({platform.python_implementation()})")
    print(f"platform {platform.system()} {platform.release()} {platform.machine()}")
    for package in _PACKAGES:
        try:
            print(f"{package} {version(package)}")
        except PackageNotFoundError:
            print(f"{package} not installed")


SampleFile = Annotated[
    Path, typer.Argument(metavar="[FILE]", help="The file to write; - writes to standard output.")
]
ForceInit = Annotated[bool, option("--force", "Overwrite an existing file.", common=True)]


def init(
    file: SampleFile = Path("sample.toml"), force: ForceInit = False, quiet: options.Quiet = False
) -> None:
    """Write a sample file (mass, iron, trace ions, geometry, holder) with a comment for every key.

    Example: glasspara init sample.toml
    """
    from glasspara.report.output import write_files
    from glasspara.sample import TEMPLATE
    from glasspara.wording import inert

    text = TEMPLATE.read_bytes()
    if str(file) == "-":
        sys.stdout.write(text.decode())
        return
    write_files(file.parent, {file.name: text}, force=force)
    if not quiet:
        print(f"wrote {inert(str(file))}; fill it in and give it with --sample", file=sys.stderr)
