"""From what stands for FILE in a command to the files: a path, a folder, a quoted pattern, or ``@LIST``.

A file that exists goes by its name as it is, whatever characters that holds. Nothing is opened here but lists.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from glasspara.errors import InputError
from glasspara.files import STDIN, read_bytes
from glasspara.findings import Finding, finding

RESULTS = "glasspara-results"
"""Folder below the working folder where results go for which no folder is named; never read as input."""

_LIST = "@"
_MOST_BYTES_OF_LIST = 10_000_000
_WILD = re.compile(r"[*?\[]")

EMPTY, FOLDER, NO_FILE, RESULT_FILES, SAME_FILE, AVERAGED, CORRECTION = (
    "an empty folder",
    "a folder in the folder",
    "no regular file",
    "results of glasspara",
    "a file that is there already",
    "averages of a file that is there too",
    "given by another option",
)
"""Why something in a folder is passed over without a look into it."""


@dataclass(frozen=True)
class FileNames:
    """The files that were asked for, each once, in order.

    ``found`` are those that a folder gave: nobody says of them that they hold what the command needs. ``passed_over``
    are things in folders that are no input, with the reason.
    """

    paths: tuple[str, ...]
    found: frozenset[str] = frozenset()
    passed_over: tuple[tuple[str, str], ...] = ()


def find_files(names: Sequence[str], *, besides: Iterable[str] = ()) -> FileNames:
    """The files that ``names`` stand for.

    Parameters
    ----------
    names : sequence of str
        Of each, what is there counts first: a file, or a folder, which stands for the files in it (not for those of
        folders in it). Else ``@LIST`` is a file with one name a line, and a name with ``*``, ``?`` or ``[...]`` a
        pattern, as of a shell (``**`` for any folders). "-" is standard input. Files of folders and patterns come in
        natural order, "run2" before "run10".
    besides : iterable of str
        Files that other options name (a holder's run): a folder does not give them again.

    Raises
    ------
    InputError
        A list cannot be read or is empty, a pattern matches nothing, or folders hold no file at all.
    """
    search = _Search(besides)
    for name, where in _names(names):
        search.add(name, where)
    return search.result()


def passed_over(items: Iterable[tuple[str, str]], *, named: bool = False) -> list[Finding]:
    """What is said of files (path and reason) that are passed over: those of folders, or those that were ``named``."""
    reasons: dict[str, list[str]] = {}
    for path, reason in items:
        reasons.setdefault(reason, []).append(path)
    if not reasons:
        return []
    listed = [{"reason": reason, "files": paths} for reason, paths in reasons.items()]
    code = "files.unsuitable-left-out" if named else "files.passed-over"
    return [finding(code, count=sum(map(len, reasons.values())), reasons=listed)]


def natural(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Key that sorts names as people do: numbers by their size, letters whatever their case."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return [(False, int(part), "") if part.isdecimal() else (True, 0, part) for part in parts], name


def _names(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The names, those of lists in the place of these, each with the file and line that it stands in, or ""."""
    for name in names:
        if not name.startswith(_LIST) or len(name) == 1 or os.path.lexists(name):
            yield name, ""
            continue
        path = name.removeprefix(_LIST)
        lines = _list_text(path).splitlines()
        entries = [(line.strip(), number) for number, line in enumerate(lines, 1)]
        entries = [(line, number) for line, number in entries if line and not line.startswith("#")]
        if not entries:
            raise InputError("the list names no file", where=path, remedy="Write one path per line")
        for line, number in entries:
            yield line, f"{path}, line {number}"


def _list_text(path: str) -> str:
    if path == STDIN and sys.stdin is not None:
        data = sys.stdin.buffer.read(_MOST_BYTES_OF_LIST)
    else:
        data = read_bytes(path, most=_MOST_BYTES_OF_LIST)
    if b"\0" in data:
        raise InputError(
            "not a list of files: it is binary", where=path, remedy="Write one path per line, as text"
        )
    return os.fsdecode(data.removeprefix(b"\xef\xbb\xbf"))


class _Search:
    """Collects files name by name."""

    def __init__(self, besides: Iterable[str]) -> None:
        self._paths: list[str] = []
        self._found: set[str] = set()
        self._passed_over: list[tuple[str, str]] = []
        self._seen: set[tuple[int, int]] = set()
        self._given_by_folders: set[tuple[int, int]] = set()
        self._besides = {place for place in map(_place, besides) if place}

    def add(self, name: str, where: str) -> None:
        """What ``name`` stands for; ``where`` is the place in a list that it has."""
        if name == STDIN or os.path.lexists(name) or not _WILD.search(name):
            self._take(name, where)
            return
        found = glob(name, recursive=True)  # noqa: PTH207  # Path.glob takes no absolute pattern
        matches = [path for path in found if RESULTS not in Path(path).parts]
        if not matches:
            raise InputError(
                f"no such file, and none that the pattern {name!r} matches",
                where=where,
                remedy="Check the folder and the pattern",
            )
        for path in sorted(matches, key=natural):
            if not self._is_repeated(path):
                self._take(path, where)

    def _take(self, path: str, where: str) -> None:
        if path != STDIN and Path(path).is_dir():
            self._take_folder(path)
            return
        if where and not os.path.lexists(path):
            raise InputError(f"no such file: {path}", where=where, remedy="Check the name")
        if place := _place(path):
            if place in self._given_by_folders:
                return
            self._seen.add(place)
        self._paths.append(path)

    def _take_folder(self, folder: str) -> None:
        if RESULTS in Path(folder).resolve().parts:
            self._passed_over.append((folder, RESULT_FILES))
            return
        try:
            names = sorted((path.name for path in Path(folder).iterdir()), key=natural)
        except OSError as error:
            raise InputError(f"the folder cannot be read ({error.strerror})", where=folder) from None
        shown = [name for name in names if not name.startswith(".")]
        if not shown:
            self._passed_over.append((folder, EMPTY))
        for name in shown:
            path = str(Path(folder, name))
            reason = self._reason_to_pass(path, shown)
            if reason:
                self._passed_over.append((path, reason))
            else:
                self._take(path, "")
                self._found.add(path)
                self._given_by_folders |= self._seen.intersection([_place(path)])

    def _reason_to_pass(self, path: str, beside: Sequence[str]) -> str:
        """Why a thing in a folder is no input, without a look into it; "" for a file that may be."""
        name = Path(path).name
        if Path(path).is_dir():
            return RESULT_FILES if name == RESULTS else FOLDER
        place = _place(path)
        if place is None:
            return NO_FILE
        if place in self._besides:
            return CORRECTION
        if self._is_repeated(path):
            return SAME_FILE
        if name.lower().endswith(".ndat") and f"{name[: -len('.ndat')]}.dat" in beside:
            return AVERAGED
        return ""

    def _is_repeated(self, path: str) -> bool:
        return _place(path) in self._seen

    def result(self) -> FileNames:
        if not self._paths:
            raise InputError(
                "no file to read: "
                + "; ".join(f"{path} ({reason})" for path, reason in self._passed_over[:3]),
                remedy="Name the folder of the measurements",
            )
        return FileNames(tuple(self._paths), frozenset(self._found), tuple(self._passed_over))


def _place(path: str) -> tuple[int, int] | None:
    """What tells a regular file from others, by whatever name or link; None for anything else."""
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None
