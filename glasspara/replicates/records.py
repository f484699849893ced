"""Files of records that only grow, and the critical sections in which they do.

A record is a line of JSON with a checksum, in a plain file that nobody else put there. In a critical section there is
one process at a time, and Ctrl-C waits for its end.
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
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from glasspara.errors import UsageError

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
        "this is a link, a folder or a device, where a plain file belongs",
        where=str(path),
        remedy="Remove it, or choose another folder",
    )


def write_all(handle: BinaryIO, content: bytes) -> None:
    """Write ``content`` at the place where the unbuffered ``handle`` is."""
    rest = memoryview(content)
    while rest:
        rest = rest[handle.write(rest) :]


_LOOK_EVERY = 0.02  # s
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
            time.sleep(_LOOK_EVERY)
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
