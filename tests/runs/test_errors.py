"""Errors of the rows of a file: whose are believed, in files as instruments write them."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.data.loading import load
from glasspara.data.selection import Window
from glasspara.files.table import RowPoints
from glasspara.runs import read
from glasspara.runs.errors import stand_out, stand_out_below
from glasspara.runs.run import average_repeats, segment
from glasspara.runs.scatter import find_repeats
from glasspara.simulation.writer import compose

NOISE = 2.0e-8
FIRST_LINE = 9  # of the rows


@pytest.fixture
def written(tmp_path):
    """Writes rows of a layout, and gives the path of the file."""

    def write(rows, layout="acms2"):
        path = tmp_path / "run.dat"
        path.write_text(compose(layout, rows))
        return str(path)

    return write


def noise(n, seed=1):
    return NOISE * np.random.default_rng(seed).normal(size=n)


def rows(T, H, moment, error=NOISE):
    T, H, moment, error = np.broadcast_arrays(T, H, moment, error)
    values = (array.tolist() for array in (T, H, moment, error))
    return [{"T": t, "H": h, "m": m, "s": s} for t, h, m, s in zip(*values, strict=True)]


def codes(found):
    return [item.code for item in found]


def brillouin(H):
    return 1.0e-4 * np.tanh(H / 3e4)


H = np.linspace(500.0, 7e4, 60)


@pytest.mark.parametrize("every", [2, 3, 5])
def test_wild_rows_keep_their_large_errors_and_the_others_theirs(written, every):
    rng = np.random.default_rng(2)
    error, moment = np.full(60, NOISE), brillouin(H) + noise(60)
    wild = np.arange(60) % every == 0
    error[wild] = rng.uniform(20.0, 400.0, size=wild.sum()) * NOISE
    moment[wild] += 5.0 * error[wild]
    (run,) = (found := read(written(rows(2.0, H, moment, error)))).runs
    np.testing.assert_allclose(run.sigma, error)
    assert run.sigma_source == "instrument: DC Std. Err. (emu)"
    assert not run.errors_are_estimates
    (item,) = found.warnings
    assert item.code == "runs.own-large-errors"
    assert item.values["rows"] == wild.sum()
    assert item.values["lines"][0] == [FIRST_LINE] * 2


def test_tiny_errors_of_single_rows_do_not_decide(written):
    """Two scans that agree by chance; not where the moment and its error go through zero."""
    error = np.full(60, NOISE)
    error[[0, 20, 59]] *= 1e-3
    path = written(rows(2.0, H, brillouin(H) + noise(60), error))
    (run,) = (found := read(path)).runs
    assert (run.sigma[[0, 20, 59]] > 0.3 * NOISE).all()
    np.testing.assert_allclose(np.delete(run.sigma, [0, 20, 59]), NOISE)
    (item,) = found.warnings
    assert (item.code, item.values["rows"]) == ("runs.own-tiny-errors", 3)
    np.testing.assert_allclose(read(path, errors="instrument").runs[0].sigma, error)
    moment = brillouin(H) - brillouin(35_000.0)
    relative = np.hypot(1e-3 * moment, 1e-10)
    (run,) = read(written(rows(2.0, H, moment + relative * noise(60) / NOISE, relative))).runs
    np.testing.assert_allclose(run.sigma, relative, rtol=1e-5)


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_wild_rows_keep_their_errors_where_those_of_the_others_mean_nothing(written, factor):
    error, moment = np.full(60, factor * NOISE), brillouin(H) + noise(60)
    error[3::6], moment[3::6] = 1e-4, moment[3::6] + 3e-4
    (run,) = (found := read(written(rows(2.0, H, moment, error)))).runs
    assert codes(found.warnings) == ["runs.errors-replaced", "runs.own-large-errors"]
    np.testing.assert_allclose(run.sigma[3::6], 1e-4)
    assert np.median(run.sigma) == pytest.approx(NOISE, rel=0.3)
    assert run.sigma_source.endswith("10 points with large errors of their own")
    assert run.errors_are_estimates


def test_errors_that_grow_with_the_moment_are_not_of_their_own():
    """A steep Curie law on a coarse grid, and a moment that goes through zero."""
    for moment in (1e-4 / 1.6 ** np.arange(14.0), np.linspace(-1e-4, 1e-4, 40)):
        for values in (moment, moment[::-1]):
            error = 1e-9 + 1e-3 * np.abs(values)
            assert not stand_out(error, np.ones(len(error), dtype=bool), values).any()


def transition(T):
    return 1e-4 / (1.0 + np.exp((T - 30.0) / 1.5))


def peak(T):
    return 1e-5 + 1e-4 * np.exp(-(((T - 30.0) / 4.0) ** 2))


def cusp(T):
    return 1e-4 * np.where(T < 30.0, T / 30.0, 30.0 / T)


def steps(T):
    return 1e-5 + 2e-5 * np.floor(T / 9.0)


@pytest.mark.parametrize("curve", [transition, peak, cusp, steps])
@pytest.mark.parametrize("n", [15, 25, 40, 80])
def test_a_transition_a_peak_and_a_step_are_no_scatter(written, curve, n):
    T = np.linspace(20.0, 40.0, n)
    (run,) = (found := read(written(rows(T, 1000.0, curve(T) + noise(n))))).runs
    np.testing.assert_allclose(run.sigma, NOISE)
    assert "runs.errors-replaced" not in codes(found.warnings)


def test_errors_far_too_small_are_found_beside_a_transition(written):
    T = np.linspace(20.0, 40.0, 80)
    (run,) = (found := read(written(rows(T, 1000.0, transition(T) + noise(80), 0.01 * NOISE)))).runs
    assert "runs.errors-replaced" in codes(found.warnings)
    assert np.median(run.sigma) == pytest.approx(NOISE, rel=0.4)


def two_parts():
    """Quiet below 60 K, wild above without any error of its own."""
    T = np.concatenate((np.linspace(2.0, 50.0, 30), np.linspace(60.0, 300.0, 90)))
    moment = 1e-5 + 1e-4 / T + noise(120)
    moment[30:] += 300.0 * noise(90, seed=4)
    return T, moment


def test_the_errors_are_decided_on_by_the_rows_in_the_window(written):
    T, moment = two_parts()
    path = written(rows(T, 1000.0, moment))
    whole = load([path])
    assert "runs.errors-replaced" in codes(whole.warnings)
    part = load([path], window=Window(((None, 55.0),)))
    (run,) = part.inputs[0].runs
    assert "runs.errors-replaced" not in codes(part.warnings)
    np.testing.assert_allclose(run.run.sigma, NOISE)
    np.testing.assert_allclose(run.sigma, NOISE / 12.5e-3)
    (wild,) = load([path], window=Window(((55.0, None),))).inputs[0].runs
    assert np.median(wild.run.sigma) == pytest.approx(300.0 * NOISE, rel=0.4)


def test_the_errors_are_decided_on_without_the_rows_left_out(written):
    T, moment = two_parts()
    path = written(rows(T, 1000.0, moment))
    first = FIRST_LINE + 30
    loaded = load([path], exclude={path: [range(first, first + 90)]})
    assert loaded.warnings == ()
    np.testing.assert_allclose(loaded.inputs[0].runs[0].run.sigma, NOISE)


def test_few_rows_of_a_run_are_judged_as_the_whole(written):
    """Eight points say too little of scatter: what 150 said holds, and their scatter is taken."""
    T = np.geomspace(2.0, 300.0, 150)
    for error in (0.0, 300.0 * NOISE, 0.003 * NOISE):
        path = written(rows(T, 1000.0, 1e-5 + 1e-4 / T + noise(150), error))
        whole = load([path]).inputs[0].runs[0].run
        (part,) = load([path], window=Window(((100.0, 130.0),))).inputs[0].runs
        assert len(part) == 8
        np.testing.assert_allclose(part.run.sigma, np.median(whole.sigma), rtol=1e-12)


def test_nothing_changes_where_all_rows_are_used(written):
    T, moment = two_parts()
    path = written(rows(T, 1000.0, moment))
    loaded = load([path], window=Window(((1.0, None),)))
    assert loaded.inputs[0].runs[0].run is not None
    np.testing.assert_array_equal(loaded.inputs[0].runs[0].run.sigma, read(path).runs[0].sigma)


def relaxing(repeats, size=3e-6, seed=3):
    """Loop of 24 fields, several readings at each: each field change leaves something that decays."""
    fields = np.concatenate((np.linspace(1e3, 6e4, 12), np.linspace(5.8e4, 2e3, 12)))
    H = np.repeat(fields, repeats)
    way = np.repeat(np.sign(np.diff(fields, prepend=0.0)), repeats)
    left = -size * way * np.tile(np.exp(-np.arange(repeats) / 1.5), 24)
    return H, brillouin(H) + left + noise(len(H), seed)


@pytest.mark.parametrize("repeats", [3, 4, 8])
def test_relaxation_is_named_and_is_no_scatter(written, repeats):
    H, moment = relaxing(repeats)
    for error in (NOISE, 0.0):
        (run,) = (found := read(written(rows(2.0, H, moment, error)))).runs
        (drift,) = (item for item in found.warnings if item.code == "runs.repeats-drift")
        assert drift.values["follows_step"]
        assert drift.values["set_points"] >= 22  # of the first no step is known, and one step is small
        assert 1e-6 < drift.values["change"] < 4e-6
        assert "as a relaxation does" in drift.text
        assert run.since_field_change.tolist() == list(range(repeats)) * 24
        assert np.median(run.sigma) == pytest.approx(NOISE, rel=0.35)
    assert run.sigma_source.startswith("repeat scatter about the drift")


def test_pairs_that_differ_are_named(written):
    """Two ways of measuring in turn, 2 % apart."""
    T = np.repeat(np.geomspace(2.0, 100.0, 30), 2)
    moment = (1e-5 + 1e-4 / T) * np.tile([1.0, 1.02], 30) + noise(60)
    repeats = find_repeats(T, np.full(60, 1e4), moment)
    assert repeats.drift.set_points == 30
    assert not repeats.drift.follows_step
    assert repeats.drift.relative == pytest.approx(0.02, rel=0.1)
    assert repeats.scatter.constant == pytest.approx(NOISE, rel=0.4)


def test_a_long_relaxation_at_one_field():
    time = np.arange(120.0)
    moment = 1e-5 + 3e-6 * np.exp(-time / 20.0) + noise(120)
    repeats = find_repeats(np.full(120, 4.0), np.full(120, 1e4), moment)
    assert repeats.drift.change == pytest.approx(-2e-6, rel=0.5)
    assert repeats.scatter.constant == pytest.approx(NOISE, rel=0.5)


def test_a_relaxation_at_fields_that_are_held_while_the_temperature_reads_unevenly():
    """The readings part each held field into stretches; 5 fields with 20 measurements each show it all the same."""
    rng = np.random.default_rng(4)
    H = np.repeat([1e3, 5e3, 1e4, 2e4, 5e4], 20)
    T = 5.0 + 1.5e-3 * rng.normal(size=100)
    decay = 1.0 + 0.02 * np.exp(-np.tile(np.arange(20), 5) / 5.0)
    found = find_repeats(T, H, 1e-9 * H * decay + noise(100))
    assert found.drift.set_points == found.drift.of == 5
    assert found.drift.relative == pytest.approx(0.016, abs=0.003)
    assert found.scatter.constant < 1.5 * NOISE
    assert find_repeats(T, H, 1e-9 * H + noise(100)).drift is None
    # the temperature creeps in steps at each of 8 set points, and the moment follows it
    creeping = np.repeat(np.geomspace(2.0, 50.0, 8), 12) * (1.0 + 1e-3 * np.tile(np.arange(12) // 4, 8))
    found = find_repeats(creeping, np.full(96, 1e4), 1e-2 / creeping + noise(96))
    assert found.drift is None
    assert found.scatter.constant == pytest.approx(NOISE, rel=0.3)


def test_a_slow_sweep_is_no_stretch_of_repeats():
    """Neighbours differ by less than repeats do, but they go on."""
    T = np.linspace(2.0, 300.0, 20_000)
    assert find_repeats(T, np.full(len(T), 1e4), 1e-4 / T + noise(len(T))) is None
    (run,), _ = segment(
        RowPoints(T, np.full(len(T), 1e4), 1e-4 / T, np.full(len(T), NOISE), np.arange(len(T)))
    )
    assert len(average_repeats(run)) > 15_000


def test_repeats_without_a_drift_have_none():
    for seed in range(200):
        T = np.repeat(np.geomspace(2.0, 100.0, 20), 4)
        assert find_repeats(T, np.full(80, 1e4), 1e-4 / T + noise(80, seed)).drift is None


def test_an_error_far_below_the_rounding_is_none(written):
    T = np.geomspace(2.0, 300.0, 60)
    error = np.full(60, NOISE)
    error[7] = 1e-200
    moment = np.array([float(f"{m:.6e}") for m in 1e-5 + 1e-4 / T + noise(60)])
    (run,) = (found := read(written(rows(T, 1000.0, moment, error)))).runs
    (item,) = found.warnings
    assert item.code == "files.unusable-errors"
    assert item.values["lines"] == [[FIRST_LINE + 7] * 2]
    assert run.sigma[7] == pytest.approx(NOISE, rel=0.4)


def test_moments_that_are_all_zero_are_read(written):
    (run,) = read(written(rows(np.geomspace(2.0, 300.0, 60), 1000.0, 0.0))).runs
    np.testing.assert_allclose(run.sigma, NOISE)


def test_the_sweep_of_an_acms2(shared):
    """Half of the rows are wild and say so: 53 good ones keep their errors of 1.3e-5 emu and more."""
    (run,) = read(str(shared / "cases/files/acms2_sweep_wild_points_with_own_large_errors.dat")).runs
    assert run.sigma_source == "instrument: DC Std. Err. (emu)"
    assert run.sigma.min() == pytest.approx(1.2726e-5, rel=1e-4)
    assert run.sigma.max() == pytest.approx(0.0153357, rel=1e-4)


def test_errors_beyond_all_measure_warn_of_nothing():
    """Warnings are errors in these tests: a relative error above 1e308 is infinite, and nothing is said."""
    error, moment = np.full(12, NOISE), np.full(12, 1.0e-6)
    error[5], moment[5] = 1.0e300, 1.0e-300
    stated = np.ones(12, dtype=bool)
    assert np.flatnonzero(stand_out(error, stated, moment)).tolist() == [5]
    assert not stand_out_below(error, stated, moment).any()
