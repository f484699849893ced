"""Numbers from 5e-324 to 1e308, in cells of files and in the options of all commands, by each option's own grammar."""

from __future__ import annotations

import shlex
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import cos, exp
from pathlib import Path
from random import Random
from typing import Any

import typer.main

from fuzzing import Findings
from fuzzing.reading import keep
from fuzzing.running import fault_of, fault_of_files
from fuzzing.seeds import ROOT
from glasspara.app import COMMANDS, application
from glasspara.model import MODELS
from glasspara.model.parameters import PARAMETERS
from glasspara.simulation.writer import TEXT_LAYOUTS, compose

SOUND = (
    "0",
    "0.3",
    "0.5",
    "1",
    "2",
    "5",
    "20",
    "300",
    "20000",
    "1e-7",
    "4e-7",
    "0.03",
    "2e5",
    "3.7e5",
    "1e17",
    "1e16",
)
EXTREME = (
    "-0.0", "-1", "5e-324", "1e-300", "-1e-300", "1e-200", "1e-30", "-1e-30", "1e-15", "1e-12", "1e-9", "1e9", "1e12",
    "1e15", "1e24", "-1e24", "1e29", "1e100", "1e170", "-1e170", "1e300", "1.7e308", "-1e308", "1e400", "nan", "inf",
    "-inf",
)  # fmt: skip
_WORDS = ("x", "1_0", "--", "=", ":", "+-", "٣", "\x1b[31m", "[bold]", "1e", "0x1F", "9" * 400)
_NAMES = (
    *PARAMETERS, "ats_strength", "d0_mean_qs4", "curie_constant", "ats_amplitude", "thermometer", "gain_run", "mass",
    "drift", "all", "nonsense",
)  # fmt: skip
_NOT_ASKED = {
    "--out",
    "--force",
    "--json",
    "--no-files",
    "--jobs",
    "--cluster",
    "--quiet",
    "--bootstrap",
    "--only",
}
_CHEAP = {"compare": ["--replicates", "2"], "oscillations": ["--replicates", "2"]}
_NO_QUESTIONS = {"init", "presets", "schema", "cite", "environment", "reproduce"}


def campaign(seed: int, seconds: float, *, least: int = 0) -> Findings:
    """Commands with such options on such files until the time is over, ``least`` in any case."""
    findings = Findings("numbers out of measure")
    random = Random(seed)
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tried = 0
        while time.monotonic() < until or tried < least:
            tried += 1
            _attack(random, folder, findings)
    return findings


def _attack(random: Random, folder: Path, findings: Findings) -> None:
    command = random.choice([name for name in COMMANDS if name not in _NO_QUESTIONS])
    files = [folder / f"{number}.dat" for number in range(random.choice((1, 1, 2)))]
    contents = [content_of(random) for _ in files]
    for path, content in zip(files, contents, strict=True):
        path.write_bytes(content)
    out = folder / "out"
    how = random.choice((["--json"], ["--no-files"], ["--out", str(out), "--force"]))
    if command == "inspect":
        how = random.choice((["--json"], []))
    elif command == "simulate":
        how = ["--out", str(out), "--force"]
    options = list(options_of(random, command, [*map(str, files)]))
    how += ["--no-plots"] if "--no-plots" in _flags(command) and random.random() < 0.7 else []
    how += ["--jobs", "1"] if "--jobs" in _flags(command) else []
    inputs = [] if command == "simulate" else ["--", *map(str, files)]
    arguments = [command, *how, *_CHEAP.get(command, ()), *options, *inputs]
    fault = fault_of(arguments, findings) or (fault_of_files(out) if out.exists() else "")
    if fault:
        kept = ", ".join(keep(content) for content in contents)
        findings.wrong.append(f"{shlex.join(arguments)}: {fault}; the files are {kept}")
    shutil.rmtree(out, ignore_errors=True)


# --- files -----------------------------------------------------------------------------------------------


def content_of(random: Random) -> bytes:
    """A file of one of the layouts, a plausible glass but for some numbers that nobody can measure."""
    points = _plausible(random)
    for _ in range(random.choice((0, 1, 1, 2))):
        _change(random, points, random.choice("THms"))
    mass = random.choice(("12.5", "35.7"))
    return compose(random.choice(tuple(TEXT_LAYOUTS)), points, mass=mass).encode("cp1252", "replace")


def _plausible(random: Random) -> list[dict[str, float]]:
    count = random.choice((6, 14, 14, 30))
    if random.random() < 0.3:
        return [_point(4.5, 70000.0 * (i + 1) / count, i) for i in range(count)]
    field = random.choice((500.0, 20000.0, -20000.0, 70000.0))
    return [_point(2.0 * exp(5.0 * i / count), field, i) for i in range(count)]


