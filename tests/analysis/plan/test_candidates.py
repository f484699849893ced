"""Candidate runs and the noise of their points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.analysis.plan.candidates import (
    Noise,
    Reach,
    expected_run,
    in_measuring_order,
    name_of,
    range_of,
)
from glasspara.data import Dataset
from glasspara.errors import UsageError
from glasspara.model.model import Model, evaluate
from glasspara.simulation.datasets import BK7, fixed_field


def test_candidates_stay_within_reach():
    reach = Reach(max_field=7.0e4, temperatures=(1.9, 250.0), points=25)
    runs = reach.candidates()
    for run in runs:
        low, high = (1.9, 250.0) if run.kind == "fixed-field" else (0.0, 7.0e4)
        assert len(run.grid) == 25
        assert low <= run.grid[0] < run.grid[-1] == high
        assert 0.0 < run.nominal <= (7.0e4 if run.kind == "fixed-field" else 250.0)
    assert {run.nominal for run in runs if run.kind == "fixed-field"} >= {2e4, 7e4}
    assert len({(run.kind, run.nominal) for run in runs}) == len(runs)


def test_named_set_points_are_the_only_ones():
    runs = Reach(mt=(500.0,), mh=(3.5, 4.0)).candidates()
    assert [name_of(run) for run in runs] == ["M(T) at 500 Oe", "M(H) at 3.5 K", "M(H) at 4 K"]
    assert range_of(runs[0]) == "2 to 300 K"
    assert range_of(runs[1]) == "1.25 to 50 kOe"


@pytest.mark.parametrize("start", [Reach(points=30).warming(5e4), Reach(points=30).magnetising(4.0)])
def test_points_of_a_run_move_between_places_and_stay_within_reach(start):
    reach = Reach(points=30)
    places, counts = reach.places(start)
    assert counts.sum() == 30
    assert (np.diff(places.grid) > 0.0).all()
    assert reach.places(reach.with_points(places, counts))[1].tolist() == counts.tolist()
    moved = np.zeros_like(counts)
    moved[[0, -1]] = 20, 10
    uneven = reach.with_points(places, moved)
    assert len(set(uneven.grid)) == 30
    assert (uneven.grid[0], uneven.grid[-1]) == (places.grid[0], places.grid[-1])
    assert uneven.grid[19] < places.grid[1] < places.grid[-2] < uneven.grid[20]
    assert ", half below" in range_of(uneven)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_field": 5.0},
        {"max_field": float("nan")},
        {"temperatures": (0.0, 300.0)},
        {"temperatures": (300.0, 2.0)},
        {"points": 1},
        {"mt": (6.0e4,)},
        {"mt": (0.0,)},
        {"mh": (1.0,)},
    ],
)
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(UsageError):
        Reach(**wrong)


def test_weak_fields_are_measured_first():
    reach = Reach()
    runs = [reach.magnetising(2.0), reach.warming(5e4), reach.warming(1e3)]
    assert in_measuring_order(runs) == [runs[2], runs[1], runs[0]]


def test_noise_is_that_of_the_data():
    data = fixed_field(BK7, np.random.default_rng(1), noise=4e-3)  # and 1e-8 emu, which a zero crossing shows
    found = Noise.of(data)
    assert found.relative == pytest.approx(4e-3, rel=1e-3)
    spoilt = data.runs[0].sigma.copy()
    spoilt[3] *= 300.0  # a flux jump
    jumped = Dataset((replace(data.runs[0], sigma=spoilt), *data.runs[1:]))
    assert Noise.of(jumped).relative == pytest.approx(4e-3, rel=1e-3)


def test_no_point_is_taken_for_more_precise_than_those_of_the_data():
    data = fixed_field(BK7, np.random.default_rng(1), fields=(2e4,))
    noise = Noise.of(data)
    run = expected_run(Reach().magnetising(2.0), BK7, Model(), noise=noise, like=data.runs[0])
    assert np.min(np.abs(run.magnetisation)) < 0.1 * np.max(np.abs(run.magnetisation))
    assert run.sigma.min() >= 0.99 * data.sigma.min()
    np.testing.assert_allclose(run.magnetisation, evaluate(run.temperature, run.field, BK7, Model()).total)


def test_given_noise_replaces_that_of_the_data():
    assert Noise(1e-3, 2e-8, "data").given(1e-2, None) == Noise(1e-2, 2e-8, "given")
    assert Noise(1e-3, 2e-8, "data").given(None, None).source == "data"
    # of data whose scatter exceeds the moment: nobody gave that
    assert Noise(1.6, 2e-8, "data").relative == 1.6
    for relative, floor in ((-1.0, 1e-9), (2.0, 1e-9), (0.0, 0.0), (1e-3, float("inf"))):
        with pytest.raises(UsageError, match="--noise"):
            Noise(relative, floor)
