"""The program run by itself, in a process of its own: ``reproduce`` and ``rerun``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def run_program(
    words: Sequence[str], *, folder: Path | None = None, messages: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run ``glasspara`` with ``words`` in ``folder``; its stderr is kept too, or with ``messages`` goes to ours."""
    # -P: files in the folder are no modules of the program.
    return subprocess.run(
        [sys.executable, "-P", "-m", "glasspara", *words],
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=None if messages else subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="backslashreplace",
        stdin=subprocess.DEVNULL,
        check=False,
    )
