"""Critical sections: signals wait for their end, and one process is in it at a time."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import threading
import time

import pytest

from glasspara.errors import UsageError
from glasspara.replicates.store import interrupts_deferred, lock


@pytest.fixture(autouse=True)
def heard():
    """Ctrl-C is heard, as in a terminal: a shell's background jobs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_for_the_end_of_the_block():
    reached = []

    def interrupted() -> None:
        with interrupts_deferred():
            signal.raise_signal(signal.SIGINT)
            reached.append("end")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == ["end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_block_that_is_not_interrupted_changes_nothing():
    with interrupts_deferred():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(ZeroDivisionError), interrupts_deferred():
        _ = 1 / 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_may_use_it():
    ends = []

    def work() -> None:
        with interrupts_deferred():
            ends.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ends == [1]


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="no such signal there")
def test_the_end_of_a_session_waits_too():
    received = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: received.append(number))
    try:
        with interrupts_deferred():
            signal.raise_signal(signal.SIGTERM)
            assert received == []
        assert received == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(sys.platform == "win32", reason="no such mask there")
def test_other_threads_take_no_interrupt_meanwhile():
    """One of them receives the signal, as the main thread blocks it; Python handles it in the main thread."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    reached = []

    def interrupted() -> None:
        with interrupts_deferred():
            signal.pthread_kill(thread.ident, signal.SIGINT)
            time.sleep(0.05)
            reached.append("end")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    done.set()
    thread.join()
    assert reached == ["end"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such mask there")
def test_a_process_started_within_does_not_receive_it():
    code = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    with interrupts_deferred():
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout == "True\n"


def test_a_lock_is_waited_for_and_then_refused(tmp_path):
    pytest.importorskip("fcntl")
    path = tmp_path / "file"
    path.touch()
    busy = UsageError("busy")
    with path.open() as first, path.open() as second:
        lock(first.fileno(), seconds=0.0, busy=busy)
        begin = time.monotonic()
        with pytest.raises(UsageError, match="busy"):
            lock(second.fileno(), seconds=0.1, busy=busy)
        assert time.monotonic() - begin >= 0.1
        threading.Timer(0.1, first.close).start()
        lock(second.fileno(), seconds=60.0, busy=busy)


def test_a_file_system_without_locks_does_without(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def no_locks(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    lock(0, seconds=0.0, busy=UsageError("busy"))
