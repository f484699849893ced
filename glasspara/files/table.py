"""Table rows as numbers: the cells of the columns asked for, and an account of rows that hold none.

The table is read in blocks of lines. A block whose rows are all alike, as nearly all are, is taken as a whole, by
numpy's reader where whole columns are blank or numbers, else column by column; in the others each row is looked at.
All ways give the same table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import nan
from operator import itemgetter

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, IntArray
from glasspara.errors import InputError
from glasspara.files.multivu import RawFile, TableRows

COMMENT_ONLY = "comment only"
SHORT_ROW = "short row"
TOO_MANY_CELLS = "too many cells"

MOST_LINES = 1_500_000
"""Lines of a table; more than two weeks of a reading a second."""

# Where so large a share of the rows has one width, a shorter row is a damaged one.
_UNIFORM = 0.9
_BLANK_WORDS = ("", "nan")  # numpy writes "nan" for cells that MultiVu leaves blank


@dataclass(frozen=True)
class DroppedRow:
    """A table row that is not used: its 1-based file line, and why in a few fixed words."""

    line: int
    reason: str


@dataclass(frozen=True, eq=False)
class RowPoints:
    """Points of one moment column in the order of acquisition; arrays of one length.

    ``temperature`` in K, ``field`` in Oe, ``moment`` in emu, ``sigma`` in emu as the instrument states it (nan
    or 0 where it states none), ``line`` the 1-based file line. ``column`` and ``sigma_column`` name the columns
    of moments and errors as the file writes them, the former with the state of the instrument where the file holds
    rows of several ("Moment (emu), amplitude 5 mm"). ``widening`` are factors for the errors of points whose moment is
    in doubt, 1 for the others; None stands for 1 throughout. ``run_type`` is one of flavours.RUN_TYPES ("": not known).
    """

    temperature: FloatArray
    field: FloatArray
    moment: FloatArray
    sigma: FloatArray
    line: IntArray
    column: str = ""
    sigma_column: str | None = None
    widening: FloatArray | None = None
    run_type: str = ""

    def __len__(self) -> int:
        return len(self.line)


@dataclass(frozen=True, eq=False)
class RowTable:
    """Numbers by column; nan is a blank cell, ``faulty`` marks cells that hold some other text.

    ``line`` is the 1-based file line of each row kept; ``dropped`` lists the others, so that
    rows_read == len(line) + len(dropped). ``comments`` are the texts in the comment column by file line.
    """

    rows_read: int
    line: IntArray
    values: dict[str, FloatArray]
    faulty: dict[str, BoolArray]
    dropped: tuple[DroppedRow, ...]
    comments: tuple[tuple[int, str], ...]

    def __getitem__(self, name: str) -> FloatArray:
        """Values of a column, nan throughout where the file has no such column."""
        return self.values[name] if name in self.values else np.full(len(self.line), nan)

    def finite(self, name: str) -> FloatArray:
        """As ``table[name]``, nan too where the file says "inf"."""
        values = self[name]
        return np.where(np.isfinite(values), values, nan)

    def filled(self, name: str) -> BoolArray:
        """Rows in which the column holds something."""
        filled = ~np.isnan(self[name])
        return filled | self.faulty[name] if name in self.faulty else filled


def collect(raw: RawFile, columns: Mapping[str, int], *, needed: Sequence[str]) -> RowTable:
    """Read the columns (name -> index) of all rows; rows too short for those ``needed`` are dropped.

    Raises
    ------
    InputError
        More than MOST_LINES lines, or a second header that is not of the same measurement.
    """
    reader = _Reader(raw, columns, needed)
    for first, lines in raw.blocks():
        if first > MOST_LINES:
            raise InputError(
                f"more than {MOST_LINES} lines", where=raw.path, remedy="No measurement is so long: cut it up"
            )
        reader.add(first, lines)
    return reader.table()


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows of some lines: file lines, widths in cells, and the values of each column."""

    line: IntArray
    width: IntArray
    values: dict[str, FloatArray]


