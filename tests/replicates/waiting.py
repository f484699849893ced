"""Wait for what other processes do, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST = 60.0
"""What does not happen within so many seconds does not happen at all."""


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
