"""The notebooks of ``examples/`` run, in a process each, and say what their text says."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))

SAID = {
    "one_run": ["POOR: the model", "NOT ESTABLISHED", "False", "<b>good</b>"],
    "campaign_with_iron": ["Drift of n(Fe): FOUND", "<b>good</b>", "x = 0.64"],
    "universality_and_rivals": [
        "Universality holds", "Universality FAILS", "an ATS term is needed", "no ATS term is needed",
    ],
}  # fmt: skip
"""What the outputs must hold, in this order: the text between the cells speaks of it."""


def test_there_are_three():
    assert {path.stem for path in NOTEBOOKS} == set(SAID)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_its_text_is_true(path):
    words = [sys.executable, str(ROOT / "docs" / "notebooks.py"), str(path)]
    done = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    place = 0
    for text in SAID[path.stem]:
        place = done.stdout.find(text, place)
        assert place >= 0, text
    assert '<img alt="' in done.stdout


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
