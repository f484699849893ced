"""Damaged files to the reader: a measurement whose rows add up, or one error of the program's own."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from random import Random

import numpy as np

from fuzzing import Findings
from fuzzing.mutations import damage
from fuzzing.seeds import seeds
from glasspara.analysis.inspect.report import InspectDocument, Inspection
from glasspara.errors import GlassparaError
from glasspara.report import to_text
from glasspara.report.block import fill
from glasspara.runs import Measurement, read


def campaign(seed: int, seconds: float, *, least: int = 0) -> Findings:
    """Read damaged files until the time is over, ``least`` in any case."""
    findings = Findings("damaged files read")
    random = Random(seed)
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.dat"
        tried = 0
        while time.monotonic() < until or tried < least:
            tried += 1
            data, mutation = damage(random, random.choice(seeds()))
            path.write_bytes(data)
            began = time.monotonic()
            fault = _try(path, random, findings)
            findings.slowest_s = max(findings.slowest_s, time.monotonic() - began)
            if fault:
                findings.wrong.append(f"{mutation}: {fault}; the file is {keep(data)}")
    return findings


def keep(data: bytes) -> str:
    """Name of a file that holds the input of a finding."""
    with tempfile.NamedTemporaryFile(prefix="fuzz-", suffix=".dat", delete=False) as file:
        file.write(data)
    return file.name


def _try(path: Path, random: Random, findings: Findings) -> str:
    try:
        measurement = read(path, moment=random.choice(("auto", "auto", "free", "fixed", "vsm")))
        findings.count("read")
        return fault_of(measurement)
    except GlassparaError as error:
        findings.count("refused")
        return f"an error of more than one line: {error}" if "\n" in str(error) else ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def fault_of(measurement: Measurement) -> str:
    """What is wrong with a measurement that was read; "" if nothing is."""
    if measurement.rows_read != measurement.rows_used + sum(measurement.rows_dropped.values()):
        return "rows do not add up"
    lines = [row.line for row in measurement.dropped] + [n for run in measurement.runs for n in run.line]
    if len(set(lines)) != measurement.rows_read:
        return "a row is used twice"
    for run in measurement.runs:
        values = (run.temperature, run.field, run.moment, run.sigma)
        if not all(np.all(np.isfinite(column)) for column in values):
            return "a number is not finite"
        if not (np.all(run.sigma > 0.0) and np.all(run.temperature > 0.0)):
            return "a standard deviation or temperature is not positive"
    to_text(fill(InspectDocument, Inspection.of([measurement], []))).encode()
    return ""
