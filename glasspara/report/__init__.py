"""Results as JSON, CSV, console text and figures; here: what every JSON report has, and how one becomes text.

The same input and choices give the same bytes. Every input has a block that says what was read, and what was done to it
before any physics: holder and true field.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypedDict, TypeVar

import numpy as np

from glasspara import __version__
from glasspara.files import sha256_of
from glasspara.findings import Finding, FindingBlock, blocks
from glasspara.report.block import Block, InputBlock, Json, fill
from glasspara.report.table import Sheet, provenance
from glasspara.wording import inert

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

    from glasspara.data.loading import Input
    from glasspara.errors import GlassparaError
    from glasspara.report.page import Picture


SCHEMA_VERSION = 2

Result = TypeVar("Result")


class RunBlock(TypedDict):
    """A run by its file and set point; ``nominal`` in ``unit``."""

    file: Annotated[str, "run.file"]
    kind: Annotated[Literal["fixed-field", "fixed-temperature"], "run.kind"]
    nominal: Annotated[float, "run.nominal"]
    unit: Annotated[Literal["Oe", "K"], "run.unit"]
    n_points: Annotated[int, len]
    moment_column: Annotated[str, "run.moment_column"]
    sigma_source: Annotated[str, "run.sigma_source"]
    branches: Annotated[list[str], "run.branch_labels"]


class ValueBlock(TypedDict):
    """Value and standard error by the stated sigmas, null for one that is held and where there is none."""

    value: float
    error: float | None


class QuantityBlock(ValueBlock):
    """The same with its unit."""

    unit: str


class FailureBlock(TypedDict):
    """A file or run of a batch that failed, and why."""

    path: str
    error: str
    exit_status: int


class Frame(TypedDict, total=False):
    """What all reports share.

    ``settings`` are all choices that the result depends on, defaults included, and ``other_files`` the files that they
    name. ``settings_taken`` has what the command took for options that were not given, where data or method decide.
    """

    schema_version: int
    glasspara_version: str
    command: str
    settings: dict[str, Any]
    settings_taken: dict[str, Any]
    argv: list[str]
    versions: dict[str, str]
    inputs: list[InputBlock]
    other_files: list[NamedFile]
    warnings: list[FindingBlock]
    files: list[str]
    files_sha256: dict[str, str]


@dataclass(frozen=True)
class NamedFile:
    """A file beside the inputs, and the option that names it: "FILE" for an argument that is no input.

    ``sha256`` is None for an argument that is no file: a preset.
    """

    path: str
    sha256: str | None
    named_by: str = "FILE"

    @classmethod
    def of(cls, path: str, named_by: str = "FILE") -> NamedFile:
        """The file ``path`` as it is now."""
        return cls(path, sha256_of(path), named_by)


@dataclass(frozen=True)
class Invocation:
    """What was asked: the settings by the names of the options, and where there was one the command line.

    ``command`` and ``files`` are the command and the files as they were named there; ``other_files`` are those beside
    the inputs. ``words`` are the choices as the command line would have them, in one order, defaults left out.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    argv: tuple[str, ...] = ()
    command: str = ""
    files: tuple[str, ...] = ()
    other_files: tuple[NamedFile, ...] = ()
    words: tuple[str, ...] = ()

    def without_inputs(self) -> Invocation:
        """The same of a command whose files are no inputs: reports, or the name of a preset."""
        return replace(self, other_files=(*map(NamedFile.of, self.files), *self.other_files))


def reasons(result: Any) -> list[str]:
    """Why the verdict on ``result`` is as it is."""
    return [reason.text for verdict in result.verdicts for reason in verdict.reasons]