def _point(T: float, H: float, i: int) -> dict[str, float]:
    """Moment in emu, of 10 mg of a glass with iron; scatter of the size that is stated."""
    moment = 1e-2 * (-4e-7 * H + 1.6e17 * 9.27e-21 * 4.0 * H / (abs(H) + 2.0e4 * T))
    sigma = max(1e-3 * abs(moment), 1e-9)
    return {"T": T, "H": H, "m": moment + sigma * cos(5.3 * i * i), "s": sigma}


def _number(random: Random) -> str:
    return random.choice(random.choice((SOUND, EXTREME)))


def _change(random: Random, points: list[dict[str, float]], cell: str) -> None:
    """One cell of a column, or some, or all: alike, scaled, or to a number out of measure."""
    number, factor = float(_number(random)), 10.0 ** random.randint(-30, 30)
    share = random.choice((0.0, 0.0, 0.4, 1.0))
    changed = [point for point in points if random.random() < share] or [random.choice(points)]
    how = random.choice(("one number", "any numbers", "alike", "scaled"))
    for point in changed:
        point[cell] = {
            "one number": number,
            "any numbers": float(_number(random)),
            "alike": points[0][cell],
            "scaled": point[cell] * factor,
        }[how]


# --- options ---------------------------------------------------------------------------------------------


@cache
def _options(command: str) -> tuple[Any, ...]:
    parameters = typer.main.get_command(application([command, "cite"])).commands[command].params  # type: ignore[attr-defined]
    return tuple(item for item in parameters if item.param_type_name == "option" and not item.is_eager)


@cache
def _flags(command: str) -> frozenset[str]:
    return frozenset(flag for item in _options(command) for flag in (*item.opts, *item.secondary_opts))


def options_of(random: Random, command: str, files: Sequence[str]) -> Iterator[str]:
    """Some options of a command with texts that follow their metavar, seldom quite, and numbers of any size."""
    asked = [item for item in _options(command) if item.opts[0] not in _NOT_ASKED]
    for item in random.sample(asked, min(len(asked), random.choice((0, 1, 1, 2, 3)))):
        if item.is_flag:
            yield random.choice((*item.opts, *item.secondary_opts))
            continue
        for _ in range(random.choice((1, 1, 2)) if item.multiple else 1):
            text = (
                random.choice(_WORDS)
                if random.random() < 0.05
                else text_of(random, item.metavar or "", files)
            )
            yield f"{item.opts[0]}={text}"


def text_of(random: Random, metavar: str, files: Sequence[str]) -> str:
    """A text by a metavar: "NAME=LO:HI", "VALUE[+-ERROR]", "a|b"."""

    def number() -> str:
        return _number(random)

    def name() -> str:
        return random.choice(_NAMES)

    def optional(text: str) -> str:
        return random.choice(("", text))

    fixtures = ROOT / "fixtures"
    forms: dict[str, Callable[[], str]] = {
        "MG": lambda: number() + optional(random.choice((" mg", " g", " ug"))),
        "VALUE[+-ERROR]": lambda: number() + optional(f"+-{number()}") + optional(" ppm"),
        "LO:HI[,LO:HI...]": lambda: f"{number()}:{number()}" + optional(f",{number()}:{number()}"),
        "NAME[=VALUE]": lambda: name() + optional(f"={number()}"),
        "NAME": name,
        "NAME|all": name,
        "NAME,NAME": lambda: f"{name()},{name()}",
        "NAME=LO:HI": lambda: f"{name()}={number()}:{number()}",
        "NAME=VALUE+-ERROR": lambda: f"{name()}={number()}+-{number()}",
        "NAME=START": lambda: f"{name()}={number()}",
        "NAME=VALUE": lambda: f"{name()}={number()}",
        "NAME=WIDTH": lambda: f"{name()}={number()}",
        "FROM:TO:POINTS[:SPACING]": lambda: f"{number()}:{number()}:{random.choice(('3', '20', number()))}"
        + optional(random.choice((":log", ":inverse"))),
        "FILE": lambda: random.choice(files or ["nothing.dat"]),
        "FILE.toml|PRESET": lambda: random.choice(("BK7", "Duran", str(fixtures / "none.toml"))),
        "[FILE:]ITEMS": lambda: random.choice(("20-30", "cooling", f"T={number()}:{number()}")),
        "etm|ll|...": lambda: random.choice(tuple(MODELS)),
        "etm|three-level|...": lambda: random.choice(tuple(MODELS)),
        "NAME|FILE.toml": lambda: random.choice(("bk7-fixed-field", "BK7", "Duran")),
        "BK7|Duran|BAS|FILE": lambda: random.choice(("BK7", "Duran", "BAS")),
    }  # fmt: skip
    if metavar in forms:
        return forms[metavar]()
    parts = metavar.split("|")
    word = random.choice(parts)
    if word.isupper() or "[" in word or word.endswith("..."):
        ranges = optional(f":{number()}") if ":" in metavar else ""
        error = optional(f"+-{number()}") if "+-" in metavar else ""
        return ",".join(number() + ranges + error for _ in range(2 if "," in metavar else 1))
    return word
