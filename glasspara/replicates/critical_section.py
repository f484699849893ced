"""Critical sections: one process at a time, and Ctrl-C not before the end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from glasspara.errors import UsageError

_LOOK_EVERY = 0.02  # s
_DEFERRED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def lock(descriptor: int, *, seconds: float, busy: UsageError) -> None:
    """Lock the open file or folder against other processes; the lock ends when it is closed or the process ends.

    Systems and file systems that have no such locks do without.

    Parameters
    ----------
    seconds : float
        How long to wait for another process that holds the lock.
    busy : UsageError
        What is raised where that was not enough.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise busy from None
            time.sleep(_LOOK_EVERY)
        except OSError:  # a file system without locks
            return
        else:
            return


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP within the block take effect at its end.

    Processes started in the block do not receive Ctrl-C at all: it is for the process that started them.
    """
    with _signals_recorded():
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            yield
            return
        # Inherited by the processes. Alone it would not do: where there are other threads, one of them takes the
        # signal, and Python then interrupts the main thread. SIGTERM stays open: it must end the processes.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)  # what waited meanwhile is recorded now


@contextmanager
def _signals_recorded() -> Iterator[None]:
    """Signals within the block are raised again at its end. Only the main thread ever handles one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in _DEFERRED}
    # None is a handler that Python does not know and could not put back. What is ignored (nohup) stays so.
    handlers = {number: old for number, old in handlers.items() if old not in (None, signal.SIG_IGN)}
    received: list[int] = []
    for number in handlers:
        signal.signal(number, lambda number, _frame: received.append(number))
    try:
        yield
    finally:
        for number, old in reversed(handlers.items()):  # Ctrl-C, which raises at once, comes last
            signal.signal(number, old)
        for number in dict.fromkeys(received):
            signal.raise_signal(number)
