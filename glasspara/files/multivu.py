"""The grammar that all Quantum Design MultiVu files share: header lines, a line of names, table rows.

Nothing here knows what a column means: see flavours.py and moments.py.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from glasspara.errors import InputError, UnsuitableError
from glasspara.files import FIELD, TEMPERATURE, Source, canonical, open_source, standard

_SEPARATORS = ("\t", ",", ";")
_HEADER_LINE = re.compile(r"\s*\"?([A-Z_]+)\"?\s*([,;\t])(.*)", re.DOTALL)
# Keys of MultiVu's headers.
_KEYS = ("TITLE", "BYAPP", "INFO", "FILEOPENTIME", "STARTUPAXIS", "FIELDGROUP", "DATATYPE")
_PROGRAMS: Mapping[str, str] = MappingProxyType({
    "labview": "a LabVIEW file",
    "lake shore": "a Lake Shore file",
    "lakeshore": "a Lake Shore file",
    "oxford instruments": "an Oxford Instruments file",
    "maglab": "an Oxford Instruments file",
    "<html": "a web page",
})  # fmt: skip
"""Other programs and formats, by a word in the first lines of their files."""
_NAMES_WITHIN = 200  # lines to search for the line of names where no [Data] line announces it
_TITLE_WITHIN = 20  # lines that say which program wrote the file
_HEADER_WITHIN = 10_000  # lines to search for [Data]
_BLOCK = 4096  # lines that are held as text at a time
_VALUE_FIRST_PROGRAMS = ("mpms3", "squid", "vsm", "acms ii")


@dataclass(frozen=True)
class Header:
    """What the lines above the table say.

    ``byapp`` holds the comma-separated parts of BYAPP, ``info`` the INFO lines as (key, value) whatever their
    grammar was, ``comments`` the lines that begin with a semicolon.
    """

    title: str = ""
    byapp: tuple[str, ...] = ()
    info: tuple[tuple[str, str], ...] = ()
    comments: tuple[str, ...] = ()

    def get(self, key: str) -> str:
        """Value of the first INFO line with this key (case does not matter); "" without one."""
        for name, value in self.info:
            if name.lower() == key.lower():
                return value
        return ""

    @property
    def program(self) -> str:
        """First part of BYAPP in lower case: the measuring program."""
        return self.byapp[0].lower() if self.byapp else ""

    @property
    def sample(self) -> str:
        """Name of the sample."""
        return self.get("SAMPLE_MATERIAL") or self.get("NAME")

    @property
    def background(self) -> str:
        """The file of the background that the instrument was told to subtract; "" where it was told of none."""
        name = self.get("BACKGROUND DATA FILE")
        return "" if name.lower() in ("none", "-") else name

    @property
    def masses(self) -> tuple[str, ...]:
        """The entries that may hold a sample mass, as they stand."""
        return tuple(self.get(key) for key in ("WEIGHT", "SAMPLE_MASS", "mass"))

    @property
    def sample_comment(self) -> str:
        """What was typed about the sample besides its name."""
        return self.get("SAMPLE_COMMENT") or self.get("COMMENT")


@dataclass(frozen=True)
class RawFile:
    """Header and column names of a file; its table lines are read when they are asked for.

    ``names`` are the columns' canonical names with standard units, ``factors`` what turns their numbers into
    those units (None where the file states no unit). ``table_start`` is the number of lines before the table,
    so that file line ``table_start + 1`` is the first table line.
    """

    source: Source
    header: Header
    separator: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    factors: tuple[float | None, ...]
    table_start: int

    @property
    def path(self) -> str:
        return self.source.path

    @cached_property
    def _index(self) -> dict[str, int]:
        index: dict[str, int] = {}
        for i, name in enumerate(self.names):
            index.setdefault(name, i)
        return index

    def column(self, *names: str) -> int | None:
        """Index of the first column that has one of these canonical names; None without one."""
        for name in names:
            if name in self._index:
                return self._index[name]
        return None

    def blocks(self) -> Iterator[tuple[int, list[str]]]:
        """The lines below the line of names, as (file line of the first, lines)."""
        number = 1
        for block in self.source.blocks(_BLOCK):
            skip = max(0, self.table_start + 1 - number)
            if skip < len(block):
                yield number + skip, block[skip:]
            number += len(block)

    def split(self, line: str) -> list[str]:
        """Cells of a table line."""
        line = line.rstrip("\n")
        if '"' not in line:
            return line.split(self.separator)
        cells = _split(line, self.separator)
        return cells[0].split(self.separator) if len(cells) == 1 else cells  # a row in quotes as a whole


class TableRows:
    """Tells the rows among table lines from blank lines and from the header of an appended measurement."""

    def __init__(self, raw: RawFile) -> None:
        self._raw = raw
        self._blank = f'{raw.separator}" \t\n'
        self._header: list[str] | None = None
        self._announced = False  # [Data] was met: the next line holds the names
        self._began = 0

    @property
    def within_header(self) -> bool:
        """Whether the lines that come next belong to a header."""
        return self._header is not None

    def rows(self, first: int, lines: list[str]) -> Iterator[tuple[int, str]]:
        """Rows as (file line, line) among ``lines``, of which the first is file line ``first``.

        Raises
        ------
        InputError
            A second header that is not of the same measurement.
        """
        for number, line in enumerate(lines, first):
            if not line.strip(self._blank):
                continue
            if self._header is None and not line.lstrip(' "').startswith("["):
                yield number, line
            else:
                self._take_header_line(number, line.rstrip("\n"))

    def _take_header_line(self, number: int, line: str) -> None:
        if self._header is None:
            self._header, self._began = [], number
        if is_marker(line, "[data]"):
            self._announced = True
        elif self._announced:
            _check_appended(self._raw, _parse_header(self._header), line, self._began)
            self._header, self._announced = None, False
        else:
            self._header.append(line)


def _check_appended(raw: RawFile, header: Header, names: str, number: int) -> None:
    """Refuse a second block unless it goes on with the first.

    It does where it has the same columns and its header, if it has one, the same program, sample and mass.
    """
    other = ""
    if _split_names(names) != (raw.separator, raw.columns):
        other = "other columns"
    elif header.info and header.program != raw.header.program:
        other = "another measuring program (BYAPP)"
    elif header.info and header.sample != raw.header.sample:
        other = "another sample"
    elif header.info and header.masses != raw.header.masses:
        other = "another sample mass"
    if other:
        raise InputError(
            f"a second block with {other}: two data files in one",
            where=f"{raw.path}, line {number}",
            remedy="Cut the file in two before this line",
        )


def read_multivu(path: str | os.PathLike[str]) -> RawFile:
    """Read a file, or stdin for "-", as header, names and table lines.

    Raises
    ------
    InputError
        The file is missing, no file, empty, binary, or has neither a [Data] line nor known column names.
    """
    source = open_source(os.fspath(path))
    lines = _head(source)
    names_at = _find_names(lines, source.path)
    separator, columns = _split_names(lines[names_at])
    standards = [standard(canonical(column)) for column in columns]
    return RawFile(
        source=source,
        header=_parse_header(lines[:names_at]),
        separator=separator,
        columns=columns,
        names=tuple(name for name, _ in standards),
        factors=tuple(factor for _, factor in standards),
        table_start=names_at + 1,
    )


def _head(source: Source) -> list[str]:
    """The lines that hold the header and the names: a few hundred, unless no [Data] is among them."""
    lines: list[str] = []
    for within in (_NAMES_WITHIN, _HEADER_WITHIN):
        lines = [line.rstrip("\n") for line in next(source.blocks(within), [])]
        data = next((i for i, line in enumerate(lines) if is_marker(line, "[data]")), len(lines))
        if any(line.strip(",;\t ") for line in lines[data + 1 :]):
            break
    return lines


def _find_names(lines: list[str], path: str) -> int:
    """Index of the line of column names: the first below [Data], else the first line of known names."""
    data = next((i for i, line in enumerate(lines) if is_marker(line, "[data]")), None)
    if data is None:
        found = next((i for i, line in enumerate(lines[:_NAMES_WITHIN]) if _known_names(line)), None)
    else:
        found = next((i for i in range(data + 1, len(lines)) if lines[i].strip(",;\t ")), None)
    head = [_unquoted(line) for line in lines[:data]]
    if not (found is not None and _known_names(lines[found])):
        _refuse_foreign(head, path, has_data=data is not None)
    if found is not None:
        return found
    if data is not None:
        raise UnsuitableError(
            "no column names and no data rows after [Data]", where=f"{path}, line {data + 1}"
        )
    raise InputError("the file ends before its [Data] line", where=path, remedy="Copy the file again, whole")


def _known_names(line: str) -> bool:
    """Whether a line holds the names of a temperature and of a field."""
    known = {standard(canonical(name))[0] for name in _split_names(line)[1]}
    return bool(known.intersection(TEMPERATURE) and known.intersection(FIELD))


def _refuse_foreign(head: list[str], path: str, *, has_data: bool) -> None:
    """Refuse a file that no MultiVu wrote, by what it is, as far as the lines before its table say that."""
    keys = {match[1] for line in head if (match := _HEADER_LINE.fullmatch(line))}.intersection(_KEYS)
    text = "\n".join(head[:_TITLE_WITHIN]).lower()
    what = next((what for word, what in _PROGRAMS.items() if word in text), "")
    header = any(is_marker(line, "[header]") for line in head)
    if "BYAPP" in keys or (keys and not what and (header or has_data)):
        return
    if not what:
        what = "no [Data] line, no line of known column names"
        if header or has_data:
            what = "its [Header] is that of another program (no BYAPP and no INFO line)"
    raise UnsuitableError(
        f"not a Quantum Design data file: {what}", where=path, remedy="Give the .dat file that MultiVu wrote"
    )


def is_marker(line: str, marker: str) -> bool:
    """Whether a line holds nothing but "[data]" or "[header]", with whatever a spreadsheet padded it."""
    return line.strip('",;\t ').lower() == marker


def _split_names(line: str) -> tuple[str, tuple[str, ...]]:
    """Separator and column names of the line of names, empty ones at the end left off."""
    line = _unquoted(line)
    separator = max(_SEPARATORS, key=line.count)
    if "\t" in line:  # names hold commas now and then, never tabs
        separator = "\t"
    cells = _split(line, separator)
    names = [
        cell.strip().removeprefix('"').removesuffix('"') if cell.count('"') > 1 else cell.strip()
        for cell in cells
    ]
    while names and not names[-1]:
        names.pop()
    return separator, tuple(names)


def _split(line: str, separator: str) -> list[str]:
    """Cells of a line that may hold quotes: around a cell with a comma, or lone ones in names such as m" (emu)."""
    if line.count('"') % 2 == 0:  # an odd one at the start of a cell would swallow all that follows
        try:
            return next(csv.reader([line], delimiter=separator), [])
        except csv.Error:
            pass
    return line.split(separator)


