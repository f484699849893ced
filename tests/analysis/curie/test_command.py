"""``glasspara curie`` as a user gives it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests import golden


@pytest.fixture
def weak(fixtures):
    return fixtures / "duran-like" / "Duran-like-synthetic_MT_500Oe.dat"


def test_report_table_and_figures(glasspara, validator, fixtures, tmp_path):
    files = sorted((fixtures / "duran-like").glob("*.dat"))
    done = glasspara("curie", *files, "--sample", "Duran", "--out", tmp_path)
    assert done.status == 0
    assert "Verdict: Low temperatures: GLASS-LIKE\n  - glass-like: the slope" in done.out
    assert "Verdict: Curie law: FAILS\n" in done.out
    assert "the naive Curie law fails" in done.out
    document = json.loads((tmp_path / "curie.json").read_text(encoding="utf-8"))
    validator.validate(document)
    block = document["curie"]
    assert [item["n_weak"] for item in block["runs"]] == [80, 0, 0]
    assert block["runs"][1]["reason"]["code"] == "curie.too-strong"
    assert "H/T is too large" in block["runs"][1]["reason"]["text"]
    assert block["whole_model_status"] == "good"
    lines = [line for line in (tmp_path / "curie.csv").read_text().splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    assert len(rows) == 80
    assert {row["window"] for row in rows} == {"low", "", "high"}
    first = rows[0]
    chi = block["low_temperature_test"]["chi_larmor"]["value"]
    assert float(first["T_times_chi_plus_chi_larmor_emu_K_per_g_Oe"]) == pytest.approx(
        float(first["T_K"]) * (float(first["chi_emu_per_g_Oe"]) + chi)
    )
    for name in ("curie.png", "low_temperature.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_given_chi_windows_and_json(glasspara, validator, weak):
    windows = ("--chi-larmor", "4.0e-7+-1e-9", "--low-to", 8, "--high-from", 60)
    held = (
        "--fix",
        "d_min=0.04",
        "--fix",
        "n_ats=3e16",
    )  # the last digits of an open valley differ between machines
    arguments = (*windows, *held, "--json")
    done = glasspara("curie", weak, *arguments)
    assert done.status == 0
    document = json.loads(done.out)
    validator.validate(document)
    golden.check(document, Path(__file__).with_name("golden.json"))
    test = document["curie"]["low_temperature_test"]
    assert test["chi_larmor"] == {"value": 4.0e-7, "error": 1e-9, "unit": "emu g^-1 Oe^-1"}
    assert (test["low_window_end_K"], test["high_window_start_K"]) == (8.0, 60.0)
    glass = document["curie"]["fits"][1]
    assert glass["quantities"]["d_min"] == {"value": 0.04, "error": None, "unit": "K"}
    assert document["curie"]["curie_constant_mass_spectrometry"] is None


def test_crystal(glasspara, fixtures):
    done = glasspara("curie", fixtures / "pure-ll" / "pure-LL-synthetic_MT_1000Oe.rso.dat", "--no-allowances")
    assert done.status == 0
    assert "Verdict: Low temperatures: crystal-like\n" in done.out
    assert "Verdict: Curie law: holds\n" in done.out


def test_what_is_not_determined_is_status_5(glasspara, weak):
    shape = ("--fix", "d_min=0.04", "--fix", "delta_mu=0.35")
    done = glasspara("curie", weak, "--chi-larmor", "4.0e-7+-3e-7", *shape)
    assert done.status == 5
    assert "not determined" in done.out


@pytest.mark.parametrize(
    ("name", "arguments", "status"),
    [
        ("500Oe", ("--chi-larmor", "big"), 2),
        ("500Oe", ("--chi-larmor", "4e-7+-0"), 2),
        ("500Oe", ("--chi-larmor", "-4e-7"), 2),
        ("500Oe", ("--low-to", 1), 3),
        ("500Oe", ("--tolerance", 2), 2),
        ("500Oe", ("--low-to", 50, "--high-from", 20), 2),
        ("50000Oe", (), 3),
    ],
)
def test_wrong_options_are_one_line(glasspara, fixtures, name, arguments, status):
    done = glasspara("curie", fixtures / "duran-like" / f"Duran-like-synthetic_MT_{name}.dat", *arguments)
    assert done.status == status
    assert done.out == ""
    assert done.err.count("\n") <= 2
