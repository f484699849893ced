"""``glasspara series`` as a user gives it."""

from __future__ import annotations

import csv
import json

import pytest


def test_report_table_and_figures(glasspara, validator, fixtures, tmp_path):
    files = [
        fixtures / "bk7-fixed-temperature" / "BK7-synthetic_MH_2K.rso.dat",
        fixtures / "bk7-fixed-temperature" / "BK7-synthetic_MH_20K.rso.dat",
        fixtures / "bk7-fixed-field" / "BK7-synthetic_MT_1000Oe.rso.dat",
    ]
    done = glasspara("series", *files, "--sample", "BK7", "--weights", "equal", "--out", tmp_path)
    assert done.status == 0
    assert "Verdict: n drifts with T" in done.out
    assert "whether n drifts with H cannot be said" in done.out
    document = json.loads((tmp_path / "series.json").read_text(encoding="utf-8"))
    validator.validate(document)
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
def test_wrong_wishes_are_usage_errors(glasspara, fixtures, arguments):
    done = glasspara("series", fixtures / "pure-ll" / "pure-LL-synthetic_MT_1000Oe.rso.dat", *arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.count("\n") <= 2


def test_runs_of_one_set_point_are_told_apart(glasspara, fixtures):
    files = [fixtures / f"{name}-like" for name in ("bas", "duran")]
    files = [next(folder.glob("*_500Oe*")) for folder in files]
    table = glasspara("series", *files, "--no-allowances").out.split("n, Fe3+ only")[1]
    assert "Duran-like-synthetic_MT_500Oe" in table.replace("\n", "").replace(" ", "")


def test_the_scale_of_nothing_is_that_of_its_error():
    from glasspara.analysis.series.report import _scale
    from glasspara.analysis.series.single_runs import Measured

    assert _scale([Measured(0.0, 4e10), Measured(0.0, 6e10)], "g^-1") == (1e-10, "1e10 g^-1")
