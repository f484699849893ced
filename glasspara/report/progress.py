"""A progress bar on stderr, at a terminal only, and only for work of more than two seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from threading import Timer
from typing import TypeVar

Item = TypeVar("Item")
DELAY = 2.0


def track(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Yield ``items`` one by one; from the third second on show how far it is, and that it goes on."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=len(items), visible=False)
        timer = Timer(DELAY, lambda: bar.update(task, visible=True))
        timer.daemon = True
        timer.start()
        try:
            for item in items:
                yield item
                bar.update(task, advance=1)
        finally:
            timer.cancel()
