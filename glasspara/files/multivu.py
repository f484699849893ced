"""The grammar that all Quantum Design MultiVu files share: header lines, a line of names, table rows.

Nothing here knows what a column means: see flavours.py and moments.py.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from glasspara.errors import InputError

STDIN = "-"

TEMPERATURE = ("temperature_k", "avg_temperature_k")
"""Canonical names of the temperature column."""

FIELD = ("magnetic_field_oe", "field_oe")
"""Canonical names of the field column."""

_SEPARATORS = ("\t", ",", ";")
_HEADER_LINE = re.compile(r"\s*\"?([A-Z_]+)\"?\s*([,;\t])(.*)", re.DOTALL)
_NAMES_WITHIN = 200  # lines to search for the line of names where no [Data] line announces it
_VALUE_FIRST_PROGRAMS = ("mpms3", "squid", "vsm", "acms ii")


@dataclass(frozen=True)
class Header:
    """What the lines above the table say.

    ``byapp`` holds the comma-separated parts of BYAPP, ``info`` the INFO lines as (key, value) whatever their
    grammar was, ``opened`` the text of FILEOPENTIME, ``comments`` the lines that begin with a semicolon.
    """

    title: str = ""
    byapp: tuple[str, ...] = ()
    opened: str = ""
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
    def sample_comment(self) -> str:
        """What was typed about the sample besides its name."""
        return self.get("SAMPLE_COMMENT") or self.get("COMMENT")


@dataclass(frozen=True)
class RawFile:
    """A decoded file: header, column names and the table lines, cells still text.

    ``table_start`` is the index in ``lines`` of the first line after the names, so that file line
    ``table_start + 1`` is the first table line.
    """

    path: str
    sha256: str
    encoding: str
    header: Header
    separator: str
    columns: tuple[str, ...]
    lines: list[str] = field(repr=False)
    table_start: int
    ends_with_newline: bool
    _index: dict[str, int] = field(repr=False)

    def column(self, *names: str) -> int | None:
        """Index of the first column that has one of these canonical names; None without one."""
        for name in names:
            if name in self._index:
                return self._index[name]
        return None

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Table rows as (file line, cells); lines that hold nothing but separators are no rows.

        Raises
        ------
        InputError
            A second header in the table.
        """
        separator = self.separator
        for number, line in enumerate(self.lines[self.table_start :], self.table_start + 1):
            if not line.strip(f"{separator} \t"):
                continue
            if line.startswith("["):
                _refuse_second_block(self.path, number, line)
            yield number, _split(line, separator) if '"' in line else line.split(separator)


def canonical(name: str) -> str:
    """Column name reduced to lower-case words, so that "Field (Oe)" and "Field_Oe" are one."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def read_multivu(path: str | os.PathLike[str]) -> RawFile:
    """Read a file, or stdin for "-", as header, names and table lines.

    Raises
    ------
    InputError
        The file is missing, no file, empty, binary, or has neither a [Data] line nor known column names.
    """
    name = os.fspath(path)
    data = _load(name)
    text, encoding = _decode(data, name)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    names_at = _find_names(lines, name)
    separator, columns = _split_names(lines[names_at])
    index: dict[str, int] = {}
    for i, column in enumerate(columns):
        index.setdefault(canonical(column), i)
    return RawFile(
        path=name,
        sha256=hashlib.sha256(data).hexdigest(),
        encoding=encoding,
        header=_parse_header(lines[:names_at]),
        separator=separator,
        columns=columns,
        lines=lines,
        table_start=names_at + 1,
        ends_with_newline=not lines[-1],
        _index=index,
    )


def _load(path: str) -> bytes:
    if path == STDIN:
        data = sys.stdin.buffer.read()
    else:
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError as error:
            raise InputError("no such file", where=path, remedy="Check the name") from error
        except IsADirectoryError as error:
            raise InputError("this is a directory", where=path, remedy="Name the files in it") from error
        except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"cannot be read: {reason}", where=path) from error
    if not data.strip():
        raise InputError("the file is empty", where=path, remedy="Export or copy it again")
    return data


def _decode(data: bytes, path: str) -> tuple[str, str]:
    """Text and the name of its encoding; MultiVu writes cp1252, editors and Excel the others."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        trials = ["utf-16"]
    elif b"\0" in data:
        raise InputError(
            "a binary file, not a Quantum Design data file",
            where=path,
            remedy="Give the .dat file that MultiVu wrote, unpacked and as text",
        )
    elif data.startswith(b"\xef\xbb\xbf"):
        trials = ["utf-8-sig"]
    else:
        # latin-1 takes what cp1252 leaves undefined (0x81, 0x8d, ...), so this list never ends in failure.
        trials = ["ascii"] if data.isascii() else ["utf-8", "cp1252", "latin-1"]
    for encoding in trials:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise InputError(
        f"begins as {trials[0]} text but does not go on so", where=path, remedy="Save it again as plain text"
    )


