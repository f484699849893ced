"""Choosing rows, sample files, and files that are out to do harm, as a user gives them."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
import unicodedata

import jsonschema
import pytest

from glasspara.report.block import schema_text
from glasspara.sample import read_sample
from glasspara.simulation.writer import compose, sweep
from tests.conftest import shell_words

LL = ("--model", "ll", "--no-plots")


@pytest.fixture
def run(tmp_path):
    """A synthetic M(T) run of 12 points with a wild one at line 20."""
    points = sweep(12)
    points[6]["m"] *= 10.0
    path = tmp_path / "run.dat"
    path.write_text(compose("xl", points), encoding="cp1252")
    return path


def first_input(done):
    return json.loads(done.out)["inputs"][0]


def warnings_of(done):
    return json.loads(done.out)["warnings"]


# --- choosing rows ---------------------------------------------------------------------------------------


def test_flux_jumps_are_named_and_left_out_on_request(glasspara, run):
    kept = glasspara("fit", run, *LL, "--json")
    assert any("file line 20; --exclude flux-jumps" in warning["text"] for warning in warnings_of(kept))
    assert first_input(kept)["rows_used"] == 12
    left_out = glasspara("fit", run, *LL, "--json", "--exclude", "flux-jumps")
    assert first_input(left_out)["rows_dropped"] == {"flux jump, excluded on request": 1}


def test_lines_are_left_out(glasspara, run, tmp_path):
    other = tmp_path / "other.dat"
    other.write_text(compose("xl", sweep(9, H=2000.0)), encoding="cp1252")
    done = glasspara("fit", run, other, *LL, "--json", "--exclude", "run.dat:18-20,22")
    documents = {item["path"]: item for item in json.loads(done.out)["inputs"]}
    assert documents[str(run)]["rows_dropped"] == {"excluded on request": 4}
    assert documents[str(other)]["rows_dropped"] == {}
    assert first_input(glasspara("inspect", run, "--json", "--exclude", "20"))["rows_used"] == 11


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--exclude", "999"), "no data row to exclude at line 999"),
        (("--exclude", "1-5"), "no data row to exclude at line 1 to 5"),
        (("--exclude", "x:20"), "'x' is none of the files"),
        (("--exclude", "bad"), "cannot read 'bad'"),
        (("--min-fit", "1.5"), "the smallest fit 1.5 is not from 0 to 1"),
        (("--min-fit", "nan"), "--min-fit: nan is not finite"),
        (("--mass", "0.0357"), "no unit, and is unlikely in mg"),
    ],
)
def test_wrong_choices(glasspara, run, arguments, words):
    refused = glasspara("fit", run, *LL, *arguments)
    assert refused.status == 2
    assert words in refused.err
    assert len(refused.err.splitlines()) == 1


def test_repeats_are_averaged_on_request(glasspara, tmp_path):
    path = tmp_path / "repeats.dat"
    points = [
        {**point, "m": point["m"] + 1e-8 * k * (-1) ** i}
        for i, point in enumerate(sweep(12))
        for k in (-1.0, 0.3, 0.7)
    ]
    path.write_text(compose("xl", points), encoding="cp1252")
    whole, means = (glasspara("subtract", path, "--json", *more) for more in ((), ("--average",)))
    assert [len(json.loads(done.out)["subtract"]["rows"]) for done in (whole, means)] == [36, 12]
    assert first_input(means)["rows_used"] == first_input(means)["rows_read"] == 36
    (block,) = json.loads(means.out)["subtract"]["runs"]
    assert block["sigma_source"] == (
        "repeat scatter (24 degrees of freedom); means of 36 measurements at 12 set points"
    )


def test_copies_in_another_form_are_not_two_measurements(glasspara, run, tmp_path):
    packed = tmp_path / "run.dat.gz"
    packed.write_bytes(gzip.compress(run.read_bytes()))
    saved = tmp_path / "saved.dat"
    saved.write_text(run.read_text().replace(",", "\t"))
    for copy in (packed, saved):
        refused = glasspara("fit", run, copy, *LL)
        assert refused.status == 3
        assert f"holds the same points as {run}" in refused.err


def test_a_file_copied_while_it_was_measured(glasspara, run, tmp_path):
    longer = tmp_path / "longer.dat"
    extra = compose("xl", sweep(15)).splitlines()[-3:]
    longer.write_text(run.read_text() + "\n".join([*extra, ""]))
    done = glasspara("fit", run, longer, *LL, "--json")
    (shared,) = [item for item in warnings_of(done) if item["code"] == "data.shared-points"]
    assert "12 of its 15 points are also in" in shared["text"]
    assert shared["where"] == {"file": str(longer)}
    assert glasspara("fit", longer, run, *LL).status == 3  # all of run.dat is in the other


# --- sample files ----------------------------------------------------------------------------------------


def test_init_writes_a_sample_file(glasspara, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = glasspara("init")
    assert (done.status, done.out) == (0, "")
    assert "wrote sample.toml" in done.err
    assert read_sample("sample.toml").name == ""
    refused = glasspara("init")
    assert refused.status == 2
    assert "--force" in refused.err
    assert glasspara("init", "--force", "--quiet") == (0, "", "")
    assert glasspara("init", "-").out == (tmp_path / "sample.toml").read_text()
    assert glasspara("fit", run, "--sample", "sample.toml", *LL).status in (0, 5)


def test_where_the_mass_came_from(glasspara, run, tmp_path):
    """The command line goes before the sample file, and that before the header."""
    sample = tmp_path / "sample.toml"
    sample.write_text('[sample]\nmass = "14,5 mg"\n')
    for arguments, mass, source in (
        ((), 12.5, "header WEIGHT, no unit written: mg"),
        (("--sample", sample), 14.5, f"sample file {sample} (mass = '14,5 mg')"),
        (("--sample", sample, "--mass", "0.0165 g"), 16.5, "option --mass"),
    ):
        item = first_input(glasspara("fit", run, *LL, "--json", *arguments))
        assert item["mass_mg"] == pytest.approx(mass)
        assert item["mass_source"] == source
        shown = glasspara("fit", run, *LL, *arguments).out
        assert "".join(source.split()) in "".join(shown.split())  # long lines are wrapped


def test_an_empty_folder_name_is_not_this_folder(glasspara, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused = glasspara("fit", run, *LL, "--out", "")
    assert (refused.status, refused.out) == (2, "")
    assert "--out: the value is empty" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["run.dat"]


def test_faults_of_a_sample_file_have_a_line(glasspara, run, tmp_path):
    sample = tmp_path / "sample.toml"
    sample.write_text("[sample]\nname = 'x'\n\n[sample.trace_ions]\nXx = 1\n")
    refused = glasspara("fit", run, "--sample", sample)
    assert refused.status == 3
    assert f"{sample}, line 5: Xx in [sample.trace_ions]: unknown key" in refused.err


@pytest.mark.parametrize(
    "text", [f"x = {'[' * 50_000}", f"[sample]\nmass_mg = {'9' * 6_000}", f"[sample]\nmass_mg = {'9' * 400}"]
)
def test_sample_files_that_nobody_would_write(glasspara, run, tmp_path, text):
    sample = tmp_path / "sample.toml"
    sample.write_text(text)
    refused = glasspara("fit", run, "--sample", sample)
    assert refused.status == 3
    assert len(refused.err) < 1000
    assert glasspara("fit", run, "--sample", "/dev/zero").status == 2


# --- harm ------------------------------------------------------------------------------------------------

EVIL = ("a\x1b[31mb.dat", "\u202efdp.dat", "=cmd|' ! '.dat", "[bold]x.dat", "a\nb.dat", "\udcff.dat")


@pytest.mark.parametrize("name", EVIL)
def test_file_names_stay_inert(glasspara, run, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(run.read_bytes())
    out = tmp_path / "out"
    for arguments in (
        ("inspect", path), ("inspect", path, "--json"), ("fit", path, *LL, "--out", out, "--force"),
        ("fit", path, *LL, "--json"), ("subtract", path), ("fit", path, "--min-fit", "7"), ("fit", f"{path}x"),
    ):  # fmt: skip
        done = glasspara(*arguments)
        for text in (done.out, done.err):
            assert not {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")}
    assert {item.name for item in tmp_path.iterdir()} == {"run.dat", "out", name}
    for item in out.glob("*.csv"):
        rows = [line for line in item.read_text().splitlines() if not line.startswith("#")]
        assert not [cell for row in csv.reader(rows) for cell in row if cell.startswith(("=", "@", "+"))]
    document = json.loads((out / "report.json").read_text())
    assert document["inputs"][0]["path"] == str(path)
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(document)


EVIL_HEADERS = (  # of a PPMS VSM, whose version is part of the instrument's name
    ("BYAPP,VSM,1.0", "BYAPP,VSM,\x1b[31m[red]\x1b]0;t\x07"),
    ("TITLE,", "TITLE,\x1b[2J\u202e"),
    ("SAMPLE_MASS", "SAMPLE_MASS\nINFO,[bold]\x9b31m,SAMPLE_MATERIAL"),
    (",1.0,2.0,", "\x1b[5m[blink],1.0,2.0,"),
)


@pytest.mark.parametrize(("old", "new"), EVIL_HEADERS)
def test_headers_stay_inert(glasspara, tmp_path, old, new):
    text = compose("vsm", sweep(12))
    path = tmp_path / "run.dat"
    path.write_bytes(text.replace(old, new, 1).encode())
    assert old in text
    out = tmp_path / "out"
    for arguments in (
        ("inspect", path), ("fit", path, *LL), ("fit", path, *LL, "--out", out), ("series", path),
        ("subtract", path), ("universality", path), ("fit", path, *LL, "--background", path),
    ):  # fmt: skip
        done = glasspara(*arguments)
        texts = [done.out, done.err, *(item.read_text() for item in out.glob("*.csv"))]
        for text in texts:
            assert not {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs")}


@pytest.mark.usefixtures("working_folder")
def test_terminals_of_few_characters(run):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "glasspara", "fit", str(run), *LL],
        capture_output=True,
        env=environment,
        check=False,
    )
    assert done.returncode in (0, 5)
    assert b"Verdict" in done.stdout
    assert b"Traceback" not in done.stderr


def test_standard_input_that_is_closed():
    done = subprocess.run(
        ["sh", "-c", f"{shell_words('inspect', '-')} <&-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr == "error: -: standard input is closed. Name a file\n"
