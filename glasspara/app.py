"""The program ``glasspara``: its commands, and what becomes of errors."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from glasspara import __version__
from glasspara.cli.commands import Command, HelpAll, Program, grouped
from glasspara.cli.options import option
from glasspara.cli.output import report_error
from glasspara.errors import GlassparaError, InputError, UsageError
from glasspara.replicates.cores import ONE_THREAD

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
UNUSABLE = 2

COMMANDS = {
    "fit": "analysis.fit",
    "universality": "analysis.universality",
    "compare": "analysis.compare",
    "highfield": "analysis.high_field",
    "partition": "analysis.partition",
    "oscillations": "analysis.oscillations",
    "anomaly": "analysis.anomaly",
    "series": "analysis.series",
    "curie": "analysis.curie",
    "derive": "analysis.derive",
    "inspect": "analysis.inspect",
    "subtract": "analysis.subtract",
    "plan": "analysis.plan",
    "simulate": "analysis.simulate",
    "reproduce": "analysis.reproduce",
    "rerun": "analysis.rerun",
    "diff": "analysis.diff",
    "init": "cli",
    "presets": "cli",
    "schema": "cli",
    "cite": "cli",
    "environment": "cli",
}
"""The commands in the order of the help, and the module below :mod:`glasspara` that holds the function of this name."""


GREETING = """\
glasspara reads SQUID magnetometer files of glasses, subtracts the Larmor and
Langevin terms and fits the tunnelling-current term.

  glasspara inspect FILE...       what is in the files: instrument, runs, rows
  glasspara fit FILE...           fit iron, Larmor and tunnelling-current terms
  glasspara universality FILE...  do all runs fall on one curve of H/T?
  glasspara subtract FILE...      CSV of every point with each term taken away

Example: glasspara fit run.dat --mass 35.7 --out results
All commands: glasspara -h. Options of a command: glasspara fit -h
"""


def _version(asked: bool) -> None:
    if asked:
        print(f"glasspara {__version__}")
        raise typer.Exit


def _main(
    version: Annotated[
        bool, option("--version", "Show the version and stop.", callback=_version, is_eager=True)
    ] = False,
    help_all: HelpAll = False,
) -> None:
    pass


def application(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The program with the commands ``names``, which are imported and read here."""
    app = typer.Typer(
        name="glasspara",
        help="SQUID magnetometer files of glasses: subtract Larmor and Langevin terms, fit the tunnelling-current "
        "term.",
        cls=Program,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "obj": tuple(COMMANDS)},
    )
    app.callback()(_main)
    for name in names:
        app.command(cls=Command)(command(name))
    return app


def command(name: str) -> Callable[..., None]:
    """The command ``name`` with its options in one row."""
    return grouped(getattr(import_module(f"glasspara.{COMMANDS[name]}"), name))


def _asked(arguments: Sequence[str]) -> Iterable[str]:
    """The one command that the arguments ask for, where they do: reading the options of all takes ten times as long."""
    return arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS


def _carry_out(arguments: Sequence[str]) -> object:
    """The command that the arguments ask for, or a greeting without any."""
    if not arguments:
        sys.stdout.write(GREETING)
        return 0
    return application(_asked(arguments))(standalone_mode=False)


def run() -> None:
    """Entry point: a GlassparaError becomes one line on stderr and its exit status."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller, as cron does
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream := getattr(sys, name), TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal of few characters is no reason to fail
    # Numpy comes later. Its matrices here have some ten columns: with threads a fit takes three times as long.
    os.environ.update({**ONE_THREAD, **os.environ})
    os.environ["MPLBACKEND"] = "agg"  # that of a notebook, which shells inherit, need not be installed
    try:
        status = _carry_out(sys.argv[1:])
        if status == INTERRUPTED:  # what newer versions of typer make of Ctrl-C, without a word
            raise KeyboardInterrupt
        raise SystemExit(status if isinstance(status, int) else 0)
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):  # typer and rich make it a status of 1
            _leave_without_reader()
        raise
    except GlassparaError as error:
        report_error(error)
        raise SystemExit(error.exit_status) from None
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted; nothing half-written", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from None
    except BrokenPipeError:
        _leave_without_reader()
    except OSError as error:
        print(
            f"error: {_SCARCE.get(error.errno or 0, f'cannot write the output ({error.strerror})')}",
            file=sys.stderr,
        )
        _silence_stdout()
        raise SystemExit(UNUSABLE) from None
    except Exception as error:
        if (explained := _explained(error)) is None:
            raise
        report_error(explained)
        raise SystemExit(explained.exit_status) from None


_SCARCE = {
    errno.EMFILE: "too many open files for this shell. Allow more: ulimit -n 256",
    errno.ENFILE: "too many open files on this machine. Try again later",
    errno.ENOMEM: "not enough memory. Allow more (ulimit -v), or give fewer files and --jobs 1",
    errno.EAGAIN: "too many processes for this user. Allow more (ulimit -u), or give --jobs 1",
}
"""What is said where the machine, or what the shell allows, has come to an end."""


def _explained(error: Exception) -> GlassparaError | None:
    """A wrong command line, or arithmetic that failed on numbers as no magnetometer gives them; None for a bug."""
    # What typer raises for a wrong command line has no public base class that all its versions share.
    if hasattr(error, "format_message"):
        return UsageError(f"{_wrong_words(error)} (-h shows what there is)")
    if isinstance(error, MemoryError):
        return UsageError(_SCARCE[errno.ENOMEM])
    from numpy.linalg import LinAlgError

    if not isinstance(error, (ArithmeticError, LinAlgError)):
        return None
    reason = error.args[-1] if error.args else type(error).__name__
    remedy = "Look for a cell or an option that is far too large or too small"
    return InputError(f"the numbers cannot be computed with ({reason})", remedy=remedy)


def _wrong_words(error: Any) -> str:
    """What is wrong with the command line; of an option that only other commands have, which these are."""
    asked, name = getattr(getattr(error, "ctx", None), "info_name", ""), getattr(error, "option_name", "")
    field = name.removeprefix("--").replace("-", "_")
    having = [
        other
        for other in (COMMANDS if asked in COMMANDS and field not in ("", "files") else ())
        if {field, field.removeprefix("no_")} & command(other).options.keys()  # type: ignore[attr-defined]
    ]
    if not having:
        return str(error.format_message())
    others = f"{', '.join(having[:3])} and others" if len(having) > 3 else " and ".join(having)
    return f"{asked} has no option {name}; {others} {'has' if len(having) == 1 else 'have'} it"


def _leave_without_reader() -> NoReturn:
    """The reader of stdout has gone (``| head``), which is no error."""
    _silence_stdout()  # keep Python from complaining once more while it shuts down
    raise SystemExit(0) from None


def _silence_stdout() -> None:
    with suppress(OSError):  # as where there are too many open files already
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    run()
