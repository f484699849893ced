"""Ordinary magnetism as a whole beside the ETM: the margin, the iron, the errors of the instrument, the verdict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.data import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.ordinary import THRESHOLD, compare_with_ordinary
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from glasspara.ordinary import DirectionWidths
from glasspara.ordinary.responses import FreeIons
from studies.certificates import measure
from studies.impostors import Sample
from tests.fitting.judge.campaigns import (
    IRON,
    codes,
    glass,
    impostor,
    langevin,
    of_code,
    pairs,
    runs_at_fields,
)
from tests.ordinary import samples


@pytest.fixture(scope="module")
def bk7():
    return fit(runs_at_fields(glass))


@pytest.fixture(scope="module")
def fifth():
    """A glass with about a fifth of the tunnelling systems: too few for these runs."""
    return fit(runs_at_fields(lambda T, H: glass(T, H, 0.21)))


@pytest.fixture(scope="module")
def fooled():
    return fit(runs_at_fields(impostor))


def test_a_glass_is_established_by_its_margin(bk7):
    found = bk7.ordinary
    assert bk7.assessment.status == "good"
    assert bk7.ats_established
    assert found.excluded
    assert found.margin == pytest.approx(found.cone.chi2 - found.chi2_model)  # chi2/ndof is below 1
    assert found.margin == pytest.approx(736.0, rel=0.1)  # measured
    said = of_code(bk7.assessment.reasons, "ordinary-excluded")
    assert (said["margin"], said["threshold"], said["points"]) == (found.margin, THRESHOLD, 160)
    assert codes(bk7.assessment.reasons)[0] == "ordinary-excluded"
    assert found.margin_with_iron is None  # nobody needs it


def test_the_margin_is_in_units_of_the_scatter(bk7):
    """Errors stated too small by two raise all of chi2 and not the margin."""
    runs = tuple(replace(run, sigma=0.5 * run.sigma) for run in bk7.data.runs)
    found = fit(replace(bk7.data, runs=runs), FitSettings(directions=None)).ordinary
    before = bk7.ordinary.margin_without_directions
    ratio = found.chi2_model / found.ndof_model
    assert ratio > 2.5
    assert found.margin == pytest.approx((found.cone.chi2 - found.chi2_model) / ratio)
    # four times the chi2 over a ratio that is four times as large: what was below 1 counts as 1 before
    assert found.margin * ratio / 4.0 == pytest.approx(before, rel=0.05)


def test_errors_of_the_instrument_are_allowed_to_both_sides(bk7):
    found = bk7.ordinary
    assert found.widths == DirectionWidths()
    # both sides gain from them, ordinary magnetism more
    assert found.chi2_model < found.chi2_model_without_directions == bk7.statistics.chi2
    assert found.cone.chi2 < found.cone.chi2_without_directions
    assert found.margin < found.margin_without_directions
    kinds = {item.kind for item in found.cone.directions}
    assert (
        len(found.allowed)
        == len(kinds)
        == len(of_code(bk7.assessment.reasons, "ordinary-excluded")["directions"])
    )
    bare = compare_with_ordinary(bk7.minimum, iron=None, widths=None)
    assert bare.cone.directions == ()
    assert bare.allowed == ["none"]
    assert bare.margin == bare.margin_without_directions == pytest.approx(found.margin_without_directions)


def test_what_the_instrument_may_do_costs_a_glass_nothing():
    """Fields off by 10 Oe and thermometers by 0.3 %, by turns: the model may follow them as ordinary magnetism may."""
    turns = iter((1.0, -1.0) * 4)

    def law(T, H):
        turn = next(turns)
        return glass(T * (1.0 + 0.003 * turn), H + 10.0 * turn)

    result = fit(runs_at_fields(law))
    found = result.ordinary
    assert found.chi2_model_without_directions > 1000.0  # measured: see below
    assert found.chi2_model < 0.2 * found.chi2_model_without_directions
    assert found.excluded


def test_known_iron_is_an_upper_bound_and_raises_the_margin(bk7):
    free = bk7.ordinary
    known = fit(bk7.data, FitSettings(n_fe=(IRON, 0.01 * IRON))).ordinary
    assert known.cone.iron_used == (IRON, 0.01 * IRON)
    assert known.margin > 1.5 * free.margin  # measured: 2095 and 1069
    # ordinary magnetism explains a glass with more iron than there is: the higher the bound, the less it forbids
    plenty, more = (
        compare_with_ordinary(bk7.minimum, iron=(factor * IRON, 0.1 * IRON), widths=free.widths)
        for factor in (10.0, 20.0)
    )
    assert THRESHOLD < more.margin < plenty.margin < known.margin  # measured: 629, 811 and 2095
    for found in (known, plenty, more):
        bound, error = found.cone.iron_used
        assert found.cone.iron_found + found.cone.solution.weights[-1] == pytest.approx(
            bound, abs=40.0 * error
        )
    # iron that was given without an error counts as exact
    assert compare_with_ordinary(bk7.minimum, iron=(IRON, None), widths=free.widths).margin > known.margin


def test_an_impostor_is_not_established(fooled):
    """The F test against free ions alone is sure of the ATS term; ordinary magnetism describes the data as well."""
    assert fooled.ats_test.needed
    assert fooled.ats_test.p_value < 1e-12
    assert fooled.assessment.status == "not-established"
    assert fooled.assessment.trusted
    assert fooled.ats_established is False
    assert fooled.ordinary.margin < 0.0  # the ETM is no better
    assert fooled.ordinary.p_value > 0.01
    first, mixture, advice, *_ = fooled.assessment.reasons
    assert codes([first, mixture, advice]) == [
        "ordinary-describes",
        "ordinary-mixture",
        "more-runs-would-decide",
    ]
    shares = [item["share"] for item in mixture.values["components"]]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1.0)
    assert advice.values == {"runs": "several", "iron": None}


def test_what_only_ordinary_magnetism_describes_needs_no_term():
    """Pairs of ions: the ETM cannot imitate them."""
    result = fit(runs_at_fields(pairs))
    assert result.assessment.status == "term-not-needed"
    assert codes(result.assessment.reasons)[:2] == ["ordinary-instead", "ordinary-mixture"]
    assert result.ats_established is False


def test_iron_is_asked_for_where_it_would_decide(fifth):
    assert fifth.assessment.status == "not-established"
    assert fifth.ordinary.margin < THRESHOLD < fifth.ordinary.margin_with_iron  # measured: 3 and 14
    said = of_code(fifth.assessment.reasons, "iron-would-decide")
    assert said["margin"] == fifth.ordinary.margin_with_iron
    assert said["n_fe"] == pytest.approx(IRON, rel=0.01)
    told = fit(fifth.data, FitSettings(n_fe=(IRON, 0.01 * IRON)))
    assert told.ordinary.margin == pytest.approx(fifth.ordinary.margin_with_iron, rel=0.2)
    assert told.ordinary.margin_iron_free == pytest.approx(fifth.ordinary.margin, rel=0.03)
    caveat = of_code(told.assessment.reasons, "known-iron-alone")
    assert caveat["margin_iron_free"] == told.ordinary.margin_iron_free < THRESHOLD < caveat["margin"]
    # other magnetic ions are not bounded by it
    assert (told.assessment.status, told.ats_established) == ("not-established", False)
    alone = fit(fifth.data, FitSettings(n_fe=(IRON, 0.01 * IRON), no_other_ions=True))
    assert (alone.assessment.status, alone.ats_established) == ("good", True)
    assert codes(alone.assessment.reasons)[:2] == ["ordinary-excluded", "known-iron-decides"]


def test_other_ions_beside_known_iron_get_no_certificate():
    """A doublet with g = 3, as cerium may have, two thirds as many as the iron."""

    def cerium(T, H):
        return langevin(T, H) + 1e17 * samples.one(FreeIons(((0.5, 3.0),)), T, H)

    sample = Sample("cerium", cerium, IRON)
    data = measure(sample, "mixed", 1e-3, np.random.default_rng(1), instrument=False)
    result = fit(data, FitSettings(n_fe=(IRON, 0.01 * IRON)))
    assert result.ordinary.margin > THRESHOLD > result.ordinary.margin_iron_free
    assert result.assessment.status in ("not-established", "poor")
    assert not result.ats_established


def test_one_run_can_seldom_tell():
    result = fit(runs_at_fields(glass, fields=(2e4,), T=np.geomspace(2.0, 300.0, 80)))
    assert result.assessment.status == "not-established"
    assert of_code(result.assessment.reasons, "more-runs-would-decide")["runs"] == "one"


def test_where_the_comparison_is_not_made(bk7):
    alone = fit(bk7.data, ordinary=False)
    assert (alone.ordinary, alone.ats_established, alone.assessment.status) == (None, None, "good")
    plain = fit(runs_at_fields(langevin), FitSettings(model=Model("ll")))
    assert (plain.ordinary, plain.ats_established) == (None, None)
    nothing = fit(runs_at_fields(langevin))
    assert (nothing.assessment.status, nothing.ordinary) == ("term-not-needed", None)


def test_a_poor_fit_that_does_not_need_its_ats_term_is_held_against_ordinary_magnetism_too():
    """A range of the thermometer reads 0.7 % high: the allowances stand in for the ATS term, and it fits poorly."""
    law = runs_at_fields(langevin, true_temperature=lambda T: np.where(T < 4.4, 0.993 * T, T))
    result = fit(law)
    assert not result.ats_test.needed
    assert fit(law, ordinary=False).assessment.status == "poor"
    assert result.ordinary is not None
    assert result.ats_established is False
    assert result.assessment.status == "term-not-needed"
    assert codes(result.assessment.reasons)[0] == "ordinary-instead"


def test_an_upper_cutoff_at_the_lower_one_is_no_better_known_than_that(fixtures):
    result = fit(runs_at_fields(langevin))
    low, high = (result.parameters[name] for name in ("d0min_qs4", "d0max_qs4"))
    assert high.at_limit == "lower"
    assert high.error >= 0.99 * low.error


def test_a_drift_is_allowed_to_both_sides():
    """Its direction needs the order of the points, which the data know."""
    data = runs_at_fields(glass)
    plain, wide = (
        fit(data, FitSettings(n_fe=(IRON, 0.01 * IRON), directions=DirectionWidths(drift=width)))
        for width in (0.0, 1e-6)
    )
    drifts = [item for item in wide.ordinary.cone.directions if item.kind == "drift"]
    assert len(drifts) == len(data.runs)
    assert wide.ordinary.cone.chi2 <= plain.ordinary.cone.chi2
    nuisance = FitSettings(nuisances={"drift": 3e-6}).allowed_errors(data)
    assert nuisance.drift == 3e-6


def test_held_iron_that_the_data_contradict_is_said_first():
    result = fit(runs_at_fields(glass), FitSettings(n_fe=(2.0 * IRON, None)))
    first = result.assessment.reasons[0]
    assert first.code == "fitting.iron-held"
    assert first.values["tension"] > 10.0
    assert "fitting.iron-held" not in {note.code for note in result.notes}
    told = fit(runs_at_fields(glass), FitSettings(n_fe=(IRON, None)))
    assert told.assessment.reasons[0].code == "fitting.ordinary-excluded"
    assert "fitting.iron-held" in {note.code for note in told.notes}


def test_errors_with_those_of_the_instrument_are_said():
    """A mass known to 2 % and a thermometer to 0.1 % in each run bound what chi_larmor can mean."""
    result = fit(runs_at_fields(glass))
    said = of_code(result.notes, "errors-of-the-instrument")
    largest = said["parameters"][0]
    assert largest["name"] == "chi_larmor"
    assert largest["error"] == pytest.approx(0.02 * result.parameters["chi_larmor"].value, rel=0.1)
    assert largest["error"] == pytest.approx(largest["factor"] * result.parameters["chi_larmor"].error)
    wider = result.parameters["chi_larmor"].error_with_instrument
    assert wider == largest["error"]
    assert result.derived["n_fe"].error_with_instrument > 2.0 * result.derived["n_fe"].error
    perfect = fit(result.data, FitSettings(directions=None))
    assert perfect.parameters["chi_larmor"].error_with_instrument is None
    assert "errors-of-the-instrument" not in codes(perfect.notes)


def test_a_misfit_that_errors_of_the_instrument_explain_names_their_option():
    """As large as their widths, at 0.1 % noise: the fit has no parameters for them, nuisance parameters free them."""
    sample = Sample("glass", glass, IRON)
    data = measure(sample, "mixed", 1e-3, np.random.default_rng([5, 0]), instrument=True)
    bent = fit(data)
    assert bent.assessment.status == "poor"
    assert codes(bent.assessment.reasons)[0] == "misfit-by-instrument"
    assert "ats-beside-ordinary" not in codes(bent.assessment.reasons)
    options = bent.assessment.reasons[0].values["nuisances"]
    freed = fit(data, FitSettings(nuisances={item["name"]: item["width"] for item in options}))
    assert (freed.assessment.status, freed.ats_established) == ("good", True)


def test_one_run_could_hide_a_relaxation():
    """A moment that decays over the first points is followed by the model of one run, and seen by that of four."""
    data = runs_at_fields(glass)
    alone = fit(Dataset(data.runs[2:3]))
    said = of_code(alone.notes, "hidden-relaxation")
    run = alone.data.runs[0]
    decay = 3.0 * said["size"] / run.grams * np.exp(-np.arange(len(run)) / said["points"])
    relaxing = fit(Dataset((replace(run, magnetisation=run.magnetisation + decay),)))
    assert relaxing.assessment.status == "not-established"
    before, after = (item.parameters[said["parameter"]].value for item in (alone, relaxing))
    assert abs(after - before) > alone.parameters[said["parameter"]].error
    assert "hidden-relaxation" not in codes(fit(data).notes)


def test_what_does_not_need_the_known_iron_is_said():
    data = runs_at_fields(glass)
    known, free = fit(data, FitSettings(n_fe=(IRON, 0.01 * IRON))), fit(data)
    assert codes(known.assessment.reasons)[:2] == ["ordinary-excluded", "iron-free-too"]
    assert known.ordinary.margin_iron_free == pytest.approx(free.ordinary.margin, rel=0.01)
    assert free.ordinary.margin_iron_free is None
