"""Run replicates of a task, here or on many workers, and go on where an earlier run stopped.

The random numbers of a replicate depend on the seed and its index alone, and linear algebra runs on one thread
everywhere: which worker does a replicate, and what it did before, cannot change a bit of the result. The one thread
is also the faster choice: the matrices are tall and thin, and there is a worker for every core already.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any

import numpy as np

from glasspara.errors import GlassparaError
from glasspara.replicates.cores import Progress, no_progress, one_thread, one_thread_for_good
from glasspara.replicates.critical_section import interrupts_deferred
from glasspara.replicates.store import Record, Seed, Store, versions
from glasspara.replicates.workers import ChunkFailedError, Pool, dask_cluster, processes, workers_died

Task = Callable[[np.random.Generator, int], Any]
"""A picklable function of a random generator and the replicate's index; what it returns must fit into JSON."""

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
    task: Task,
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
    task : picklable callable
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

        def missing() -> list[int]:
            return [index for index in range(count) if index not in found]

        def do(indices: list[int]) -> None:
            before, done = len(found), count - len(missing())
            progress(done, count)
            with closing(_lines(task, indices, seed, jobs, cluster)) as lines:
                for line in lines:
                    _keep(line, found, record)
                    progress(done + len(found) - before, count)

        while left := missing():
            try:
                do(left)
            except BrokenProcessPool:
                if len(missing()) == len(left):  # otherwise new workers may do the rest as it is
                    _one_by_one(do, left)
        replicates = [Replicate(**found[index]) for index in range(count)]
    errors = [item.error for item in replicates if item.error is not None]
    if errors and len(errors) == count:
        raise GlassparaError(f"all {count} replicates failed, the first with {errors[0]}")
    return replicates


def _one_by_one(do: Callable[[list[int]], None], indices: list[int]) -> None:
    """Each replicate in a worker of its own: one at which workers die cannot take others along.

    Raises
    ------
    UsageError
        Some died here too; the others are done, unless nearly all do.
    """
    deadly: list[int] = []
    for tried, index in enumerate(indices):
        try:
            do([index])
        except BrokenProcessPool:
            deadly.append(index)
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


def _lines(task: Task, indices: list[int], seed: Seed, jobs: int, cluster: str | None) -> Generator[str]:
    """A line of JSON for each of ``indices``, as they are finished."""
    if cluster is None and jobs <= 1:
        with one_thread():
            for index in indices:
                yield run_replicate(task, seed, index)
        return
    workers: AbstractContextManager[Pool] = (
        dask_cluster(cluster) if cluster is not None else processes(min(jobs, len(indices)))
    )
    with workers as pool:
        for chunk in _chunks(pool, Job(pool.pickled(task), seed, versions()), indices):
            yield from chunk.lines


def _chunks(pool: Pool, job: Job, indices: Iterable[int]) -> Iterator[Chunk]:
    """Chunks as they are finished, a few at a time on their way so that neither workers nor queue run full.

    Ctrl-C is heard only where this waits. Raised within the executor or ``concurrent.futures.wait`` it can leave a lock
    of theirs held, and the executor's end then never comes.
    """
    waiting, size = iter(indices), 1
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
            per_replicate = chunk.seconds / len(chunk.lines)
            size = max(1, min(_LARGEST_CHUNK, int(_CHUNK_SECONDS / max(per_replicate, 1.0e-6))))
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
    """What came of some replicates: a line of JSON for each, and the seconds that they took together."""

    lines: tuple[str, ...]
    seconds: float


class WrongVersionError(Exception):
    """A worker has other versions installed than the process that asks it."""


def generator(seed: Seed, index: int) -> np.random.Generator:
    """Random numbers of the replicate ``index``."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(index,))))


def run_replicate(task: Task, seed: Seed, index: int) -> str:
    """One line of JSON: {"index", "value"}, or {"index", "error"} where the task raised."""
    try:
        return json.dumps({"index": index, "value": task(generator(seed, index), index)})
    except MemoryError:
        raise  # says nothing of the replicate
    except Exception as error:
        message = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_MESSAGE]
        return json.dumps({"index": index, "error": message})


def run_chunk(job: Job, indices: tuple[int, ...]) -> Chunk:
    """The replicates ``indices``, in a worker.

    Raises
    ------
    WrongVersionError
        Where this worker's results would not be those of another.
    """
    if job.versions != versions():
        found = ", ".join(f"{name} {number}" for name, number in versions().items())
        raise WrongVersionError(f"a worker has {found}")
    one_thread_for_good()
    task = _unpickled(job.payload)
    begin = perf_counter()
    lines = tuple(run_replicate(task, job.seed, index) for index in indices)
    return Chunk(lines, perf_counter() - begin)


@lru_cache(maxsize=2)
def _unpickled(payload: bytes) -> Task:
    task: Task = pickle.loads(payload)
    return task
