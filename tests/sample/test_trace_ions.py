"""Trace ions: the source's tables, users' files, and what they do to a fit."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from glasspara.analysis.fit.figures import fit_figures
from glasspara.errors import GlassparaError, UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model, evaluate
from glasspara.physics.ions.langevin import langevin_magnetisation
from glasspara.sample import load_trace_ions
from glasspara.simulation.datasets import PURE_LL, fixed_field


def test_every_ratio_of_the_source(shared):
    """Tables 5-7 as they are published: the same elements, the same ratios."""
    with (shared / "paper" / "tables5_7_trace_ions_relative_to_fe.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 3
    for row in rows:
        glass = row.pop("glass")
        published = {
            element: float(ratio) for element, ratio in row.items() if element != "Fe" and float(ratio)
        }
        ours = {item.ion.name.rstrip("+0123456789"): item.ratio for item in load_trace_ions(glass)}
        assert ours == published


def test_tables_of_the_source():
    found = {item.ion.name: (item.ion.j, item.ratio) for item in load_trace_ions("duran")}
    assert found == {
        "V4+": (0.5, 0.005), "Cr3+": (1.5, 0.017), "Mn2+": (2.5, 0.023), "Co2+": (1.5, 0.002), "Ni2+": (1.0, 0.004),
        "Cu2+": (0.5, 0.008),
    }  # fmt: skip
    assert {item.ion.name: item.ratio for item in load_trace_ions("BK7")} == {
        "Ti3+": 0.1, "Cr3+": 0.1, "Mn2+": 0.01, "Ni2+": 0.01, "Cu2+": 0.01,
    }  # fmt: skip
    assert len(load_trace_ions("BAS")) == 5


@pytest.mark.parametrize("head", ["[trace_ions]", "[sample.trace_ions]"])
def test_a_file_may_override_valence_j_and_g(tmp_path, head):
    path = tmp_path / "ions.toml"
    path.write_text(
        f'{head}\n"V3+" = 0.02\n"Mn2+" = {{ ratio = 0.01, j = 1.5, g = 1.9 }}\n', encoding="utf-8"
    )
    vanadium, manganese = load_trace_ions(str(path))
    assert (vanadium.ion.name, vanadium.ion.j, vanadium.ratio) == ("V3+", 1.0, 0.02)
    assert (manganese.ion.j, manganese.ion.g, manganese.ratio) == (1.5, 1.9, 0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[trace_ions]\nXe = 0.1\n", "unknown key"),
        ("[trace_ions]\nCr = -0.1\n", "expected"),
        ("[trace_ions]\nCr = { ratio = 0.1, j = 0.7 }\n", "multiple of 1/2"),
        ("[trace_ions]\nCr = { j = 1.5 }\n", "missing"),
        ("[other]\nCr = 0.1\n", "missing"),
    ],
)
def test_faults_are_named(tmp_path, text, message):
    path = tmp_path / "ions.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GlassparaError, match=message):
        load_trace_ions(str(path))


def test_neither_glass_nor_file():
    with pytest.raises(UsageError, match="no glass and no file"):
        load_trace_ions("quartz")


def test_a_fit_says_how_far_the_iron_moves():
    model = Model("ll", trace_ions=load_trace_ions("BK7"))
    data = fixed_field(PURE_LL, np.random.default_rng(1), fields=(1e3, 5e4), model=model)
    result = fit(data, FitSettings(model=model))
    effect = result.trace_effect
    truth = PURE_LL["n_fe2"] + PURE_LL["n_fe3"]
    value, error = effect.with_ions["n_fe"]
    assert abs(value - truth) < 4.0 * error
    # without them their moments are taken for iron: 5 to 15 % more
    assert 1.05 < effect.without["n_fe"][0] / truth < 1.15
    (note,) = (note.text for note in result.notes if note.code == "fitting.trace-ions")
    assert note.startswith("trace ions: n_fe = ")
    assert effect.change["n_fe"] == value - effect.without["n_fe"][0]
    assert f"(changed by {100.0 * effect.change['n_fe'] / effect.without['n_fe'][0]:.2g} %)" in note
    assert f"(changed by {effect.change['fe2_fraction']:+.2g})" in note
    held = fit(data, FitSettings(model=model, fixed={"n_fe": truth}))
    (note,) = (note.text for note in held.notes if note.code == "fitting.trace-ions")
    assert note.startswith("trace ions: n_fe is fixed, fe2_fraction = ")
    assert note.count("changed by") == 1
    figure = dict(fit_figures(result))["decomposition_50kOe"]
    shown = {text.get_text() for text in figure.legends[0].get_texts()}
    assert {"Langevin", "of this, trace ions"} < shown
    assert "ATS" not in shown
    terms = evaluate(data.temperature, data.field, PURE_LL, model)
    known = sum(
        langevin_magnetisation(data.temperature, data.field, n=item.ratio * truth, j=item.ion.j, g=item.ion.g)
        for item in model.trace_ions
    )
    assert terms.trace == pytest.approx(known, rel=1e-13)
