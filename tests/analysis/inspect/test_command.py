"""``glasspara inspect`` as a user gives it: terminal, JSON, exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from glasspara.analysis.inspect.report import REPORT, Inspection
from glasspara.report import Invocation
from glasspara.report.block import schema_text
from glasspara.report.terminal import console
from glasspara.runs import read
from tests import golden

GOLDEN = Path(__file__).with_name("golden.json")


@pytest.fixture
def odd(tmp_path, monkeypatch, compose, sweep):
    """A file with a wild point, errors that mean nothing, a poor scan and another mass in its name."""
    monkeypatch.chdir(tmp_path)
    points = [{**point, "s": 1.0} for point in sweep(24)]
    points[12]["m"] *= 10.0
    points[3]["fit"] = 0.1
    Path("glass_30mg.dat").write_text(compose("xl", points, mass="12.5"), encoding="cp1252")
    return "glass_30mg.dat"


def test_the_report_is_as_it_was(glasspara, odd):
    done = glasspara("inspect", odd, "--json")
    assert done.status == 0
    golden.check(json.loads(done.out), GOLDEN)


def test_findings_are_the_same_in_report_terminal_and_library(glasspara, odd):
    document = json.loads(glasspara("inspect", odd, "--json").out)
    measurement = read(odd)
    result = Inspection.of([measurement])
    assert document["assessment"] == result.assessment.block
    (block,) = document["inputs"]
    assert block["warnings"] == [item.block for item in measurement.warnings]
    assert {item["code"] for item in block["warnings"]} == {
        "files.poor-fit",
        "sample.mass-contradicted",
        "runs.flux-jumps",
        "runs.errors-replaced",
    }
    shown = " ".join(glasspara("inspect", odd).out.split())
    for item in measurement.warnings:
        assert f"warning: {item.at(file='').text}" in shown
    assert result.assessment.headline.text in shown
    assert result.assessment.reasons[0].text in shown


def test_a_mass_that_every_other_command_needs_is_named(glasspara, odd, compose, sweep):
    Path("unweighed.dat").write_text(compose("xl", sweep(24), mass="0.000"), encoding="cp1252")
    document = json.loads(glasspara("inspect", odd, "unweighed.dat", "--json").out)
    (_, unknown) = document["assessment"]["reasons"]
    assert (unknown["code"], unknown["values"]) == (
        "inspect.mass-not-known",
        {"files": [{"file": "unweighed.dat"}]},
    )
    assert glasspara("fit", "unweighed.dat").status == 4


def test_strong_fields_are_shown_without_exponents(glasspara, odd, compose, sweep):
    Path("strong.dat").write_text(compose("xl", sweep(24, H=70000.0), mass="12.5"), encoding="cp1252")
    shown = glasspara("inspect", "strong.dat").out
    assert "  70000  " in shown
    assert "e+04" not in shown


def test_what_cannot_be_read(glasspara, odd):
    part = glasspara("inspect", odd, "missing.dat", "--json")
    assert part.status == 6
    document = json.loads(part.out)
    assert document["assessment"]["status"] == "partly-read"
    codes = [item["code"] for item in document["assessment"]["reasons"]]
    assert codes == ["inspect.read", "inspect.not-read"]
    assert document["failed"][0]["path"] == "missing.dat"
    none = glasspara("inspect", "missing.dat", "--json")
    assert none.status == 3
    assert json.loads(none.out)["assessment"]["status"] == "nothing-usable"
    assert glasspara("inspect", "missing.dat").status == 3


def test_a_library_user_gets_the_same_text_and_a_frame(glasspara, odd, capfd):
    result = Inspection.of([read(odd)])
    frame = result.to_frame()
    assert frame["n_points"].tolist() == [len(run) for run in result.measurements[0].runs]
    assert {"T_min_K", "H_max_Oe", "moment_max_emu"} < set(frame)
    shown = glasspara("inspect", odd).out
    REPORT.present((), result, console())
    assert capfd.readouterr().out == shown
    document = REPORT.document((), result, (), Invocation())
    assert document["inputs"][0]["path"] == odd


def test_the_document_is_as_the_schema_says(glasspara, odd):
    document = json.loads(glasspara("inspect", odd, "missing.dat", "--json").out)
    jsonschema.validate(document, json.loads(schema_text()))
