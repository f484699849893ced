"""One task for each of many items on several cores, results in the order of the items."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Few enough chunks for their way to a worker not to count, enough of them that all workers end together.
_CHUNKS_PER_WORKER = 8
_LARGEST_CHUNK = 32


def in_order(
    task: Callable[[Item], Result], items: Sequence[Item], *, jobs: int
) -> closing[Generator[Result, None, None]]:
    """``task(item)`` for each of ``items``, in their order: a block in which the results come one by one.

    Parameters
    ----------
    task : picklable callable
        What it raises ends the batch.
    jobs : int
        Worker processes; with 1 the work is done in this process, item by item as it is asked for. Leaving the
        block stops them at once, whatever they are doing.

    Raises
    ------
    UsageError
        A worker died.
    """
    return closing(_results(task, items, min(jobs, len(items))))


def _results(
    task: Callable[[Item], Result], items: Sequence[Item], jobs: int
) -> Generator[Result, None, None]:
    if jobs <= 1:
        yield from map(task, items)
        return
    # A twentieth of a second that one fit does not need.
    from concurrent.futures.process import BrokenProcessPool

    from glasspara.replicates.processes import processes, workers_died

    size = max(1, min(_LARGEST_CHUNK, len(items) // (_CHUNKS_PER_WORKER * jobs)))
    try:
        with processes(jobs) as pool:
            yield from pool.executor.map(task, items, chunksize=size)
    except BrokenProcessPool:
        raise workers_died() from None
