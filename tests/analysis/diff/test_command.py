"""``diff``: two reports side by side, whatever the command."""

from __future__ import annotations

import csv
import json
from copy import deepcopy
from pathlib import Path

import pytest

from glasspara.analysis.diff.comparison import diff
from glasspara.report.reading import read_report
from tests import golden


def finding(code, level="info", where=None, **values):
    return {"code": code, "level": level, "text": f"{code} is so", "values": values, "where": where}


def quantity(value, error, unit="g^-1", **more):
    return {"value": value, "error": error, "unit": unit, "fixed": error is None, **more}


def fit_report():
    """What a fit writes, in small."""
    return {
        "schema_version": 2, "glasspara_version": "0.2.0", "command": "fit", "argv": ["fit", "a.dat"],
        "settings": {"model": "etm", "n_fe": None, "t_range": ["2:300"]}, "versions": {"numpy": "2.0"},
        "inputs": [{"path": "data/a.dat", "sha256": "aa", "rows_used": 80, "mass_mg": 96.8}],
        "other_files": [{"path": "glass.toml", "sha256": "bb", "named_by": "--sample"}],
        "warnings": [], "model": "etm",
        "fits": [
            {
                "assessment": {"status": "good", "reasons": [finding("fitting.good")]},
                "runs": [{"file": "data/a.dat", "kind": "fixed-field", "nominal": 20000.0, "unit": "Oe"}],
                "parameters": {"chi": quantity(4.0, 0.1), "n": quantity(10.0, 2.0), "held": quantity(1.0, None)},
                "derived": {"ratio": quantity(3.0, 1.0)},
                "statistics": {"chi2": 80.0, "p_value": 0.4, "ndof": 75},
                "correlation": {"matrix": [[1.0, 0.5, 0.2, 0.1]] * 4},
                "ats_established": True,
                "notes": [finding("fitting.assumed", parameter="n", share=0.5)],
            }
        ],
    }  # fmt: skip


@pytest.fixture
def compared(working_folder):
    """The result of ``diff`` for two documents."""

    def call(a, b):
        for name, document in (("a.json", a), ("b.json", b)):
            (working_folder / name).write_text(json.dumps(document), encoding="utf-8")
        return diff(read_report("a.json"), read_report("b.json"))

    return call


def changed(change):
    document = fit_report()
    change(document, document["fits"][0])
    return document


def test_the_same_is_identical_wherever_its_files_are(compared):
    moved = json.loads(json.dumps(fit_report()).replace("data/a.dat", "elsewhere/b.dat"))
    moved["argv"], moved["versions"] = [], {}
    result = compared(fit_report(), moved)
    assert result.assessment.status == "identical"
    assert [pair.state for pair in result.inputs] == ["moved", "same"]
    assert [pair.name for pair in result.versions] == ["numpy"]
    assert result.notes[0].code == "diff.inputs-same"


def test_a_move_is_in_standard_errors(compared):
    def move(document, fit):
        fit["parameters"]["chi"] = quantity(4.3, 0.2)
        fit["parameters"]["n"] = quantity(9.0, 2.0)

    result = compared(fit_report(), changed(move))
    moved = {item.name: item.moved for item in result.quantities}
    assert moved == {"chi": pytest.approx(1.5), "n": pytest.approx(-0.5), "ratio": 0.0, "held": None}
    assert result.shared_data
    assert result.assessment.status == "different"
    frame = result.to_frame().set_index("name")
    assert frame.loc["chi", "moved"] == pytest.approx(1.5)
    assert frame.loc["chi", "group"] == "parameters"

    def other_data(document, fit):
        move(document, fit)
        document["inputs"][0]["sha256"] = "cc"

    result = compared(fit_report(), changed(other_data))
    assert not result.shared_data  # both errors count
    chi = next(item for item in result.quantities if item.name == "chi")
    assert chi.moved == pytest.approx(0.3 / 0.05**0.5)
    assert [pair.state for pair in result.inputs] == ["changed", "same"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        (lambda d, f: f["parameters"]["chi"].update(value=4.0 + 1e-9), "same", "diff.values-move"),
        (lambda d, f: f["statistics"].update(chi2=80.0 * (1.0 + 1e-9)), "same", None),
        (lambda d, f: f["parameters"]["chi"].update(value=4.05), "close", "diff.values-move"),
        (lambda d, f: f["statistics"].update(chi2=81.0), "close", "diff.numbers-differ"),
        (lambda d, f: f["parameters"]["held"].update(value=2.0), "close", "diff.numbers-differ"),
        (lambda d, f: f["correlation"]["matrix"][2].__setitem__(1, 0.6), "close", "diff.numbers-differ"),
        (lambda d, f: d["inputs"][0].update(mass_mg=97.0), "close", "diff.numbers-differ"),
        (lambda d, f: f["assessment"].update(status="poor"), "different", "diff.verdict-changes"),
        (lambda d, f: f.update(ats_established=False), "different", "diff.says-otherwise"),
        (lambda d, f: f["notes"].clear(), "different", "diff.says-otherwise"),
        (lambda d, f: f["notes"][0]["values"].update(parameter="m"), "different", "diff.says-otherwise"),
        (lambda d, f: f["parameters"].pop("n"), "different", "diff.values-of-one"),
        (lambda d, f: f["parameters"]["n"].update(fixed=True), "different", "diff.says-otherwise"),
        (
            lambda d, f: d.update(warnings=[finding("files.odd", "warning")]),
            "different",
            "diff.says-otherwise",
        ),
    ],
)
def test_what_differs_decides_about_the_status(compared, change, status, code):
    result = compared(fit_report(), changed(change))
    assert result.assessment.status == status
    assert [item.code for item in result.assessment.reasons] == ([code] if code else [])


