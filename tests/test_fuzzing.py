"""The campaigns of ``make fuzz``, for a moment each; what they must have found if it were there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random

import pytest

from fuzzing import Findings, commands, extremes, faults, hostile, own_files, reading, running
from fuzzing.mutations import MUTATIONS, damage
from fuzzing.seeds import seeds
from glasspara.errors import InputError
from glasspara.runs import read


def test_every_damage_changes_files():
    random = Random(1)
    for mutation in MUTATIONS:
        assert any(mutation(random, seed) != seed for seed in seeds()[:8]), mutation.__name__
    assert damage(Random(5), seeds()[0]) == damage(Random(5), seeds()[0])


def test_damaged_files():
    findings = reading.campaign(1, 0.0, least=40)
    assert findings.wrong == []
    assert findings.counts["read"] > 3
    assert findings.counts["refused"] > 3


def test_commands_on_damaged_files():
    findings = commands.campaign(1, 0.0, least=20)
    assert findings.wrong == []
    assert sum(findings.counts.values()) == 20


@pytest.mark.parametrize("seed", [1, 2])
def test_numbers_out_of_measure(seed):
    findings = extremes.campaign(seed, 0.0, least=4)
    assert findings.wrong == []
    assert sum(findings.counts.values()) == 4


def test_files_of_its_own_damaged():
    findings = own_files.campaign(1, 0.0, least=6)
    assert findings.wrong == []
    assert sum(findings.counts.values()) == 6


def test_faults_are_seen(monkeypatch):
    """A reader that fails, a command that prints control characters: the campaigns say so."""
    monkeypatch.setattr(reading, "read", lambda path, moment: 1 / 0)
    assert "ZeroDivisionError" in reading.campaign(1, 0.0, least=1).wrong[0]
    for program, fault in (
        (lambda: print("\x1b[31m"), "prints {'\\x1b'}"),
        (lambda: sys.exit(1), "status 1: "),
        (lambda: os._exit(9), "status 9: "),
        (lambda: print("a nan"), "prints nan: 'a nan'"),
        (lambda: print("x: RuntimeWarning: y", file=sys.stderr), "says 'x: RuntimeWarning: y'"),
        (lambda: os.write(1, b'{"a": Infinity}'), "no JSON: Infinity"),
    ):
        monkeypatch.setattr(running, "main", program)
        arguments = ["--json"] if fault.startswith("no JSON") else []
        assert running.fault_of(arguments, Findings("")) == fault


@pytest.mark.parametrize(
    "name",
    ["a line of 100 MB", "a million columns", "50 MB of line ends after the names", "a pipe that nobody writes to",
     "a symlink that goes round", "numbers of 100 000 digits", "nothing but quotes", "a header without end"],
)  # fmt: skip
def test_input_made_to_hurt(tmp_path, name):
    path = tmp_path / "case.dat"
    hostile.CASES[name](path)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("device", hostile.DEVICES)
def test_devices(device):
    if not Path(device).exists() and not device.startswith("/nowhere"):
        pytest.skip(f"no {device} here")
    with pytest.raises(InputError):
        read(device)


@pytest.mark.parametrize("every", [3, 5])
def test_more_steps_than_any_measurement(tmp_path, every):
    """Cost grows with the rows, not with the square of the runs."""
    path = tmp_path / "steps.dat"
    rows = hostile._steps(20_000, every)
    path.write_text(f"{hostile._HEAD}{hostile._NAMES}\n{rows}\n", encoding="cp1252")
    assert read(path).rows_read == 20_000


def test_a_full_disk_leaves_nothing(tmp_path):
    assert faults._fill_disk(tmp_path / "out", Random(1), Findings("")) == ""


def test_ctrl_c_ends_in_one_line(tmp_path):
    assert faults._interrupt(tmp_path / "out", Random(1), Findings("")) == ""
