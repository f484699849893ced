"""Writes what is generated from the code: ``docs/findings.md``, ``docs/models.md``, and the JSON Schema that ships with
the package.

``python docs/make.py`` writes them; a test holds them against the code. MkDocs uses this file too (``hooks`` in
``mkdocs.yml``): :func:`on_files` adds the pages that exist only in the site. These are the reference of commands, the
reference of the Python API, the notebooks with their outputs, and the Markdown files that lie beside ``docs/``.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import partial
from importlib import import_module
from inspect import Signature, cleandoc, formatannotation, getdoc, isclass, isfunction
from inspect import signature as signature_of
from pathlib import Path
from pkgutil import iter_modules
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from typer.main import get_command

import glasspara
from glasspara import api
from glasspara.analysis import reports
from glasspara.analysis.fit.report import Fits
from glasspara.app import application
from glasspara.cli.values import Option
from glasspara.data import Dataset
from glasspara.data.loading import Loaded
from glasspara.findings import every_entry
from glasspara.fitting.result import FitResult
from glasspara.model import CATALOGUE, ModelEntry
from glasspara.report import SCHEMA_VERSION, Frame
from glasspara.report.block import SHIPPED, Json, required_keys

ROOT = Path(__file__).resolve().parents[1]
FINDINGS = Path(__file__).with_name("findings.md")
MODELS = Path(__file__).with_name("models.md")

_HEAD = """# Findings

Every statement of the program (warning, note, reason of a verdict) is a finding: a code, a level, and its
numbers. In JSON reports a finding is `{"code", "level", "text", "values", "where"}`; scripts read the code and the
values, people read the text. In the sentences below the values are in braces. Written by `python docs/make.py`.
"""


def findings_page() -> str:
    """The page of all codes, by room."""
    parts, room = [_HEAD], ""
    for code, entry in every_entry():
        if code.split(".")[0] != room:
            room = code.split(".")[0]
            parts.append(f"\n## {room}\n\n| code | level | sentence | meaning |\n|---|---|---|---|\n")
        cells = (f"`{code}`", entry["level"], entry["text"], entry.get("about", ""))
        parts.append(
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"
        )
    return "".join(parts)


_MODELS_HEAD = """# Models

All models of `fit --model`, and their variants in `compare`. `ll` means Larmor + Langevin terms, `etm` the extended
tunnelling model. The ATS term is its magnetisation of anomalous tunnelling systems. The numbers (11) and (16) are
equations of [the source](symbols.md). Written by `python docs/make.py`.

