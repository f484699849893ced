"""Cost of reading: a file, against pandas.read_csv on the same bytes; a thousand files, on one core and on all.

pandas is told where the table starts and which encoding it has; it gives all columns, but no runs, errors or checks.
Times are processor times, which a shared machine disturbs least: of reading alone, the two readers in turn in one
process that has loaded both, and of whole processes, start and imports with them. What all processes of a batch took
together, on all cores over on one, says what the sharing costs.

    python -m benchmarks.reading [FILE...]

With files, only these are read, each repeated until it holds 10 MB.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import glasspara
from glasspara.replicates.cores import usable_cores
from glasspara.simulation.writer import write_run

SIZES = (80, 10_000, 100_000, 1_000_000)
BATCH, BATCH_ROWS = 1_000, 80
REAL_SIZE = 10_000_000
_LAYOUTS = {"MPMS-XL RSO, 38 columns": "mpms-xl-rso", "MPMS3, 88 columns": "mpms3-dc"}

_READERS = {
    "pandas": """
import sys
import pandas as pd
with open(sys.argv[1], "rb") as file:
    skip = next(i for i, line in enumerate(file) if line.startswith(b"[Data]")) + 1
rows = len(pd.read_csv(sys.argv[1], skiprows=skip, engine="c", encoding="cp1252"))
""",
    "glasspara": """
import sys
import glasspara
rows = glasspara.read(sys.argv[1]).rows_used
""",
}
# of this program alone: what getrusage says counts what the parent had when it forked
_AFTER = """
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(rows, peak)
"""


def _in_one_process(path: Path, repeat: int = 9) -> str:
    """Shortest times of both readers and the median of the ratios, of ``repeat`` turns."""

    def by_pandas() -> None:
        with path.open("rb") as file:
            skip = next(i for i, line in enumerate(file) if line.lower().startswith(b"[data]")) + 1
        pd.read_csv(path, skiprows=skip, engine="c", encoding="cp1252", low_memory=False)

    def seconds(read: Callable[[], object]) -> float:
        start = time.process_time()
        read()
        return time.process_time() - start

    turns = [(seconds(by_pandas), seconds(lambda: glasspara.read(path))) for _ in range(repeat)]
    pandas, ours = (min(times) for times in zip(*turns, strict=True))
    ratio = statistics.median(b / a for a, b in turns)
    size = path.stat().st_size / 1e6
    return f"{size:5.1f} MB  pandas {pandas:.3f} s  glasspara {ours:.3f} s  time {ratio:.2f} x pandas"


def _repeated(source: Path, path: Path) -> None:
    """The rows of a file time and again, later and a trifle warmer each time, until there are 10 MB of them."""
    lines = source.read_bytes().splitlines()
    data = next(i for i, line in enumerate(lines) if line.lower().startswith(b"[data]"))
    names = lines[data + 1].decode("cp1252").split(",")
    time_at, temperature_at = names.index("Time Stamp (sec)"), names.index("Temperature (K)")
    rows = [
        line.split(b",")
        for line in lines[data + 2 :]
        if line.count(b",") >= len(names) - 1 and b'"' not in line
    ]
    out, size, turn = lines[: data + 2], 0, 0
    while size < REAL_SIZE:
        for row in rows:
            cells = list(row)
            if cells[temperature_at]:
                cells[time_at] = repr(float(cells[time_at]) + 1e6 * turn).encode()
                cells[temperature_at] = repr(
                    round(float(cells[temperature_at]) * (1.0 + 1e-9 * turn), 9)
                ).encode()
            out.append(b",".join(cells))
            size += len(out[-1]) + 1
        turn += 1
    path.write_bytes(b"\n".join([*out, b""]))


def _measure(reader: str, path: Path, repeat: int) -> tuple[float, float]:
    """Shortest processor time (s) and largest memory (MB) of some processes."""
    times, memory = [], 0.0
    for _ in range(repeat):
        start = _children_s()
        done = subprocess.run(
            [sys.executable, "-c", _READERS[reader] + _AFTER, str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
        times.append(_children_s() - start)
        memory = max(memory, int(done.stdout.split()[1]) / 1024)
    return min(times), memory


def _children_s() -> float:
    """Processor time of all processes started from here that have ended, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _batch(command: list[str], paths: list[Path], jobs: int) -> tuple[float, float]:
    """Time (s) of a command on many files, and processor time (s) of all its processes."""
    start, before = time.perf_counter(), _children_s()
    subprocess.run(
        [sys.executable, "-m", "glasspara", *command, *map(str, paths), "--jobs", str(jobs)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return time.perf_counter() - start, _children_s() - before


def _write(path: Path, layout: str, rows: int, seed: int = 1, *, loops: int = 0) -> None:
    """One M(T) run, or some M(H) loops at as many temperatures."""
    rng = np.random.default_rng(seed)
    T, H = np.linspace(300.0, 2.0, rows), np.full(rows, 1000.0)
    if loops:
        turn = np.arange(rows) * loops / rows
        T = 2.0 + 5.0 * np.floor(turn)
        H = 7e4 * (1.0 - 4.0 * np.abs(turn % 1.0 - 0.5))
    T = T + 1e-3 * rng.normal(size=rows)
    moment = -1e-9 * H + 1e-8 * H / T + 1e-9 * rng.normal(size=rows)
    columns = (T, H, moment, np.full(rows, 1e-9))
    path.write_bytes(
        write_run(_LAYOUTS[layout], *(column.tolist() for column in columns), name="glass", mass_mg=12.5)
    )


def main() -> None:
    """Print times, their ratio and the memory of both, by layout and number of rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.dat"
        for source in sys.argv[1:]:
            _repeated(Path(source), path)
            print(f"{source}: {_in_one_process(path)}")
        if sys.argv[1:]:
            return
        for words, loops in (("one M(T) run", 0), ("10 loops", 10), ("50 loops", 50)):
            _write(path, "MPMS3, 88 columns", 36_000, loops=loops)
            print(f"MPMS3, 88 columns, {words}: {_in_one_process(path)}")
        for layout in _LAYOUTS:
            print(layout)
            for rows in SIZES:
                _write(path, layout, rows)
                repeat = 5 if rows < 100_000 else 3
                pandas, pandas_memory = _measure("pandas", path, repeat)
                ours, memory = _measure("glasspara", path, repeat)
                print(
                    f"{rows:9d} rows  pandas {pandas:6.2f} s {pandas_memory:6.0f} MB   "
                    f"glasspara {ours:6.2f} s {memory:6.0f} MB   time {ours / pandas:5.2f} x pandas"
                )
        cores = usable_cores()
        paths = [Path(folder) / f"run{number:04d}.dat" for number in range(BATCH)]
        for number, path in enumerate(paths):
            _write(path, "MPMS-XL RSO, 38 columns", BATCH_ROWS, seed=number)
        for count, command in (
            (BATCH, ["inspect"]),
            (BATCH, ["inspect", "--json"]),
            (BATCH, ["fit", "--per-run", "--model", "ll", "--ions", "fe3", "--no-files"]),
            (12, ["fit", "--per-run", "--no-files"]),
        ):
            (one, alone), (shared, together) = (_batch(command, paths[:count], jobs) for jobs in (1, cores))
            print(
                f"{count} files, {' '.join(command)}: {one:.1f} s on 1 core, {shared:.1f} s on {cores}: "
                f"{one / shared:.2f} times as fast; processor time {together / alone:.2f} x"
            )


if __name__ == "__main__":
    main()
