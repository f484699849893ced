"""Weak fields: what is weak, a verdict at its nominal rate, and (14) by its known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from glasspara.analysis.curie.curie_law import curie
from glasspara.analysis.curie.figures import curie_figure, low_temperature_figure
from glasspara.analysis.curie.weak_laws import CurieQuantity, fit_law, low_temperature_test
from glasspara.analysis.curie.weak_points import select_weak_points, typical_ats
from glasspara.data import Dataset
from glasspara.errors import InputError, UsageError
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from glasspara.model.parameters import ATS_NAMES
from glasspara.physics.ats import weak_field_amplitude
from glasspara.physics.ions import curie_constant
from glasspara.simulation.datasets import (
    BK7,
    PURE_LL,
    WEAK_TEMPERATURES,
    fixed_field,
    fixed_temperature,
    weak_field,
)

LL = Model("ll")
ATS = typical_ats({})
IRON = BK7["n_fe2"] * curie_constant(2.0) + BK7["n_fe3"] * curie_constant(2.5)
TRUTH = weak_field_amplitude(**{name: BK7[name] for name in ("n_ats", "d0min_qs4", "d0max_qs4")})
COLD = WEAK_TEMPERATURES


def low_test(data, **options):
    return low_temperature_test(select_weak_points(data, ats=ATS), ats=ATS, **options)


@pytest.mark.parametrize(
    ("offsets", "allowances"), [((0.0,), False), ((20.0,), False), ((20.0, -20.0), True)]
)
def test_false_glasses_come_at_the_nominal_rate(offsets, allowances):
    """Larmor + Langevin data: p is uniform; a remnant field of one run scales T (chi + chi_L) and makes no slope."""
    rng = np.random.default_rng(21)
    tests = [low_test(weak_field(PURE_LL, rng, offsets=offsets), allowances=allowances) for _ in range(100)]
    if len(offsets) == 1:
        assert stats.kstest([test.p_value for test in tests], "uniform").pvalue > 0.01
    # 5 % of 100, both signs: 5 +- 2.2
    wrong = sum(test.nature not in ("crystal-like", "not-established") for test in tests)
    assert wrong <= 12


def test_a_field_off_by_20_oe_imitates_a_slope_where_chi_is_given():
    """4 % of chi_L at 500 Oe: significant, but not established; without allowances it would be called a glass."""
    data = weak_field(PURE_LL, np.random.default_rng(22), offsets=(-20.0,))
    given = (PURE_LL["chi_larmor"], None)
    assert low_test(data, chi_larmor=given).nature == "not-established"
    assert low_test(data, chi_larmor=given, allowances=False).nature == "glass-like"
    # an error of chi_L that covers it takes the slope away
    loose = low_test(data, chi_larmor=(PURE_LL["chi_larmor"], 2e-8))
    assert loose.p_value > 0.05
    assert loose.slope_error > 1e-8


def test_glass_is_seen_and_its_slope_is_that_of_the_curve():
    result = low_test(weak_field(BK7, np.random.default_rng(23)))
    assert result.nature == "glass-like"
    assert result.slope == pytest.approx(7.8e-8, rel=0.05)
    assert result.slope_error < 0.02 * result.slope
    assert result.expected == pytest.approx(result.slope, rel=0.4)


def test_what_cannot_see_a_glass_says_so():
    result = low_test(weak_field(PURE_LL, np.random.default_rng(25), noise=0.3))
    assert result.nature == "not-determined"


def test_curvature_of_iron_is_no_slope():
    """At 1 kOe and 2 K the Brillouin function is 0.3 % off Curie's law, three times the noise."""
    rng = np.random.default_rng(26)
    for values in ({**PURE_LL, "n_fe2": 0.0, "n_fe3": 1.7e17}, {**PURE_LL, "n_fe2": 2e17, "n_fe3": 0.0}):
        tests = [low_test(weak_field(values, rng, field=1000.0)) for _ in range(20)]
        assert sum(test.p_value < 0.05 for test in tests) <= 4


def test_strong_fields_are_left_out_with_the_reason():
    data = fixed_field(PURE_LL, np.random.default_rng(27), fields=(500.0, 5e4), temperatures=COLD, model=LL)
    weak = select_weak_points(data, ats=ATS)
    assert [item.used is not None for item in weak.runs] == [True, False]
    assert weak.runs[0].curie == pytest.approx(7e-4, rel=0.05)
    assert weak.runs[0].reason is None
    assert weak.runs[1].reason.code == "curie.too-strong"
    assert weak.low_end == pytest.approx(10.0)
    with pytest.raises(InputError, match="H/T is too large, even at 50 kOe"):
        select_weak_points(Dataset(data.runs[1:]), ats=ATS)
    assert len(select_weak_points(Dataset(data.runs[1:]), ats=ATS, tolerance=0.9).data) == len(COLD)
    with pytest.raises(InputError, match="no run at a fixed field"):
        select_weak_points(fixed_temperature(PURE_LL, np.random.default_rng(27)), ats=ATS)
    with pytest.raises(UsageError, match="--tolerance"):
        select_weak_points(data, ats=ATS, tolerance=0.0)
    with pytest.raises(UsageError, match="inside the low one"):
        select_weak_points(data, ats=ATS, low_end=50.0, high_start=20.0)


def test_chi_needs_high_temperatures_or_to_be_given():
    cold = fixed_field(PURE_LL, np.random.default_rng(28), fields=(500.0,), temperatures=COLD[:30], model=LL)
    with pytest.raises(InputError, match="--chi-larmor"):
        low_test(cold)
    assert low_test(cold, chi_larmor=(PURE_LL["chi_larmor"], 1e-9)).nature == "crystal-like"