def _parse_header(lines: list[str]) -> Header:
    title = ""
    byapp: tuple[str, ...] = ()
    info: list[list[str]] = []
    comments: list[str] = []
    for line in map(_unquoted, lines):
        if line.lstrip().startswith(";"):
            comments.append(line.strip("; \t"))
            continue
        match = _HEADER_LINE.fullmatch(line)
        if match is None:
            continue
        key, separator, rest = match.groups()
        parts = _header_parts(rest, separator)
        if key == "INFO":
            info.append(parts)
        elif key == "TITLE":
            title = ",".join(parts).strip()
        elif key == "BYAPP":
            byapp = tuple(part.strip() for part in parts)
    program = byapp[0].lower() if byapp else ""
    pairs = (_info_pair(parts, program) for parts in info)
    return Header(title, byapp, tuple(pair for pair in pairs if pair != ("", "")), tuple(comments))


def _header_parts(rest: str, separator: str) -> list[str]:
    """Parts of a header line; Excel pads every line with separators to the width of the table."""
    rest = rest.rstrip(f"{separator} ")
    if '"' in rest:
        try:
            parts = next(csv.reader([rest], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            pass
        else:
            while len(parts) > 1 and not parts[-1].strip():  # padding whose cells are quoted too
                parts.pop()
            return parts
    return rest.split(separator)


def _unquoted(line: str) -> str:
    """A line that a program put into quotes as a whole, or a comment whose cells are quoted, as it was before."""
    if not line.lstrip().startswith('"'):
        return line
    cells = _split(line.strip(), max(_SEPARATORS, key=line.count))
    filled = [cell for cell in cells if cell.strip()]
    if len(filled) == 1 or (filled and filled[0].startswith(";")):
        return ",".join(filled)
    return line


def _info_pair(parts: list[str], program: str) -> tuple[str, str]:
    """(key, value) of an INFO line. The key comes last for MPMS3 and VSM, first for MPMS-XL and ACMS.

    A value may hold commas ("35,7 mg"), which a TAB re-save has turned into tabs: they become commas again.
    """
    last = parts[-1].strip()
    key_first = parts[0].strip() == "APPNAME" or not program.startswith(_VALUE_FIRST_PROGRAMS)
    value_first = last == "APPNAME" or not key_first
    key, value = (last, parts[:-1]) if value_first else (parts[0].strip(), parts[1:])
    return key.rstrip(":"), ",".join(value).strip()
