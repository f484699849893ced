"""``glasspara simulate``: the same bytes for the same seed, layouts that the reader knows, wrong options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glasspara.analysis.simulate.report import simulate
from glasspara.presets import load_preset
from tests import golden


def test_simulate_is_reproducible_and_readable(glasspara, validator, tmp_path):
    options = ("--mt", "20000", "--mh", "4.5", "--seed", "5", "--json")
    first = glasspara("simulate", *options, "--out", tmp_path / "a")
    glasspara("simulate", *options, "--out", tmp_path / "b")
    document = json.loads(first.out)
    validator.validate(document)
    names = [item["name"] for item in document["simulate"]["files"]]
    assert len(names) == 2
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        assert b"synthetic" in (tmp_path / "a" / name).read_bytes()
        assert glasspara("inspect", tmp_path / "a" / name).status == 0
    other = glasspara("simulate", "--mt", "20000", "--seed", "6")
    assert other.out != glasspara("simulate", "--mt", "20000", "--seed", "5").out
    assert glasspara("simulate").status == 2  # nine runs do not go to stdout


def test_simulate_wants_parameters_that_the_model_has(glasspara):
    for arguments, words in (
        (("--set", "qs4=1e4"), "model etm has no qs4"),
        (("--model", "three-level"), "with --set NAME=VALUE"),
    ):
        refused = glasspara("simulate", "--mt", 5000, *arguments)
        assert refused.status == 2
        assert words in refused.err
        assert refused.err.count("\n") == 1


@pytest.mark.parametrize("layout", ["mpms-xl-rso", "mpms-xl-dc", "mpms3-dc"])
def test_simulated_layouts_are_recognised(glasspara, layout):
    content = glasspara("simulate", "--mt", "20000", "--layout", layout, "--t-grid", "2:100:20").out
    shown = json.loads(glasspara("inspect", "-", "--json", stdin=content.encode()).out)["inputs"][0]
    assert shown["rows_used"] == 20
    assert shown["mass_mg"] == pytest.approx(96.8)
    assert shown["runs"][0]["nominal"] == pytest.approx(20000.0)


def test_options_without_effect_are_refused(glasspara, tmp_path):
    refused = glasspara("simulate", "--t-grid", "2:50:10", "--out", tmp_path)
    assert refused.status == 2
    assert "--mt" in refused.err


def test_the_report_is_as_stored(glasspara, tmp_path):
    done = glasspara("simulate", "--mt", "20000", "--t-grid", "2:20:5", "--json", "--out", tmp_path)
    golden.check(json.loads(done.out), Path(__file__).with_name("golden.json"))


def test_a_frame_has_a_row_a_point(glasspara):
    result = simulate(load_preset("pure-ll"), noise=0.0)
    frame = result.to_frame()
    assert len(frame) == sum(len(run.points.T) for run in result.runs)
    assert frame["moment_emu"].to_numpy() == pytest.approx(frame["true_moment_emu"].to_numpy(), rel=1e-6)
