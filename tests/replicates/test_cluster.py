"""Replicates on a Dask cluster: a real scheduler and real workers, on this machine."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from glasspara.errors import UsageError
from glasspara.replicates import run_replicates, workers
from glasspara.replicates.store import Store, versions
from tests.conftest import ROOT
from tests.replicates.tasks import Slow, draw, fail_at_odd
from tests.replicates.waiting import wait_until


@contextmanager
def process(module: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments, "--no-dashboard"]
    with subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()
            running.communicate()


def said(running: subprocess.Popen[str], pattern: str) -> str:
    assert running.stderr
    for line in running.stderr:
        if match := re.search(pattern, line):
            return match[1]
    raise AssertionError(f"{running.args} never said {pattern}")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    pytest.importorskip("distributed")
    with process("dask_scheduler", "--host", "127.0.0.1", "--port", "0") as running:
        yield said(running, r"Scheduler at:\s+(tcp://\S+)")


@contextmanager
def worker(address: str) -> Iterator[subprocess.Popen[str]]:
    options = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1")
    with process("dask_worker", address, *options) as running:
        said(running, r"(Registered to)")
        yield running


def test_no_worker_and_no_scheduler_are_errors_of_one_line(scheduler, monkeypatch):
    """The first test here: no worker has been at the scheduler, which takes its time to forget one."""
    monkeypatch.setattr(workers, "_FIRST_WORKER", 0.1)
    with pytest.raises(UsageError, match="has no workers"):
        run_replicates(draw, 4, seed=7, cluster=scheduler)
    monkeypatch.setattr(workers, "_CONNECT", 0.5)
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        with pytest.raises(UsageError, match="no Dask scheduler answers") as caught:
            run_replicates(draw, 4, seed=7, cluster=address)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 100])
def test_what_listens_but_is_no_scheduler(monkeypatch, says):
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "_CONNECT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted = []

        def accept():
            with suppress(OSError):
                while True:
                    accepted.append(server.accept()[0])
                    accepted[-1].sendall(says)

        Thread(target=accept, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(UsageError, match="no Dask scheduler answers") as caught:
            run_replicates(draw, 4, seed=7, cluster=address)
        assert "\n" not in str(caught.value)
        for connection in accepted:
            connection.close()


@pytest.mark.parametrize("lost", ["workers", "scheduler"])
def test_all_workers_lost(tmp_path, monkeypatch, lost):
    """One line within seconds, and what was done is kept."""
    pytest.importorskip("distributed")
    for name, seconds in (("_LONGEST_WITHOUT", 0.5), ("_POLL_EVERY", 0.1), ("_ANSWER", 1.0)):
        monkeypatch.setattr(workers, name, seconds)
    store = Store(tmp_path / "store", {})
    with process("dask_scheduler", "--host", "127.0.0.1", "--port", "0") as running:
        address = said(running, r"Scheduler at:\s+(tcp://\S+)")
        with worker(address) as only:

            def kill(done: int, total: int) -> None:
                if done == 3:
                    (only if lost == "workers" else running).kill()

            with pytest.raises(UsageError, match=r"gave up: .*; finished replicates are kept"):
                run_replicates(Slow(tmp_path, 0.05), 100, seed=5, cluster=address, store=store, progress=kill)
    assert len((tmp_path / "store").read_text().splitlines()) >= 4


def at_work(folder: Path) -> set[str]:
    """The processes that left a mark of ``Slow``."""
    return {path.name.partition("-")[2] for path in folder.glob("[0-9]*-*")}


def test_a_lost_worker_costs_nothing(scheduler, tmp_path):
    store = Store(tmp_path / "store", {})
    seen = []
    with worker(scheduler) as first, worker(scheduler) as second:

        def kill_one(done: int, total: int) -> None:
            seen.append(done)
            if done == 11:
                wait_until(lambda: {str(first.pid), str(second.pid)} <= at_work(tmp_path))
                first.kill()

        found = run_replicates(
            Slow(tmp_path, 0.02), 100, seed=5, cluster=scheduler, store=store, progress=kill_one
        )
        assert first.poll() is not None
        assert second.poll() is None
        whole = run_replicates(draw, 20, seed=7, cluster=scheduler)
        failed = run_replicates(fail_at_odd, 4, seed=7, cluster=scheduler)
    assert whole == run_replicates(draw, 20, seed=7)
    assert failed == run_replicates(fail_at_odd, 4, seed=7)
    assert found == run_replicates(Slow(tmp_path, 0.0), 100, seed=5)
    assert len((tmp_path / "store").read_text().splitlines()) == 101
    assert seen[-1] == 100
    assert len(seen) == 101
    assert {str(first.pid), str(second.pid)} <= at_work(tmp_path)


def test_a_worker_with_other_versions_is_refused(scheduler, monkeypatch):
    mine = versions()
    with worker(scheduler):
        monkeypatch.setattr("glasspara.replicates.store.versions", lambda: {**mine, "numpy": "0.1"})
        with pytest.raises(UsageError, match=r"gave up: a worker has glasspara .* numpy \d"):
            run_replicates(draw, 4, seed=7, cluster=scheduler)


def test_without_the_package_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'glasspara\[cluster\]'"):
        run_replicates(draw, 4, seed=7, cluster="tcp://127.0.0.1:1")
