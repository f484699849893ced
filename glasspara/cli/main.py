"""The program ``glasspara``: its commands, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from glasspara import __version__
from glasspara.cli.common import report_error
from glasspara.cli.compare import compare
from glasspara.cli.fit import fit
from glasspara.cli.grouping import grouped
from glasspara.cli.information import cite, environment, presets, schema
from glasspara.cli.init import init
from glasspara.cli.inspect import inspect
from glasspara.cli.reproduce import reproduce
from glasspara.cli.simulate import simulate
from glasspara.cli.subtract import subtract
from glasspara.cli.universality import universality
from glasspara.errors import GlassparaError

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
UNUSABLE = 2

app = typer.Typer(
    name="glasspara",
    help="SQUID magnetometer files of glasses: subtract Larmor and Langevin terms, fit the tunnelling-current term.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"glasspara {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    pass


for _command in (
    fit,
    universality,
    compare,
    inspect,
    subtract,
    simulate,
    reproduce,
    init,
    presets,
    schema,
    cite,
    environment,
):
    app.command()(grouped(_command))


def run() -> None:
    """Entry point: a GlassparaError becomes one line on stderr and its exit status."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller, as cron does
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream := getattr(sys, name), TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal of few characters is no reason to fail
    # Numpy comes later. Its matrices here have some ten columns: with threads a fit takes three times as long.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        status = app(standalone_mode=False)
        raise SystemExit(status if isinstance(status, int) else 0)
    except GlassparaError as error:
        report_error(error)
        raise SystemExit(error.exit_status) from None
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; nothing half-written", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader has gone (``| head``): keep Python from complaining once more while it shuts down.
        _silence_stdout()
        raise SystemExit(0) from None
    except OSError as error:
        print(f"error: cannot write the output ({error.strerror})", file=sys.stderr)
        _silence_stdout()
        raise SystemExit(UNUSABLE) from None
    except Exception as error:
        # What typer raises for a wrong command line has no public base class that all its versions share.
        if not hasattr(error, "format_message"):
            raise
        print(f"error: {error.format_message()} (-h shows what there is)", file=sys.stderr)
        raise SystemExit(getattr(error, "exit_code", UNUSABLE)) from None


def _silence_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    run()