def test_a_parameter_that_is_derived_in_the_other_report_stands_beside_it(compared):
    def swap(document, fit):
        fit["parameters"]["ratio"], fit["derived"]["n"] = (
            fit["derived"].pop("ratio"),
            fit["parameters"].pop("n"),
        )

    result = compared(fit_report(), changed(swap))
    assert sorted((item.name, item.moved) for item in result.quantities if item.moved is not None) == [
        ("chi", 0.0), ("n", 0.0), ("ratio", 0.0),
    ]  # fmt: skip


def test_a_finding_counts_wherever_it_stands(compared):
    def shift(document, fit):
        fit["assessment"]["reasons"] += fit.pop("notes")
        fit["notes"] = []

    assert compared(fit_report(), changed(shift)).findings == ()

    def repeat(document, fit):
        fit["notes"].append(finding("fitting.new", "warning"))

    (found,) = compared(fit_report(), changed(repeat)).findings
    assert (found.report, found.code, found.text) == ("b", "fitting.new", "fitting.new is so")


def per_run(*fields):
    """A report of one fit a run."""
    document = fit_report()
    fits = []
    for field in fields:
        fit = deepcopy(document["fits"][0])
        fit["runs"][0]["nominal"] = field
        fit["parameters"]["chi"]["value"] = field / 1000.0
        fits.append(fit)
    return document | {"fits": fits}


def test_fits_are_matched_by_their_runs_not_by_their_order(compared):
    result = compared(per_run(20000.0, 50000.0, 1000.0), per_run(50000.0, 20000.0))
    found = {item.group: (item.a, item.b) for item in result.quantities if item.name == "chi"}
    assert found == {
        "fixed-field 20000 Oe parameters": (20.0, 20.0),
        "fixed-field 50000 Oe parameters": (50.0, 50.0),
    }
    assert [pair.words for pair in result.statements] == ["fixed-field 1000 Oe"]


def test_a_result_and_its_error_may_be_two_numbers(compared):
    a = {"command": "x", "schema_version": 2, "x": {"period": 3.0, "period_error": 0.5, "size_error": 1.0}}
    b = {"command": "x", "schema_version": 2, "x": {"period": 4.0, "period_error": 0.5, "size_error": 2.0}}
    result = compared(a, b)
    assert [(item.name, item.moved) for item in result.quantities] == [("period", pytest.approx(2.0**0.5))]
    assert [pair.name for pair in result.numbers] == ["size_error"]


def test_the_command_writes_shows_and_is_valid(glasspara, working_folder, fixtures, validator):
    run = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    for name, words in (("a", ()), ("b", ("--n-fe", "1.2e17", "--t-range", "3:200"))):
        glasspara("fit", run, "--model", "ll", *words, "--no-plots", "-q", "--out", name)
    done = glasspara("diff", "a/report.json", "b/report.json")
    assert done.status == 0
    assert done.err == "wrote 3 files to glasspara-results/diff-a+1\n"
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "n_fe - 1.2e17" in lines
    assert "t_range - 3:200" in lines
    assert any(line.startswith("chi_larmor (") for line in lines)
    assert "Verdict: the results DIFFER" in lines
    table = working_folder / "glasspara-results" / "diff-a+1" / "differences.csv"
    rows = list(csv.reader(table.read_text(encoding="utf-8").splitlines()))
    assert ["setting", "", "n_fe", "", "", "", "1.2e17", "", ""] in rows
    assert [row[2] for row in rows if row[0] == "number" and row[1] == "statistics"].count("chi2") == 1

    document = json.loads(glasspara("diff", "a/report.json", "b/report.json", "--json").out)
    validator.validate(document)
    golden.check(document, Path(__file__).with_name("golden.json"))
    assert [item["path"] for item in document["other_files"]] == ["a/report.json", "b/report.json"]
    assert {item["name"] for item in document["diff"]["settings"]} == {"n_fe", "t_range"}

    same = glasspara("diff", "a/report.json", "a/report.json", "--no-files").out
    assert "identical, to the last digit" in same
    assert "chi_larmor" not in same


def test_reports_that_do_not_go_together_are_one_line(glasspara, working_folder):
    document = fit_report()
    for name, change in (
        ("fit.json", {}), ("curie.json", {"command": "curie"}), ("old.json", {"schema_version": 1}),
    ):  # fmt: skip
        (working_folder / name).write_text(json.dumps(document | change), encoding="utf-8")
    (working_folder / "text.json").write_text("not JSON", encoding="utf-8")
    for words, status, message in (
        (
            ("fit.json", "curie.json"),
            3,
            "curie.json: is a report of curie, but fit.json is a report of fit. Give two reports",
        ),
        (("fit.json", "old.json"), 3, "old.json: the report has another schema version"),
        (("fit.json", "text.json"), 3, "text.json: this is not JSON"),
        (("fit.json",), 2, "diff takes two reports, not 1"),
        (("fit.json",) * 3, 2, "diff takes two reports, not 3"),
    ):
        refused = glasspara("diff", *words)
        assert (refused.status, refused.out) == (status, "")
        assert message in refused.err
        assert refused.err.count("\n") == 1


def test_text_of_a_report_is_data(glasspara, working_folder):
    document = fit_report()
    (working_folder / "a.json").write_text(json.dumps(document), encoding="utf-8")
    document["fits"][0]["notes"].append(finding("x") | {"text": "[red]\x1b[31m{p}"})
    document["settings"]["model"] = "[bold]\x1b]0;x\x07"
    (working_folder / "b.json").write_text(json.dumps(document), encoding="utf-8")
    done = glasspara("diff", "a.json", "b.json", "--no-files")
    assert done.status == 0
    assert "\x1b" not in done.out
    assert "B only: [red]\\x1b[31m{p}" in done.out
