"""What a worker does: the replicates of a chunk, each with random numbers of its own, as JSON text.

The random numbers of a replicate depend on the seed and its index alone, and linear algebra runs on one thread
everywhere: which worker does a replicate, and what it did before, cannot change a bit of the result. The one thread
is also the faster choice: the matrices are tall and thin, and there is a worker for every core already.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from time import perf_counter
from typing import Any

import numpy as np

from glasspara.package import __version__
from glasspara.replicates.linear_algebra import one_thread_for_good

Task = Callable[[np.random.Generator, int], Any]
"""A picklable function of a random generator and the replicate's index; what it returns must fit into JSON."""

Seed = int | tuple[int, ...]

_LIBRARIES = ("numpy", "scipy", "iminuit")
_LONGEST_MESSAGE = 300


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


@cache
def versions() -> dict[str, str]:
    """Versions of all that can change the bits of a result."""
    return {"glasspara": __version__, **{name: version(name) for name in _LIBRARIES}}


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
