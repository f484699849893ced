"""Table rows as numbers: the cells of the columns asked for, and an account of rows that hold none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt

from glasspara.files.multivu import RawFile
from glasspara.files.points import DroppedRow, FloatArray, IntArray

COMMENT_ONLY = "comment only"
SHORT_ROW = "short row"
TOO_MANY_CELLS = "too many cells"

# Where so large a share of the rows has one width, a shorter row is a damaged one.
_UNIFORM = 0.9
_BLANK_WORDS = ("", "nan")  # numpy writes "nan" for cells that MultiVu leaves blank


@dataclass(frozen=True)
class Table:
    """Numbers by column; nan is a blank cell, ``faulty`` marks cells that hold some other text.

    ``line`` is the 1-based file line of each row kept; ``dropped`` lists the others, so that
    rows_read == len(line) + len(dropped). ``comments`` are the texts in the comment column by file line.
    """

    rows_read: int
    line: IntArray
    values: dict[str, FloatArray]
    faulty: dict[str, npt.NDArray[np.bool_]]
    dropped: tuple[DroppedRow, ...]
    comments: tuple[tuple[int, str], ...]

    def __getitem__(self, name: str) -> FloatArray:
        """Values of a column, nan throughout where the file has no such column."""
        return self.values[name] if name in self.values else np.full(len(self.line), nan)

    def filled(self, name: str) -> npt.NDArray[np.bool_]:
        """Rows in which the column holds something."""
        filled = ~np.isnan(self[name])
        return filled | self.faulty[name] if name in self.faulty else filled


def collect(raw: RawFile, columns: Mapping[str, int], *, needed: Sequence[str]) -> Table:
    """Read the columns (name -> index) of all rows; rows too short for those ``needed`` are dropped."""
    rows = _Rows(raw, columns, needed)
    cells: list[str] = []
    for number, cells in raw.rows():
        rows.add(number, cells)
    if not raw.ends_with_newline:
        rows.drop_cut_off(len(cells))
    rows.drop_misshapen()
    return rows.table()


class _Rows:
    """Grows row by row; plain lists, since numpy would be slower here."""

    def __init__(self, raw: RawFile, columns: Mapping[str, int], needed: Sequence[str]) -> None:
        self._lines: list[int] = []
        self._columns = {name: (index, list[float]()) for name, index in columns.items()}
        self._faulty: list[tuple[str, int]] = []
        self._dropped: list[DroppedRow] = []
        self._comments: list[tuple[int, str]] = []
        self._widths: list[int] = []
        self._needed = [columns[name] for name in needed]
        self._shortest = max(self._needed) + 1
        self._width = len(raw.columns)
        self._comment = raw.column("comment")
        self._decimal_comma = raw.separator != ","
        self._read = 0

    def add(self, number: int, cells: list[str]) -> None:
        """Take a row in, or drop it."""
        self._read += 1
        count = len(cells)
        comment = self._comment_of(cells)
        if comment:
            self._comments.append((number, comment))
        reason = ""
        if count > self._width and any(cell.strip() for cell in cells[self._width :]):
            reason = TOO_MANY_CELLS
        elif count < self._shortest:
            reason = COMMENT_ONLY if comment else SHORT_ROW
        elif comment and not any(cells[index].strip() for index in self._needed):
            reason = COMMENT_ONLY
        if reason:
            self._dropped.append(DroppedRow(number, reason))
            return
        self._lines.append(number)
        self._widths.append(count)
        for name, (index, values) in self._columns.items():
            text = cells[index] if index < count else ""
            if not text:
                values.append(nan)
                continue
            try:
                values.append(float(text))
            except ValueError:
                self._add_unusual(name, text.strip(), values)

    def _comment_of(self, cells: list[str]) -> str:
        if self._comment is None or self._comment >= len(cells):
            return ""
        comment = cells[self._comment].strip()
        return "" if comment in _BLANK_WORDS else comment

    def _add_unusual(self, name: str, text: str, values: list[float]) -> None:
        if text:
            if self._decimal_comma:
                try:
                    values.append(float(text.replace(",", ".", 1)))
                    return
                except ValueError:
                    pass
            self._faulty.append((name, len(self._lines) - 1))
        values.append(nan)

    def drop_cut_off(self, last_width: int) -> None:
        """Drop a last row that is shorter than the one before: cut off, perhaps in the middle of a number."""
        if len(self._widths) > 1 and self._widths[-1] == last_width < self._widths[-2]:
            self._drop(len(self._lines) - 1, SHORT_ROW)

    def drop_misshapen(self) -> None:
        """Drop rows that are unlike the others: cut short, or longer by an unquoted comma in their comment.

        A row may end in the middle of a number, and a comma more shifts all cells: neither is to be believed.
        """
        if len(set(self._widths)) < 2:
            return
        usual, count = Counter(self._widths).most_common(1)[0]
        uniform = count >= _UNIFORM * len(self._widths)
        commented = {number for number, _ in self._comments}
        for i in reversed(range(len(self._lines))):
            if self._widths[i] > usual and self._lines[i] in commented:
                self._drop(i, TOO_MANY_CELLS)
            elif self._widths[i] < usual and uniform:
                self._drop(i, SHORT_ROW)

    def _drop(self, i: int, reason: str) -> None:
        self._dropped.append(DroppedRow(self._lines.pop(i), reason))
        self._widths.pop(i)
        for _, values in self._columns.values():
            values.pop(i)
        self._faulty = [(name, row - (row > i)) for name, row in self._faulty if row != i]

    def table(self) -> Table:
        faulty = {name: np.zeros(len(self._lines), dtype=bool) for name in self._columns}
        for name, row in self._faulty:
            faulty[name][row] = True
        return Table(
            rows_read=self._read,
            line=np.array(self._lines, dtype=np.int64),
            values={name: np.array(values, dtype=np.float64) for name, (_, values) in self._columns.items()},
            faulty=faulty,
            dropped=tuple(self._dropped),
            comments=tuple(self._comments),
        )
