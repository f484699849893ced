"""What cannot be one diamagnetic glass gets no verdict from any command; numbers are claimed where they are found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.analysis.anomaly.departures import anomaly
from glasspara.analysis.compare.comparison import compare
from glasspara.analysis.curie.curie_law import curie
from glasspara.analysis.fit.blocks import FitBlock
from glasspara.analysis.high_field.field_dependence import high_field
from glasspara.analysis.oscillations.search import DESCRIPTIONS, NoisePowers
from glasspara.analysis.oscillations.waves import oscillations
from glasspara.analysis.partition.scan import partition
from glasspara.analysis.series.single_runs import series
from glasspara.analysis.universality.collapse import universality
from glasspara.data import Dataset
from glasspara.data.loading import load
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from glasspara.report.block import fill
from glasspara.simulation.datasets import (
    BK7,
    PURE_LL,
    both_kinds,
    fixed_field,
    fixed_temperature,
    weak_field,
)
from studies.hysteresis import Loop
from tests.conftest import ROOT

CASES = ROOT.parent / "shared" / "cases"
LL = Model("ll")
IRON = FitSettings(n_fe=(1.7e17, 1.9e15))


def ferromagnet(data):
    """The same runs of a metal: the moment grows with the field as no diamagnet's does."""
    return Dataset(
        tuple(replace(run, magnetisation=run.magnetisation + 1e-4 * run.field) for run in data.runs)
    )


