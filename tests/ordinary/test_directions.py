"""Errors of the instrument as directions."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.errors import InputError, UsageError
from glasspara.ordinary.dictionary import ordinary_dictionary
from glasspara.ordinary.directions import (
    Curve,
    DirectionWidths,
    chi2_with_directions,
    directions_of,
)
from tests.ordinary.samples import design

ALL = DirectionWidths(moment_offset=1e-6, drift=2e-6)


def names(directions):
    return [item.name for item in directions.items]


def two_samples():
    """Three runs, the last of another sample; time runs on."""
    one = design((1e3, 2e4), (5.0,), points=20)
    sample = np.repeat([0, 0, 1], 20)
    return one, sample, np.tile(np.linspace(-0.5, 0.5, 20), 3)


def test_each_kind_has_its_own_and_those_in_common_are_common():
    one, sample, progress = two_samples()
    found = directions_of(one.T, run=one.run, sample=sample, widths=ALL, progress=progress)
    kinds = [item.kind for item in found.items]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "field offset": 3,
        "thermometer of a run": 3,
        "gain of a run": 2,  # a sample of one run has its mass
        "moment offset": 3,
        "drift": 3,
        "thermometer": 8,
        "mass": 2,
    }
    narrow = directions_of(
        np.full(5, 4.0), run=np.zeros(5, int), sample=np.zeros(5, int), widths=DirectionWidths()
    )
    assert [name for name in names(narrow) if " at " in name] == ["thermometer at 3 K", "thermometer at 5 K"]
    none = DirectionWidths(0.0, 0.0, 0.0, 0.0, 0.0)
    assert directions_of(one.T, run=one.run, sample=sample, widths=none).items == ()


def test_a_geometry_factor_is_common_to_its_run_type():
    one, sample, _ = two_samples()
    errors = np.where(one.run == 1, 0.004, 0.0)
    none = DirectionWidths(0.0, 0.0, 0.0, 0.0, 0.0)
    found = directions_of(one.T, run=one.run, sample=sample, widths=none, geometry={"vsm": errors})
    assert [(item.name, item.kind, item.width) for item in found.items] == [
        ("geometry factor, vsm", "geometry factor", 0.004)
    ]
    assert found.shared.targets == ("log gain",)
    assert found.shared.values[:, 0] == pytest.approx(errors)


def test_the_shared_thermometer_is_linear_in_the_logarithm_between_nodes():
    T = np.array([1.5, 2.0, np.sqrt(10.0 * 20.0), 60.0, 400.0])
    flat = Curve(np.zeros(5), np.zeros(5), np.ones(5))
    found = directions_of(T, run=np.arange(5), sample=np.zeros(5, int), widths=DirectionWidths())
    shares = {
        item.name: found.effect(found.columns(flat), pulls) / 0.005
        for item, pulls in zip(found.items, np.eye(len(found.items)), strict=True)
        if item.kind == "thermometer"
    }
    assert shares["thermometer at 2 K"] == pytest.approx([1.0, 1.0, 0.0, 0.0, 0.0])
    assert shares["thermometer at 10 K"] == pytest.approx([0.0, 0.0, 0.5, 0.0, 0.0])
    assert sum(shares.values()) == pytest.approx(np.ones(5))


def test_columns_are_what_the_errors_do_to_the_curve():
    one, sample, progress = two_samples()
    dictionary = ordinary_dictionary()
    weights = np.zeros(len(dictionary.entries))
    weights[[3, 60, 200, 330]] = 1e17, 2e17, 1e16, 1e-5
    found = directions_of(one.T, run=one.run, sample=sample, widths=ALL, progress=progress)
    slopes = found.columns(dictionary.curve(one.T, one.H, weights))
    step = 1e-3
    for unit in np.eye(len(found.items)):
        column = found.effect(slopes, unit)
        changed = []
        for sign in (1.0, -1.0):
            sums = found.sums(sign * step * unit)
            T, H = one.T * np.exp(sums["log temperature"]), one.H + sums["field"]
            curve = dictionary.curve(T, H, weights).magnetisation * np.exp(sums["log gain"])
            changed.append(curve + sums["magnetisation"])
        numeric = (changed[0] - changed[1]) / (2.0 * step)
        assert numeric == pytest.approx(column, rel=1e-5, abs=1e-6 * np.abs(column).max())


def test_the_points_of_a_run_stand_together():
    with pytest.raises(InputError, match="together"):
        directions_of(np.ones(3), run=np.array([0, 1, 0]), sample=np.zeros(3, int), widths=None)


def test_a_drift_needs_times_and_widths_must_be_numbers():
    one = design((1e3,), points=5)
    with pytest.raises(UsageError, match="times"):
        directions_of(one.T, run=one.run, sample=one.sample, widths=ALL)
    for bad in (-1.0, np.inf, np.nan):
        with pytest.raises(UsageError, match="width"):
            DirectionWidths(mass=bad)


def errors_of(n, runs):
    """Directions at ``n`` points in so many runs, and random slopes."""
    run = np.arange(n) * runs // n
    T = np.geomspace(2.0, 300.0, n)
    found = directions_of(T, run=run, sample=np.zeros(n, int), widths=DirectionWidths())
    rng = np.random.default_rng(n)
    return found, found.columns(Curve(*(rng.standard_normal(n) for _ in range(3))))


def test_pulls_are_found_and_cost_their_squares():
    rng = np.random.default_rng(4)
    (directions, slopes), sigma = errors_of(200, 3), np.full(200, 1e-5)
    pulls = rng.standard_normal(len(directions.items))
    residual = directions.effect(slopes, pulls) + sigma * rng.standard_normal(200)
    found = chi2_with_directions(residual, sigma, directions, slopes)
    assert directions.effect(slopes, found.pulls - pulls) / sigma == pytest.approx(np.zeros(200), abs=3.0)
    left = (residual - directions.effect(slopes, found.pulls)) / sigma
    assert found.chi2 == pytest.approx(float(left @ left + found.pulls @ found.pulls))
    without = float(np.sum((residual / sigma) ** 2))
    assert found.chi2 < 260.0 < without
    none = directions_of(np.ones(200), run=np.zeros(200), sample=np.zeros(200), widths=None)
    plain = chi2_with_directions(residual, sigma, none, none.columns(Curve(*np.zeros((3, 200)))))
    assert plain.chi2 == pytest.approx(without)


def test_errors_of_single_runs_are_taken_out_as_if_all_were_fitted_together():
    rng = np.random.default_rng(6)
    (directions, slopes), sigma = errors_of(60, 7), np.full(60, 0.01)
    tangent, residual = rng.standard_normal((60, 2)), rng.standard_normal(60)
    dense = np.stack([directions.effect(slopes, unit) for unit in np.eye(len(directions.items))], axis=1)
    known = np.array([[0.3, -2.0]])
    system = np.block(
        [
            [dense / sigma[:, None], tangent / sigma[:, None]],
            [np.eye(dense.shape[1]), np.zeros((dense.shape[1], 2))],
            [np.zeros((1, dense.shape[1])), known],
        ]
    )
    goal = np.concatenate([residual / sigma, np.zeros(dense.shape[1]), [0.7]])
    best, chi2, *_ = np.linalg.lstsq(system, goal, rcond=None)
    found = chi2_with_directions(
        residual, sigma, directions, slopes, tangent=tangent, beside=(np.array([0.7]), known)
    )
    assert found.chi2 == pytest.approx(float(chi2[0]), rel=1e-9)
    assert found.pulls == pytest.approx(best[:-2], rel=1e-6, abs=1e-6)


def test_free_parameters_follow_without_cost():
    rng = np.random.default_rng(5)
    (directions, slopes), sigma = errors_of(80, 1), np.full(80, 1e-2)
    pulls = 2.0 * rng.standard_normal(len(directions.items))
    tangent = rng.standard_normal((80, 3))
    tangent = np.column_stack([tangent, tangent[:, 0], np.zeros(80)])  # degenerate ones do no harm
    residual = tangent @ np.array([1e4, -3e4, 2.0, 0.0, 0.0]) + directions.effect(slopes, pulls)
    found = chi2_with_directions(residual, sigma, directions, slopes, tangent=tangent)
    assert 0.1 < found.chi2 < float(pulls @ pulls) < 1e-6 * float(np.sum((residual / sigma) ** 2))


def test_curves_move_to_first_order():
    curve = Curve(np.array([1.0, 2.0]), np.array([0.1, 0.2]), np.array([-1.0, -3.0]))
    moved = curve.moved(np.array([1.0, 0.0]), np.array([0.0, 0.1]))
    assert moved.magnetisation == pytest.approx([1.1, 1.7])
    assert (curve + curve).by_field == pytest.approx(curve.scaled(2.0).by_field)
