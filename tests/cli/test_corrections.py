"""Holder and true field through the whole program: bias without, none with; reports, statuses, refusals."""

from __future__ import annotations

import json

import jsonschema
import numpy as np
import pytest

from glasspara.report.block import schema_text
from glasspara.simulation.datasets import PURE_LL
from glasspara.simulation.writer import write_run
from tests.holders import (
    CHI_HOLDER,
    PD_MASS_MG,
    TEMPERATURES,
    glass,
    holder,
    palladium,
    write_loop,
    write_temperature_runs,
)

SCHEMA = json.loads(schema_text())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A glass in its holder and the holder alone at three fields; loops of a glass and of palladium."""
    folder = tmp_path_factory.mktemp("corrections")
    write_temperature_runs(folder, "glass", lambda T, H: glass(T, H) + holder(T, H), seed=11)
    write_temperature_runs(folder, "straw", lambda T, H: glass(T, H) + CHI_HOLDER * H, seed=12, fields=(2e4,))
    write_temperature_runs(folder, "holder", holder, seed=13, mass_mg=None)
    write_loop(folder / "loop.dat", 4.5, glass, seed=14, noise=2e-8)
    write_loop(folder / "pd.dat", 298.0, palladium, seed=15, noise=1e-6, mass_mg=PD_MASS_MG)
    write_loop(folder / "massless.dat", 298.0, palladium, seed=16, noise=1e-6, mass_mg=None)
    return folder


def backgrounds(folder):
    return [part for path in sorted(folder.glob("holder_*")) for part in ("--background", path)]


def pulls(text: str) -> dict[str, float]:
    """(fitted - true) / error by parameter."""
    found = json.loads(text)["fits"][0]["parameters"]
    return {
        name: (found[name]["value"] - PURE_LL[name]) / found[name]["error"]
        for name in ("chi_larmor", "n_fe2", "n_fe3")
    }


def test_a_holder_biases_everything_until_its_runs_are_subtracted(glasspara, folder):
    files = sorted(folder.glob("glass_*"))
    without = glasspara("fit", *files, "--model", "ll", "--json")
    assert without.status == 5
    assert min(abs(pull) for pull in pulls(without.out).values()) > 100.0
    done = glasspara("fit", *files, *backgrounds(folder), "--model", "ll", "--json")
    assert done.status == 0, done.err
    assert max(abs(pull) for pull in pulls(done.out).values()) < 3.0
    document = json.loads(done.out)
    jsonschema.validate(document, SCHEMA)
    assert document["fits"][0]["statistics"]["p_value"] > 0.01
    for item in document["inputs"]:
        (run,) = item["holder"]["runs"]
        assert run["share_of_signal"] == pytest.approx(0.16, abs=0.01)
        assert run["share_of_variance"] == pytest.approx(0.5, abs=0.01)
        assert len(item["holder"]["background_files"]) == 3
        assert item["true_field"] is None


def test_a_holder_proportional_to_the_field_is_taken_by_its_susceptibility(glasspara, folder):
    file = folder / "straw_20000Oe.rso.dat"
    done = glasspara("fit", file, "--model", "ll", "--holder-chi", CHI_HOLDER, "--json")
    assert done.status == 0, done.err
    assert max(abs(pull) for pull in pulls(done.out).values()) < 3.0
    assert json.loads(done.out)["inputs"][0]["holder"]["chi_emu_per_Oe"] == CHI_HOLDER
    uncertain = glasspara("fit", file, "--model", "ll", "--holder-chi", f"{CHI_HOLDER}+-1e-10", "--json")
    chi = json.loads(uncertain.out)["fits"][0]["parameters"]["chi_larmor"]
    assert chi["error"] == pytest.approx(1e-9, rel=0.01)  # the sample's 100 mg
    assert "shifts chi_larmor by up to 1e-09" in uncertain.err
    plain = glasspara("fit", file, "--model", "ll", "--json")
    before, after = pulls(plain.out), pulls(done.out)
    assert before["chi_larmor"] - after["chi_larmor"] > 100.0
    assert before["n_fe2"] == pytest.approx(after["n_fe2"], abs=0.01)


def test_the_field_that_a_magnet_keeps_biases_a_loop_until_a_standard_tells_it(glasspara, folder):
    loop, standard = folder / "loop.dat", folder / "pd.dat"
    without = glasspara("fit", loop, "--model", "ll", "--json")
    assert without.status == 5
    assert max(abs(pull) for pull in pulls(without.out).values()) > 10.0
    assert "--field-standard" in without.err
    done = glasspara("fit", loop, "--model", "ll", "--field-standard", standard, "--json")
    assert done.status == 0, done.err
    assert max(abs(pull) for pull in pulls(done.out).values()) < 4.0
    assert "crosses zero" not in done.err
    jsonschema.validate(json.loads(done.out), SCHEMA)
    field = json.loads(done.out)["inputs"][0]["true_field"]
    assert field["chi_source"] == "palladium at 298 K"
    assert field["runs"][0]["n_corrected"] == field["runs"][0]["n_points"] == 129
    assert field["runs"][0]["true_minus_reported_Oe"] == pytest.approx([-43.0, 43.0], abs=3.0)


def test_console_tables_say_what_was_subtracted_and_corrected(glasspara, folder):
    shown = glasspara("fit", *sorted(folder.glob("glass_*")), *backgrounds(folder), "--model", "ll")
    assert "holder: background of 3 files" in shown.out
    assert "holder / signal" in shown.out
    assert "16 %" in shown.out
    shown = glasspara("universality", folder / "loop.dat", folder / "straw_20000Oe.rso.dat",
                      "--holder-chi", "-8e-9+-1e-10", "--field-standard", folder / "pd.dat")  # fmt: skip
    assert "susceptibility (-8.00 ± 0.10)e-09 emu/Oe" in shown.out
    assert "129 of 129" in shown.out
    assert "0 of 40" in shown.out
    assert "40 points keep the reported field" in shown.err


def test_tables_carry_the_holder_the_reported_field_and_where_they_came_from(glasspara, folder, tmp_path):
    done = glasspara("subtract", folder / "loop.dat", "--holder-chi", "1e-9", "--field-standard", folder / "pd.dat",
                     "--out", tmp_path / "out")  # fmt: skip
    assert done.status == 0, done.err
    lines = (tmp_path / "out" / "subtract.csv").read_text(encoding="utf-8").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    assert any("holder_chi_emu_per_Oe 1e-09" in line for line in comments)
    assert any("field standard" in line and "sha256" in line for line in comments)
    header = lines[len(comments)].split(",")
    assert {"M_holder_emu_per_g", "H_reported_Oe"} <= set(header)
    row = dict(zip(header, lines[len(comments) + 33].split(","), strict=True))
    assert float(row["M_holder_emu_per_g"]) == pytest.approx(1e-9 * float(row["H_Oe"]) / 0.1)
    assert 20.0 < abs(float(row["H_Oe"]) - float(row["H_reported_Oe"])) < 45.0
    plain = glasspara("subtract", folder / "straw_20000Oe.rso.dat")
    assert "M_holder" not in plain.out
    assert "H_reported" not in plain.out


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        (("glass_20000Oe.rso.dat", "--background", "holder_5000Oe.rso.dat"), 3, "no M(T) run at 20000 Oe"),
        (("loop.dat", "--background", "holder_5000Oe.rso.dat"), 3, "no M(H) run at 4.5 K"),
        (("loop.dat", "--background", "absent.dat"), 3, "absent.dat"),
        (("loop.dat", "--field-standard", "massless.dat"), 4, "--standard-mass MG"),
        (("glass_20000Oe.rso.dat", "--field-standard", "pd.dat"), 3, "applies to no run"),
        (("loop.dat", "--standard-chi", "5e-6"), 2, "--field-standard FILE"),
        (("loop.dat", "--field-standard", "pd.dat", "--standard-chi", "palladium"), 2, "is not a number"),
        (("loop.dat", "--field-standard", "pd.dat", "--standard-mass", "26"), 3, "10 times the reported"),
        (("loop.dat", "--holder-chi", "1e-9+-x"), 2, "--holder-chi: 'x' is not a number"),
        (("loop.dat", "--background-scale", "2"), 2, "without a background"),
        (("loop.dat", "--background", "pd.dat", "--background-scale", "two"), 2, "is not a number"),
        (("loop.dat", "--background", "loop.dat"), 3, "as a sample and as its background"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_a_line(
    glasspara, folder, monkeypatch, command, status, words
):
    monkeypatch.chdir(folder)
    done = glasspara("fit", *command, "--model", "ll")
    assert done.status == status, done.err
    assert words in " ".join(done.err.split())
    assert "Traceback" not in done.err


def test_one_file_without_background_does_not_stop_the_others(glasspara, folder):
    files = sorted(folder.glob("glass_*"))
    given = [
        "--background",
        folder / "holder_20000Oe.rso.dat",
        "--background",
        folder / "holder_50000Oe.rso.dat",
    ]
    done = glasspara("fit", *files, *given, "--model", "ll", "--per-run", "--json")
    assert done.status == 6
    failed = json.loads(done.out)["failed"]
    assert [item["exit_status"] for item in failed] == [3]
    assert "glass_5000Oe" in failed[0]["path"]


def test_a_copy_of_the_sample_is_no_background_in_whatever_form(glasspara, folder, tmp_path):
    file = folder / "glass_20000Oe.rso.dat"
    shorter = tmp_path / "again.dat"
    shorter.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:-5]))
    done = glasspara("fit", file, "--background", shorter, "--model", "ll")
    assert done.status == 3
    assert "35 of its points are in the background" in done.err


def test_a_copy_of_a_background_does_not_count_twice(glasspara, folder, tmp_path):
    """Two runs that agree to the last digit are one: as two they would bring half of its variance."""
    alone = folder / "holder_20000Oe.rso.dat"
    again = tmp_path / "again.dat"
    again.write_bytes(alone.read_bytes().replace(b"\n", b"\r\n"))
    given = ("--background", alone, "--background", again)
    done = glasspara("fit", folder / "glass_20000Oe.rso.dat", *given, "--model", "ll")
    assert (done.status, done.out) == (3, "")
    assert "of its points are in the background" in done.err
    assert "would count twice" in done.err


def test_a_background_of_another_instrument_is_told(glasspara, folder, tmp_path):
    alone = tmp_path / "mpms3.dat"
    T, H = TEMPERATURES.tolist(), [2e4] * len(TEMPERATURES)
    noise = 2e-8 * np.random.default_rng(5).standard_normal(len(T))
    alone.write_bytes(
        write_run("mpms3-dc", T, H, (holder(T, H) + noise).tolist(), [2e-8] * len(T), name="synthetic")
    )
    done = glasspara("fit", folder / "glass_20000Oe.rso.dat", "--background", alone, "--model", "ll")
    assert "its background by MPMS3" in done.err


def test_figures_of_what_was_done_are_written_with_the_others(glasspara, folder, tmp_path):
    given = ["--holder-chi", CHI_HOLDER, "--field-standard", folder / "pd.dat"]
    glasspara("fit", folder / "loop.dat", "--model", "ll", *given, "--out", tmp_path / "out")
    written = {path.name for path in (tmp_path / "out").glob("*.png")}
    assert {"holder_MH.png", "true_field.png"} <= written


def test_rows_of_a_background_are_excluded_by_its_name(glasspara, folder):
    path = folder / "holder_20000Oe.rso.dat"
    given = ["--background", path, "--exclude", "holder_20000Oe.rso.dat:40-42"]
    done = glasspara("fit", folder / "glass_20000Oe.rso.dat", *given, "--model", "ll", "--json")
    files = json.loads(done.out)["inputs"][0]["holder"]["background_files"]
    assert [(item["rows_read"], item["rows_used"]) for item in files] == [(40, 37)]
