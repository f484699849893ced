"""Presets against the published tables, and what a faulty preset file is told."""

from __future__ import annotations

import csv
import itertools
from math import isclose, log
from pathlib import Path

import pytest

from glasspara.errors import InputError, UsageError
from glasspara.model.parameters import ATS_NAMES, ION_NAMES, PARAMETERS
from glasspara.presets import (
    ALIASES,
    RunPlan,
    grid_points,
    is_preset,
    load_preset,
    load_sample,
    preset_names,
    preset_text,
)

ROOT = Path(__file__).resolve().parents[2]

# arXiv:2111.12644, Tables 3 and 4 and the earlier sample: (value, error)
PUBLISHED = {
    "bk7-fixed-field": {
        "n_fe2": (1.099e17, 0.001e17),
        "n_fe3": (0.599e17, 0.001e17),
        "chi_larmor": (4.227e-7, 0.095e-7),
        "n_ats": (1.352e16, 0.001e16),
        "d_min": (2.671e-2, 0.076e-2),
        "d0min_qs4": (2.717e5, 0.310e5),
        "d0max_qs4": (2.925e5, 0.297e5),
        "delta_mu": (0.319, 0.067),
    },
    "bk7-fixed-temperature": {
        "n_fe2": (1.098e17, 0.001e17),
        "n_fe3": (0.569e17, 0.001e17),
        "chi_larmor": (4.137e-7, 0.004e-7),
        "n_ats": (1.340e16, 0.001e16),
        "d_min": (5.238e-2, 0.488e-2),
        "d0min_qs4": (2.107e5, 0.032e5),
        "d0max_qs4": (2.160e5, 0.033e5),
        "delta_mu": (0.615, 0.615),
    },
    "bk7-2000": {
        "n_fe2": (0.067e17, None),
        "n_fe3": (0.034e17, None),
        "chi_larmor": (3.600e-7, None),
        "n_ats": (1.400e16, None),
        "d_min": (5.990e-2, None),
        "d0min_qs4": (0.887e5, None),
        "d0max_qs4": (1.200e5, None),
        "delta_mu": (0.480, None),
    },
}

GOOD = """\
name = "mine"

[parameters]
n_fe = 1.0e17
fe2_fraction = 0.5
chi_larmor = 4.0e-7
n_ats = 0.0

[sample]
name = "glass"
mass_mg = 20.0

[[campaign.runs]]
kind = "fixed-field"
nominal = [1000.0, 2000.0]
grid = { from = 2.0, to = 100.0, points = 5, spacing = "log" }

[[campaign.runs]]
kind = "fixed-temperature"
nominal = 5
grid = [0, 100.0, -100.0]
"""


def test_the_names():
    assert preset_names() == (
        "bas-like",
        "bk7-2000",
        "bk7-fixed-field",
        "bk7-fixed-temperature",
        "duran-like",
        "pure-ll",
    )
    assert set(ALIASES.values()) <= set(preset_names())


@pytest.mark.parametrize("name", PUBLISHED)
def test_values_and_errors_are_the_published_ones(name):
    preset = load_preset(name)
    assert preset.parameters == {key: value for key, (value, _) in PUBLISHED[name].items()}
    assert preset.errors == {key: error for key, (_, error) in PUBLISHED[name].items() if error is not None}
    assert "arXiv:2111.12644" in preset.source


def test_values_agree_with_the_machine_readable_tables(shared):
    columns = {
        "bk7-fixed-field": ("fixed_field_value", "fixed_field_error"),
        "bk7-fixed-temperature": ("fixed_temperature_value", "fixed_temperature_error"),
        "bk7-2000": ("bk7_2000_sample_value", None),
    }
    with (shared / "paper" / "table3_4_bk7_full_fits.csv").open(encoding="utf-8") as lines:
        rows = {row["parameter"]: row for row in csv.DictReader(lines)}
    for name, (value_column, error_column) in columns.items():
        preset = load_preset(name)
        values = preset.model_values()
        values["n_fe_total"] = values["n_fe2"] + values["n_fe3"]
        for parameter, row in rows.items():
            scale = float(row["unit"].split()[0]) if row["unit"][0].isdigit() else 1.0
            assert isclose(values[parameter], float(row[value_column]) * scale, rel_tol=1e-12)
            if error_column and parameter in preset.errors:
                assert isclose(preset.errors[parameter], float(row[error_column]) * scale, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("preset", "row_name"),
    [
        ("bk7-fixed-field", "BK7"),
        ("bk7-fixed-temperature", "BK7"),
        ("pure-ll", "BK7"),
        ("bk7-2000", "BK7 (2000)"),
        ("duran-like", "Duran (79.5 mg)"),
        ("bas-like", "BAS-w"),
    ],
)
def test_samples_agree_with_the_machine_readable_table(preset, row_name, shared):
    with (shared / "paper" / "samples.csv").open(encoding="utf-8") as lines:
        row = next(row for row in csv.DictReader(lines) if row["sample"] == row_name)
    sample = load_preset(preset).sample
    for value, column in (
        (sample.mass_mg, "mass_mg"),
        (sample.n_fe, "n_fe_ms_per_g"),
        (sample.n_fe_error, "n_fe_ms_error_per_g"),
        (sample.fe2_fraction, "fe2_fraction_from_fit"),
    ):
        assert value == (float(row[column]) if row[column] else None), column


