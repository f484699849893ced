"""The cores of this machine: how many there are, work shared among them, and linear algebra on one of them.

Asking for them loads nothing that only workers need.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager, nullcontext
from functools import cache, partial, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from glasspara.errors import GlassparaError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
Item = TypeVar("Item")
Result = TypeVar("Result")

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do, first with what is done at the start."""

FILES_A_PROCESS = 32
"""Reading so many small files costs as much as the start of a process."""

# Few enough chunks for their way to a worker not to count, enough of them that all workers end together.
_CHUNKS_PER_WORKER = 8
_LARGEST_CHUNK = 32

_THREADS = "OPENBLAS_NUM_THREADS"
ONE_THREAD = {_THREADS: "1", "MKL_NUM_THREADS": "1"}
"""Environment in which libraries of linear algebra use one thread, if it is there before they are loaded."""


def no_progress(done: int, total: int) -> None:
    """Where nobody wants to know."""


def usable_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# --- many items ------------------------------------------------------------------------------------------


def in_order(
    task: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    jobs: int,
    per_process: int = 1,
    progress: Progress = no_progress,
) -> closing[Generator[Result, None, None]]:
    """``task(item)`` for each of ``items``, in their order: a block in which the results come one by one.

    Parameters
    ----------
    task : picklable callable
        What it raises ends the batch.
    jobs : int
        Worker processes; with 1 the work is done in this process, item by item as it is asked for. Leaving the
        block stops them at once, whatever they are doing.
    per_process : int
        So many items are worth the start of a process: there are never more processes than that allows.
    progress : callable
        An item counts as done when the next one is asked for.

    Raises
    ------
    UsageError
        A worker died.
    """
    return closing(_results(task, items, min(jobs, len(items) // per_process), progress))


def each_file(
    task: Callable[[str], Result], paths: Sequence[str], *, jobs: int, progress: Progress = no_progress
) -> closing[Generator[Result | GlassparaError, None, None]]:
    """``task(path)`` for each of ``paths`` in their order, or the error that it raised: a block of results.

    ``task`` must be picklable. No more than one process is started for :data:`FILES_A_PROCESS` files, and none
    where a file is standard input, which cannot be shared.
    """
    return in_order(
        partial(_attempt, task),
        paths,
        jobs=1 if "-" in paths else jobs,
        per_process=FILES_A_PROCESS,
        progress=progress,
    )


def _attempt(task: Callable[[str], Result], path: str) -> Result | GlassparaError:
    try:
        return task(path)
    except GlassparaError as error:
        return error


def _results(
    task: Callable[[Item], Result], items: Sequence[Item], jobs: int, progress: Progress
) -> Generator[Result, None, None]:
    progress(0, len(items))
    with closing(_computed(task, items, jobs)) as results:
        for done, result in enumerate(results, 1):
            yield result
            progress(done, len(items))


def _computed(
    task: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> Generator[Result, None, None]:
    if jobs <= 1:
        yield from map(task, items)
        return
    from glasspara.replicates.workers import processes, workers_died

    size = max(1, min(_LARGEST_CHUNK, len(items) // (_CHUNKS_PER_WORKER * jobs)))
    try:
        with processes(jobs) as pool:
            yield from pool.executor.map(task, items, chunksize=size)
    except BrokenExecutor:
        raise workers_died() from None


# --- linear algebra --------------------------------------------------------------------------------------
# Matrices here are tall and thin, and threads make a fit take several times as long.


@cache
def _libraries() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  # only a library that is loaded can be limited
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _are_limited() -> bool:
    """Whether the environment did it already, as the program sees to: the libraries that can do it take 0.3 s."""
    return os.environ.items() >= ONE_THREAD.items()


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread, until the end of the block."""
    with nullcontext() if _are_limited() else _libraries().limit(limits=1):
        yield


@cache
def one_thread_for_good() -> None:
    """Linear algebra on one thread in this process. Not for a block: threads of one worker would undo it in turn."""
    if not _are_limited():
        _libraries().limit(limits=1)


def on_one_thread(function: Callable[P, Result]) -> Callable[P, Result]:
    """``function`` with its linear algebra on one thread, unless the environment says how many there shall be.

    The program sets ``OPENBLAS_NUM_THREADS`` before NumPy is loaded; this is for those who call from Python.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result:
        if _THREADS in os.environ:
            return function(*args, **kwargs)
        with one_thread():
            return function(*args, **kwargs)

    return call
