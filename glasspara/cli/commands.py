"""Commands as the command line sees them: options in groups, help in two lengths, values that are empty or given twice.

Typer reads one function parameter an option. A dozen of them mean the same in every command; a group, which is a
dataclass, declares them once, with its defaults, and carries the functions that use them. A command takes the group,
and the command line shows the options that are its fields. A command that takes part of a group says so:
``Annotated[DataOptions, Only("files", "moment")]``; the other fields keep their defaults.
"""

from __future__ import annotations

import inspect
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from pathlib import PurePath
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from glasspara.cli.options import option
from glasspara.cli.values import Option, declaration, in_range
from glasspara.errors import UsageError

if TYPE_CHECKING:
    from glasspara.report import Invocation

_WIDEST, _TERM, _OTHERS = 100, 22, "Options"


Settings = Annotated[
    str | None,
    option(
        "--settings",
        'Options from a TOML file (n-fe = "15 ppm") or from a report; the command line has priority.',
        "FILE.toml|REPORT",
    ),
]


def _show_all(context: typer.Context, asked: bool) -> None:
    if asked:
        print(help_text(context.command, context, everything=True))
        raise typer.Exit


HelpAll = Annotated[
    bool, option("--help-all", "Show all options and stop.", is_eager=True, callback=_show_all, common=True)
]


class _Strict:
    """Help by :func:`help_text`; an option given twice, or an empty value, is a usage error."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write(help_text(self, ctx))

    def make_parser(self, ctx: Any) -> Any:
        for parameter in self.get_params(ctx):  # type: ignore[attr-defined]
            parameter._runtime_param = _Reader(getattr(self.callback, "options", {}).get(parameter.name))  # type: ignore[attr-defined]
        parser = super().make_parser(ctx)  # type: ignore[misc]
        if not ctx.resilient_parsing:  # that is completion by the shell
            parser.parse_args = _checked(parser.parse_args, self, ctx)
        return parser


class _Reader:
    """Reads the texts of an option, as Python's keywords are read.

    Newer versions of Typer make a Pydantic model of every option of a command, which takes as long as half a fit.
    """

    def __init__(self, option: Option | None) -> None:
        self._option = option

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:  # noqa: ARG002  # Typer's names
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self._option is None:
            return value
        return replace(self._option, name=_flags(param)).read(value)


class Command(_Strict, TyperCommand):
    """One command."""


class Program(_Strict, TyperGroup):
    """The program with its commands."""


def _checked(parse: Callable[..., Any], command: Any, context: Any) -> Callable[..., Any]:
    def parse_and_check(args: list[str]) -> Any:
        values, rest, order = parse(args=list(args))  # which it takes apart
        _check(values, order, command.params)
        inputs = _inputs_of_report(values, command)
        source = values.get("settings") or inputs.pop("settings", None)
        if source is not None:
            from glasspara.cli.settings import words_from

            given = {item.name for item in order}
            words = words_from(source, command, given, commands=context.obj or ())
            values, rest, order = parse(args=[*words, *args])
            _check(values, order, command.params)
        return {**values, **inputs}, rest, order

    return parse_and_check


def _inputs_of_report(values: Mapping[str, Any], command: Any) -> dict[str, Any]:
    """Where a report stands in for files: these, and the report as the one that settings are taken from."""
    options = getattr(command.callback, "options", {})
    given: Sequence[str] = values.get("files") or ()
    if not any(path.lower().endswith(".json") for path in given) or not options["files"].or_report:
        return {}
    if len(given) > 1:
        raise UsageError("one report at a time, and no other files", remedy="Give one of them")
    from glasspara.report.reading import input_files

    return {"files": input_files(given[0], command="fit"), "settings": given[0]}


def _check(values: Mapping[str, Any], order: Sequence[Any], parameters: Sequence[Any]) -> None:
    """Refuse options that are given twice, and empty values."""
    for parameter in parameters:
        once = parameter.param_type_name == "option" and not (parameter.multiple or parameter.is_eager)
        if once and sum(item is parameter for item in order) > 1:
            raise UsageError(f"{_flags(parameter)} is given twice", remedy="Give it once")
        given = values.get(parameter.name)
        for text in given if isinstance(given, (list, tuple)) else [given]:
            # An empty text is a variable of the shell that was not set: not the same as no option at all.
            if isinstance(text, str) and not text.strip(" \t\r\n,"):
                raise UsageError(f"{_flags(parameter)}: the value is empty", remedy=_REMEDY)


_REMEDY = "Give a value, or leave it out (is a variable of the shell not set?)"


def _flags(parameter: Any) -> str:
    """ "--out", "--plots/--no-plots", "FILE"."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name).strip(".[]")
    return "/".join([*parameter.opts[:1], *parameter.secondary_opts[:1]])


# --- help --------------------------------------------------------------------------------------------------


