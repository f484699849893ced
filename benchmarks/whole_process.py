"""The main job as a process, ``glasspara fit --no-plots`` on nine runs, against the bare imports of its libraries."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

CAMPAIGN = Path(__file__).parent.parent / "fixtures" / "bk7-fixed-field"
REPEAT = 9


def _seconds(command: Sequence[str], bytecode: str, blas_threads: str | None = None) -> float:
    # Compiled, as pip leaves an installed program and its libraries, whatever the environment says.
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = bytecode
    if blas_threads:
        environment["OPENBLAS_NUM_THREADS"] = blas_threads
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print median times of processes run in turn, so that other work on the machine disturbs all alike."""
    files = [str(path) for path in sorted(CAMPAIGN.glob("*.dat"))]
    imports = "import typer, numpy, scipy.optimize, pandas, iminuit"
    fit = [sys.executable, "-m", "glasspara", "fit", "--no-files", *files]
    bare = f"python -c '{imports}'"
    commands: dict[str, tuple[list[str], str | None]] = {
        "python -c 'pass'": ([sys.executable, "-c", "pass"], None),
        bare: ([sys.executable, "-c", imports], None),
        "glasspara --help": ([sys.executable, "-m", "glasspara", "--help"], None),
        f"glasspara fit --no-files, {len(files)} files": (fit, None),
        "the same with two BLAS threads, which the program does not use": (fit, "2"),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    with TemporaryDirectory() as bytecode:
        for command, threads in commands.values():
            _seconds(command, bytecode, threads)
        for _ in range(REPEAT):
            for name, (command, threads) in commands.items():
                times[name].append(_seconds(command, bytecode, threads))
    for name, one in times.items():
        print(f"{name:72s}{median(one):7.3f} s  {median(one) / median(times[bare]):5.2f} x the imports")


if __name__ == "__main__":
    main()