def test_the_campaigns_are_those_of_the_source():
    by_field = load_preset("bk7-fixed-field").campaign
    assert [plan.nominal for plan in by_field] == [1e3, 2.5e3, 5e3, 1e4, 2e4, 3e4, 4e4, 5e4, 6.5e4]
    assert {plan.kind for plan in by_field} == {"fixed-field"}
    assert all(len(plan.grid) == 80 and plan.grid[0] == 2.0 and plan.grid[-1] == 300.0 for plan in by_field)
    by_temperature = load_preset("bk7-fixed-temperature").campaign
    assert [plan.nominal for plan in by_temperature] == [2.0, 4.5, 7.5, 10.0, 20.0]
    fields = by_temperature[0].grid
    assert (len(fields), fields[0], fields[-1]) == (60, 500.0, 65000.0)
    assert fields[1] - fields[0] == pytest.approx(64500.0 / 59, rel=1e-12)
    for name in ("duran-like", "bas-like"):
        assert [plan.nominal for plan in load_preset(name).campaign] == [500.0, 3e4, 5e4]


@pytest.mark.parametrize("name", ["duran-like", "bas-like"])
def test_what_was_chosen_is_not_passed_off_as_published(name):
    assert "chosen" in load_preset(name).note
    assert "not published" in load_preset(name).note
    assert not load_preset(name).errors


def test_pure_ll_has_mass_spec_iron_and_no_tunnelling_systems():
    values = load_preset("pure-ll").model_values()
    assert values["n_ats"] == 0.0
    assert isclose(values["n_fe2"] + values["n_fe3"], 1.657e17)
    assert isclose(values["n_fe2"] / 1.657e17, 0.66)


@pytest.mark.parametrize("name", preset_names())
def test_model_values_are_complete(name):
    values = load_preset(name).model_values()
    assert {"chi_larmor", "field_offset", "n_ats", *ION_NAMES} <= set(values)
    assert set(values) <= set(PARAMETERS)
    if values["n_ats"]:
        assert set(ATS_NAMES) <= set(values)


@pytest.mark.parametrize(
    ("alias", "name"), [("BK7", "bk7-fixed-field"), ("duran", "duran-like"), ("BAS", "bas-like")]
)
def test_aliases(alias, name):
    assert load_preset(alias).name == name
    assert load_sample(alias) == load_preset(name).sample
    assert load_sample(alias).mass_source == f"preset {name}"


def test_names_and_texts(tmp_path):
    assert is_preset("BK7-2000")
    assert is_preset("bas")
    assert not is_preset(str(write(tmp_path, GOOD)))
    assert preset_text("Duran") == (ROOT / "glasspara/presets/duran-like.toml").read_text(encoding="utf-8")
    assert preset_text(tmp_path / "mine.toml") == GOOD


