"""Result files: whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest

from fuzzing import Findings
from fuzzing.faults import fault_of_set, kill_writers, start_writer
from glasspara.errors import UsageError
from glasspara.report import output
from glasspara.report.output import HASHES, check_writable, hashes, write_files, write_result

REPORT = "report.json"


def result(**files):
    """A report that lists ``files``, and these; their content by the stem of their name."""
    contents = {f"{stem}.csv": content for stem, content in files.items()}
    document = {"glasspara_version": "0", "files": [REPORT, *contents], HASHES: hashes(contents)}
    return {REPORT: json.dumps(document).encode(), **contents}


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_set_takes_the_place_of_the_one_before(tmp_path):
    write_files(tmp_path, result(a=b"1", b=b"1"), force=False, report=REPORT)
    (tmp_path / "mine.csv").write_bytes(b"mine")
    write_files(tmp_path, result(a=b"2"), force=True, report=REPORT)
    assert names_in(tmp_path) == ["a.csv", "mine.csv", REPORT]
    assert (tmp_path / "a.csv").read_bytes() == b"2"


@pytest.mark.parametrize("failing", range(5))
def test_a_full_disk_changes_nothing(tmp_path, monkeypatch, failing):
    """The disk is full at the first, second, ... of the files that are staged, the journal among them."""
    before = result(a=b"1", b=b"1")
    write_files(tmp_path, before, force=False, report=REPORT)
    calls = iter(range(100))

    def full(handle):
        if next(calls) == failing:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    after = result(a=b"2", b=b"2", c=b"2")
    with pytest.raises(UsageError, match="No space left on device"):
        write_files(tmp_path, after, force=True, report=REPORT)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_interrupt_leaves_nothing_half_written(tmp_path, monkeypatch):
    def interrupted(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(tmp_path, {"a.csv": b"1"}, force=False)
    assert names_in(tmp_path) == []


def test_a_folder_in_the_place_of_a_file(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(UsageError, match="a folder has the name of a file to write"):
        write_files(tmp_path, {"a.csv": b"1"}, force=True)


def test_a_link_is_replaced_and_not_followed(tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_bytes(b"mine")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.csv").symlink_to(outside)
    (folder / "b.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=r"[ab]\.csv exists already"):
        write_files(folder, {"b.csv": b"1"}, force=False)
    write_files(folder, {"a.csv": b"1", "b.csv": b"1"}, force=True)
    assert outside.read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()
    assert not (folder / "a.csv").is_symlink()


def test_a_report_of_somebody_else_removes_nothing(tmp_path):
    mine = tmp_path / "mine.csv"
    for text in (
        b'{"files": ["mine.csv"]}',
        b'{"glasspara_version": "0", "files": ["../x/mine.csv", 3]}',
        b"[" * 100_000,
    ):
        mine.write_bytes(b"mine")
        (tmp_path / REPORT).write_bytes(text)
        write_files(tmp_path, result(), force=True, report=REPORT)
        assert mine.read_bytes() == b"mine"


def test_hashes_of_another_program_prove_nothing(tmp_path):
    """Another program may list its files with their hashes, and by the same key."""
    mine = tmp_path / "mine.csv"
    mine.write_bytes(b"mine")
    for other in ({}, {"glasspara_version": 2}):
        (tmp_path / REPORT).write_text(json.dumps({**other, HASHES: hashes({"mine.csv": b"mine"})}))
        write_files(tmp_path, result(), force=True, report=REPORT)
        assert mine.read_bytes() == b"mine"


def test_a_link_to_nothing_and_a_file_are_no_folders(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "file").write_bytes(b"mine")
    for name, words in (("link", "a link to nothing"), ("file", "this is not a folder")):
        with pytest.raises(UsageError, match=words):
            write_files(tmp_path / name, result(), force=True, report=REPORT)
    assert not (tmp_path / "nowhere").exists()


def digest(content):
    return sha256(content).hexdigest()


def test_what_somebody_changed_or_put_there_is_not_removed(tmp_path):
    """Neither by its name in our own report, nor by its hash outside the folder or behind a link."""
    folder = tmp_path / "out"
    write_files(folder, result(a=b"1", b=b"1", c=b"1", d=b"1"), force=False, report=REPORT)
    outside = tmp_path / "outside.csv"
    outside.write_bytes(b"1")
    (folder / "b.csv").write_bytes(b"edited")
    (folder / "c.csv").unlink()
    (folder / "c.csv").symlink_to(outside)
    document = json.loads((folder / REPORT).read_bytes())
    document[HASHES] |= {
        "../outside.csv": digest(b"1"),
        str(outside): digest(b"1"),
        "x\0y": "",
        "": "",
        "..": "",
    }
    (folder / REPORT).write_text(json.dumps(document))
    write_files(folder, result(a=b"2"), force=True, report=REPORT)
    assert names_in(folder) == ["a.csv", "b.csv", "c.csv", REPORT]
    assert (folder / "b.csv").read_bytes() == b"edited"
    assert outside.read_bytes() == b"1"


@pytest.mark.parametrize("report", ["", REPORT])
def test_what_only_has_a_name_like_ours_stays(tmp_path, report):
    """Without a report too, as `init` writes."""
    for name in (".glasspara-notes", ".glasspara-0123456789abcdef.tmp", ".glasspara-other.json.journal"):
        (tmp_path / name).write_bytes(b"mine")
    before = names_in(tmp_path)
    write_files(tmp_path, result(), force=False, report=report)
    assert names_in(tmp_path) == sorted([*before, REPORT])


def killed(folder, files, *, renamed, report=REPORT):
    """Write ``files`` in a process that is killed after so many were put in place."""
    script = """