| name | what it is | kind | parameters | `--model` | compared |
|---|---|---|---|---|---|
"""

_KINDS = {"plain": "Larmor + Langevin", "rival": "other magnetism of traces", "ats": "with an ATS term"}


def models_page() -> str:
    """The page of all models, a row each."""
    return _MODELS_HEAD + "".join(map(_model_row, CATALOGUE.values()))


def _model_row(entry: ModelEntry) -> str:
    compared = "on request" if entry.slow else "with trace ions" if entry.needs_trace_ions else "by default"
    model = f"`{entry.name}`" if not entry.variant_of else f"`{entry.variant_of}`, `--ions {entry.ions}`"
    if entry.needs_trace_ions:
        model = f"`{entry.variant_of}`, `--trace-ions`"
    parameters = ", ".join(f"`{name}`" for name in entry.parameters)
    cells = (f"`{entry.name}`", entry.text, _KINDS[entry.family], parameters, model, compared)
    return "| " + " | ".join(cells) + " |\n"


def schema_text() -> str:
    """The JSON Schema of all reports."""
    types = {name: report.added for name, report in reports().items()}
    return (
        json.dumps(report_schema(types, frame=Frame, version=SCHEMA_VERSION), indent=1, sort_keys=True) + "\n"
    )


_PLAIN: dict[Any, Json] = {
    float: {"type": "number"},
    int: {"type": "integer"},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}


def report_schema(reports: Mapping[str, type], *, frame: type, version: int) -> Json:
    """Schema of all reports; ``reports`` gives the type of what each command adds to the ``frame``.

    Raises
    ------
    ValueError
        If two blocks have one name.
    """
    definitions: dict[str, Json] = {}
    variants = []
    for command, block in sorted(reports.items()):
        shared, own = _object(frame, definitions), _object(block, definitions)
        variants.append({
            "type": "object",
            "properties": shared["properties"] | {"command": {"const": command}} | own["properties"],
            "required": sorted({*shared["required"], *own["required"]}),
            "additionalProperties": False,
        })  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"glasspara-report-{version}",
        "title": f"glasspara report, schema version {version}",
        "$defs": definitions,
        "oneOf": variants,
    }


def _object(block: type, definitions: dict[str, Json]) -> Json:
    hints = get_type_hints(block, include_extras=True)
    found: Json = {
        "type": "object",
        "properties": {name: _schema(hint, definitions) for name, hint in hints.items()},
        "required": required_keys(block),
        "additionalProperties": False,
    }
    text = block.__doc__
    return found | {"description": cleandoc(text)} if text else found


def _schema(hint: Any, definitions: dict[str, Json]) -> Json:  # noqa: PLR0911
    """Schema of one type; every ``TypedDict`` gets a definition of its own, by its name."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_dataclass(hint) and hasattr(hint, "block"):
        hint = get_type_hints(hint.block.fget)["return"]
    if is_typeddict(hint) or is_dataclass(hint):
        name = hint.__name__
        if name not in definitions:
            definitions[name] = {}  # stands there while the block that holds itself is described
            definitions[name] = _object(hint, definitions)
        elif definitions[name] and definitions[name]["required"] != required_keys(hint):
            raise ValueError(f"two blocks are called {name}")
        return {"$ref": f"#/$defs/{name}"}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        choices = [list(about) for about in arguments[1:] if isinstance(about, tuple)]
        return _schema(arguments[0], definitions) | ({"enum": choices[0]} if choices else {})
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(item, definitions) for item in arguments]}
    if origin is tuple and arguments[-1] is not Ellipsis:
        items = [_schema(item, definitions) for item in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _schema(arguments[1], definitions)}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    raise TypeError(f"no JSON Schema for {hint!r}")


# --- types of the Python API ---------------------------------------------------------------------------------

STUB = ROOT / "glasspara" / "api.pyi"

_STUB_HEAD = '''"""Types of :mod:`glasspara.api`, whose functions are made from the commands. By docs/make.py."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal, overload

{imports}

File = str | PathLike[str]
Data = Loaded | Dataset | File | Sequence[File]
Value = str | float
Measured = Value | tuple[float, float]
Parts = Value | tuple[float | str | None, ...] | list[float]

QUESTIONS: tuple[str, ...]
FUNCTIONS: tuple[str, ...]

def keywords(name: str) -> dict[str, Option]: ...
def function(name: str) -> Callable[..., Any]: ...
'''

_TEXTS = {"NAME", "FILE", "ADDRESS", "PRESET", "ITEMS"}


def stub_text() -> str:
    """The types of ``glasspara.api``."""
    results = {name: _result_of(name) for name in api.FUNCTIONS}
    homes = {item.__name__: item.__module__ for item in [*results.values(), Dataset, Option, Fits]}
    imports = "\n".join(sorted(f"from {module} import {name}" for name, module in homes.items()))
    parts = [_STUB_HEAD.format(imports=imports)]
    for name, result in results.items():
        data = {
            "load": ["data: File | Sequence[File]", "/"], "derive": ["data: Data | FitResult", "/"],
            "diff": ["data: Sequence[File]", "/"], "rerun": ["data: File", "/"],
        }  # fmt: skip
        first = (
            data.get(name, ["data: Data", "/"])
            if "data" in signature_of(api.function(name)).parameters
            else []
        )
        options = [f"{key}: {_typed(item)} = {_default(item)}" for key, item in api.keywords(name).items()]
        lines = "".join(f"    {line},\n" for line in [*first, "*", *options])
        one = f"def {name}(\n{lines}) -> {result.__name__}: ...\n"
        if name == "fit":
            several = ("per_run", "per_sample")
            for flag in several:
                one = one.replace(f"{flag}: bool", f"{flag}: Literal[False]")
            many = "@overload\ndef fit(data: Data, /, *, {}: Literal[True], **options: Any) -> Fits: ...\n"
            one = "".join(map(many.format, several)) + f"@overload\n{one}"
        parts.append(one)
    return "".join(parts)


