"""Commands as the command line sees them: help in two lengths, and option values that are empty or given twice."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from glasspara.cli.by_name import Option
from glasspara.cli.options import option
from glasspara.errors import UsageError

_WIDEST, _TERM, _OTHERS = 100, 22, "Options"


def _show_all(context: typer.Context, wanted: bool) -> None:
    if wanted:
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
        lines += ["", f"{len(choices) - len(shown)} more options: {context.command_path} --help-all"]
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


_UNBROKEN = re.compile(r'"[^"]*"|\[default: [^]]*\]|\d (?:K|Oe|kOe|mg|g|nm|%)(?!\w)')


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    """Lines of at most ``width`` characters; quotations, defaults, and numbers with their units are not broken."""
    whole = _UNBROKEN.sub(lambda found: found[0].replace(" ", "\0"), " ".join(text.split()))
    lines = wrap(
        whole,
        max(width, len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\0", " ") for line in lines]
