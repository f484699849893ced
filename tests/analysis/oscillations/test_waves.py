"""The search for oscillations: a planted wave is found, and noise alone alarms as often as it should."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.analysis.linear import by_thermometer, orthonormal, splines_of, tangent
from glasspara.analysis.oscillations.figures import oscillation_figures
from glasspara.analysis.oscillations.search import (
    BOTH,
    NoisePowers,
    Search,
    Waves,
    Wiggle,
    find_tracks,
    fit_wave,
    frequency_grid,
    gains,
    powers,
)
from glasspara.analysis.oscillations.waves import oscillations
from glasspara.data import Dataset
from glasspara.data.loading import load
from glasspara.errors import InputError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.resampling import Resampler
from glasspara.fitting.search.minimise import descend_to_minimum
from glasspara.presets import load_preset
from glasspara.replicates import run_replicates
from glasspara.simulation.datasets import BK7, fixed_field, fixed_temperature

# what the search itself does not need: tests are to be quick
SETTINGS = FitSettings(fixed={"d_min": BK7["d_min"], "delta_mu": BK7["delta_mu"]})
TEMPERATURES = tuple(np.geomspace(2.0, 300.0, 50))
WAVES = {"T": 35.0, "1/T": 0.08}


@pytest.fixture(scope="module")
def clean():
    return fixed_field(BK7, np.random.default_rng(1), fields=(5e3, 5e4), temperatures=TEMPERATURES)


def planted(data, abscissa, size, *, run=1):
    """A wave in one run; ``size`` in median standard errors. Its amplitude in emu/g comes with it."""
    one = data.runs[run]
    x = one.temperature if abscissa == "T" else 1.0 / one.temperature
    amplitude = size * float(np.median(one.sigma))
    moved = one.magnetisation + amplitude * np.cos(2.0 * np.pi * x / WAVES[abscissa] + 0.7)
    runs = list(data.runs)
    runs[run] = replace(one, magnetisation=moved)
    return Dataset(tuple(runs)), amplitude


@pytest.fixture(scope="module")
def in_t(clean):
    data, amplitude = planted(clean, "T", 3.0)
    return oscillations(data, SETTINGS, replicates=199), amplitude


def test_nothing_is_found_in_smooth_data(clean):
    result = oscillations(clean, SETTINGS, replicates=99)
    assert not result.found
    assert (result.assessment.status, result.assessment.trusted) == ("none", True)
    assert "no oscillation" in result.assessment.reasons[0].text
    assert result.fap > 0.05
    assert 0.05 <= result.fap <= 1.0


def test_a_planted_wave_is_found_with_its_period_and_amplitude(in_t):
    result, amplitude = in_t
    assert result.found
    assert (result.assessment.status, result.assessment.trusted) == ("found", True)
    assert result.is_bound
    assert result.best.run is result.data.runs[1]
    peak = result.best.best
    assert peak.abscissa == "T"
    assert abs(peak.period - WAVES["T"]) < 4.0 * peak.period_error < 0.1 * WAVES["T"]
    assert abs(peak.wave.amplitude - amplitude) < 4.0 * peak.wave.amplitude_error < 0.6 * amplitude
    assert abs(peak.control.amplitude - amplitude) < 4.0 * peak.control.amplitude_error
    assert "50 kOe in T with a period of 3" in result.assessment.reasons[0].text
    assert list(result.to_frame()["abscissa"]) == ["T", "1/T"] * 2
    figures = oscillation_figures(result)
    assert set(figures) == {"oscillations"}
    said = " ".join(
        text.get_text() for text in figures["oscillations"].findobj(lambda item: hasattr(item, "get_text"))
    )
    assert "FOUND" in said
    assert "synthetic" in said


def test_a_wave_in_inverse_temperature_is_found_too(clean):
    data, amplitude = planted(clean, "1/T", 3.0)
    peak = oscillations(data, SETTINGS, replicates=199).best.best
    assert peak.abscissa == "1/T"
    assert peak.unit == "K^-1"
    assert abs(peak.period - WAVES["1/T"]) < 4.0 * peak.period_error
    assert abs(peak.wave.amplitude - amplitude) < 4.0 * peak.wave.amplitude_error


def test_a_slow_misfit_of_the_model_is_no_oscillation(clean):
    """Half a period over the whole run: the spline takes it up, whatever the model alone makes of it."""
    runs = [
        replace(
            run, magnetisation=run.magnetisation + 6.0 * np.median(run.sigma) * np.sin(run.temperature / 95.0)
        )
        for run in clean.runs
    ]
    result = oscillations(Dataset(tuple(runs)), SETTINGS, replicates=99)
    assert not result.found


@pytest.mark.parametrize("abscissa", ["T", "1/T"])
def test_a_wave_is_found_where_the_moment_changes_sign(abscissa):
    """Errors go with the moment: the point next to its zero has nearly all the weight of the run."""
    duran = load_preset("duran-like").model_values()
    data = fixed_field(duran, np.random.default_rng(7), fields=(5e2, 5e4), temperatures=TEMPERATURES)
    weights = data.runs[1].sigma ** -2.0
    assert weights.max() > 0.7 * weights.sum()
    moved, _ = planted(data, abscissa, 6.0)
    settings = FitSettings(fixed={name: duran[name] for name in ("n_ats", "d_min", "delta_mu")})
    result = oscillations(moved, settings, replicates=199)
    assert result.found
    assert result.best.run is moved.runs[1]
    assert abs(result.best.best.period - WAVES[abscissa]) < 0.1 * WAVES[abscissa]


def test_a_model_that_does_not_describe_the_data_makes_no_oscillation(fixtures):
    """Beside it every wave has power; what noise does beside the spline alone is then the measure."""
    data = load(sorted((fixtures / "bas-like").glob("*.dat"))).data  # n_ats held at that of another glass
    held = replace(SETTINGS, fixed={**SETTINGS.fixed, "n_ats": BK7["n_ats"]})
    result = oscillations(data, held, replicates=99)
    assert not result.fit.describes
    assert result.by_description["model"] == 0.01
    assert result.fap >= result.by_description["spline"] > 0.3
    assert result.best.best.fap == result.fap
    assert "oscillations.model-fails" in {note.code for note in result.notes}


def test_what_rounding_leaves_open_has_a_large_error():
    """The wave that the base makes by itself has no frequency of its own."""
    x, sigma = np.linspace(0.0, 1e-8, 60), np.full(60, 0.1)
    phase = 2.0 * np.pi * 3e8 * (x - x.mean())
    design = np.column_stack(
        [np.ones(60), np.cos(phase), np.sin(phase), x * np.cos(phase), x * np.sin(phase)]
    )
    base, y = orthonormal(design), np.random.default_rng(3).standard_normal(60)
    wave = fit_wave(x, sigma, 3e8, base, y - base @ (base.T @ y))
    assert wave.frequency_error > 1e7


def test_false_alarm_probabilities_are_uniform(clean):
    """30 redraws of smooth data, each fitted again: the mean of uniform numbers is 0.50 +- 0.053."""
    minimum = fit(clean, SETTINGS).minimum
    draw = Resampler(minimum, "parametric")

    def search_in(problem):
        found = descend_to_minimum(problem, minimum.reported)
        tracks, _ = find_tracks(problem.data)
        data = problem.data
        smooth = problem.terms(found.reported).total / data.sigma
        target = data.magnetisation / data.sigma
        return Search(tracks, tangent(found), target, smooth, data.temperature, by_thermometer(found))

    null = run_replicates(search_in(draw.draw(np.random.default_rng(999))), 99, seed=5)
    noise = NoisePowers(np.array([item.value for item in null]))
    chances = []
    for seed in range(30):
        observed = search_in(draw.draw(np.random.default_rng(seed))).observed()
        chances.append(noise.chance(BOTH, [float(item[BOTH].max()) for item in observed]))
    assert 0.34 < np.mean(chances) < 0.66
    assert np.mean(np.array(chances) <= 0.1) < 0.3  # 9 or more of 30: a chance of 0.002


def test_a_thermometer_that_wiggles_is_no_oscillation_once_told(clean):
    rng = np.random.default_rng(3)
    wiggle = Wiggle(3e-3, 0.2)
    minimum = fit(clean, SETTINGS).minimum
    shift = wiggle.draw(rng, clean.temperature) * by_thermometer(minimum) * clean.sigma
    runs = [
        replace(run, magnetisation=run.magnetisation + part)
        for run, part in zip(clean.runs, clean.split(shift), strict=True)
    ]
    told = oscillations(Dataset(tuple(runs)), SETTINGS, replicates=199, wiggle=wiggle)
    assert told.fap > 0.02


def test_wiggles_have_their_size_and_correlation():
    rng, wiggle = np.random.default_rng(0), Wiggle(0.01, 0.5)
    T = np.exp(np.arange(0.0, 4.0, 0.1))
    draws = np.array([wiggle.draw(rng, T) for _ in range(1500)])
    assert draws.std(axis=0) == pytest.approx(0.01, rel=0.1)
    for lag in (1, 5):
        pairs = np.mean(draws[:, lag:] * draws[:, :-lag]) / 1e-4
        assert pairs == pytest.approx(np.exp(-0.1 * lag / 0.5), abs=0.05)
    twice = wiggle.draw(rng, np.array([5.0, 2.0, 5.0]))
    assert twice[0] == twice[2] != twice[1]


def test_powers_are_exponential_beside_any_base():
    """-ln p of one frequency: its mean is 1 for noise of any size, however much the base takes up."""
    rng = np.random.default_rng(2)
    x, sigma = np.sort(rng.uniform(0.0, 10.0, 40)), rng.uniform(0.5, 2.0, 40)
    base = orthonormal(np.vander(x, 5) / sigma[:, None])
    waves = Waves(x, sigma, np.array([0.35, 1.1]))
    inverse = waves.inverse(base)
    values = []
    for _ in range(2000):
        noise = 3.0 * rng.standard_normal(40)
        left = noise - base @ (base.T @ noise)
        values.append(powers(gains(waves, inverse, left), float(left @ left), 35))
    assert np.mean(values, axis=0) == pytest.approx(1.0, abs=0.08)
    assert np.mean(np.array(values) > 3.0, axis=0) == pytest.approx(np.exp(-3.0), abs=0.015)


def test_gain_is_what_a_least_squares_fit_gains():
    rng = np.random.default_rng(4)
    x, sigma = np.sort(rng.uniform(0.0, 10.0, 30)), rng.uniform(0.5, 2.0, 30)
    design = np.vander(x, 4) / sigma[:, None]
    base, y = orthonormal(design), rng.standard_normal(30)
    left = y - base @ (base.T @ y)
    waves = Waves(x, sigma, np.array([0.77]))
    wider = np.column_stack([design, *waves.columns[:, 0]])
    direct = np.linalg.lstsq(wider, y, rcond=None)[1][0]
    assert gains(waves, waves.inverse(base), left)[0] == pytest.approx(left @ left - direct, rel=1e-9)


def test_errors_of_a_wave_are_those_of_its_scatter():
    rng = np.random.default_rng(6)
    x, sigma = np.linspace(0.0, 50.0, 120), np.full(120, 0.3)
    base = orthonormal(np.vander(x / 50.0, 4) / sigma[:, None])
    found = []
    for _ in range(150):
        y = (np.cos(2 * np.pi * x / 7.0 + 0.4) + sigma * rng.standard_normal(120)) / sigma
        found.append(fit_wave(x, sigma, 1 / 7.0, base, y - base @ (base.T @ y)))
    for name, truth in (("frequency", 1 / 7.0), ("amplitude", 1.0)):
        values = np.array([getattr(item, name) for item in found])
        stated = np.mean([getattr(item, f"{name}_error") for item in found])
        assert values.std() == pytest.approx(stated, rel=0.25)
        assert abs(values.mean() - truth) < 4.0 * stated / np.sqrt(150)


def test_frequencies_end_where_places_are_too_far_apart():
    grid = frequency_grid(np.linspace(0.0, 100.0, 51))
    assert (grid[0], grid[-1]) == (pytest.approx(0.02), pytest.approx(0.25, abs=0.005))
    doubled = frequency_grid(np.repeat(np.linspace(0.0, 100.0, 51), 2))
    assert doubled == pytest.approx(grid)
    # a crowd of points at one end does not make the rest finer
    crowd = np.concatenate([np.linspace(0.0, 100.0, 51), np.linspace(0.0, 2.0, 500)])
    assert frequency_grid(crowd)[-1] < 0.3
    assert len(frequency_grid(np.full(20, 3.0))) == 0


def test_a_spline_follows_the_smooth_curve_and_no_more(clean):
    run = clean.runs[0]
    found = splines_of(run).fit(run.magnetisation / run.sigma)
    assert 0.5 < found.left @ found.left / found.ndof < 1.6
    assert np.abs(found.base.T @ found.left).max() < 1e-8


def test_runs_without_enough_points_are_refused(clean):
    with pytest.raises(InputError, match="no run at fixed field"):
        oscillations(fixed_temperature(BK7, np.random.default_rng(1), temperatures=(4.5, 10.0)), SETTINGS)
