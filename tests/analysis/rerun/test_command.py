"""``rerun``: every command gives the same result again, and what differs is told."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import glasspara as package
from glasspara.analysis import reports
from glasspara.analysis.reproduce import report as _  # noqa: F401  # its steps run the program as ever
from glasspara.analysis.rerun import report as again
from glasspara.app import run
from glasspara.replicates import cores
from tests import golden

QUICK = ("--model", "ll", "--t-range", "2:60")
HELD = [
    word
    for text in ("d_min=0.03", "delta_mu=0.3", "d0min_qs4=2e5", "d0max_qs4=3e5")
    for word in ("--fix", text)
]  # the ATS term costs most
RUN = "pure-LL-synthetic_MT_{}Oe.rso.dat"


def in_process(words, *, messages=False):
    """As ``run_program``, without the start of another Python."""
    assert not messages
    out, err, argv, status = io.StringIO(), io.StringIO(), sys.argv, 0
    sys.argv = ["glasspara", *words]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            run()
        except SystemExit as stop:
            status = stop.code or 0
        finally:
            sys.argv = argv
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


@pytest.fixture
def quick_program(monkeypatch):
    monkeypatch.setattr(again, "run_program", in_process)
    monkeypatch.setattr(cores, "usable_cores", lambda: 1)


@pytest.fixture
def folder(working_folder, fixtures):
    """The working folder with two runs of a glass in it, and M(H) runs."""
    for field in ("1000", "20000"):
        shutil.copy(fixtures / "pure-ll" / RUN.format(field), working_folder / f"{field}.dat")
    shutil.copy(fixtures / "bk7-fixed-temperature" / "BK7-synthetic_MH_2K.rso.dat", working_folder / "2K.dat")
    (working_folder / "glass.toml").write_text("[sample]\nmass_mg = 90.0\nn_fe = 9e16\n", encoding="utf-8")
    return working_folder


WORDS = {
    "fit": ("20000.dat", *QUICK, "--bootstrap", "2", "--seed", "7", "--sample", "glass.toml", "--minos", "n_fe3"),
    "universality": ("1000.dat", "20000.dat", "--t-range", "2:60", "--no-allowances"),
    "compare": ("20000.dat", *QUICK[2:], "--models", "ll", "--models", "ll-curie-weiss", "--replicates", "0"),
    "highfield": ("2K.dat", "--h-range", "20000:40000", "--n-fe", "1.7e17", *HELD),
    "partition": ("20000.dat", "--t-range", "2:60", "--n-fe", "9e16", "--values", "0.4,0.6", *HELD),
    "oscillations": ("20000.dat", *QUICK, "--replicates", "19", "--seed", "3"),
    "anomaly": ("20000.dat", *QUICK, "--windows", "2,10,60"),
    "plan": ("20000.dat", *QUICK, "--goal", "chi_larmor", "--runs", "1"),
    "series": ("1000.dat", "20000.dat", "--weights", "equal", "--sample", "glass.toml"),
    "curie": ("1000.dat", "--n-fe", "9e16", "--tolerance", "0.05", "--low-to", "20", *HELD),
    "derive": ("BK7", "--xi", "20:40"),
    "inspect": ("1000.dat", "20000.dat", "nothing.dat", "--exclude", "T=40:60"),
    "subtract": ("20000.dat", *QUICK, "--holder-chi", "1e-9", "--staged"),
    "reproduce": ("--only", "table1", "--out", "reproduced"),
    "simulate": ("--mt", "20000", "--t-grid", "2:20:5", "--seed", "4", "--out", "simulated"),
}  # fmt: skip


def report_of(glasspara, folder, command, words):
    """The path of a report of ``command``, whose files have a folder of their own."""
    made = glasspara(command, *words, "--json", "-q")
    assert made.status in (0, 5, 6), made.err
    (folder / "results").mkdir()
    path = folder / "results" / "report.json"
    path.write_text(made.out, encoding="utf-8")
    return path


def test_every_command_with_a_report_is_tried():
    assert set(WORDS) == set(reports()) - {"rerun", "diff"}


@pytest.mark.usefixtures("quick_program")
@pytest.mark.parametrize("command", WORDS)
def test_the_same_comes_again_to_the_last_digit(glasspara, folder, validator, command):
    report = report_of(glasspara, folder, command, WORDS[command])
    done = glasspara("rerun", report, "--json")
    assert (done.status, done.err) == (0, "")
    document = json.loads(done.out)
    validator.validate(document)
    block = document["rerun"]
    assert block["assessment"]["status"] == "identical"
    for part in ("settings", "versions", "numbers", "statements", "findings"):
        assert block["diff"][part] == []
    assert {pair["state"] for pair in block["diff"]["inputs"]} <= {"same"}


@pytest.mark.usefixtures("quick_program")
def test_a_folder_and_standard_input_come_again_as_the_files_that_they_gave(glasspara, folder):
    data = folder / "data"
    data.mkdir()
    (folder / "20000.dat").rename(data / "20000.dat")
    (data / "notes.txt").write_text("no data", encoding="utf-8")
    report = report_of(glasspara, folder, "fit", ("data", *QUICK))
    assert "files.passed-over" in report.read_text(encoding="utf-8")
    (data / "1000.dat").write_bytes((folder / "1000.dat").read_bytes())  # came later
    assert "identical, to the last digit" in glasspara("rerun", report, "--no-files").out

    content = (folder / "1000.dat").read_bytes()
    piped = glasspara("fit", "-", *QUICK, "--json", "-q", stdin=content)
    (folder / "piped.json").write_text(piped.out, encoding="utf-8")
    assert "1 of its 1 files cannot be found: standard input." in glasspara("rerun", "piped.json").err
    done = glasspara("rerun", "piped.json", "--files-in", "data", "--no-files")
    assert "identical, to the last digit" in done.out


@pytest.mark.usefixtures("quick_program")
def test_results_are_short_in_python(folder, glasspara):
    report = report_of(glasspara, folder, "fit", ("20000.dat", *QUICK))
    result = package.rerun(report)
    assert repr(result) == "<RerunResult: the results are identical, to the last digit>"
    assert (
        repr(package.diff([report, report])) == "<DiffResult: the results are identical, to the last digit>"
    )
    assert len(result.to_frame()) > 3


@pytest.mark.usefixtures("quick_program")
def test_files_may_have_moved_and_changed_since(glasspara, folder):
    words = ("1000.dat", "20000.dat", *QUICK, "--sample", "glass.toml", "--exclude", "20000.dat:50")
    report = report_of(glasspara, folder, "fit", words)
    archive = folder / "archive" / "2024"
    archive.mkdir(parents=True)
    (folder / "20000.dat").rename(archive / "other name.dat")
    (folder / "1000.dat").rename(archive / "1000.dat")

    missing = glasspara("rerun", report)
    assert missing.status == 3
    assert missing.err == (
        f"error: {report}: 2 of its 3 files cannot be found: 1000.dat, 20000.dat. Name their folder "
        "with --files-in DIR\n"
    )

    done = glasspara("rerun", report, "--files-in", "archive", "--no-files")
    assert done.status == 0
    assert "identical, to the last digit" in done.out
    assert "moved  20000.dat  archive/2024/other name.dat" in done.out
    assert "setting" not in done.out  # --exclude names the file, too

    # beside the report, changed
    lines = (archive / "1000.dat").read_text(encoding="cp1252").splitlines(keepends=True)
    (report.parent / "1000.dat").write_text("".join(lines[:-3]), encoding="cp1252")
    (archive / "1000.dat").unlink()
    (archive / "other name.dat").rename(report.parent / "20000.dat")
    (folder / "glass.toml").write_text("[sample]\nmass_mg = 95.0\nn_fe = 9e16\n", encoding="utf-8")
    done = glasspara("rerun", report, "--json")
    document = json.loads(done.out.replace(f"{folder}/", ""))
    found = document["rerun"]["diff"]
    for part in ("quantities", "numbers"):  # which of the others differ by rounding, the machine decides
        found[part] = [pair for pair in found[part] if pair["a"] != pytest.approx(pair["b"], rel=1e-9)]
    golden.check(document, Path(__file__).with_name("golden.json"))
    assert [(pair["a"]["path"], pair["state"]) for pair in found["inputs"]] == [
        ("1000.dat", "changed"), ("20000.dat", "moved"), ("glass.toml", "changed"),
    ]  # fmt: skip
    numbers = {(pair["group"], pair["name"]): (pair["a"], pair["b"]) for pair in found["numbers"]}
    assert numbers["20000.dat", "mass_mg"] == (90.0, 95.0)
    assert found["assessment"]["status"] == "different"
    assert found["shared_data"]
    assert found["notes"][-1]["code"] == "diff.inputs-differ"


def test_the_program_runs_itself_and_writes_what_it_finds(glasspara, folder, validator):
    report = report_of(glasspara, folder, "fit", ("20000.dat", *QUICK))
    document = json.loads(report.read_text(encoding="utf-8"))
    document["versions"]["numpy"] = "1.0"
    block = document["fits"][0]
    block["parameters"]["chi_larmor"]["value"] += 2.0 * block["parameters"]["chi_larmor"]["error"]
    report.write_text(json.dumps(document), encoding="utf-8")
    done = glasspara("rerun", report)
    assert done.status == 0
    assert done.err == "wrote 4 files to glasspara-results/rerun-results\n"
    assert "chi_larmor" in done.out
    assert "-2\n" in done.out
    assert "Verdict: the results DIFFER" in done.out
    assert "versions differ: numpy" in done.out
    made = folder / "glasspara-results" / "rerun-results"
    validator.validate(json.loads((made / "rerun.json").read_text(encoding="utf-8")))
    validator.validate(json.loads((made / "report.json").read_text(encoding="utf-8")))
    assert glasspara("rerun", made / "report.json", "--no-files").out.count("identical") == 1
    assert "quantity,parameters,chi_larmor" in (made / "differences.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"command": "rerun"}, 3, "a report of 'rerun' cannot be run again"),
        ({"command": "--version"}, 3, "a report of '--version' cannot be run again"),
        ({"command": "dance"}, 2, "the analysis cannot be done again: No such command 'dance'"),
        ({"settings": {}}, 3, "the analysis cannot be done again: {report}: the report records no settings"),
        ({"settings": {"model": "vacuum"}}, 2, "the analysis cannot be done again: unknown --model 'vacuum'"),
        ({"settings": {"model": "ll", "out": "elsewhere"}}, 0, ""),  # where results go is nobody else's affair
        ({"inputs": [{"path": "--out=elsewhere", "sha256": "0"}]}, 3, "1 of its 1 files cannot be found"),
        ({"schema_version": 1}, 3, "another schema version"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("quick_program")
def test_what_cannot_be_run_again_is_one_line(glasspara, folder, change, status, message):
    report = report_of(glasspara, folder, "fit", ("20000.dat", *QUICK))
    document = json.loads(report.read_text(encoding="utf-8")) | change
    report.write_text(json.dumps(document), encoding="utf-8")
    done = glasspara("rerun", report, "--no-files")
    assert done.status == status
    assert message.format(report=report) in done.err
    assert done.err.count("\n") == (status != 0)
    assert not (folder / "elsewhere").exists()


def test_two_reports_and_no_folder_are_refused(glasspara, folder):
    assert glasspara("rerun", "a.json", "b.json").err == "error: rerun takes one report, not 2\n"
    assert glasspara("rerun", "a.json", "--files-in", "nowhere").status == 2
    assert glasspara("rerun", "a.json").err.startswith("error: a.json: no such file")
