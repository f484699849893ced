"""Files that the program itself reads again, damaged: reports, finished replicates, sample files."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

from fuzzing import Findings
from fuzzing.extremes import EXTREME
from fuzzing.mutations import damage, flip_bytes
from fuzzing.reading import keep
from fuzzing.running import fault_of, run
from fuzzing.seeds import ROOT
from glasspara.sample import TEMPLATE

_RUN = str(next((ROOT / "fixtures" / "pure-ll").glob("*_20000Oe*.dat")))
_GLASS = str(next((ROOT / "fixtures" / "bk7-fixed-field").glob("*_20000Oe*.dat")))
_QUICK = ["--model", "ll", "--no-plots", "--quiet", "--jobs", "1"]
_STORE = ".bootstrap-unfinished.jsonl"
_VALUES = (
    None, True, False, [], {}, "", "x", "1e5", [[[]]], {"value": {}}, -1, 0, 10**400, "\x1b[31m", "=1+1", [None] * 3,
)  # fmt: skip


def campaign(seed: int, seconds: float, *, least: int = 0) -> Findings:
    """Damage such files and give them to their commands until the time is over, ``least`` in any case."""
    findings = Findings("files of its own, damaged")
    random = Random(seed)
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as name:
        attacks = _Attacks(Path(name), findings)
        tried = 0
        while time.monotonic() < until or tried < least:
            tried += 1
            (attacks.report, attacks.store, attacks.sample)[tried % 3](random)
    return findings


class _Attacks:
    """What is damaged, made once."""

    def __init__(self, folder: Path, findings: Findings) -> None:
        self.folder, self.findings = folder, findings
        self.document = json.loads(run(["fit", _GLASS, "--json", "--quiet", "--jobs", "1"]).out)
        self.bootstrap = ["fit", _RUN, *_QUICK, "--bootstrap", "4", "--out", str(folder / "out")]
        self.whole, self.replicates = self._finished_replicates()

    def _finished_replicates(self) -> tuple[bytes, bytes]:
        """The table of replicates, and the file in which an interrupted run has kept three of the four."""
        out = self.folder / "out"
        script = (
            "import sys; from glasspara.replicates import store\n"
            "store.Store.discard = lambda self: None\n"
            "from glasspara.__main__ import main\n"
            f"sys.argv = {['glasspara', *self.bootstrap]}\n"
            "main()"
        )
        subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True)
        whole, kept = (out / "bootstrap.csv").read_bytes(), (out / _STORE).read_bytes()
        return whole, b"".join(kept.splitlines(keepends=True)[:4])

    def report(self, random: Random) -> None:
        """A report to ``derive``: numbers from the fit, or one error."""
        text = json.dumps(_changed(random, self.document)).encode()
        if random.random() < 0.2:
            text, _ = damage(random, text)
        path = self.folder / "report.json"
        path.write_bytes(text)
        self._try(["derive", str(path), random.choice(("--json", "--no-files")), "--no-plots"], text)

    def store(self, random: Random) -> None:
        """Replicates to the bootstrap that goes on from them: refused, or the same bytes as those of a whole run."""
        text = random.choice((flip_bytes(random, self.replicates), damage(random, self.replicates)[0]))
        out = self.folder / "out"
        for path in out.iterdir():
            path.unlink()
        (out / _STORE).write_bytes(text)
        force = random.choice(([], ["--force"]))
        self._try([*self.bootstrap, *force], text)
        found = out / "bootstrap.csv"
        if found.exists() and found.read_bytes() != self.whole:
            self.findings.wrong.append(f"replicates changed a result; the file is {keep(text)}")

    def sample(self, random: Random) -> None:
        """A sample file to ``fit``."""
        lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
        for _ in range(random.choice((1, 2, 4))):
            at = random.randrange(len(lines))
            key, equals, _ = lines[at].lstrip("# ").partition("=")
            if equals and " " not in key.strip():
                lines[at] = f"{key}= {random.choice((*EXTREME, '3', '0.4', 'true', '[]', '{}', chr(34) * 2))}"
        text = "\n".join(lines).encode()
        if random.random() < 0.2:
            text, _ = damage(random, text)
        path = self.folder / "sample.toml"
        path.write_bytes(text)
        self._try(["fit", _RUN, *_QUICK, "--no-files", "--sample", str(path)], text)

    def _try(self, arguments: list[str], text: bytes) -> None:
        if fault := fault_of(arguments, self.findings):
            self.findings.wrong.append(f"{shlex.join(arguments)}: {fault}; the file is {keep(text)}")


def _changed(random: Random, document: Any) -> Any:
    """A copy with one to three places changed or removed."""
    document = json.loads(json.dumps(document))
    for _ in range(random.choice((1, 1, 2, 3))):
        places = list(_places(document))
        holder, key = random.choice(places)
        how = random.random()
        if how < 0.2:
            del holder[key]
            continue
        value = random.choice(_VALUES) if how < 0.5 else float(random.choice(EXTREME))
        holder[key] = json.loads(json.dumps(random.choice(places)[0])) if how > 0.9 else value
    return document


def _places(value: Any) -> Any:
    """Every (container, key) of a document."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
