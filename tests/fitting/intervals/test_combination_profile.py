"""Intervals of what is derived: the same as where the model can be written with it, and as linear errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.fitting import intervals
from glasspara.fitting.fit import fit
from glasspara.fitting.intervals.exploration import IntervalRequest, explore
from glasspara.fitting.intervals.profile import Profile, Profiles
from glasspara.fitting.intervals.regions import INTERVAL_FOUND, minos, profile_curve
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem.coordinates import combinations
from glasspara.model.model import Model
from glasspara.model.parameters import to_canonical
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field

LL = Model("ll")
HELD = {name: BK7[name] for name in ("n_ats", "d_min")}
ION_WRITING, PARTITION_WRITING = FitSettings(model=LL), FitSettings(model=LL, starts={"fe2_fraction": 0.5})


def interval_of(result, name):
    (interval,) = minos(Profiles(result.minimum), [name]).values()
    return interval


@pytest.fixture(scope="module")
def weak():
    """Noise of 1 %, one run: iron known to 1 %, its partition to 20 %, and not by a parabola."""
    return fixed_field(PURE_LL, np.random.default_rng(6), fields=(2e4,), noise=0.01, model=LL)


@pytest.fixture(scope="module")
def bent():
    """M(T) at 20 kOe alone: it bends within one error. d_min and n_ats are held."""
    temperatures = tuple(np.geomspace(2, 300, 40))
    data = fixed_field(BK7, np.random.default_rng(0), fields=(2e4,), temperatures=temperatures)
    return data, fit(data, FitSettings(fixed=HELD))


@pytest.mark.parametrize("partition", [False, True])
def test_slopes_are_those_of_the_values(partition):
    values = {**BK7, "field_offset": 0.0}
    if partition:
        total = values.pop("n_fe2") + values.pop("n_fe3")
        values = {"n_fe": total, "fe2_fraction": 0.6, **values}
    model = Model("etm")
    found = combinations(values)
    assert set(found) == ({"n_fe2", "n_fe3"} if partition else {"n_fe", "fe2_fraction"}) | {
        "curie_constant", "ats_strength", "d0_mean_qs4", "d0_ratio", "d0_difference_qs4", "ats_amplitude",
    }  # fmt: skip
    for item in found.values():
        slopes = item.slopes_by_reported(values, model)
        for slope, (name, value) in zip(slopes, values.items(), strict=True):
            step = 1e-4 * (value or 1.0)
            up, down = (item.value(to_canonical({**values, name: value + sign * step})) for sign in (1, -1))
            # measured: 1.0e-8, fe2_fraction by its own curvature
            assert slope * step == pytest.approx(
                (up - down) / 2.0, rel=1e-7, abs=1e-13 * item.value(to_canonical(values))
            )


def test_a_partition_without_iron_has_no_slope():
    item = combinations(["n_fe2"])["fe2_fraction"]
    assert item.value({"n_fe2": 0.0, "n_fe3": 0.0}) == 0.0
    assert set(item.slopes({"n_fe2": 0.0, "n_fe3": 0.0}).values()) == {0.0}


def test_minos_is_hesse_where_the_combination_is_linear():
    result = fit(fixed_field(PURE_LL, np.random.default_rng(1), model=LL), ION_WRITING)
    for name in ("n_fe", "curie_constant"):
        interval = interval_of(result, name)
        assert interval.found
        # measured: 2e-11
        assert [interval.lower, interval.upper] == pytest.approx([result.derived[name].error] * 2, rel=1e-9)
        curve = profile_curve(Profiles(result.minimum).of(name))
        item = result.derived[name]
        # measured: 1e-10
        assert curve.rises == pytest.approx(curve.parabola(item.value, item.error), abs=1e-8)
        assert np.all(np.diff(curve.values) > 0.0)
        assert set(curve.path) == {"chi_larmor", "n_fe2", "n_fe3"}


@pytest.mark.parametrize(
    ("writing", "other", "names"),
    [
        (ION_WRITING, PARTITION_WRITING, ("n_fe", "fe2_fraction")),
        (PARTITION_WRITING, ION_WRITING, ("n_fe2", "n_fe3")),
    ],
)
def test_the_iron_has_the_same_intervals_in_either_writing(weak, writing, other, names):
    """A parameter is held where chi2 is to rise, a combination is drawn there: two ways to one place."""
    derived, direct = fit(weak, writing), fit(weak, other)
    intervals = minos(Profiles(direct.minimum), names)
    lopsided = 0.0
    for name in names:
        drawn, held = interval_of(derived, name), intervals[name]
        assert [outcome.code for outcome in drawn.outcomes] == [outcome.code for outcome in held.outcomes]
        # measured: 2e-5 for fe2_fraction, 3e-8 for the others
        assert [drawn.lower, drawn.upper] == pytest.approx([held.lower, held.upper], rel=5e-5)
        lopsided = max(lopsided, abs(held.upper / held.lower - 1.0))
    if "fe2_fraction" in names:
        assert lopsided > 0.04  # measured: 0.05


def test_cutoffs_have_the_intervals_of_the_one_that_is_free(bent):
    """With d0min held, mean and difference of the cutoffs are half of d0max and all of it, plus a constant."""
    data, free = bent
    held = {**HELD, "d0min_qs4": free.values["d0min_qs4"]}
    result = fit(data, FitSettings(fixed=held))
    direct = minos(Profiles(result.minimum), ["d0max_qs4"])["d0max_qs4"]
    n_ats = result.values["n_ats"]
    for name, factor in (("d0_mean_qs4", 0.5), ("d0_difference_qs4", 1.0), ("ats_amplitude", n_ats)):
        drawn = interval_of(result, name)
        assert drawn.found
        # measured: 2e-7
        assert [drawn.lower / factor, drawn.upper / factor] == pytest.approx(
            [direct.lower, direct.upper], rel=2e-6
        )


def test_ends_are_where_nothing_else_can_lower_chi2(bent):
    """Lagrange's condition: the slopes of chi2 and of the combination are parallel, in units of the errors."""
    _, result = bent
    problem, unit = result.minimum.problem, np.sqrt(np.diag(result.minimum.covariance))
    combination = combinations(result.minimum.reported)["ats_amplitude"]
    for sign in (-1, 1):
        end = Profile(result.minimum, ["ats_amplitude"]).reach((sign,), level=1.0).point
        # measured: 2e-5
        assert end.rise == pytest.approx(1.0, abs=1e-4)
        point = problem.coordinates.from_reported(end.reported)
        rows = problem.coordinates.reported_jacobian(point)
        slopes = unit * (combination.slopes_by_reported(end.reported, problem.model) @ rows)
        slopes /= np.linalg.norm(slopes)
        of_chi2 = unit * problem.chi2_gradient(point)
        along = of_chi2 @ slopes
        assert sign * along > 0.0
        assert np.linalg.norm(of_chi2 - along * slopes) < 1e-5 * abs(along)  # measured: 1e-6


