"""``glasspara partition`` as a user gives it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest

from glasspara.report.block import schema_text
from tests.golden import check

QUICK = ("--fix", "d_min=0.027", "--fix", "delta_mu=0.32")


@pytest.fixture
def run_file(fixtures):
    return fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_20000Oe.rso.dat"


def table(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_report_tables_and_figures(glasspara, run_file, tmp_path):
    done = glasspara(
        "partition", run_file, "--n-fe", "1.698e17", *QUICK, "--values", "1,0.65", "--out", tmp_path
    )
    assert done.status == 0
    assert "Verdict: Partition of the iron\n  - x = 0.6" in done.out
    document = json.loads((tmp_path / "partition.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(schema_text()))
    block = document["partition"]
    assert block["assessment"]["status"] == "determined"
    check(document, Path(__file__).with_name("golden.json"))
    low, high = block["intervals"]["95 %"]["ends"]
    assert low < 0.647 < high
    assert block["n_fe"] == {"value": 1.698e17, "error": None, "unit": "g^-1", "held": True}
    rows = table(tmp_path / "partition.csv")
    assert [float(row["fe2_fraction"]) for row in rows] == [1.0, 0.65]
    assert [row["explained"] for row in rows] == ["0", "1"]
    curves = table(tmp_path / "partition_curves.csv")
    assert len(curves) == 80
    assert {"M_intr_x0.65_emu_per_g", "M_ats_x0.65_emu_per_g", "sigma_emu_per_g"} <= set(curves[0])
    profile = table(tmp_path / "partition_profile.csv")
    assert min(float(row["chi2_rise"]) for row in profile) == pytest.approx(0.0, abs=1e-3)
    assert set(document["files"]) == {path.name for path in tmp_path.iterdir()}
    for name in ("partition.png", "partition_curves.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_without_the_iron_of_the_sample_status_4(glasspara, run_file):
    done = glasspara("partition", run_file)
    assert done.status == 4
    assert done.out == ""
    assert "--n-fe" in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--model", "ll"),
        ("--steps", "0"),
        ("--steps", "0.5", "--values", "1"),
        ("--values", "2"),
        ("--values", "half"),
        ("--fix", "fe2_fraction=0.5"),
    ],
)
def test_what_cannot_be_scanned_is_a_usage_error(glasspara, run_file, arguments):
    done = glasspara("partition", run_file, "--n-fe", "1.7e17", *arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.count("\n") == 1
