"""``glasspara subtract``: the CSV of the stages, as a user gets it and as a library user does."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from glasspara import FitSettings, Model, load
from glasspara.analysis.subtract import subtract
from tests import golden


@pytest.fixture
def pure_ll(fixtures):
    return sorted((fixtures / "pure-ll").glob("*.dat"))


def test_the_csv_goes_to_stdout_or_into_a_file(glasspara, validator, pure_ll, tmp_path):
    plain = glasspara("subtract", *pure_ll)
    rows = list(csv.DictReader(line for line in plain.out.splitlines() if not line.startswith("#")))
    assert len(rows) == 720
    pulls = [float(row["M_intrinsic_emu_per_g"]) / float(row["sigma_emu_per_g"]) for row in rows]
    assert sum(pull**2 for pull in pulls) / len(pulls) == pytest.approx(1.0, abs=0.2)
    given = glasspara("subtract", *pure_ll, "--n-fe", "1.657e17", "--fix", "fe2_fraction=0.66", "--json")
    document = json.loads(given.out)
    validator.validate(document)
    assert document["subtract"]["parameters"]["n_fe"] == 1.657e17
    assert document["subtract"]["parameters_source"]["fe2_fraction"] == "given"
    done = glasspara("subtract", *pure_ll, "--out", tmp_path)
    assert (tmp_path / "subtract.csv").read_text() == plain.out
    assert done.out == ""


def test_the_report_is_as_stored(glasspara, pure_ll):
    done = glasspara("subtract", pure_ll[0], "--t-range", "2:20", "--n-fe", "1.657e17", "--json")
    golden.check(json.loads(done.out), Path(__file__).with_name("golden.json"))


def test_a_frame_has_the_columns_of_the_csv(pure_ll):
    data = load([str(pure_ll[0])]).data
    result = subtract(data, FitSettings(model=Model("ll"), method="staged"))
    frame = result.to_frame()
    assert list(frame) == list(result.staged.columns())
    assert len(frame) == len(data.temperature)
    left = frame["M_emu_per_g"] - frame["M_larmor_emu_per_g"] - frame["M_langevin_emu_per_g"]
    rounding = 1e-12 * float(np.abs(frame["M_emu_per_g"]).max())
    assert np.allclose(frame["M_intrinsic_emu_per_g"], left, rtol=0.0, atol=rounding)
