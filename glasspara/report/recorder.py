"""What a command shows at the terminal, taken down for its page: the same words in the same order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any, Literal

from rich.console import Console
from rich.text import Text


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
class Table:
    """A table; the rows with the numbers in ``bold`` stand out."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    bold: Collection[int]


class Recorder(Console):
    """A console that keeps what is shown in ``items``, and what is said of the input files in ``inputs``."""

    def __init__(self) -> None:
        super().__init__(file=StringIO())
        self.items: list[Sentence | Table] = []

    @cached_property
    def inputs(self) -> Recorder:
        return Recorder()

    def print(self, *objects: Any, style: Any = None, **_options: Any) -> None:
        """Keep one line; an empty one only parts what the page parts anyway."""
        text = " ".join(str(item) for item in objects)
        own = next((item.style for item in objects if isinstance(item, Text)), "")
        if text:
            plain = text.removeprefix("  - ")
            self.items.append(Sentence(plain, str(style or own), bullet=plain != text))
