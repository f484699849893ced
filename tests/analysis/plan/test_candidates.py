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
    groups = reach.candidates()
    for run in (run for group in groups for run in group):
        low, high = (1.9, 250.0) if run.kind == "fixed-field" else (0.0, 7.0e4)
        assert len(run.grid) == 25
        assert low <= run.grid[0] < run.grid[-1] <= high
        assert 0.0 < run.nominal <= (7.0e4 if run.kind == "fixed-field" else 250.0)
    assert {run.nominal for run in (group[0] for group in groups) if run.kind == "fixed-field"} >= {2e4, 7e4}
    assert all(len({(run.kind, run.nominal) for run in group}) == 1 for group in groups)
    whole = [group[0] for group in groups]
    assert {(run.grid[0], run.grid[-1]) for run in whole if run.kind == "fixed-field"} == {(1.9, 250.0)}
    assert {run.grid[-1] for run in whole if run.kind != "fixed-field"} == {7.0e4}


def test_named_set_points_are_the_only_ones():
    groups = Reach(mt=(500.0,), mh=(3.5, 4.0)).candidates()
    assert [name_of(group[0]) for group in groups] == ["M(T) at 500 Oe", "M(H) at 3.5 K", "M(H) at 4 K"]
    assert range_of(groups[0][0]) == "2 to 300 K"
    assert range_of(groups[1][0]) == "1.25 to 50 kOe"


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
    for relative, floor in ((-1.0, 1e-9), (2.0, 1e-9), (0.0, 0.0), (1e-3, float("inf"))):
        with pytest.raises(UsageError, match="--noise"):
            Noise(relative, floor)
