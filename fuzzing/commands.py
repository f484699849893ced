"""Damaged files and odd options to the commands: a documented exit status, clean streams, nothing else."""

from __future__ import annotations

import tempfile
import time
from contextlib import chdir
from pathlib import Path
from random import Random

from fuzzing import Findings
from fuzzing.mutations import damage
from fuzzing.reading import keep
from fuzzing.running import fault_of
from fuzzing.seeds import seeds
from glasspara.files.naming import RESULTS

_COMMANDS = (
    ("inspect",),
    ("inspect", "--json"),
    ("fit", "--model", "ll", "--no-plots"),
    ("fit", "--model", "ll", "--json", "--per-run"),
    ("universality", "--no-plots"),
    ("series", "--no-plots"),
    ("curie", "--no-plots", "--fix", "d_min=0.03", "--fix", "delta_mu=0.3"),
    ("subtract",),
    ("subtract", "--json", "--average"),
)
_OPTIONS = (
    (), (), ("--mass", "12.5"), ("--mass", "12.5"), ("--mass", "12.5"), ("--mass", "35,7 mg"), ("--mass", "0.01"),
    ("--exclude", "flux-jumps"), ("--exclude", "20-30"), ("--exclude", "0"), ("--min-fit", "0"), ("--min-fit", "nan"),
    ("--errors", "scatter"), ("--errors", "instrument"), ("--moment", "fixed"),
)  # fmt: skip
_NAMES = (
    "run.dat", "=1+1.dat", "@x.dat", "a\x1b[31mb.dat", "[bold].dat", "-.dat", "a\nb.dat", "\u202efdp.dat", "..dat",
    "x" * 200 + ".dat", "\udcff.dat", "#$%&$.dat", "a,b;c'\"d.dat", "{x}.dat", "%s.dat",
)  # fmt: skip


def campaign(seed: int, seconds: float, *, least: int = 0) -> Findings:
    """Run commands on damaged files until the time is over, ``least`` in any case."""
    findings = Findings("commands run on damaged files")
    random = Random(seed)
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder, chdir(folder):  # where results go without --out
        tried = 0
        while time.monotonic() < until or tried < least:
            tried += 1
            path = Path(folder) / random.choice(_NAMES)
            data = random.choice(seeds())
            if random.random() < 0.7:
                data, _ = damage(random, data)
            path.write_bytes(data)
            command, *options = random.choice(_COMMANDS)
            extra = [] if command == "inspect" else list(random.choice(_OPTIONS))
            out = Path(folder) / "out"
            if command != "inspect" and random.random() < 0.3:
                extra += ["--out", str(out), "--force"]
            fault = fault_of([command, *options, *extra, "--", str(path)], findings)
            if fault:
                options_word = " ".join(options + extra)
                findings.wrong.append(
                    f"{command} {options_word} {path.name!r}: {fault}; the file is {keep(data)}"
                )
            path.unlink()
            stray = {item.name for item in Path(folder).iterdir()} - {"out", RESULTS}
            if stray:
                findings.wrong.append(f"{command}: wrote {stray} outside --out")
    return findings