def _default(option: Option) -> str:
    return json.dumps(option.default) if isinstance(option.default, str) else repr(option.default)


def _result_of(name: str) -> type:
    """The type of what the function ``name`` gives: that of the result that its report shows."""
    if name in ("load", "fit"):
        return Loaded if name == "load" else FitResult
    show = reports()[name].show
    hint = show.__annotations__["result"]
    room = import_module(show.__module__.removesuffix(".report"))
    modules = (import_module(f"{room.__name__}.{item.name}") for item in iter_modules(room.__path__))
    return next(vars(module)[hint] for module in modules if hint in vars(module))


def _typed(option: Option) -> str:
    """What a keyword takes."""
    if option.kind is not str:
        kind = "File" if option.kind is Path else option.kind.__name__
        kind = f"{kind} | Sequence[{kind}]" if option.repeatable else kind
        return kind if option.default is not None else f"{kind} | None"
    words = re.split(r"[|,:=+\-\[\].]+", option.metavar)
    number = any(re.fullmatch("[A-Z][A-Z0-9]*", word) and word not in _TEXTS for word in words)
    kind = {"+-": "Measured", ":": "Parts", ",": "Value | tuple[Value, ...]"}.get(option.between, "")
    is_file = "FILE" in words and "ITEMS" not in words
    kind = kind or ("File" if is_file else "Value" if number or "ITEMS" in words else "str")
    if option.repeatable:
        mapping = f"Mapping[str, {kind} | None] | " if "=" in option.metavar else ""
        plain = "str" if mapping and "=]" not in option.metavar else kind  # "[TYPE=]F": a bare value as well
        kind = f"{mapping}{plain} | Sequence[{plain}]" if mapping else f"{kind} | Sequence[{kind}]"
    return kind if option.default is not None else f"{kind} | None"


# --- pages of the site alone ---------------------------------------------------------------------------------

BESIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "fixtures/README.md": "fixtures.md",
}
"""Markdown files outside ``docs/`` that the site shows, and the names of their pages."""

_COMMANDS_HEAD = """# Commands

All commands with all their options, as `glasspara COMMAND --help-all` shows them. Made from the program.
"""

_API_HEAD = """# Python API

All names of `glasspara` for use from Python; [the notebooks](one_run.md) show them at work. Temperatures are in K,
fields in Oe, magnetisations in emu/g. [Symbols and units](symbols.md) explains the names of the parameters.

A question takes files (a path or several), what `load` gives, or a `Dataset`. Its keywords are the options of the
command of its name. A keyword takes the text of the option, or says the same in Python:

| option | keyword |
|---|---|
| `--mass "35.7 mg"` | `mass="35.7 mg"`, `mass=35.7` |
| `--n-fe "15 ppm"`, `--n-fe 1.7e17+-0.2e17` | `n_fe="15 ppm"`, `n_fe=(1.7e17, 0.2e17)` |
| `--t-range 2:40,70:` | `t_range=[(2, 40), (70, None)]` |
| `--fix d_min=0.025 --fix n_ats` | `fix={"d_min": 0.025, "n_ats": None}` |
| `--limit d_min=0.01:0.1` | `limit={"d_min": (0.01, 0.1)}` |
| `--constrain n_ats=6e15+-1e15` | `constrain={"n_ats": (6e15, 1e15)}` |
| `--contour d_min,delta_mu` | `contour=("d_min", "delta_mu")` |
| `--no-allowances`, `--per-run` | `allowances=False`, `per_run=True` |

A wrong name or value raises a `UsageError`, with the same words as the command; all errors that a user can mend are
`GlassparaError`s. Nothing is printed, and nothing is written unless `out` names a folder. One process computes unless
`jobs` says otherwise; a script that asks for more needs the guard `if __name__ == "__main__":`.
"""


