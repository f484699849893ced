"""Finished replicates on disk: a file that survives an interruption at any moment.

The first line says what the replicates are of; it must be the same for a run to go on with the file. A line that was
cut short at the end is dropped, and its replicate done again.

Below it, for whoever keeps something that an interruption must not harm: records, which are lines of JSON with a
checksum in a plain file that nobody else put there; and critical sections, in which there is one process at a time, and
for whose end Ctrl-C waits.
"""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from glasspara import __version__
from glasspara.errors import UsageError
from glasspara.findings import Finding, Where, finding

Seed = int | tuple[int, ...]

_FORMAT = "glasspara_replicates"
_VERSION = 2
_FIRST_LINE = re.compile(rf'.*"{_FORMAT}": '.encode())
_LIBRARIES = ("numpy", "scipy", "iminuit")
_SYNC_EVERY = 1.0  # s; a lost machine costs no more


@cache
def versions() -> dict[str, str]:
    """Versions of all that can change the bits of a result."""
    from importlib.metadata import version

    return {"glasspara": __version__, **{name: version(name) for name in _LIBRARIES}}


def _ignore(note: Finding) -> None:
    pass


class _DamagedError(Exception):
    """The file is ours, but not as it was written; the message is the number of the first line that is wrong."""


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
    """Whether replicates of another run may be thrown away, and a damaged file be set aside under another name."""
    option: str = ""
    """How the user sets ``overwrite``, if the user can."""
    notify: Callable[[Finding], None] = _ignore
    """Called where a damaged file has been set aside."""

    @contextmanager
    def open(self, seed: Seed) -> Iterator[Record]:
        """The record of the replicates with ``seed``, locked against other runs.

        Raises
        ------
        UsageError
            The file is no such record, or damaged, or of another run, or in use, or cannot be written.
        """
        text = json.dumps(
            {_FORMAT: _VERSION, "seed": seed, "versions": versions(), "what": dict(self.what)}, sort_keys=True
        )
        header = sealed(text)
        with ExitStack() as opened:
            handle = opened.enter_context(self._opened())
            try:
                found, length = self._read(handle.read(), header)
            except _DamagedError as error:
                self._set_aside(error)
                handle = opened.enter_context(self._opened())
                found, length = {}, 0
            record = Record(handle, self.path, header, found)
            record.begin(length)
            try:
                yield record
            finally:
                record.sync()

    def discard(self) -> None:
        """Remove the file, unless another run has begun to use it."""
        with suppress(OSError, UsageError):
            self._opened(os.O_RDWR).close()
            self.path.unlink()

    def _opened(self, flags: int = os.O_RDWR | os.O_CREAT) -> BinaryIO:
        try:
            handle = open_plain(self.path, flags)
        except OSError as error:
            raise _cannot_keep(self.path, error) from None
        busy = UsageError(
            "another run is writing to this file", where=str(self.path), remedy="Wait until it ends"
        )
        try:
            lock(handle.fileno(), seconds=0.0, busy=busy)
            if not os.path.samestat(os.fstat(handle.fileno()), os.lstat(self.path)):
                raise busy
        except FileNotFoundError:  # the other run has just removed it
            handle.close()
            raise busy from None
        except BaseException:
            handle.close()
            raise
        return handle

    def _read(self, content: bytes, header: bytes) -> tuple[dict[int, dict[str, Any]], int]:
        """Finished replicates by index, and how many bytes are worth keeping: 0 to begin anew."""
        if header.startswith(content) and content != header:
            return {}, 0  # empty, or killed while writing its first line
        first, *rest = content.splitlines(keepends=True)
        there = unsealed(first)
        if there is None and (_FIRST_LINE.match(first) or any(looks_sealed(line) for line in rest)):
            raise _DamagedError(1)
        if there is None or _FORMAT not in there:
            raise UsageError(
                "this file contains no replicates", where=str(self.path), remedy="Move it to another place"
            )
        different = _differences(there, unsealed(header) or {})
        if different and not self.overwrite:
            raise UsageError(
                f"these replicates are of another run ({', '.join(different)} differ)",
                where=str(self.path),
                remedy=f"Repeat that run to finish it, or add {self.option} to delete them"
                if self.option
                else "Remove the file to start again",
            )
        return ({}, 0) if different else _records(rest, header)

    def _set_aside(self, damage: _DamagedError) -> None:
        """Give the damaged file another name; without ``overwrite`` say that it is damaged."""
        if not self.overwrite:
            raise UsageError(
                "these replicates are damaged, or of another version of glasspara",
                where=f"{self.path}, line {damage}",
                remedy=f"Add {self.option} to set the file aside and start again"
                if self.option
                else "Remove the file to start again",
            ) from None
        names = (self.path.with_name(f"{self.path.name}.damaged-{number}") for number in count(1))
        free = next(name for name in names if not os.path.lexists(name))
        try:
            self.path.rename(free)
        except OSError as error:
            raise _cannot_keep(self.path, error) from None
        place = Where(file=str(self.path), line=int(str(damage)))
        self.notify(finding("replicates.damaged-file", place, renamed=free.name))


def _cannot_keep(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot keep finished replicates there ({error.strerror})",
        where=str(path),
        remedy="Choose another place",
    )


