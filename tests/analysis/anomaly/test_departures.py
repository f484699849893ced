"""Windows of temperature: a planted departure is found, and noise alone alarms as often as it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.analysis.anomaly.departures import anomaly, equivalent_sigmas
from glasspara.analysis.anomaly.figures import anomaly_figure
from glasspara.analysis.anomaly.windows import TemperatureWindow, search
from glasspara.analysis.linear import tangent
from glasspara.data import Dataset
from glasspara.data.loading import load
from glasspara.errors import InputError, UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.resampling import Resampler
from glasspara.fitting.search.minimise import descend_to_minimum
from glasspara.simulation.datasets import BK7, fixed_field, fixed_temperature
from tests.conftest import ROOT

# what the test itself does not need: tests are to be quick
SETTINGS = FitSettings(fixed={name: BK7[name] for name in ("n_ats", "d_min", "delta_mu")})
COLD = 3.0
CASES = ROOT.parent / "shared" / "cases"


def campaign(seed=1, points=24, fields=(5e3, 5e4)):
    temperatures = tuple(np.geomspace(1.8, 300.0, points))
    return fixed_field(BK7, np.random.default_rng(seed), fields=fields, temperatures=temperatures)


def planted(data, size, *, below=COLD):
    """``data`` with all points below a temperature moved by ``size`` standard errors."""
    runs = [
        replace(
            run, magnetisation=run.magnetisation + np.where(run.temperature < below, size * run.sigma, 0.0)
        )
        for run in data.runs
    ]
    return Dataset(tuple(runs))


@pytest.fixture(scope="module")
def clean():
    return campaign()


@pytest.fixture(scope="module")
def cold(clean):
    return anomaly(planted(clean, -8.0), SETTINGS)


def test_nothing_is_found_in_clean_data(clean):
    result = anomaly(clean, SETTINGS)
    assert result.departures == ()
    assert result.assessment.status == "none"
    assert result.assessment.trusted
    (none,) = result.assessment.reasons
    assert none.code == "anomaly.none"
    assert none.values["p_corrected"] > 0.05
    assert result.rest is result.fit.minimum


def test_a_departure_below_3_k_is_found_with_its_place_and_size(cold):
    assert [item.label for item in cold.departures] == ["below 3 K"]
    assert cold.established
    assert cold.assessment.status == "found"
    assert cold.assessment.trusted
    (first,) = cold.assessment.reasons
    assert first.code == "anomaly.departures"
    (place,) = first.values["places"]
    assert (place["window"], place["side"]) == ("below 3 K", "below")
    assert "below 3 K (by " in first.text
    assert "the data below the model" in first.text
    for item in cold.departures:
        assert item.sigmas > 5.0
        for one in item.deviations:
            inside = item.test.window.points_of(one.run)
            # the noise of the points is in both
            truth = -8.0 * np.average(one.run.sigma[inside], weights=one.run.sigma[inside] ** -2.0)
            assert abs(one.mean - truth) < 4.0 * one.error


def test_the_model_is_refitted_without_what_was_found(cold, clean):
    outside = clean.temperature >= COLD
    assert len(cold.rest.problem.data) == outside.sum()
    alone = fit(clean.keep(outside), SETTINGS)
    assert cold.rest.chi2 == pytest.approx(alone.statistics.chi2, rel=1e-6)
    assert cold.fit.statistics.chi2 > cold.rest.chi2 + 40.0


def test_a_thermometer_that_is_off_there_is_named_as_explanation(clean):
    from glasspara.model.model import Model, slope_by_log_temperature

    slope = slope_by_log_temperature(clean.temperature, clean.field, BK7, Model())
    shift = np.where(clean.temperature < COLD, 0.01 * slope, 0.0)
    runs = [
        replace(run, magnetisation=run.magnetisation + part)
        for run, part in zip(clean.runs, clean.split(shift), strict=True)
    ]
    result = anomaly(Dataset(tuple(runs)), SETTINGS, edges=(COLD, 10.0, 50.0))
    (found,) = result.departures
    assert found.thermometer.value == pytest.approx(0.01, abs=4.0 * found.thermometer.error)
    assert found.thermometer.p_beyond > 0.001
    (said,) = (note for note in result.notes if note.code == "anomaly.thermometer")
    assert said.values["percent"] == pytest.approx(100.0 * found.thermometer.value)
    assert "a thermometer error of +" in said.text


def test_what_a_usual_error_of_a_thermometer_explains_is_not_established():
    from glasspara.model.model import Model, slope_by_log_temperature

    data = campaign(seed=9, points=60, fields=(5e3, 2e4, 5e4))
    slope = slope_by_log_temperature(data.temperature, data.field, BK7, Model())
    shift = np.where(data.temperature < 4.0, 0.004 * slope, 0.0)
    runs = [
        replace(run, magnetisation=run.magnetisation + part)
        for run, part in zip(data.runs, data.split(shift), strict=True)
    ]
    result = anomaly(Dataset(tuple(runs)), SETTINGS)
    (found,) = result.departures
    assert found.label == "below 4 K"
    assert found.is_thermometer
    assert not found.established
    assert result.assessment.status == "not-established"


def test_false_alarms_are_as_rare_as_stated(clean):
    """40 redraws of the noise, each fitted again: an alarm has a chance of 0.05, 8 or more of 40 one of 0.0007."""
    minimum = fit(clean, SETTINGS).minimum
    windows = [TemperatureWindow(low, high) for low, high in ((0, 3), (3, 6), (6, 20), (20, 100), (100, 400))]
    draw = Resampler(minimum, "parametric")
    alarms = 0
    for seed in range(40):
        problem = draw.draw(np.random.default_rng(seed))
        findings = search(descend_to_minimum(problem, minimum.reported), windows)
        alarms += bool(findings.out)
    assert alarms < 8
    assert 3.0 < findings.trials < findings.tried == 7


def test_errors_of_a_wrong_size_do_not_matter(clean):
    runs = [replace(run, sigma=0.4 * run.sigma) for run in clean.runs]
    wrong, right = (
        anomaly(data, SETTINGS, edges=(3.0, 20.0, 80.0)) for data in (Dataset(tuple(runs)), clean)
    )
    for one, other in zip(wrong.tests, right.tests, strict=True):
        assert one.statistic == pytest.approx(other.statistic, rel=1e-4)


def test_a_tangent_is_free_of_what_the_parameters_can_do(clean):
    fitted = tangent(fit(clean, SETTINGS).minimum, widths={"field_offset": 20.0})
    assert np.abs(fitted.base.T @ fitted.left).max() < 1e-9
    assert fitted.base.T @ fitted.base == pytest.approx(np.eye(fitted.base.shape[1]))
    assert fitted.ndof == len(clean) - 5  # two more parameters, each with a prior


def test_field_sweeps_are_tested_too():
    data = fixed_temperature(BK7, np.random.default_rng(4), temperatures=(2.0, 4.5, 20.0))
    cold = data.runs[0]
    moved = replace(cold, magnetisation=cold.magnetisation * (1.0 + 0.02 * cold.field / cold.field.max()))
    result = anomaly(Dataset((moved, *data.runs[1:])), SETTINGS, edges=(3.0, 10.0))
    assert [item.label for item in result.departures] == ["below 3 K"]


def test_oxygen_is_found_with_the_default_windows():
    data = campaign(seed=6, points=60, fields=(5e3, 2e4, 5e4))
    runs = [
        replace(
            run,
            magnetisation=run.magnetisation
            + 6e-9 * run.field * np.exp(-(((run.temperature - 50.0) / 5.0) ** 4)),
        )
        for run in data.runs
    ]
    result = anomaly(Dataset(tuple(runs)), SETTINGS)
    assert result.assessment.status == "found"
    assert {item.label for item in result.departures} & {"43 to 50 K", "50 to 60 K"}
    assert any(reason.code == "anomaly.oxygen" for reason in result.assessment.reasons)
    # what is called a departure has a large F
    assert all(item.test.found and item.test.statistic > 1.0 for item in result.departures)


def test_an_anomaly_at_the_highest_temperatures_is_found():
    data = campaign(seed=7, points=60, fields=(5e3, 2e4, 5e4))
    runs = [
        replace(
            run, magnetisation=run.magnetisation + np.where(run.temperature > 255.0, 10.0 * run.sigma, 0.0)
        )
        for run in data.runs
    ]
    result = anomaly(Dataset(tuple(runs)), SETTINGS)
    assert [item.label for item in result.departures] == ["250 to 310 K"]


def test_what_is_no_glass_has_no_anomaly(monkeypatch):
    data = campaign(seed=8)
    monkeypatch.setattr(Dataset, "samples", ("A", "B"))
    result = anomaly(data, SETTINGS)
    assert (result.assessment.status, result.assessment.trusted) == ("not-plausible", False)
    assert result.assessment.reasons[0].code == "fitting.two-samples"


@pytest.mark.parametrize("case", ["ll_oxygen_2ug", "oxygen_2ug"])
def test_oxygen_of_the_cases(case):
    if not (CASES / case).is_dir():
        pytest.skip("the cases are not here")
    result = anomaly(load([str(path) for path in sorted((CASES / case).glob("*.dat"))]).data)
    assert result.assessment.status == "found"
    assert {"43 to 50 K", "50 to 60 K"} <= {item.label for item in result.departures}
    assert result.assessment.reasons[1].code == "anomaly.oxygen"


def test_equivalent_sigmas():
    assert equivalent_sigmas(0.3173105) == pytest.approx(1.0, abs=1e-6)
    assert equivalent_sigmas(5.733031e-7) == pytest.approx(5.0, abs=1e-6)
    assert equivalent_sigmas(0.0) == pytest.approx(37.0, abs=0.01)
    assert equivalent_sigmas(1.0) == 0.0


@pytest.mark.parametrize("edges", [(), (3.0, 2.0), (3.0, 3.0), (0.0, 3.0), (-1.0,), (float("nan"),)])
def test_edges_must_rise(clean, edges):
    with pytest.raises(UsageError, match="--windows"):
        anomaly(clean, SETTINGS, edges=edges)


def test_too_little_is_refused(clean):
    with pytest.raises(InputError, match="one window"):
        anomaly(clean, SETTINGS, edges=(1.0,))
    with pytest.raises(InputError, match="too few"):
        anomaly(campaign(points=5, fields=(5e3,)), SETTINGS)


def test_figure_says_the_verdict(cold):
    figure = anomaly_figure(cold)
    said = " ".join(text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text")))
    assert "FOUND" in said
    assert "synthetic" in said
    assert "below 3 K" in said
