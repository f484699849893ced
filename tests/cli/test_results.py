"""Results without ``--out``: where they go, what they replace, what they leave alone."""

from __future__ import annotations

import json
import shutil

import pytest

LL = ("--model", "ll", "--no-plots")
FILES = {"data.csv", "parameters.csv", "report.html", "report.json"}


@pytest.fixture
def runs(fixtures, working_folder):
    """Two runs in the working folder, and two of other glasses with the same names in a folder below."""
    (working_folder / "other").mkdir()
    for name, there in (("a.dat", "20000"), ("b.dat", "50000")):
        (source,) = fixtures.glob(f"pure-ll/*_{there}Oe.rso.dat")
        shutil.copy(source, working_folder / name)
        (source,) = fixtures.glob(f"bk7-fixed-field/*_{there}Oe.rso.dat")
        shutil.copy(source, working_folder / "other" / name)
    return working_folder


def results(folder):
    return {path.name for path in (folder / "glasspara-results").glob("*")}


def names(folder):
    return {path.name for path in folder.iterdir()}


def last_line(done):
    return done.err.splitlines()[-1]


def test_the_plain_command_delivers(glasspara, validator, runs):
    done = glasspara("fit", "a.dat", "--model", "ll")
    assert done.status == 0
    folder = runs / "glasspara-results" / "fit-a"
    assert {*FILES, "fit_fixed_field.png"} <= names(folder)
    assert last_line(done) == f"wrote {len(names(folder))} files to glasspara-results/fit-a"
    document = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    validator.validate(document)
    assert set(document["files"]) == names(folder)
    glasspara("fit", "a.dat", "b.dat", *LL)
    assert results(runs) == {"fit-a", "fit-a+1"}
    assert glasspara("universality", "a.dat", "b.dat", "-q", "--no-plots").err == ""
    assert results(runs) == {"fit-a", "fit-a+1", "universality-a+1"}


def test_a_result_of_the_same_files_is_replaced_as_a_whole(glasspara, runs):
    glasspara("fit", "a.dat", "--model", "ll")
    folder = runs / "glasspara-results" / "fit-a"
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    again = glasspara("fit", runs / "a.dat", *LL, "--ions", "fe3")
    assert again.status in (0, 5)
    assert names(folder) == {*FILES, "notes.txt"}
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["settings"]["ions"] == "fe3"


def test_a_result_of_other_files_gets_a_neighbour(glasspara, runs):
    glasspara("fit", "a.dat", *LL)
    first = (runs / "glasspara-results" / "fit-a" / "report.json").read_bytes()
    other = glasspara("fit", "other/a.dat", *LL)
    (neighbour,) = results(runs) - {"fit-a"}
    assert neighbour.startswith("fit-a-")
    assert len(neighbour) == len("fit-a-") + 8
    assert last_line(other).endswith(f"glasspara-results/{neighbour}")
    assert (runs / "glasspara-results" / "fit-a" / "report.json").read_bytes() == first
    glasspara("fit", "other/a.dat", *LL)
    assert results(runs) == {"fit-a", neighbour}


def test_what_is_not_ours_is_refused_before_the_work(glasspara, runs):
    folder = runs / "glasspara-results" / "fit-a"
    folder.mkdir(parents=True)
    (folder / "data.csv").write_text("mine", encoding="utf-8")
    done = glasspara("fit", "a.dat", *LL)
    assert (done.status, done.out) == (2, "")
    assert "not a result of glasspara" in done.err
    assert names(folder) == {"data.csv"}


def test_a_changed_file_is_not_replaced(glasspara, runs):
    glasspara("fit", "a.dat", *LL)
    changed = runs / "glasspara-results" / "fit-a" / "data.csv"
    changed.write_text(changed.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    done = glasspara("fit", "a.dat", *LL)
    assert done.status == 2
    assert "data.csv: this file was changed after glasspara wrote it" in done.err
    assert changed.read_text(encoding="utf-8").endswith("# mine\n")
    assert glasspara("fit", "a.dat", *LL, "--out", "mine").status == 0


def test_files_may_be_unwanted(glasspara, runs):
    glasspara("fit", "a.dat", *LL, "--no-files")
    json.loads(glasspara("fit", "a.dat", *LL, "--json").out)
    assert results(runs) == set()
    both = glasspara("fit", "a.dat", *LL, "--no-files", "--out", "there")
    assert both.status == 2
    assert "--no-files" in both.err
    glasspara("fit", "a.dat", *LL, "--json", "--out", "there")
    assert names(runs / "there") >= FILES


def test_a_folder_that_cannot_be_written_is_no_error_of_the_fit(glasspara, runs):
    (runs / "glasspara-results").write_text("prevents writing", encoding="utf-8")
    done = glasspara("fit", "a.dat", *LL)
    assert done.status == 0
    assert "Verdict: good" in done.out
    assert "warning: no files written" in done.err
    assert glasspara("fit", "a.dat", *LL, "--out", "glasspara-results/fit").status == 2


def test_subtract_keeps_its_csv_on_stdout(glasspara, runs):
    done = glasspara("subtract", "a.dat", "--model", "ll")
    folder = runs / "glasspara-results" / "subtract-a"
    assert names(folder) == {"subtract.csv", "subtract.html", "subtract.json"}
    assert (folder / "subtract.csv").read_text(encoding="utf-8") == done.out
    assert last_line(done) == "wrote 3 files to glasspara-results/subtract-a"
    quiet = glasspara("subtract", "a.dat", "--model", "ll", "--no-files", "-q")
    assert (quiet.out, quiet.err) == (done.out, "")


def test_names_of_other_inputs(glasspara, runs):
    glasspara("fit", "-", *LL, stdin=(runs / "a.dat").read_bytes())
    glasspara("derive", "BK7", "--no-plots")
    odd = runs / "a b?.dat"
    shutil.copy(runs / "a.dat", odd)
    glasspara("fit", odd, *LL)
    assert results(runs) == {"fit-stdin", "derive-BK7", "fit-a_b_"}