@dataclass
class Record:
    """The open file: what it holds by index, and a way to add to it."""

    handle: BinaryIO
    path: Path
    header: bytes
    found: dict[int, dict[str, Any]]
    _synced: float = field(default_factory=monotonic)

    def begin(self, length: int) -> None:
        """Keep ``length`` bytes, or write the first line if that is 0."""
        try:
            self.handle.truncate(length)
            self.handle.seek(length)
            if not length:
                write_all(self.handle, self.header)
        except OSError as error:
            raise _cannot_keep(self.path, error) from None

    def append(self, line: str) -> None:
        """Write the line of one replicate; on the disk within a second."""
        try:
            write_all(self.handle, sealed(line, header=self.header))
        except OSError as error:
            raise _cannot_keep(self.path, error) from None
        if monotonic() - self._synced > _SYNC_EVERY:
            self.sync()

    def sync(self) -> None:
        try:
            os.fsync(self.handle.fileno())
        except OSError as error:
            raise _cannot_keep(self.path, error) from None
        self._synced = monotonic()


def _records(lines: list[bytes], header: bytes) -> tuple[dict[int, dict[str, Any]], int]:
    """Records by index, and the length of the file up to the first line that was cut at the end.

    Raises
    ------
    _DamagedError
        Whole lines follow one that is not: that is no interruption.
    """
    items = [unsealed(line, header=header) for line in lines]
    whole = next((number for number, item in enumerate(items) if item is None), len(items))
    if any(item is not None for item in items[whole:]):
        raise _DamagedError(whole + 2)
    found = {item["index"]: item for item in items[:whole] if item is not None}
    return found, len(header) + sum(map(len, lines[:whole]))


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


# --- records -------------------------------------------------------------------------------------------------

_SEALED = re.compile(rb'(\{.*), "check": "([0-9a-f]{16})"\}\n')
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # for the writer of a FIFO
_BINARY = getattr(os, "O_BINARY", 0)


def sealed(text: str, *, header: bytes = b"") -> bytes:
    """The line of a record: ``text``, an object in JSON, with a checksum as its last entry.

    The checksum covers the ``header`` of the file too, so that a record never counts under another one.
    """
    content = text.removesuffix("}").encode()
    return content + f', "check": "{_checksum(content, header)}"}}\n'.encode()


def unsealed(line: bytes, *, header: bytes = b"") -> dict[str, Any] | None:
    """The record in ``line``, line feed included; None where a single bit of it is not as it was written."""
    match = _SEALED.fullmatch(line)
    if match is None or match[2].decode() != _checksum(match[1], header):
        return None
    found: dict[str, Any] = json.loads(match[1] + b"}")
    return found


def looks_sealed(line: bytes) -> bool:
    """Whether ``line`` has the form of a record, damaged or not."""
    return _SEALED.fullmatch(line) is not None


def _checksum(content: bytes, header: bytes) -> str:
    return sha256(header + content).hexdigest()[:16]


def open_plain(path: Path, flags: int = os.O_RDONLY) -> BinaryIO:
    """The plain file ``path``, opened with ``flags``, without a buffer. Links are not followed.

    Raises
    ------
    UsageError
        It is a link, a folder, a FIFO or a device.
    OSError
        It cannot be opened.
    """
    try:
        descriptor = os.open(path, flags | _NO_LINK | _NO_WAIT | _BINARY, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):  # a link, a folder, a socket
            raise _not_plain(path) from None
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        os.close(descriptor)
        raise _not_plain(path)
    return os.fdopen(descriptor, "r+b" if flags & os.O_RDWR else "rb", buffering=0)


def _not_plain(path: Path) -> UsageError:
    return UsageError(
        "this is a link, a folder or a device, not a plain file",
        where=str(path),
        remedy="Remove it, or choose another folder",
    )


def write_all(handle: BinaryIO, content: bytes) -> None:
    """Write ``content`` at the place where the unbuffered ``handle`` is."""
    rest = memoryview(content)
    while rest:
        rest = rest[handle.write(rest) :]


# --- critical sections ---------------------------------------------------------------------------------------

_RETRY_EVERY = 0.02  # s
_DEFERRED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def lock(descriptor: int, *, seconds: float, busy: UsageError) -> None:
    """Lock the open file or folder against other processes; the lock ends when it is closed or the process ends.

    Systems and file systems that have no such locks do without.

    Parameters
    ----------
    seconds : float
        How long to wait for another process that holds the lock.
    busy : UsageError
        What is raised where that was not enough.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise busy from None
            time.sleep(_RETRY_EVERY)
        except OSError:  # a file system without locks
            return
        else:
            return


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP within the block take effect at its end.

    Processes started in the block do not receive Ctrl-C at all: it is for the process that started them.
    """
    with _signals_recorded():
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            yield
            return
        # Inherited by the processes. Alone it would not do: where there are other threads, one of them takes the
        # signal, and Python then interrupts the main thread. SIGTERM stays open: it must end the processes.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)  # what waited meanwhile is recorded now


@contextmanager
def _signals_recorded() -> Iterator[None]:
    """Signals within the block are raised again at its end. Only the main thread ever handles one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _DEFERRED}
    # None is a handler that Python does not know and could not put back. What is ignored (nohup) stays so.
    handlers = {number: old for number, old in handlers.items() if old not in (None, signal.SIG_IGN)}
    received: list[int] = []
    for number in handlers:
        signal.signal(number, lambda number, _frame: received.append(number))
    try:
        yield
    finally:
        for number, old in reversed(handlers.items()):  # Ctrl-C, which raises at once, comes last
            signal.signal(number, old)
        for number in dict.fromkeys(received):
            signal.raise_signal(number)
