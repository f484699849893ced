"""Non-negative least squares against SciPy's, and what its certificate says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import nnls

from glasspara.ordinary.solver import solve


def problem(seed, n=120, p=60, f=3, spread=0.05):
    """Overlapping bumps, as near to each other as entries of a dictionary, with free waves beside them."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0.0, 1.0, n)
    columns = np.exp(-(((x[:, None] - np.linspace(-0.1, 1.1, p)) / spread) ** 2))
    free = np.sin(6.0 * np.pi * x[:, None] * np.arange(1, f + 1))
    truth = np.where(rng.random(p) < 0.1, rng.exponential(size=p), 0.0)
    target = columns @ truth + free @ rng.standard_normal(f) + 0.01 * rng.standard_normal(n)
    return 100.0 * columns, 100.0 * free, 100.0 * target  # in standard errors


def by_scipy(columns, free, target):
    weights, norm = nnls(np.hstack([columns, free, -free]), target, maxiter=100_000)
    return weights[: columns.shape[1]], norm**2


@pytest.mark.parametrize("seed", range(8))
def test_as_scipy_finds_it(seed):
    columns, free, target = problem(seed)
    found = solve(columns, free, target)
    weights, chi2 = by_scipy(columns, free, target)
    assert found.chi2 == pytest.approx(chi2, rel=1e-7)
    assert columns @ found.weights == pytest.approx(columns @ weights, abs=0.05)
    fitted = columns @ found.weights + free @ found.free
    assert float(np.sum((target - fitted) ** 2)) == pytest.approx(found.chi2, rel=1e-9)
    assert np.all(found.weights >= 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_the_certificate_bounds_what_is_left(seed):
    columns, free, target = problem(seed, p=150)
    found = solve(columns, free, target)
    _, chi2 = by_scipy(columns, free, target)
    # the slopes, by hand: none of an entry up, none of an active one or a free column at all
    residual = target - columns @ found.weights - free @ found.free
    slopes = (columns / np.linalg.norm(columns, axis=0)).T @ residual
    size = np.linalg.norm(target)
    assert slopes.max() < 1e-8 * size
    assert np.abs(slopes[list(found.active)]).max() < 1e-8 * size
    assert np.abs(free.T @ residual).max() < 1e-6 * size**2
    assert found.chi2 - chi2 <= found.certificate.gap + 1e-6 * chi2


def test_a_start_changes_nothing_but_the_time():
    columns, free, target = problem(3)
    cold = solve(columns, free, target)
    warm = solve(columns, free, target, start=cold.active)
    wrong = solve(columns, free, target, start=range(0, 60, 7))
    assert warm.certificate.changes < cold.certificate.changes
    for other in (warm, wrong):
        assert other.chi2 == pytest.approx(cold.chi2, rel=1e-7)


def test_columns_that_vanish_repeat_or_cannot_help():
    columns, free, target = problem(5, p=10)
    awkward = np.column_stack([np.zeros(len(target)), columns, columns[:, 3], -columns[:, 4]])
    doubled = np.column_stack([free, free[:, 0] + free[:, 1], np.zeros(len(target))])
    found = solve(awkward, doubled, target)
    _, chi2 = by_scipy(np.column_stack([columns, -columns[:, 4]]), free, target)
    assert found.chi2 == pytest.approx(chi2, rel=1e-7)
    assert found.weights[0] == 0.0
    assert np.isfinite(found.free).all()


def test_fewer_points_than_columns():
    columns, free, target = problem(2, n=12, p=30, f=2)
    found = solve(columns, free, target)
    assert found.chi2 == pytest.approx(by_scipy(columns, free, target)[1], rel=1e-6)
    nothing = solve(-np.abs(columns), np.zeros((12, 0)), np.abs(target))
    assert nothing.active == ()
    assert nothing.chi2 == pytest.approx(float(target @ target))
