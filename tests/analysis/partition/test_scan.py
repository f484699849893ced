"""The partition scan on synthetic data with known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.analysis.partition.figures import partition_figure, stacked_figure
from glasspara.analysis.partition.scan import SCAN_LEVELS, assess_partition, fractions, partition
from glasspara.data import Dataset
from glasspara.errors import SampleDataError, UsageError
from glasspara.findings import finding
from glasspara.fitting.intervals.profile import Profiles
from glasspara.fitting.intervals.regions import Interval
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model
from glasspara.model.parameters import to_canonical
from glasspara.simulation.datasets import BK7, fixed_field

TOTAL = BK7["n_fe2"] + BK7["n_fe3"]
TRUTH = BK7["n_fe2"] / TOTAL
# what the scan itself does not need: tests are to be quick
SHAPE = {"d_min": BK7["d_min"], "delta_mu": BK7["delta_mu"]}


def campaign(seed, *, temperatures=(2.0, 300.0), noise=1e-3, fields=(5e3, 5e4)):
    rng = np.random.default_rng(seed)
    return fixed_field(
        BK7, rng, fields=fields, temperatures=tuple(np.geomspace(*temperatures, 15)), noise=noise
    )


def settings(error=None, **more):
    return FitSettings(n_fe=(TOTAL, error), fixed=SHAPE, **more)


@pytest.fixture(scope="module")
def result():
    return partition(campaign(1), settings(), (1.0, TRUTH, 0.4, 0.0))


def test_the_truth_is_explained_and_the_ends_are_not(result):
    assert (result.assessment.status, result.assessment.trusted) == ("determined", True)
    assert [point.explained for point in result.points] == [False, True, False, False]
    low, high = result.ends("95 %")
    assert low < TRUTH < high
    assert high - low < 0.1


def test_the_first_reason_gives_x_and_its_intervals(result):
    (first,) = result.assessment.reasons
    low, high = result.ends("68 %")
    assert first.text.startswith(f"x = {result.best:.4g}, {low:.4g} to {high:.4g} (68 %), ")
    frame = result.to_frame()
    assert list(frame["fe2_fraction"]) == [1.0, TRUTH, 0.4, 0.0]
    assert "chi_larmor_emu_per_g_Oe" in frame


def test_an_end_that_was_not_found_is_named(result):
    outcome = {"parameter": "fe2_fraction", "end": 0.2, "rise": 0.1}
    lost = Interval(
        None,
        0.1,
        finding("fitting.interval-open", side="lower", **outcome),
        finding("fitting.interval-found", side="upper", **outcome),
    )
    found = assess_partition(result.fit, {"68 %": lost, "95 %": lost})
    assert (found.status, found.reasons[0].code) == ("not-determined", "partition.no-end")
    first, second = (found.reasons[0].values[side] for side in ("lower", "upper"))
    assert (first, second) == (lost.lower_outcome.text, lost.upper_outcome.text)
    assert first.startswith("open: chi2 rises by only 0.1 up to 0.2")
    assert first in found.reasons[0].text


def test_intervals_end_where_chi2_has_risen_by_their_level(result):
    profile = Profiles(result.fit.minimum).of("fe2_fraction")
    for name, level in SCAN_LEVELS.items():
        for end in result.ends(name):
            assert profile.at(end).rise == pytest.approx(level, rel=0.01)
            assert np.interp(end, result.curve.values, result.curve.rises) == pytest.approx(level, rel=0.1)


def test_everything_else_is_minimised_again_at_every_x(result):
    for point in result.points:
        coordinates = point.minimum.coordinates
        assert coordinates.held["fe2_fraction"] == point.fraction
        assert {"chi_larmor", "d0min_qs4", "d0max_qs4"} <= set(coordinates.free)
        gradient = point.minimum.problem.chi2_gradient(point.minimum.point)
        errors = np.sqrt(np.diag(point.minimum.covariance))
        free = [name not in point.minimum.at_limit for name in coordinates.names]
        assert np.abs(gradient * errors)[free].max() < 0.05  # of chi2, within one standard error
    larmor = {point.minimum.reported["chi_larmor"] for point in result.points}
    assert len(larmor) == len(result.points)


def test_subtracted_curves_are_the_data_less_larmor_and_iron(result):
    data, point = result.data, result.points[2]
    iron = to_canonical(point.minimum.reported)
    assert iron["n_fe2"] == pytest.approx(0.4 * TOTAL)
    assert iron["n_fe3"] == pytest.approx(0.6 * TOTAL)
    left = data.magnetisation - point.intrinsic(data) + point.minimum.reported["chi_larmor"] * data.field
    assert left == pytest.approx(point.terms.fe2 + point.terms.fe3, rel=1e-9)


def test_an_error_of_the_total_widens_the_interval(result):
    wider = partition(result.data, settings(0.02 * TOTAL), (TRUTH,))
    assert wider.points[0].explained
    widths = [np.ptp(item.ends("68 %")) for item in (result, wider)]
    assert widths[1] > 1.5 * widths[0]


def test_x_that_is_not_determined_is_said_so():
    data = campaign(2, temperatures=(30.0, 300.0), noise=1e-2, fields=(1e4,))
    result = partition(data, settings(0.02 * TOTAL), (1.0, 0.5, 0.0))
    assert (result.assessment.status, result.assessment.trusted) == ("not-determined", False)
    assert result.assessment.reasons[0].code == "partition.covers-all"
    assert "covers all of 0 to 1" in result.assessment.reasons[0].text
    assert all(point.explained for point in result.points)
    assert (result.curve.values.min(), result.curve.values.max()) == (0.0, 1.0)
    figure = partition_figure(result)
    assert "NOT DETERMINED" in " ".join(text.get_text() for text in figure.texts)


def test_an_interval_that_meets_a_limit_ends_just_there(result):
    """However its length was rounded: a share of 1e-16 must not pass for a determined x."""
    low, high = (
        finding("fitting.interval-met-limit", parameter="fe2_fraction", side=side, end=end, rise=0.5)
        for side, end in (("lower", 0.0), ("upper", 1.0))
    )
    short = Interval(result.best - 1e-16, 1.0 - result.best - 1e-16, low, high)
    assert replace(result, intervals={"95 %": short}).ends("95 %") == (0.0, 1.0)


def test_fractions():
    assert fractions() == (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)
    assert fractions(0.3) == (1.0, 0.7, 0.4, 0.1, 0.0)
    assert fractions(1.0) == (1.0, 0.0)
    for steps in (0.0, -0.1, 1.5, 1e-6):
        with pytest.raises(UsageError, match="--steps"):
            fractions(steps)


@pytest.mark.parametrize(
    ("given", "values", "error"),
    [
        ({"n_fe": None}, None, SampleDataError),
        ({"model": Model("ll"), "fixed": {}}, None, UsageError),
        ({"fixed": {"fe2_fraction": 0.5}}, None, UsageError),
        ({}, (0.5, 1.5), UsageError),
        ({}, (0.5, 0.5), UsageError),
        ({}, (), UsageError),
    ],
)
def test_what_cannot_be_scanned_is_refused(given, values, error):
    with pytest.raises(error):
        partition(campaign(3), FitSettings(**{"n_fe": (TOTAL, None), **given}), values)


def test_figures(result):
    for figure in (partition_figure(result), stacked_figure(result)):
        said = [text.get_text() for text in figure.findobj(lambda item: hasattr(item, "get_text"))]
        assert "synthetic" in said
    # a panel for each x scanned and one for the best
    assert len(figure.axes) == len(result.points) + 1


def test_nothing_is_explained_where_the_model_does_not_describe_the_data():
    data = campaign(3)
    bent = tuple(
        replace(run, magnetisation=run.magnetisation + 30.0 * run.sigma * np.sin(run.temperature / 5.0))
        for run in data.runs
    )
    result = partition(Dataset(bent), settings(), (1.0, 0.0))
    assert (result.assessment.status, result.assessment.trusted) == ("poor", False)
    assert result.assessment.reasons[1] is result.fit.assessment.reasons[0]
    assert not any(point.explained for point in result.with_best)
    assert result.notes[0].code == "partition.least-bad"
