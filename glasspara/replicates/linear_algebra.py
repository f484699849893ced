"""Linear algebra on one thread: matrices here are tall and thin, and threads make a fit take several times as long."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

P = ParamSpec("P")
Result = TypeVar("Result")

_WISH = "OPENBLAS_NUM_THREADS"


@cache
def _libraries() -> ThreadpoolController:
    import scipy.linalg  # noqa: F401  # only a library that is loaded can be told
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra on one thread, until the end of the block."""
    with _libraries().limit(limits=1):
        yield


@cache
def one_thread_for_good() -> None:
    """Linear algebra on one thread in this process. Not for a block: threads of one worker would undo it in turn."""
    _libraries().limit(limits=1)


def on_one_thread(function: Callable[P, Result]) -> Callable[P, Result]:
    """``function`` with its linear algebra on one thread, unless the environment says how many there shall be.

    The program sets ``OPENBLAS_NUM_THREADS`` before NumPy is loaded; this is for those who call from Python.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result:
        if _WISH in os.environ:
            return function(*args, **kwargs)
        with one_thread():
            return function(*args, **kwargs)

    return call
