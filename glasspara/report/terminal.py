"""The terminal: tables, sentences, the verdict, and the files that a command used.

Text is plain, control characters shown inert, never markup; only what is passed as rich Text stays as it is. Neither
tables nor sentences break a number, a name or a path: :func:`show_table` and :func:`show_sentence`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import zip_longest
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from glasspara.wording import inert, percent, rows_text, runs_text, shorten, value_with_error

if TYPE_CHECKING:
    from glasspara.data.corrections import Applied
    from glasspara.data.loading import Input
    from glasspara.findings import Assessment, Finding


@dataclass(frozen=True)
class Column:
    """A column of a table by its title, in which "\\n" begins another line, and by what its cells hold.

    "name": text that stays in one line, at the left; "number": the same at the right; "path": a file, shortened in its
    middle to what fits; "text": words, which go on in the next line where the terminal is narrow.
    """

    title: str
    holds: Literal["name", "number", "path", "text"] = "name"


@dataclass(frozen=True)
class Sentence:
    """A line; ``style`` is that of the terminal, "bold" for a heading."""

    text: str
    style: str = ""
    bullet: bool = False


@dataclass(frozen=True)
class PrintedTable:
    """A table; the rows with the numbers in ``bold`` stand out."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    bold: Collection[int]


class Recorder(Console):
    """A console that keeps what is shown in ``items``, and what is said of the input files in ``inputs``."""

    def __init__(self) -> None:
        super().__init__(file=StringIO())
        self.items: list[Sentence | PrintedTable] = []

    @cached_property
    def inputs(self) -> Recorder:
        return Recorder()

    def print(self, *objects: Any, style: Any = None, **_options: Any) -> None:
        """Keep one line; an empty one only parts what the page parts anyway."""
        own = next((item.style for item in objects if isinstance(item, Text)), "")
        if text := " ".join(map(str, objects)):
            self.items.append(Sentence(text, str(style or own)))


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


def console(stream: TextIO | None = None, **settings: Any) -> Console:
    """Console on ``stream``, by default on stdout, with what the stream gives or with these ``settings`` of rich."""
    stream = stream or sys.stdout
    return _PlainConsole(file=stream, **{"width": None if stream.isatty() else _PIPE_WIDTH, **settings})


_GAP = "  "
_SHORTEST_PATH = 12


def show_table(
    columns: Sequence[Column | str],
    rows: Sequence[Sequence[str]],
    out: Console,
    *,
    keys: int = 1,
    bold: Collection[int] = (),
) -> None:
    """Print a table; no number, name or path is broken.

    Piped, it is as wide as it needs to be, one line a row. A terminal that is too narrow gets shorter paths, then text
    in several lines, then the columns in several tables, each with the first ``keys`` columns. A column without a
    word in it is left out. The rows with the numbers in ``bold`` are printed so.
    """
    heads = [column if isinstance(column, Column) else Column(column) for column in columns]
    shown = [i for i in range(len(heads)) if i < keys or not rows or any(row[i] for row in rows)]
    heads, rows = [heads[i] for i in shown], [[row[i] for i in shown] for row in rows]
    if isinstance(out, Recorder):
        out.items.append(PrintedTable(heads, rows, bold))
        return
    cells = [[inert(cell) for cell in row] for row in rows]
    room = out.width if out.is_terminal else sys.maxsize
    natural = [
        max([cell_len(line) for line in (*head.title.split("\n"), *(row[i] for row in cells))])
        for i, head in enumerate(heads)
    ]
    least = [_least_width(head, [row[i] for row in cells]) for i, head in enumerate(heads)]
    for i, head in enumerate(heads):
        if head.holds == "path":  # names are cut only where a column beside them would have no room
            beside = [least[k] for k in range(keys) if k != i] + [max(least[keys:], default=0)] * (i < keys)
            left = room - sum(beside) - len(_GAP) * len(beside)
            least[i] = min(least[i], max(left, _SHORTEST_PATH))
    for number, part in enumerate(_parts(least, keys, room)):
        if number:
            out.print()
        paths_first = [least[i] if heads[i].holds == "path" else natural[i] for i in part]
        widths = _fitted([natural[i] for i in part], (paths_first, [least[i] for i in part]), room)
        _print_rows([heads[i] for i in part], [[row[i] for i in part] for row in cells], widths, out, bold)


