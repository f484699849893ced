"""Input made to hurt: lines without end, devices, bombs. Each to a process of its own: 2 GB and 60 s of a core."""

from __future__ import annotations

import gzip
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from fuzzing import Findings
from glasspara.simulation.writer import TEXT_LAYOUTS, compose, sweep

MOST_MEMORY = 2_000_000_000
MOST_SECONDS = 60
MOST_WAITING = 600.0
"""What 60 s of a core may last on a machine that others use; waiting for nothing ends here too, s."""

_HEAD = TEXT_LAYOUTS["vsm"][0].format(comment="", mass="12.5")
_NAMES = TEXT_LAYOUTS["vsm"][1]


def _write(content: Callable[[], bytes]) -> Callable[[Path], None]:
    """``content`` is made when it is written: all cases together are 430 MB."""
    return lambda path: path.write_bytes(content()) and None


def _table(rows: Callable[[], str]) -> Callable[[Path], None]:
    return _write(lambda: f"{_HEAD}{_NAMES}\n{rows()}".encode("cp1252"))


def _random_rows(count: int, *, temperatures: int, fields: int) -> str:
    random = Random(1)
    T = [2.0 + 300.0 * i / temperatures for i in range(temperatures)]
    H = [1.0e5 * i / fields for i in range(fields)]
    return "\n".join(
        f",1.0,{random.choice(T):.4f},{random.choice(H):.3f},{random.random():.6e},1e-8,1,0,0,55,"
        for _ in range(count)
    )


def _steps(count: int, every: int) -> str:
    """Every few rows another temperature and the same few fields: as many runs as there can be."""
    return "\n".join(
        f",1.0,{2 + 0.5 * (i // every)},{1e4 * (i % every)},{1e-5 * i},1e-8,1,0,0,55," for i in range(count)
    )


def _saw(count: int) -> str:
    """A branch of two points, again and again."""
    return "\n".join(
        f",1.0,5.0,{(i % 2) * 1e4 + (i % 7)},{1e-5 * (i % 2)},1e-8,1,0,0,55," for i in range(count)
    )


def _bomb(path: Path) -> None:
    with gzip.open(path, "wb", 1) as stream:
        for _ in range(1500):
            stream.write(bytes(1_000_000))


def _symlink_loop(path: Path) -> None:
    path.symlink_to(path.name)


CASES: dict[str, Callable[[Path], None]] = {
    "an empty file": _write(lambda: b""),
    "a line of 100 MB": _write(lambda: b"[Data]\n" + b"x" * 100_000_000),
    "100 MB of commas": _table(lambda: "," * 100_000_000),
    "a million columns": _write(lambda: b"[Data]\n" + b"a," * 1_000_000 + b"\n" + b"1," * 1_000_000),
    "a line of half a million cells": _table(lambda: "," * 500_000 + "\n" + "1," * 500_000 + "\n"),
    "50 MB of line ends": _write(lambda: b"[Data]\n" + b"\n" * 50_000_000),
    "50 MB of line ends after the names": _table(lambda: "\n" * 50_000_000),
    "a header without end": _write(lambda: b"[Header]\n" + b"INFO,a,b\n" * 3_000_000),
    "random bytes": _write(lambda: Random(1).randbytes(5_000_000)),
    "nothing but quotes": _table(lambda: '"' * 1_000_000),
    "numbers of 100 000 digits": _table(lambda: f",1.0,{'9' * 100_000},1,1,1,1,0,0,55,\n" * 20),
    "nan and inf": _table(lambda: ",nan,nan,inf,-inf,nan,nan,nan,nan,nan,\n" * 1000),
    "huge and tiny numbers": _table(
        lambda: ",1,5.0,1e5,1e300,1e-320,1,0,0,55,\n,1,1e-300,1e308,1e4,1e4,1,0,0,55,\n" * 500
    ),
    "300 000 rows at random": _table(lambda: _random_rows(300_000, temperatures=300_000, fields=300_000)),
    "300 000 rows on a grid at random": _table(lambda: _random_rows(300_000, temperatures=50, fields=40)),
    "60 000 steps of 5 rows": _table(lambda: _steps(300_000, 5)),
    "100 000 steps of 3 rows": _table(lambda: _steps(300_000, 3)),
    "300 000 branches": _table(lambda: _saw(300_000)),
    "300 000 equal rows": _table(lambda: ",1.0,5.0,1000,1e-5,1e-8,1,0,0,55,\n" * 300_000),
    "a comment in every row": _table(
        lambda: "".join(f"c{i},1.0,5.0,{i},1e-5,1e-8,1,0,0,55,\n" for i in range(100_000))
    ),
    "a gzip bomb": _bomb,
    "a gzip file in a gzip file": _write(lambda: gzip.compress(gzip.compress(b"x" * 1000))),
    "a symlink that goes round": _symlink_loop,
    "a directory": Path.mkdir,
    "a pipe that nobody writes to": os.mkfifo,
    "a picture": _write(lambda: b"\x89PNG\r\n\x1a\n" + bytes(1000)),
    "tables in tables in TOML": _write(lambda: b"x = " + b"[" * 100_000),
    "a number of 10 000 digits in TOML": _write(lambda: b"[sample]\nmass_mg = " + b"9" * 10_000),
}  # fmt: skip
DEVICES = (
    "/dev/zero",
    "/dev/null",
    "/dev/urandom",
    "/dev/full",
    "/dev/tty",
    "/proc/self/mem",
    "/nowhere/at/all",
)
_SOUND = compose("vsm", sweep(), mass="12.5 mg").encode("cp1252")


def campaign(seed: int, seconds: float) -> Findings:
    """Every case once, in an order that depends on the seed; none is begun when the time is over."""
    findings = Findings("input made to hurt")
    until = time.monotonic() + seconds
    cases = list(_cases())
    Random(seed).shuffle(cases)
    with tempfile.TemporaryDirectory() as folder:
        for name, make in cases:
            if time.monotonic() > until:
                findings.count("left out for want of time")
                continue
            path = Path(name) if make is None else Path(folder) / "case.dat"
            if make is not None:
                make(path)
            if "TOML" in name:
                sound = Path(folder) / "sound.dat"
                sound.write_bytes(_SOUND)
                arguments = ["fit", str(sound), "--sample", str(path), "--model", "ll", "--no-files"]
            else:
                arguments = ["inspect", str(path)]
            began = time.monotonic()
            fault = run_limited(arguments, findings)
            findings.slowest_s = max(findings.slowest_s, time.monotonic() - began)
            if fault:
                findings.wrong.append(f"{name}: {fault}")
            if make is not None:
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return findings


def _cases() -> Iterator[tuple[str, Callable[[Path], None] | None]]:
    yield from CASES.items()
    yield from ((device, None) for device in DEVICES)


def run_limited(arguments: list[str], findings: Findings) -> str:
    """Run the program within its limits; what it did that it must not, "" if nothing."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "glasspara", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MOST_WAITING,
            preexec_fn=_limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"not done after {MOST_WAITING:g} s"
    if done.returncode == -signal.SIGXCPU:
        return f"took more than {MOST_SECONDS} s"
    findings.count(f"status {done.returncode}")
    if b"Traceback" in done.stderr or b"MemoryError" in done.stderr:
        return done.stderr.decode(errors="replace").strip().splitlines()[-1]
    return "" if done.returncode in (0, 3, 5) else f"status {done.returncode}"


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 5))
