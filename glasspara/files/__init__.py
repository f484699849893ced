"""From the bytes of a magnetometer file to rows of numbers; nothing here knows physics.

Here: :func:`open_source`, from a file name to text: what may be opened, how much of it, packed or not, in which
encoding. A device is never read, and never more bytes than there is room for. And :func:`standard`: what the name of a
column means, and what converts its unit to Oe or emu.

:mod:`~glasspara.files.multivu`
    the grammar of Quantum Design files: header, line of column names, table lines
:mod:`~glasspara.files.table`
    table lines to columns of numbers, with an account of every row; :class:`~glasspara.files.table.RowPoints`
:mod:`~glasspara.files.flavours`
    which instrument wrote the file, and in which columns it holds its moments
:mod:`~glasspara.files.quality`
    how far the moments can be trusted: fits of scans, centring, copies of rows
:mod:`~glasspara.files.moments`
    the moment of each row and why it is taken: :func:`~glasspara.files.moments.extract`
:mod:`~glasspara.files.choice`
    why that moment is taken, and what there is to say about it
:mod:`~glasspara.files.exclusion`
    rows that the user leaves out
:mod:`~glasspara.files.states`
    rows by the state of the instrument: background subtracted, amplitude of the vibration

What is odd about a file is a :class:`~glasspara.findings.Finding`; its sentence is in ``findings.toml``. A whole file
is read by :func:`glasspara.read`.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import sys
import zlib
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import pi
from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO

from glasspara.errors import InputError, UnsuitableError

if TYPE_CHECKING:
    from gzip import GzipFile

STDIN = "-"

MOST_BYTES = 600_000_000
"""Bytes of a file, unpacked: two million rows of the widest table. More would not fit into 2 GB of memory."""

MOST_BYTES_IN_LINE = 1_048_576
"""The widest line that MultiVu writes has some 3000."""

_GZIP = b"\x1f\x8b"
_PACKED = {
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"7z\xbc\xaf": "7z",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_CHUNK = 1_048_576


@dataclass(frozen=True)
class Source:
    """Content of a file: ``data`` are its bytes, unpacked, ``sha256`` the digest of the bytes as they lie there.

    ``encoding`` is the name of the text encoding.
    """

    path: str
    sha256: str
    encoding: str
    data: bytes = field(repr=False)

    def blocks(self, lines: int) -> Iterator[list[str]]:
        """The text in lists of at most ``lines`` lines, each with its line end (CR LF, CR or LF) as one LF."""
        with io.TextIOWrapper(io.BytesIO(self.data), encoding=self.encoding, newline=None) as stream:
            while block := list(islice(stream, lines)):
                yield block


def open_source(path: str) -> Source:
    """Read a file, or stdin for "-".

    Raises
    ------
    InputError
        The file is missing, no file, too large, empty, binary or damaged.
    """
    packed = _load(path)
    digest = hashlib.sha256(packed).hexdigest()
    gzipped = packed.startswith(_GZIP)
    data = _unpack(packed, path) if gzipped else packed
    if not data or data.isspace():
        raise UnsuitableError("the file is empty", where=path, remedy="Export or copy it again")
    encoding = _encoding(data, path)
    _refuse_endless_lines(data, path)
    return Source(path, digest, encoding, data)


def read_bytes(path: str, *, most: int) -> bytes:
    """Content of a file or a pipe; a named pipe that nobody writes to reads as empty.

    Raises
    ------
    InputError
        The file is missing, no file, unreadable or longer than ``most`` bytes.
    """
    try:
        with _open(path) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > most:
                raise _too_large(path, most)
            # room for what is there, not for all that may come
            data = _read(stream, most, first=size + 1)
    except FileNotFoundError as error:
        raise InputError("no such file", where=path, remedy="Check the name") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read ({reason})", where=path) from error
    if len(data) > most:
        raise _too_large(path, most)
    return data


def sha256_of(path: str) -> str | None:
    """SHA-256 of the bytes of a file as they lie there; None where there is none that can be read."""
    try:
        return hashlib.sha256(read_bytes(path, most=MOST_BYTES)).hexdigest()
    except InputError:
        return None


def refuse_repeated(paths: Sequence[str], kind: str = "file") -> None:
    """Raise :class:`InputError` for a file that is named twice; ``kind`` says what sort of file."""
    if twice := sorted(path for path, count in Counter(paths).items() if count > 1):
        raise InputError(f"the {kind} is named twice", where=twice[0], remedy="Name each file once")


def _too_large(path: str, most: int) -> UnsuitableError:
    """The error for a file of more than ``most`` bytes."""
    return UnsuitableError(
        f"holds more than {most / 1.0e6:g} MB", where=path, remedy="Is it the right file? Cut it up"
    )


def _read(stream: BinaryIO | GzipFile, most: int, *, first: int = _CHUNK) -> bytes:
    """All that is there, or one byte more than ``most``; a read takes the memory of all that it asks for."""
    parts: list[bytes] = []
    room = most + 1
    while room and (part := stream.read(min(first if not parts else _CHUNK, room))):
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


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
        raise InputError("this is a folder", where=path, remedy="Name a file in it")
    raise InputError("this is a device, not a file", where=path, remedy="Name a file")


def _load(path: str) -> bytes:
    if path != STDIN:
        return read_bytes(path, most=MOST_BYTES)
    if sys.stdin is None:
        raise InputError("standard input is closed", where=path, remedy="Name a file")
    data = _read(sys.stdin.buffer, MOST_BYTES)
    if len(data) > MOST_BYTES:
        raise _too_large(path, MOST_BYTES)
    return data


def _unpack(packed: bytes, path: str) -> bytes:
    from gzip import GzipFile

    try:
        with GzipFile(fileobj=io.BytesIO(packed)) as stream:
            data = _read(stream, MOST_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            "a gzip file that is cut short or damaged", where=path, remedy="Copy the file again, whole"
        ) from error
    if len(data) > MOST_BYTES:
        raise _too_large(path, MOST_BYTES)
    return data


def _encoding(data: bytes, path: str) -> str:
    """Name of the encoding; MultiVu writes cp1252, editors and Excel the others."""
    for start, name in _PACKED.items():
        if data.startswith(start):
            raise UnsuitableError(
                f"a packed file ({name})", where=path, remedy="Unpack it first; gzip alone is read"
            )
    start = data[:80]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        trials = ["utf-16"]
    elif b"\0" in data:
        # UTF-16 without its mark: every other byte of plain text is 0
        if len(start) >= 8 and not any(start[1::2]):
            trials = ["utf-16-le"]
        elif len(start) >= 8 and not any(start[0::2]):
            trials = ["utf-16-be"]
        else:
            raise UnsuitableError(
                "a binary file, not a Quantum Design data file",
                where=path,
                remedy="Give the .dat file that MultiVu wrote, as text",
            )
    elif data.startswith(b"\xef\xbb\xbf"):
        trials = ["utf-8-sig"]
    else:
        # latin-1 takes what cp1252 leaves undefined (0x81, 0x8d, ...), so this list never ends in failure.
        trials = ["ascii"] if data.isascii() else ["utf-8", "cp1252", "latin-1"]
    for encoding in trials:
        if _decodes(data, encoding):
            return encoding
    raise InputError(
        f"begins as {trials[0]} text but continues differently",
        where=path,
        remedy="Save it again as plain text",
    )


def _decodes(data: bytes, encoding: str) -> bool:
    """Whether all of ``data`` is of this encoding; piece by piece, so as not to hold it twice."""
    if encoding == "ascii":
        return True
    decoder = getincrementaldecoder(encoding)()
    try:
        for at in range(0, len(data), _CHUNK):
            decoder.decode(data[at : at + _CHUNK])
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_endless_lines(data: bytes, path: str) -> None:
    at = 0
    while len(data) - at > MOST_BYTES_IN_LINE:
        end = at + MOST_BYTES_IN_LINE
        line_end = max(data.rfind(b"\n", at, end), data.rfind(b"\r", at, end))
        if line_end < 0:
            raise UnsuitableError(
                f"a line of more than {MOST_BYTES_IN_LINE} bytes: not a Quantum Design data file",
                where=path,
                remedy="Give the .dat file that MultiVu wrote",
            )
        at = line_end + 1


# --- names of columns ------------------------------------------------------------------------------------------

TEMPERATURE = ("temperature_k", "avg_temperature_k")
"""Canonical names of the temperature column."""

FIELD = ("magnetic_field_oe", "field_oe")
"""Canonical names of the field column."""

TIME_COLUMNS = ("time", "time_stamp_sec")
"""Canonical names of the time column, s from an epoch that depends on the instrument."""

FIELD_UNITS: Mapping[str, float] = MappingProxyType({
    "oe": 1.0,
    "koe": 1.0e3,
    "g": 1.0,
    "gauss": 1.0,
    "t": 1.0e4,
    "tesla": 1.0e4,
    "mt": 10.0,
    "a_m": 4.0e-3 * pi,
    "ka_m": 4.0 * pi,
})  # fmt: skip
"""Oe in one unit of field, by the unit's canonical name."""

