"""``--settings``: options from a TOML file or from a report, read as those of the command line are."""

from __future__ import annotations

import json

import pytest

RUN = "pure-LL-synthetic_MT_20000Oe.rso.dat"


@pytest.fixture
def run(fixtures):
    return fixtures / "pure-ll" / RUN


@pytest.fixture
def settings_of(glasspara, run):
    """The settings of ``subtract`` with some more words."""

    def call(*words):
        done = glasspara("subtract", run, "--json", "-q", *words)
        assert done.status in (0, 5), done.err
        return json.loads(done.out)["settings"]

    return call


def test_a_file_gives_what_the_same_options_give(settings_of, working_folder):
    (working_folder / "lab.toml").write_text(
        'n-fe = "9(1)e16"\nmodel = "ll"\nt_range = ["2:40", "70:250"]\nmin-fit = 0.5\nallowances = false\n'
        'exclude = "43"\nset = ["fe2_fraction=0.4"]\n',
        encoding="utf-8",
    )
    by_hand = settings_of(
        "--n-fe", "9(1)e16", "--model", "ll", "--t-range", "2:40", "--t-range", "70:250", "--min-fit", "0.5",
        "--no-allowances", "--exclude", "43", "--set", "fe2_fraction=0.4",
    )  # fmt: skip
    assert settings_of("--settings", "lab.toml") == by_hand
    assert "settings" not in by_hand


def test_pairs_and_tables_say_the_same(settings_of, working_folder):
    (working_folder / "lab.toml").write_text(
        'model = "ll"\nn-fe = [9e16, 1e16]\nt_range = [[2, 40], [70, 250]]\nset = {fe2_fraction = 0.4}\n'
        "[limit]\nchi_larmor = [0, 1e-6]\n",
        encoding="utf-8",
    )
    by_hand = settings_of(
        "--model", "ll", "--n-fe", "9e+16+-1e+16", "--t-range", "2:40", "--t-range", "70:250",
        "--set", "fe2_fraction=0.4", "--limit", "chi_larmor=0:1e-06",
    )  # fmt: skip
    assert settings_of("--settings", "lab.toml") == by_hand


def test_the_command_line_goes_before_a_file_with_all_its_values(settings_of, working_folder):
    (working_folder / "lab.toml").write_text(
        'model = "ll"\nt-range = ["2:40", "70:250"]\nstaged = true\n', encoding="utf-8"
    )
    found = settings_of("--settings", "lab.toml", "--t-range", "2:100", "--joint")
    assert (found["model"], found["t_range"], found["staged"]) == ("ll", ["2:100"], False)


def test_a_command_takes_its_own_table_and_leaves_those_of_others(settings_of, working_folder):
    (working_folder / "lab.toml").write_text(
        'model = "etm"\nn-fe = 9e16\n[subtract]\nmodel = "ll"\n[fit]\nminos = ["all"]\n', encoding="utf-8"
    )
    found = settings_of("--settings", "lab.toml")
    assert (found["model"], found["n_fe"]) == ("ll", "9e+16")


