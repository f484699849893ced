"""``glasspara fit`` as a user gives it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests import golden

PNG = b"\x89PNG\r\n\x1a\n"


def test_fit_writes_report_tables_and_figures(glasspara, validator, bk7, tmp_path):
    out = tmp_path / "result"
    done = glasspara("fit", *bk7, "--out", out)
    assert done.status == 0
    assert "Verdict: good" in done.out
    document = json.loads((out / "report.json").read_text())
    validator.validate(document)
    golden.check(document, Path(__file__).with_name("golden.json"))
    assert document["fits"][0]["assessment"]["status"] == "good"
    assert [run["nominal"] for run in document["fits"][0]["runs"]] == sorted(
        run["nominal"] for run in document["fits"][0]["runs"]
    )
    for item in document["inputs"]:
        assert item["rows_read"] == item["rows_used"] + sum(item["rows_dropped"].values())
    names = {path.name for path in out.iterdir()}
    assert {"report.json", "parameters.csv", "data.csv", "fit_fixed_field.png"} <= names
    assert sum(name.endswith(".png") for name in names) >= 3
    for path in out.glob("*.png"):
        assert path.read_bytes().startswith(PNG)
    lines = (out / "data.csv").read_text().splitlines()
    table = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(table) == 720
    row = table[100]
    left = float(row["M_emu_per_g"]) - float(row["M_larmor_emu_per_g"]) - float(row["M_langevin_emu_per_g"])
    assert float(row["M_intrinsic_emu_per_g"]) == pytest.approx(left, rel=1e-12)
    model = sum(float(row[f"M_{name}_emu_per_g"]) for name in ("larmor", "langevin", "ats"))
    assert float(row["residual_emu_per_g"]) == pytest.approx(float(row["M_emu_per_g"]) - model, abs=1e-15)


def test_order_of_files_does_not_matter(glasspara, pure_ll):
    fits = [
        json.loads(glasspara("fit", *files, "--model", "ll", "--json").out)["fits"]
        for files in (pure_ll, pure_ll[::-1])
    ]
    assert fits[0] == fits[1]


def test_per_run_gives_a_fit_for_each(glasspara, validator, pure_ll, tmp_path):
    done = glasspara(
        "fit", *pure_ll[:3], "--model", "ll", "--per-run", "--json", "--out", tmp_path, "--no-plots"
    )
    document = json.loads(done.out)
    validator.validate(document)
    assert [len(item["runs"]) for item in document["fits"]] == [1, 1, 1]
    assert not list(tmp_path.glob("*.png"))


def test_untrusted_fit_is_written_and_exits_5(glasspara, validator, bk7, tmp_path):
    done = glasspara("fit", *bk7, "--model", "ll", "--out", tmp_path, "--no-plots")
    assert done.status == 5
    assert "POOR" in done.out
    document = json.loads((tmp_path / "report.json").read_text())
    validator.validate(document)
    assert document["fits"][0]["assessment"]["status"] == "poor"


def test_term_not_needed_on_pure_langevin_data(glasspara, pure_ll):
    done = glasspara("fit", *pure_ll, "--json")
    assert done.status == 0
    assert json.loads(done.out)["fits"][0]["assessment"]["status"] == "term-not-needed"


def test_staged_parameters_are_told_from_held_ones(glasspara, validator, pure_ll, tmp_path):
    done = glasspara("fit", *pure_ll, "--staged-once", "--json", "--out", tmp_path, "--no-plots")
    document = json.loads(done.out)
    validator.validate(document)
    parameters = document["fits"][0]["parameters"]
    assert parameters["chi_larmor"]["stage"]
    assert parameters["chi_larmor"]["error"] > 0
    assert not parameters["n_ats"]["stage"]
    assert ",stage," in (tmp_path / "parameters.csv").read_text()


def test_intervals_profiles_and_contours(glasspara, validator, pure_ll, tmp_path):
    done = glasspara(
        "fit", *pure_ll[::4], "--model", "ll", "--minos", "chi_larmor,n_fe2,n_fe",
        "--profile", "n_fe3,curie_constant", "--contour", "n_fe2,n_fe3", "--out", tmp_path,
    )  # fmt: skip
    assert done.status == 0
    document = json.loads((tmp_path / "report.json").read_text())
    validator.validate(document)
    (block,) = document["fits"]
    for name in ("chi_larmor", "n_fe2", "n_fe3"):  # a profile comes with its interval
        item = block["parameters"][name]
        for side in ("lower_outcome", "upper_outcome"):
            assert item["minos"][side]["code"] == "fitting.interval-found"
        assert item["minos"]["upper"] == pytest.approx(item["error"], rel=1e-6)  # the model is linear
    for name in ("n_fe", "curie_constant"):
        item = block["derived"][name]
        assert item["minos"]["upper"] == pytest.approx(item["error"], rel=1e-6)
    assert "Minos: where the profile of chi2 has risen by 1" in done.out
    assert min(block["profiles"]["n_fe3"]["chi2_rise"]) == 0.0
    assert [line["closed"] for line in block["contours"][0]["lines"]] == [True, True]
    stems = {"profile_n_fe3", "profile_curie_constant", "contour_n_fe2_n_fe3"}
    assert {f"{stem}{end}" for stem in stems for end in (".csv", ".png")} <= set(document["files"])
    assert (tmp_path / "profile_n_fe3.png").read_bytes().startswith(PNG)
    rows = {
        row["parameter"]: row
        for row in csv.DictReader(
            line for line in (tmp_path / "parameters.csv").read_text().splitlines() if line[0] != "#"
        )
    }
    assert float(rows["n_fe2"]["minos_lower"]) == block["parameters"]["n_fe2"]["minos"]["lower"]
    assert rows["n_fe2"]["minos_upper_outcome"] == "found"
    assert float(rows["n_fe"]["minos_lower"]) == block["derived"]["n_fe"]["minos"]["lower"]
    assert rows["fe2_fraction"]["minos_lower"] == ""
    assert "curie_constant_emu_K_per_g_Oe,chi2_rise," in (tmp_path / "profile_curie_constant.csv").read_text()
    lines = [line for line in (tmp_path / "profile_n_fe3.csv").read_text().splitlines() if line[0] != "#"]
    assert lines[0] == "n_fe3_per_g,chi2_rise,chi2_rise_parabola,chi_larmor_emu_per_g_Oe,n_fe2_per_g"
    assert len(lines) == 1 + len(block["profiles"]["n_fe3"]["values"])


def test_a_limit_stands_in_the_table(glasspara, validator, bk7):
    """Larmor + Langevin alone on a glass: no Fe2+ is left."""
    done = glasspara("fit", *bk7, "--model", "ll", "--minos", "all")
    assert done.status == 5
    (line,) = (line for line in done.out.splitlines() if "68 % interval of n_fe2:" in line)
    assert "lower end at the limit 0, where the fit ended" in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fix", "n_ats=1.352e16", "--minos", "n_ats"], "n_ats is fixed: it has no interval"),
        (["--profile", "d_min", "--model", "ll"], "no parameter 'd_min'"),
        (["--contour", "n_fe,d_min"], "--set fe2_fraction=0.5"),
        (["--contour", "d_min"], "is not NAME,NAME"),
        (["--contour", "d_min,d_min"], "two parameters"),
        (["--staged-once", "--minos", "chi_larmor"], "chi_larmor is fixed"),
    ],
)
def test_intervals_of_what_is_not_free_are_refused(glasspara, one, arguments, words):
    done = glasspara("fit", one, *arguments)
    assert done.status == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert done.out == ""
