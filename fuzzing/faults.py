"""Broken machines: killed at any moment, interrupted, out of disk, two runs into one folder."""

from __future__ import annotations

import csv
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from fuzzing import Findings
from fuzzing.seeds import ROOT

INTERRUPTED = 130
_TRUSTED = {0, 5}
_RUN = ROOT / "fixtures" / "pure-ll"

# A process that writes one set of files after another, every file and the report with the number of the set.
_WRITER = """
import json, sys
from pathlib import Path
from glasspara.report.output import HASHES, hashes, write_files
folder, name = Path(sys.argv[1]), sys.argv[2]
number = 0
while True:
    number += 1
    tag = f"{name}{number}"
    names = [f"{i:02d}.csv" for i in range(2 + number % 7)]
    files = {name: (tag + "\\n").encode() * 3000 for name in names}
    report = {"glasspara_version": "0", "tag": tag, "files": names, HASHES: hashes(files)}
    write_files(folder, {"report.json": json.dumps(report).encode(), **files}, force=True, report="report.json")
    print(number, flush=True)
"""


def start_writer(folder: Path, name: str) -> subprocess.Popen[bytes]:
    """A process that writes sets into ``folder`` until it is killed; it has written one when this returns."""
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(folder), name], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    return writer


def fault_of_set(folder: Path) -> str:
    """What is half in a folder that writers were killed in; "" if nothing is."""
    tags = set()
    for path in folder.glob("[!.]*.csv"):
        lines = path.read_text().splitlines()
        if len(lines) != 3000 or len(set(lines)) != 1:
            return f"{path.name} is not whole"
        tags.add(lines[0])
    report = folder / "report.json"
    if not report.exists():
        return ""
    content = json.loads(report.read_text())
    there = {path.name for path in folder.glob("[!.]*.csv")}
    if tags != {content["tag"]} or there != set(content["files"]):
        return f"the report is of {content['tag']}, the files of {sorted(tags)}: {sorted(there)}"
    return ""


def kill_writers(folder: Path, random: Random, kills: int, findings: Findings, *, at_once: int = 1) -> None:
    """Start writers, kill them at a random moment, look at what is left; ``kills`` times."""
    for _ in range(kills):
        writers = [start_writer(folder, "abc"[i]) for i in range(at_once)]
        time.sleep(random.uniform(0.0, 0.03))
        for writer in writers:
            writer.kill()
            writer.communicate()
        findings.count("pairs of writers killed" if at_once > 1 else "writers killed")
        if fault := fault_of_set(folder):
            findings.wrong.append(f"{at_once} killed: {fault}")


def campaign(seed: int, seconds: float) -> Findings:
    """Kills, interrupts and full disks until the time is over, but 100 kills in any case."""
    findings = Findings("machines broken")
    random = Random(seed)
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name:
        kill_writers(Path(name), random, 100, findings)
        kill_writers(Path(name), random, 20, findings, at_once=2)
    rounds = 0
    while time.monotonic() < until or rounds < 2:
        rounds += 1
        for attack in (_kill, _interrupt, _fill_disk):
            with tempfile.TemporaryDirectory() as name:
                if fault := attack(Path(name) / "out", random, findings):
                    findings.wrong.append(f"{attack.__name__.strip('_')}: {fault}")
    return findings


def _fit(out: Path, *more: str) -> list[str]:
    files = [str(path) for path in sorted(_RUN.glob("*.dat"))[:2]]
    return [sys.executable, "-m", "glasspara", "fit", *files, "--model", "ll", "--out", str(out), *more]


def _stop(out: Path, random: Random, sign: int) -> tuple[int, str]:
    run = subprocess.Popen(_fit(out, "--force"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(random.uniform(0.15, 3.0))
    run.send_signal(sign)
    _, err = run.communicate()
    return run.returncode, err.decode(errors="replace")


def _kill(out: Path, random: Random, findings: Findings) -> str:
    _stop(out, random, signal.SIGKILL)
    findings.count("fit killed")
    return _fault_of_results(out)


def _interrupt(out: Path, random: Random, findings: Findings) -> str:
    status, err = _stop(out, random, signal.SIGINT)
    findings.count("fit done before the interrupt" if status in _TRUSTED else "fit interrupted")
    # a Python that is still starting ends by the signal itself, or complains of its own modules
    if status not in {INTERRUPTED, -signal.SIGINT, *_TRUSTED} or ("Traceback" in err and "glasspara" in err):
        return f"status {status}: {err[-300:]}"
    if status == INTERRUPTED and "interrupted; nothing half-written" not in err:
        return f"says nothing of the interrupt: {err[-300:]}"
    if out.exists() and list(out.glob(".glasspara-*")):
        return "leaves a temporary file"
    return _fault_of_results(out)


def _fill_disk(out: Path, random: Random, findings: Findings) -> str:
    """A file may be so long and no longer; on what is there already nothing may change."""
    most = random.choice((0, 100, 1_000, 5_000, 20_000))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = subprocess.run(_fit(out, "--no-plots"), capture_output=True, preexec_fn=limit, check=False)
    findings.count("fit on a full disk")
    left = sorted(path.name for path in out.iterdir()) if out.exists() else []
    if done.returncode != 2 or b"Traceback" in done.stderr or left:
        return f"files of {most} bytes: status {done.returncode}, left {left}: {done.stderr[-300:]!r}"
    return ""


def _fault_of_results(out: Path) -> str:
    if not out.exists():
        return ""
    for path in out.glob("[!.]*"):
        content = path.read_bytes()
        whole = {
            ".png": lambda content: content.endswith(b"IEND\xaeB`\x82"),
            ".csv": lambda content: content.endswith(b"\n") and _same_width(content.decode()),
            ".json": lambda content: bool(json.loads(content)),
            ".html": lambda content: content.endswith(b"</html>\n"),
        }[path.suffix]
        if not whole(content):
            return f"{path.name} is not whole"
    report = out / "report.json"
    if report.exists():
        missing = [name for name in json.loads(report.read_text())["files"] if not (out / name).exists()]
        if missing:
            return f"the report lists {missing}, which are not there"
    return ""


def _same_width(text: str) -> bool:
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    return len({len(row) for row in rows}) == 1