def test_law_14_comes_back_with_its_errors():
    """60 points at 500 Oe, iron known: pulls of G, D_min and delta_mu about the truth."""
    rng = np.random.default_rng(29)
    usual = {"d_min": 0.03, "delta_mu": 0.3}
    iron = CurieQuantity(IRON, 0.01 * IRON, "emu K g^-1 Oe^-1")
    truth = {"g": TRUTH, "d_min": BK7["d_min"], "delta_mu": BK7["delta_mu"], "chi_larmor": BK7["chi_larmor"]}
    pulls = {name: [] for name in truth}
    for _ in range(25):
        found = fit_law(weak_field(BK7, rng), "glass", usual=usual, iron=iron).quantities
        for name, value in truth.items():
            pulls[name].append((found[name].value - value) / found[name].error)
    for values in pulls.values():
        assert abs(np.mean(values)) < 1.2
        assert np.sqrt(np.mean(np.square(values))) < 1.6


def test_everything_together():
    data = fixed_field(BK7, np.random.default_rng(30), fields=(500.0, 2e4), temperatures=COLD)
    usual = {name: BK7[name] for name in ATS_NAMES}
    result = curie(
        data,
        settings=FitSettings(
            n_fe=(1.698e17, 0.01e17), no_other_ions=True, defaults={**usual, "fe2_fraction": 0.647}
        ),
    )
    assert result.low.nature == "glass-like"
    assert result.curie_fails
    assert result.law_assessment.status == "curie-law-fails"
    assert "Curie law fails" in result.law_assessment.reasons[0].text
    assert result.curie_ms.value == pytest.approx(IRON, rel=1e-3)
    naive, glass, whole = result.fits
    assert naive.quantities["curie_constant"].value > 1.2 * IRON
    assert glass.chi2 < 100.0 < naive.chi2
    assert whole.chi2 < 100.0
    for item in (glass, whole):
        assert item.quantities["g"].value == pytest.approx(TRUTH, abs=4 * item.quantities["g"].error)
    assert whole.total == pytest.approx(sum(whole.parts(*whole.places)))


def test_curie_law_holds_without_tunnelling_and_its_p_is_uniform():
    rng = np.random.default_rng(31)
    settings = FitSettings(model=LL, allowances=False)
    results = [curie(weak_field(PURE_LL, rng), settings=settings) for _ in range(25)]
    assert stats.kstest([result.glass_test.p_value for result in results], "uniform").pvalue > 0.01
    holding = [result for result in results if not result.curie_fails]
    assert holding[0].law_assessment.status == "curie-law-holds"
    constant = results[0].naive.quantities["curie_constant"]
    assert constant.value == pytest.approx(IRON, abs=5 * constant.error)


def test_random_remanence_makes_no_glass_where_chi_is_given():
    """Offsets drawn from what is allowed for, chi_L given exactly: 'glass-like' or 'falling' in at most 5 % or so."""
    rng = np.random.default_rng(32)
    given = (PURE_LL["chi_larmor"], None)
    tests = [
        low_test(weak_field(PURE_LL, rng, offsets=(20.0 * rng.standard_normal(),)), chi_larmor=given)
        for _ in range(60)
    ]
    assert sum(test.nature in ("glass-like", "falling") for test in tests) <= 8
    assert sum(test.p_value < 0.05 for test in tests) > 50


def test_points_that_no_law_describes_are_not_trusted():
    """A paramagnet that orders at 20 K: chi levels off below."""
    data = fixed_field(PURE_LL, np.random.default_rng(33), fields=(500.0,), temperatures=COLD)
    (run,) = data.runs
    ordered = run.magnetisation + 500.0 * 1e-5 * np.exp(-((run.temperature / 20.0) ** 4))
    result = curie(Dataset((replace(run, magnetisation=ordered),)), settings=FitSettings())
    assert not result.assessment.trusted
    assert result.assessment.reasons[0].code == "curie.no-law"
    for figure in (curie_figure(result), low_temperature_figure(result)):
        assert "500 Oe" in [text.get_text() for text in figure.legends[0].get_texts()]
    header = " ".join(text.get_text() for text in curie_figure(result).texts).replace("\n", " ")
    assert result.law_assessment.headline.text in header
    assert "NO LAW" in header
    header = " ".join(text.get_text() for text in low_temperature_figure(result).texts)
    assert result.assessment.headline.text in header
    assert "NOT RELIABLE" in header


def test_negative_g_is_no_tunnelling():
    """A susceptibility that falls below Curie's law at low temperatures, as with ferromagnetic coupling reversed."""
    data = fixed_field(PURE_LL, np.random.default_rng(34), fields=(500.0,), temperatures=COLD)
    (run,) = data.runs
    more = run.magnetisation * (1.0 + 0.05 * np.exp(-run.temperature / 10.0))
    result = curie(Dataset((replace(run, magnetisation=more),)), settings=FitSettings())
    assert result.glass.quantities["g"].value < 0.0
    assert result.law_assessment.reasons[0].values["outcome"] == "g-negative"


def test_why_there_is_nothing_to_test():
    zero = fixed_field(PURE_LL, np.random.default_rng(35), fields=(0.0,), temperatures=COLD)
    with pytest.raises(InputError, match="zero field"):
        curie(zero, settings=FitSettings())
    weak = fixed_field(PURE_LL, np.random.default_rng(36), fields=(500.0,), temperatures=COLD)
    with pytest.raises(InputError, match="points or more below 1 K"):
        curie(weak, settings=FitSettings(), low_end=1.0)
