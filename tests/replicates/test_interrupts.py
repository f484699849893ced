"""Ctrl-C within a block is raised at its end."""

from __future__ import annotations

import signal
import threading

import pytest

from glasspara.replicates.interrupts import interrupts_deferred


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
