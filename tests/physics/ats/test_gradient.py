"""Analytic derivatives of the ATS term against central differences of sixth order."""

import numpy as np
import pytest

from glasspara.physics.ats import ats_magnetisation
from tests.physics.ats.literal import BK7, ats_gradient

OFFSETS = np.array([-3, -2, -1, 1, 2, 3])
WEIGHTS = np.array([-1, 9, -45, 45, -9, 1]) / 60
REGIMES = {
    "typical": BK7 | {"T": 4.5, "H": 2e4},
    "warm": BK7 | {"T": 250.0, "H": 900.0},
    "negative field": BK7 | {"T": 4.5, "H": -2e4},
    "large c": BK7 | {"T": 2.0, "H": 6.5e4, "d0max_qs4": 2e6},
    "close cutoffs": BK7 | {"T": 4.5, "H": 2e4, "d0max_qs4": 271700.0 * 1.002},
    "close cutoffs, large c": BK7 | {"T": 2.0, "H": 6e4, "d0min_qs4": 1e6, "d0max_qs4": 1.002e6},
    "comparable": BK7 | {"T": 1.1, "H": 1e4, "d_min": 5.0},
    "comparable, large c": BK7 | {"T": 1.1, "H": 6e4, "d_min": 5.0, "d0max_qs4": 8e5},
    "comparable, close": BK7 | {"T": 1.1, "H": 1e4, "d_min": 5.0, "d0max_qs4": 271700.0 * 1.002},
    "comparable, close, large c": BK7
    | {"T": 1.1, "H": 6e4, "d_min": 5.0, "d0min_qs4": 1e6, "d0max_qs4": 1.002e6},
    "cold": BK7 | {"T": 0.3, "H": 1e4, "d_min": 30.0, "delta_mu": 0.1},
    "cold, weak": BK7 | {"T": 0.3, "H": 10.0, "d_min": 30.0, "delta_mu": 0.1},
}


@pytest.mark.parametrize("orientation", ["isotropic", "aligned", "rms"])
@pytest.mark.parametrize("regime", REGIMES)
def test_against_central_differences(regime, orientation):
    arguments = REGIMES[regime]
    value, gradient = ats_gradient(**arguments, orientation=orientation)
    assert value == pytest.approx(float(ats_magnetisation(**arguments, orientation=orientation)), rel=1e-15)
    gap = arguments["d0max_qs4"] - arguments["d0min_qs4"]
    for name, derivative in gradient.items():
        step = 2e-3 * (gap if name.endswith("qs4") else arguments[name])
        if name.endswith("qs4") and gap < 0.003 * arguments["d0min_qs4"]:
            step *= 50  # linear to high order in so small a gap
        values = ats_magnetisation(
            **(arguments | {name: arguments[name] + OFFSETS * step}), orientation=orientation
        )
        scale = max(abs(float(derivative)), 1e-3 * abs(float(value) / arguments[name]))
        # Measured: 1.4e-11 at worst, the differences'.
        assert abs(float(values @ WEIGHTS) / step - float(derivative)) < 1e-10 * scale, name


def test_arrays_give_what_points_give():
    T, H = np.geomspace(2.0, 300.0, 7)[:, None], np.array([-5e4, 10.0, 6e4])
    value, gradient = ats_gradient(T, H, **BK7)
    assert value.shape == (7, 3)
    assert {name: part.shape for name, part in gradient.items()} == dict.fromkeys(gradient, (7, 3))
    for i in range(7):
        for j in range(3):
            one, slopes = ats_gradient(T[i, 0], H[j], **BK7)
            assert value[i, j] == pytest.approx(float(one), rel=1e-14)
            for name, slope in slopes.items():
                assert gradient[name][i, j] == pytest.approx(float(slope), rel=1e-13)


def test_zero_field_has_the_weak_field_slope():
    value, gradient = ats_gradient(4.5, 0.0, **BK7)
    assert value == 0
    assert gradient["H"] == pytest.approx(float(ats_magnetisation(4.5, 1e-3, **BK7)) / 1e-3, rel=1e-13)
    assert all(gradient[name] == 0 for name in gradient if name != "H")
