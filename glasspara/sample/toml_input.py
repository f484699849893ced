"""TOML tables read with checks, so that every complaint names the file, the line and the key."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

from glasspara.errors import InputError, names_near
from glasspara.files import read_bytes
from glasspara.units import in_use

_MOST_BYTES = 1_000_000
"""Bytes of a TOML file."""

_LINE_OF_SYNTAX_ERROR = re.compile(r"^(?P<what>.*) \(at line (?P<line>\d+), column \d+\)$")
_HEADER = re.compile(r"^\s*\[\[?\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_LONG_TEXT = re.compile(r"\"{3}|'{3}")
_KEY = re.compile(r"^\s*[\"']?(?P<key>[A-Za-z0-9_-]+)[\"']?\s*[=.]")


@dataclass(frozen=True)
class Table:
    """One table of a TOML file.

    ``name`` is the dotted name of the table ("" at the top), ``position`` its place among tables of that name
    (for ``[[name]]``, counted from 0).
    """

    content: dict[str, Any]
    path: Path
    text: str
    name: str = ""
    position: int = 0

    def where(self, key: str = "") -> str:
        """File, and the line of ``key`` in this table where it can be found."""
        line = self._line_of(key)
        return f"{self.path}, line {line}" if line else str(self.path)

    def fault(self, key: str, what: str, remedy: str = "") -> InputError:
        """An error about ``key``, ready to be raised."""
        table = f" in [{self.name}]" if self.name else ""
        return InputError(f"{key}{table}: {what}", where=self.where(key), remedy=remedy)

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise :class:`InputError` for the first key that is not in ``known``."""
        names = tuple(known)
        for key in self.content:
            if key not in names:
                raise self.fault(
                    key, "unknown key", names_near(key, names, listed="glasspara init writes a file with all")
                )

    def string(self, key: str, default: str = "") -> str:
        value = self.content.get(key, default)
        if not isinstance(value, str):
            raise self.fault(key, f"expected text in quotes, found {value!r}")
        return value

    def boolean(self, key: str) -> bool:
        """Value of ``key``; false where it is absent."""
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            raise self.fault(key, f"expected true or false, found {value!r:.100}")
        return value

    def number(
        self, key: str, *, accept: Callable[[float], bool] | None = None, expected: str = "a finite number"
    ) -> float | None:
        """Value of ``key`` or None where it is absent; ``expected`` says in words what ``accept`` tests."""
        if key not in self.content:
            return None
        return self._checked(key, self.content[key], accept, expected)

    def numbers(self, key: str) -> tuple[float, ...]:
        """One number or a list of at least one, as a tuple."""
        value = self.content.get(key, [])
        values = value if isinstance(value, list) else [value]
        if not values:
            raise self.fault(key, "missing or empty, expected finite numbers")
        return tuple(self._checked(key, item, None, "finite numbers") for item in values)

    def table(self, key: str) -> Table | None:
        """The table under ``key``, or None where it is absent. Inline tables count as well."""
        value = self.content.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.fault(key, f"expected a table, found {value!r}")
        return Table(value, self.path, self.text, self._below(key), self.position)

    def tables(self, key: str) -> Iterator[Table]:
        """The tables written as ``[[key]]``."""
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fault(key, f"expected tables written as [[{self._below(key)}]]")
        for position, item in enumerate(value):
            yield Table(item, self.path, self.text, self._below(key), position)

    def _below(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def _checked(
        self, key: str, value: object, accept: Callable[[float], bool] | None, expected: str
    ) -> float:
        # bool is a kind of int in Python, and `n_ats = true` is not a number
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault(key, f"expected {expected}, found {value!r}")
        number = float(value) if abs(value) <= sys.float_info.max else inf
        if not in_use(number) or (accept is not None and not accept(number)):
            raise self.fault(key, f"expected {expected}, found {value!r:.100}")
        return number

    def _line_of(self, key: str) -> int | None:
        """Line of ``key`` in this table, else of the table itself, else None.

        tomllib keeps no positions, so this looks for the line as people write it.
        """
        here = (self.name, self.position)
        current, own_line = ("", 0), None
        seen: dict[str, int] = {}
        within = False
        for number, line in enumerate(self.text.splitlines(), start=1):
            begun = within
            if within or not line.lstrip().startswith("#"):
                within ^= len(_LONG_TEXT.findall(line)) % 2 == 1
            if begun:  # in a text of several lines
                continue
            if header := _HEADER.match(line):
                name = header["name"].replace(" ", "")
                current = (name, seen.get(name, 0))
                seen[name] = current[1] + 1
                if current == here:
                    own_line = number
                elif current == (self._below(key), 0):
                    return number
            elif current == here and (found := _KEY.match(line)) and found["key"] == key:
                return number
        if own_line or not self.name:
            return own_line
        # an inline table: the line on which its parent names it
        parent, _, own_key = self.name.rpartition(".")
        return Table(self.content, self.path, self.text, parent, self.position)._line_of(own_key)


def read_toml(path: str | Path) -> Table:
    """Top table of a TOML file.

    Raises
    ------
    InputError
        The file cannot be read, is not UTF-8 or is not TOML.
    """
    path = Path(path)
    try:
        text = read_bytes(str(path), most=_MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "is not UTF-8 text", where=str(path), remedy="Save the TOML file with encoding UTF-8"
        ) from error
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        placed = _LINE_OF_SYNTAX_ERROR.match(str(error))
        where = f"{path}, line {placed['line']}" if placed else str(path)
        what = placed["what"] if placed else str(error)
        raise InputError(
            f"is not TOML: {what}", where=where, remedy="Text needs quotes, decimals need a point (96.8)"
        ) from error
    except (ValueError, RecursionError) as error:
        # a number of thousands of digits, tables in tables without end
        raise InputError(
            "is not usable TOML (nested too deeply, or a number too long)", where=str(path)
        ) from error
    return Table(content, path, text)
