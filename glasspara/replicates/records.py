"""Files of records that only grow: a line of JSON each, with a checksum, in a plain file that nobody else put there."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
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