def write(folder, text):
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_file(tmp_path):
    preset = load_preset(write(tmp_path, GOOD))
    assert preset.name == "mine"
    assert preset.sample.mass_mg == 20.0
    assert preset.model_values() == {
        "n_fe2": 0.5e17,
        "n_fe3": 0.5e17,
        "chi_larmor": 4.0e-7,
        "n_ats": 0.0,
        "field_offset": 0.0,
    }
    assert preset.campaign[:2] == tuple(
        RunPlan("fixed-field", field, grid_points(2.0, 100.0, 5, "log")) for field in (1000.0, 2000.0)
    )
    assert preset.campaign[2] == RunPlan("fixed-temperature", 5.0, (0.0, 100.0, -100.0))
    assert load_sample(tmp_path / "mine.toml").name == "glass"


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("n_ats = 0.0", "n_ats = true", 7, "n_ats in [parameters]: expected a number from 0"),
        ("n_ats = 0.0", 'n_ats = "1e16"', 7, "n_ats in [parameters]"),
        ("n_ats = 0.0", "n_ats = nan", 7, "n_ats in [parameters]"),
        ("n_ats = 0.0", "n_ats = -1.0", 7, "found -1.0"),
        ("n_ats = 0.0", "n_ast = 0.0", 7, "n_ast in [parameters]: unknown key"),
        ("n_ats = 0.0", "n_ats = 1e16", 3, "d_min in [parameters]: missing"),
        ("n_ats = 0.0\n", "", 3, "n_ats in [parameters]: missing"),
        ("chi_larmor = 4.0e-7\n", "", 3, "chi_larmor in [parameters]: missing"),
        ("fe2_fraction = 0.5\n", "", 4, "the iron is given as n_fe"),
        ("fe2_fraction = 0.5", "n_fe2 = 1e17", 5, "the iron is given as n_fe2, n_fe"),
        ("fe2_fraction = 0.5", "fe2_fraction = 1.5", 5, "from 0 to 1"),
        ("mass_mg = 20.0", "mass_mg = 0", 11, "mass_mg in [sample]: expected a positive number, mg"),
        ("mass_mg = 20.0", "mass = 20.0", 11, "mass in [sample]: expected text"),
        ("mass_mg = 20.0", "masse = 20.0", 11, "masse in [sample]: unknown key"),
        ('name = "mine"', "name = 3", 1, "name: expected text"),
        ('name = "mine"', 'title = "x"', 1, "title: unknown key"),
        ('kind = "fixed-field"', 'kind = "fixed-fild"', 14, "fixed-fild"),
        ("nominal = 5", "nominal = -5", 20, "the temperature -5 K is not positive"),
        ("nominal = 5", "nominal = []", 20, "missing or empty"),
        ("grid = [0, 100.0, -100.0]", 'grid = ["a"]', 21, "grid in [campaign.runs]"),
        ("points = 5", "points = 5.5", 16, "expected a whole number from 2"),
        ("points = 5", "points = 1e9", 16, "expected a whole number from 2"),
        ("points = 5, ", "", 16, "needs from, to and points"),
        ("points = 5", "point = 5", 16, "point in [campaign.runs.grid]: unknown key"),
        ('"log"', '"logs"', 16, "'logs'"),
        ("from = 2.0", "from = 0.0", 16, "needs ends of one sign"),
        ('2.0, to = 100.0, points = 5, spacing = "log"', "0, to = 9, points = 5", 16, "0 K is not"),
        ("[[campaign.runs]]", "[[campaign.run]]", 13, "run in [campaign]: unknown key"),
        ("[parameters]", "[parameters", 3, "is not TOML"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_told_where_and_what(tmp_path, old, new, line, said):
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 2 if old.startswith("[[") else 1))
    with pytest.raises(InputError) as caught:
        load_preset(path)
    assert said in str(caught.value)
    assert caught.value.where == f"{path}, line {line}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("parameters = 3", "expected a table"),
        ("", "[parameters]: the table is missing"),
        (GOOD + "\n[errors]\nn_ast = 1", "unknown key"),
        (GOOD + "\n[errors]\nn_ats = -1", "expected a number >= 0"),
        (GOOD.replace("[[campaign.runs]]", "[campaign.runs]", 1).split("[[")[0], "[[campaign.runs]]"),
    ],
)
def test_other_faults(tmp_path, text, said):
    with pytest.raises(InputError) as caught:
        load_preset(write(tmp_path, text))
    assert said in str(caught.value)


def test_cutoffs_in_the_wrong_order(tmp_path):
    ats = "n_ats = 1e16\nd_min = 0.1\nd0min_qs4 = 3e5\nd0max_qs4 = 2e5\ndelta_mu = 0.1"
    with pytest.raises(InputError, match="larger than d0max_qs4"):
        load_preset(write(tmp_path, GOOD.replace("n_ats = 0.0", ats)))


def test_neither_preset_nor_file():
    with pytest.raises(UsageError) as caught:
        load_preset("bk8")
    assert "bk7-fixed-field" in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        load_preset("nowhere.toml")


def test_bytes_that_are_not_utf8(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b'name = "\xb5"')
    with pytest.raises(InputError, match="UTF-8"):
        load_preset(path)


@pytest.mark.parametrize("spacing", ["linear", "log", "inverse"])
def test_grids(spacing):
    scale = {"linear": lambda x: x, "log": log, "inverse": lambda x: 1 / x}[spacing]
    points = [scale(x) for x in grid_points(2.0, 300.0, 40, spacing)]
    steps = [b - a for a, b in itertools.pairwise(points)]
    assert len(points) == 40
    assert steps == pytest.approx([steps[0]] * 39, rel=1e-9)
