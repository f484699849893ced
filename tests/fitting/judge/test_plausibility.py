"""Numbers that cannot be those of one diamagnetic glass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.data import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.plausibility import LARGEST_CHI_LARMOR, MOST_IONS, edges_of_search, implausible
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from studies.hysteresis import Loop
from tests.fitting.judge.campaigns import codes, glass, langevin, loops, runs_at_fields
from tests.ordinary import samples

LL = FitSettings(model=Model("ll"))
BOTH = pytest.mark.parametrize("settings", [FitSettings(), LL], ids=["etm", "ll"])


def refused(data, settings):
    """Values of the first reason, with its code."""
    result = fit(data, settings)
    assert result.assessment.status == "not-plausible"
    assert not result.assessment.trusted
    assert not result.ats_established
    first = result.assessment.reasons[0]
    return first.code.removeprefix("fitting."), first.values


@BOTH
def test_a_sample_that_is_no_diamagnet(settings):
    code, values = refused(runs_at_fields(lambda T, H: 1e-6 * H + samples.fe2(T, H)), settings)
    assert code == "no-diamagnet"
    assert values["value"] == pytest.approx(-1e-6, rel=0.01)
    assert values["value"] < -5.0 * values["error"]


def test_a_chi_larmor_of_zero_within_its_error_is_no_reason():
    """A paramagnet whose diamagnetism is not seen: negative by chance is not negative."""
    data = runs_at_fields(samples.fe2, fields=(1e3,), noise=1e-2)
    found = fit(data, LL)
    assert abs(found.parameters["chi_larmor"].value) < 5.0 * found.parameters["chi_larmor"].error
    assert implausible(found.minimum) == []


@BOTH
def test_a_sample_too_diamagnetic_for_its_mass(settings):
    """The mass is wrong by a factor of 120."""
    code, values = refused(runs_at_fields(lambda T, H: 120.0 * langevin(T, H)), settings)
    assert code == "too-diamagnetic"
    assert values["value"] == pytest.approx(120.0 * 4.227e-7, rel=0.01)
    assert values["largest"] == LARGEST_CHI_LARMOR


@BOTH
def test_more_iron_than_atoms(settings):
    code, values = refused(
        runs_at_fields(lambda T, H: samples.larmor(T, H) + 3e5 * samples.fe2(T, H)), settings
    )
    assert code == "more-iron-than-atoms"
    assert values["value"] == pytest.approx(3e5 * samples.N2, rel=0.01)
    assert values["most"] == MOST_IONS


@BOTH
def test_no_field(settings):
    """A sweep of the temperature in the remnant field of 0.3 Oe."""
    code, values = refused(runs_at_fields(langevin, fields=(0.3, 0.0)), settings)
    assert code == "no-field"
    assert values["largest_Oe"] == 0.3


@BOTH
def test_a_loop_with_hysteresis(settings):
    """A ferromagnetic speck with a coercivity of 200 Oe in a sample without tunnelling systems."""
    code, values = refused(loops(Loop(speck=5e-5, coercivity=200.0)), settings)
    assert code == "branches-differ-in-field"
    assert values["branches"] == ["branch 0", "branch 1"]
    assert values["shift_Oe"] > values["remnant_Oe"] + 5.0 * values["error_Oe"]


def test_files_of_two_samples():
    data = runs_at_fields(glass)
    mixed = Dataset(tuple(replace(run, sample="BS A4"[: 2 + 3 * (n > 1)]) for n, run in enumerate(data.runs)))
    code, values = refused(mixed, FitSettings())
    assert code == "two-samples"
    assert values["samples"] == ["BS", "BS A4"]
    named = Dataset(tuple(replace(run, sample="BS") for run in data.runs))
    assert fit(named).assessment.status == "good"


def test_a_search_that_ends_at_its_edge():
    """A soft speck near what the errors resolve: the ATS term would have to become a step at 0 Oe."""
    data = loops(Loop(speck=2e-6, width=300.0))
    alone = fit(data, ordinary=False)
    assert alone.assessment.status == "not-plausible"
    edge = alone.assessment.reasons[0]
    assert codes([edge]) == ["edge-of-search"]
    assert edge.where.parameter in alone.minimum.coordinates.free
    assert (edge.values["quantity"], edge.values["side"]) == ("ln_d0_mean", "upper")
    assert edge.values["limit"] == pytest.approx(1e7)  # K A^2
    assert alone.minimum.at_limit["ln_d0_mean"] == "upper"
    # ordinary magnetism, which describes the data, is the more telling reason
    compared = fit(data)
    assert compared.assessment.status == "not-established"
    assert edge in compared.assessment.reasons


@pytest.mark.parametrize("share", [1.0, 0.2])
def test_a_glass_is_plausible(share):
    found = fit(runs_at_fields(lambda T, H: glass(T, H, share)), ordinary=False)
    assert implausible(found.minimum) == []
    assert edges_of_search(found.minimum) == []
    assert np.isfinite(found.statistics.chi2)
