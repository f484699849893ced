"""One verdict, whatever is read: terminal, JSON report and figures show the same."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from rich.console import Console

from glasspara.analysis.fit.figures import fit_figures
from glasspara.analysis.fit.report import FitDocument, Fits, show_fit
from glasspara.findings import Assessment, every_entry, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import TRUSTED, Status, fit_assessment
from glasspara.model.model import Model
from glasspara.report.block import fill
from glasspara.report.terminal import show_assessment
from glasspara.simulation.datasets import PURE_LL, fixed_field

REASON = finding("fitting.tension", parameter="n_fe", standard_errors=3.5, side="above")
HEADLINES = [code.split(".status-") for code, _ in every_entry() if ".status-" in code]


def console() -> Console:
    return Console(file=io.StringIO(), width=2000, color_system=None)


def printed(out: Console) -> str:
    return out.file.getvalue()


@pytest.fixture(scope="module")
def small():
    data = fixed_field(
        PURE_LL, np.random.default_rng(1), fields=(2e4,), temperatures=tuple(np.geomspace(2, 90, 9))
    )
    return fit(data, FitSettings(model=Model("ll")))


@pytest.mark.parametrize("status", get_args(Status))
def test_a_fit_says_the_same_everywhere(small, status):
    result = replace(small, assessment=fit_assessment(status, REASON))
    headline = finding(f"fitting.status-{status}").text
    out = console()
    show_fit(Fits((result,)), out)
    assert f"Verdict: {headline}\n  - {REASON.text}\n" in printed(out)
    block = json.loads(json.dumps(fill(FitDocument, Fits((result,)))))["fits"][0]["assessment"]
    assert block["status"] == status
    assert [item["text"] for item in block["reasons"]] == [REASON.text]
    for _, figure in fit_figures(result):
        assert f"Fit: {headline}" in [item.get_text().replace("\n", " ") for item in figure.texts]
    assert result.assessment.trusted == (status in TRUSTED)


@pytest.mark.parametrize(("room", "status"), HEADLINES)
def test_every_verdict_at_the_terminal_is_the_headline_of_the_status_in_the_report(room, status):
    assessment = Assessment(room, status, (REASON,))
    out = console()
    show_assessment(assessment, out, [REASON])
    headline = finding(f"{room}.status-{assessment.block['status']}").text
    assert printed(out) == f"Verdict: {headline}\n" + 2 * f"  - {REASON.text}\n"


def test_commands_report_the_verdict_that_they_print(glasspara, validator, fixtures, tmp_path):
    files = sorted((fixtures / "pure-ll").glob("*.dat"))[:3]
    done = glasspara("fit", *files, "--model", "ll", "--out", tmp_path, "--no-plots")
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    validator.validate(document)
    block = document["fits"][0]["assessment"]
    assert done.status == 0
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert f"Verdict: {finding('fitting.status-' + block['status']).text}" in lines
