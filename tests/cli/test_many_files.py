"""Folders, patterns and lists as input, unsuitable files among them, and the summary that ends many fits."""

from __future__ import annotations

import csv
import json

import pytest

from glasspara.simulation.writer import compose, sweep

LL = ("--model", "ll", "--ions", "fe3", "--no-plots")


@pytest.fixture
def folder(tmp_path):
    """Three runs of two samples, a raw file, notes and an unfinished file."""
    data = tmp_path / "data"
    data.mkdir()
    for name, sample, field in (("run2", "A", 2000.0), ("run10", "A", 10000.0), ("other", "B", 5000.0)):
        text = compose("xl", sweep(12, H=field))
        data.joinpath(f"{name}.dat").write_text(
            text.replace("NAME, glass", f"NAME, {sample}"), encoding="cp1252"
        )
    data.joinpath("notes [red].txt").write_text("a line\n")
    data.joinpath("empty.dat").write_text("")
    return data


def finding_of(document, code):
    (found,) = [item for item in document["warnings"] if item["code"] == code]
    return found


def test_a_folder_is_its_magnetometer_files(glasspara, folder):
    done = glasspara("fit", folder, *LL, "--same-glass", "--json")
    assert done.status in (0, 5)
    document = json.loads(done.out)
    names = [item["path"].removeprefix(f"{folder}/") for item in document["inputs"]]
    assert names == ["other.dat", "run2.dat", "run10.dat"]
    passed = finding_of(document, "files.passed-over")
    assert passed["values"]["count"] == 2
    assert f"{folder}/notes [red].txt (not a Quantum Design data file" in passed["text"]
    assert f"note: 2 items of a folder skipped: {folder}/empty.dat (the file is empty)" in done.err
    shown = glasspara("inspect", folder)
    assert shown.status == 0
    assert "3 files with 3 runs" in shown.out
    assert "notes [red].txt" in shown.out


@pytest.mark.parametrize("command", ["subtract", "universality", "series", "inspect"])
def test_every_command_takes_folders_patterns_and_lists(glasspara, folder, tmp_path, command):
    listed = tmp_path / "list"
    listed.write_text(f"{folder}/run2.dat\n{folder}/run10.dat\n")
    pattern = str(folder / "run*.dat")
    one, two = (
        json.loads(glasspara(command, name, "--json").out)["inputs"] for name in (pattern, f"@{listed}")
    )
    assert [item["path"].rpartition("/")[2] for item in one] == ["run2.dat", "run10.dat"]
    assert one == two


def test_unsuitable_files_that_were_named(glasspara, folder):
    names = [folder / "run2.dat", folder / "empty.dat", folder / "notes [red].txt"]
    refused = glasspara("fit", *names, *LL)
    assert (refused.status, refused.out) == (3, "")
    done = glasspara("fit", *names, *LL, "--skip-unsuitable", "--json")
    assert done.status == 6
    left_out = finding_of(json.loads(done.out), "files.unsuitable-left-out")
    assert left_out["values"]["count"] == 2
    assert "2 files left out by --skip-unsuitable" in left_out["text"]
    assert glasspara("fit", folder, *LL, "--same-glass", "--skip-unsuitable", "-q").status in (0, 5)
    assert glasspara("inspect", *names, "--skip-unsuitable").status == 6
    for command in ("fit", "inspect"):
        assert glasspara(command, names[1], "--skip-unsuitable").status == 3
    damaged = folder / "cut.dat"
    damaged.write_text(names[0].read_text().partition("[Data]")[0])
    assert (
        glasspara("fit", names[0], damaged, *LL, "--skip-unsuitable").status == 3
    )  # a damaged file is no other file


def test_results_are_named_after_what_was_asked_for(glasspara, folder, working_folder):
    for name, expected in (
        (folder, "fit-data"), (f"{folder}/run*.dat", "fit-run"), (f"{folder}/**/*.dat", "fit-data"),
        (f"{folder}/run2.dat", "fit-run2"),
    ):  # fmt: skip
        assert glasspara("fit", name, *LL, "--skip-unsuitable", "-q").status in (0, 5, 6)
        assert (working_folder / "glasspara-results" / expected / "report.json").is_file(), expected


def rows_of(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_many_fits_end_with_a_summary(glasspara, folder, tmp_path):
    out = tmp_path / "out"
    done = glasspara("fit", folder / "*.dat", "--per-run", *LL, "--out", out)
    assert done.status == 6
    table = done.out.partition("Summary")[2].splitlines()
    assert table[1].split() == ["fit", "sample", "runs", "status", "chi2/ndof", "chi_larmor", "n_fe3"]
    assert len(table) == 2 + 4  # piped: one line a row
    assert table[-1].split()[:3] == ["-", "?", str(folder / "empty.dat")]
    report = json.loads((out / "report.json").read_text())
    rows = rows_of(out / "summary.csv")
    assert [row["runs"] for row in rows] == ["M(T) at 2 kOe", "M(T) at 5 kOe", "M(T) at 10 kOe", ""]
    for row, fit in zip(rows[:3], report["fits"], strict=True):
        assert row["status"] == fit["assessment"]["status"]
        assert float(row["chi2"]) == fit["statistics"]["chi2"]
        parameter = fit["parameters"]["chi_larmor"]
        assert float(row["chi_larmor_emu_per_g_Oe"]) == parameter["value"]
        assert float(row["chi_larmor_error_emu_per_g_Oe"]) == parameter["error"]
    assert (rows[3]["status"], rows[3]["files"]) == ("no fit", str(folder / "empty.dat"))
    assert "the file is empty" in rows[3]["problem"]


def test_a_fit_for_each_sample(glasspara, folder, tmp_path):
    out = tmp_path / "out"
    done = glasspara("fit", folder, "--per-sample", *LL, "--out", out)
    assert done.status in (0, 5)
    rows = rows_of(out / "summary.csv")
    assert [(row["sample"], row["runs"]) for row in rows] == [
        ("A", "2 M(T) at 2 kOe, 10 kOe"),
        ("B", "M(T) at 5 kOe"),
    ]
    refused = glasspara("fit", folder, "--per-sample", "--per-run", *LL)
    assert refused.status == 2
    assert "--per-run and --per-sample make different fits" in refused.err


def test_what_only_a_prior_knows_is_not_in_the_summary(glasspara, fixtures, tmp_path):
    out = tmp_path / "out"
    run = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    assert glasspara("fit", run, "--per-run", "--no-plots", "--out", out).status == 0
    (row,) = rows_of(out / "summary.csv")
    assert "n_fe_per_g" in row
    assert not any(name.startswith(("d_min", "delta_mu", "ats_strength")) for name in row)