import os, signal, sys
from pathlib import Path
from glasspara.report.output import write_files
replace, renamed = Path.replace, 0
def counted(path, target):
    global renamed
    if renamed == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    renamed += 1
    return replace(path, target)
Path.replace = counted
write_files(Path(sys.argv[1]), eval(sys.argv[3]), force=True, report=sys.argv[4])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), str(renamed), repr(files), report], check=False
    )
    assert done.returncode == -9


@pytest.mark.parametrize("renamed", [0, 1, 2])
def test_the_next_run_clears_what_a_killed_one_left(tmp_path, renamed):
    write_files(tmp_path, result(a=b"1"), force=False, report=REPORT)
    killed(tmp_path, result(b=b"2", c=b"2"), renamed=renamed)
    killed(tmp_path, result(d=b"3"), renamed=renamed % 2)
    left = names_in(tmp_path)
    assert (
        sum(name.endswith(".tmp") for name in left) == 2 - renamed % 2
    )  # the second run cleared those of the first
    # another report has its own journal, and touches none of that
    write_files(tmp_path, {"other.json": b"{}"}, force=True, report="other.json")
    assert names_in(tmp_path) == sorted([*left, "other.json"])
    write_files(tmp_path, result(z=b"4"), force=True, report=REPORT)
    assert names_in(tmp_path) == ["other.json", REPORT, "z.csv"]


