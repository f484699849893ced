"""``glasspara plan`` as a user gives it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from glasspara.analysis.plan import planning
from tests import golden


@pytest.fixture
def run(fixtures):
    return fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_20000Oe.rso.dat"


@pytest.fixture(autouse=True)
def _few_worlds(monkeypatch):
    monkeypatch.setattr(planning, "_WORLDS", 2)


SHAPE = ("--fix", "n_ats=1.352e16", "--n-fe", "1.697(19)e17")


def rows(path: Path) -> list[dict[str, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_report_set_points_and_figure(monkeypatch, glasspara, validator, run, tmp_path):
    monkeypatch.setattr(planning, "_WORLDS", 0)  # numbers of refits are not the same everywhere
    done = glasspara(
        "plan", run, *SHAPE, "--goal", "fe2_fraction", "--points", 12, "--runs", 2, "--out", tmp_path
    )
    assert done.status == 0
    document = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    validator.validate(document)
    golden.check(document, Path(__file__).with_name("golden.json"))
    block = document["plan"]
    assert document["settings"]["max_field"] is None
    assert document["settings_taken"] == {
        "max_field": block["reach"]["max_field_Oe"],
        "noise": f"{block['noise']['relative']!r},{block['noise']['floor_emu']!r}",
    }
    points = rows(tmp_path / "plan_set_points.csv")
    assert list(points[0]) == ["run", "H_Oe", "T_K"]
    assert [point["run"] for point in points] == ["1"] * 12 + ["2"] * 12
    fields = sorted(float(point["H_Oe"]) for point in points)
    planned = [
        value
        for step in block["steps"]
        for value in (step["grid"] if step["run"]["kind"] != "fixed-field" else [step["run"]["nominal"]] * 12)
    ]
    assert fields == sorted(planned)
    candidates = rows(tmp_path / "plan_candidates.csv")
    assert len(candidates) == len(block["candidates"])
    assert (
        float(candidates[0]["measure"]) == block["candidates"][0]["measure"] == block["steps"][0]["measure"]
    )
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")
    assert "Verdict: Plan: these runs add most" in done.out
    below_the_files = done.out.partition("Goal:")[2]
    assert max(map(len, below_the_files.splitlines())) <= 160


def test_from_a_report_of_fit(glasspara, validator, run, tmp_path):
    glasspara("fit", run, *SHAPE, "--t-range", ":100", "--out", tmp_path / "fit", "--no-plots", "-q")
    report = tmp_path / "fit" / "report.json"
    asked = ("--goal", "ats_strength", "--runs", 1, "--mh", 2, "--json")
    done = glasspara("plan", report, *asked)
    assert done.status == 0
    document = json.loads(done.out)
    validator.validate(document)
    assert document["settings"]["fix"] == ["n_ats=1.352e16"]
    assert document["settings"]["t_range"] == [":100"]
    assert [item["path"] for item in document["inputs"]] == [str(run)]
    direct = json.loads(glasspara("plan", run, *SHAPE, "--t-range", ":100", *asked).out)
    assert direct["plan"] == document["plan"]


def test_a_report_of_one_ion(glasspara, run, tmp_path):
    glasspara("fit", run, "--ions", "fe3", "--out", tmp_path, "--no-plots", "-q")
    done = glasspara("plan", tmp_path / "report.json", "--goal", "n_fe", "--runs", 1, "--mh", 2, "--json")
    document = json.loads(done.out)
    assert document["settings"]["ions"] == "fe3"
    assert "n_fe2" not in document["plan"]["quantities"]


def test_a_report_whose_files_are_gone_or_changed(glasspara, run, tmp_path):
    moved = tmp_path / "run.dat"
    moved.write_bytes(run.read_bytes())
    glasspara("fit", moved, "--out", tmp_path / "fit", "--no-plots", "-q")
    report = tmp_path / "fit" / "report.json"
    moved.write_bytes(run.read_bytes() + b"\n")
    changed = glasspara("plan", report, "--goal", "ats_strength")
    moved.unlink()
    gone = glasspara("plan", report, "--goal", "ats_strength")
    for done, words in ((changed, "was changed after"), (gone, "not found")):
        assert done.status == 3
        assert done.out == ""
        assert words in done.err
        assert done.err.count("\n") <= 2


def test_a_decision_at_the_terminal(glasspara, run):
    done = glasspara("plan", run, "--mt", 50000, "--points", 20, "--runs", 1, "--no-files")
    assert done.status == 0
    assert "Goal: decide" in done.out
    assert "the margin over ordinary magnetism rises from -4.9" in done.out
    assert "of 3 simulated outcomes" in done.out
    assert ".csv" not in done.out
    assert "without any run, the iron by mass spectrometry to 1 % (--n-fe): margin 15.8" in done.out


def test_a_fit_that_is_not_trusted(glasspara, run):
    """Without the ATS term the model does not describe the data."""
    done = glasspara("plan", run, "--model", "ll", "--runs", 1, "--mt", 1000, "--no-files")
    assert done.status == 5
    assert "Goal: n_fe" in done.out
    assert "NOT RELIABLE" in done.out


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--goal", "n_tunn"), 2),
        (("--goal", "decide,d_min"), 2),
        (("--goal", "decide", "--model", "ll"), 2),
        (("--goal", "d_min", "--fix", "d_min=0.03"), 2),
        (("--noise", "a"), 2),
        (("--noise", "1,2,3"), 2),
        (("--noise", "2"), 2),
        (("--max-field", "5"), 2),
        (("--temperatures", "2"), 2),
        (("--temperatures", "5:"), 2),
        (("--mt", "1e6"), 2),
        (("--mh", "1"), 2),
        (("--points", "1"), 2),
        (("--runs", "0"), 2),
        (("report.json",), 2),
    ],
)
def test_wrong_options_are_one_line(glasspara, run, arguments, status):
    done = glasspara("plan", run, *arguments)
    assert done.status == status
    assert done.out == ""
    assert done.err.count("\n") <= 2
    assert done.err.startswith(("error:", "reading"))
