"""``glasspara reproduce``: the steps, what they write, and what happens where one fails."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from glasspara.analysis.reproduce import steps
from glasspara.analysis.reproduce.report import as_printed
from glasspara.analysis.reproduce.steps import published_tables
from glasspara.errors import UsageError
from glasspara.presets import load_preset
from glasspara.report.block import schema_text
from tests import golden


def test_steps_name_campaigns_that_are_made_and_steps_that_come_before():
    campaigns = steps.CAMPAIGNS
    before: set[str] = set()
    for step in steps.STEPS:
        assert step.campaign is None or step.campaign in campaigns
        assert set(step.needs) <= before
        before.add(step.name)
    assert len(before) == len(steps.STEPS)


def test_chosen_steps_bring_what_they_need(monkeypatch):
    second = replace(steps.STEPS[0], name="second", options=("{table3}",))
    monkeypatch.setattr(steps, "STEPS", (*steps.STEPS, second))
    assert [step.name for step in steps.chosen_steps(["second"])] == ["table3", "second"]
    assert steps.chosen_steps([]) == steps.STEPS
    with pytest.raises(UsageError, match="no step is called 'table9'"):
        steps.chosen_steps(["table9"])


def test_published_columns_are_whole():
    for table in published_tables().values():
        assert len({len(column) for column in table.values()}) == 1
    assert published_tables()["table2"]["nominal"] == [
        plan.nominal for plan in load_preset("bk7-fixed-temperature").campaign
    ]


def test_published_tables_are_those_of_the_source(shared):
    for name, file, unit in (
        ("table1", "table1_bk7_ll_fits_fixed_field.csv", 1000.0),
        ("table2", "table2_bk7_ll_fits_fixed_temperature.csv", 1.0),
    ):
        lines = (shared / "paper" / file).read_text(encoding="utf-8").split()[1:]
        rows = [[float(cell) for cell in line.split(",")] for line in lines]
        factors = (unit, 1e17, 1e-7, 1e17, 1e-7)
        for column, found, factor in zip(
            zip(*rows, strict=True), published_tables()[name].values(), factors, strict=True
        ):
            assert list(found) == pytest.approx([factor * value for value in column], rel=1e-12)


@pytest.mark.parametrize(
    ("value", "error", "printed"),
    [
        (0.319, 0.067, "0.319 ± 0.067"),
        (1.099e17, 0.001e17, "(1.099 ± 0.001)e+17"),
        (4.227e-7, 0.095e-7, "(4.227 ± 0.095)e-07"),
        (0.02671, 0.00076, "0.02671 ± 0.00076"),
        (2.717e5, 0.310e5, "(2.717 ± 0.310)e+05"),
        (1.746e17, None, "1.746e+17"),
        (0.63, None, "0.63"),
    ],
)
def test_published_numbers_stand_as_the_source_prints_them(value, error, printed):
    assert as_printed(value, error) == printed


def test_every_figure_of_the_source_is_that_of_its_glass():
    """Which glass each figure of the source shows; Figs. 1 to 5, 21 and 22 show no result of magnetisation."""
    shown = {
        figure: step
        for step in steps.STEPS
        for figure in step.shows.replace("Figs.", "Fig.").replace(",", " ").replace(" and ", " ").split()
        if figure.rstrip("ab").isdigit()
    }
    glasses = {"bk7": ("6", "7", "8", "9", "20b", "23"), "duran": ("10", "11", "14", "16", "19a")}
    glasses["bas"] = ("12", "13", "15", "17", "18", "19b", "20a")
    for glass, figures in glasses.items():
        for figure in figures:
            assert (shown[figure].campaign or "").startswith(glass), figure


def test_needs_a_folder(glasspara):
    done = glasspara("reproduce")
    assert (done.status, done.out) == (2, "")
    assert "--out DIR" in done.err


def test_a_step_that_fails_is_named_and_the_others_go_on(glasspara, tmp_path, monkeypatch):
    good = next(step for step in steps.STEPS if step.name == "universality-pure-ll")
    good = replace(good, options=(*good.options, "--no-plots"))
    bad = replace(good, name="bad", options=("--t-range", "900:901"))
    monkeypatch.setattr(steps, "STEPS", (bad, good))
    done = glasspara("reproduce", "--out", tmp_path / "folder", "--json")
    assert done.status == 6
    block = json.loads(done.out)["reproduce"]
    assert [(note["code"], note["values"]["step"]) for note in block["notes"]] == [
        ("reproduce.step-failed", "bad")
    ]
    failed, fine = block["steps"]
    assert block["notes"][0]["text"] == f"bad failed (exit status 3): {failed['problem']}"
    assert (failed["exit_status"], failed["files"]) == (3, [])
    assert "no point is in the window" in failed["problem"]
    assert fine["problem"] is None


def test_results_are_in_the_folder_and_do_not_depend_on_how_many_run_at_once(
    glasspara, tmp_path, monkeypatch
):
    table4 = next(step for step in steps.STEPS if step.name == "table4")
    quick = replace(table4, options=("--fix", "n_ats=1.34e16", "--no-plots"))
    monkeypatch.setattr(steps, "STEPS", (replace(quick, name="another"), quick))
    found = []
    for jobs in (1, 2):
        out = tmp_path / str(jobs)
        arguments = ("reproduce", "--only", "table4", "--out", out, "--seed", 3)
        done = glasspara(*arguments, "--jobs", jobs, "--json")
        assert done.status == 0
        document = json.loads(done.out)
        jsonschema.validate(document, json.loads(schema_text()))
        (step,) = document["reproduce"]["steps"]
        assert step["problem"] is None
        assert step["files"]
        assert all((out / name).is_file() for name in step["files"])
        index = (out / "index.md").read_text(encoding="utf-8")
        assert "Table 4" in index
        assert "synthetic" in index
        found.append((step["comparison"], index))
    assert found[0] == found[1]
    del document["files_sha256"]  # of rounded numbers in tables: the last digit may differ elsewhere
    golden.check(document, Path(__file__).with_name("golden.json"))
    values = {row["quantity"]: row for row in found[0][0]}
    # Published errors are smaller than these data allow (PHYSICS of the source, section on identifiability).
    assert values["n_ats (fixed)"]["value"] == values["n_ats (fixed)"]["published"]
    assert values["chi_larmor"]["value"] == pytest.approx(values["chi_larmor"]["published"], rel=3e-3)
    # An existing folder of results is not touched without --force.
    again = glasspara(*arguments)
    assert again.status == 2
    assert "--force" in again.err
