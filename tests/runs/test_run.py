"""Runs from points: set points, branches, warnings."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.files.table import RowPoints
from glasspara.runs import read
from glasspara.runs.run import Run, makes_runs, segment, select
from glasspara.runs.stretches import set_point


def points(T, H, sigma=1e-8, **columns):
    T, H = np.broadcast_arrays(np.asarray(T, float), np.asarray(H, float))
    moment = 1e-9 * H + 1e-4 / T + 1e-8 * np.cos(7.0 * np.arange(len(T)) ** 2)
    return RowPoints(T, H, moment, np.full(len(T), sigma), np.arange(31, 31 + len(T)), **columns)


@pytest.mark.parametrize(
    ("value", "tolerance", "rounded"),
    [
        (999.5, 1.0, 1000.0),
        (999.9, 1.0, 1000.0),
        (99.914, 1.0, 100.0),
        (-0.567, 1.0, 0.0),
        (4.502, 0.009, 4.5),
        (1.9981, 0.004, 2.0),
        (293.24, 0.6, 293.0),
        (-49999.3, 50.0, -50000.0),
        (2.2861, 0.0046, 2.29),
    ],
)
def test_set_points(value, tolerance, rounded):
    assert set_point(value, tolerance) == rounded


def test_a_fixed_field_run():
    T = np.concatenate((np.geomspace(2, 300, 40), np.geomspace(300, 2, 40)))
    (run,), dropped = segment(points(T, 999.51, column="Moment", sigma_column="Err"), file="f.dat")
    assert dropped == ()
    assert (run.file, run.kind, run.nominal, run.unit) == ("f.dat", "fixed-field", 1000.0, "Oe")
    assert run.label == "1000 Oe"
    assert run.branch_labels == ("warming", "cooling")
    assert run.line.tolist() == list(range(31, 111))
    assert run.temperature.tolist() == T.tolist()
    assert (run.moment_column, run.sigma_source, run.warnings) == ("Moment", "instrument: Err", ())


def test_a_fixed_temperature_run_that_drifts():
    H = np.concatenate((np.linspace(0, 5e4, 30), np.linspace(5e4, -5e4, 60)))
    (run,), _ = segment(points(np.linspace(9.9, 15.0, 90), H))
    assert (run.kind, run.unit) == ("fixed-temperature", "K")
    assert run.branch_labels == ("field up", "field down")
    assert "temperature is not constant, 9.9 to 15 K" in run.warnings[0].text


def test_a_series_in_time_says_so():
    (run,), _ = segment(points(np.full(30, 4.0), 1000.0))
    assert "neither field nor temperature varies" in run.warnings[0].text


def test_whether_points_make_runs():
    assert makes_runs(points(np.geomspace(2, 300, 20), 500.0))
    assert not makes_runs(points([2.0, 3.0, 4.0], 500.0))
    assert not makes_runs(points([], 500.0))


def test_strays_are_dropped_with_their_lines():
    _, dropped = segment(points([*np.full(20, 5.0), 7.0], [*np.linspace(0, 1e4, 20), 3.0]))
    assert [(row.line, row.reason) for row in dropped] == [(51, "outside sequence: between set points")]


def test_arrays_are_read_only_copies():
    source = points(np.geomspace(2, 300, 20), 500.0)
    (run,), _ = segment(source)
    for name in ("temperature", "field", "moment", "sigma", "line", "branch"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(run, name)[0] = 0
    assert source.moment.flags.writeable
    assert len(run) == 20


def test_arrays_must_agree():
    with pytest.raises(ValueError, match="differ in length"):
        Run(
            "",
            "fixed-field",
            1.0,
            *([np.ones(3)] * 3),
            np.ones(2),
            *([np.ones(3)] * 2),
            ("warming",),
            "",
        )


def test_the_first_points_after_a_field_change_are_marked():
    """Also where the field creeps, across runs of one file, and after points are left out."""
    H = np.concatenate(
        (np.full(10, 100.0) + 0.1 * np.arange(10), np.full(10, 200.0), np.repeat([3e3, 4e3, 5e3, 6e3], 3))
    )
    T = np.concatenate((np.geomspace(2, 300, 10), np.geomspace(300, 2, 10), np.full(12, 2.0)))
    runs, _ = segment(points(T, H))
    assert [run.since_field_change.tolist() for run in runs] == [
        list(range(10)),
        list(range(10)),
        [0, 1, 2] * 4,
    ]
    assert select(runs[0], np.arange(10) % 2 == 1).since_field_change.tolist() == [1, 3, 5, 7, 9]


def test_three_loops_of_one_file(shared):
    """102, 112 and 122 K, each from 0 through + and - to 0: plateaus as flat as the thermometer."""
    measurement = read(str(shared / "cases/files/loops_102_112_122K.rso.dat"))
    assert [(run.label, len(run)) for run in measurement.runs] == [
        ("102 K", 15),
        ("112 K", 15),
        ("122 K", 15),
    ]
    assert measurement.warnings == ()
