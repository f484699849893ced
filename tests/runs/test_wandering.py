"""Fields and temperatures that wander: one run all the same, and set points that are near each other stay apart."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.files.table import RowPoints
from glasspara.runs.run import segment
from glasspara.runs.segmentation import FIXED_FIELD, FIXED_TEMPERATURE, find_segments

RAMP = np.geomspace(2.0, 300.0, 80)
DENSE = np.linspace(2.0, 300.0, 3000)
LOOP = np.concatenate((np.linspace(0, 5e4, 40), np.linspace(5e4, -5e4, 80), np.linspace(-5e4, 5e4, 80)))


def noise(size, seed=1):
    return np.random.default_rng(seed).standard_normal(size)


def found(T, H):
    """Kind and number of points of each run; no row may be left."""
    T, H = np.broadcast_arrays(np.asarray(T, dtype=float), np.asarray(H, dtype=float))
    segments, strays = find_segments(T.copy(), H.copy())
    assert strays == {}
    return [(item.kind, len(item.rows)) for item in segments]


@pytest.mark.parametrize(
    ("T", "H"),
    [
        (RAMP, np.linspace(10000, 10050, 80)),
        (RAMP, np.linspace(10000, 10200, 80)),
        (RAMP, 1e4 * (1.0 + 1e-3 * noise(80))),
        (RAMP, 3.0 * noise(80)),
        (DENSE, 1e4 * (1.0 + 3e-3 * noise(3000))),
        (DENSE, 1000.0 + 2.0 * noise(3000)),
        (RAMP[::-1], -1e4 * (1.0 + 3e-3 * noise(80))),
        # there and back in a field that drifts on
        (np.concatenate((RAMP[::2], RAMP[::-2])), np.linspace(10000, 10100, 80)),
    ],
)
def test_a_temperature_sweep_in_a_wandering_field_is_one_run(T, H):
    assert found(T, H) == [(FIXED_FIELD, len(T))]


def test_the_wandering_is_told_and_points_keep_their_fields():
    H = np.linspace(10000, 10200, 80)
    moment = 1e-9 * H / RAMP
    points = RowPoints(RAMP, H, moment, np.full(80, 1e-9), np.arange(1, 81), "m", "s")
    (run,), dropped = segment(points)
    assert dropped == ()
    assert run.nominal == 10100.0
    assert run.field == pytest.approx(H)
    assert any("the field is not constant, 10000 to 10200 Oe" in item.text for item in run.warnings)


@pytest.mark.parametrize("back", [False, True])
def test_near_fields_of_two_sweeps_stay_apart(back):
    T = np.concatenate((RAMP, RAMP[::-1] if back else RAMP))
    assert found(T, np.repeat([1000.0, 1010.0], 80)) == [(FIXED_FIELD, 80)] * 2
    wandering = np.repeat([1000.0, 1015.0], 80) + noise(160)
    assert found(T, wandering) == [(FIXED_FIELD, 80)] * 2


def test_near_fields_at_every_temperature_stay_apart():
    assert found(np.repeat(RAMP, 3), np.tile([0.0, 6.0, 12.0], 80)) == [(FIXED_FIELD, 80)] * 3


def test_a_fine_scan_of_the_field_is_no_wandering():
    fine = np.linspace(-10.0, 10.0, 41)
    assert found(5.0, fine) == [(FIXED_TEMPERATURE, 41)]
    assert found(np.linspace(5.0, 5.15, 41), fine) == [(FIXED_TEMPERATURE, 41)]
    assert found(np.linspace(9.9, 37.0, 200), LOOP) == [(FIXED_TEMPERATURE, 200)]


@pytest.mark.parametrize("size", [0.005, 0.01, 0.02])
def test_loops_at_noisy_temperatures_are_one_run_each(size):
    n = len(LOOP)
    assert found(4.5 * (1.0 + size * noise(n)), LOOP) == [(FIXED_TEMPERATURE, n)]
    two = np.concatenate((2.0 * (1.0 + size * noise(n)), 4.5 * (1.0 + size * noise(n, 2))))
    assert found(two, np.tile(LOOP, 2)) == [(FIXED_TEMPERATURE, n)] * 2
