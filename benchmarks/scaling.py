"""Time and memory of whole processes as the work grows: points, runs, replicates, cores.

``python -m benchmarks.scaling``: some fifteen minutes. Processor time in seconds, largest memory in MB, and the
exponent of the time against the line before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.whole_process import cost, files

POINTS = (100, 1_000, 10_000, 100_000, 1_000_000)
LONGEST = 100_000
"""Points of one run; more are several runs."""
RUNS = (1, 10, 100, 500)
REPLICATES = (100, 400, 1_600)
JOBS = (1, 2)
_PROGRAM = (sys.executable, "-m", "glasspara")


def _print(title: str, sizes: Iterable[int], commands: Iterable[Sequence[str]], bytecode: str) -> None:
    print(title)
    before: tuple[int, float] | None = None
    for size, arguments in zip(sizes, commands, strict=True):
        time, memory = cost([*_PROGRAM, *arguments], bytecode)
        exponent = "" if before is None else f"{log(time / before[1]) / log(size / before[0]):6.2f}"
        print(f"{size:>10}{time:10.2f} s{memory:8.0f} MB{exponent}", flush=True)
        before = size, time


def main() -> None:
    """Print the tables of ``docs/benchmarks.md``."""
    one, nine = files("bk7-fixed-field", "*_20000Oe*"), files("bk7-fixed-field")
    fit = ("fit", "--no-files", "--jobs", "1")
    with TemporaryDirectory() as folder:
        bytecode = f"{folder}/bytecode"

        def simulated(name: str, *options: str) -> list[str]:
            out = Path(folder, name)
            cost([*_PROGRAM, "simulate", "--out", str(out), *options], bytecode)
            return [str(path) for path in sorted(out.glob("*.dat"))]

        lengths = []
        for n in POINTS:
            runs = max(1, n // LONGEST)
            options = [text for number in range(runs) for text in ("--mt", str(20_000 + 4_000 * number))]
            lengths.append(simulated(f"points {n}", "--t-grid", f"2:300:{n // runs}:log", *options))
        _print("points", POINTS, [[*fit, *paths] for paths in lengths], bytecode)
        fields = [str(1000 + 128 * number) for number in range(max(RUNS))]
        options = [text for field in fields for text in ("--mt", field)]
        many = simulated("runs", "--t-grid", "2:300:80:log", *options)
        _print("runs of 80 points", RUNS, [[*fit, *many[:: len(many) // n][:n]] for n in RUNS], bytecode)
        _print(
            "replicates of one run",
            REPLICATES,
            [[*fit, "--bootstrap", str(n), *one] for n in REPLICATES],
            bytecode,
        )
        again = [["fit", "--no-files", "--jobs", str(n), "--bootstrap", "1600", *nine] for n in JOBS]
        _print("cores, 1600 replicates of nine runs", JOBS, again, bytecode)


if __name__ == "__main__":
    main()
