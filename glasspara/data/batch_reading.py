"""Many files on several cores: the same results, in the same order, as one after the other."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from functools import partial
from typing import TypeVar

from glasspara.errors import GlassparaError
from glasspara.replicates.batch import in_order

FILES_A_PROCESS = 32
"""Reading so many small files costs as much as the start of a process."""

Result = TypeVar("Result")


def each_file(
    task: Callable[[str], Result], paths: Sequence[str], *, jobs: int
) -> closing[Generator[Result | GlassparaError, None, None]]:
    """``task(path)`` for each of ``paths`` in their order, or the error that it raised: a block of results.

    ``task`` must be picklable. No more than one process is started for :data:`FILES_A_PROCESS` files, and none where
    a file is standard input, which cannot be shared.
    """
    shared = 1 if "-" in paths else min(jobs, max(1, len(paths) // FILES_A_PROCESS))
    return in_order(partial(_attempt, task), paths, jobs=shared)


def _attempt(task: Callable[[str], Result], path: str) -> Result | GlassparaError:
    try:
        return task(path)
    except GlassparaError as error:
        return error
