"""Rows that somebody wants left out: line numbers, ranges of them, or all flux jumps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from glasspara.errors import UsageError

FLUX_JUMPS = "flux-jumps"
"""The word that asks for all points that are flagged as flux jumps."""

Item = str | int | range
"""FLUX_JUMPS, a file line, or a range of file lines."""

_LINES = re.compile(r"[0-9]{1,9}(?:-[0-9]{1,9})?(?:,[0-9]{1,9}(?:-[0-9]{1,9})?)*")


def excluded_lines(items: Iterable[Item]) -> list[range]:
    """The items that are lines, as ranges.

    Raises
    ------
    UsageError
        An item is another word than FLUX_JUMPS.
    """
    ranges = []
    for item in items:
        if isinstance(item, range):
            ranges.append(item)
        elif isinstance(item, int):
            ranges.append(range(item, item + 1))
        elif item != FLUX_JUMPS:
            raise UsageError(
                f"cannot exclude {item!r}", remedy=f"Give line numbers, ranges or {FLUX_JUMPS!r}"
            )
    return ranges


def parse_exclusions(texts: Sequence[str], files: Sequence[str]) -> dict[str, tuple[Item, ...]]:
    """What to leave out of each file, of texts such as "43", "12-20,43", "run.dat:12-20" and "flux-jumps".

    A file goes by its path as given or by its name alone; lines without a file are of the only one.

    Raises
    ------
    UsageError
        A text is something else, or does not say of which of several files.
    """
    found: dict[str, list[Item]] = {path: [] for path in files}
    for text in texts:
        if text == FLUX_JUMPS:
            for items in found.values():
                items.append(FLUX_JUMPS)
            continue
        name, _, lines = text.rpartition(":")
        if not _LINES.fullmatch(lines):
            raise UsageError(
                f"--exclude: cannot read {text!r}",
                remedy=f"Write LINES, FILE:LINES or {FLUX_JUMPS}, for example 12-20,43",
            )
        found[_file_of(name, text, files)] += [_range(part, text) for part in lines.split(",")]
    return {path: tuple(items) for path, items in found.items() if items}


def _file_of(name: str, text: str, files: Sequence[str]) -> str:
    if not name:
        if len(set(files)) == 1:
            return files[0]
        raise UsageError(f"--exclude {text}: lines of which file?", remedy=f"Write FILE:{text}")
    named = [path for path in files if path == name] or [
        path for path in files if PurePath(path).name == name
    ]
    if len(set(named)) != 1:
        what = "is none of the files" if not named else "is the name of several files"
        raise UsageError(
            f"--exclude {text}: {name!r} {what}", remedy="Write the path as it stands in the command"
        )
    return named[0]


def _range(part: str, text: str) -> range:
    first, _, last = part.partition("-")
    low, high = int(first), int(last or first)
    if not 0 < low <= high:
        raise UsageError(f"--exclude {text}: {part} is no range of lines", remedy="Lines count from 1")
    return range(low, high + 1)
