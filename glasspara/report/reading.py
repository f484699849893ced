"""Reports read back: by ``derive``, ``diff``, ``rerun`` and ``--settings``, and where the files are that they name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from glasspara.errors import InputError
from glasspara.files import read_bytes, sha256_of
from glasspara.report import SCHEMA_VERSION, NamedFile

_MOST_BYTES = 200_000_000
"""Bytes of a report: with many bootstrap replicates and profiles they grow."""

_FOLDERS_ABOVE = 3  # of a report: glasspara-results/fit-run/report.json names files from two above


@dataclass(frozen=True)
class StoredReport:
    """A report of glasspara that was read from ``path``; ``document`` is all of it."""

    path: str
    document: Mapping[str, Any] = field(repr=False)
    command: str
    settings: Mapping[str, Any]
    inputs: tuple[NamedFile, ...]
    others: tuple[NamedFile, ...]

    @property
    def glasspara_version(self) -> str:
        """Version of the program that wrote it, "" where it does not say."""
        return str(self.document.get("glasspara_version", ""))


def read_report(path: str, *, command: str = "", remedy: str = "") -> StoredReport:
    """The report that ``path`` holds; ``command`` is the one that must have written it, any by default.

    Raises
    ------
    InputError
        The file is no report, one of another command, or one of another schema version.
    """
    remedy = remedy or f"Give the report.json that glasspara{f' {command}' * bool(command)} wrote"
    try:
        document = json.loads(read_bytes(path, most=_MOST_BYTES).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError("this is not JSON", where=path, remedy=remedy) from error
    return as_report(document, path, command=command, remedy=remedy)


def as_report(document: Any, path: str, *, command: str = "", remedy: str = "") -> StoredReport:
    """``document``, decoded JSON, as the report that was read from ``path``.

    Raises
    ------
    InputError
        As :func:`read_report`.
    """
    found = document.get("command") if isinstance(document, dict) else None
    if not isinstance(found, str) or "schema_version" not in document or found != (command or found):
        whose = f" {command}" if command else ""
        raise InputError(f"this is not a report of glasspara{whose}", where=path, remedy=remedy)
    if document["schema_version"] != SCHEMA_VERSION:
        raise InputError(
            f"the report has another schema version than {SCHEMA_VERSION}", where=path, remedy=remedy
        )
    try:
        settings = dict(document.get("settings", ()))
        inputs = tuple(
            NamedFile(str(item["path"]), str(item["sha256"])) for item in document.get("inputs", ())
        )
        others = tuple(
            NamedFile(str(item["path"]), item["sha256"], str(item["named_by"]))
            for item in document.get("other_files", ())
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the report is damaged ({error!r})", where=path, remedy=remedy) from error
    return StoredReport(path, document, found, settings, inputs, others)


def input_files(path: str, *, command: str) -> list[str]:
    """Where the files lie that the report ``path`` of ``command`` was made from.

    Raises
    ------
    InputError
        As :func:`read_report`, and where one of them is not found or not as it was.
    """
    places, found = Places.of_report(path), []
    for file in read_report(path, command=command).inputs:
        place = places.find(file)
        if place is None:
            raise InputError(
                "a file of this report is not found",
                where=file.path,
                remedy="Run in the folder that it was in",
            )
        if place[1] != file.sha256:
            raise InputError(
                f"the file was changed after {path} was written", where=place[0], remedy="Fit it again"
            )
        found.append(place[0])
    return found


# --- the files of a report, which may have been moved ---------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """Where the files are looked for that a report or a settings file names.

    ``first`` is a folder that goes before all others and is searched with all that is in it: for the file by its path,
    its name, or its content. Then come ``folders``, where a file may lie by its path or the end of it.
    """

    folders: tuple[Path, ...]
    first: Path | None = None

    @classmethod
    def of_report(cls, path: str, first: Path | None = None) -> Places:
        """The working folder, that of the report, and those above it."""
        own = Path(path).resolve().parent
        return cls((Path(), own, *list(own.parents)[:_FOLDERS_ABOVE]), first)

    def find(self, file: NamedFile) -> tuple[str, str] | None:
        """Path and SHA-256 of ``file``: one with its content if there is one, else the first of its name."""
        changed = None
        for group in (self._in_first(file), self._in_folders(file)):
            for path in group:
                digest = sha256_of(path)
                if digest is not None and digest == (file.sha256 or digest):
                    return path, digest
                changed = changed or (digest and (path, digest))
            if changed:
                break
        return changed or None

    def _in_folders(self, file: NamedFile) -> Iterator[str]:
        yield file.path
        for folder in self.folders:
            yield from (str(folder / end) for end in _ends(file.path))

    def _in_first(self, file: NamedFile) -> Iterator[str]:
        if self.first is None:
            return
        yield from (str(self.first / end) for end in _ends(file.path))
        name = PurePath(file.path).name
        yield from (str(path) for path in self._all if path.name == name)
        yield from (str(path) for path in self._all if self._digests.get(path) == file.sha256)

    @cached_property
    def _all(self) -> Sequence[Path]:
        assert self.first is not None
        return sorted(path for path in self.first.rglob("*") if path.is_file())

    @cached_property
    def _digests(self) -> Mapping[Path, str | None]:
        return {path: sha256_of(str(path)) for path in self._all}


def _ends(path: str) -> Iterator[str]:
    """The path itself where it is relative, and what is left of it without its first folders."""
    pure = PurePath(path)
    parts = pure.parts[1:] if pure.is_absolute() else pure.parts
    yield from (str(PurePath(*parts[first:])) for first in range(len(parts)))
