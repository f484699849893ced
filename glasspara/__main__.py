"""``python -m glasspara``, and the program ``glasspara``."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from io import TextIOWrapper

_FILES = 256
"""Open files that the program asks for, where the shell allows fewer."""


class _Messages(TextIOWrapper):
    """A stderr that may be on a full disk: messages are lost then, the result and the exit status are not."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def main() -> None:
    """Run the program; Ctrl-C is answered in one line even while it is still being loaded."""
    # A short run is mostly importing: objects that stay, through which the collector would walk again and again.
    gc.set_threshold(50_000, 20, 20)
    _own_streams()
    ended: list[int] = []
    atexit.register(_leave, ended)  # first, and so called last
    try:
        try:
            from glasspara.app import run

            run()
        except KeyboardInterrupt:
            print("interrupted; nothing half-written", file=sys.stderr)
            raise SystemExit(130) from None
    except SystemExit as end:
        if isinstance(end.code, int):
            ended.append(end.code)
        raise


def _own_streams() -> None:
    """Keep stdout and the terminal for what the program itself says.

    Libraries in C and Fortran write to descriptor 1 and Python's warn on stderr. Without standard streams, as cron may
    start a program, one of its own files would be descriptor 1.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    if sys.stdout is not None:
        ours = os.dup(1)
        os.dup2(descriptor, 1)
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        sys.stdout = open(ours, "w", encoding=encoding, errors=errors)  # noqa: PTH123, SIM115
        setattr(sys, "__stdout__", sys.stdout)  # noqa: B010  # where the width of the terminal is asked for
    if type(sys.stderr) is TextIOWrapper:
        encoding, errors = sys.stderr.encoding, sys.stderr.errors
        sys.stderr = _Messages(sys.stderr.detach(), encoding, errors, line_buffering=True)
        setattr(sys, "__stderr__", sys.stderr)  # noqa: B010  # which was the one before, without a stream now
    os.close(descriptor)
    with suppress(ImportError, OSError, ValueError):  # a library of fonts alone takes a dozen
        from resource import RLIMIT_NOFILE, getrlimit, setrlimit

        soft, hard = getrlimit(RLIMIT_NOFILE)
        if 0 <= soft < _FILES:
            setrlimit(RLIMIT_NOFILE, (_FILES if hard < 0 else min(hard, _FILES), hard))
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore")
        os.environ["PYTHONWARNINGS"] = "ignore"  # of Python's own helper, which outlives a kill


def _leave(ended: list[int]) -> None:
    """Leave without taking every module apart, which takes a tenth of a short fit; only where the status is known."""
    if not ended:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # for Python itself to deal with
        return
    os._exit(ended[0])


if __name__ == "__main__":
    main()
