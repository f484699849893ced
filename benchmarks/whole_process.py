"""Commands as whole processes, by processor time, or memory, over that of the bare imports of their libraries.

``python -m benchmarks.whole_process [WORD...]`` measures the rows whose names hold one of the words, all without any.
The ratios of ``reference.toml`` are what they were when they were last written, with ``--write``; a ratio more than
20 % above its reference is an error.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

FIXTURES = Path(__file__).parent.parent / "fixtures"
REFERENCE = Path(__file__).parent / "reference.toml"
FLOOR = "the bare imports"
_BARE = [sys.executable, "-c", "import numpy, iminuit, typer, rich.console, rich.table"]
_TOLERANCE = 1.2
POINTS = 100_000
REPEAT = 5
_LONG = 3


@dataclass(frozen=True)
class Row:
    """A command whose processor time is measured, or its ``memory``, over that of the row ``over``.

    ``{out}`` stands for a new folder, ``{points}`` for a simulated run of :data:`POINTS`.
    """

    name: str
    command: tuple[str, ...]
    over: str = FLOOR
    repeat: int = REPEAT
    memory: bool = False


def files(campaign: str, pattern: str = "*.dat") -> tuple[str, ...]:
    return tuple(str(path) for path in sorted((FIXTURES / campaign).glob(pattern)))


def rows() -> list[Row]:
    """What is measured, in the order of the table of ``docs/benchmarks.md``."""
    nine, ll, five = (files(name) for name in ("bk7-fixed-field", "pure-ll", "bk7-fixed-temperature"))
    one, poor = files("bk7-fixed-field", "*_20000Oe*"), files("pure-ll", "*_20000Oe*")
    written = ("--out", "{out}")
    bare = ("fit", "--no-plots", *nine, *written)
    return [
        Row("glasspara --help", ("--help",)),
        Row("fit one run", ("fit", "--no-files", *one)),
        Row("fit one run, pure LL", ("fit", "--no-files", *poor)),
        Row("fit nine runs", ("fit", "--no-files", *nine)),
        Row("fit nine runs, files", bare),
        Row("fit nine runs, files and figures", ("fit", *nine, *written), over="fit nine runs, files"),
        Row(
            "fit nine runs, 200 replicates",
            ("fit", "--no-files", "--bootstrap", "200", "--jobs", "1", *nine),
            repeat=_LONG,
        ),
        Row(
            "fit one run, 1000 replicates",
            ("fit", "--no-files", "--bootstrap", "1000", "--jobs", "1", *one),
            repeat=_LONG,
        ),
        Row(
            "fit nine runs, pure LL, 200 replicates",
            ("fit", "--no-files", "--bootstrap", "200", "--jobs", "1", *ll),
            repeat=_LONG,
        ),
        Row(
            "compare nine files, no replicates",
            ("compare", "--no-files", "--replicates", "0", *nine),
            repeat=_LONG,
        ),
        Row("compare nine files", ("compare", *nine, *written), repeat=_LONG),
        Row("universality nine files", ("universality", "--no-files", *nine), repeat=_LONG),
        Row("partition", ("partition", "--no-files", "--n-fe", "1.657e17", *nine), repeat=_LONG),
        Row("oscillations", ("oscillations", "--no-files", *nine), repeat=_LONG),
        Row("highfield", ("highfield", "--no-files", *five), repeat=_LONG),
        Row("reproduce", ("reproduce", *written), repeat=1),
        Row("memory of nine runs", ("fit", "--no-files", *nine), repeat=1, memory=True),
        Row(
            f"memory of {POINTS} points",
            ("fit", "--no-files", "--jobs", "1", "{points}"),
            repeat=1,
            memory=True,
        ),
    ]


def compiled(bytecode: str) -> dict[str, str]:
    """An environment with the program and its libraries compiled into ``bytecode``, as pip leaves what it installs.

    Linear algebra is on one thread, as the program sets it for itself: idle threads would count for the bare imports.
    """
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**environment, "PYTHONPYCACHEPREFIX": bytecode, "OPENBLAS_NUM_THREADS": "1"}


def cost(command: Sequence[str], bytecode: str) -> tuple[float, float]:
    """Processor time of a process and of its children, s, and its largest memory, MB."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=compiled(bytecode), stdout=quiet, stderr=quiet) as process:
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024.0


def measured(chosen: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """Median processor time (s) and memory (MB) of each row and of the floor.

    Rows run in turn, so that other work on the machine disturbs all alike.
    """
    costs: dict[str, list[tuple[float, float]]] = {FLOOR: [], **{row.name: [] for row in chosen}}
    with TemporaryDirectory() as folder:
        bytecode = f"{folder}/bytecode"
        program = [sys.executable, "-m", "glasspara"]
        if any("{points}" in row.command for row in chosen):
            grid = ("--t-grid", f"2:300:{POINTS}:log", "--mt", "20000")
            cost([*program, "simulate", "--out", f"{folder}/points", *grid], bytecode)
        (points,) = [*map(str, Path(folder, "points").glob("*.dat"))] or [""]

        def run(row: Row, number: int) -> tuple[float, float]:
            given = {"{out}": f"{folder}/{row.name} {number}", "{points}": points}
            return cost([*program, *(given.get(item, item) for item in row.command)], bytecode)

        cost(_BARE, bytecode)
        for row in chosen:
            if row.repeat > 1:
                run(row, -1)
        for number in range(REPEAT):
            costs[FLOOR].append(cost(_BARE, bytecode))
            for row in chosen:
                if number < row.repeat:
                    costs[row.name].append(run(row, number))
    return {
        name: (median(time for time, _ in some), median(memory for _, memory in some))
        for name, some in costs.items()
    }


def main(arguments: Sequence[str] = ()) -> int:
    """Print the table; the number of ratios more than 20 % above their references."""
    words = [item for item in arguments if item != "--write"]
    chosen = [row for row in rows() if not words or any(word in row.name for word in words)]
    needed = {row.over for row in chosen} - {FLOOR}
    chosen = [row for row in rows() if row in chosen or row.name in needed]
    costs = measured(chosen)
    reference: dict[str, float] = tomllib.loads(REFERENCE.read_text()) if REFERENCE.exists() else {}
    worse = 0
    print(f"{FLOOR}: {costs[FLOOR][0]:.3f} s, {costs[FLOOR][1]:.0f} MB")
    for row in chosen:
        found, least = costs[row.name][row.memory], costs[row.over][row.memory]
        ratio, before = found / least, reference.get(row.name)
        slower = before is not None and ratio > _TOLERANCE * before
        worse += slower
        beside = "" if before is None else f" (reference {before:.4g})"
        of = "F" if row.over == FLOOR else f"x {row.over!r}"
        print(
            f"{row.name:42s}{found:9.3f} {'MB' if row.memory else 's '}{ratio:8.2f} {of}{beside}"
            f"{'  SLOWER' if slower else ''}",
            flush=True,
        )
        reference[row.name] = round(ratio, 3)
    if "--write" in arguments:
        known = {row.name for row in rows()}
        lines = [f'"{name}" = {ratio}\n' for name, ratio in reference.items() if name in known]
        REFERENCE.write_text(
            "# Ratios of processor time and memory: python -m benchmarks.whole_process --write\n"
            + "".join(lines)
        )
    return worse


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) > 0)
