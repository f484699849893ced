"""``glasspara oscillations`` as a user gives it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest

from glasspara.report.block import schema_text
from tests.golden import check


@pytest.fixture
def run_file(fixtures):
    return fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"


def table(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_report_tables_and_figure(glasspara, run_file, tmp_path):
    arguments = ("oscillations", run_file, "--model", "ll", "--replicates", 39, "--thermometer", "0.0005:0.2")
    done = glasspara(*arguments, "--jobs", 1, "--out", tmp_path)
    assert done.status == 0
    assert "Verdict: Oscillation with temperature: none\n  - no oscillation with temperature" in done.out
    document = json.loads((tmp_path / "oscillations.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(schema_text()))
    check(document, Path(__file__).with_name("golden.json"))
    block = document["oscillations"]
    assert block["found"] is False
    assert block["thermometer_noise"] == {"relative_size": 0.0005, "length_in_ln_T": 0.2}
    assert block["false_alarm_probability"] * 40 == pytest.approx(
        round(block["false_alarm_probability"] * 40)
    )
    rows = table(tmp_path / "oscillations.csv")
    assert [row["abscissa"] for row in rows] == ["T", "1/T"]
    assert len(table(tmp_path / "oscillations_points.csv")) == 80
    spectrum = [float(row["power"]) for row in table(tmp_path / "periodograms.csv") if row["abscissa"] == "T"]
    assert max(spectrum) == pytest.approx(float(rows[0]["power"]))
    assert (tmp_path / "oscillations.png").read_bytes().startswith(b"\x89PNG")


def test_json_is_the_same_for_any_number_of_jobs(glasspara, run_file):
    first, second = (
        glasspara("oscillations", run_file, "--model", "ll", "--replicates", 19, "--jobs", jobs, "--json")
        for jobs in (1, 2)
    )
    assert first.status == second.status == 0
    one, other = (json.loads(done.out) for done in (first, second))
    assert one | {"argv": None} == other | {"argv": None}


@pytest.mark.parametrize("text", ["much", "0", "0.001:0", "0.9", "0.001:long"])
def test_a_wrong_thermometer_is_a_usage_error(glasspara, run_file, text):
    done = glasspara("oscillations", run_file, "--thermometer", text)
    assert done.status == 2
    assert done.out == ""
    assert done.err.count("\n") == 1


def test_field_sweeps_alone_are_status_3(glasspara, fixtures):
    done = glasspara("oscillations", fixtures / "bk7-fixed-temperature" / "BK7-synthetic_MH_10K.rso.dat")
    assert done.status == 3
    assert "no run at fixed field" in done.err
