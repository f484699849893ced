"""Workers as the rest sees them, whichever kind they are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass


@dataclass(frozen=True)
class Pool:
    """Workers that take chunks. ``slots`` says how many replicates they can do at the same time, now."""

    executor: Executor
    slots: Callable[[], int]
    pickled: Callable[[object], bytes]
    """How a task is pickled for them."""


class ChunkFailedError(Exception):
    """A chunk did not come back; its cause is why."""
