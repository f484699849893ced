"""Coordinates of a fit: there and back, and their derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.errors import UsageError
from glasspara.fitting.problem.coordinates import (
    Coordinates,
    canonical_by_reported,
    reported_names,
)
from glasspara.model.model import Model
from glasspara.model.parameters import to_canonical

VALUES = {
    "chi_larmor": 4.2e-7,
    "n_fe2": 1.1e17,
    "n_fe3": 0.6e17,
    "n_fe": 1.7e17,
    "fe2_fraction": 0.66,
    "n_ats": 1.352e16,
    "d_min": 0.027,
    "d0min_qs4": 2.7e5,
    "d0max_qs4": 2.9e5,
    "delta_mu": 0.32,
    "field_offset": 3.0,
}
HELD = [
    (),
    ("n_ats",),
    ("n_ats", "field_offset"),
    ("d0min_qs4", "n_ats"),
    ("d0max_qs4",),
    ("d_min", "delta_mu", "n_ats"),
]


def coordinates(held, *, partition, limits=None, model=None):
    return Coordinates(model or Model(), partition, {name: VALUES[name] for name in held}, limits or {})


@pytest.mark.parametrize("partition", [False, True])
@pytest.mark.parametrize("held", HELD)
def test_there_and_back(held, partition):
    here = coordinates(held, partition=partition)
    reported = {name: VALUES[name] for name in here.reported}
    again = here.to_reported(here.from_reported(reported))
    assert again == pytest.approx(reported, rel=1e-13)
    assert len(here.names) == len(here.free) == len(here.box())
    assert not set(here.free) & set(held)


@pytest.mark.parametrize("partition", [False, True])
@pytest.mark.parametrize("held", HELD)
def test_jacobians_against_differences(held, partition):
    here = coordinates(held, partition=partition)
    point = here.from_reported({name: VALUES[name] for name in here.reported})
    for function, jacobian in (
        (here.to_reported, here.reported_jacobian(point)),
        (
            lambda p: to_canonical(here.to_reported(p)),
            canonical_by_reported(here.to_reported(point), here.model) @ here.reported_jacobian(point),
        ),
    ):
        names = (
            here.reported
            if jacobian.shape[0] == len(here.reported) and function(point).keys() == set(here.reported)
            else here.model.names
        )
        for column in range(len(point)):
            step = 1e-6 * max(abs(point[column]), 1e-12)
            up, down = point.copy(), point.copy()
            up[column] += step
            down[column] -= step
            above, below = function(up), function(down)
            for row, name in enumerate(names):
                slope = (above[name] - below[name]) / (2 * step)
                # central differences with a step of 1e-6: measured worst 3e-9
                assert jacobian[row, column] == pytest.approx(
                    slope, rel=1e-7, abs=1e-8 * abs(VALUES[name] / point[column])
                )


def test_mean_and_ratio_replace_the_cutoffs_only_when_both_are_free():
    assert "ln_d0_ratio" in coordinates(("n_ats",), partition=False).names
    assert "n_ats_ln_ratio" in coordinates((), partition=False).names
    one = coordinates(("n_ats", "d0min_qs4"), partition=False)
    assert "ln_d0max_qs4" in one.names
    low, _ = one.box()[one.names.index("ln_d0max_qs4")]
    assert low == pytest.approx(np.log(VALUES["d0min_qs4"]))  # d0max stays above
    boxed = coordinates(("n_ats",), partition=False, limits={"d0max_qs4": (1e5, 3e5)})
    assert {"ln_d0min_qs4", "ln_d0max_qs4"} <= set(boxed.names)
    box = dict(zip(boxed.names, boxed.box(), strict=True))
    assert box["ln_d0max_qs4"] == pytest.approx((np.log(1e5), np.log(3e5)))
    assert box["ln_d0min_qs4"] == pytest.approx((np.log(1e3), np.log(1e7)))  # the other's box is not its own


def test_limits_narrow_the_physical_ones():
    here = coordinates(("n_ats",), partition=False, limits={"n_fe2": (-1.0, 2e17), "d_min": (0.01, 0.1)})
    box = dict(zip(here.names, here.box(), strict=True))
    assert box["n_fe2"] == (0.0, 2e17)
    assert box["ln_d_min"] == pytest.approx((np.log(0.01), np.log(0.1)))
    with pytest.raises(UsageError, match="no room for n_fe2"):
        coordinates(("n_ats",), partition=False, limits={"n_fe2": (-2.0, -1.0)}).box()


def test_partition_is_the_same_pair():
    canonical = to_canonical({"n_fe": 1.7e17, "fe2_fraction": 0.25, "chi_larmor": 1.0})
    assert canonical == pytest.approx({"n_fe2": 0.425e17, "n_fe3": 1.275e17, "chi_larmor": 1.0})
    model = Model("ll")
    assert reported_names(model, partition=True) == ("chi_larmor", "n_fe", "fe2_fraction", "field_offset")
    reported = {name: VALUES[name] for name in reported_names(model, partition=True)}
    assert canonical_by_reported(reported, model).shape == (len(model.names), len(reported))
