"""What further runs are worth, held against joint fits, simulations, and an even grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.analysis.plan import planning
from glasspara.analysis.plan.candidates import Noise, Reach
from glasspara.analysis.plan.objectives import Forecast, GoalErrors, worlds_of
from glasspara.analysis.plan.planning import plan
from glasspara.data import Dataset
from glasspara.errors import InputError, UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.ordinary import THRESHOLD
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.search.minimise import descend_to_minimum
from glasspara.model.model import Model
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field

TWO_FIELDS = (5e3, 5e4)
RUNS = (Reach(points=20).warming(2e4), Reach(points=20).magnetising(2.0))


@pytest.fixture(scope="module")
def two_runs():
    return fixed_field(BK7, np.random.default_rng(1), fields=TWO_FIELDS)


@pytest.fixture(scope="module")
def two_fitted(two_runs):
    return fit(two_runs, ordinary=False, brief=True)


def test_nothing_is_planned_from_a_fit_without_a_minimum(two_runs, two_fitted, monkeypatch):
    lost = replace(two_fitted, assessment=replace(two_fitted.assessment, status="not-converged"))
    monkeypatch.setattr(planning, "fit", lambda *_, **__: lost)
    with pytest.raises(InputError, match="no valid minimum"):
        plan(two_runs)


def test_without_further_runs_errors_are_those_of_the_fit(two_fitted):
    errors = Forecast(two_fitted.minimum, Noise()).errors([])
    free = {name: item for name, item in two_fitted.quantities.items() if item.error}
    assert errors.keys() == free.keys()
    for name, item in free.items():
        # by the Jacobian here, by the second derivatives of chi2 there: largest difference 0.03
        assert errors[name] == pytest.approx(item.error, rel=0.05), name


@pytest.mark.parametrize(
    "nuisances",
    [{}, {"field_offset": 20.0, "mass_scale": 0.02, "moment_offset": 1e-8, "temperature_scale": 1e-3}],
)
def test_errors_with_further_runs_are_those_of_a_fit_to_everything(two_runs, nuisances):
    """What single runs have off is taken out run by run; a fit to all of them has it among its parameters."""
    settings = FitSettings(nuisances=nuisances)
    forecast = Forecast(fit(two_runs, settings, ordinary=False, brief=True).minimum, Noise())
    rows = forecast.rows(RUNS)
    found = forecast.errors(rows)
    joined = forecast.joined(forecast.expected(RUNS))
    point = joined.coordinates.from_reported(forecast.minimum.reported)
    jacobian = joined.residuals_and_jacobian(point)[1]
    size = joined.coordinates.sizes
    covariance = size[:, None] * np.linalg.inv((jacobian * size).T @ (jacobian * size)) * size
    reported = joined.coordinates.reported_jacobian(point)
    whole = np.sqrt(np.diag(reported @ covariance @ reported.T))
    for name, error in zip(joined.coordinates.reported, whole.tolist(), strict=True):
        if name in found:
            assert found[name] == pytest.approx(error, rel=1e-6), name
    assert len(joined.nuisances) == (13 if nuisances else 0)


def test_mean_error_of_several_goals_is_that_of_their_ellipsoid(two_fitted):
    forecast = Forecast(two_fitted.minimum, Noise())
    goals = ("ats_strength", "delta_mu")
    steps = [forecast.steps(rows) for rows in ([], forecast.rows(RUNS))]
    slopes = np.stack([forecast.quantities[name][2] for name in goals])
    dets = [np.linalg.det(slopes @ one @ one.T @ slopes.T) for one in steps]
    none, both = GoalErrors([forecast], goals).measures([[], RUNS])
    assert none == pytest.approx(1.0)
    assert both == pytest.approx((dets[1] / dets[0]) ** 0.25, rel=1e-6)


@pytest.mark.parametrize("nuisances", [{}, {"field_offset": 20.0, "mass_scale": 0.02, "moment_offset": 1e-8}])
@pytest.mark.parametrize("goals", [("delta_mu",), ("ats_strength", "delta_mu")])
def test_what_one_point_more_brings_is_the_slope_of_the_measure(two_runs, nuisances, goals):
    settings = FitSettings(nuisances=nuisances)
    forecast = Forecast(fit(two_runs, settings, ordinary=False, brief=True).minimum, Noise())
    errors = GoalErrors([forecast], goals)
    places, counts = Reach(points=20).places(RUNS[0])
    none = errors.exchanged(RUNS[1:], places, counts)
    for place in (0, 9, 23):
        step = 1e-3 * np.eye(len(counts))[place]
        more = errors.exchanged(RUNS[1:], places, counts + step)[0]
        slope = -2.0 * len(goals) * np.log(more / none[0]) / 1e-3
        assert none[1][place] == pytest.approx(slope, rel=1e-2)
    even = next(
        errors.measures([[RUNS[1], replace(places, grid=tuple(np.repeat(places.grid, counts).tolist()))]])
    )
    assert none[0] == pytest.approx(even, rel=1e-6)


def test_what_one_world_cannot_move_is_left_out(two_fitted):
    """Where a world has no iron, its partition means nothing."""
    here = Forecast(two_fitted.minimum, Noise())
    bare = Forecast(two_fitted.minimum, Noise())
    lacking = {name: item for name, item in here.quantities.items() if name != "fe2_fraction"}
    bare.__dict__["quantities"] = lacking
    found = GoalErrors([here, bare], ["ats_strength"]).errors([])
    assert "fe2_fraction" in here.quantities
    assert list(found) == list(lacking)
    assert all(len(errors) == 2 for errors in found.values())


@pytest.mark.parametrize("goal", ["ats_strength", "fe2_fraction", "d_min", "all"])
def test_a_plan_beats_an_even_grid(monkeypatch, two_runs, goal):
    monkeypatch.setattr(planning, "_WORLDS", 3)
    made = plan(two_runs, goals=(goal,), runs=2)
    assert made.after < 0.95 * made.even.measure < made.before
    assert made.after <= made.steps[0].measure == made.ranked[0].measure
    assert [item.measure for item in made.ranked] == sorted(item.measure for item in made.ranked)
    assert made.assessment.status == "planned"
    assert len(made.to_frame()) == len(made.ranked)


@pytest.mark.parametrize("held", [True, False])
def test_forecast_errors_are_the_scatter_of_fits(held):
    """48 campaigns: the scatter is known to 10 %. ``python -m studies.plan`` has 200 of each plan.

    This first campaign finds n_ats an eighth of what it is; its own errors of x are twice as large as at the truth.
    """
    settings = FitSettings(fixed={"n_ats": BK7["n_ats"]} if held else {})
    first = fixed_field(BK7, np.random.default_rng(3), fields=TWO_FIELDS)
    made = plan(first, settings, goals=("ats_strength",), runs=1)
    rng = np.random.default_rng(3)
    truth = at_truth(made.fit.minimum, made.noise)
    found: dict[str, list[float]] = {name: [] for name in made.quantities}
    for _ in range(48):
        more = [
            replace(run, magnetisation=run.magnetisation + run.sigma * rng.standard_normal(len(run)))
            for run in truth.expected(made.runs)
        ]
        first = fixed_field(BK7, rng, fields=TWO_FIELDS)
        problem = replace(made.fit.minimum.problem, data=Dataset((*first.runs, *more)))
        for name, (value, _, _) in Forecast(descend_to_minimum(problem, BK7), made.noise).quantities.items():
            found[name].append(value)
    known = [name for name, item in made.quantities.items() if item.before < 0.2 * item.value]
    assert {"chi_larmor", "n_fe", "fe2_fraction", "ats_strength", "d0_mean_qs4", "delta_mu"} <= set(known)
    scatter = {name: float(np.std(found[name], ddof=1)) for name in known}
    sharp = {name for name in known if made.quantities[name].sharp}
    ratios = {name: scatter[name] / made.quantities[name].after for name in sharp}
    assert 0.75 < min(ratios.values()) <= max(ratios.values()) < 1.3, ratios
    assert {"chi_larmor", "n_fe", "ats_strength"} <= sharp
    assert ("fe2_fraction" in sharp) == held
    for name in set(known) - sharp:
        low, high = made.quantities[name].span
        assert 0.75 * low < scatter[name] < 1.3 * high, name


def at_truth(minimum, noise):
    values = {name: BK7[name] for name in minimum.reported}
    return Forecast(replace(minimum, point=minimum.coordinates.from_reported(values)), noise)


def test_forecasts_are_means_over_parameters_that_the_data_allow(two_fitted):
    worlds = worlds_of(Forecast(two_fitted.minimum, Noise()), 4, seed=1)
    errors = GoalErrors(worlds, ("delta_mu",))
    single = [GoalErrors([world], ("delta_mu",)) for world in worlds]
    alone = [next(item.measures([RUNS])) for item in single]
    assert len(set(alone)) == 5
    assert list(errors.outcomes(RUNS)) == pytest.approx(alone)
    assert next(errors.measures([RUNS])) == pytest.approx(np.exp(np.mean(np.log(alone))))
    assert errors.errors(RUNS)["delta_mu"] == pytest.approx(alone)


def test_what_the_data_allow_covers_the_valley_of_n_ats():
    first = fixed_field(BK7, np.random.default_rng(3), fields=TWO_FIELDS)
    fitted = fit(first, ordinary=False, brief=True)
    worlds = worlds_of(Forecast(fitted.minimum, Noise()), 9, seed=1)
    found = {name: [world.quantities[name][0] for world in worlds] for name in ("n_ats", "ats_strength")}
    assert found["n_ats"][0] == fitted.values["n_ats"] < 2e15
    assert found["n_ats"][1:] == sorted(found["n_ats"][1:])
    assert found["n_ats"][1] < 3e15 < BK7["n_ats"] < 1e17 < found["n_ats"][-1]
    assert max(found["ats_strength"]) < 1.5 * min(found["ats_strength"])


def test_plan_to_decide(monkeypatch):
    monkeypatch.setattr(planning, "_WORLDS", 2)
    one = fixed_field(BK7, np.random.default_rng(1), fields=(2e4,))
    made = plan(one, runs=1, reach=Reach(mt=(5e4,), mh=(100.0,)))
    assert made.goals == ("decide",)
    assert made.before < THRESHOLD < made.after
    assert made.after > 1.1 * made.even.measure  # the same field: by the temperatures of its points alone
    assert made.runs[0].nominal == 5e4
    assert len(made.outcomes) == 3
    assert made.assessment.status in ("decides", "may-decide")
    assert sum(margin > THRESHOLD for margin in made.outcomes) == made.assessment.reasons[1].values["above"]
    # what the fit says of the iron is the same number
    assert made.with_iron == made.fit.ordinary.margin_with_iron


def test_nothing_decides_where_no_tunnelling_systems_are(monkeypatch):
    monkeypatch.setattr(planning, "_WORLDS", 2)
    data = fixed_field(PURE_LL, np.random.default_rng(2), fields=TWO_FIELDS, model=Model("ll"))
    made = plan(data, goals=("decide",), runs=1, reach=Reach(mt=(5e4,)))
    assert made.assessment.status == "does-not-decide"
    assert made.assessment.trusted
    assert max(made.outcomes) < THRESHOLD
    assert "plan.term-not-needed" in {note.code for note in made.notes}
    with pytest.raises(InputError, match="do not need the ATS term"):
        plan(data, goals=("ats_strength",), runs=1)
    assert plan(data, goals=("fe2_fraction",), runs=1).after > 0.0


def test_wrong_goals_are_refused(two_runs):
    with pytest.raises(UsageError, match="nothing is called"):
        plan(two_runs, goals=("n_tunn",))
    with pytest.raises(UsageError, match="with another goal"):
        plan(two_runs, goals=("decide", "d_min"))
    with pytest.raises(UsageError, match="no ATS term"):
        plan(two_runs, FitSettings(model=Model("ll")), goals=("decide",))
    with pytest.raises(UsageError, match="is fixed"):
        plan(two_runs, FitSettings(fixed={"d_min": 0.027}), goals=("d_min",))
    with pytest.raises(UsageError, match="--runs"):
        plan(two_runs, goals=("d_min",), runs=0)
