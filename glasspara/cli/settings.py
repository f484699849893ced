"""``--settings``: options of a command from a TOML file, or those that a report records.

They become words of a command line, so that a value is read and checked in one way wherever it stands. An option on
the command line goes before the same option in the file, with all its values.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasspara.errors import GlassparaError, InputError, UsageError
from glasspara.wording import inert

if TYPE_CHECKING:
    from glasspara.cli.values import Option

_NOT_IN_A_FILE = {"settings", "help", "help_all"}

Fault = Callable[[str, str], GlassparaError]
"""An error about a key of a file: what is wrong, and the remedy."""


def words_from(path: str, command: Any, given: Collection[str], commands: Collection[str]) -> list[str]:
    """The options of ``path`` as words of a command line, without the parameters ``given`` there already.

    Parameters
    ----------
    path : a report if its name ends in .json, else a TOML file
    command : the command of Typer
    commands : names of all commands; a TOML file may have a table of options for each

    Raises
    ------
    InputError
        The file cannot be read, names no option of the command, or gives an option what
        :meth:`glasspara.cli.values.Option.read` does not take.
    """
    options = {
        item.opts[0].removeprefix("--").replace("-", "_"): item
        for item in command.params
        if item.param_type_name == "option" and item.name not in _NOT_IN_A_FILE
    }
    if path.lower().endswith(".json"):
        choices = {name: item for name, item in options.items() if command.callback.options[name].is_choice}
        found, placed = _recorded(path, command.name, choices, quiet="quiet" in given)
    else:
        found, placed = _written(path, command.name, options, commands)
    words: list[str] = []
    for name, (value, fault) in found.items():
        if options[name].name not in given:
            words += _words(options[name], command.callback.options[name], value, fault, placed)
    return words


_Found = dict[str, tuple[Any, Fault]]
"""Values by the name of the option, each with what makes an error about it."""


def _words(
    flags: Any, option: Option, value: Any, fault: Fault, placed: Callable[[Any], Any]
) -> Iterator[str]:
    try:
        found = option.read(value)
    except UsageError as error:
        raise fault(error.what.removeprefix(f"{option.name}: "), error.remedy) from None
    if isinstance(found, bool):
        yield from flags.opts[:1] if found else flags.secondary_opts[:1]
        return
    for item in found if option.repeatable else [found]:
        yield f"{flags.opts[0]}={placed(item) if option.names_files else item}"


# --- a TOML file ---------------------------------------------------------------------------------------------


def _written(
    path: str, command: str, options: Mapping[str, Any], commands: Collection[str]
) -> tuple[_Found, Callable[[Any], Any]]:
    """The options that a person wrote, those at the top and those in the table of the command, and how files are found.

    Names of files are meant from the folder of the TOML file, if there is such a file, else from the working folder.
    """
    from glasspara.sample.toml_input import read_toml

    top = read_toml(path)
    own = top.table(command) if isinstance(top.content.get(command), dict) else None
    found: _Found = {}
    for table in [top] if own is None else [top, own]:
        own_names: set[str] = set()
        for key, value in table.content.items():
            if isinstance(value, dict) and table is top and key in commands:
                continue
            name = key.replace("-", "_")
            if isinstance(value, dict) and "=" not in (getattr(options.get(name), "metavar", None) or ""):
                remedy = "A sample file goes with --sample" if key in ("sample", "trace_ions") else ""
                raise table.fault(key, "no command has this name, nor an option that takes a table", remedy)
            if name not in options:
                raise table.fault(key, f"no option of {command}", _remedy(name, options))
            if name in own_names:
                raise table.fault(key, "given twice", "Give it once, as n-fe or as n_fe")
            own_names.add(name)
            found[name] = value, partial(table.fault, key)

    def beside(value: Any) -> Any:
        near = Path(path).parent / str(value)
        return str(near) if near.exists() else value

    return found, beside


def _remedy(name: str, options: Mapping[str, Any]) -> str:
    for other, option in options.items():
        if f"--{name.replace('_', '-')}" in option.secondary_opts:
            return f"Write {other.replace('_', '-')} = false"
    if close := get_close_matches(name, options, n=1, cutoff=0.75):
        return f"Did you mean {close[0].replace('_', '-')}?"
    return "--help-all shows all options; what one command alone has goes in a table with its name, [fit] say"


# --- a report ------------------------------------------------------------------------------------------------


def _recorded(
    path: str, command: str, options: Mapping[str, Any], *, quiet: bool
) -> tuple[_Found, Callable[[Any], Any]]:
    """The settings of a report, and how the files that they name are found.

    Those that ``command`` does not have, as the report is of another one, are left out with a note.
    """
    from glasspara.report.reading import Places, read_report

    def fault(name: str, what: str, remedy: str) -> InputError:
        return InputError(f"settings, {name}: {what}", where=path, remedy=remedy)

    report = read_report(path)
    if not report.settings:
        raise InputError("the report records no settings", where=path, remedy="Write a TOML file of options")
    notes = []
    given = {name for name, value in report.settings.items() if value not in (None, False, [])}
    if foreign := sorted(given - options.keys()):
        notes.append(f"{path}: no options of {command}, left out: {', '.join(foreign)}")
    places, moved = Places.of_report(path), {}
    for item in report.others:
        if (place := places.find(item)) is not None:
            moved[item.path], digest = place
            if digest != item.sha256:
                notes.append(f"{place[0]} is not as it was when {path} was written")
    for note in [] if quiet else notes:
        print(f"note: {inert(note)}", file=sys.stderr)
    known = {name: value for name, value in report.settings.items() if name in options and value is not None}
    return (
        {name: (value, partial(fault, name)) for name, value in known.items()},
        lambda value: moved.get(value, value),
    )
