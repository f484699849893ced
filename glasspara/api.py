"""Every question as a function: ``glasspara.fit`` does what the command ``glasspara fit`` does, and gives its result.

The functions are made from the commands, so that there is one list of options, one check of them and one way from them
to a result. Their types for type checkers stand in ``api.pyi``, which ``docs/make.py`` writes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from inspect import Parameter, Signature, cleandoc
from typing import TYPE_CHECKING, Any

from glasspara.app import COMMANDS, command
from glasspara.cli import options
from glasspara.cli.groups import DataOptions
from glasspara.cli.values import Option, read_options
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasspara.cli.output import Delivery

QUESTIONS = tuple(name for name, module in COMMANDS.items() if module.startswith("analysis."))
"""The commands that are functions too."""

FUNCTIONS = ("load", *QUESTIONS)

_SILENT = {"no_files": False, "json": False, "quiet": True}
"""Options of the output that mean nothing in Python, and their values there."""

_DATA = {item.name for item in fields(DataOptions)}


def _load(data: DataOptions, *, jobs: options.Jobs = None) -> Any:
    """Read files: their runs, reduced to emu/g, with the account of every row. What it gives goes to the questions.

    Raises an InputError for a file that cannot be used, a SampleDataError where the mass of the sample is not known.
    """
    return data.load(quiet=True, jobs=jobs)


def __getattr__(name: str) -> Any:
    if name in FUNCTIONS:
        return function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def keywords(name: str) -> dict[str, Option]:
    """The options of the function ``name``, by their names."""
    known: dict[str, Option] = _command(name).options
    return {key: option for key, option in known.items() if key not in {"files", *_SILENT}}


@cache
def function(name: str) -> Callable[..., Any]:
    """The function of a question, or ``load``."""
    asked = _command(name)
    takes_data = "files" in asked.options

    def ask(*data: Any, **given: Any) -> Any:
        if len(data) != takes_data:
            what = "files, or what load gave" if takes_data else "keywords only"
            raise UsageError(f"{name} takes {what}")
        return _ask(name, data[0] if data else None, given)

    first = [Parameter("data", Parameter.POSITIONAL_ONLY)] if takes_data else []
    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = _docstring(name)
    ask.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            *first,
            *(
                Parameter(key, Parameter.KEYWORD_ONLY, default=option.default)
                for key, option in keywords(name).items()
            ),
        ]
    )
    return ask


@cache
def _command(name: str) -> Any:
    from glasspara.cli.commands import grouped

    return grouped(_load) if name == "load" else command(name)


def _docstring(name: str) -> str:
    """That of the command without its exit statuses, and the options."""
    text = cleandoc(_command(name).__doc__ or "").partition("\n\nExample:")[0]
    lines = [
        f"{key} : {option.metavar or option.kind.__name__}\n    {option.help}"
        for key, option in keywords(name).items()
    ]
    return "\n".join([text, "", "Parameters", "----------", *lines])


def _ask(name: str, data: Any, given: Mapping[str, Any]) -> Any:
    from glasspara.data import Dataset
    from glasspara.data.loading import Loaded
    from glasspara.fitting.result import FitResult

    known = keywords(name)
    elsewhere: set[str] = set()
    if isinstance(data, Dataset):
        data = Loaded.of(data)
    loaded = isinstance(data, Loaded | FitResult)
    if loaded:
        elsewhere = {key for key, option in known.items() if option.field in _DATA}
        known = {key: option for key, option in known.items() if key not in elsewhere}
    asked = _command(name)
    values = {option.field: option.default for option in asked.options.values()}
    values |= read_options(known, given, command=name, elsewhere=elsewhere)
    values |= {asked.options[key].field: value for key, value in _SILENT.items() if key in asked.options}
    if "jobs" in known and given.get("jobs") is None:
        values["jobs"] = 1  # a script without a main guard cannot start processes
    also: dict[str, Any] = {}
    if loaded:
        also["given"] = data
        chosen = getattr(data, "options", None) or DataOptions([])
        values |= {key: getattr(chosen, key) for key in _DATA & values.keys()}
    elif data is not None:
        values["files"] = _paths(data)
    received: list[Delivery[Any]] = []
    returned = asked.carry_out(values, receive=received.append, **also)
    return _answer(received[0]) if received else returned


def _paths(data: Any) -> list[str]:
    several = [data] if isinstance(data, str | os.PathLike) else data
    try:
        paths = [os.fspath(path) for path in several]
    except TypeError:
        raise UsageError(
            f"{type(data).__name__} is not data", remedy="Give a path, several, what load gave, or a Dataset"
        ) from None
    if not paths:
        raise UsageError("no file is named", remedy="Give a path, or several")
    return paths


@dataclass(frozen=True, eq=False)
class _Origin:
    """Where an answer comes from; ``prefix`` begins the names of its figures among those of several fits."""

    delivery: Delivery[Any]
    prefix: str = ""

    def document(self) -> dict[str, Any]:
        import json

        from glasspara.report import to_text

        return json.loads(to_text(self.delivery.document()))

    def figures(self) -> dict[str, Figure]:
        from glasspara.report.page import KeptFigures, shown_in_notebooks

        drawn = self.delivery.drawn(KeptFigures()) if self.delivery.drawn is not None else {}
        own = {name: figure for name, figure in drawn.items() if name.startswith(self.prefix)}
        return {name.removeprefix(self.prefix): shown_in_notebooks(figure) for name, figure in own.items()}


def _answer(delivery: Delivery[Any]) -> Any:
    """The result of a command, which knows its origin; of one fit, the fit."""
    from glasspara.analysis.fit.report import Fits, prefixes
    from glasspara.findings import come_from

    result = delivery.result
    come_from(result, _Origin(delivery))
    if not isinstance(result, Fits):
        return result
    for item, prefix in zip(result.fits, prefixes(len(result.fits)), strict=True):
        come_from(item, _Origin(replace(delivery, result=Fits((item,))), prefix))
    return result if result.batch else result.fits[0]
