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
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from glasspara.errors import UsageError
from glasspara.replicates.store import interrupts_deferred, versions

_CONNECT = 5.0  # s
_FIRST_WORKER = 5.0  # s, after that
_ANSWER = 4.0  # s, for a scheduler that has answered before
_POLL_EVERY = 2.0  # s, for workers that came or went
_LONGEST_WITHOUT = 6.0  # s without any worker


@dataclass(frozen=True)
class Pool:
    """Workers that take chunks. ``slots`` says how many replicates they can do at the same time, now."""

    executor: Executor
    slots: Callable[[], int]
    pickled: Callable[[object], bytes]
    """How a task is pickled for them."""
    check: Callable[[], None] = lambda: None
    """Called now and then while chunks are waited for; raises ChunkFailedError where none can come back any more."""


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
            client = _within(
                _CONNECT, lambda: Client(address, timeout=_CONNECT, set_as_default=False), "no answer"
            )
        except Exception as error:  # of any type, where something else than a scheduler answers
            raise UsageError(
                f"no Dask scheduler answers at {address!r} ({_reason(error)})",
                remedy="Give --cluster the address that it printed when it started, tcp://HOST:PORT",
            ) from None
        with client:
            _wait_for_workers(client, address)
            executor, workers = client.get_executor(pure=False), _Workers(client)
            try:
                yield Pool(executor, workers.slots, dumps, workers.check)
            except ChunkFailedError as error:
                raise _explained(error.__cause__, address) from None
            finally:
                executor.shutdown(wait=False)


def _within(seconds: float, make: Callable[[], Any], otherwise: str) -> Any:
    """What ``make`` returns or raises; TimeoutError where it does not come back in half as much again.

    Dask waits for ever where something accepts the connection and says nothing, or speaks another language.
    """
    found: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()

    def attempt() -> None:
        try:
            found.put((make(), None))
        except Exception as error:
            found.put((None, error))

    # A client that is collected while another one starts waits for a lock that the other holds: for ever.
    with _no_garbage_collection():
        Thread(target=attempt, daemon=True).start()
        try:
            made, error = found.get(timeout=1.5 * seconds)
        except Empty:
            raise TimeoutError(otherwise) from None
    if error is not None:
        raise error
    return made


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


class _Workers:
    """The workers of a cluster, looked up now and then."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._asked_at = self._seen = monotonic()
        self._threads = max(1, self._asked())

    def slots(self) -> int:
        """How many threads all of them have together."""
        if monotonic() - self._asked_at >= _POLL_EVERY:
            self._asked_at, threads = monotonic(), self._asked()
            if threads:
                self._threads, self._seen = threads, monotonic()
        return self._threads

    def check(self) -> None:
        """Raise ChunkFailedError where there have been none for a while, or the scheduler does not answer."""
        self.slots()
        if monotonic() - self._seen > _LONGEST_WITHOUT:
            raise ChunkFailedError from ConnectionError("all its workers are gone")

    def _asked(self) -> int:
        try:
            cores = self._client.sync(self._client.scheduler.ncores, callback_timeout=_ANSWER)
        except Exception:  # of any type, where it is gone
            return 0
        return sum(cores.values())


def _explained(cause: BaseException | None, address: str) -> UsageError:
    known = ", ".join(f"{name} {number}" for name, number in versions().items())
    return UsageError(
        f"the Dask cluster at {address} gave up: {_reason(cause)}",
        remedy=f"Its workers need {known}, and what the task imports; finished replicates are kept",
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