def _least_width(head: Column, cells: Sequence[str]) -> int:
    """Width below which a column would break something: a name, or "…/name" of a path, or a word."""
    whole = [word for line in head.title.split("\n") for word in words_of(line)]
    if head.holds == "text":
        whole += [word for cell in cells for word in words_of(cell)]
    elif head.holds == "path":
        whole += [min(cell, f"…/{PurePath(cell).name}", key=cell_len) for cell in cells]
    else:
        whole += cells
    return max(map(cell_len, whole), default=0)


def _parts(least: Sequence[int], keys: int, room: int) -> list[list[int]]:
    """The columns of each of the tables that together show all of them; usually there is one."""
    first = list(range(keys))
    parts, used = [list(first)], sum(least[:keys]) + len(_GAP) * (keys - 1)
    taken = used
    for index in range(keys, len(least)):
        if taken + len(_GAP) + least[index] > room and len(parts[-1]) > keys:
            parts.append(list(first))
            taken = used
        parts[-1].append(index)
        taken += len(_GAP) + least[index]
    return parts


def _fitted(natural: Sequence[int], floors: Iterable[Sequence[int]], room: int) -> list[int]:
    """Widths of columns: as they would be, less what is too much, the widest first, to one floor after the other."""
    widths = list(natural)
    for floor in floors:
        while sum(widths) + len(_GAP) * (len(widths) - 1) > room:
            wider = [index for index, width in enumerate(widths) if width > floor[index]]
            if not wider:
                break
            widths[max(wider, key=lambda index: widths[index])] -= 1
    return widths


def _print_rows(
    heads: Sequence[Column],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    out: Console,
    bold: Collection[int],
) -> None:
    titles = [
        [line for part in head.title.split("\n") for line in lines_of(part, width)]
        for head, width in zip(heads, widths, strict=True)
    ]
    table = [titles, *([*map(_lines, row, heads, widths)] for row in rows)]
    widths = [max(cell_len(line) for row in table for line in row[i]) for i in range(len(heads))]
    for number, row in enumerate(table):
        style = "bold" if number == 0 or number - 1 in bold else ""
        for lines in zip_longest(*row, fillvalue=""):
            fills = [" " * (width - cell_len(line)) for line, width in zip(lines, widths, strict=True)]
            padded = [
                fill + line if head.holds == "number" else line + fill
                for head, line, fill in zip(heads, lines, fills, strict=True)
            ]
            out.print(Text(_GAP.join(padded).rstrip(), style=style), soft_wrap=True)


def _lines(cell: str, head: Column, width: int) -> list[str]:
    if head.holds == "path":
        return [shorter_path(cell, width)]
    return lines_of(cell, width) if head.holds == "text" else [cell]


def shorter_path(path: str, width: int) -> str:
    """``path`` in at most ``width`` columns: without some of its middle folders, or of the middle of its name.

    "/labs/…/BAS-like_500Oe.dat": the name, then as many of the first folders as there is room for.
    """
    folders, name = PurePath(path).parts[:-1], PurePath(path).name or path
    counts = [count for count in range(len(folders) - 1, 0, -1) if folders[:count] != ("/",)]
    shorter = [str(PurePath(*folders[:count], "…", name)) for count in (*counts, 0)] if folders else []
    for shown in (path, *shorter, name):
        if cell_len(shown) <= width:
            return shown
    shown, kept = name, len(name)
    while kept > 1 and cell_len(shown) > width:
        kept -= 1
        shown = f"{name[: (kept + 1) // 2]}…{name[len(name) - kept // 2 :]}"
    return shown