MOMENT_UNITS: Mapping[str, float] = MappingProxyType({
    "emu": 1.0,
    "memu": 1.0e-3,
    "am2": 1.0e3,
    "a_m2": 1.0e3,
    "am_2": 1.0e3,
    "a_m_2": 1.0e3,
    "mam2": 1.0,
    "ma_m2": 1.0,
    "j_t": 1.0e3,
})  # fmt: skip
"""emu in one unit of moment, by the unit's canonical name."""

_FIELDS = ("magnetic_field", "field")
_MOMENTS = (
    "moment", "m_std_err", "long_moment", "avg_moment", "m_dc", "m_std_dev", "dc_moment", "dc_std_err",
    "dc_moment_free_ctr", "dc_moment_err_free_ctr", "dc_moment_fixed_ctr", "dc_moment_err_fixed_ctr",
)  # fmt: skip

_STANDARD: Mapping[str, tuple[str, float]] = MappingProxyType(
    {f"{name}_{unit}": (f"{name}_oe", factor) for name in _FIELDS for unit, factor in FIELD_UNITS.items()}
    | {
        f"{name}_{unit}": (f"{name}_emu", factor)
        for name in _MOMENTS
        for unit, factor in MOMENT_UNITS.items()
    }
)


def canonical(name: str) -> str:
    """Column name reduced to lower-case words, so that "Field (Oe)" and "Field_Oe" are one."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower().replace("²", "2")).strip("_")


def standard(name: str) -> tuple[str, float | None]:
    """Canonical column name in the standard unit, and what converts to that; None where no unit is stated.

    ``"magnetic_field_t"`` is ``("magnetic_field_oe", 1e4)``; a name that is no field and no moment stays as it is.
    """
    return _STANDARD.get(name, (name, None))
