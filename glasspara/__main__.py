"""``python -m glasspara``, and the program ``glasspara``."""

from __future__ import annotations

import atexit
import gc
import os
import sys


def main() -> None:
    """Run the program; Ctrl-C is answered in one line even while it is still being loaded."""
    # A short run is mostly importing: objects that stay, through which the collector would walk again and again.
    gc.set_threshold(50_000, 20, 20)
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