def test_files_are_meant_from_the_folder_of_the_settings(settings_of, working_folder):
    lab = working_folder / "lab"
    lab.mkdir()
    (lab / "glass.toml").write_text("[sample]\nmass_mg = 50.0\n", encoding="utf-8")
    (lab / "lab.toml").write_text('sample = "glass.toml"\nmodel = "ll"\n', encoding="utf-8")
    assert settings_of("--settings", "lab/lab.toml")["sample"] == "lab/glass.toml"
    (lab / "lab.toml").write_text('sample = "BK7"\nmodel = "ll"\n', encoding="utf-8")  # a preset
    assert settings_of("--settings", "lab/lab.toml")["sample"] == "BK7"


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        ("n-fee = 3\n", 3, "lab.toml, line 1: n-fee: no option of subtract. Did you mean n-fe?"),
        ("minos = 3\n", 3, "lab.toml, line 1: minos: no option of subtract. --help-all"),
        ("[fit]\nx = 1\n[subtract]\nx = 1\n", 3, "lab.toml, line 4: x in [subtract]: no option of subtract."),
        (
            "[lab]\nx = 1\n",
            3,
            "lab.toml, line 1: lab: no command has this name, nor an option that takes a table",
        ),
        ("[sample]\nmass_mg = 1\n", 3, "A sample file goes with --sample"),
        ("no-allowances = true\n", 3, "Write allowances = false"),
        ("allowances = 1\n", 3, "lab.toml, line 1: allowances: 1 is not true or false"),
        ("model = ['ll']\n", 3, "lab.toml, line 1: model: ['ll'] is not etm|ll|..."),
        ("fix = [true]\n", 3, "lab.toml, line 1: fix: True is not NAME[=VALUE]"),
        ("fix = [[1]]\n", 3, "fix: [1] is not NAME[=VALUE]"),
        ("settings = 'lab.toml'\n", 3, "settings: no option of subtract"),
        ("model = 1979-05-27\n", 3, "is not etm|ll|..."),
        ("min-fit = 0.1\nmin_fit = 0.2\n", 3, "line 2: min_fit: given twice"),
        ("n-fe 15\n", 3, "lab.toml, line 1: is not TOML"),
        ("model = ''\n", 3, "lab.toml, line 1: model: the value is empty"),
        ("n-fe = 15\n", 2, "'15' has no unit"),  # as on the command line
        ("min-fit = 'good'\n", 3, "lab.toml, line 1: min-fit: 'good' is not a number"),
        ("t-range = ['40:2']\n", 2, "--t-range"),
    ],
)
def test_what_is_no_option_or_no_value_is_one_line(glasspara, run, working_folder, content, status, message):
    (working_folder / "lab.toml").write_text(content, encoding="utf-8")
    refused = glasspara("subtract", run, "--settings", "lab.toml")
    assert (refused.status, refused.out) == (status, "")
    assert message in refused.err
    assert refused.err.startswith("error: ")
    assert refused.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1]", "this is not a report of glasspara"),
        ("{", "this is not JSON"),
        ('{"command": "fit", "schema_version": 1}', "another schema version"),
        ('{"command": "fit", "schema_version": 2, "inputs": 3}', "damaged"),
        ('{"command": "fit", "schema_version": 2, "inputs": []}', "records no settings"),
        ('{"command": "fit", "schema_version": 2, "settings": {"model": {}}}', "settings, model: {} is not"),
        ('{"command": "fit", "schema_version": 2, "settings": {"sample": {}}}', "settings, sample: {} is not"),
        ('{"command": "fit", "schema_version": 2, "settings": {"fix": [{}]}}', "settings, fix: {} is not"),
    ],
)  # fmt: skip
def test_foreign_and_damaged_reports_are_one_line(glasspara, run, working_folder, content, message):
    (working_folder / "x.json").write_text(content, encoding="utf-8")
    refused = glasspara("subtract", run, "--settings", "x.json")
    assert (refused.status, refused.out) == (3, "")
    assert message in refused.err
    assert refused.err.startswith("error: x.json: ")
    assert refused.err.count("\n") == 1


def test_a_report_gives_its_settings_to_other_files_and_other_commands(glasspara, fixtures, run, tmp_path):
    sample = tmp_path / "glass.toml"
    sample.write_text("[sample]\nmass_mg = 50.0\n", encoding="utf-8")
    first = ("--sample", sample, "--t-range", "2:100", "--exclude", "T=40:60", "--model", "ll")
    glasspara("subtract", run, *first, "--out", tmp_path / "out")
    report = tmp_path / "out" / "subtract.json"
    recorded = json.loads(report.read_text(encoding="utf-8"))
    assert [item["named_by"] for item in recorded["other_files"]] == ["--sample"]

    other = fixtures / "pure-ll" / RUN.replace("20000", "30000")
    done = glasspara("subtract", other, "--settings", report, "--t-range", "3:50", "--json", "-q")
    found = json.loads(done.out)
    assert found["settings"] == recorded["settings"] | {"t_range": ["3:50"]}
    assert found["other_files"] == recorded["other_files"]

    # a year later: the sample file lies beside the report now, and has been changed
    moved = sample.rename(tmp_path / "out" / "glass.toml")
    moved.write_text("[sample]\nmass_mg = 51.0\n", encoding="utf-8")
    done = glasspara("universality", run, other, "--settings", report, "--json")
    assert json.loads(done.out)["settings"]["sample"] == str(moved)
    assert [item["mass_mg"] for item in json.loads(done.out)["inputs"]] == [51.0, 51.0]
    notes = [line for line in done.err.splitlines() if line.startswith("note: ")]
    assert "no options of universality, left out: convention, ions, loss, model, orientation" in notes[0]
    assert notes[1] == f"note: {moved} is not as it was when {report} was written"
    assert not glasspara("universality", run, other, "--settings", report, "--json", "-q").err


def test_a_file_may_say_where_results_go(glasspara, run, working_folder):
    (working_folder / "lab.toml").write_text(
        'model = "ll"\nout = "here"\nforce = true\nquiet = true\n', encoding="utf-8"
    )
    for _ in range(2):
        assert glasspara("subtract", run, "--settings", "lab.toml") == (0, "", "")
    assert (working_folder / "here" / "subtract.json").exists()