@dataclass(frozen=True, eq=False)
class Report(Generic[Result]):
    """How the result of one question is written: as a block of JSON, as tables, at the terminal, and as figures.

    Parameters
    ----------
    block
        A ``TypedDict``, filled from the result, from which the schema is derived. It stands under the name of the
        command; where that is not ``nested``, its keys are those of the report itself.
    show
        Writes the result to a console, below the files that were read.
    tables
        What makes each CSV file, or another text, by the name of the file; ``more_tables`` makes those whose names
        depend on the result.
    about
        Lines on the result that stand in every table, below its provenance: by default the reasons of the verdict.
    figures
        The functions of the room's ``figures.py`` that draw, by the stems of the files. A function may return None for
        no figure, or several figures by their stems.
    taken
        What the result was made with where options leave it to data or method, by their names.
    printed
        The table that goes to stdout as it is, in place of what ``show`` writes.
    file
        Name of the JSON report, by default that of the command.
    """

    command: str
    block: type[Any]
    show: Callable[[Result, Console], None]
    nested: bool = True
    tables: Mapping[str, Callable[[Result], Sheet | str]] = field(default_factory=dict)
    more_tables: Callable[[Result], Mapping[str, Sheet]] = lambda _result: {}
    about: Callable[[Result], Iterable[str]] = reasons
    figures: Mapping[str, str] = field(default_factory=dict)
    taken: Callable[[Result], Mapping[str, Any]] = lambda _result: {}
    printed: str = ""
    file: str = ""

    @property
    def added(self) -> type[Any]:
        """What the command adds to the frame."""
        if not self.nested:
            return self.block
        return TypedDict("Added", {self.command: Annotated[self.block, ""]})  # type: ignore[operator, no-any-return]

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that are always written, without the figures: the JSON report first."""
        return (self.file or f"{self.command}.json", *self.tables)

    def texts(self, inputs: Sequence[Input], result: Result) -> dict[str, str]:
        """The tables, and other texts, by the names of their files."""
        made = {name: make(result) for name, make in self.tables.items()} | dict(self.more_tables(result))
        comments = [*provenance(self.command, inputs), *self.about(result)]
        return {name: item if isinstance(item, str) else item.text(comments) for name, item in made.items()}

    def present(self, inputs: Sequence[Input], result: Result, out: Console) -> None:
        """The files that were read and the result, at the terminal or on a page."""
        from glasspara.report.terminal import Recorder, show_inputs

        if self.printed and not isinstance(out, Recorder):
            out.file.write(self.texts(inputs, result)[self.printed])
            return
        if inputs:
            show_inputs(inputs, out)
            out.print()
        self.show(result, out)

    def draw(self, result: Result) -> dict[str, Figure]:
        """The figures by the stems of their files."""
        room = import_module(f"{self.block.__module__.rpartition('.')[0]}.figures")
        drawn: dict[str, Figure] = {}
        for stem, name in self.figures.items():
            found = getattr(room, name)(result)
            drawn |= found if isinstance(found, dict) else {} if found is None else {stem: found}
        return drawn

    def document(
        self, inputs: Sequence[Input], result: Result, warnings: Sequence[Finding], asked: Invocation
    ) -> Json:
        """The whole JSON report."""
        given = [fill(InputBlock, item) for item in inputs]
        taken = {
            name: value
            for name, value in self.taken(result).items()
            if asked.settings.get(name) in (None, [])
        }
        return {
            **report_frame(self.command, given, warnings, asked),
            "settings_taken": taken,
            **fill(self.added, result),
        }

    def page(
        self,
        inputs: Sequence[Input],
        result: Result,
        document: Json,
        pictures: Mapping[str, Picture],
        files: Sequence[str],
        asked: Invocation,
    ) -> str:
        """The page of the result, with what the terminal shows of it; ``files`` are the others that are written."""
        import shlex

        from glasspara.report.page import page
        from glasspara.report.terminal import Recorder

        shown = Recorder()
        self.present(inputs, result, shown)
        command = shlex.join(["glasspara", asked.command, *asked.files, *asked.words])
        return page(document, shown, pictures, files=files, command=command)


def report_frame(
    command: str, inputs: Sequence[Mapping[str, Any]], warnings: Sequence[Finding], asked: Invocation
) -> Json:
    """What every report has."""
    return {
        "schema_version": SCHEMA_VERSION,
        "glasspara_version": __version__,
        "command": command,
        "settings": dict(asked.settings),
        "settings_taken": {},
        "argv": list(asked.argv),
        "versions": _versions(),
        "inputs": list(inputs),
        "other_files": [vars(item) for item in asked.other_files],
        "warnings": blocks(warnings),
    }


def _versions() -> dict[str, str]:
    """Versions of all that can change the last digits of a result."""
    from glasspara.replicates.store import versions

    return {"python": ".".join(map(str, sys.version_info[:3])), **versions()}


def to_text(document: Mapping[str, Any]) -> str:
    """Document as JSON text: keys sorted, full precision, finite numbers or null.

    Characters that a terminal would obey, and those that UTF-8 does not have, are written as JSON escapes.
    """
    text = json.dumps(_finite(document), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return inert(text, escape=lambda char: json.dumps(char)[1:-1], keep="\n") + "\n"


def of_runs(block: type[Block], items: Iterable[Any]) -> list[Block]:
    """A ``block``, which is that of a run and more, for each of ``items``, which have a ``run``."""
    return [fill(block, item, **fill(RunBlock, item.run)) for item in items]


def failures(failed: Sequence[tuple[str, GlassparaError]]) -> list[FailureBlock]:
    """The files or runs of a batch that failed, and why."""
    return [{"path": path, "error": str(error), "exit_status": error.exit_status} for path, error in failed]


def _finite(value: Any) -> Any:
    """``value`` in plain Python types, with null for what is not finite."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
