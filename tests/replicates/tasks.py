"""Tasks for the tests of replicates: in a module of their own, so that worker processes can import them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np


def draw(rng: np.random.Generator, index: int) -> dict[str, float]:
    """Sums and singular values whose last bits depend on the order of summation."""
    matrix = rng.standard_normal((400, 50))
    return {
        "index": index,
        "product": float((matrix.T @ matrix).sum()),
        "least": float(np.linalg.svd(matrix, compute_uv=False)[-1]),
    }


def constant(rng: np.random.Generator, index: int) -> float:
    return 0.25


def count_threads(rng: np.random.Generator, index: int) -> list[int]:
    from threadpoolctl import threadpool_info

    return [item["num_threads"] for item in threadpool_info()]


def fail_at_odd(rng: np.random.Generator, index: int) -> float:
    if index % 2:
        raise ValueError(f"no luck\nat {index}")
    return float(rng.random())


def return_an_object(rng: np.random.Generator, index: int) -> object:
    return object()


@dataclass(frozen=True)
class Slow:
    """Takes its time; leaves a file "index-pid" in ``folder`` for each replicate that it begins."""

    folder: Path
    seconds: float
    stuck_from: int = 10**9
    """From this index on a replicate takes a minute."""

    def __call__(self, rng: np.random.Generator, index: int) -> float:
        (self.folder / f"{index}-{os.getpid()}").touch()
        time.sleep(60.0 if index >= self.stuck_from else self.seconds)
        return float(rng.standard_normal())


@dataclass(frozen=True)
class Deadly:
    """Ends its process at one index (any, if None): always, or only once if there is a ``mark`` to leave."""

    mark: Path | None = None
    at: int | None = 3
    seconds: float = 0.0
    """How long the others take."""

    def __call__(self, rng: np.random.Generator, index: int) -> float:
        if self.at in (None, index) and not (self.mark and self.mark.exists()):
            if self.mark:
                self.mark.touch()
            os._exit(1)
        time.sleep(self.seconds)
        return float(rng.standard_normal())
