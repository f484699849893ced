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

from glasspara.cli.commands import HelpAll
from glasspara.cli.options import OUTPUT, Settings

if TYPE_CHECKING:
    from glasspara.report.frame import Invocation


class Only:
    """Of the group that it annotates, the options that a command takes."""

    def __init__(self, *names: str) -> None:
        self.names = names


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` with every parameter whose type is a dataclass replaced by the fields of that dataclass.

    The result has ``common``, the names of the options for the short help: those that say so, and those that a command
    declares without :func:`glasspara.cli.options.option`; ``names_files``, of those whose values can be files; and
    ``or_report``, of the argument that a report may stand in for. A command with a report, one of whose groups takes
    the Invocation as ``asked``, gets ``--settings``.
    """
    parameters: list[inspect.Parameter] = []
    recorders: set[str] = set()
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
        if any(item.name == "asked" for item in fields(group)):
            recorders.add(parameter.name)
        parameters += own
    choices = [option for option in parameters if _is_choice(option)]
    if recorders:
        parameters.append(_added("settings", Settings, None))
    parameters.append(_added("help_all", HelpAll, False))

    def call(*, help_all: bool = False, settings: str | None = None, **values: Any) -> None:  # noqa: ARG001
        asked = _invocation(command.__name__, choices, values)
        for name, (group, names) in groups.items():
            extra = {"asked": asked} if name in recorders else {}
            values[name] = group(**{option: values.pop(option) for option in names}, **extra)
        command(**values)

    call.__name__, call.__doc__, call.__module__ = command.__name__, command.__doc__, command.__module__
    call.__annotations__ = {option.name: option.annotation for option in parameters}
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    for mark, default in (("common", True), ("names_files", False), ("or_report", False)):
        names = frozenset(option.name for option in parameters if _declared(option, mark, default))
        setattr(call, mark, names)
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


def _declaration(option: inspect.Parameter) -> Any:
    """What annotation or default say of the command line: an option or an argument of Typer."""
    marks = (*get_args(option.annotation)[1:], option.default)
    return next((mark for mark in marks if hasattr(mark, "param_decls")), None)


def _key(option: inspect.Parameter) -> str:
    """Name of an option in the report: its long flag, "t_range" for ``--t-range``."""
    declared = _declaration(option)
    # In an annotation, Typer holds the first flag as the default until it makes the command.
    flags = () if declared is None else (declared.default, *(declared.param_decls or ()))
    long = next((flag for flag in flags if isinstance(flag, str) and flag.startswith("--")), option.name)
    return long.split("/")[0].removeprefix("--").replace("-", "_")


def _declared(option: inspect.Parameter, name: str, default: Any) -> Any:
    return getattr(_declaration(option), name, default)


_NO_CHOICES = {"files", "jobs", "cluster"}


def _is_choice(option: inspect.Parameter) -> bool:
    """Whether a result depends on it: not on where it goes, nor on who computes it. Files are inputs."""
    return option.name not in _NO_CHOICES and _declared(option, "rich_help_panel", None) != OUTPUT


def _invocation(command: str, choices: Sequence[inspect.Parameter], values: Mapping[str, Any]) -> Invocation:
    """The settings of this call, as JSON can hold them, the command line, and the files that both name."""
    from glasspara.report.frame import Invocation, NamedFile

    settings = {
        _key(option): str(value) if isinstance(value := values[option.name], PurePath) else value
        for option in choices
    }
    files = [
        NamedFile.of(text, f"--{_key(option).replace('_', '-')}")
        for option in choices
        if _declared(option, "names_files", False)
        for text in _listed(settings[_key(option)])
    ]
    return Invocation(
        settings,
        tuple(sys.argv[1:]),
        command,
        tuple(values.get("files") or ()),
        tuple(file for file in files if file.sha256 is not None),  # others are names of presets
    )


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value] if value else []


def _added(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _default(item: Field[Any]) -> Any:
    return inspect.Parameter.empty if item.default is MISSING else item.default
