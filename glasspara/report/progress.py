"""A progress bar on stderr, at a terminal only, and only for work of more than two seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import TypeVar

Item = TypeVar("Item")
DELAY = 2.0


def track(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Yield ``items`` one by one; show how far it is."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress

    began = monotonic()
    with Progress(console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task(what, total=len(items), visible=False)
        for item in items:
            yield item
            bar.update(task, advance=1, visible=monotonic() - began > DELAY)
            bar.refresh()