MT = fixed_field(PURE_LL, np.random.default_rng(1), fields=(1e3, 2e4), model=LL)
MH = fixed_temperature(PURE_LL, np.random.default_rng(2), temperatures=(2.0, 10.0))
WEAK = weak_field(PURE_LL, np.random.default_rng(3))
QUESTIONS = {
    "compare": lambda: compare(ferromagnet(MT), ("ll", "etm")).assessment,
    "partition": lambda: partition(ferromagnet(MT), IRON, (0.5,)).assessment,
    "curie": lambda: curie(ferromagnet(WEAK), settings=FitSettings()).assessment,
    "oscillations": lambda: oscillations(ferromagnet(MT), replicates=9).assessment,
    "series": lambda: series(ferromagnet(MT)).kinds[0].assessment,
    "high_field": lambda: high_field(ferromagnet(MH)).assessment,
    "universality": lambda: universality(ferromagnet(MT), parts=False).assessment,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_metal_is_no_glass(question):
    found = QUESTIONS[question]()
    assert (found.question, found.status, found.trusted) == (question, "not-plausible", False)
    assert found.reasons[0].code == "fitting.no-diamagnet"
    assert "NOT PLAUSIBLE" in found.headline.text or "NO VERDICT" in found.headline.text


def test_more_iron_than_atoms_shares_no_curve():
    heavy = [
        replace(run, magnetisation=1e6 * run.magnetisation + run.field, sigma=1e6 * run.sigma)
        for run in MT.runs
    ]
    result = universality(Dataset(tuple(heavy)), parts=False)
    assert result.holds is None
    codes = {item.code for item in result.assessment.reasons}
    assert codes & {"fitting.more-iron-than-atoms", "fitting.too-diamagnetic", "fitting.no-diamagnet"}


def test_a_loop_with_hysteresis_denies_every_verdict_of_the_series():
    """The M(T) runs of a sample whose loops show hysteresis are no glass's either."""
    loop = Loop(speck=1e-4, coercivity=500.0, width=400.0)
    loops = loop.measured((2.0, 10.0), top=2e4, step=250.0, noise=1e-3, rng=np.random.default_rng(1))
    result = series(Dataset((*MT.runs, *loops.runs)))
    assert [verdict.status for verdict in result.verdicts] == ["not-plausible", "not-plausible"]


def coupled():
    """M(T) runs in weak and strong fields of iron with a Weiss temperature of -0.3 K, without tunnelling systems."""
    values = {**PURE_LL, "theta_cw": -0.3}
    return fixed_field(
        values, np.random.default_rng(4), fields=(200.0, 500.0, 5e3, 2e4, 5e4), model=Model("ll-curie-weiss")
    )


def test_what_ordinary_magnetism_makes_is_no_anomaly_and_not_glass_like():
    data = coupled()
    found = anomaly(data)
    assert found.fit.assessment.status == "term-not-needed"
    assert (found.assessment.status, found.established) == ("not-established", False)
    assert found.assessment.reasons[0].code == "fitting.ordinary-instead"
    assert curie(data, settings=FitSettings()).low.nature != "glass-like"
    failing = universality(data, parts=False)
    assert failing.assessment.status == "fails"
    assert failing.assessment.reasons[-1].code == "universality.no-proof"


def test_two_samples_by_name_have_no_drift(monkeypatch):
    monkeypatch.setattr(Dataset, "samples", ("A", "B"))
    result = series(MT)
    assert not any(verdict.trusted for verdict in result.verdicts)
    assert result.kinds[0].drifting is None
    assert result.kinds[0].assessment.reasons[0].code == "fitting.two-samples"


@pytest.mark.parametrize("seed", [4, 6])
def test_partition_of_a_sample_without_tunnelling_systems(seed):
    values = {**PURE_LL, "n_fe2": 0.647 * 1.7e17, "n_fe3": 0.353 * 1.7e17}
    data = fixed_field(values, np.random.default_rng(seed), model=LL)
    result = partition(data, IRON)
    assert (result.assessment.status, result.assessment.trusted) == ("term-not-needed", True)
    low, high = result.ends("95 %")
    assert low < 0.647 < high
    assert high - low < 0.1
    (note,) = [item for item in result.notes if item.code == "partition.ats-not-needed"]
    value, error = note.values["fraction"]
    assert abs(value - 0.647) < 4.0 * error


def test_partition_of_the_case():
    if not (CASES / "partLL").is_dir():
        pytest.skip("the cases are not here")
    data = load([str(path) for path in sorted((CASES / "partLL").glob("*.dat"))]).data
    result = partition(data, IRON)
    low, high = result.ends("68 %")
    assert low < 0.647 < high


@pytest.mark.parametrize("case", ["osc25", "osc25lin"])
def test_waves_of_the_cases(case):
    if not (CASES / case).is_dir():
        pytest.skip("the cases are not here")
    data = load([str(path) for path in sorted((CASES / case).glob("*.dat"))]).data
    result = oscillations(data, replicates=199)
    assert result.assessment.status == "found"
    assert result.best.best.abscissa == "T"
    assert result.best.best.period == pytest.approx(25.0, abs=0.5)


def test_a_track_without_waves_does_not_decide():
    """The spline leaves noise nothing of one track: its median is 0, and any power in it was infinitely rare."""
    rng = np.random.default_rng(5)
    largest = np.empty((200, 2, len(DESCRIPTIONS) + 1))
    largest[:, 0] = 4.0 + rng.exponential(1.0, (200, 3))
    largest[:, 1] = np.where(rng.random((200, 3)) < 0.3, 1e-3, 0.0)
    noise = NoisePowers(largest)
    assert np.all(np.isfinite(noise.anywhere("both")))
    assert noise.chance("both", [34.0, 0.0]) < 0.01
    assert noise.chance("both", [4.5, 0.0]) > 0.05


def test_no_nature_where_even_a_smooth_curve_misses_the_points():
    wild = [
        replace(run, magnetisation=run.magnetisation * (1.0 + 0.05 * np.sin(20.0 * np.log(run.temperature))))
        for run in WEAK.runs
    ]
    result = curie(Dataset(tuple(wild)), settings=FitSettings())
    assert (result.assessment.status, result.assessment.trusted) == ("not-trusted", False)
    assert result.low.nature == "not-trusted"
    assert "glass-like" not in " ".join(reason.text for reason in result.assessment.reasons)


def test_a_rise_that_other_forms_deny_is_not_stated():
    data = both_kinds(BK7, np.random.default_rng(6), Model())
    result = high_field(data)
    codes = {reason.code for reason in result.assessment.reasons}
    near = [
        item.name for item in result.comparison.contestants if item.delta is not None and item.delta < 2.0
    ]
    assert "high_field.rising" not in codes or all(
        peak.rises for peak in result.peaks if peak.field is None and peak.form in near
    )
    forms = {peak.form for peak in result.peaks if peak.rises is None}
    assert {"etm-high-field", "etm-phase"} <= forms
    assert all(peak.rises is False for peak in result.peaks if peak.field is not None)


def test_a_parameter_at_the_edge_of_its_search_has_no_error():
    values = {**BK7, "d_min": 19.0}
    data = fixed_field(values, np.random.default_rng(7), fields=(1e3, 2e4, 5e4))
    result = fit(data, ordinary=False)
    for item in result.parameters.values():
        edge = item.at_limit and item.limits[0 if item.at_limit == "lower" else 1] != 0.0
        if edge and item.name != "fe2_fraction":
            assert item.error is None
    limited = fit(
        fixed_field(BK7, np.random.default_rng(8)), FitSettings(limits={"d_min": (0.2, 0.5)}), ordinary=False
    )
    assert limited.parameters["d_min"].at_limit == "lower"
    assert limited.parameters["d_min"].error is not None


def test_need_of_a_term_is_open_in_a_poor_fit():
    data = fixed_field(BK7, np.random.default_rng(9))
    wild = [
        replace(run, magnetisation=run.magnetisation * (1.0 + 0.05 * np.sin(9.0 * np.log(run.temperature))))
        for run in data.runs
    ]
    poor, good = fit(Dataset(tuple(wild)), ordinary=False), fit(data)
    assert poor.assessment.status in ("poor", "not-plausible")
    assert fill(FitBlock, poor)["ats_test"]["needed"] is None
    assert fill(FitBlock, good)["ats_test"]["needed"] is True
    assert good.ats_established is True
    assert fit(data, ordinary=False).ats_established is None


def test_a_small_p_value_is_not_passed_over():
    """Of many campaigns those with a p-value below 0.05 say so, and none is called poor for it."""
    words = {}
    for seed in range(40):
        data = fixed_field(PURE_LL, np.random.default_rng(100 + seed), fields=(1e3, 2e4), model=LL)
        result = fit(data, FitSettings(model=LL))
        code = result.assessment.reasons[0].code
        words.setdefault(code, []).append(result.statistics.p_value)
    assert all(p < 0.05 for p in words.get("fitting.describes-poorly", []))
    assert all(p >= 0.05 for p in words["fitting.describes-the-data"])


def test_a_start_does_not_move_an_assumed_prior():
    plain, started = FitSettings(), FitSettings(starts={"d_min": 0.2, "delta_mu": 1.0})
    assert started.assumed(started.held()) == plain.assumed(plain.held())
