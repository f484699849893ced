"""Result files: a set is written whole or not at all, never over another result unless told to.

Only what is proven to be ours is removed: a report lists the SHA-256 of the files that were written with it, and while
a set is written, a journal lists the temporary files and what is about to be put in place. Names prove nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any

from glasspara.errors import UsageError
from glasspara.replicates.store import interrupts_deferred, lock, open_plain, sealed, unsealed, write_all

LOCK_SECONDS = 60.0
"""How long a run waits for another one that is writing into the same folder."""

HASHES = "files_sha256"
"""The entry of a report with the SHA-256 of the files that were written with it, by name."""

_Proofs = dict[str, set[str]]
"""SHA-256 of the contents that we wrote under a name, by name."""

_JOURNAL_BEGIN = b'{"glasspara_journal": 1, '
_TEMPORARY = re.compile(r"\.glasspara-[0-9a-f]{16}\.tmp")


class NotWritableError(UsageError):
    """The machine does not let us write there."""


class _OtherInputsError(Exception):
    """A result of ours, from other input files."""


def hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of ``files`` (name -> content), by name, for the entry :data:`HASHES` of their report."""
    return {name: sha256(content).hexdigest() for name, content in sorted(files.items())}


def check_writable(folder: Path, names: list[str], *, force: bool) -> None:
    """Refuse early, before any work is done.

    Raises
    ------
    UsageError
        The folder cannot be made or written to, one of ``names`` exists and ``force`` is not set, or something that
        we did not write stands where the journal of one of them belongs.
    """
    if os.path.lexists(folder) and not folder.is_dir():
        what = "this is a link to nothing" if not folder.exists() else "this is not a folder"
        raise NotWritableError(what, where=str(folder), remedy="Remove it, or choose another place")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritableError(
            f"cannot make the folder ({error.strerror})", where=str(folder), remedy="Choose another place"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotWritableError(
            "the folder cannot be written to", where=str(folder), remedy="Choose another place"
        )
    for name in names:
        if (folder / name).is_dir():
            raise UsageError("a folder has the name of a file to write", where=str(folder / name))
    existing = [name for name in names if os.path.lexists(folder / name)]
    if existing and not force:
        raise UsageError(
            f"{existing[0]} exists already",
            where=str(folder),
            remedy="Add --force to overwrite, or choose another place",
        )
    for name in names:
        _Journal.of(folder / name)


def write_files(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    force: bool,
    report: str = "",
    only_ours: Sequence[str] | None = None,
) -> list[Path]:
    """Write ``files`` (name -> content) into ``folder``; return their paths.

    All are written beside their places first and then renamed into them, so that nobody meets half a file and a full
    disk changes nothing. Only one run at a time does this in a folder. ``report`` names the file that lists the others
    and their hashes. With ``force`` the one that was there goes first and the new one comes last; what the old one
    listed, or a killed run began, is removed where the new set does not have it, unless it was changed since. Where
    there is a report, the set that it lists is whole and of one run.

    With ``only_ours``, the paths of the input files, what is there is overwritten only where :func:`check_ours` allows.

    Raises
    ------
    UsageError
        As :func:`check_writable` and :func:`check_ours`, and where writing fails.
    """
    check_writable(folder, list(files), force=force)
    with _only_writer(folder):
        check_writable(folder, list(files), force=force)  # another run may have written meanwhile
        if only_ours is not None:
            check_ours(folder, files, report=report, inputs=only_ours)
        try:
            _write(folder, files, report, replace=force)
        except OSError as error:
            raise NotWritableError(
                f"cannot write the results ({error.strerror})",
                where=str(folder),
                remedy="Choose another place",
            ) from None
    return [folder / name for name in files]


def _write(folder: Path, files: Mapping[str, bytes], report: str, *, replace: bool) -> None:
    journal = _Journal.of(folder / (report or min(files)))
    _discard(folder / name for name in journal.temporary)
    old_report = [report] if report and replace else []
    owned = _merged(_listed(folder / report), journal.files) if old_report else {}
    obsolete = [name for name in sorted(owned.keys() - files.keys()) if _is_ours(folder, name, owned[name])]
    staged = {name: folder / f".glasspara-{token_hex(8)}.tmp" for name in files}
    new = {name: {digest} for name, digest in hashes(files).items() if name != report}
    try:
        journal.begin(_merged(owned, new), staged.values())
        for name, content in files.items():
            _write_new(staged[name], content)
    except BaseException:  # an interrupt too leaves nothing behind
        _discard(staged.values())
        journal.withdraw()
        raise
    try:
        with interrupts_deferred():
            for name in old_report + obsolete:
                (folder / name).unlink(missing_ok=True)
            for name in sorted(files, key=lambda name: name == report):
                staged[name].replace(folder / name)
            journal.path.unlink()
    except OSError:
        _discard(staged.values())
        raise


def _write_new(path: Path, content: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _discard(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which ends with the process however that ends."""
    if os.name == "nt":  # a folder cannot be opened there
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    busy = UsageError(
        "another run is writing into this folder", where=str(folder), remedy="Choose another place"
    )
    try:
        lock(handle, seconds=LOCK_SECONDS, busy=busy)
        yield
    finally:
        os.close(handle)


# --- results without a folder of their own ---------------------------------------------------------------


def check_ours(
    folder: Path, names: Collection[str], *, report: str, inputs: Sequence[str] | None = None
) -> None:
    """Refuse a folder in which ``names`` could not be written without a loss.

    What stands there must be a result of ours, as ``report`` proves, and those of its files that would be replaced
    must be as they were written. A new folder, and what a killed run has left, are all right.

    Raises
    ------
    UsageError
        Something else stands there, or a file was changed.
    _OtherInputsError
        The result is one of other files than ``inputs``, where these are given.
    """
    if not os.path.lexists(folder):
        return
    stranger = UsageError(
        "this is not a result of glasspara", where=str(folder), remedy="Name a folder with --out, or move it"
    )
    if folder.is_symlink() or not folder.is_dir():
        raise stranger
    journal, earlier = _Journal.of(folder / report), _inputs_of(folder / report)
    try:
        found = {path.name for path in folder.iterdir() if not path.name.startswith(".glasspara-")}
    except OSError as error:
        raise NotWritableError(f"cannot be read ({error.strerror})", where=str(folder)) from None
    if earlier is None and (report in found or (found and not journal.length)):
        raise stranger
    if earlier is not None and inputs is not None and _places(earlier, folder) != _places(inputs, folder):
        raise _OtherInputsError
    proofs = _merged(_listed(folder / report), journal.files)
    for name in sorted(found & set(names) - {report}):
        if not _is_ours(folder, name, proofs.get(name, set())):
            raise UsageError(
                "this file was changed after glasspara wrote it",
                where=str(folder / name),
                remedy="Name a folder with --out, or move the file",
            )


def write_result(
    root: Path, name: str, files: Mapping[str, bytes], *, report: str, inputs: Sequence[str]
) -> Path:
    """Write ``files``, with their ``report``, into the folder ``name`` below ``root``; return the folder.

    An earlier result of the same ``inputs`` (paths) is replaced as a whole set. Where the folder holds one of other
    inputs, a neighbour is taken, with a short hash of these in its name.

    Raises
    ------
    NotWritableError
        The folder cannot be made or written to.
    UsageError
        As :func:`check_ours`.
    """
    digest = sha256("\0".join(_places(inputs, root / name)).encode("utf-8", "surrogateescape")).hexdigest()
    for folder in (root / name, root / f"{name}-{digest[:8]}"):
        with suppress(_OtherInputsError):
            check_ours(folder, files, report=report, inputs=inputs)
            write_files(folder, files, force=True, report=report, only_ours=inputs)
            return folder
    raise UsageError(
        "it contains results of other files", where=str(root / name), remedy="Name a folder with --out"
    )


def inputs_of(document: Mapping[str, Any]) -> list[str]:
    """Paths of the files that a report is of: its inputs, and what stands in their place (a report, a preset)."""
    others = [item for item in document.get("other_files", ()) if item["named_by"] == "FILE"]
    return [str(item["path"]) for item in (*document["inputs"], *others)]


def _inputs_of(report: Path) -> list[str] | None:
    """Paths of the input files of a report of ours; None where it is none."""
    document = _report_of_ours(report)
    try:
        return inputs_of(document)
    except (LookupError, TypeError):
        return None


def _places(paths: Iterable[str], folder: Path) -> list[str]:
    """Where ``paths`` are, those that are relative being so to the folder that holds all results of ``folder``."""
    base = folder.absolute().parent.parent
    return sorted(os.path.normpath(base / path) for path in paths)


# --- ownership -------------------------------------------------------------------------------------------


@dataclass
class _Journal:
    """What runs that were killed while they wrote a set have left; empty, and no file, where there were none.

    A line for each: the temporary files, and the hashes of all that may stand in the places of the set. It is only
    ever added to, so that no temporary file is needed for it, and removed when a set is in place.
    """

    path: Path
    length: int
    temporary: set[str]
    files: _Proofs

    @classmethod
    def of(cls, report: Path) -> _Journal:
        """The journal of the set of ``report``.

        Raises
        ------
        UsageError
            Something that we did not write stands in its place, or it cannot be read.
        """
        path = report.with_name(f".glasspara-{report.name}.journal")
        try:
            with open_plain(path) as handle:
                content = handle.read()
        except FileNotFoundError:
            content = b""
        except OSError as error:
            raise UsageError(
                f"cannot be read ({error.strerror})", where=str(path), remedy="Remove it"
            ) from None
        if content[: len(_JOURNAL_BEGIN)] != _JOURNAL_BEGIN[: len(content)]:
            raise UsageError("this file prevents writing", where=str(path), remedy="Move it to another place")
        journal = cls(path, content.rfind(b"\n") + 1, set(), {})  # a last line may be cut
        for line in content.splitlines(keepends=True):
            entry = unsealed(line)
            if entry is not None and "glasspara_journal" in entry:
                journal.temporary |= {name for name in entry["temporary"] if _TEMPORARY.fullmatch(name)}
                journal.files = _merged(
                    journal.files, {name: set(found) for name, found in entry["files"].items()}
                )
        return journal

    def begin(self, files: _Proofs, temporary: Iterable[Path]) -> None:
        """Note what is about to be written."""
        entry = {
            "glasspara_journal": 1,
            "files": {name: sorted(digests) for name, digests in sorted(files.items())},
            "temporary": [path.name for path in temporary],
        }
        with open_plain(self.path, os.O_RDWR | os.O_CREAT) as handle:
            handle.truncate(self.length)
            handle.seek(self.length)
            write_all(handle, sealed(json.dumps(entry)))
            os.fsync(handle.fileno())

    def withdraw(self) -> None:
        """Take back what was begun: nothing has been put in place."""
        with suppress(OSError, UsageError):
            if self.length:
                os.truncate(self.path, self.length)
            else:
                self.path.unlink()


def _merged(first: _Proofs, second: _Proofs) -> _Proofs:
    return {name: first.get(name, set()) | second.get(name, set()) for name in first.keys() | second.keys()}


def _listed(report: Path) -> _Proofs:
    """What the report lists with hashes; nothing where it is none of ours."""
    return {name: {str(digest)} for name, digest in _report_of_ours(report).get(HASHES, {}).items()}


def _report_of_ours(report: Path) -> dict[str, Any]:
    """The document in a plain file; nothing where it is none that we wrote."""
    try:
        with open_plain(report) as handle:
            document = json.loads(handle.read())
        if isinstance(document["glasspara_version"], str) and isinstance(document[HASHES], dict):
            return dict(document)
    except (OSError, UsageError, ValueError, LookupError, TypeError, RecursionError):
        pass
    return {}


def _is_ours(folder: Path, name: str, digests: set[str]) -> bool:
    """Whether ``name`` is a plain file in ``folder``, no link, with one of the contents that we wrote there."""
    try:
        with open_plain(folder / name) as handle:
            return Path(name).name == name and sha256(handle.read()).hexdigest() in digests
    except (OSError, UsageError, ValueError):
        return False
