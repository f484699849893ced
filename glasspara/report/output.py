"""Result files: a set is written whole or not at all, never over another result unless told to."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from glasspara.errors import UsageError
from glasspara.package import __version__

LOCK_SECONDS = 60.0
"""How long a run waits for another one that is writing into the same folder."""

_SUFFIXES = (".json", ".csv", ".png", ".md")
_TEMPORARY = ".glasspara-"
_JOURNAL = ".glasspara-files.json"
"""What a run is about to put in place; it stays where the run is killed meanwhile, and tells the next one."""


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
            f"cannot make the folder ({error.strerror})", where=str(folder), remedy="Choose another place"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError("the folder cannot be written to", where=str(folder), remedy="Choose another place")
    for name in names:
        if (folder / name).is_dir():
            raise UsageError("a folder stands where a file is to go", where=str(folder / name))
    existing = [name for name in names if os.path.lexists(folder / name)]
    if existing and not force:
        raise UsageError(
            f"{existing[0]} exists already",
            where=str(folder),
            remedy="Add --force to overwrite, or choose another place",
        )


def write_files(folder: Path, files: Mapping[str, bytes], *, force: bool, report: str = "") -> list[Path]:
    """Write ``files`` (name -> content) into ``folder``; return their paths.

    All are written beside their places first and then renamed into them, so that nobody meets half a file and a full
    disk changes nothing. Only one run at a time does this in a folder. ``report`` names the file that lists the others:
    the one that was there goes first, the new one comes last, and what the old one listed, or a killed run began, and
    the new one does not list, is removed. Where there is a report, the set that it lists is whole and of one run.

    Raises
    ------
    UsageError
        As :func:`check_writable`, and where writing fails.
    """
    check_writable(folder, list(files), force=force)
    with _only_writer(folder):
        check_writable(folder, list(files), force=force)  # another run may have written meanwhile
        obsolete = set()
        if report and force:
            obsolete = (_files_of(folder / report) | _files_of(folder / _JOURNAL)) - files.keys()
        _clear_temporary(folder)
        journal = json.dumps({"glasspara_version": __version__, "files": sorted({*files, *obsolete})})
        staged = _stage(folder, {_JOURNAL: journal.encode(), **files})
        try:
            with _uninterrupted():
                staged.pop(_JOURNAL).replace(folder / _JOURNAL)
                for name in ([report] if report and force else []) + sorted(obsolete):
                    (folder / name).unlink(missing_ok=True)
                for name in sorted(files, key=lambda name: name == report):
                    staged[name].replace(folder / name)
                (folder / _JOURNAL).unlink()
        except OSError as error:
            _discard(staged)
            raise _failure(folder, error) from None
    return [folder / name for name in files]


def _stage(folder: Path, files: Mapping[str, bytes]) -> dict[str, Path]:
    """Every content in a temporary file of its own beside its place; none where one of them fails."""
    mask = os.umask(0)
    os.umask(mask)
    staged: dict[str, Path] = {}
    try:
        for name, content in files.items():
            handle, temporary = tempfile.mkstemp(dir=folder, prefix=_TEMPORARY)
            staged[name] = Path(temporary)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            staged[name].chmod(0o666 & ~mask)
    except BaseException as error:  # an interrupt too leaves nothing behind
        _discard(staged)
        if isinstance(error, OSError):
            raise _failure(folder, error) from None
        raise
    return staged


def _discard(staged: Mapping[str, Path]) -> None:
    for path in staged.values():
        with suppress(OSError):
            path.unlink()


def _failure(path: Path, error: OSError) -> UsageError:
    return UsageError(
        f"cannot write the results ({error.strerror})", where=str(path), remedy="Choose another place"
    )


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with the process however that ends."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(fcntl.flock, handle, fcntl.LOCK_EX | fcntl.LOCK_NB, folder)
        yield
    finally:
        os.close(handle)


def _lock(flock: Callable[[int, int], None], handle: int, operation: int, folder: Path) -> None:
    """Take the lock, or wait for it; file systems without locks go without."""
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            flock(handle, operation)
        except BlockingIOError:
            if time.monotonic() > until:
                raise UsageError(
                    "another run is writing into this folder",
                    where=str(folder),
                    remedy="Choose another place",
                ) from None
            time.sleep(0.02)
        except OSError:
            return
        else:
            return


def _clear_temporary(folder: Path) -> None:
    """Remove what killed runs left."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        if path.name != _JOURNAL:
            with suppress(OSError):
                path.unlink()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until the files are in their places."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _files_of(path: Path) -> set[str]:
    """Names of the files that the report or journal at ``path`` lists; none where it is not one of ours."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        names = report["files"] if "glasspara_version" in report else []
        return {name for name in names if Path(name).name == name and name.endswith(_SUFFIXES)}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
