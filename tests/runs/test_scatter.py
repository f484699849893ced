"""Standard deviations from the points themselves, against noise that is known."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.errors import UsageError
from glasspara.runs.errors import estimate_sigma
from glasspara.runs.scatter import local_scatter, repeat_scatter, resolution

NOISE = 3.0e-8


def draws(n):
    """The same Gaussian noise in every test, whichever ran before it."""
    return np.random.default_rng(7).normal(size=n)


def curie(n=150, noise=NOISE):
    T = np.geomspace(2.0, 300.0, n)
    return T, 1e-5 + 2e-4 / T + noise * draws(n)


def estimate(moment, instrument, *, T=None, H=None, varies=None, errors="auto"):
    n = len(moment)
    T = np.full(n, 5.0) if T is None else T
    return estimate_sigma(
        temperature=T,
        field=np.full(n, 1000.0) if H is None else H,
        moment=moment,
        instrument=np.full(n, instrument) if np.isscalar(instrument) else instrument,
        branch=np.zeros(n, dtype=np.int64),
        varies=1.0 / T if varies is None else varies,
        column="Err",
        errors=errors,
    )


def test_local_scatter_of_a_curie_law():
    T, moment = curie()
    scatter = local_scatter(1.0 / T, moment, np.zeros(len(T), dtype=np.int64))
    assert scatter.constant == pytest.approx(NOISE, rel=0.08)
    assert scatter.reliable


def test_local_scatter_of_a_loop_with_a_jump():
    """The medians do not see the jump of a ferromagnetic impurity nor one wild point."""
    H = np.linspace(-5e4, 5e4, 201)
    moment = -1e-8 * H + 5e-6 * np.sign(H - 700) + NOISE * draws(201)
    moment[50] += 1e-3
    scatter = local_scatter(H, moment, np.zeros(201, dtype=np.int64))
    assert scatter.constant == pytest.approx(NOISE, rel=0.02)


def test_local_scatter_sees_no_drift_between_branches():
    H = np.tile(np.linspace(0, 5e4, 60), 2)
    branch = np.repeat([0, 1], 60)
    moment = 1e-9 * H + 1e-4 * branch + NOISE * draws(120)
    assert local_scatter(H, moment, branch).constant == pytest.approx(NOISE, rel=0.04)


def test_local_scatter_with_repeated_values():
    T = np.repeat(np.geomspace(2.0, 100.0, 30), 4)
    moment = 2e-4 / T + NOISE * draws(120)
    assert local_scatter(1 / T, moment, np.zeros(120, dtype=np.int64)).constant == pytest.approx(
        NOISE, rel=0.02
    )


def test_scatter_that_grows_with_the_moment():
    H = np.linspace(0.0, 5e4, 400)
    true = np.hypot(NOISE, 5e-3 * 1e-9 * H)
    moment = 1e-9 * H + true * draws(400)
    scatter = local_scatter(H, moment, np.zeros(400, dtype=np.int64))
    assert scatter.relative == pytest.approx(5e-3, rel=0.25)
    assert "growing with the moment" in scatter.words


def test_too_sparse_points_give_an_upper_limit():
    H = np.array([5e4, 3.5e4, 2e4, 5e3, 4.5e3, 150, 100, -100])
    result = estimate(np.tanh(H / 2e4) * 1e-3, np.nan, varies=H, H=H)
    assert np.all(result.sigma > 0)
    assert result.warnings[0].code == "runs.scatter-is-upper-limit"
    assert result.from_scatter


def test_repeats():
    T = np.repeat(np.geomspace(2.0, 100.0, 40), 4)
    moment = 2e-4 / T + NOISE * draws(160)
    scatter = repeat_scatter(T, np.full(160, 50.0), moment)
    assert scatter.constant == pytest.approx(NOISE, rel=0.12)
    assert scatter.words == "repeat scatter (120 degrees of freedom)"
    assert estimate(moment, 0.0, T=T).source == scatter.words


def test_repeats_of_a_few_points_say_nothing_about_the_others():
    T, moment = curie()
    T[-15:] = T[-15]
    assert repeat_scatter(T, np.zeros(len(T)), moment) is None


def test_the_instrument_comes_first():
    T, moment = curie()
    result = estimate(moment, 2.5e-8, T=T)
    assert result.source == "instrument: Err"
    assert not result.from_scatter
    assert np.all(result.sigma == 2.5e-8)
    assert result.warnings == ()


def test_zeros_of_the_instrument_are_filled():
    T, moment = curie()
    instrument = np.full(len(T), 2.5e-8)
    instrument[[3, 8]] = [0.0, np.nan]
    result = estimate(moment, instrument, T=T)
    assert result.sigma[8] == result.sigma[3] == pytest.approx(NOISE, rel=0.08)
    assert result.source.startswith("instrument: Err; local scatter of the run")
    assert result.source.endswith("for 2 points without")


NO_DEVIATIONS = pytest.mark.parametrize(
    ("instrument", "words"), [(1e-5, "far too small"), (1e-10, "far too large")]
)


@NO_DEVIATIONS
def test_instrument_errors_that_mean_nothing_give_way_to_the_scatter(instrument, words):
    T, moment = curie()
    stated = np.full(len(T), instrument)
    stated[3] = 0.0
    for errors in (instrument, stated):
        result = estimate(moment, errors, T=T)
        scatter = estimate(moment, errors, T=T, errors="scatter")
        np.testing.assert_array_equal(result.sigma, scatter.sigma)
        assert result.source == f"{scatter.source} instead of Err"
        (warning,) = result.warnings
        assert warning.code == "runs.errors-replaced"
        assert warning.values["too_large"] == (words == "far too small")
        assert f"Err is {instrument:.2g} emu (median) but the points scatter by " in warning.text
        assert "not standard deviations; the scatter of the points is used instead" in warning.text
        assert warning.text.endswith("--errors instrument keeps the stated errors")


@NO_DEVIATIONS
def test_instrument_errors_that_mean_nothing_are_kept_on_request(instrument, words):
    T, moment = curie()
    result = estimate(moment, instrument, T=T, errors="instrument")
    assert result.source == "instrument: Err"
    assert np.all(result.sigma == instrument)
    (warning,) = result.warnings
    assert warning.code == "runs.errors-kept"
    assert words in warning.text
    assert "--errors scatter" in warning.text


def test_repeats_take_the_place_of_errors_that_mean_nothing():
    T = np.repeat(np.geomspace(2.0, 100.0, 40), 4)
    moment = 2e-4 / T + NOISE * draws(160)
    assert estimate(moment, 1e-5, T=T).source == "repeat scatter (120 degrees of freedom) instead of Err"


def test_an_upper_limit_says_so_too_where_it_takes_the_place_of_the_instrument():
    H = np.array([5e4, 3.5e4, 2e4, 5e3, 4.5e3, 150, 100, -100])
    result = estimate(np.tanh(H / 2e4) * 1e-3, 0.1, varies=H, H=H)
    assert result.source.endswith("instead of Err")
    assert [warning.code for warning in result.warnings] == [
        "runs.errors-replaced",
        "runs.scatter-is-upper-limit",
    ]


def test_right_errors_of_a_few_points_are_not_thrown_away_by_chance():
    """Six to nine points scatter five times too little in up to 4 % of all runs."""
    T = np.geomspace(2.0, 300.0, 7)
    rng = np.random.default_rng(5)
    results = [estimate(1e-5 + NOISE * rng.normal(size=7), NOISE, T=T) for _ in range(1000)]
    assert sum(result.source != "instrument: Err" for result in results) <= 4


def test_scatter_on_request():
    T, moment = curie()
    result = estimate(moment, 1e-5, T=T, errors="scatter")
    assert np.median(result.sigma) == pytest.approx(NOISE, rel=0.08)
    assert result.warnings == ()


def test_requests_that_cannot_be_met():
    with pytest.raises(UsageError, match="auto, instrument, scatter"):
        estimate(np.ones(5), 1.0, errors="none")
    with pytest.raises(UsageError, match="no errors"):
        estimate(np.ones(5), 0.0, errors="instrument")


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 30])
@pytest.mark.parametrize("value", [0.0, 1.5e-5])
def test_never_zero(n, value):
    """Equal moments scatter by no less than their last digit."""
    result = estimate(np.full(n, value), 0.0, T=np.linspace(2.0, 10.0, n))
    assert result.sigma.shape == (n,)
    assert np.all(result.sigma > 0)


def test_resolution():
    assert resolution(np.array([1.234567e-5, 3e-6])) == pytest.approx(1e-11 / np.sqrt(12))
    assert resolution(np.zeros(3)) > 0
    assert resolution(np.array([5e-324])) > 0
