"""The record of finished replicates: whole after any interruption, and nobody else's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glasspara.errors import UsageError
from glasspara.replicates import run_replicates
from glasspara.replicates.store import Store, versions
from tests.conftest import ROOT
from tests.replicates.tasks import Slow, constant, draw, fail_at_odd
from tests.replicates.waiting import wait_until

WHAT = {"data": "abc", "kind": "made"}

SCRIPT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
import sys
from pathlib import Path
from glasspara.replicates import run_replicates
from glasspara.replicates.store import Store
from tests.replicates.tasks import Slow
if __name__ == "__main__":
    folder, stuck_from = Path(sys.argv[1]), int(sys.argv[2])
    try:
        run_replicates(
            Slow(folder, 0.01, stuck_from), 1000, seed=3, jobs=2, store=Store(folder / "store", {})
        )
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store", WHAT)


def test_going_on_does_not_repeat(store, tmp_path):
    first = run_replicates(Slow(tmp_path, 0.0), 3, seed=1, store=store)
    both = run_replicates(Slow(tmp_path, 0.0), 5, seed=1, store=store)
    assert both[:3] == first
    assert both == run_replicates(Slow(tmp_path, 0.0), 5, seed=1)
    assert len(list(tmp_path.glob("0-*"))) == 1
    assert run_replicates(Slow(tmp_path, 0.0), 2, seed=1, store=store) == first[:2]


def test_failures_are_kept_too(store):
    first = run_replicates(fail_at_odd, 4, seed=1, store=store)
    assert run_replicates(draw, 4, seed=1, store=store) == first  # nothing is left to do


@pytest.mark.parametrize("cut", [1, 20])
@pytest.mark.parametrize("garbage", [b"", b"\0\0\0\0\n\0", b'{"index": 3}\n', b"[1]\n"])
def test_a_damaged_end_is_done_again(store, cut, garbage):
    whole = run_replicates(draw, 6, seed=1, store=store)
    content = store.path.read_bytes()
    store.path.write_bytes(content[:-cut] + garbage)
    assert run_replicates(draw, 6, seed=1, store=store) == whole
    assert store.path.read_bytes() == content


def test_a_first_line_that_was_cut_is_written_again(store):
    run_replicates(draw, 1, seed=1, store=store)
    content = store.path.read_bytes()
    for length in (0, 1, 30):
        store.path.write_bytes(content[:length])
        run_replicates(draw, 1, seed=1, store=store)
        assert store.path.read_bytes() == content


def test_numbers_come_back_to_the_last_bit(store):
    made = run_replicates(draw, 5, seed=1, store=store)
    assert [item.value for item in run_replicates(draw, 5, seed=1, store=store)] == [
        item.value for item in made
    ]


@pytest.mark.parametrize(
    ("what", "seed", "name"), [({**WHAT, "data": "abd"}, 1, "data"), (WHAT, 2, "seed"), ({}, 1, "data, kind")]
)
def test_another_run_is_refused(store, what, seed, name):
    run_replicates(draw, 2, seed=1, store=store)
    content = store.path.read_bytes()
    with pytest.raises(UsageError, match=rf"another run \({name} differ\).*Remove the file"):
        run_replicates(draw, 2, seed=seed, store=Store(store.path, what))
    assert store.path.read_bytes() == content


def test_other_versions_are_refused(store, monkeypatch):
    run_replicates(draw, 2, seed=1, store=store)
    older = {**versions(), "numpy": "0.1"}
    monkeypatch.setattr("glasspara.replicates.store.versions", lambda: older)
    with pytest.raises(UsageError, match="numpy differ"):
        run_replicates(draw, 2, seed=1, store=store)


@pytest.mark.parametrize("content", ["T,H,M\n1,2,3\n", "no line end", "{}\n", "[1]\n", "\n"])
def test_a_file_of_something_else_is_left_alone(store, content):
    store.path.write_text(content)
    with pytest.raises(UsageError, match="contains no replicates"):
        run_replicates(draw, 2, seed=1, store=store)
    assert store.path.read_text() == content


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match="cannot keep finished replicates"):
        run_replicates(draw, 2, seed=1, store=Store(tmp_path / "missing" / "store", {}))


@pytest.mark.skipif(sys.platform == "win32", reason="no such lock there")
def test_two_runs_do_not_share_a_file(store):
    with store.open(1), pytest.raises(UsageError, match="another run is writing"):
        run_replicates(draw, 2, seed=1, store=store)


# --- damage ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bit", [0, 6])
def test_a_flipped_bit_never_changes_a_result(store, bit):
    whole = run_replicates(constant, 3, seed=1, store=store)
    content = store.path.read_bytes()
    refused = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        store.path.write_bytes(damaged)
        try:
            assert run_replicates(constant, 3, seed=1, store=store) == whole
            assert store.path.read_bytes() == content
        except UsageError as error:
            assert "damaged" in str(error)  # noqa: PT017
            assert store.path.read_bytes() == damaged
            refused += 1
    last = content.splitlines(keepends=True)[-1]
    assert refused >= len(content) - 2 * len(last)  # what is at the end counts as cut short


def test_a_damaged_file_is_set_aside_if_that_is_allowed(store, tmp_path):
    said = []
    whole = run_replicates(draw, 4, seed=1, store=store)
    content = store.path.read_bytes()
    damaged = content.replace(b'"product": ', b'"product": 1', 1)
    allowed = Store(store.path, WHAT, overwrite=True, option="--force", notify=said.append)
    for number in (1, 2):
        store.path.write_bytes(damaged)
        with pytest.raises(UsageError, match=r"store, line 2: these replicates are damaged.*Add --force"):
            run_replicates(draw, 4, seed=1, store=Store(store.path, WHAT, option="--force"))
        assert run_replicates(draw, 4, seed=1, store=allowed) == whole
        assert store.path.read_bytes() == content
        aside = tmp_path / f"store.damaged-{number}"
        assert aside.read_bytes() == damaged
        note = said.pop()
        assert (note.code, note.where.line) == ("replicates.damaged-file", 2)
        assert note.text.endswith(f"the file is now {aside.name}")


def test_the_replicates_of_another_run_do_not_count_under_a_new_first_line(store):
    """As a run leaves them that is killed between the first line of its own and the end of the other's."""
    whole = run_replicates(draw, 3, seed=1, store=store)
    first = store.path.read_bytes().partition(b"\n")[0]
    run_replicates(draw, 3, seed=2, store=Store(store.path, WHAT, overwrite=True))
    others = store.path.read_bytes().partition(b"\n")[2]
    store.path.write_bytes(first + b"\n" + others)
    assert run_replicates(draw, 3, seed=1, store=store) == whole


