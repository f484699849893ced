"""A progress bar on stderr, at a terminal only, and only for work of more than two seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import TypeVar

Item = TypeVar("Item")
DELAY = 2.0


def _say_nothing(done: int, total: int) -> None:
    pass


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function to call with what is done and what there is to do; from the third second on it shows."""
    if not sys.stderr.isatty():
        yield _say_nothing
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
        task = bar.add_task(what, total=None, visible=False)
        timer = Timer(DELAY, lambda: bar.update(task, visible=True))
        timer.daemon = True
        timer.start()
        try:
            yield lambda done, total: bar.update(task, completed=done, total=total)
        finally:
            timer.cancel()


def track(items: Sequence[Item], what: str) -> Iterator[Item]:
    """Yield ``items`` one by one; from the third second on show how far it is, and that it goes on."""
    with progress(what) as report:
        report(0, len(items))
        for done, item in enumerate(items, 1):
            yield item
            report(done, len(items))