NO_BREAK = "\N{NO-BREAK SPACE}"
_UNIT = (
    r"(?:%|sigma|points?|emu(?: K)?/\(g Oe\)|emu(?:/\w+)?|[kmµn]?(?:Oe|K|T|g|m|e)(?:\^-?\d)?|mu_B|Å²|A\^2)"
    r"(?![\w^])"
)
_TOGETHER = (
    re.compile(rf"(?<=[\d)])(?: {_UNIT})+"),  # a number and its unit
    re.compile(r" (?:±|\+-|[-+=<>≤≥≪≫×/]|<<|>>) "),  # "p < 0.1", "0.32 ± 0.07", "chi + chi_L"
    re.compile(r"(?<=[\d)]) (?:to|of) (?=[-+(]?\d)"),  # "20 to 600", "78 of 80"
    re.compile(r"(?<=\d), (?=\d+\))"),  # "F(32, 673)"
    re.compile(r"(?<=\bT) (?=\()|(?<=\(Q/e\)) (?=S4)|(?<=\bline) (?=\d)"),
)


def words_of(text: str) -> list[str]:
    """Parts of ``text`` between which a line may end: numbers keep their units, errors and signs of comparison."""
    for pattern in _TOGETHER:
        text = pattern.sub(lambda match: match[0].replace(" ", NO_BREAK), text)
    return [word.replace(NO_BREAK, " ") for word in text.split(" ")]


def lines_of(
    text: str,
    width: float,
    *,
    first: str = "",
    further: str = "",
    shorten_paths: bool = True,
    measure: Callable[[str], float] = cell_len,
) -> list[str]:
    """``text`` in lines of at most ``width`` columns, which begin with ``first`` and then with ``further``.

    A word that is longer has a line to itself, a path is shortened. The width of a line may be by another ``measure``,
    the sum of those of its characters.
    """
    lines: list[str] = []
    line, taken, begun = [first], measure(first), False
    space = measure(" ")
    longest = max(width - cell_len(further), _SHORTEST_PATH)
    for word in words_of(text):
        shown = shorter_path(word, int(longest)) if shorten_paths and os.sep in word[:-1] else word
        more = measure(shown) + (space if begun else 0.0)
        if begun and taken + more > width:
            lines.append("".join(line))
            line, taken, begun = [further], measure(further), False
            more = measure(shown)
        line += [" ", shown] if begun else [shown]
        taken, begun = taken + more, begun or bool(shown)
    return [*lines, "".join(line)]


def show_sentence(text: str, out: Console, *, style: str = "", bullet: str = "") -> None:
    """Print ``text``, after a ``bullet``; where a line ends no number is parted from its unit or its error."""
    if isinstance(out, Recorder):
        out.items.append(Sentence(text, style, bool(bullet)))
        return
    further = " " * len(bullet)
    lines = lines_of(inert(text), out.width, first=bullet, further=further, shorten_paths=out.is_terminal)
    for line in lines:
        out.print(Text(line, style=style), soft_wrap=True)


def show_inputs(inputs: Sequence[Input], out: Console) -> None:
    """The files of a command: what instrument, which column, whose mass, how many rows, which runs."""
    out = out.inputs if isinstance(out, Recorder) else out
    folder, names = shorten([item.measurement.path for item in inputs])
    inputs = sorted(
        inputs,
        key=lambda item: min(((run.run.kind, run.run.nominal) for run in item.runs), default=("", 0.0)),
    )
    columns: list[tuple[Column, list[str]]] = [
        (Column("file", "path"), [names[item.measurement.path] for item in inputs]),
        (Column("instrument", "text"), [item.measurement.instrument for item in inputs]),
        (Column("moment column", "text"), [item.measurement.moment_choice.column for item in inputs]),
        (Column("mass / mg", "number"), [f"{item.mass_mg:g}" for item in inputs]),
        (
            Column("rows used", "text"),
            [rows_text(item.measurement.rows_read, item.rows_used, item.rows_dropped) for item in inputs],
        ),
        (
            Column("runs", "text"),
            [runs_text([(run.run.kind, run.label) for run in item.runs]) for item in inputs],
        ),
    ]
    # said once where it is the same for all
    shared = [(head.title, cells[0]) for head, cells in columns[1:3] if len(set(cells)) == 1]
    if folder:
        show_sentence(f"{len(inputs)} files in {folder}", out, style="bold")
    heads, cells = zip(*(item for item in columns if item[0].title not in dict(shared)), strict=True)
    show_table(heads, list(zip(*cells, strict=True)), out)
    if shared:
        show_sentence("; ".join(f"{title}: {text}" for title, text in shared), out)
    show_sentence(f"mass from: {'; '.join(sorted({item.mass_source for item in inputs}))}", out)
    sigmas = {run.run.sigma_source for item in inputs for run in item.runs}
    show_sentence(f"errors from: {'; '.join(sorted(sigmas))}", out)
    _show_corrections(inputs, out)


