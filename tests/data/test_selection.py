"""Which points an analysis uses: windows of several parts, inner ranges, branches."""

from __future__ import annotations

import json

import numpy as np
import pytest

from glasspara.data.loading import load
from glasspara.data.selection import Window
from glasspara.errors import InputError, UsageError
from glasspara.files.exclusion import Branch


def test_parts_are_united_and_inner_ranges_left_out():
    T = np.array([2.0, 4.0, 10.0, 40.0, 50.0, 65.0, 70.0, 300.0])
    window = Window(temperatures=((None, 10.0), (40.0, 70.0)), not_temperatures=((45.0, 65.0),))
    assert T[window.mask(T, np.zeros(8))].tolist() == [2.0, 4.0, 10.0, 40.0, 70.0]


def test_fields_are_sizes():
    H = np.array([-5e4, -1e3, 0.0, 1e3, 5e4])
    window = Window(fields=((500.0, None),), not_fields=((4e4, None),))
    assert window.mask(np.ones(5), H).tolist() == [False, True, False, True, False]


def test_the_options(glasspara, write, compose, sweep):
    path = write(compose("xl", sweep(14)))
    arguments = ("fit", path, "--model", "ll", "--no-plots", "--json")
    ranges = ("--t-range", "2:10,20:", "--t-range", "12:16", "--not-t-range", "4:5", "--not-h-range", "2000:")
    status, out, _ = glasspara(*arguments, *ranges)
    document = json.loads(out)
    (given,) = document["inputs"]
    assert status in (0, 5)
    assert given["rows_dropped"] == {
        "inside --not-t-range or --not-h-range": 1,
        "outside --t-range or --h-range": 1,
    }
    assert given["rows_read"] == given["rows_used"] + 2
    assert document["settings"]["t_range"] == ["2:10,20:", "12:16"]


@pytest.mark.parametrize("option", ["--t-range", "--not-t-range", "--h-range", "--not-h-range"])
def test_a_range_that_is_none(glasspara, write, compose, sweep, option):
    status, out, err = glasspara("fit", write(compose("xl", sweep())), option, "5:2")
    assert (status, out) == (2, "")
    assert option in err


def loop(compose, write):
    """Warming and cooling through the same temperatures."""
    points = [{"T": 2.0 * 1.3**i, "H": 1e3, "m": 1e-4 / (2.0 * 1.3**i)} for i in range(12)]
    back = [{**point, "m": 1.02 * point["m"]} for point in points[::-1]]
    return write(compose("xl", points + back))


def test_a_branch_is_left_out(compose, write):
    path = loop(compose, write)
    (item,) = load([path], exclude={path: [Branch("cooling")]}).inputs
    (run,) = item.runs
    assert {run.run.branch_labels[i] for i in run.run.branch} == {"warming"}
    assert item.rows_dropped == {"excluded on request": item.measurement.rows_used - len(run)}
    assert item.rows_used + sum(item.rows_dropped.values()) == item.measurement.rows_read == 24


def test_a_branch_that_the_file_does_not_have(compose, write):
    path = loop(compose, write)
    with pytest.raises(UsageError, match="no branch 'field up'"):
        load([path], exclude={path: [Branch("field up")]})
    assert load([path], exclude={path: [Branch("field up", required=False)]}).inputs[0].rows_used == 24


def test_nothing_is_left(compose, write):
    path = loop(compose, write)
    with pytest.raises(InputError, match="no point is in the window"):
        load([path], window=Window(not_temperatures=((None, None),)))


def test_inspect_leaves_no_branch_out(glasspara, compose, write):
    status, _, err = glasspara("inspect", loop(compose, write), "--exclude", "cooling")
    assert status == 2
    assert "the branch 'cooling'" in err
