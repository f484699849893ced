"""Finished replicates on disk: a file of JSON lines that survives an interruption at any moment.

The first line says what the replicates are of; it must be the same for a run to go on with the file. A last line
that was cut short is dropped, and its replicate done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from glasspara.errors import UsageError
from glasspara.replicates.work import Seed, versions

_FORMAT = "glasspara_replicates"
_SYNC_EVERY = 1.0  # s; a lost machine costs no more


@dataclass(frozen=True)
class Store:
    """Where finished replicates are kept.

    ``what`` describes the task, its data and its settings in JSON-able values: as much of them as must be the same
    for two runs to share the file. Seed and versions are added to it. The number of replicates is not: a run for
    more goes on from a run for fewer.
    """

    path: Path
    what: Mapping[str, Any]
    overwrite: bool = False
    """Whether replicates of another run may be thrown away."""
    remedy: str = "Remove the file to start again"
    """What to do where the file belongs to another run and ``overwrite`` is not set."""

    @contextmanager
    def open(self, seed: Seed) -> Iterator[Record]:
        """The record of the replicates with ``seed``, locked against other runs.

        Raises
        ------
        UsageError
            The file is no such record, or of another run, or in use, or cannot be written.
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            raise UsageError(
                f"cannot keep finished replicates there ({error.strerror})", where=str(self.path)
            ) from None
        with os.fdopen(descriptor, "r+b") as handle:
            self._lock(handle)
            record = Record(handle, self._read(handle, seed))
            try:
                yield record
            finally:
                record.sync()

    def discard(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            self.path.unlink()

    def _lock(self, handle: BinaryIO) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "another run is writing to this file", where=str(self.path), remedy="Wait until it ends"
            ) from None
        except OSError:
            pass  # a file system without locks

    def _read(self, handle: BinaryIO, seed: Seed) -> dict[int, dict[str, Any]]:
        """Finished replicates by index; the file is left ready for the next line."""
        header = {_FORMAT: 1, "seed": seed, "versions": versions(), "what": dict(self.what)}
        first = json.dumps(header, sort_keys=True).encode() + b"\n"
        there = handle.read()
        line, newline, rest = there.partition(b"\n")
        cut = first.startswith(there) and there != first  # empty, or killed while writing its first line
        if cut or self._is_of_another_run(line if newline else b"", json.loads(first)):
            handle.seek(0)
            handle.write(first)
            handle.truncate()
            return {}
        found, length = _records(rest)
        handle.seek(len(line) + 1 + length)
        handle.truncate()
        return found

    def _is_of_another_run(self, line: bytes, expected: Mapping[str, Any]) -> bool:
        """Whether the first line of the file says so, and that may be."""
        found = _parsed(line)
        if found is None or _FORMAT not in found:
            raise UsageError(
                "this file holds no replicates", where=str(self.path), remedy="Choose another file"
            )
        different = _differences(found, expected)
        if different and not self.overwrite:
            raise UsageError(
                f"these replicates are of another run ({', '.join(different)} differ)",
                where=str(self.path),
                remedy=self.remedy,
            )
        return bool(different)


@dataclass
class Record:
    """The open file: what it holds by index, and a way to add to it."""

    handle: BinaryIO
    found: dict[int, dict[str, Any]]
    _synced: float = field(default_factory=monotonic)

    def append(self, line: str) -> None:
        """Write the line of one replicate; on the disk within a second."""
        self.handle.write(line.encode() + b"\n")
        self.handle.flush()
        if monotonic() - self._synced > _SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        self.handle.flush()
        os.fsync(self.handle.fileno())
        self._synced = monotonic()


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        item = json.loads(line)
    except ValueError:
        return None
    return item if isinstance(item, dict) else None


def _records(lines: bytes) -> tuple[dict[int, dict[str, Any]], int]:
    """Records up to the first line that is cut or damaged, and how many bytes they take."""
    found: dict[int, dict[str, Any]] = {}
    length = 0
    for line in lines.splitlines(keepends=True):
        item = _parsed(line) if line.endswith(b"\n") else None
        if item is None or set(item) not in ({"index", "value"}, {"index", "error"}):
            break
        found[item["index"]] = item
        length += len(line)
    return found, length


def _differences(found: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Names of the entries, one level deep, that are not the same."""
    names = []
    for key in sorted({*found, *expected}):
        here, there = found.get(key), expected.get(key)
        if isinstance(here, dict) and isinstance(there, dict):
            names += [name for name in sorted({*here, *there}) if here.get(name) != there.get(name)]
        elif here != there:
            names.append(key)
    return names