def help_text(command: Any, context: Any, *, everything: bool = False) -> str:
    """Help of ``command``: its common options, or with ``everything`` all, at most 100 columns wide.

    Paragraphs of the command's docstring come first; one that begins with "Example:" is shown as it is typed. Lines
    break between words only. ``everything`` of the program is the help of all its commands.
    """
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    parameters = command.get_params(context)
    arguments = [item for item in parameters if item.param_type_name == "argument"]
    choices = [item for item in parameters if item.param_type_name == "option" and not item.hidden]
    common: frozenset[str] = getattr(command.callback, "common", frozenset())
    shown = [
        item for item in choices if everything or not common or item.name in {*common, "help", "help_all"}
    ]
    commands: Mapping[str, Any] = getattr(command, "commands", {})
    usage = [
        context.command_path,
        "[OPTIONS]",
        *(str(item.metavar or item.name.upper()) for item in arguments),
    ]
    lines = [f"Usage: {' '.join([*usage, *(['COMMAND'] if commands else [])])}"]
    for paragraph in re.split(r"\n\s*\n", (command.help or "").strip()):
        example = paragraph.partition("Example:")[2] if paragraph.startswith("Example:") else ""
        lines += [
            "",
            *(["Example:", f"  {example.strip()}"] if example else _wrapped(paragraph, width, "  ")),
        ]
    lines += _terms("", [(_flags_of(item), item.help or "") for item in arguments], width)
    lines += _terms("Commands", [(name, _summary(item)) for name, item in commands.items()], width, 14)
    panels = dict.fromkeys(item.rich_help_panel or _OTHERS for item in shown)
    for panel in sorted(panels, key=lambda name: name == _OTHERS):  # stable: the others come last
        own = [item for item in shown if (item.rich_help_panel or _OTHERS) == panel]
        lines += _terms(panel, [(_flags_of(item), _explained(item)) for item in own], width)
    if commands and everything:
        for name, item in commands.items():
            inner = typer.Context(item, info_name=name, parent=context)
            lines += ["", "", help_text(item, inner, everything=True)]
    elif commands:
        path = context.command_path
        lines += [
            "",
            *_wrapped(f"{path} COMMAND -h explains a command, {path} --help-all all of them.", width, ""),
        ]
    elif len(shown) < len(choices):
        more = len(choices) - len(shown)
        lines += ["", f"{more} more option{'s' * (more > 1)}: {context.command_path} --help-all"]
    return "\n".join(lines)


def _summary(command: Any) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())


def _flags_of(parameter: Any) -> str:
    """Flags and metavar, "-q, --quiet", "--mass MG"."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    flags = "/".join([", ".join(sorted(parameter.opts, key=len)), *parameter.secondary_opts])
    if parameter.is_flag:
        return flags
    return f"{flags} {parameter.metavar or 'VALUE'}"


def _explained(parameter: Any) -> str:
    """Help with the default where that tells something."""
    text, default = parameter.help or "", parameter.default
    if parameter.secondary_opts and isinstance(default, bool):
        default = (parameter.opts if default else parameter.secondary_opts)[0]
    known = isinstance(default, (str, int, float)) and not isinstance(default, bool)
    return f"{text} [default: {default}]" if known else text


def _terms(heading: str, entries: Iterable[tuple[str, str]], width: int, column: int = _TERM) -> list[str]:
    """Terms on the left, their texts on the right, below a heading; no lines without entries."""
    entries = list(entries)
    if not entries:
        return []
    indent = " " * (column + 2)
    lines = ["", *([f"{heading}:"] if heading else [])]
    for term, text in entries:
        body = _wrapped(text, width, indent)
        if len(term) + 4 <= len(indent) and body:
            body[0] = f"  {term}".ljust(len(indent)) + body[0].lstrip()
        else:
            lines.append(f"  {term}")
        lines += body
    return lines


_UNBROKEN = r'"[^"]*"|\[default: [^]]*\]|\d (?:K|Oe|kOe|mg|g|nm|%)(?!\w)'


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Lines of at most ``width`` characters; quotations, defaults, and numbers with their units are not broken."""
    whole = re.sub(_UNBROKEN, lambda found: found[0].replace(" ", "\0"), " ".join(text.split()))
    lines = wrap(
        whole,
        max(width, len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\0", " ") for line in lines]


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
        parameters.append(_parameter("settings", Settings, None))
    parameters.append(_parameter("help_all", HelpAll, False))

    def carry_out(values: Mapping[str, Any], argv: Sequence[str] = (), **also: Any) -> Any:
        left = dict(values)
        for choice in options:
            given = values[choice.field]
            for item in given if isinstance(given, list) else [given]:
                if isinstance(item, float):
                    in_range(item, f"--{choice.name.replace('_', '-')}", str(item))
        also["asked"] = _invocation(command.__name__, options, values, argv)
        for name, (group, names) in groups.items():
            hidden = {item.name for item in fields(group)} & also.keys()
            left[name] = group(
                **{option: left.pop(option) for option in names}, **{key: also[key] for key in hidden}
            )
        return command(**left)

    def call(*, help_all: bool = False, settings: str | None = None, **values: Any) -> None:  # noqa: ARG001
        if not reports:  # those take no time
            carry_out(values, sys.argv[1:])
            return
        from glasspara.report.progress import going_on

        with going_on(command.__name__, quiet=bool(values.get("quiet"))):
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
    empty = inspect.Parameter.empty
    return [
        _parameter(item.name, hints[item.name], empty if item.default is MISSING else item.default)
        for item in fields(group)
        if item.metadata.get("option", True) and (not only or item.name in only)
    ]


def _invocation(
    command: str, options: Sequence[Option], values: Mapping[str, Any], argv: Sequence[str]
) -> Invocation:
    """The settings of this call, as JSON can hold them, the command line, and the files that both name."""
    from glasspara.report import Invocation, NamedFile

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


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
