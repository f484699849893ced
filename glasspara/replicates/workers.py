"""Workers that take chunks of replicates: processes on this machine, or those of a Dask cluster."""

from __future__ import annotations

import gc
import logging
import os
import pickle
import signal
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from time import monotonic
from typing import Any

from glasspara.errors import UsageError
from glasspara.replicates.critical_section import interrupts_deferred
from glasspara.replicates.store import versions

_CONNECT = 5.0  # s
_FIRST_WORKER = 5.0  # s, after that
_LOOK_EVERY = 5.0  # s, for workers that came or went


@dataclass(frozen=True)
class Pool:
    """Workers that take chunks. ``slots`` says how many replicates they can do at the same time, now."""

    executor: Executor
    slots: Callable[[], int]
    pickled: Callable[[object], bytes]
    """How a task is pickled for them."""


class ChunkFailedError(Exception):
    """A chunk did not come back; its cause is why."""


# --- processes -------------------------------------------------------------------------------------------


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
            with interrupts_deferred():
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
    warnings.simplefilter("ignore")  # the terminal is that of the process that started this one, too
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    Thread(target=_leave_with, args=(lifeline,), daemon=True).start()


def _leave_with(lifeline: Connection) -> None:
    """End this process as soon as the other end of ``lifeline`` is closed: nothing is ever sent."""
    try:
        lifeline.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)


# --- a cluster -------------------------------------------------------------------------------------------


@contextmanager
def dask_cluster(address: str) -> Iterator[Pool]:
    """The workers of the scheduler at ``address`` ("tcp://host:port") until the end of the block.

    What a worker had not finished when it was lost, Dask gives to another.

    Raises
    ------
    UsageError
        dask.distributed is not installed, no scheduler answers, it has no workers, or they fail.
    """
    try:
        from cloudpickle import dumps
        from distributed import Client
    except ImportError:
        raise UsageError(
            "--cluster needs the package distributed", remedy="pip install 'glasspara[cluster]'"
        ) from None
    with _silent():
        try:
            # A client that is collected while another one starts waits for a lock that the other holds: for ever.
            with _no_garbage_collection():
                client = Client(address, timeout=_CONNECT, set_as_default=False)
        except Exception as error:  # of any type, where something else than a scheduler answers
            raise UsageError(
                f"no Dask scheduler answers at {address!r} ({_reason(error)})",
                remedy="Give --cluster the address that it printed when it started, tcp://HOST:PORT",
            ) from None
        with client:
            _wait_for_workers(client, address)
            executor = client.get_executor(pure=False)
            try:
                yield Pool(executor, _slots(client), dumps)
            except ChunkFailedError as error:
                raise _explained(error.__cause__, address) from None
            finally:
                executor.shutdown(wait=False)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """What can be collected is collected first, and nothing within the block."""
    gc.collect()
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _wait_for_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_FIRST_WORKER)
    except TimeoutError:
        raise UsageError(
            f"the Dask scheduler at {address} has no workers", remedy=f"Start some: dask worker {address}"
        ) from None


def _slots(client: Any) -> Callable[[], int]:
    """How many threads all workers have together, looked up now and then."""
    looked, threads = -_LOOK_EVERY, 1

    def slots() -> int:
        nonlocal looked, threads
        if monotonic() - looked >= _LOOK_EVERY:
            threads, looked = max(1, sum(client.nthreads().values())), monotonic()
        return threads

    return slots


def _explained(cause: BaseException | None, address: str) -> UsageError:
    wanted = ", ".join(f"{name} {number}" for name, number in versions().items())
    return UsageError(
        f"the Dask cluster at {address} gave up: {_reason(cause)}",
        remedy=f"Its workers need {wanted}, and what the task imports; finished replicates are kept",
    )


def _reason(error: BaseException | None) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__


@contextmanager
def _silent() -> Iterator[None]:
    """Without what Dask logs of workers that come and go."""
    loggers = [
        logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("distributed")
    ]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
