"""Seeded replicates of one task on all cores or a Dask cluster: same bits on any number of workers, resumable.

:func:`run_replicates` goes on where an earlier run stopped. The random numbers of a replicate depend on the seed and
its index alone, blocks of replicates that are done side by side are always the same, and linear algebra runs on one
thread everywhere: which worker does a replicate, and what it did before, cannot change a bit of the result. The one
thread is also the faster choice: the matrices are tall and thin, and there is a worker for every core already.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

from glasspara.errors import GlassparaError
from glasspara.replicates.cores import Progress, no_progress, one_thread, one_thread_for_good

if TYPE_CHECKING:
    import numpy as np

    from glasspara.replicates.store import Record, Seed, Store
    from glasspara.replicates.workers import Pool

# What only workers need is imported where it is used: most commands want nothing but the cores of this machine.

Task = Callable[["np.random.Generator", int], Any]
"""A picklable function of a random generator and the replicate's index; what it returns must fit into JSON."""


class BlockTask(Protocol):
    """A picklable task that does ``block`` replicates side by side, which may cost less than one by one.

    A block is always done as a whole, whichever of its replicates are wanted: they may share their last bits.
    """

    @property
    def block(self) -> int: ...

    def many(self, rngs: Sequence[np.random.Generator], indices: Sequence[int]) -> Sequence[Any]:
        """What each replicate returns, or the exception that it raised."""


IndexBlock = tuple[int, ...]
"""Replicates that are done together: those of one block that are wanted."""

# Worker processes take a second to start; what is done sooner is done here.
_WORTH_WORKERS = 2.0
# Long enough for the way to a worker not to count, short enough to lose little with one.
_CHUNK_SECONDS = 0.25
_LARGEST_CHUNK = 256
_QUEUED_PER_SLOT = 2
_PATIENCE = 1.0  # s, for a chunk, before somebody asks after the workers
# Where so many replicates have killed their worker and none has come back, it is not the replicates.
_DEATHS_ENOUGH = 3
_LONGEST_MESSAGE = 300


@dataclass(frozen=True)
class Replicate:
    """One replicate: the value that the task returned, as JSON has it, or what it raised, in one line."""

    index: int
    value: Any = None
    error: str | None = None


def run_replicates(
    task: Task | BlockTask,
    count: int,
    *,
    seed: Seed,
    jobs: int = 1,
    cluster: str | None = None,
    store: Store | None = None,
    progress: Progress = no_progress,
) -> list[Replicate]:
    """Run ``task(rng, index)`` for index = 0 ... count - 1; results in this order, the same bits wherever they ran.

    Parameters
    ----------
    task : picklable callable, or BlockTask
        Takes a ``numpy.random.Generator`` and the index, returns what fits into JSON. Must depend on nothing else.
    seed : int or tuple of int
        The generator of a replicate is PCG64 seeded by ``SeedSequence(seed, spawn_key=(index,))``.
    jobs : int
        Worker processes on this machine; with 1 the work is done in this process. A script that asks for more must
        guard its main part by ``if __name__ == "__main__":``, as multiprocessing demands.
    cluster : str, optional
        Address of a Dask scheduler; ``jobs`` then does not count.
    store : Store, optional
        Keeps finished replicates; those that it holds already are not done again.

    Returns
    -------
    list of Replicate
        A replicate that raised is there with its error.

    Raises
    ------
    UsageError
        The store belongs to another run, or the workers cannot be had or fail.
    GlassparaError
        Every replicate raised.
    """
    with store.open(seed) if store else nullcontext() as record:
        found = record.found if record else {}

        def missing() -> list[IndexBlock]:
            return _blocks(task, [index for index in range(count) if index not in found])

        def do(blocks: list[IndexBlock]) -> None:
            before, done = len(found), count - sum(map(len, missing()))
            progress(done, count)
            with closing(_lines(task, blocks, seed, jobs, cluster)) as lines:
                for line in lines:
                    _keep(line, found, record)
                    progress(done + len(found) - before, count)

        while left := missing():
            try:
                do(left)
            except BrokenExecutor:
                if missing() == left:  # otherwise new workers may do the rest as it is
                    _one_by_one(do, left)
        replicates = [Replicate(**found[index]) for index in range(count)]
    errors = [item.error for item in replicates if item.error is not None]
    if errors and len(errors) == count:
        raise GlassparaError(f"all {count} replicates failed, the first with {errors[0]}")
    return replicates


