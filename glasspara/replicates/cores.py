"""How many workers this machine can take. Apart from them, as asking must not load what they need."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