def on_files(files: Any, config: Any) -> Any:
    """Hook of MkDocs: add the generated pages to ``files``, in place of committed ones of the same name."""
    from mkdocs.structure.files import File  # noqa: PLC0415 (only the site needs it)

    pages = {name: partial(_beside, source) for source, name in BESIDE.items()}
    pages |= {"findings.md": findings_page, "models.md": models_page}
    pages |= {"commands.md": commands_page, "api.md": api_page}
    pages |= {
        f"{path.stem}.md": partial(_notebook_page, path) for path in (ROOT / "examples").glob("*.ipynb")
    }
    for name, page in pages.items():
        if (committed := files.get_file_from_path(name)) is not None:
            files.remove(committed)
        files.append(File.generated(config, name, content=page()))
    return files


def _beside(source: str) -> str:
    """A Markdown file outside ``docs/``, with its links as the site has them."""
    folder = (ROOT / source).parent

    def link(match: re.Match[str]) -> str:
        target, anchor = match["target"], match["anchor"] or ""
        path = (folder / target).resolve()
        if not target or "://" in target or not path.is_relative_to(ROOT):
            return match[0]
        name = path.relative_to(ROOT).as_posix()
        return f"]({BESIDE.get(name, name.removeprefix('docs/'))}{anchor})"

    return re.sub(
        r"\]\((?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)", link, (ROOT / source).read_text(encoding="utf-8")
    )


def _notebook_page(path: Path) -> str:
    """A notebook with its outputs, as ``docs/notebooks.py`` runs it; unrun where a test asks for the site alone."""
    unrun = ["--unrun"] if os.environ.get("GLASSPARA_NOTEBOOKS") == "unrun" else []
    words = [sys.executable, str(Path(__file__).with_name("notebooks.py")), *unrun, str(path)]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True).stdout


def commands_page() -> str:
    """The page of all commands: what each does, its options by their headings in the help."""
    commands: dict[str, Any] = get_command(application()).commands
    return "\n".join([_COMMANDS_HEAD, *(line for item in commands.items() for line in _command_lines(*item))])


def _command_lines(name: str, command: Any) -> list[str]:
    parameters = [item for item in command.params if not getattr(item, "hidden", False)]
    arguments = [item for item in parameters if item.param_type_name == "argument"]
    usage = " ".join(["glasspara", name, "[OPTIONS]", *(_flags(item) for item in arguments)])
    lines = [f"## {name}", "", f"    {usage}", ""]
    for paragraph in re.split(r"\n\s*\n", cleandoc(command.help or "")):
        example = paragraph.removeprefix("Example:")
        plain = _escaped(" ".join(paragraph.split()))
        lines += [plain if example == paragraph else f"Example: `{' '.join(example.split())}`", ""]
    lines += _option_list("", arguments)
    options = [item for item in parameters if item.param_type_name == "option"]
    for panel in dict.fromkeys(item.rich_help_panel or "Options" for item in options):
        lines += _option_list(
            panel, [item for item in options if (item.rich_help_panel or "Options") == panel]
        )
    return lines


def _option_list(heading: str, parameters: Iterable[Any]) -> list[str]:
    items = [
        f"* `{_flags(item)}`: {_explained(item)}"
        for item in parameters
        if item.name not in ("help", "help_all")
    ]
    return [*([f"**{heading}**", ""] if heading and items else []), *items, ""]


