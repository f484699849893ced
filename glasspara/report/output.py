"""Result files: each written whole or not at all, never over another result unless told to."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from glasspara.errors import UsageError

_SUFFIXES = (".json", ".csv", ".png")


def check_writable(folder: Path, names: list[str], *, force: bool) -> None:
    """Refuse early, before any work is done.

    Raises
    ------
    UsageError
        The folder cannot be made or written to, or one of ``names`` exists and ``force`` is not set.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot make the folder ({error.strerror})", where=str(folder), remedy="Choose another --out"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError("the folder cannot be written to", where=str(folder), remedy="Choose another --out")
    existing = [name for name in names if (folder / name).exists()]
    if existing and not force:
        raise UsageError(
            f"{existing[0]} exists already",
            where=str(folder),
            remedy="Add --force to overwrite, or choose another --out",
        )


def write_files(folder: Path, files: Mapping[str, bytes], *, force: bool) -> list[Path]:
    """Write ``files`` (name -> content) into ``folder``; return their paths.

    Every file is written beside its place and renamed into it, so that a reader never meets half of one.

    Raises
    ------
    UsageError
        As :func:`check_writable`, and where writing fails.
    """
    check_writable(folder, list(files), force=force)
    return [write_file(folder / name, content) for name, content in files.items()]


def write_file(path: Path, content: bytes) -> Path:
    """Write one file atomically.

    Raises
    ------
    UsageError
        Where writing fails; nothing is left behind then.
    """
    temporary = ""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".glasspara-", delete=False) as handle:
            temporary = handle.name
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except OSError as error:
        with suppress(OSError):
            Path(temporary).unlink()
        raise UsageError(f"cannot write the file ({error.strerror})", where=str(path)) from None
    return path


def files_of_report(path: Path) -> set[str]:
    """Names of the files that the report at ``path`` says it came with; none where it is not one of ours."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        names = report["files"] if "glasspara_version" in report else []
        return {name for name in names if Path(name).name == name and name.endswith(_SUFFIXES)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def remove_files(folder: Path, names: set[str]) -> None:
    """Remove what an earlier report left behind."""
    for name in names:
        with suppress(OSError):
            (folder / name).unlink()
