"""Sequences as laboratories run them, and what becomes of each row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from glasspara.runs import segmentation
from glasspara.runs.segmentation import FIXED_FIELD, FIXED_TEMPERATURE, NOTHING_HELD, find_segments

LOOP = np.concatenate((np.linspace(0, 7e4, 15), np.linspace(6.5e4, -7e4, 28), np.linspace(-6.5e4, 7e4, 28)))
RAMP = np.geomspace(2.0, 300.0, 40)


def sequence(*parts):
    """(T, H) of parts given as pairs that broadcast."""
    pairs = [
        np.broadcast_arrays(np.atleast_1d(T).astype(float), np.atleast_1d(H).astype(float)) for T, H in parts
    ]
    return tuple(np.concatenate([pair[k] for pair in pairs]) for k in (0, 1))


def found(T, H):
    """Runs as (kind, median set point, number of points); every row must be accounted for once."""
    segments, strays = find_segments(T, H)
    rows = [int(i) for segment in segments for i in segment.rows] + list(strays)
    assert sorted(rows) == list(range(len(T)))
    for segment in segments:
        assert np.all(np.diff(segment.rows) > 0)
    firsts = [segment.rows[0] for segment in segments]
    assert firsts == sorted(firsts)
    held = {FIXED_FIELD: H, FIXED_TEMPERATURE: T}
    return [(s.kind, float(np.median(held[s.kind][s.rows])), len(s.rows)) for s in segments], strays


def test_more_runs_than_a_measurement_has_are_none_and_end_the_search(monkeypatch):
    monkeypatch.setattr(segmentation, "MOST_SEGMENTS", 10)
    looked_at = []
    classify = segmentation._classify
    monkeypatch.setattr(
        segmentation, "_classify", lambda *arguments: (looked_at.append(1), classify(*arguments))
    )
    T, H = sequence(*((2.0 + 3.0 * number, np.linspace(0, 7e4, 5)) for number in range(60)))
    assert found(T, H) == ([], dict.fromkeys(range(300), NOTHING_HELD))
    assert len(looked_at) == 11


def test_one_run_of_each_kind():
    assert found(*sequence((RAMP, 1000.0))) == ([(FIXED_FIELD, 1000.0, 40)], {})
    assert found(*sequence((5.0, LOOP))) == ([(FIXED_TEMPERATURE, 5.0, 71)], {})


def test_noise_of_the_set_points():
    rng = np.random.default_rng(1)
    T, H = sequence((RAMP, 1000.0), (RAMP[::-1], 100.0))
    runs, strays = found(T * (1 + 1e-4 * rng.normal(size=80)), H + rng.uniform(-0.5, 0.5, 80))
    assert [(kind, n) for kind, _, n in runs] == [(FIXED_FIELD, 40)] * 2
    assert not strays
    T, H = sequence((2.0, LOOP), (2.5, LOOP))
    runs, strays = found(T + 0.003 * rng.normal(size=142), H + rng.normal(size=142))
    assert [(kind, n) for kind, _, n in runs] == [(FIXED_TEMPERATURE, 71)] * 2
    assert not strays


@pytest.mark.parametrize("back", [False, True])
def test_grid_with_temperature_inside(back):
    fields = np.linspace(1000, 50000, 33)
    runs, strays = found(
        *sequence(*((RAMP[::-1] if back and k % 2 else RAMP, H) for k, H in enumerate(fields)))
    )
    assert runs == [(FIXED_FIELD, H, 40) for H in fields]
    assert not strays


@pytest.mark.parametrize("back", [False, True])
def test_grid_with_field_inside(back):
    """Going back and forth, one field is shared by the end of a temperature and the start of the next."""
    temperatures = np.arange(2.0, 12.0, 0.25)
    H = np.repeat(np.linspace(0, 5e4, 11), 2)
    runs, strays = found(
        *sequence(*((T, H[::-1] if back and k % 2 else H) for k, T in enumerate(temperatures)))
    )
    assert runs == [(FIXED_TEMPERATURE, T, 22) for T in temperatures]
    assert not strays


@pytest.mark.parametrize("repeats", [1, 4])
def test_three_fields_at_each_of_many_temperatures(repeats):
    H = np.repeat([1e4, 2e4, 5e4], repeats)
    runs, strays = found(*sequence(*((T, H) for T in RAMP)))
    assert runs == [(FIXED_FIELD, H, 40 * repeats) for H in (1e4, 2e4, 5e4)]
    assert not strays


def test_three_temperatures_at_each_of_many_fields():
    runs, strays = found(*sequence(*(([2.0, 4.0, 10.0], H) for H in LOOP)))
    assert runs == [(FIXED_TEMPERATURE, T, 71) for T in (2.0, 4.0, 10.0)]
    assert not strays


def test_narrow_sweeps_at_several_fields():
    T = np.linspace(4.0, 4.12, 12)
    runs, strays = found(*sequence(*((T, H) for H in (100.0, 200.0, 300.0, 400.0, 500.0))))
    assert [(kind, n) for kind, _, n in runs] == [(FIXED_FIELD, 12)] * 5
    assert not strays


def test_narrow_sweep_at_one_field():
    assert found(*sequence((np.linspace(4.0, 4.12, 12), 100.0)))[0] == [(FIXED_FIELD, 100.0, 12)]


def test_zero_field_cooled_then_field_cooled_is_one_run():
    assert found(*sequence((RAMP, 100.0), (RAMP[::-1], 100.0)))[0] == [(FIXED_FIELD, 100.0, 80)]


def test_an_interrupted_run_is_one_run():
    runs, strays = found(*sequence((RAMP[:20], 2000.0), (RAMP[20], LOOP), (RAMP[21:], 2000.0)))
    assert runs == [(FIXED_FIELD, 2000.0, 39), (FIXED_TEMPERATURE, RAMP[20], 71)]
    assert not strays


def test_field_sweep_then_temperature_sweep():
    """The first point of the temperature sweep has the temperature of the loop before it."""
    runs, strays = found(
        *sequence((2.28, [5e4, 3.5e4, 2e4, 5e3, 4.5e3, 150, 100, -100]), (RAMP + 0.28, 5000.0))
    )
    assert runs == [(FIXED_TEMPERATURE, 2.28, 8), (FIXED_FIELD, 5000.0, 40)]
    assert not strays


CLOSED = np.array([0, 1, 20, 40, 60, 40, 20, 1, -1, -20, -40, -60, -40, -20, -1.0]) * 1e3


@pytest.mark.parametrize(
    "temperatures",
    [(102.0, 112.0, 122.0), (50.0, 51.0, 52.0), (4.2, 4.3, 4.4), (2.0, 2.1, 2.2), (300.0, 290.0)],
)
@pytest.mark.parametrize("steps", [1, 4])
def test_loops_at_neighbouring_temperatures_are_apart(temperatures, steps):
    """Each goes on where the last one ends: from -1000 through 0 to 1000 Oe."""
    fields = np.repeat(CLOSED, steps)
    T, H = sequence(*((T, fields) for T in temperatures))
    noise = np.random.default_rng(5).normal(size=len(T))
    runs, strays = found(T * (1.0 + 3e-4 * noise), H + 0.3 * noise)
    assert [(kind, n) for kind, _, n in runs] == [(FIXED_TEMPERATURE, len(fields))] * len(temperatures)
    assert [T for _, T, _ in runs] == pytest.approx(temperatures, rel=2e-3)
    assert not strays


@pytest.mark.parametrize(("step", "noise"), [(0.02, 2e-3), (0.05, 5e-3)])
def test_loops_whose_temperature_is_noisy_are_apart(step, noise):
    """Levels are told by their drift, not by the noise of the readings; a noisy loop that drifts as far is one."""
    fields = np.concatenate([np.arange(0, 50001, 2500), np.arange(47500, -50001, -2500)])
    rng = np.random.default_rng(3)
    for T in (5.0, 10.0, 100.0):
        H, scatter = np.tile(fields, 2), 1.0 + noise * rng.normal(size=2 * len(fields))
        runs, _ = found(np.repeat([T, T * (1.0 + step)], len(fields)) * scatter, H)
        assert [n for *_, n in runs] == [len(fields)] * 2
        runs, _ = found(np.linspace(T, T * (1.0 + step), len(H)) * scatter, H)
        assert [n for *_, n in runs] == [len(H)]


def test_a_loop_that_begins_at_the_field_of_the_sweep_before_it():
    """Warming to the temperature of the loop, or not; one reading at each temperature, or three."""
    fields = np.linspace(1e3, 5e4, 15)
    for sweep, T in ((RAMP, 300.0), (RAMP[::-1], 2.0), (RAMP, 5.0), (RAMP[::-1], 40.0)):
        for repeats in (1, 3):
            runs, strays = found(*sequence((np.repeat(sweep, repeats), 1e3), (T, np.repeat(fields, repeats))))
            assert runs == [(FIXED_FIELD, 1e3, 40 * repeats), (FIXED_TEMPERATURE, T, 15 * repeats)]
            assert not strays


def test_a_loop_that_ends_at_the_field_of_the_sweep_after_it():
    fields = np.linspace(5e4, 1e3, 15)
    runs, strays = found(*sequence((5.0, fields), (RAMP, 1e3)))
    assert runs == [(FIXED_TEMPERATURE, 5.0, 15), (FIXED_FIELD, 1e3, 40)]
    assert not strays


def test_a_sweep_keeps_its_end_at_the_temperature_of_the_next_loop():
    runs, _ = found(*sequence((RAMP, 1e3), (300.0, LOOP)))
    assert [n for _, _, n in runs] == [40, 71]


def test_a_row_on_the_way_to_the_next_set_point():
    runs, strays = found(*sequence((11.0, LOOP), (13.0, 0.5)))
    assert runs == [(FIXED_TEMPERATURE, 11.0, 71)]
    assert strays == {71: "outside sequence: between set points"}
    runs, strays = found(*sequence((5.0, LOOP), ([6.1, 8.2], [30.0, 10.0]), (10.0, LOOP)))
    assert [n for _, _, n in runs] == [71, 71]
    assert set(strays) == {71, 72}


def test_rows_that_settle_belong_to_their_level():
    settling = 1.0 + 0.03 * np.exp(-np.arange(71) / 2.0)
    runs, strays = found(*sequence((2.0 * settling, LOOP), (5.0 * settling, LOOP), (5.2 * settling, LOOP)))
    assert [(kind, n) for kind, _, n in runs] == [(FIXED_TEMPERATURE, 71)] * 3
    assert not strays


def test_a_slow_change_between_flat_levels_belongs_to_none():
    way = (np.linspace(6.0, 290.0, 12), np.linspace(6e4, 1e4, 12))
    runs, strays = found(*sequence((5.0, LOOP), way, (300.0, LOOP)))
    assert [(kind, n) for kind, _, n in runs] == [(FIXED_TEMPERATURE, 71), (FIXED_TEMPERATURE, 72)]
    assert len(strays) == 11


def test_a_loop_that_drifts_is_one_run():
    """Four rows a field; calm at first, then from 10 to 26 K while the loop goes on."""
    T = np.concatenate((np.full(120, 9.93), np.linspace(9.95, 26.0, 164)))
    runs, strays = found(T + 0.01 * np.sin(np.arange(284)), np.repeat(LOOP, 4))
    assert [(kind, n) for kind, _, n in runs] == [(FIXED_TEMPERATURE, 284)]
    assert not strays


def test_a_loop_that_drifts_between_fields_only():
    """The temperature steps between fields and is flat at each: still no new set points."""
    steps = np.concatenate((np.zeros(20), 0.25 * np.arange(51)))
    runs, strays = found(np.repeat(9.9 + steps, 4), np.repeat(LOOP, 4))
    assert [(kind, n) for kind, _, n in runs] == [(FIXED_TEMPERATURE, 284)]
    assert not strays


def test_a_glitch_of_the_thermometer_stays_in_its_run():
    T, H = sequence((5.0, LOOP))
    T[30] = 5.3
    assert found(T, H) == ([(FIXED_TEMPERATURE, 5.0, 71)], {})


def test_nothing_held():
    """Field and temperature both go where they like."""
    runs, strays = found(np.geomspace(2.0, 300.0, 60), np.linspace(0.0, 5e4, 60))
    assert runs == []
    assert set(strays.values()) == {"outside sequence: neither field nor temperature held"}


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_too_few_points(n):
    runs, strays = found(*sequence((np.linspace(2, 10, n), 1000.0)))
    assert runs == []
    assert len(strays) == n


def test_a_series_in_time():
    assert found(*sequence((np.full(30, 4.0), 1000.0)))[0] == [(FIXED_FIELD, 1000.0, 30)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    hnp.arrays(
        float, st.integers(0, 60), elements=st.sampled_from([2.0, 2.01, 3.0, 10.0, 10.2, 77.0, 300.0])
    ),
    st.data(),
)
def test_any_order_of_rows_is_accounted_for(T, data):
    H = data.draw(
        hnp.arrays(float, len(T), elements=st.sampled_from([-1e4, -1.0, 0.0, 0.5, 100.0, 100.9, 5e4]))
    )
    found(T, H)