def _flags(parameter: Any) -> str:
    """ "-q, --quiet", "--mass MG", "--plots/--no-plots", "FILE..."."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    flags = "/".join([", ".join(sorted(parameter.opts, key=len)), *parameter.secondary_opts])
    return flags if parameter.is_flag else f"{flags} {parameter.metavar or 'VALUE'}"


def _explained(parameter: Any) -> str:
    text, default = parameter.help or "", parameter.default
    if isinstance(default, bool):
        default = (
            (parameter.opts if default else parameter.secondary_opts)[0] if parameter.secondary_opts else None
        )
    known = isinstance(default, (str, int, float)) and default != ""
    return _escaped(f"{text} Default: {default}." if known else text)


def api_page() -> str:
    """The page of the public names: those of the package, and what the questions give."""
    public = {name: getattr(glasspara, name) for name in glasspara.__all__ if name != "__version__"}
    functions = {name: public.pop(name) for name in ("read", *api.FUNCTIONS)}
    types = {name: value for name, value in public.items() if isclass(value)}
    answers = {
        type_.__name__: type_
        for name in api.FUNCTIONS[1:]
        if (type_ := _result_of(name)) not in types.values()
    }
    sections = {
        "Files and questions": functions,
        "What they give": {**types, **answers},
        "Physics": {name: value for name, value in public.items() if name not in types},
    }
    parts = [_API_HEAD]
    for title, names in sections.items():
        parts += [f"## {title}\n", *(_public_name(name, value) for name, value in names.items())]
    return "\n".join(parts)


def _public_name(name: str, value: Any) -> str:
    if not (isclass(value) or callable(value)):
        shown = repr(value) if isinstance(value, (int, float, str)) else type(value).__name__
        return f"### {name}\n\n`{name} = {shown}`\n"
    signature = _signature(value)
    if isclass(value):
        signature = signature.removesuffix(" -> None")
    lines = [f"### {name}", "", "```python", f"{name}{signature}", "```", "", _docstring(value), ""]
    if isclass(value):
        members = [line for key, member in vars(value).items() for line in _member(key, member)]
        lines += [*(["**Members**", ""] if members else []), *members]
    return "\n".join(lines) + "\n"


def _member(name: str, member: Any) -> list[str]:
    """A public method or property that has a docstring: a line, or more where the docstring has sections."""
    target = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
    target = getattr(target, "func", target)  # of a cached property
    if name.startswith("_") or not isfunction(target) or not target.__doc__:
        return []
    is_property = isinstance(member, property) or hasattr(member, "attrname")
    call, text = name if is_property else f"{name}{_signature(target)}", _docstring(target)
    if "\n" in call or "**" in text:
        return ["", "```python", f".{call}", "```", "", text, ""]
    return [f"* `.{call}`: {' '.join(text.split())}"]


def _signature(value: Any) -> str:
    """The signature, one parameter a line where it is long."""
    try:
        signature = signature_of(value)
    except (TypeError, ValueError):
        return "(...)"
    unquoted = [item.replace(annotation=_Plain(item.annotation)) for item in signature.parameters.values()]
    returned = signature.return_annotation
    end = ")" if returned is Signature.empty else f") -> {_Plain(returned)!r}"
    parts = [str(item) if item.annotation.known else item.name for item in unquoted]
    if (
        first := next((i for i, item in enumerate(unquoted) if item.kind is item.KEYWORD_ONLY), None)
    ) is not None:
        parts.insert(first, "*")
    whole = f"({', '.join(parts)}{end}"
    return whole if len(whole) <= 88 else "(\n" + "".join(f"    {part},\n" for part in parts) + end


class _Plain:
    """An annotation as it is written in the code: without quotes."""

    def __init__(self, annotation: Any) -> None:
        self.known = annotation is not Signature.empty
        self.text = annotation if isinstance(annotation, str) else formatannotation(annotation)

    def __repr__(self) -> str:
        return self.text.strip("\"'")


_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)


def _docstring(value: Any) -> str:
    """The docstring in Markdown: roles and double backquotes as code, sections of NumPy's style as lists."""
    text = getdoc(value) or ""
    text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    head, *rest = _SECTION.split(text)
    parts = [_escaped(head)]
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        items = re.split(r"\n(?=\S)", body.strip("\n"))
        parts.append(f"\n**{title}**\n\n" + "\n".join(map(_item, items)))
    return "\n".join(parts)


def _item(text: str) -> str:
    first, _, body = text.partition("\n")
    told = _escaped(" ".join(body.split()))
    return f"* `{first.replace('`', '')}`" + (f": {told}" if told else "")


def _escaped(text: str) -> str:
    """``text`` with the characters of HTML and of emphasis that are outside code meant as they stand."""
    parts = re.split(r"(`[^`]*`)", text)
    plain = [re.sub(r"([*<])", r"\\\1", part) if index % 2 == 0 else part for index, part in enumerate(parts)]
    return "".join(plain)


def main() -> None:
    FINDINGS.write_text(findings_page(), encoding="utf-8")
    MODELS.write_text(models_page(), encoding="utf-8")
    SHIPPED.write_text(schema_text(), encoding="utf-8")
    STUB.write_text(stub_text(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
