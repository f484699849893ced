"""The worked example of the README is what the program says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from glasspara.app import run
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("working_folder")

README = (ROOT / "README.md").read_text(encoding="utf-8")


def words(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def call(monkeypatch, capfd, line: str) -> tuple[int, str]:
    """Run a line of the README in an empty folder with the fixtures."""
    command, *arguments = shlex.split(line, comments=True)
    assert command == "glasspara"
    here = Path.cwd()
    if not (here / "fixtures").exists():
        (here / "fixtures").symlink_to(ROOT / "fixtures")
    expanded = [
        str(path) for word in arguments for path in (sorted(ROOT.glob(word)) if "*" in word else [word])
    ]
    monkeypatch.setattr("sys.argv", ["glasspara", *expanded])
    status = 0
    try:
        run()
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, capfd.readouterr().out


def test_worked_example(monkeypatch, capfd):
    block = re.search(r"```\n(Model etm.*?)```", README, re.DOTALL)
    assert block
    status, out = call(monkeypatch, capfd, "glasspara fit fixtures/bk7-fixed-field/*.dat")
    assert status == 0
    shown = words(out)
    for line in words(block[1]):
        assert line in shown


@pytest.mark.parametrize(
    ("campaign", "verdict"), [("bk7-fixed-field", "fails: p < 1e-12"), ("pure-ll", "holds: p = 0.6")]
)
def test_universality_example(monkeypatch, capfd, campaign, verdict):
    line = next(line for line in README.splitlines() if f"universality fixtures/{campaign}" in line)
    assert line.endswith(verdict)
    _, out = call(monkeypatch, capfd, line.strip())
    said, p = verdict.split(": ")
    assert f"universality {said}".lower() in out.lower()
    assert p in out


def test_inspect_example(monkeypatch, capfd):
    line = next(line for line in README.splitlines() if "glasspara inspect" in line)
    status, out = call(monkeypatch, capfd, line.strip())
    assert status == 0
    assert "M(T) at 20000 Oe" in out


def test_sample_file_of_the_readme_is_valid(tmp_path):
    from glasspara.sample.sample import read_sample

    block = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert block
    path = tmp_path / "sample.toml"
    path.write_text(block[1], encoding="utf-8")
    sample = read_sample(path)
    assert (sample.mass_mg, sample.n_fe, sample.n_fe_error) == (96.8, 1.657e17, 0.019e17)


def test_every_command_is_in_the_readme():
    from glasspara.app import COMMANDS

    for name in COMMANDS:
        assert f"`{name}" in README