def _find_names(lines: list[str], path: str) -> int:
    """Index of the line of column names."""
    for i, line in enumerate(lines):
        if _is_marker(line, "[data]"):
            for j in range(i + 1, len(lines)):
                if lines[j].strip(",;\t "):
                    return j
            raise InputError("no column names and no data rows after [Data]", where=f"{path}, line {i + 1}")
    for i, line in enumerate(lines[:_NAMES_WITHIN]):
        known = {canonical(name) for name in _split_names(line)[1]}
        if known.intersection(TEMPERATURE) and known.intersection(FIELD):
            return i
    if any(_is_marker(line, "[header]") for line in lines):
        raise InputError(
            "the file ends before its [Data] line", where=path, remedy="Copy the file again, whole"
        )
    raise InputError(
        "not a Quantum Design data file (no [Data] line, no line of known column names)",
        where=path,
        remedy="Give the .dat file that MultiVu wrote",
    )


def _is_marker(line: str, marker: str) -> bool:
    return line.strip('",;\t ').lower() == marker


def _split_names(line: str) -> tuple[str, tuple[str, ...]]:
    """Separator and column names of the line of names, empty ones at the end left off."""
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


def _refuse_second_block(path: str, number: int, line: str) -> None:
    if _is_marker(line, "[header]") or _is_marker(line, "[data]"):
        raise InputError(
            f"a second {line.strip()} block: two data files in one",
            where=f"{path}, line {number}",
            remedy="Cut the file in two before this line",
        )


def _parse_header(lines: list[str]) -> Header:
    title = opened = ""
    byapp: tuple[str, ...] = ()
    info: list[list[str]] = []
    comments: list[str] = []
    for line in lines:
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
        elif key == "FILEOPENTIME":
            opened = ",".join(parts).strip()
    program = byapp[0].lower() if byapp else ""
    pairs = (_info_pair(parts, program) for parts in info)
    return Header(title, byapp, opened, tuple(pair for pair in pairs if pair != ("", "")), tuple(comments))


def _header_parts(rest: str, separator: str) -> list[str]:
    """Parts of a header line; Excel pads every line with separators to the width of the table."""
    rest = rest.rstrip(f"{separator} ")
    if '"' in rest:
        try:
            return next(csv.reader([rest], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:
            pass
    return rest.split(separator)


def _info_pair(parts: list[str], program: str) -> tuple[str, str]:
    """(key, value) of an INFO line. The key comes last for MPMS3 and VSM, first for MPMS-XL and ACMS.

    A value may hold commas ("35,7 mg"), which a TAB re-save has turned into tabs: they become commas again.
    """
    last = parts[-1].strip()
    key_first = parts[0].strip() == "APPNAME" or not program.startswith(_VALUE_FIRST_PROGRAMS)
    value_first = last == "APPNAME" or not key_first
    key, value = (last, parts[:-1]) if value_first else (parts[0].strip(), parts[1:])
    return key.rstrip(":"), ",".join(value).strip()
