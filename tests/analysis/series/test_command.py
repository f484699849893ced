"""``glasspara series`` as a user gives it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glasspara.analysis.series.report import show_series
from glasspara.analysis.series.single_runs import series
from glasspara.data import Dataset
from glasspara.model.model import Model
from glasspara.report.terminal import console
from glasspara.simulation.datasets import PURE_LL, fixed_field
from glasspara.wording import value_with_error
from tests import golden


def test_report_table_and_figures(glasspara, validator, fixtures, tmp_path):
    files = [
        fixtures / "bk7-fixed-temperature" / "BK7-synthetic_MH_2K.rso.dat",
        fixtures / "bk7-fixed-temperature" / "BK7-synthetic_MH_20K.rso.dat",
        fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_1000Oe.rso.dat",
    ]
    done = glasspara("series", *files, "--sample", "BK7", "--weights", "equal", "--out", tmp_path)
    assert done.status == 0
    assert "Verdict: Drift of n(Fe): FOUND\n  - n drifts with T" in done.out
    assert "whether n drifts with H cannot be tested" in done.out
    document = json.loads((tmp_path / "series.json").read_text(encoding="utf-8"))
    validator.validate(document)
    golden.check(document, Path(__file__).with_name("golden.json"))
    block = document["series"]
    assert block["weights"] == "equal"
    assert block["n_fe_mass_spectrometry"] == {"value": 1.657e17, "error": 0.019e17, "unit": "g^-1"}
    by_kind = {item["kind"]: item for item in block["kinds"]}
    assert by_kind["fixed-temperature"]["drifting"] is True
    assert by_kind["fixed-field"]["drifting"] is None
    cold = by_kind["fixed-temperature"]["runs"][0]
    assert cold["fits"]["fe3"]["n_fe3"]["value"] == pytest.approx(1.476e17, rel=5e-3)
    assert cold["fits"]["fe3"]["n_fe2"] == {"value": 0.0, "error": None, "unit": "g^-1"}
    lines = [line for line in (tmp_path / "series.csv").read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert [(row["H_Oe"], row["T_K"]) for row in rows] == [("1000.0", ""), ("", "2.0"), ("", "20.0")]
    assert float(rows[1]["fe3_only_n_per_g"]) == cold["fits"]["fe3"]["n_fe"]["value"]
    for name in ("series_H.png", "series_T.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert glasspara("series", *files, "--out", tmp_path).status != 0


def test_json_without_mass_spectrometry(glasspara, validator, fixtures):
    done = glasspara("series", fixtures / "pure-ll" / "pure-LL-synthetic_MT_1000Oe.rso.dat", "--json")
    assert done.status == 0
    document = json.loads(done.out)
    validator.validate(document)
    assert document["series"]["n_fe_mass_spectrometry"] is None
    assert document["series"]["kinds"][0]["runs"][0]["fits"]["fe2"]["delta_n"] is None


@pytest.mark.parametrize("arguments", [("--weights", "none"), ("--n-fe", "much")])
def test_wrong_options_are_usage_errors(glasspara, fixtures, arguments):
    done = glasspara("series", fixtures / "pure-ll" / "pure-LL-synthetic_MT_1000Oe.rso.dat", *arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.count("\n") <= 2


@pytest.fixture(scope="module")
def same_set_point():
    """Two files at 500 Oe in folders with long names, and their series."""
    folder = "/labs/" + "a-folder-with-a-long-name/" * 6
    rng = np.random.default_rng(11)
    runs = [
        replace(run, run=replace(run.run, file=f"{folder}{name}-like/{name}-like-synthetic_MT_500Oe.dat"))
        for name in ("BAS", "Duran")
        for run in fixed_field(PURE_LL, rng, fields=(500.0,), model=Model("ll")).runs
    ]
    return series(Dataset(tuple(runs)), allowances=False)


@pytest.mark.parametrize("width", [60, 70, 80, 100, 120, 160, 200, None])
def test_runs_of_one_set_point_are_told_apart(same_set_point, width):
    """Whatever the width of the terminal, or piped: no name and no number is broken."""
    stream = io.StringIO()
    out = (
        console(stream)
        if width is None
        else console(stream, width=width, force_terminal=True, color_system=None)
    )
    show_series(same_set_point, out)
    shown = stream.getvalue()
    table = shown.split("n, Fe3+ only")[1]
    assert "Duran-like-synthetic_MT_500Oe" in table
    assert "BAS-like-synthetic_MT_500Oe" in table
    for row in same_set_point.rows:
        n = row.n_fe("fe3")
        assert value_with_error(1e-17 * n.value, 1e-17 * n.error) in table
    if width is not None:
        assert max(map(len, shown.splitlines())) <= width


def test_files_of_one_set_point_are_named(glasspara, fixtures):
    files = [fixtures / f"{name}-like" for name in ("bas", "duran")]
    files = [next(folder.glob("*_500Oe*")) for folder in files]
    table = glasspara("series", *files, "--no-allowances").out.split("n, Fe3+ only")[1]
    assert "Duran-like-synthetic_MT_500Oe" in table


def test_table_as_a_frame(same_set_point):
    frame = same_set_point.to_frame()
    assert list(frame["H_Oe"]) == [500.0, 500.0]
    assert frame["both_n_per_g"][0] == same_set_point.rows[0].n_fe("both").value


def test_the_scale_of_nothing_is_that_of_its_error():
    from glasspara.analysis.series.report import _scale
    from glasspara.analysis.series.single_runs import Measured

    assert _scale([Measured(0.0, 4e10), Measured(0.0, 6e10)], "g^-1") == (1e-10, "1e10 g^-1")
