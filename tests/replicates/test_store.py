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
from glasspara.replicates.run import run_replicates
from glasspara.replicates.store import Store
from tests.conftest import ROOT
from tests.replicates.tasks import Slow, draw, fail_at_odd
from tests.replicates.waiting import wait_until

WHAT = {"data": "abc", "kind": "made"}

SCRIPT = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
import sys
from pathlib import Path
from glasspara.replicates.run import run_replicates
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


def test_other_versions_are_refused(store):
    run_replicates(draw, 2, seed=1, store=store)
    store.path.write_text(store.path.read_text().replace('"numpy": "', '"numpy": "0.'))
    with pytest.raises(UsageError, match="numpy differ"):
        run_replicates(draw, 2, seed=1, store=store)


@pytest.mark.parametrize("content", ["T,H,M\n1,2,3\n", "no line end", "{}\n", "[1]\n", "\n"])
def test_a_file_of_something_else_is_left_alone(store, content):
    store.path.write_text(content)
    with pytest.raises(UsageError, match="holds no replicates"):
        run_replicates(draw, 2, seed=1, store=store)
    assert store.path.read_text() == content


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match="cannot keep finished replicates"):
        run_replicates(draw, 2, seed=1, store=Store(tmp_path / "missing" / "store", {}))


@pytest.mark.skipif(sys.platform == "win32", reason="no such lock there")
def test_two_runs_do_not_share_a_file(store):
    with store.open(1), pytest.raises(UsageError, match="another run is writing"):
        run_replicates(draw, 2, seed=1, store=store)


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
