"""Run one command in a process of its own, forked from this one so that nothing is imported again, and look at it."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
import tempfile
import traceback
import unicodedata
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import jsonschema

import glasspara
from fuzzing import Findings
from glasspara.__main__ import main
from glasspara.report.block import schema_text

STATUSES = {0, 2, 3, 4, 5, 6}
"""What the commands may end with."""

MOST_SECONDS = 90
"""Processor time of a command that works on some ten points."""

_NO_NUMBER = re.compile(r"(?<![\w./-])[+-]?(nan|inf|infinity)(?![\w./])", re.IGNORECASE)
_NOT_OURS = re.compile(r"Traceback|Warning\b|File \"|On entry to|findfont|libgomp|OpenBLAS")
_VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema_text()))


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit status (-N for signal N), its streams, and the processor time that it took, s."""

    status: int
    out: str
    err: str
    seconds: float


@cache
def _load() -> None:
    """Import here what commands import where they need it, so that no fork has to."""
    for item in walk_packages(glasspara.__path__, "glasspara."):
        if not item.name.endswith("__main__"):
            import_module(item.name)
    for name in ("pandas", "scipy.optimize", "scipy.stats", "iminuit", "matplotlib.figure"):
        import_module(name)


def run(arguments: list[str], *, seconds: int = MOST_SECONDS) -> Outcome:
    """``glasspara ARGUMENTS`` in a fork of this process, with so much processor time and no standard input."""
    _load()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        sys.stdout.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # other threads of a test runner only wait
            child = os.fork()
        if not child:
            _become(arguments, out.fileno(), err.fileno(), seconds)
        _, ended, used = os.wait4(child, 0)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return Outcome(os.waitstatus_to_exitcode(ended), *texts, used.ru_utime + used.ru_stime)


def _become(arguments: list[str], out: int, err: int, seconds: int) -> None:
    """Be the program, and end."""
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        signal.alarm(10 * seconds)  # for one that waits
        for descriptor, stream in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
            os.dup2(descriptor, stream)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115
        sys.argv = ["glasspara", *arguments]
        main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        finally:  # whatever happens: the runner of tests must not go on twice
            os._exit(status)


def fault_of(arguments: list[str], findings: Findings) -> str:
    """Run the program; what it did that it must not, "" if nothing."""
    outcome = run(arguments)
    findings.slowest_s = max(findings.slowest_s, outcome.seconds)
    findings.count(f"status {outcome.status}")
    if outcome.status == -signal.SIGXCPU:
        return f"took more than {MOST_SECONDS} s"
    if outcome.status not in STATUSES:
        return f"status {outcome.status}: {' | '.join(outcome.err.strip().splitlines()[-3:])}"
    return _fault_of_streams(outcome) or _fault_of_output(outcome, as_json="--json" in arguments)


def _fault_of_streams(outcome: Outcome) -> str:
    text = outcome.out + outcome.err
    odd = {char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co")}
    if odd:
        return f"prints {odd!r}"
    lines = outcome.err.splitlines()
    strange = [line for line in lines if _NOT_OURS.search(line)]
    if strange:
        return f"says {strange[0]!r}"
    if (
        outcome.status in (2, 3, 4)
        and not outcome.out
        and not any(line.startswith("error: ") for line in lines)
    ):
        return f"status {outcome.status} without a word"
    return ""


def _fault_of_output(outcome: Outcome, *, as_json: bool) -> str:
    if not outcome.out:
        return "" if outcome.status in (2, 3, 4) or not as_json else "no JSON"
    return _fault_of_json(outcome.out) if as_json else fault_of_numbers(outcome.out)


def _fault_of_json(text: str) -> str:
    try:
        document = json.loads(text, parse_constant=_refuse)
    except ValueError as error:
        return f"no JSON: {error}"
    wrong = next(_VALIDATOR.iter_errors(document), None)
    return f"not by the schema: {wrong.json_path}: {wrong.message[:200]}" if wrong else ""


def fault_of_numbers(text: str) -> str:
    """A nan or an infinity in a text, comment lines of a table left out; "" if there is none."""
    for line in text.splitlines():
        if not line.startswith("#") and (found := _NO_NUMBER.search(line)):
            return f"prints {found[0]}: {line.strip()[:120]!r}"
    return ""


def fault_of_files(folder: Path) -> str:
    """What is no number in the results in a folder; "" if nothing."""
    for path in sorted(folder.glob("*.csv")):
        if fault := fault_of_numbers(path.read_text(encoding="utf-8")):
            return f"{path.name} {fault}"
    return ""


def _refuse(word: str) -> float:
    raise ValueError(word)
