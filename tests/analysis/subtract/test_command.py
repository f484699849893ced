"""``glasspara subtract``: the CSV of the stages, as a user gets it and as a library user does."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from glasspara import load
from glasspara.analysis.subtract.stages import subtract
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from tests import golden


def test_the_csv_goes_to_stdout_or_into_a_file(glasspara, validator, pure_ll, tmp_path):
    plain = glasspara("subtract", *pure_ll)
    rows = list(csv.DictReader(line for line in plain.out.splitlines() if not line.startswith("#")))
    assert len(rows) == 720
    # every file is a run at one field: its points count from its beginning
    assert [int(row["since_field_change"]) for row in rows] == [*range(80)] * 9
    pulls = [float(row["M_intrinsic_emu_per_g"]) / float(row["M_intrinsic_error_emu_per_g"]) for row in rows]
    assert sum(pull**2 for pull in pulls) / len(pulls) == pytest.approx(1.0, abs=0.2)
    assert "Subtraction" in plain.err
    given = glasspara("subtract", *pure_ll, "--n-fe", "1.657e17", "--fix", "fe2_fraction=0.66", "--json")
    document = json.loads(given.out)
    validator.validate(document)
    assert document["subtract"]["parameters"]["n_fe"] == 1.657e17
    assert document["subtract"]["parameters_source"]["fe2_fraction"] == "given"
    assert document["subtract"]["assessment"]["status"] == "term-not-needed"
    done = glasspara("subtract", *pure_ll, "--out", tmp_path)
    assert (tmp_path / "subtract.csv").read_text() == plain.out
    assert done.out == ""


def test_the_stages_once_are_those_of_larmor_and_langevin_alone(glasspara, validator, fixtures):
    (run,) = fixtures.glob("bk7-fixed-field/*_20000Oe.rso.dat")
    once = glasspara("subtract", run, "--n-fe", "1.657e17", "--staged-once", "--json")
    assert once.status == 5  # biased, and said so
    block = json.loads(once.out)["subtract"]
    validator.validate(json.loads(once.out))
    assert block["assessment"]["status"] == "poor"
    assert {"subtract.stages-once", "fitting.stages-once"} <= {note["code"] for note in block["notes"]}
    first = dict(zip(block["columns"], block["rows"][0], strict=True))
    assert first["M_intrinsic_emu_per_g"] == pytest.approx(2.6878e-5, rel=1e-4)
    assert first["M_intrinsic_bias_emu_per_g"] < -1e-3
    joint = glasspara("subtract", run, "--n-fe", "1.657e17")
    assert joint.status == 0
    rows = list(csv.DictReader(line for line in joint.out.splitlines() if not line.startswith("#")))
    left, error = (float(rows[0][f"M_intrinsic{name}_emu_per_g"]) for name in ("", "_error"))
    assert abs(left - 1.40e-3) < 2.0 * error  # the truth
    both = glasspara("subtract", run, "--staged", "--staged-once")
    assert both.status == 2
    assert "--staged-once" in both.err


def test_the_report_is_as_stored(glasspara, pure_ll):
    done = glasspara(
        "subtract", pure_ll[0], "--t-range", "2:20", "--n-fe", "1.657e17", "--model", "ll", "--json"
    )
    golden.check(json.loads(done.out), Path(__file__).with_name("golden.json"))


def test_a_frame_has_the_columns_of_the_csv(pure_ll):
    data = load([str(pure_ll[0])]).data
    result = subtract(data, FitSettings(model=Model("ll")))
    frame = result.to_frame()
    assert list(frame) == list(result.staged.columns())
    assert len(frame) == len(data.temperature)
    left = frame["M_emu_per_g"] - frame["M_larmor_emu_per_g"] - frame["M_langevin_emu_per_g"]
    rounding = 1e-12 * float(np.abs(frame["M_emu_per_g"]).max())
    assert np.allclose(frame["M_intrinsic_emu_per_g"], left, rtol=0.0, atol=rounding)
