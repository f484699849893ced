"""``glasspara anomaly`` as a user gives it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest

from glasspara.report.block import schema_text
from tests import golden


@pytest.fixture
def run_file(fixtures):
    return fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"


def table(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_report_tables_and_figure(glasspara, run_file, tmp_path):
    done = glasspara("anomaly", run_file, "--model", "ll", "--windows", "3,10,100", "--out", tmp_path)
    assert done.status == 0
    assert (
        "Verdict: Anomaly in temperature: none\n  - the data deviate from the model in no window" in done.out
    )
    document = json.loads((tmp_path / "anomaly.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(schema_text()))
    golden.check(document, Path(__file__).with_name("golden.json"))
    block = document["anomaly"]
    assert block["found"] is False
    assert [item["high_K"] for item in block["windows"]] == [3.0, 10.0, 100.0, None]
    rows = table(tmp_path / "anomaly.csv")
    assert [row["found"] for row in rows] == ["0"] * 4
    assert sum(int(row["points"]) for row in rows) == len(table(tmp_path / "anomaly_points.csv")) == 80
    assert (tmp_path / "anomaly.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_that_does_not_fit_is_status_5(glasspara, fixtures):
    files = sorted((fixtures / "duran-like").glob("*.dat"))
    done = glasspara("anomaly", *files, "--model", "ll", "--json")
    assert done.status == 5
    document = json.loads(done.out)
    jsonschema.validate(document, json.loads(schema_text()))
    assessment = document["anomaly"]["assessment"]
    assert assessment["status"] == "no-model"
    assert assessment["reasons"][0]["code"].startswith("anomaly.model-fails")
    assert "the model does not describe the data" in assessment["reasons"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--windows", "10,3"), 2),
        (("--windows", "cold"), 2),
        (("--windows", "1"), 3),
        (("--t-range", "50:90"), 3),
    ],
)
def test_bad_windows(glasspara, run_file, arguments, status):
    done = glasspara("anomaly", run_file, *arguments)
    assert done.status == status
    assert done.out == ""
    assert done.err.count("\n") == 1