def _show_corrections(inputs: Sequence[Input], out: Console) -> None:
    """Nothing where moments and fields are those of the files."""
    applied = [item.corrections for item in inputs if item.corrections is not None]
    if not applied:
        return
    if applied[0].corrector.settings.holder:
        show_sentence(f"holder: {_holder_text(applied[0])}", out)
        _show_shares(applied, out)
    if applied[0].corrector.standard is not None:
        show_sentence(f"true field: {_standard_text(applied[0])}", out)
        _show_fields(applied, out)


def _holder_text(applied: Applied) -> str:
    settings, background = applied.corrector.settings, applied.corrector.background
    parts = []
    if background is not None:
        count = len(background.measurements)
        names = background.measurements[0].path if count == 1 else f"{count} files"
        times = "" if settings.background_scale == 1.0 else f", times {settings.background_scale:g}"
        parts.append(f"background of {names}{times}")
    if settings.holder_chi is not None:
        parts.append(f"susceptibility {value_with_error(*settings.holder_chi)} emu/Oe")
    return "; ".join(parts)


def _standard_text(applied: Applied) -> str:
    standard = applied.corrector.standard
    assert standard is not None
    return (
        f"standard {standard.measurement.path}, {standard.mass_mg:g} mg, chi = {standard.chi:.4g} emu g^-1 Oe^-1 "
        f"({standard.chi_source}); {100.0 * standard.scale:+.2g} % of the reported field at large fields"
    )


def _show_shares(applied: Sequence[Applied], out: Console) -> None:
    titles = ("holder / signal", "holder rms / emu", "its error / emu", "of the variance")
    rows = [
        (
            run.label,
            percent(run.share),
            f"{run.rms:.3g}",
            *((f"{run.error:.2g}", percent(run.error_share)) if run.files else ("-", "-")),
        )
        for item in applied
        for run in item.holder
    ]
    show_table(("run", *(Column(title, "number") for title in titles)), rows, out)


def _show_fields(applied: Sequence[Applied], out: Console) -> None:
    rows = []
    for run in (run for item in applied for run in item.field):
        crossings = ", ".join(f"{value:.2g} ({label})" for label, value in run.crossings.items()) or "-"
        corrected = f"{run.n_corrected} of {run.n_points}"
        shifts = "-" if run.smallest is None else f"{run.smallest:.3g} to {run.largest:.3g}"
        rows.append((run.label, corrected, shifts, percent(run.error_share), crossings))
    titles = ("points corrected", "true - reported / Oe", "of the variance", "moment crosses zero at / Oe")
    show_table(("run", *titles), rows, out)


_COLOURS = {"info": "bold green", "warning": "bold yellow", "error": "bold red"}


def show_assessment(assessment: Assessment, out: Console, notes: Iterable[Finding] = ()) -> None:
    """The verdict in its colour, its reasons and the notes, each on a line of its own."""
    headline = assessment.headline
    show_sentence(f"Verdict: {headline.text}", out, style=_COLOURS[headline.level])
    for item in (*assessment.reasons, *notes):
        show_sentence(item.text, out, bullet="  - ")
