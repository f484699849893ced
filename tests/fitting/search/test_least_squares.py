"""Bounded least squares: against SciPy's, and at the corners."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from glasspara.fitting.search.least_squares import FINEST, least_squares, solve_bounded


@pytest.mark.parametrize("seed", range(40))
def test_linear_problems_in_a_box(seed):
    """Columns of any size, nearly dependent ones among them, and boxes that are open on some sides."""
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(1, 8))
    jacobian = rng.normal(size=(30, columns)) * 10.0 ** rng.uniform(-8, 8, columns)
    if columns > 2:
        jacobian[:, 0] = jacobian[:, 1] * (1.0 + 1e-3 * rng.normal(size=30))
    residuals = rng.normal(size=30)
    whole = np.abs(np.linalg.lstsq(jacobian, -residuals, rcond=None)[0])
    low = np.where(rng.uniform(size=columns) < 0.3, -np.inf, -whole * rng.uniform(-0.5, 1.5, columns))
    high = np.where(
        rng.uniform(size=columns) < 0.3, np.inf, np.maximum(low, -whole) + whole * rng.uniform(0, 2, columns)
    )
    other = rng.normal(size=(30, columns))  # what is solved beside changes nothing
    (step, _), (inside, _) = solve_bounded(
        np.stack([jacobian, other]),
        np.stack([residuals, residuals]),
        np.stack([low, low]),
        np.stack([high, high]),
    )
    assert np.all((low <= step) & (step <= high))
    size = np.linalg.norm(jacobian, axis=0)
    best = optimize.lsq_linear(
        jacobian / size, -residuals, bounds=(low * size, high * size + 1e-300), method="bvls", tol=1e-14
    )
    left = residuals + jacobian @ step
    assert left @ left == pytest.approx(2.0 * best.cost, rel=1e-10)
    # no slope where it is inside; none inwards where it is not
    slopes = (left @ jacobian) / size
    assert slopes[inside] == pytest.approx(0.0, abs=1e-9)
    at_low = ~inside & (step == low) & (low < high)
    at_high = ~inside & (step == high) & (low < high)
    assert np.all(slopes[at_low] > -1e-9)
    assert np.all(slopes[at_high] < 1e-9)


def each(function):
    """``function`` of one point for many."""

    def many(points, which):
        residuals, jacobian = zip(*map(function, points), strict=True)
        return points, np.stack(residuals), np.stack(jacobian)

    return many


def rosenbrock(x):
    residuals = np.array([10.0 * (x[1] - x[0] ** 2), 1.0 - x[0]])
    return residuals, np.array([[-20.0 * x[0], 10.0], [-1.0, 0.0]])


@pytest.mark.parametrize(
    ("low", "high"),
    [((-5, -5), (5, 5)), ((-5, -5), (0.5, 5)), ((-5, 1.5), (5, 5)), ((-np.inf, -np.inf), (np.inf, 0.2))],
)
def test_curved_valleys_in_a_box(low, high):
    low, high = np.array(low, float), np.array(high, float)
    starts = np.array([[-1.2, 1.0], [0.3, -2.0]])
    (found, _), (squares, _), *_ = least_squares(each(rosenbrock), starts, low, high, gain=FINEST)
    assert found == pytest.approx(least_squares(each(rosenbrock), starts[:1], low, high, gain=FINEST)[0][0])
    assert squares == pytest.approx(rosenbrock(found)[0] @ rosenbrock(found)[0])
    best = optimize.least_squares(
        lambda x: rosenbrock(x)[0],
        np.clip([-1.2, 1.0], low + 1e-9, high - 1e-9),
        jac=lambda x: rosenbrock(x)[1],
        bounds=(low, high),
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    assert found == pytest.approx(best.x, abs=1e-6)
    assert np.all((low <= found) & (found <= high))


def test_infinite_residuals_shorten_the_step():
    def function(x):
        if x[0] > 2.0:
            return np.full(2, np.inf), np.zeros((2, 1))
        return np.array([np.exp(x[0]) - 7.0, 0.0]), np.array([[np.exp(x[0])], [0.0]])

    box = np.array([-5.0]), np.array([50.0])
    (found,), *_ = least_squares(each(function), np.array([[-3.0]]), *box, gain=FINEST)
    assert found == pytest.approx(np.log(7.0), rel=1e-9)
    with pytest.raises(ValueError, match="infinite at the start"):
        least_squares(each(function), np.array([[-3.0], [3.0]]), *box)


def test_what_nothing_depends_on_stays():
    (found,), *_ = least_squares(
        each(lambda x: (np.array([x[0] - 1.0, 2.0]), np.array([[1.0, 0.0], [0.0, 0.0]]))),
        np.array([[0.0, 3.0]]), np.full(2, -9.0), np.full(2, 9.0),
    )  # fmt: skip
    assert found == pytest.approx([1.0, 3.0], abs=1e-3)


def test_what_is_solved_for_stops_at_its_limit():
    """b + c (1 - exp(-a t)) through data whose best c is negative: with c held at 0 the shape a stays where it is.

    b and c are solved for at each place. A step that let c follow freely would promise what the limit forbids.
    """
    t = np.linspace(0.1, 3.0, 20)
    low, high = np.array([0.05, -np.inf, 0.0]), np.array([20.0, np.inf, np.inf])

    def places(points, which):
        found = []
        for a, *_ in points:
            columns = np.stack([np.ones(20), 1.0 - np.exp(-a * t)], axis=1)
            (linear,), _ = solve_bounded(columns[None], -data[None], low[None, 1:], high[None, 1:])
            bent = linear[1] * t * np.exp(-a * t)
            found.append((np.array([a, *linear]), columns @ linear - data, np.column_stack([bent, columns])))
        return tuple(np.stack(items) for items in zip(*found, strict=True))

    for slope, inside in ((-0.3, False), (0.3, True)):
        data = 2.0 + slope * (1.0 - np.exp(-1.5 * t)) + 0.01 * np.cos(40.0 * t)
        (found,), (squares,), *_ = least_squares(
            places, np.array([[0.4, 0.0, 0.0]]), low, high, solved=[1, 2], gain=FINEST
        )
        best = optimize.least_squares(
            lambda x, data=data: x[1] + x[2] * (1.0 - np.exp(-x[0] * t)) - data,
            [0.4, 1.0, 0.1], bounds=(low, high), xtol=1e-14, ftol=1e-14,
        )  # fmt: skip
        assert squares == pytest.approx(2.0 * best.cost, rel=1e-9)
        assert bool(found[2] > 0.0) is inside
