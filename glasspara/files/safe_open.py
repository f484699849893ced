"""The bytes of a file that somebody named: never those of a device, and never more than there is room for."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

from glasspara.errors import InputError


def read_bytes(path: str, *, most: int) -> bytes:
    """Content of a file or a pipe; a named pipe that nobody writes to reads as empty.

    Raises
    ------
    InputError
        The file is missing, no file, unreadable or longer than ``most`` bytes.
    """
    try:
        with _open(path) as stream:
            # room for what is there, not for all that may come
            data = stream.read(min(os.fstat(stream.fileno()).st_size, most) + 1)
            if more := stream.read(most + 1 - len(data)):
                data += more
    except FileNotFoundError as error:
        raise InputError("no such file", where=path, remedy="Check the name") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read ({reason})", where=path) from error
    if len(data) > most:
        raise too_large(path, most)
    return data


def too_large(path: str, most: int) -> InputError:
    """The error for a file of more than ``most`` bytes."""
    return InputError(
        f"holds more than {most / 1.0e6:g} MB", where=path, remedy="Is it the right file? Cut it up"
    )


def _open(path: str) -> BinaryIO:
    # without O_NONBLOCK the opening of a pipe waits for its writer
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(handle).st_mode
    if stat.S_ISFIFO(mode):
        os.set_blocking(handle, True)
    if stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise InputError("this is a directory", where=path, remedy="Name the files in it")
    raise InputError("this is a device, not a file", where=path, remedy="Name a file")