class _Reader:
    """Grows block by block."""

    def __init__(self, raw: RawFile, columns: Mapping[str, int], needed: Sequence[str]) -> None:
        self._raw = raw
        self._columns = dict(columns)
        self._needed = [columns[name] for name in needed]
        self._width = len(raw.columns)
        self._shortest = max(self._needed) + 1
        self._comment = raw.column("comment")
        self._picked = sorted({*columns.values()})
        self._pick = itemgetter(*self._picked)
        self._last_used = max(self._picked[-1], self._comment or 0)
        self._rows = TableRows(raw)
        self._blocks: list[_Block] = []
        self._kept = 0
        self._faulty: dict[str, list[int]] = defaultdict(list)
        self._dropped: list[DroppedRow] = []
        self._comments: list[tuple[int, str]] = []
        self._tail = [""]

    def add(self, first: int, lines: list[str]) -> None:
        """Take the rows among ``lines`` in, or drop them."""
        self._tail = [*self._tail, *lines[-2:]][-2:]
        if not self._rows.within_header and self._uniform(lines):
            numbers = np.arange(first, first + len(lines))
            widths = np.full(len(lines), lines[0].count(self._raw.separator) + 1)
            if values := self._by_numpy(lines):
                self._append(numbers, widths, values)
                return
            if cells_by_column := self._alike(lines):
                self._keep(numbers, widths, cells_by_column)
                return
        numbered, cells = [], []
        for number, line in self._rows.rows(first, lines):
            row = self._raw.split(line)
            reason = self._reason_to_drop(number, row)
            if reason:
                self._dropped.append(DroppedRow(number, reason))
            else:
                numbered.append(number)
                cells.append(row)
        if not cells:
            return
        widths = np.array([len(row) for row in cells])
        columns: dict[int, Sequence[str]] = {
            index: [row[index] if index < len(row) else "" for row in cells]
            for index in self._columns.values()
        }
        self._keep(np.array(numbered), widths, columns)

    def _uniform(self, lines: list[str]) -> bool:
        """Whether all lines have the separators of the first, enough and not too many, no quotes and no comments."""
        separator = self._raw.separator
        separators = lines[0].count(separator)
        if not self._last_used < separators <= self._width:
            return False
        if [line.count(separator) for line in lines].count(separators) != len(lines):
            return False
        if not lines[-1].endswith("\n") or '"' in "".join(lines):
            return False
        if separators == self._width and {line[-2] for line in lines} != {separator}:
            return False  # a cell beyond the last name that is not blank: MPMS-XL rows end with a comma
        at = self._comment
        if at == 0:
            return {line[0] for line in lines} == {separator}
        return at is None or {line.split(separator, at + 1)[at] for line in lines} == {""}

    def _by_numpy(self, lines: list[str]) -> dict[str, FloatArray] | None:
        """The numbers of uniform lines whose cells are blank, or numbers, where those of the first are; else None."""
        first = lines[0].split(self._raw.separator)
        blank = [index for index in self._picked if not first[index]]
        if not {*blank}.isdisjoint(self._needed):
            return None
        kinds = [(str(index), "U1" if index in blank else "f8") for index in self._picked]
        try:
            rows = np.loadtxt(
                lines,
                delimiter=self._raw.separator,
                usecols=self._picked,
                comments=None,
                dtype=kinds,
                ndmin=1,
            )
        except ValueError:
            return None
        if any((rows[str(index)] != "").any() for index in blank):
            return None
        nothing = np.full(len(lines), nan)
        return {
            name: nothing if index in blank else rows[str(index)] for name, index in self._columns.items()
        }

    def _alike(self, lines: list[str]) -> dict[int, Sequence[str]] | None:
        """Cells of uniform lines by column; None where one of them may be no row."""
        separator = self._raw.separator
        rows = [self._pick(line.split(separator, self._last_used + 1)) for line in lines]
        columns: dict[int, Sequence[str]] = dict(zip(self._picked, zip(*rows, strict=True), strict=True))
        return columns if all(all(columns[index]) for index in self._needed) else None

    def _reason_to_drop(self, number: int, cells: list[str]) -> str:
        count = len(cells)
        comment = self._comment_of(cells)
        if comment:
            self._comments.append((number, comment))
        if count > self._width and any(cell.strip() for cell in cells[self._width :]):
            return TOO_MANY_CELLS
        if count < self._shortest:
            return COMMENT_ONLY if comment else SHORT_ROW
        if comment and not any(cells[index].strip() for index in self._needed):
            return COMMENT_ONLY
        return ""

    def _comment_of(self, cells: list[str]) -> str:
        if self._comment is None or self._comment >= len(cells):
            return ""
        comment = cells[self._comment].strip()
        return "" if comment in _BLANK_WORDS else comment

    def _keep(self, lines: IntArray, widths: IntArray, columns: dict[int, Sequence[str]]) -> None:
        values = {name: self._numbers(name, index, columns) for name, index in self._columns.items()}
        self._append(lines, widths, values)

    def _append(self, lines: IntArray, widths: IntArray, values: dict[str, FloatArray]) -> None:
        """Take in a block of rows, in standard units."""
        for name, index in self._columns.items():
            values[name] = values[name] * (self._raw.factors[index] or 1.0)
        self._blocks.append(_Block(lines, widths, values))
        self._kept += len(lines)

    def _numbers(self, name: str, index: int, columns: dict[int, Sequence[str]]) -> FloatArray:
        """Numbers of one column; blank cells are nan, cells that hold something else are noted as faulty."""
        texts = columns[index]
        if not any(texts):
            return np.full(len(texts), nan)
        if "_" not in "".join(texts):  # float takes "1_000" for a number
            with suppress(ValueError):
                return np.fromiter(map(float, texts), np.float64, len(texts))
        numbers = np.full(len(texts), nan)
        for i, text in enumerate(texts):
            number = _number(text)
            if number is None and text.count(",") == 1 and not self._has_point(i, columns):
                number = _number(text.replace(",", "."))
            if number is not None:
                numbers[i] = number
            elif text.strip():
                self._faulty[name].append(self._kept + i)
        return numbers

    def _has_point(self, row: int, columns: dict[int, Sequence[str]]) -> bool:
        """Whether the row writes a decimal point: a comma in it is none then."""
        return any("." in columns[index][row] for index in self._columns.values())

    def table(self) -> RowTable:
        """What was read, without the rows that are unlike the others."""
        line = np.concatenate([np.zeros(0, np.int64), *(block.line for block in self._blocks)])
        width = np.concatenate([np.zeros(0, np.int64), *(block.width for block in self._blocks)])
        reasons = self._misshapen(line, width)
        self._dropped += [DroppedRow(int(line[i]), reason) for i, reason in reasons.items()]
        kept = np.ones(len(line), dtype=bool)
        kept[list(reasons)] = False
        values, faulty = {}, {}
        for name in self._columns:
            column = np.concatenate([np.zeros(0), *(block.values[name] for block in self._blocks)])
            values[name] = column[kept]
            marked = np.zeros(len(line), dtype=bool)
            marked[self._faulty[name]] = True
            faulty[name] = marked[kept]
        return RowTable(
            rows_read=int(kept.sum()) + len(self._dropped),
            line=line[kept],
            values=values,
            faulty=faulty,
            dropped=tuple(self._dropped),
            comments=tuple(self._comments),
        )

    def _misshapen(self, line: IntArray, width: IntArray) -> dict[int, str]:
        """Rows (index -> reason) cut short, or longer by an unquoted comma in their comment.

        A row may end in the middle of a number, and a comma more shifts all cells: neither is to be believed.
        """
        reasons: dict[int, str] = {}
        if self._cut_off(width):
            reasons[len(width) - 1] = SHORT_ROW
        if not len(width):
            return reasons
        counts = np.bincount(width)
        usual = int(counts.argmax())
        if counts[usual] >= _UNIFORM * len(width):
            reasons |= {int(i): SHORT_ROW for i in np.flatnonzero(width < usual)}
        commented = {number for number, _ in self._comments}
        reasons |= {
            int(i): TOO_MANY_CELLS for i in np.flatnonzero(width > usual) if int(line[i]) in commented
        }
        return reasons

    def _cut_off(self, width: IntArray) -> bool:
        """Whether the file ends within its last row, perhaps in the middle of a number.

        It does where it ends without a line end, in a row shorter than the one before, or in a cell that is read and
        that is shorter than the one above it.
        """
        if self._tail[-1].endswith("\n") or len(width) < 2:
            return False
        above, last = ([*map(self._raw.split, self._tail)] * 2)[-2:]
        if len(last) != width[-1]:
            return False  # the last line was no row that is kept
        if width[-1] < width[-2]:
            return True
        end = len(last) - 1
        return end in self._columns.values() and len(last) == len(above) and len(last[end]) < len(above[end])


def _number(text: str) -> float | None:
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None
