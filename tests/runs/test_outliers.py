"""Flux jumps: found where they are, not found where there are none."""

from __future__ import annotations

import numpy as np

from glasspara.runs.outliers import flux_jumps
from glasspara.runs.scatter import local_scatter

NOISE = 1.0e-8


def found(x, moment, branch=None):
    branch = np.zeros(len(x), dtype=np.int64) if branch is None else branch
    return flux_jumps(
        varies=x, moment=moment, branch=branch, scatter=local_scatter(x, moment, branch)
    ).tolist()


def test_noise_with_heavy_tails_is_no_jump():
    """Student's t of 5 degrees of freedom: none of 300 runs of 12 to 150 points."""
    rng = np.random.default_rng(3)
    for _ in range(300):
        T = np.geomspace(2.0, 300.0, rng.integers(12, 150))
        assert found(1 / T, 1e-5 + 1e-4 / T + NOISE * rng.standard_t(5, size=len(T))) == []


def test_jumps_are_found_alone():
    """3000 standard deviations on a Curie law, anywhere but on the steps at its cold end: 97 % of all places."""
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(200):
        T = np.geomspace(2.0, 300.0, rng.integers(12, 150))
        moment = 1e-5 + 1e-4 / T + NOISE * rng.normal(size=len(T))
        at = int(rng.integers(3, len(T) - 3))
        moment[at] += rng.choice((-1, 1)) * 3000 * NOISE
        jumps = found(1 / T, moment)
        assert jumps in ([], [at])
        hits += jumps == [at]
    assert hits >= 190  # 193


def test_two_jumps_in_a_row():
    T = np.geomspace(2.0, 300.0, 80)
    moment = 1e-5 + 1e-4 / T + NOISE * np.cos(5.3 * np.arange(80) ** 2)
    moment[40:42] += 2e-5
    assert found(1 / T, moment) == [40, 41]


def test_a_step_of_the_sample_is_no_jump():
    """A ferromagnetic impurity turns round between two points and stays so."""
    H = np.linspace(-5e4, 5e4, 101)
    moment = -1e-8 * H + 5e-6 * np.tanh((H - 700) / 500) + NOISE * np.cos(5.3 * np.arange(101) ** 2)
    assert found(H, moment) == []


def test_a_transition_near_the_end_of_a_sweep_is_no_jump():
    """A superconductor, and a step: the last points before it lie beside both neighbours by noise alone."""
    T = np.linspace(2.0, 300.0, 150)
    for seed in range(40):
        noise = NOISE * np.random.default_rng(seed).normal(size=150)
        for place in (5.0, 9.2, 30.0, 290.0):
            for low, high in ((-1e-3, 1e-6), (1e-4, 1.4e-4)):
                assert found(1 / T, np.where(place > T, low, high) + noise) == []


def test_repeats_beside_a_gap_are_no_jump():
    """Slow relaxation at 2 K, then 3 K: no curve is known across the gap."""
    T = np.array([2.0, 2.0001, 2.0002, 2.0003] * 3 + [3.0, 3.0001, 3.0002, 3.0003] * 3)
    moment = 1e-4 / T + 1e-7 * np.tile([0.0, 1.0, 1.8, 2.4], 6) + 1e-10 * np.cos(5.3 * np.arange(24) ** 2)
    assert found(1 / T, moment) == []


def test_many_wild_points_are_a_rough_curve():
    T = np.geomspace(2.0, 300.0, 60)
    moment = 1e-5 + 1e-4 / T + NOISE * np.cos(5.3 * np.arange(60) ** 2)
    moment[6::7] += 1e-4
    assert found(1 / T, moment) == []


def test_branches_are_apart():
    T = np.concatenate((np.geomspace(2.0, 300.0, 40), np.geomspace(300.0, 2.0, 40)))
    branch = np.repeat([0, 1], 40)
    moment = 1e-4 / T + 1e-5 * branch + NOISE * np.cos(5.3 * np.arange(80) ** 2)
    moment[60] -= 1e-4
    assert found(1 / T, moment, branch) == [60]


def test_short_runs():
    for n in range(6):
        x = np.arange(float(n))
        assert found(x, x.copy()) == []