def test_limits_of_the_parameters_hold_a_combination(weak):
    """The total cannot exceed the sum of the limits; and where the fit ended at all of them, it cannot rise."""
    settings = FitSettings(model=LL, limits={"n_fe2": (0.0, 1.08e17), "n_fe3": (0.0, 6.2e16)})
    result = fit(weak, settings)
    interval = interval_of(result, "n_fe")
    assert interval.lower_outcome.code == INTERVAL_FOUND
    assert interval.upper_outcome.code == "fitting.interval-met-limit"
    assert interval.upper_outcome.text.startswith("at the limit 1.7e+17, where chi2 has risen by only 0.")
    assert interval.upper == pytest.approx(1.70e17 - result.derived["n_fe"].value, rel=1e-6)  # measured: 1e-9
    settings = FitSettings(model=LL, limits={"n_fe2": (0.0, 1.0e17), "n_fe3": (0.0, 6.0e16)})
    interval = interval_of(fit(weak, settings), "n_fe")
    assert interval.upper == 0.0
    assert interval.upper_outcome.text == "at the limit 1.6e+17, where the fit ended"


def test_an_open_side_is_called_open(weak, monkeypatch):
    result = fit(weak, ION_WRITING)
    monkeypatch.setattr(intervals, "_FARTHEST_DRAWN", 0.2)
    interval = interval_of(result, "n_fe")
    assert interval.lower is None
    assert interval.lower_outcome.text.startswith("open: chi2 rises by only 0.04")


def test_a_fit_that_is_no_minimum_has_no_intervals():
    data = fixed_field(
        PURE_LL, np.random.default_rng(1), fields=(2e4,), temperatures=(2.0, 5.0, 20.0), model=LL
    )
    interval = interval_of(fit(data, ION_WRITING), "n_fe")
    assert interval.lower_outcome.text == "not found: there are not more points than parameters"


def test_exploration_fills_what_is_asked_for(weak):
    result = fit(weak, ION_WRITING)
    one = explore(result, ION_WRITING, IntervalRequest(minos=("n_fe",)))
    assert one.derived["n_fe"].minos.found
    assert one.derived["curie_constant"].minos is None
    everything = explore(result, ION_WRITING, IntervalRequest(minos=("all",)))
    assert all(item.minos for item in everything.quantities.values() if item.error)
    curves = explore(result, ION_WRITING, IntervalRequest(profiles=("curie_constant", "n_fe2")))
    assert [curve.name for curve in curves.profiles] == ["n_fe2", "curie_constant"]
    assert curves.derived["curie_constant"].minos.found


def test_a_combination_of_what_is_held_is_told_so(bent):
    data, _ = bent
    settings = FitSettings(fixed={**HELD, "d0min_qs4": 2.7e5, "d0max_qs4": 2.9e5})
    result = explore(fit(data, settings), settings, IntervalRequest(minos=("d0_mean_qs4",)))
    assert (
        result.derived["d0_mean_qs4"].minos.lower_outcome.text == "not found: it contains no free parameter"
    )


def test_a_lower_minimum_is_found_and_the_fit_restarted(bent):
    """A fit that stopped off its minimum: drawing a combination finds the way down."""
    _, result = bent
    settings = FitSettings(fixed=HELD)
    minimum = result.minimum
    off = minimum.point + 3.0 * np.sqrt(np.diag(minimum.covariance)) * np.sign(minimum.covariance[0])
    high = replace(minimum, point=off, chi2=minimum.problem.chi2(off))
    again = explore(replace(result, minimum=high), settings, IntervalRequest(minos=("curie_constant",)))
    assert again.minimum.chi2 == pytest.approx(minimum.chi2, abs=1e-3)
    assert again.derived["curie_constant"].minos.found
    assert any(note.code == "fitting.lower-minimum-met" for note in again.notes)