def test_a_journal_cut_or_damaged_is_no_fault(tmp_path):
    journal = tmp_path / f".glasspara-{REPORT}.journal"
    killed(tmp_path, result(a=b"1"), renamed=1)
    content = journal.read_bytes()
    for damaged in (b"", content[:10], content[:-1], content + content[:50], content.replace(b"tmp", b"tmq")):
        journal.write_bytes(damaged)
        write_files(tmp_path, result(b=b"2"), force=True, report=REPORT)
        assert not journal.exists()
        assert {"b.csv", REPORT} <= set(names_in(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
@pytest.mark.parametrize("kind", ["link", "FIFO", "folder", "file"])
def test_something_else_in_the_place_of_the_journal_is_refused_before_the_work(tmp_path, kind):
    folder, outside = tmp_path / "out", tmp_path / "outside"
    folder.mkdir()
    outside.write_bytes(b"")
    place = folder / f".glasspara-{REPORT}.journal"
    match kind:
        case "link":
            place.symlink_to(outside)
        case "FIFO":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case _:
            place.write_bytes(b"mine")
    with pytest.raises(UsageError, match=r"journal: .*(Remove|Move) it") as refused:
        check_writable(folder, [REPORT, "a.csv"], force=True)
    assert "\n" not in str(refused.value)
    with pytest.raises(UsageError, match=r"journal: "):
        write_files(folder, result(a=b"1"), force=True, report=REPORT)
    assert names_in(folder) == [place.name]
    assert outside.read_bytes() == b""


def test_killed_writers_leave_only_whole_sets(tmp_path):
    """`make fuzz` kills 100 and 20 pairs; here 3, and a pair."""
    findings = Findings("kills")
    kill_writers(tmp_path, Random(1), 3, findings)
    kill_writers(tmp_path, Random(2), 1, findings, at_once=2)
    assert findings.wrong == []
    write_files(tmp_path, result(z=b"1"), force=True, report=REPORT)
    assert names_in(tmp_path) == [REPORT, "z.csv"]


def test_two_runs_into_one_folder_do_not_mix(tmp_path):
    writers = [start_writer(tmp_path, name) for name in "ab"]
    for writer in writers:  # each has written twice more, beside the other
        assert writer.stdout.readline()
        assert writer.stdout.readline()
    for writer in writers:
        writer.terminate()  # waits until a set is in place
    errors = [writer.communicate()[1] for writer in writers]
    assert errors == [b"", b""]
    assert fault_of_set(tmp_path) == ""
    assert (tmp_path / REPORT).exists()


def test_a_folder_that_stays_locked_is_an_error(tmp_path, monkeypatch):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import fcntl, os, sys, time; fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX);"
            "print(flush=True); time.sleep(60)",
            str(tmp_path),
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    monkeypatch.setattr(output, "LOCK_SECONDS", 0.1)
    with pytest.raises(UsageError, match="another run is writing into this folder"):
        write_files(tmp_path, {"a.csv": b"1"}, force=False)
    holder.kill()
    holder.communicate()
    write_files(tmp_path, {"a.csv": b"1"}, force=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(UsageError, match="cannot be written to"):
        write_files(tmp_path, {"a.csv": b"1"}, force=False)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file" / "out", tmp_path / ("x" * 5000)):
        with pytest.raises(UsageError, match="cannot make the folder"):
            write_files(folder, {"a.csv": b"1"}, force=False)


# --- results without a folder of their own -------------------------------------------------------------------


def of(*paths, **files):
    """As :func:`result`, of the input files ``paths``."""
    contents = result(**files)
    document = json.loads(contents[REPORT]) | {"inputs": [{"path": path} for path in paths]}
    return {**contents, REPORT: json.dumps(document).encode()}


def written(root, *paths, **files):
    return write_result(root, "fit-a", of(*paths, **files), report=REPORT, inputs=paths)


def test_the_same_inputs_have_one_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = Path("results")
    first = written(root, "a.dat", "b.dat", a=b"1", b=b"1")
    assert written(root, "./b.dat", str(tmp_path / "a.dat"), a=b"2") == first == root / "fit-a"
    assert names_in(first) == ["a.csv", REPORT]
    assert (first / "a.csv").read_bytes() == b"2"
    second = written(root, "a.dat", a=b"3")
    third = written(root, "c.dat", a=b"4")
    assert len({first, second, third}) == 3
    assert written(root, "c.dat", a=b"5") == third
    assert [(folder / "a.csv").read_bytes() for folder in (first, second, third)] == [b"2", b"3", b"5"]


def test_what_a_killed_run_has_left_is_taken_over(tmp_path):
    folder = tmp_path / "fit-a"
    folder.mkdir()
    journal = output._Journal.of(folder / REPORT)
    journal.begin({"a.csv": {sha256(b"1").hexdigest()}}, [folder / ".glasspara-0123456789abcdef.tmp"])
    (folder / ".glasspara-0123456789abcdef.tmp").write_bytes(b"half")
    (folder / "a.csv").write_bytes(b"1")
    assert written(tmp_path, "a.dat", a=b"2") == folder
    assert names_in(folder) == ["a.csv", REPORT]


@pytest.mark.parametrize("kind", ["folder with a file", "file", "link", "report of something else"])
def test_what_is_not_ours_stays(tmp_path, kind):
    folder = tmp_path / "fit-a"
    if kind == "file":
        folder.write_bytes(b"mine")
    elif kind == "link":
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    else:
        folder.mkdir()
        (folder / ("mine.csv" if kind == "folder with a file" else REPORT)).write_bytes(b"{}")
    with pytest.raises(UsageError, match="not a result of glasspara"):
        written(tmp_path, "a.dat", a=b"1")
    assert not (tmp_path / "elsewhere" / "a.csv").exists()
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(
        {"fit-a", *(["elsewhere"] if kind == "link" else []), *(
            ["mine.csv"] if kind == "folder with a file" else [REPORT] if kind == "report of something else" else []
        )}
    )  # fmt: skip