@pytest.mark.parametrize(
    "line",
    [b"[" * 200_000, b'{"index": [1], "value": {}}', b'{"index": 0, "value": 1}', b"\xff\xfe", b"{}" * 9],
)
def test_no_line_ends_in_a_traceback(store, line):
    """Behind a first line of today, or of before there were checksums."""
    run_replicates(draw, 1, seed=1, store=store)
    first = store.path.read_bytes().partition(b"\n")[0]
    for header in (first, b'{"glasspara_replicates": 1, "seed": 1, "versions": {}, "what": {}}'):
        store.path.write_bytes(header + b"\n" + line + b"\n")
        if header == first:  # a line that was cut
            run_replicates(draw, 1, seed=1, store=store)
        else:
            with pytest.raises(UsageError, match="damaged, or of another version"):
                run_replicates(draw, 1, seed=1, store=store)


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
@pytest.mark.parametrize("kind", ["link", "dangling link", "second name", "FIFO", "folder"])
def test_only_a_plain_file_is_a_store(store, tmp_path, kind):
    other = tmp_path / "other"
    if kind != "dangling link":
        run_replicates(draw, 1, seed=2, store=Store(other, WHAT))
    match kind:
        case "second name":
            store.path.hardlink_to(other)
        case "FIFO":
            os.mkfifo(store.path)
        case "folder":
            store.path.mkdir()
        case _:
            store.path.symlink_to(other)
    before = other.read_bytes() if other.exists() else None
    for overwrite in (False, True):
        with pytest.raises(UsageError, match=r"not a plain file. Remove it"):
            run_replicates(draw, 1, seed=1, store=Store(store.path, WHAT, overwrite=overwrite))
    assert (other.read_bytes() if other.exists() else None) == before


def test_a_full_disk_is_an_error_of_one_line(store, monkeypatch):
    def full(handle, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("glasspara.replicates.store.write_all", full)
    with pytest.raises(UsageError, match="No space left on device"):
        run_replicates(draw, 2, seed=1, store=store)


def test_a_file_is_not_removed_while_another_run_uses_it(store):
    with store.open(1):
        store.discard()
        assert store.path.exists()
    store.discard()
    assert not store.path.exists()


# --- interruptions ---------------------------------------------------------------------------------------


def started(folder: Path, stuck_from: int) -> subprocess.Popen[str]:
    (folder / "script.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, folder / "script.py", folder, str(stuck_from)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def lines(folder: Path) -> int:
    store = folder / "store"
    return store.read_bytes().count(b"\n") - 1 if store.exists() else 0


def begun(folder: Path) -> list[tuple[int, int]]:
    """Index and process of every replicate that began."""
    names = (path.name.partition("-") for path in folder.glob("[0-9]*-*"))
    return [(int(index), int(process)) for index, _, process in names]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_kill_9_loses_nothing_and_leaves_no_worker(tmp_path):
    process = started(tmp_path, 500)  # not done before it is killed, however late that is
    wait_until(lambda: lines(tmp_path) > 20)
    process.kill()
    process.communicate()
    wait_until(lambda: not any(alive(worker) for _, worker in begun(tmp_path)))
    store = Store(tmp_path / "store", {})
    with store.open(3) as record:
        kept = set(record.found)
    assert 20 < len(kept) <= 500
    count = max(kept) + 5
    again = run_replicates(Slow(tmp_path, 0.0), count, seed=3, store=store)
    redone = {index for index, worker in begun(tmp_path) if worker == os.getpid()}
    assert redone == set(range(count)) - kept
    assert again == run_replicates(Slow(tmp_path, 0.0), count, seed=3)


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups there")
def test_ctrl_c_stops_at_once_and_leaves_the_record_whole(tmp_path):
    process = started(tmp_path, 50)
    wait_until(lambda: any(index >= 50 for index, _ in begun(tmp_path)))  # it takes a minute
    begin = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert time.monotonic() - begin < 30.0  # those that began take a minute
    assert process.returncode == 130
    assert stderr == ""
    content = (tmp_path / "store").read_text()
    assert content.endswith("\n")
    kept = [json.loads(line)["index"] for line in content.splitlines()[1:]]
    assert len(set(kept)) == len(kept) > 0
    assert max(kept) < 50
