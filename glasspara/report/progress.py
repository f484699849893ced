"""How far long work is, on stderr: a bar at a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from threading import Event, Thread, Timer
from time import monotonic

from glasspara.replicates.cores import Progress, no_progress

DELAY = 2.0
"""Seconds before a bar is shown: short work needs none."""

LINE_EVERY = 15.0
"""Seconds between two lines, and before the first one."""

SILENCE = 30.0
"""Seconds after which a line says that a command goes on, if nothing else has."""

_last_sign = [-inf]  # when there was one; inf while there are bars


@contextmanager
def going_on(command: str, *, quiet: bool = False) -> Iterator[None]:
    """While this lasts, "fit: 45 s so far" is printed after :data:`SILENCE` without any other sign."""
    if quiet:
        yield
        return
    began, over = monotonic(), Event()

    def watch() -> None:
        while not over.wait(LINE_EVERY):
            now = monotonic()
            if now - max(began, _last_sign[0]) >= SILENCE:
                _print(f"{command}: {duration(now - began)} so far")

    Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _print(line: str) -> None:
    _last_sign[0] = monotonic()
    print(line, file=sys.stderr, flush=True)


@contextmanager
def progress(stage: str, *, quiet: bool = False) -> Iterator[Progress]:
    """A function to call with what is done and what there is to do; nothing is shown with ``quiet``."""
    with stages(quiet=quiet) as begin:
        yield begin(stage)


@contextmanager
def stages(*, quiet: bool = False) -> Iterator[Callable[[str], Progress]]:
    """A function that begins the stage of a name, one after the other; it gives that of :func:`progress`."""
    if quiet:
        yield lambda _: no_progress
    elif sys.stderr.isatty():
        with _bars() as begin:
            yield begin
    else:
        yield Lines


@contextmanager
def _bars() -> Iterator[Callable[[str], Progress]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        timers: list[Timer] = []

        def show(task: TaskID) -> None:
            if task in bars.task_ids:
                bars.update(task, visible=True)

        def begin(stage: str) -> Callable[[int, int], None]:
            for task in bars.task_ids:
                bars.remove_task(task)
            task = bars.add_task(stage, total=None, visible=False)
            timer = Timer(DELAY, show, [task])
            timer.daemon = True
            timer.start()
            timers.append(timer)
            return lambda done, total: bars.update(task, completed=done, total=total)

        _last_sign[0] = inf
        try:
            yield begin
        finally:
            _last_sign[0] = monotonic()
            for timer in timers:
                timer.cancel()


class Lines:
    """Prints "bootstrap: 350/1000, about 40 s left", at most once in :data:`LINE_EVERY` seconds."""

    def __init__(self, stage: str) -> None:
        self._stage = stage
        self._begin: tuple[float, int] | None = None
        self._printed = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = monotonic()
        if self._begin is None:
            self._begin, self._printed = (now, done), now
            return
        began, before = self._begin
        if now - self._printed < LINE_EVERY or not before < done < total:
            return
        self._printed = now
        left = (now - began) * (total - done) / (done - before)
        _print(f"{self._stage}: {done}/{total}, about {duration(left)} left")


def duration(seconds: float) -> str:
    """As "40 s", "12 min" or "3 h 20 min"."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
