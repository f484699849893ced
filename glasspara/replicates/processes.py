"""Worker processes on this machine."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread

from glasspara.errors import UsageError
from glasspara.replicates.pool import ChunkFailedError, Pool


@contextmanager
def processes(jobs: int) -> Iterator[Pool]:
    """``jobs`` worker processes until the end of the block.

    They are spawned: forking a process with threads is not safe, and a fork server saves but 0.1 s. Where the block
    ends by an exception, or this process is killed, they stop at once, whatever they are doing.
    """
    context = get_context("spawn")
    lifeline, held = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=(lifeline,))
    with held, lifeline:
        try:
            with _interrupts_held():
                for _ in range(jobs):
                    executor.submit(_start)
            yield Pool(executor, lambda: jobs, pickle.dumps)
        except BaseException as error:
            held.close()
            if isinstance(error, ChunkFailedError) and error.__cause__:
                raise error.__cause__ from None
            raise
        finally:
            executor.shutdown(wait=True, cancel_futures=True)


def workers_died(where: str = "") -> UsageError:
    """What to say where they do so again and again."""
    return UsageError(f"the worker processes die{where} (out of memory?)", remedy="Try fewer --jobs")


def _start() -> None:
    """A worker process starts with the first thing that it is given."""


def _begin(lifeline: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    Thread(target=_leave_with, args=(lifeline,), daemon=True).start()


def _leave_with(lifeline: Connection) -> None:
    """End this process as soon as the other end of ``lifeline`` is closed: nothing is ever sent."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the end of the block. Processes started in it do not hear it at all."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
