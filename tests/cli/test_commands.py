"""The commands as a user gives them: exit status, streams, files, reports that fit their schema."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

import glasspara as package
from glasspara.app import COMMANDS
from glasspara.report.block import schema_text
from tests.conftest import shell_words

PNG = b"\x89PNG\r\n\x1a\n"


# --- fit -------------------------------------------------------------------------------------------------


def test_json_goes_to_stdout_alone_and_is_the_same_every_time(glasspara, validator, one):
    first = glasspara(
        "fit", one, "--json", "--fix", "delta_mu=0.319", "--fix", "d_min=0.02671", "--n-fe", "1.698e17"
    )
    again = glasspara(
        "fit", one, "--json", "--fix", "delta_mu=0.319", "--fix", "d_min=0.02671", "--n-fe", "1.698e17"
    )
    assert first == again
    document = json.loads(first.out)
    validator.validate(document)
    assert first.out == json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    parameters = document["fits"][0]["parameters"]
    assert parameters["n_fe"]["fixed"]
    assert parameters["n_fe"]["error"] is None
    assert not parameters["n_ats"]["fixed"]
    assert parameters["n_ats"]["constraint"]["assumed"]
    assert parameters["fe2_fraction"]["error"] > 0
    assert first.status == 0


def test_existing_results_are_not_overwritten(glasspara, one, tmp_path):
    arguments = ("fit", one, "--model", "ll", "--out", tmp_path, "--no-plots")
    glasspara(*arguments)
    before = (tmp_path / "report.json").read_bytes()
    refused = glasspara(*arguments)
    assert refused.status == 2
    assert "--force" in refused.err
    assert (tmp_path / "report.json").read_bytes() == before
    assert glasspara(*arguments, "--force").status != 2


def test_stdin(glasspara, one):
    from_file = json.loads(glasspara("fit", one, "--model", "ll", "--json").out)
    from_stdin = json.loads(glasspara("fit", "-", "--model", "ll", "--json", stdin=one.read_bytes()).out)
    assert from_stdin["inputs"][0]["path"] == "-"
    assert from_stdin["inputs"][0]["sha256"] == from_file["inputs"][0]["sha256"]
    assert from_stdin["fits"][0]["parameters"] == from_file["fits"][0]["parameters"]


def test_windows_are_accounted_for(glasspara, one):
    item = json.loads(glasspara("fit", one, "--model", "ll", "--t-range", "5:100", "--json").out)["inputs"][0]
    assert item["rows_dropped"]["outside --t-range or --h-range"] == 80 - item["rows_used"] > 0


# --- errors ----------------------------------------------------------------------------------------------


def test_missing_mass_is_asked_for(glasspara, one, tmp_path):
    path = tmp_path / "no mass [x].dat"
    path.write_bytes(one.read_bytes().replace(b"INFO, WEIGHT, 96.800", b"INFO, WEIGHT, 1.000"))
    refused = glasspara("fit", path)
    assert refused.status == 4
    assert "--mass" in refused.err
    assert len(refused.err.strip().splitlines()) <= 2
    assert refused.out == ""
    done = glasspara("fit", path, "--mass", "96,8 mg", "--model", "ll", "--json")
    assert json.loads(done.out)["inputs"][0]["mass_mg"] == pytest.approx(96.8)
    assert "--mass" in json.loads(done.out)["inputs"][0]["mass_source"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--fix", "n_iron=3"), 2, "n_iron"),
        (("--free", "n_ats", "--fix", "n_ats"), 2, "both fixed"),
        (("--n-fe", "1e17", "--fix", "n_fe2=1e16"), 2, "two ways"),
        (("--model", "lll"), 2, "--model"),
        (("--orientation", "up"), 2, "isotropic"),
        (("--t-range", "5"), 2, "LO:HI"),
        (("--t-range", "1000:2000"), 3, "window"),
        (("--mass", "heavy"), 2, "--mass"),
        (("--moment", "best"), 2, "moment 'best'"),
        (("--sample", "nowhere.toml"), 3, "nowhere.toml"),
        (("--n-fe", "lots"), 2, "lots"),
        (("--limit", "field_offset=1:2"), 2, "--free field_offset"),
        (("--model", "ll", "--fix", "d_min=1"), 2, "d_min"),
    ],
)
def test_wrong_options(glasspara, one, arguments, status, words):
    refused = glasspara("fit", one, *arguments)
    assert refused.status == status
    assert words in refused.err
    assert len(refused.err.strip().splitlines()) <= 2
    assert "Traceback" not in refused.err


def test_unsuitable_files(glasspara, one, tmp_path):
    empty = tmp_path / "empty.dat"
    empty.write_bytes(b"")
    for path in (tmp_path / "missing.dat", tmp_path, empty):
        refused = glasspara("fit", path)
        assert refused.status == 3
        assert str(path) in refused.err
    assert glasspara("fit", one, one).status == 3  # the same points twice are not two measurements


def test_control_characters_of_a_file_stay_inert(glasspara, one, tmp_path):
    path = tmp_path / "evil.dat"
    content = one.read_bytes().replace(b"INFO, NAME, BK7-synthetic", b"INFO, NAME, \x1b[31m[bold]=1+1")
    assert b"\x1b" in content
    path.write_bytes(content)
    shown = glasspara("inspect", path)
    assert shown.status == 0
    assert "\x1b" not in shown.out
    assert "[bold]=1+1" in shown.out


# --- the other commands ----------------------------------------------------------------------------------


def test_universality_of_glass_and_of_langevin(glasspara, validator, bk7, pure_ll, tmp_path):
    glass = glasspara("universality", *bk7, "--json", "--out", tmp_path / "glass")
    plain = glasspara("universality", *pure_ll, "--json")
    assert glass.status == plain.status == 0
    for done, holds in ((glass, False), (plain, True)):
        document = json.loads(done.out)
        validator.validate(document)
        assert document["universality"]["holds"] is holds
    assert {path.name for path in (tmp_path / "glass").iterdir()} == {
        "universality.json", "universality.html", "universality.csv", "universality.png", "universality_pairs.csv",
        "universality_pairs.png", "universality_windows.csv",
    }  # fmt: skip
    words = glasspara("universality", *bk7)
    assert "FAILS" in words.out
    assert "it breaks between H/T = " in words.out
    assert glasspara("universality", bk7[0]).status == 3


def test_universality_by_sources_of_chi(glasspara, validator, pure_ll):
    runs = pure_ll[:4]
    documents = {}
    for source in ("each", "all", "4.227e-7+-2e-9"):
        done = glasspara("universality", *runs, "--chi-larmor", source, "--json")
        assert done.status == 0
        document = json.loads(done.out)
        validator.validate(document)
        documents[source] = document["universality"]
    own = documents["each"]
    assert own["chi_larmor"] is None
    assert len({run["chi_larmor"] for run in own["runs"]}) == len(runs)
    assert documents["all"]["chi_larmor"] == pytest.approx(4.227e-7, rel=1e-3)
    assert documents["4.227e-7+-2e-9"]["chi_larmor_source"].startswith("given as 4.227e-07 ± 2e-09")
    matrix = own["pair_p_values"]
    assert [row[number] for number, row in enumerate(matrix)] == [None] * len(runs)
    assert matrix[0][1] == matrix[1][0] == own["pairs"][0]["p_value"]
    assert "of each run" in glasspara("universality", *runs, "--chi-larmor", "each").out
    for wrong in ("every", "4e-7+-0", "4e-7+-nan", "-4e-7"):
        refused = glasspara("universality", *runs, "--chi-larmor", wrong)
        assert refused.status == 2
        assert refused.err.count("\n") <= 2


def test_inspect(glasspara, validator, one, tmp_path):
    shown = glasspara("inspect", one)
    assert shown.status == 0
    for words in ("MPMS-XL RSO", "80 of 80", "Long Moment (emu)", "96.8 mg", "20000 Oe"):
        assert words in shown.out
    document = json.loads(glasspara("inspect", one, "--json").out)
    validator.validate(document)
    missing = tmp_path / "missing.dat"
    part = glasspara("inspect", one, missing, "--json")
    assert part.status == 6
    validator.validate(json.loads(part.out))
    assert json.loads(part.out)["failed"][0]["path"] == str(missing)
    assert glasspara("inspect", missing).status == 3


def test_information_commands(glasspara):
    assert "bk7-fixed-field" in glasspara("presets").out
    assert "1.099e17" in glasspara("presets", "BK7").out
    assert (
        json.loads(glasspara("presets", "--json").out)["bk7-fixed-field"]["parameters"]["n_ats"] == 1.352e16
    )
    assert json.loads(glasspara("schema").out) == json.loads(schema_text())
    cited = glasspara("cite").out
    assert "arXiv:2111.12644" in cited
    assert sum(line.startswith("@") for line in cited.splitlines()) == 5
    assert cited.count("{") == cited.count("}")
    assert f"version = {{{package.__version__}}}" in cited
    assert "numpy " in glasspara("environment").out
    assert glasspara("presets", "no-such").status == 2
    assert glasspara("--version").out.startswith("glasspara ")


@pytest.mark.parametrize(("wish", "threads"), [(None, "1"), ("2", "2")])
def test_linear_algebra_has_one_thread_unless_the_user_says_else(wish, threads):
    code = (
        "import sys, os; sys.argv = ['glasspara', 'presets']\n"
        "from glasspara.app import run\n"
        "assert 'numpy' not in sys.modules\n"
        "try: run()\n"
        "except SystemExit: print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    if wish:
        environment["OPENBLAS_NUM_THREADS"] = wish
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.splitlines()[-1] == threads


@pytest.mark.usefixtures("working_folder")
def test_fit_without_plots_needs_neither_pandas_nor_matplotlib(one):
    code = (
        f"import sys; sys.argv = ['glasspara', 'fit', {str(one)!r}, '--model', 'll', '--quiet', '--no-plots']\n"
        "from glasspara.app import run\n"
        "try:\n    run()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.usefixtures("working_folder")
@pytest.mark.usefixtures("working_folder")
def test_closed_stdout_is_no_error(one):
    head = shutil.which("head")
    assert head
    shell = f"{shell_words('subtract', one)} | {head} -n 1"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("#")
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


# --- found by reviewers ----------------------------------------------------------------------------------


def test_copies_of_a_file_are_not_two_measurements(glasspara, one, tmp_path):
    copy = tmp_path / "copy.dat"
    copy.write_bytes(one.read_bytes())
    refused = glasspara("fit", one, copy)
    assert refused.status == 3
    assert "same points" in refused.err


def test_batch_with_a_bad_file(glasspara, validator, pure_ll, tmp_path):
    missing = tmp_path / "missing.dat"
    part = glasspara("fit", *pure_ll[:2], missing, "--per-run", "--model", "ll", "--json")
    assert part.status == 6
    document = json.loads(part.out)
    validator.validate(document)
    assert len(document["fits"]) == 2
    assert document["failed"][0]["path"] == str(missing)
    assert glasspara("fit", *pure_ll[:2], missing, "--model", "ll").status == 3


@pytest.mark.parametrize("value", ["nan", "inf", "x"])
def test_hostile_numbers(glasspara, pure_ll, value):
    for arguments in (("universality", *pure_ll[:2], "--chi-larmor", value), ("simulate", "--mt", value)):
        refused = glasspara(*arguments)
        assert refused.status == 2
        assert refused.out == ""
        assert "Traceback" not in refused.err


def test_warnings_name_their_file_and_a_settled_mass_is_no_doubt(glasspara, one, tmp_path):
    path = tmp_path / "BK7_12.5mg.dat"
    path.write_bytes(one.read_bytes())
    doubtful = glasspara("fit", path, "--model", "ll", "--json")
    warnings = json.loads(doubtful.out)["warnings"]
    (doubt,) = [item for item in warnings if item["code"] == "sample.mass-contradicted"]
    assert doubt["where"] == {"file": str(path)}
    assert doubt["text"].startswith(str(path))
    assert "12.5" in doubt["text"]
    settled = json.loads(glasspara("fit", path, "--model", "ll", "--mass", "96.8", "--json").out)
    assert "sample.mass-contradicted" not in {item["code"] for item in settled["warnings"]}


@pytest.mark.usefixtures("working_folder")
@pytest.mark.parametrize(
    ("command", "closed"), [("inspect", ">&-"), ("inspect", "2>&-"), ("subtract", ">/dev/full")]
)
def test_closed_and_full_streams(one, command, closed):
    shell = f"{shell_words(command, one)} {closed}"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if "full" in closed else 0)


def test_a_new_result_leaves_nothing_of_the_old_one(glasspara, validator, pure_ll, tmp_path):
    mine = tmp_path / "notes.png"
    mine.write_bytes(b"mine")
    glasspara("fit", *pure_ll[:2], "--model", "ll", "--out", tmp_path, "--decompose")
    assert len(list(tmp_path.glob("decomposition_*.png"))) == 2
    glasspara("fit", pure_ll[0], "--model", "ll", "--out", tmp_path, "--force", "--no-plots")
    document = json.loads((tmp_path / "report.json").read_text())
    validator.validate(document)
    assert {path.name for path in tmp_path.iterdir()} == {*document["files"], "notes.png"}
    assert {path.name for path in tmp_path.glob("*.png")} == {"notes.png"}
    # a report that somebody else wrote names no files of ours to remove
    (tmp_path / "report.json").write_text('{"files": ["notes.png", "../x.png"]}')
    glasspara("fit", pure_ll[0], "--model", "ll", "--out", tmp_path, "--force", "--no-plots")
    assert mine.read_bytes() == b"mine"


def test_ctrl_c_is_answered_in_a_line(glasspara, one, monkeypatch, tmp_path):
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("glasspara.data.loading.load", interrupt)
    done = glasspara("fit", one, "--out", tmp_path)
    assert (done.status, done.out, done.err) == (130, "", "interrupted; nothing half-written\n")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_who_goes_away_is_no_error_and_the_files_are_written(one, tmp_path):
    command = shell_words("fit", one, "--model", "ll", "--no-plots", "--out", tmp_path / "out")
    shell = f"set -o pipefail; {command} | true"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 5)
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out" / "report.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [("fit",), ("compare",), ("fit", "--nope"), ("simulate", "--seed", "x"), ("fit", "x.dat", "--mass")],
)
def test_wrong_command_lines_get_one_line(glasspara, arguments):
    refused = glasspara(*arguments)
    assert refused.status == 2
    assert refused.err.startswith("error: ")
    assert len(refused.err.splitlines()) == 1
    assert refused.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("inspect", "x", "--t-range", "2:5"),
            "inspect has no option --t-range; fit, universality, compare and",
        ),
        (("fit", "x", "--goal", "d_min"), "fit has no option --goal; plan has it"),
        (("fit", "x", "--masss", "3"), "Possible options: "),
        (("fit", "x", "--fix", "n_atss"), "Did you mean n_ats? docs/symbols.md has all"),
        (("fit", "x", "--fix", "whatever"), "no parameter is called 'whatever'. docs/symbols.md has all"),
    ],
)
def test_wrong_names_get_the_nearest(glasspara, arguments, words):
    done = glasspara(*arguments)
    assert done.status == 2
    assert words in done.err
    assert len(done.err) < 160


def test_only_the_command_that_is_asked_for_is_loaded():
    code = (
        "import sys; sys.argv = ['glasspara', 'presets']\n"
        "from glasspara.app import run\n"
        "try:\n    run()\nexcept SystemExit:\n    pass\n"
        "wanted = ('glasspara.analysis.fit', 'glasspara.cli')\n"
        "print(sorted(name for name in sys.modules if name in wanted))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "['glasspara.cli']"


def test_every_command_is_in_the_help_and_a_near_miss_is_named(glasspara):
    shown = glasspara("--help")
    for name in COMMANDS:
        assert f" {name} " in shown.out
    missed = glasspara("universalty")
    assert missed.status == 2
    assert "universality" in missed.err