def _blocks(task: Task | BlockTask, indices: Iterable[int]) -> list[IndexBlock]:
    """``indices`` by the blocks to which they belong."""
    found: dict[int, list[int]] = {}
    for index in indices:
        found.setdefault(index // _block_of(task), []).append(index)
    return [tuple(block) for block in found.values()]


def _block_of(task: Task | BlockTask) -> int:
    return 1 if callable(task) else task.block


def _one_by_one(do: Callable[[list[IndexBlock]], None], blocks: list[IndexBlock]) -> None:
    """Each block in a worker of its own: one at which workers die cannot take others along.

    Raises
    ------
    UsageError
        Some died here too; the others are done, unless nearly all do.
    """
    from glasspara.replicates.workers import workers_died

    deadly: list[int] = []
    for tried, block in enumerate(blocks):
        try:
            do([block])
        except BrokenExecutor:
            deadly.append(block[0])
        if len(deadly) == tried + 1 == _DEATHS_ENOUGH:
            break
    if deadly:
        raise workers_died(f" at replicate {', '.join(map(str, deadly))}")


def _keep(line: str, found: dict[int, dict[str, Any]], record: Record | None) -> None:
    item = json.loads(line)
    if item["index"] in found:
        return
    if record:
        record.append(line)
    found[item["index"]] = item


def _lines(
    task: Task | BlockTask, blocks: list[IndexBlock], seed: Seed, jobs: int, cluster: str | None
) -> Generator[str]:
    """A line of JSON for each replicate of ``blocks``, as they are finished."""
    if cluster is None and blocks and _block_of(task) > 1:
        begin = perf_counter()
        with one_thread():
            yield from run_block(task, seed, blocks[0])
        blocks = blocks[1:]
        if (perf_counter() - begin) * len(blocks) < _WORTH_WORKERS:
            jobs = 1
    if cluster is None and jobs <= 1:
        with one_thread():
            for block in blocks:
                yield from run_block(task, seed, block)
        return
    from glasspara.replicates.store import versions
    from glasspara.replicates.workers import dask_cluster, processes

    workers: AbstractContextManager[Pool] = (
        dask_cluster(cluster) if cluster is not None else processes(min(jobs, len(blocks)))
    )
    with workers as pool:
        for chunk in _chunks(pool, Job(pool.pickled(task), seed, versions()), blocks):
            yield from chunk.lines


def _chunks(pool: Pool, job: Job, blocks: Sequence[IndexBlock]) -> Iterator[Chunk]:
    """Chunks as they are finished, a few at a time on their way so that neither workers nor queue run full.

    Ctrl-C is heard only where this waits. Raised within the executor or ``concurrent.futures.wait`` it can leave a lock
    of theirs held, and the executor's end then never comes.
    """
    from glasspara.replicates.store import interrupts_deferred
    from glasspara.replicates.workers import ChunkFailedError

    waiting, size = iter(blocks), 1
    finished: SimpleQueue[Future[Chunk]] = SimpleQueue()
    running = 0
    while True:
        while running < _QUEUED_PER_SLOT * pool.slots():
            if not (some := tuple(islice(waiting, size))):
                break
            with interrupts_deferred():
                try:
                    future = pool.executor.submit(run_chunk, job, some)
                except RuntimeError as error:  # they broke since the last chunk came back
                    raise ChunkFailedError from error
                future.add_done_callback(finished.put)
            running += 1
        if not running:
            return
        done = [_next(finished, pool)]
        while not finished.empty():
            done.append(finished.get())
        running -= len(done)
        failure: BaseException | None = None
        for future in done:
            try:
                chunk = future.result()
            except Exception as error:  # the others are still worth having
                failure = error
                continue
            size = max(1, min(_LARGEST_CHUNK, int(_CHUNK_SECONDS / max(chunk.seconds_a_block, 1.0e-6))))
            yield chunk
        if failure is not None:
            raise ChunkFailedError from failure


def _next(finished: SimpleQueue[Future[Chunk]], pool: Pool) -> Future[Chunk]:
    """The next chunk that is finished, as long as there is somebody to finish it."""
    while True:
        try:
            return finished.get(timeout=_PATIENCE)
        except Empty:
            pool.check()


# --- in a worker -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """A task on its way to the workers, pickled once."""

    payload: bytes
    seed: Seed
    versions: Mapping[str, str]
    """What the workers must have installed."""


@dataclass(frozen=True)
class Chunk:
    """What came of some blocks: a line of JSON for each replicate, and the seconds that a block took."""

    lines: tuple[str, ...]
    seconds_a_block: float


class WrongVersionError(Exception):
    """A worker has other versions installed than the process that asks it."""


def generator(seed: Seed, index: int) -> np.random.Generator:
    """Random numbers of the replicate ``index``."""
    import numpy as np

    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(index,))))


def run_block(task: Task | BlockTask, seed: Seed, block: IndexBlock) -> list[str]:
    """A line of JSON for each of some replicates of one block: {"index", "value"}, or {"index", "error"}."""
    size = _block_of(task)
    first = block[0] // size * size
    whole = range(first, first + size)
    if callable(task):
        found = [_returned(task, generator(seed, index), index) for index in block]
    else:
        all_of_them = task.many([generator(seed, index) for index in whole], whole)
        found = [all_of_them[index - first] for index in block]
    return [_line(index, value) for index, value in zip(block, found, strict=True)]


def _returned(task: Task, rng: np.random.Generator, index: int) -> Any:
    """What the task returned, or the exception that it raised."""
    try:
        return task(rng, index)
    except MemoryError:
        raise  # says nothing of the replicate
    except Exception as error:
        return error


def _line(index: int, value: Any) -> str:
    try:
        if isinstance(value, Exception):
            raise value
        return json.dumps({"index": index, "value": value})
    except Exception as error:
        message = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_MESSAGE]
        return json.dumps({"index": index, "error": message})


def run_chunk(job: Job, blocks: tuple[IndexBlock, ...]) -> Chunk:
    """The replicates of some ``blocks``, in a worker.

    Raises
    ------
    WrongVersionError
        Where this worker's results would not be those of another.
    """
    from glasspara.replicates.store import versions

    if job.versions != versions():
        found = ", ".join(f"{name} {number}" for name, number in versions().items())
        raise WrongVersionError(f"a worker has {found}")
    one_thread_for_good()
    task = _unpickled(job.payload)
    begin = perf_counter()
    lines = tuple(line for block in blocks for line in run_block(task, job.seed, block))
    return Chunk(lines, (perf_counter() - begin) / len(blocks))


@lru_cache(maxsize=2)
def _unpickled(payload: bytes) -> Task | BlockTask:
    task: Task | BlockTask = pickle.loads(payload)
    return task
