"""Options that the verdict depends on: errors of the instrument, and files of one glass."""

from __future__ import annotations

import json

import numpy as np
import pytest

from glasspara.cli.groups import DataOptions, ParameterOptions, VerdictOptions
from glasspara.data import Dataset
from glasspara.errors import UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from glasspara.ordinary import DirectionWidths
from glasspara.physics.ions import TraceIon, ion
from glasspara.simulation.datasets import PURE_LL, fixed_field


def test_widths_of_the_instrument():
    chosen = VerdictOptions(instrument=["field_offset=35", "mass=0", "drift=1e-7"])
    assert chosen.directions == DirectionWidths(field_offset=35.0, mass=0.0, drift=1e-7)
    assert VerdictOptions().directions == DirectionWidths()
    assert VerdictOptions(allowances=False).directions is None


@pytest.mark.parametrize(
    "verdict", [VerdictOptions(instrument=["mass=0.1"]), VerdictOptions(allowances=False)]
)
def test_the_settings_of_a_fit_have_them(verdict):
    wishes = ParameterOptions().for_any_model(DataOptions([]), iron_from_sample=True, verdict=verdict)
    assert wishes.allowances is verdict.allowances
    assert wishes.directions == verdict.directions


@pytest.mark.parametrize(
    ("ions", "in_model", "option", "counts"),
    [
        ("", (), False, True),
        ("[sample.trace_ions]\nMn = 0.1\n", (), False, False),
        ("[sample.trace_ions]\nMn = 0.1\n", (TraceIon(ion("Mn2+"), 0.1),), False, True),
        ("[sample.trace_ions]\nMn = 0.1\n", (), True, True),
    ],
)
def test_a_sample_file_says_that_there_are_no_other_ions(tmp_path, ions, in_model, option, counts):
    """Where it names ions, they must be in the model: else those are the other ions."""
    path = tmp_path / "sample.toml"
    path.write_text(f"[sample]\nn_fe = 1e17\nno_other_ions = true\n{ions}")
    settings = ParameterOptions().settings(
        Model(trace_ions=in_model),
        DataOptions([], sample=str(path)),
        iron_from_sample=True,
        verdict=VerdictOptions(no_other_ions=option),
    )
    assert settings.no_other_ions is counts


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (VerdictOptions(instrument=["fields=3"]), "Known: field_offset"),
        (VerdictOptions(instrument=["mass=-0.1"]), "mass"),
        (VerdictOptions(instrument=["mass"]), "--instrument"),
        (VerdictOptions(allowances=False, instrument=["mass=0.1"]), "--no-allowances"),
    ],
)
def test_what_is_no_width_is_refused(chosen, words):
    with pytest.raises(UsageError, match=words):
        _ = chosen.directions


def test_the_report_has_the_widths(glasspara, fixtures):
    (run,) = fixtures.glob("bk7-fixed-field/*_20000Oe.rso.dat")
    known = ("--n-fe", "1.657e17", "--fix", "d_min=0.0267", "--fix", "delta_mu=0.319")

    def ordinary(*options):
        document = json.loads(glasspara("fit", run, *known, *options, "--json").out)
        return document["fits"][0]["ordinary_magnetism"]

    usual, none = ordinary(), ordinary("--no-allowances")
    wide = ordinary("--instrument", "field_offset=0", "--instrument", "mass=0.05")
    widths = {item["kind"]: item["width"] for item in wide["directions"]}
    assert widths["mass"] == 0.05
    assert "field offset" not in widths
    assert {item["kind"]: item["width"] for item in usual["directions"]}["field offset"] == 20.0
    assert none["directions"] == []
    assert none["margin"] == pytest.approx(none["margin_without_directions"])


def test_pieces_of_one_glass_may_have_different_names(monkeypatch):
    data = fixed_field(PURE_LL, np.random.default_rng(1), model=Model("ll"))
    monkeypatch.setattr(Dataset, "samples", ("BK7 piece 1", "BK7 piece 2"))
    two = fit(data, FitSettings(model=Model("ll")))
    assert two.assessment.status == "not-plausible"
    assert two.assessment.reasons[0].code == "fitting.two-samples"
    one = fit(data, FitSettings(model=Model("ll"), same_glass=True))
    assert one.assessment.status == "good"
    assert one.values == two.values
