"""``glasspara derive`` as a user gives it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests import golden


@pytest.fixture
def run(fixtures):
    return fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_20000Oe.rso.dat"


SHAPE = ("--sample", "BK7", "--fix", "d_min=0.0267", "--fix", "delta_mu=0.32")


def test_from_a_report_of_fit(glasspara, validator, run, tmp_path):
    fitted = glasspara("fit", run, *SHAPE, "--out", tmp_path / "fit", "--no-plots", "-q")
    assert fitted.status == 0
    report = tmp_path / "fit" / "report.json"
    done = glasspara("derive", report, "--out", tmp_path / "derived", "--temperature", 4.5)
    assert done.status == 0
    assert (
        "Verdict: Derived quantities: no conflict\n  - N_tunn is not determined by magnetisation" in done.out
    )
    document = json.loads((tmp_path / "derived" / "derive.json").read_text(encoding="utf-8"))
    validator.validate(document)
    assert document["inputs"] == json.loads(report.read_text(encoding="utf-8"))["inputs"]
    block = document["derive"]
    assert block["assumptions"]["n_tunn"]["source"].startswith("range in the literature")
    lines = (tmp_path / "derived" / "derive.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert [row["quantity"] for row in rows] == [item["name"] for item in block["quantities"]]
    assert any(line.startswith("# assumed: xi = 31.0") for line in lines)
    assert (tmp_path / "derived" / "derive.png").read_bytes().startswith(b"\x89PNG")
    poor = tmp_path / "poor.json"
    content = json.loads(report.read_text(encoding="utf-8"))
    content["fits"][0]["assessment"]["status"] = "poor"
    poor.write_text(json.dumps(content), encoding="utf-8")
    done = glasspara("derive", poor)
    assert done.status == 5
    assert "nothing derived from it is reliable" in done.out


def test_from_a_preset_with_assumptions(glasspara, validator):
    done = glasspara("derive", "BK7", "--xi", "30:31", "--n-tunn", 100, "--d0", 10, "--json")
    assert done.status == 0
    document = json.loads(done.out)
    validator.validate(document)
    golden.check(document, Path(__file__).with_name("golden.json"))
    found = {item["name"]: item for item in document["derive"]["quantities"]}
    assert found["void_volume"]["low"] == pytest.approx(5.61e6, rel=2e-3)
    assert found["s4"]["value"] == pytest.approx(2.821e5 / 10 / 100, rel=1e-6)
    assert document["derive"]["assumptions"]["n_tunn"]["given"] is True
    assert "qs4" not in document["derive"]["assumptions"]


def test_from_data(glasspara, validator, run):
    done = glasspara("derive", run, *SHAPE, "--json")
    assert done.status == 0
    document = json.loads(done.out)
    validator.validate(document)
    assert document["derive"]["source"] == "fit of the files"
    assert len(document["inputs"]) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("BK7", "--n-fe", "1e17"), 2),
        (("BK7", "duran-like"), 2),
        (("BK7", "--xi", "31:30"), 2),
        (("BK7", "--xi", "30:"), 2),
        (("BK7", "--d0", "10", "--qs4", "1e4"), 2),
        (("BK7", "--area-per-particle", "-1"), 2),
        (("BK7", "--area-per-particle", "3", "--n-tunn", "100"), 2),
        (("BK7", "--temperature", "0"), 2),
        (("BK7", "--fit-number", "1"), 2),
        (("nothing.json",), 3),
        (("pure-ll",), 3),
    ],
)
def test_wrong_options_are_one_line(glasspara, arguments, status):
    done = glasspara("derive", *arguments)
    assert done.status == status
    assert done.out == ""
    assert done.err.count("\n") <= 2
