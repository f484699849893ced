"""Averages of repeated measurements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.files.table import RowPoints
from glasspara.runs.run import average_repeats, segment, select

NOISE = 3.0e-8


def run_of(n, times, seed=2, sigma=NOISE, errors="auto"):
    rng = np.random.default_rng(seed)
    T = np.repeat(np.geomspace(2.0, 300.0, n), times)
    moment = 1e-5 + 1e-4 / T + NOISE * rng.normal(size=len(T))
    lines = np.arange(10, 10 + len(T))
    points = RowPoints(T, np.full(len(T), 1000.0), moment, np.full(len(T), sigma), lines, "M", "Err")
    (run,), _ = segment(points, errors=errors)
    return run


def test_means_and_their_errors():
    run = run_of(40, 4)
    mean = average_repeats(run)
    assert len(mean) == 40
    np.testing.assert_allclose(mean.moment, run.moment.reshape(40, 4).mean(axis=1), rtol=1e-14)
    np.testing.assert_allclose(mean.temperature, run.temperature[::4], rtol=1e-14)
    assert mean.line.tolist() == run.line[::4].tolist()
    np.testing.assert_allclose(
        mean.sigma, NOISE / 2.0, rtol=0.15
    )  # pooled over 120 degrees of freedom: 9 % off
    assert np.ptp(mean.sigma) == 0.0
    assert mean.sigma_source == (
        "repeat scatter (120 degrees of freedom); means of 160 measurements at 40 set points"
    )


def test_the_means_scatter_as_their_errors_say():
    pulls = []
    for seed in range(20):
        mean = average_repeats(run_of(40, 4, seed=seed))
        pulls.append((mean.moment - 1e-5 - 1e-4 / mean.temperature) / mean.sigma)
    assert np.mean(np.square(pulls)) == pytest.approx(1.0, abs=0.1)  # 1.05


def test_few_repeats_and_the_instruments_errors_are_propagated():
    few = average_repeats(run_of(4, 2))
    np.testing.assert_allclose(few.sigma, NOISE / np.sqrt(2.0), rtol=1e-12)
    told = average_repeats(run_of(40, 4), errors="instrument")
    np.testing.assert_allclose(told.sigma, NOISE / 2.0, rtol=1e-12)
    assert told.sigma_source.startswith("instrument: Err; means of 160")


def test_a_single_point_keeps_its_error():
    run = run_of(40, 4)
    keep = np.ones(160, dtype=bool)
    keep[5:8] = False
    mean = average_repeats(select(run, keep))
    assert mean.sigma[1] == run.sigma[4]
    assert mean.sigma[0] < mean.sigma[1]


def test_without_repeats_nothing_changes():
    run = run_of(40, 1)
    assert average_repeats(run) is run


def test_branches_are_not_mixed():
    run = run_of(8, 2)
    turned = replace(run, branch=np.arange(16) % 2, branch_labels=("a", "b"))
    assert average_repeats(turned) is turned


def test_repeats_that_drift_alike_have_errors_all_the_same():
    """Nothing is left beside the drift: the mean is known to the last digit of the file."""
    T = np.repeat(np.geomspace(2.0, 300.0, 12), 3)
    moment = np.round(1e-5 + 1e-4 / T + 1e-8 * np.tile([-1.0, 0.3, 0.7], 12), 10)
    points = RowPoints(T, np.full(36, 1e3), moment, np.full(36, NOISE), np.arange(36), "M", "Err")
    (run,), _ = segment(points)
    mean = average_repeats(run)
    assert np.all(mean.sigma > 1e-12)
    assert "about the drift of the repeats" in mean.sigma_source
