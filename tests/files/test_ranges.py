"""Numbers that no magnetometer gives: rows are dropped, errors replaced, files refused; nothing hangs or breaks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from glasspara.data.loading import load
from glasspara.errors import InputError
from glasspara.runs import read


@pytest.mark.parametrize("error", ["5e-324", "1e-200", "1e-15", "1e300", "-1e-200"])
def test_an_error_that_is_none_is_replaced(write, compose, sweep, error):
    points = sweep(14)
    points[3]["s"] = error
    measurement = read(write(compose("xl", points)), errors="instrument")
    (item,) = [item for item in measurement.file_warnings if item.code == "files.unusable-errors"]
    first = int(measurement.runs[0].line[0])
    assert item.values["lines"] == [[first + 3, first + 3]]
    (run,) = measurement.runs
    assert len(run) == 14
    assert 1e-10 < run.sigma[3] < 1e-5
    assert np.allclose(np.delete(run.sigma, 3), 2e-8, atol=0.0)


@pytest.mark.parametrize("error", ["", "0", "2e-8", "1e-11"])
def test_other_errors_are_kept(write, compose, sweep, error):
    points = sweep(14)
    points[3]["s"] = error
    codes = [item.code for item in read(write(compose("xl", points))).file_warnings]
    assert "files.unusable-errors" not in codes


def test_an_error_far_below_its_moment(write, compose, sweep):
    points = [{**point, "m": 1e5 * point["m"], "s": 2e-3} for point in sweep(14)]
    points[3]["s"] = 1e-10
    codes = [item.code for item in read(write(compose("xl", points))).file_warnings]
    assert codes == ["files.unusable-errors"]


@pytest.mark.parametrize(
    "cells", [{"H": 1e-300}, {"H": -1e-10}, {"H": 1e7}, {"m": 1e-300}, {"m": 1e9}, {"T": 1e-9}]
)
def test_a_row_out_of_range_is_dropped(write, compose, sweep, cells):
    points = sweep(14)
    points[3] |= cells
    assert read(write(compose("mpms3-vsm", points))).rows_dropped == {"value out of range": 1}


def test_zero_is_a_field_and_a_moment(write, compose, sweep):
    points = sweep(14)
    points[3]["m"] = 0.0
    assert read(write(compose("xl", points))).rows_used == 14
    assert read(write(compose("xl", sweep(14, H=0.0)))).rows_used == 14


@pytest.mark.parametrize("command", ["inspect", "fit", "subtract"])
def test_fields_that_are_all_next_to_nothing(glasspara, write, compose, sweep, command):
    points = [{**point, "H": "1e-300"} for point in sweep(14)]
    status, out, err = glasspara(command, write(compose("mpms3-vsm", points)))
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert "14 value out of range" in err
    assert "1e-09 to 1e+06 Oe or 0" in err


def test_a_fit_with_such_an_error_ends_and_prints_its_report_only(glasspara, write, compose, sweep):
    points = sweep(14)
    points[5]["s"] = "5e-324"
    status, out, err = glasspara("fit", write(compose("xl", points)), "--model", "ll", "--json")
    assert status in (0, 5)
    assert json.loads(out)["warnings"][0]["code"] == "files.unusable-errors"
    assert "Traceback" not in err


def test_moments_that_are_all_zero(glasspara, write, compose, sweep):
    path = write(compose("xl", sweep(14, m=0.0)))
    assert read(path).rows_used == 14
    with pytest.raises(InputError, match="all moments are 0"):
        load([path])
    assert glasspara("inspect", path).status == 0
    for command in ("fit", "universality"):
        status, out, err = glasspara(command, path)
        assert (status, out, err.count("\n")) == (3, "", 1)


def test_many_moments_that_are_all_zero(write, compose):
    path = write(compose("xl", [{"T": 2.0 + 3.0 * i, "H": 1e3, "m": 0.0} for i in range(80)]))
    assert read(path).rows_used == 80
    with pytest.raises(InputError, match="all moments are 0"):
        load([path])


@pytest.mark.parametrize("name", ["tiny_Scan_1e-200_3.dat", "tiny_Scan_5e-324_54.dat"])
def test_the_cases_of_tiny_errors(shared, name):
    path = shared / "cases" / "hostile" / name
    if not path.is_file():
        pytest.skip("no cases beside the checkout")
    measurement = read(path)
    assert [item.code for item in measurement.file_warnings] == ["files.unusable-errors"]
    assert min(run.sigma.min() for run in measurement.runs) > 1e-10


def test_the_case_of_no_field(shared):
    path = shared / "cases" / "hostile" / "H_1e-300.dat"
    if not path.is_file():
        pytest.skip("no cases beside the checkout")
    with pytest.raises(InputError, match="80 value out of range"):
        read(path)
