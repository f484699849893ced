"""The linear library against textbook formulae: least squares, knowledge as rows, allowances as columns, F tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from glasspara.analysis.linear import LinearModel, by_run, cubic_splines, even_knots, f_test
from glasspara.model.parameters import ALLOWANCES
from glasspara.simulation.datasets import PURE_LL, fixed_field

RNG = np.random.default_rng(5)
X = RNG.standard_normal((40, 3))
MODEL = LinearModel(X, X @ [1.0, -2.0, 0.5] + RNG.standard_normal(40))


def chi2(columns, target):
    left = target - columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
    return float(left @ left)


def test_least_squares_and_their_covariance():
    found, left = MODEL.solve()
    assert found == pytest.approx(np.linalg.solve(X.T @ X, X.T @ MODEL.target))
    assert left == pytest.approx(MODEL.target - X @ found)
    assert MODEL.covariance() == pytest.approx(np.linalg.inv(X.T @ X))
    fit = MODEL.fit()
    assert fit.left == pytest.approx(left)
    assert (fit.chi2, fit.ndof) == (pytest.approx(chi2(X, MODEL.target)), 37)


def test_knowledge_of_a_coefficient_is_a_weighted_mean():
    """A value known to be 3 +- 0.1 from elsewhere, and the one that the points give."""
    known = MODEL.with_knowledge(np.array([[10.0, 0.0, 0.0]]), np.array([30.0]))
    own, error = MODEL.solve()[0][0], MODEL.covariance()[0, 0] ** 0.5
    weights = error**-2, 0.1**-2
    mean = (weights[0] * own + weights[1] * 3.0) / sum(weights)
    assert known.solve()[0][0] == pytest.approx(mean)
    assert known.covariance()[0, 0] == pytest.approx(1.0 / sum(weights))


def test_the_f_test_is_that_of_two_nested_fits():
    more = RNG.standard_normal((40, 2))
    test = MODEL.fit().f_test(more)
    wider = chi2(np.concatenate([X, more], axis=1), MODEL.target)
    ratio = (chi2(X, MODEL.target) - wider) / 2 / (wider / 35)
    assert test.statistic == pytest.approx(ratio)
    assert (test.dof, test.p_value) == ((2, 35), pytest.approx(stats.f.sf(ratio, 2, 35)))
    assert MODEL.fit().beyond(more).chi2 == pytest.approx(wider)


def test_smooth_columns_count_as_noise_but_not_as_gain():
    more, smooth = RNG.standard_normal((40, 1)), RNG.standard_normal((40, 2))
    test = MODEL.fit().f_test(more, smooth=smooth)
    gain = chi2(X, MODEL.target) - chi2(np.concatenate([X, more], axis=1), MODEL.target)
    left = chi2(np.concatenate([X, more, smooth], axis=1), MODEL.target)
    assert (test.statistic, test.dof) == (pytest.approx(gain / (left / 34)), (1, 34))


def test_columns_that_the_model_has_already_test_nothing():
    test = MODEL.fit().f_test(X @ RNG.standard_normal((3, 2)))
    assert (test.possible, test.dof, test.p_value, test.established) == (False, (0, 0), 1.0, False)
    assert f_test(1.0, 1, 1.0, 0).p_value == 1.0  # no degree of freedom is left


def test_the_test_is_repeated_with_allowances_only_where_it_finds_something():
    signal = RNG.standard_normal((40, 1))
    moved = replace(MODEL, target=MODEL.target + 5.0 * signal[:, 0])
    assert MODEL.fit().f_test(signal[::-1], allowing=lambda: pytest.fail("not needed")).p_value > 0.05
    imitated = moved.fit().f_test(signal, allowing=lambda: moved.with_columns(signal + 1e-3 * X[:, :1]))
    assert imitated.p_value < 1e-10
    assert imitated.p_with_allowances > 0.05
    assert not imitated.established


def test_allowances_are_columns_with_priors_of_their_usual_widths():
    data = fixed_field(PURE_LL, np.random.default_rng(6), fields=(1e3, 2e4))
    H, M = data.field, data.magnetisation
    model = LinearModel.of(data, -H[:, None], M).with_allowances(data, M, M / H, -M)
    by_field, by_lag, by_mass = model.columns[: len(data), 1:3], model.columns[: len(data), 3:5], 5
    assert by_field == pytest.approx(by_run(data, (M / H / data.sigma)[:, None]))
    assert by_lag == pytest.approx(by_run(data, (-M / data.sigma)[:, None]))
    assert model.columns[: len(data), by_mass] == pytest.approx(M / data.sigma)  # both runs are of one sample
    kinds = ("field_offset", "field_offset", "temperature_scale", "temperature_scale", "mass_scale")
    widths = 1.0 / np.diag(model.columns[len(data) :, 1:])
    assert widths == pytest.approx([ALLOWANCES[kind] for kind in kinds])
    assert not model.target[len(data) :].any()


def test_splines_hold_every_cubic_and_sum_to_one():
    x = np.sort(RNG.uniform(-1.0, 4.0, 50))
    columns = cubic_splines(x, even_knots(x, 3))
    assert columns.shape == (50, 7)
    assert columns.sum(axis=1) == pytest.approx(1.0)
    assert chi2(columns, 1.0 + x - 0.3 * x**3) < 1e-20
