"""Chi2 and its derivatives, and the search for a start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem.problem import residuals_and_jacobians, residuals_at
from glasspara.fitting.search.start import find_start
from glasspara.model import MODELS
from glasspara.model.model import Model, evaluate, evaluate_with_gradient
from glasspara.physics.ions.langevin import langevin_magnetisation
from glasspara.simulation.datasets import BK7, fixed_field, fixed_temperature


@pytest.mark.parametrize(
    "settings",
    [
        FitSettings(),
        FitSettings(freed=frozenset({"n_ats", "field_offset"})),
        FitSettings(n_fe=(1.7e17, 1e15)),
        FitSettings(model=Model("ll")),
        FitSettings(model=Model(orientation="rms", convention="exact"), fixed={"d0min_qs4": None}),
    ],
)
def test_gradient_of_chi2(settings):
    data = fixed_field(BK7, np.random.default_rng(1))
    problem = settings.problem(data, settings.held())
    point = problem.coordinates.from_reported(settings.guess())
    gradient = problem.chi2_gradient(point)
    assert problem.chi2(point) == pytest.approx(np.sum(problem.residuals(point) ** 2))
    for index in range(len(point)):
        step = 1e-6 * (abs(point[index]) or 1.0)
        up, down = point.copy(), point.copy()
        up[index] += step
        down[index] -= step
        slope = (problem.chi2(up) - problem.chi2(down)) / (2 * step)
        # measured worst 2e-7
        assert gradient[index] == pytest.approx(slope, rel=2e-6)


def test_constraints_are_observations():
    data = fixed_field(BK7, np.random.default_rng(2))
    with_one = FitSettings(n_fe=(1.9e17, 1e15))
    problem = with_one.problem(data, with_one.held())
    assert problem.n_observations == len(data) + 1
    point = problem.coordinates.from_reported(with_one.guess())
    assert problem.residuals(point)[-1] == pytest.approx(0.0)
    point[problem.coordinates.names.index("n_fe2")] += 1e15
    assert problem.residuals(point)[-1] == pytest.approx(-1.0)


def test_term_changes_sign_with_the_order_of_its_cutoffs():
    """So that chi2 is smooth through the point where the term vanishes."""
    T, H = np.array([2.0, 5.0, 50.0]), np.array([1e3, 2e4, 5e4])
    turned = {**BK7, "d0min_qs4": BK7["d0max_qs4"], "d0max_qs4": BK7["d0min_qs4"]}
    assert evaluate(T, H, turned, Model()).ats == pytest.approx(-evaluate(T, H, BK7, Model()).ats)
    total, gradient = evaluate_with_gradient(T, H, turned, Model())
    column = Model().names.index("d0max_qs4")
    step = 1.0
    up = evaluate(T, H, {**turned, "d0max_qs4": turned["d0max_qs4"] + step}, Model()).total
    down = evaluate(T, H, {**turned, "d0max_qs4": turned["d0max_qs4"] - step}, Model()).total
    assert gradient[:, column] == pytest.approx((up - down) / (2 * step), rel=1e-6)
    assert total == pytest.approx(evaluate(T, H, turned, Model()).total)


@pytest.mark.parametrize("campaign", [fixed_field, fixed_temperature])
def test_start_is_the_minimum(campaign):
    data = campaign(BK7, np.random.default_rng(3))
    settings = FitSettings()
    problem = settings.problem(data, settings.held())
    start = find_start(problem, settings.guess(), pinned=frozenset())
    truth = problem.coordinates.from_reported({name: BK7[name] for name in problem.coordinates.reported})
    assert problem.chi2(start) < problem.chi2(truth)
    assert problem.chi2(start) < len(data) + 5 * np.sqrt(2 * len(data))


def test_the_kept_response_of_ions_is_that_of_the_points_asked_for():
    ll = Model("ll")
    values = {"chi_larmor": 0.0, "n_fe2": 1e17, "n_fe3": 0.0, "field_offset": 0.0}
    T, H = np.array([2.0, 4.0, 8.0]), np.array([1e4, 2e4, 3e4])
    for temperature, field in ((T, H), (T[::-1], H), (T, 2 * H), (T, H), (T[1], H), (T[:, None], H[None, :])):
        found = evaluate(temperature, field, values, ll).fe2
        direct = langevin_magnetisation(temperature, field, n=1e17, j=2.0)
        assert np.array_equal(found, direct)
    whole = evaluate(np.array([2, 4]), np.array([10000, 20000]), values, ll).fe2
    assert np.array_equal(whole, langevin_magnetisation(T[:2], H[:2], n=1e17, j=2.0))


@pytest.mark.parametrize(
    "widths", [{}, {"field_offset": 20.0, "mass_scale": 0.01, "temperature_scale": 0.005}]
)
@pytest.mark.parametrize("name", MODELS)
def test_many_points_are_computed_as_each_alone(name, widths):
    settings = FitSettings(model=Model(name), nuisances=widths)
    rng = np.random.default_rng(8)
    held = settings.held()
    problem = settings.problem(fixed_field(BK7, rng), held, settings.assumed(held))
    shifted = replace(problem, data=fixed_field(BK7, rng))
    start = problem.coordinates.from_reported({**settings.guess(), **held})
    low, high = np.array(problem.coordinates.box()).T
    points = np.clip(start * (1.0 + 0.05 * rng.standard_normal((3, len(start)))), low, high)
    problems = [problem, shifted, problem]
    for some in (points, np.tile(points[:1], (3, 1))):
        residuals, jacobian = residuals_and_jacobians(problems, some)
        for k, one in enumerate(problems):
            alone, slopes = one.residuals_and_jacobian(some[k])
            assert residuals[k] == pytest.approx(alone, rel=1e-12, abs=1e-10)
            assert residuals[k] == pytest.approx(one.residuals(some[k]), rel=1e-12, abs=1e-10)
            # measured: 4e-11, where the slope by temperature of three levels is a difference
            assert np.all(np.abs(jacobian[k] - slopes).max(axis=0) <= 1e-9 * np.abs(slopes).max(axis=0))
    found, data_slopes, beside = residuals_at(problems, points[0])
    assert found == pytest.approx(
        residuals, rel=1e-12, abs=1e-9
    )  # 1e-12 of what is taken apart: measured 3e-11
    for k in range(len(problems)):
        assert np.array_equal(
            np.concatenate([data_slopes, beside[k]]), problem.residuals_and_jacobian(points[0])[1]
        )
