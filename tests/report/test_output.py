"""Result files: whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from random import Random

import pytest

from fuzzing import Findings
from fuzzing.faults import fault_of_set, kill_writers, start_writer
from glasspara.errors import UsageError
from glasspara.report import output
from glasspara.report.output import write_files

REPORT = "report.json"


def report(*names):
    return json.dumps({"glasspara_version": "0", "files": [REPORT, *names]}).encode()


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_set_takes_the_place_of_the_one_before(tmp_path):
    write_files(
        tmp_path, {REPORT: report("a.csv", "b.csv"), "a.csv": b"1", "b.csv": b"1"}, force=False, report=REPORT
    )
    (tmp_path / "mine.csv").write_bytes(b"mine")
    write_files(tmp_path, {REPORT: report("a.csv"), "a.csv": b"2"}, force=True, report=REPORT)
    assert names_in(tmp_path) == ["a.csv", "mine.csv", REPORT]
    assert (tmp_path / "a.csv").read_bytes() == b"2"


@pytest.mark.parametrize("failing", range(5))
def test_a_full_disk_changes_nothing(tmp_path, monkeypatch, failing):
    """The disk is full at the first, second, ... of the files that are staged, the journal among them."""
    before = {REPORT: report("a.csv", "b.csv"), "a.csv": b"1", "b.csv": b"1"}
    write_files(tmp_path, before, force=False, report=REPORT)
    calls = iter(range(100))

    def full(handle):
        if next(calls) == failing:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    after = {REPORT: report("a.csv", "b.csv", "c.csv"), "a.csv": b"2", "b.csv": b"2", "c.csv": b"2"}
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
    with pytest.raises(UsageError, match="a folder stands where a file is to go"):
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
        write_files(tmp_path, {REPORT: report()}, force=True, report=REPORT)
        assert mine.read_bytes() == b"mine"


def test_killed_writers_leave_only_whole_sets(tmp_path):
    """`make fuzz` kills 100 and 20 pairs; here 3, and a pair."""
    findings = Findings("kills")
    kill_writers(tmp_path, Random(1), 3, findings)
    kill_writers(tmp_path, Random(2), 1, findings, at_once=2)
    assert findings.wrong == []
    write_files(tmp_path, {REPORT: report("z.csv"), "z.csv": b"1"}, force=True, report=REPORT)
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
