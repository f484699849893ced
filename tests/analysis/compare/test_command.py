"""``glasspara compare`` and ``--trace-ions`` as a user gives them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from glasspara.analysis.compare import UNFINISHED
from glasspara.model import CATALOGUE, MODELS
from tests.golden import check

FEW = ("--models", "ll,ll-ferromagnetic,etm")


@pytest.fixture
def duran(fixtures):
    return sorted((fixtures / "duran-like").glob("*.dat"))


def table(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def without_argv(path):
    return {name: value for name, value in json.loads(path.read_bytes()).items() if name != "argv"}


def test_report_table_and_figure(glasspara, validator, duran, tmp_path):
    done = glasspara("compare", *duran, *FEW, "--replicates", 2, "--jobs", 1, "--out", tmp_path)
    assert done.status == 0
    assert "Verdict: Comparison: ATS term not established" in done.out
    assert "than that of each single model without an ATS term" in done.out
    assert "ordinary magnetism as a whole does not describe the data" in " ".join(done.out.split())
    document = json.loads((tmp_path / "compare.json").read_text(encoding="utf-8"))
    validator.validate(document)
    block = document["compare"]
    whole = block["ordinary_magnetism"]
    rows = {row[0]: row for row in (re.split(r"  +", line.strip()) for line in done.out.splitlines())}
    # the chi2 of the verdict stand beside those of the table of models, under their own title
    title = rows["as a whole"]
    assert title == ["as a whole", "chi2", "with errors of the instrument", "points", "status"]
    assert rows["ordinary magnetism"][2:] == [f"{whole['chi2']:.1f}", str(whole["n_points"]), "excluded"]
    assert f"etm  {block['models'][2]['chi2']:.1f}" in re.sub(r" {3,}", "  ", done.out)
    assert f"chi2 is {whole['chi2']:.1f}, that of the ETM {whole['chi2_etm']:.1f}" in " ".join(
        done.out.split()
    )
    # two campaigns show no significance at the level of 0.05
    assert block["assessment"]["status"] == "not-established"
    assert block["best"] == "etm"
    assert block["p_value"] == pytest.approx(1 / 3)
    assert block["p_value_is_bound"]
    assert (block["replicates"], block["seed"]) == (2, 1)
    models = {item["name"]: item for item in block["models"]}
    for item in models.values():
        assert item["aic"] == pytest.approx(item["chi2"] + 2 * item["n_free"])
        assert item["delta_aic"] == pytest.approx(item["aic_scaled"] - models["etm"]["aic_scaled"])
    rows = {row["model"]: row for row in table(tmp_path / "compare.csv")}
    assert float(rows["ll"]["chi2"]) == models["ll"]["chi2"]
    assert (tmp_path / "compare.png").read_bytes().startswith(b"\x89PNG")


def test_report_is_as_stored(glasspara, fixtures):
    one = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    done = glasspara("compare", one, "--models", "ll-fe3,ll,ll-zfs", "--replicates", 0, "--json")
    assert done.status == 0
    check(json.loads(done.out), Path(__file__).with_name("golden.json"))


def test_help_names_the_models_of_the_catalogue(glasspara, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    for command, names in (("compare", CATALOGUE), ("fit", MODELS)):
        shown = glasspara(command, "--help").out
        assert all(name in shown for name in names)


def test_an_interrupted_simulation_goes_on_with_any_number_of_jobs(
    glasspara, fixtures, tmp_path, monkeypatch
):
    one = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    command = ("compare", one, "--models", "ll,etm", "--replicates", 4, "--no-plots", "--out")
    assert glasspara(*command, tmp_path / "whole", "--jobs", 2).status == 0
    whole = without_argv(tmp_path / "whole" / "compare.json")

    def interrupt(_lines: object, done: int, total: int) -> None:
        if total == 4 and done == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("glasspara.report.progress.Lines.__call__", interrupt)
        stopped = glasspara(*command, tmp_path / "out", "--jobs", 1)
    assert stopped.status == 130
    assert "the same command goes on from there" in stopped.err
    assert [path.name for path in (tmp_path / "out").iterdir()] == [UNFINISHED]
    seen = []
    with monkeypatch.context() as patch:
        patch.setattr(
            "glasspara.report.progress.Lines.__call__", lambda _lines, done, total: seen.append((done, total))
        )
        assert glasspara(*command, tmp_path / "out", "--jobs", 1).status == 0
    assert [done for done, total in seen if total == 4] == [2, 3, 4]
    assert without_argv(tmp_path / "out" / "compare.json") == whole
    assert not (tmp_path / "out" / UNFINISHED).exists()


def test_wishes_of_a_fit_count_here(glasspara, fixtures):
    one = fixtures / "pure-ll" / "pure-LL-synthetic_MT_20000Oe.rso.dat"
    done = glasspara(
        "compare", one, "--models", "ll,ll-curie-weiss", "--replicates", 0, "--constrain", "theta_cw=0.1+-0.001",
        "--constrain", "chi_larmor=4.2e-7+-1e-9", "--nuisance", "field_offset=20", "--loss", "huber", "--json",
    )  # fmt: skip
    assert done.status == 0
    models = {item["name"]: item for item in json.loads(done.out)["compare"]["models"]}
    assert models["ll-curie-weiss"]["parameters"]["theta_cw"]["value"] == pytest.approx(0.1, abs=0.01)
    assert "field_offset[1]" in models["ll"]["parameters"]
    unknown = glasspara("compare", one, "--models", "ll", "--fix", "theta_cw=0")
    assert unknown.status == 2
    assert "none of the compared models has a parameter 'theta_cw'" in unknown.err


def test_nothing_that_fits_is_status_5(glasspara, duran):
    done = glasspara("compare", *duran, "--models", "ll,ll-fe3", "--replicates", 0)
    assert done.status == 5
    assert "no model describes the data" in done.out


@pytest.mark.parametrize(
    "arguments",
    [("--models", "nothing"), ("--models", "ll-trace"), ("--models", "ll", "--fix", "d_min=0.03")],
)
def test_wrong_wishes_are_usage_errors(glasspara, duran, arguments):
    done = glasspara("compare", *duran, *arguments)
    assert done.status == 2
    assert done.out == ""
    assert done.err.count("\n") <= 2


def test_trace_ions_are_counted_and_reported(glasspara, validator, duran, tmp_path):
    done = glasspara("fit", *duran, "--model", "ll", "--trace-ions", "Duran", "--out", tmp_path, "--no-plots")
    assert "trace ions: n_fe = " in done.out
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    validator.validate(document)
    effect = document["fits"][0]["trace_ions"]
    assert {item["ion"] for item in effect["ions"]} == {"V4+", "Cr3+", "Mn2+", "Co2+", "Ni2+", "Cu2+"}
    assert effect["with"]["n_fe"]["value"] < effect["without"]["n_fe"]["value"]
    row = table(tmp_path / "data.csv")[0]
    parts = sum(float(row[f"M_{name}_emu_per_g"]) for name in ("fe2", "fe3", "trace"))
    assert float(row["M_langevin_emu_per_g"]) == pytest.approx(parts, rel=1e-12)
    assert "M_other_emu_per_g" not in row


def test_the_terms_of_rivals_have_their_column(glasspara, duran, tmp_path):
    glasspara("fit", *duran, "--model", "ll-superparamagnetic", "--out", tmp_path, "--no-plots")
    row = table(tmp_path / "data.csv")[-1]
    model = sum(float(row[f"M_{name}_emu_per_g"]) for name in ("larmor", "langevin", "other", "ats"))
    assert float(row["M_model_emu_per_g"]) == pytest.approx(model, rel=1e-12)
