"""Options in groups: a command takes a dataclass, and the command line shows the options that are its fields.

Typer reads one function parameter an option. A dozen of them mean the same in every command; a group declares them
once, with its defaults, and carries the functions that use them.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from glasspara.report.frame import Invocation


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` with every parameter whose type is a dataclass replaced by the fields of that dataclass."""
    parameters: list[inspect.Parameter] = []
    recorders: set[str] = set()
    groups: dict[str, tuple[type[Any], list[str]]] = {}
    hints = get_type_hints(command, include_extras=True)
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        if isinstance(hint, type) and is_dataclass(hint):
            own = _options(hint)
            groups[parameter.name] = (hint, [option.name for option in own])
            if any(item.name == "asked" for item in fields(hint)):
                recorders.add(parameter.name)
            parameters += own
        else:
            parameters.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))

    def call(**values: Any) -> None:
        asked = _invocation(values)
        for name, (group, names) in groups.items():
            extra = {"asked": asked} if name in recorders else {}
            values[name] = group(**{option: values.pop(option) for option in names}, **extra)
        command(**values)

    call.__name__, call.__doc__, call.__module__ = command.__name__, command.__doc__, command.__module__
    call.__annotations__ = {option.name: option.annotation for option in parameters}
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def _options(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            item.name, inspect.Parameter.KEYWORD_ONLY, annotation=hints[item.name], default=_default(item)
        )
        for item in fields(group)
        if item.metadata.get("option", True)
    ]


_NO_SETTINGS = {"files", "out", "force", "as_json", "quiet", "plots", "jobs", "cluster"}
"""Options that no number depends on, and the input files, which the report lists with their hashes."""


def _invocation(values: Mapping[str, Any]) -> Invocation:
    """The settings of this call, as JSON can hold them, and the command line."""
    from glasspara.report.frame import Invocation

    settings = {
        name: str(value) if isinstance(value, PurePath) else value
        for name, value in values.items()
        if name not in _NO_SETTINGS
    }
    return Invocation(settings, tuple(sys.argv[1:]))


def _default(item: Field[Any]) -> Any:
    return inspect.Parameter.empty if item.default is MISSING else item.default
