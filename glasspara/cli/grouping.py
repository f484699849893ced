"""Options in groups: a command takes a dataclass, and the command line shows the options that are its fields.

Typer reads one function parameter an option. A dozen of them mean the same in every command; a group declares them
once, with its defaults, and carries the functions that use them. A command that takes part of a group says so:
``Annotated[DataOptions, Only("files", "moment")]``; the other fields keep their defaults.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from glasspara.cli.by_name import Option, declaration
from glasspara.cli.commands import HelpAll
from glasspara.cli.options import Settings
from glasspara.cli.values import in_range

if TYPE_CHECKING:
    from glasspara.report.frame import Invocation


class Only:
    """Of the group that it annotates, the options that a command takes."""

    def __init__(self, *names: str) -> None:
        self.names = names


def grouped(command: Callable[..., Any]) -> Callable[..., None]:
    """``command`` with every parameter whose type is a dataclass replaced by the fields of that dataclass.

    The result has ``common``, the names of the options for the short help: those that say so, and those that a command
    declares without :func:`glasspara.cli.options.option`; ``options``, all of them by name; and ``carry_out(values,
    **also)``, which runs the command from Python: ``also`` gives fields of groups that are no options. A command with
    a report, one of whose groups takes the Invocation as ``asked``, gets ``--settings``.
    """
    parameters: list[inspect.Parameter] = []
    reports = False
    groups: dict[str, tuple[type[Any], list[str]]] = {}
    hints = get_type_hints(command, include_extras=True)
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        group, only = _group(hint)
        if group is None:
            parameters.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        own = _options(group, only)
        groups[parameter.name] = (group, [option.name for option in own])
        reports |= any(item.name == "asked" for item in fields(group))
        parameters += own
    options = [Option.of(parameter) for parameter in parameters]
    if reports:
        parameters.append(_added("settings", Settings, None))
    parameters.append(_added("help_all", HelpAll, False))

    def carry_out(values: Mapping[str, Any], argv: Sequence[str] = (), **also: Any) -> Any:
        left = dict(values)
        for option in options:
            given = values[option.field]
            for item in given if isinstance(given, list) else [given]:
                if isinstance(item, float):
                    in_range(item, f"--{option.name.replace('_', '-')}", str(item))
        also["asked"] = _invocation(command.__name__, options, values, argv)
        for name, (group, names) in groups.items():
            hidden = {item.name for item in fields(group)} & also.keys()
            left[name] = group(
                **{option: left.pop(option) for option in names}, **{key: also[key] for key in hidden}
            )
        return command(**left)

    def call(*, help_all: bool = False, settings: str | None = None, **values: Any) -> None:  # noqa: ARG001
        carry_out(values, sys.argv[1:])

    call.__name__, call.__doc__, call.__module__ = command.__name__, command.__doc__, command.__module__
    call.__annotations__ = {option.name: option.annotation for option in parameters}
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.common = frozenset(item.name for item in parameters if getattr(declaration(item), "common", True))  # type: ignore[attr-defined]
    call.options = {option.name: option for option in options}  # type: ignore[attr-defined]
    call.carry_out = carry_out  # type: ignore[attr-defined]
    return call


def _group(hint: Any) -> tuple[type[Any] | None, tuple[str, ...]]:
    """The dataclass of an annotation, if it is one, and the names of the fields to take; none for all."""
    only: tuple[str, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *marks = get_args(hint)
        only = next((mark.names for mark in marks if isinstance(mark, Only)), ())
    return (hint if isinstance(hint, type) and is_dataclass(hint) else None), only


def _options(group: type[Any], only: tuple[str, ...]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    assert set(only) <= set(hints), f"{group.__name__} has not all of {only}"
    return [
        inspect.Parameter(
            item.name, inspect.Parameter.KEYWORD_ONLY, annotation=hints[item.name], default=_default(item)
        )
        for item in fields(group)
        if item.metadata.get("option", True) and (not only or item.name in only)
    ]


def _invocation(
    command: str, options: Sequence[Option], values: Mapping[str, Any], argv: Sequence[str]
) -> Invocation:
    """The settings of this call, as JSON can hold them, the command line, and the files that both name."""
    from glasspara.report.frame import Invocation, NamedFile

    choices = [option for option in options if option.is_choice]
    settings = {
        option.name: str(value) if isinstance(value := values[option.field], PurePath) else value
        for option in choices
    }
    files = [
        NamedFile.of(text, f"--{option.name.replace('_', '-')}")
        for option in choices
        if option.names_files
        for text in _listed(settings[option.name])
    ]
    return Invocation(
        settings,
        tuple(argv),
        command,
        tuple(values.get("files") or ()),
        tuple(file for file in files if file.sha256 is not None),  # others are names of presets
        tuple(word for option in choices for word in option.words(values[option.field])),
    )


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _added(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _default(item: Field[Any]) -> Any:
    return inspect.Parameter.empty if item.default is MISSING else item.default
