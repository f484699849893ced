"""The scripts of ``examples/``, as a laboratory runs them."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A working folder, and the program on the PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "glasspara"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m glasspara "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("OPTIONS", "--model ll --no-plots")
    work = tmp_path / "the lab"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


def script(name, *arguments):
    return subprocess.run(
        ["sh", str(EXAMPLES / name), *map(str, arguments)], capture_output=True, text=True, check=False
    )


def copy(source, target):
    target.parent.mkdir(exist_ok=True)
    shutil.copy(source, target)
    return target


def test_one_file_a_sample_makes_a_table(lab, fixtures):
    (plain,) = fixtures.glob("pure-ll/*_20000Oe.rso.dat")
    (glass,) = fixtures.glob("bk7-fixed-field/*_20000Oe.rso.dat")
    first, second = (
        copy(plain, lab / "measured" / "sample 1.dat"),
        copy(glass, lab / "measured" / "glass.dat"),
    )
    first.with_suffix(".toml").write_text("[sample]\nmass_mg = 48.4\n", encoding="utf-8")
    broken = lab / "measured" / "broken.dat"
    broken.write_text("nothing", encoding="utf-8")
    done = script("each_sample.sh", first, second, broken)
    assert done.returncode == 6
    rows = {os.path.basename(row["file"]): row for row in csv.DictReader(done.stdout.splitlines())}  # noqa: PTH119
    assert list(rows) == ["sample 1.dat", "glass.dat", "broken.dat"]
    good, poor, none = rows.values()
    assert (good["exit_status"], good["status"], good["ats_established"]) == ("0", "good", "null")
    assert float(good["n_fe_per_g"]) == pytest.approx(
        2 * 1.7e17, rel=0.05
    )  # half the mass, by the sample file
    assert (lab / good["results"] / "report.json").is_file()
    assert (poor["exit_status"], poor["status"]) == ("5", "poor")
    assert (none["exit_status"], none["status"], none["results"]) == ("3", "", "")
    assert "error: " in done.stderr


def test_a_folder_is_watched(lab, fixtures, monkeypatch):
    (source,) = fixtures.glob("pure-ll/*_20000Oe.rso.dat")
    night = lab / "tonight"
    copy(source, night / "a b.dat")
    (night / "notes.txt").write_text("mine", encoding="utf-8")
    monkeypatch.setenv("ROUNDS", "1")
    once = script("watch_folder.sh", night)
    assert once.returncode == 0
    (line,) = once.stdout.splitlines()
    assert line.endswith(f"{night}/a b.dat  0  good")
    assert [path.name for path in (lab / "glasspara-results").iterdir()] == ["fit-a_b"]
    monkeypatch.setenv("ROUNDS", "12")
    monkeypatch.setenv("INTERVAL", "1")
    with subprocess.Popen(
        ["sh", str(EXAMPLES / "watch_folder.sh"), str(night)], stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        assert "a b.dat" in watching.stdout.readline()
        copy(source, night / "new.dat")
        (night / "new.dat").touch()  # as a file that is being measured, not one with an old date
        assert "new.dat" in watching.stdout.readline()
        watching.terminate()
        assert watching.stdout.read() == ""  # what has not changed is not fitted again
    assert {path.name for path in (lab / "glasspara-results").iterdir()} == {"fit-a_b", "fit-new"}
    assert script("watch_folder.sh").returncode == 2
