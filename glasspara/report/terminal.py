"""The terminal, and what every command shows there: the files it used.

Text is plain, control characters shown inert, never markup; only what is passed as rich Text stays as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.report.corrections import show_corrections
from glasspara.report.inert import inert

if TYPE_CHECKING:
    from glasspara.data.loading import Input
    from glasspara.findings import Assessment, Finding


Terminal: TypeAlias = Console

# Piped output keeps whole lines; a terminal decides for itself.
_PIPE_WIDTH = 120


class _PlainConsole(Console):
    """Shows plain text inert, and leaves a broken pipe to the program: rich would end it with status 1."""

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(inert(text), **options)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stream: TextIO | None = None) -> Console:
    """Console on ``stream``, by default on stdout."""
    stream = stream or sys.stdout
    return _PlainConsole(file=stream, width=None if stream.isatty() else _PIPE_WIDTH)


@dataclass(frozen=True)
class ConsoleSettings:
    """How text is written to a stream: what another process must know to write for it."""

    width: int
    terminal: bool
    colours: Any

    @classmethod
    def of(cls, stream: TextIO) -> ConsoleSettings:
        out = console(stream)
        return cls(out.width, out.is_terminal, out.color_system)

    def console(self, stream: TextIO) -> Console:
        """Console on ``stream`` that writes as for the other."""
        return _PlainConsole(
            file=stream, width=self.width, force_terminal=self.terminal, color_system=self.colours
        )


def show_inputs(inputs: Sequence[Input], out: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("file", "instrument", "moment column", "mass / mg", "rows used", "runs"):
        table.add_column(column, overflow="fold", justify="right" if column in ("mass / mg",) else "left")
    folder, names = shorten([item.measurement.path for item in inputs])
    inputs = sorted(inputs, key=_first_run)
    for item in inputs:
        measurement = item.measurement
        table.add_row(
            names[measurement.path],
            measurement.instrument,
            measurement.moment_choice.column,
            f"{item.mass_mg:g}",
            rows_in_words(measurement.rows_read, item.rows_used, item.rows_dropped),
            runs_in_words([(run.run.kind, run.label) for run in item.runs]),
        )
    if folder:
        out.print(f"{len(inputs)} files in {folder}", style="bold")
    out.print(table)
    sources = {item.mass_source for item in inputs}
    out.print(f"mass from: {'; '.join(sorted(sources))}")
    sigmas = {run.run.sigma_source for item in inputs for run in item.runs}
    out.print(f"errors from: {'; '.join(sorted(sigmas))}")
    show_corrections(inputs, out)


_COLOURS = {"info": "bold green", "warning": "bold yellow", "error": "bold red"}


def show_assessment(assessment: Assessment, out: Console, notes: Iterable[Finding] = ()) -> None:
    """The verdict in its colour, its reasons and the notes, one line each."""
    headline = assessment.headline
    out.print(Text(f"Verdict: {headline.text}", style=_COLOURS[headline.level]))
    for item in (*assessment.reasons, *notes):
        out.print(f"  - {item.text}")


def _first_run(item: Input) -> tuple[str, float]:
    return min(((run.run.kind, run.run.nominal) for run in item.runs), default=("", 0.0))


def shorten(paths: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The folder that several files share, and their names in it; no folder and the whole paths where they do not."""
    folders = {str(PurePath(path).parent) for path in paths}
    if len(paths) == 1 or len(folders) > 1:
        return "", {path: path for path in paths}
    return folders.pop(), {path: PurePath(path).name for path in paths}


def rows_in_words(read: int, used: int, dropped: dict[str, int]) -> str:
    """ "80 of 82 (1 no moment, 1 comment only)"."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()) if count)
    return f"{used} of {read}" + (f" ({reasons})" if reasons else "")


def runs_in_words(runs: Sequence[tuple[str, str]]) -> str:
    """``runs`` (kind and label) in words: "9 M(T) at 1 kOe, 2.5 kOe, 5 kOe, ..., 65 kOe"."""
    parts = []
    for kind, word in (("fixed-field", "M(T) at"), ("fixed-temperature", "M(H) at")):
        labels = [label for run_kind, label in runs if run_kind == kind]
        if labels:
            shown = labels if len(labels) <= 6 else [*labels[:3], "...", labels[-1]]
            count = f"{len(labels)} " if len(labels) > 1 else ""
            parts.append(f"{count}{word} {', '.join(shown)}")
    return "; ".join(parts)
