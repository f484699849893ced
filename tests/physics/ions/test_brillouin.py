"""The Langevin term: Brillouin function against mpmath, and the published ratios of Table 1."""

import mpmath as mp
import numpy as np
import pytest

from glasspara.physics.ions.langevin import (
    brillouin,
    brillouin_derivative,
    langevin_magnetisation,
    langevin_response,
)
from glasspara.units import BOHR_MAGNETON

SPINS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.5, 7.5)


def _coth_form(y, j):
    wide, narrow = (2 * j + 1) / (2 * j), 1 / (2 * j)
    return wide * mp.coth(wide * y) - narrow * mp.coth(narrow * y)


def _coth_slope(y, j):
    wide, narrow = (2 * j + 1) / (2 * j), 1 / (2 * j)
    return narrow**2 * mp.csch(narrow * y) ** 2 - wide**2 * mp.csch(wide * y) ** 2


@pytest.mark.parametrize("j", SPINS)
def test_full_relative_precision(j):
    y = np.geomspace(1e-12, 1e6, 120)
    with mp.workdps(60):
        exact = [_coth_form(mp.mpf(float(x)), mp.mpf(j)) for x in y]
        errors = [abs(float(value / one - 1)) for value, one in zip(brillouin(y, j=j), exact, strict=True)]
    # Measured: 6.3e-16.
    assert max(errors) < 1e-15


@pytest.mark.parametrize("j", SPINS)
def test_derivative(j):
    y = np.geomspace(1e-12, 100.0, 80)
    with mp.workdps(60):
        exact = [_coth_slope(mp.mpf(float(x)), mp.mpf(j)) for x in y]
        slopes = brillouin_derivative(y, j=j)
        errors = [abs(float(value / one - 1)) for value, one in zip(slopes, exact, strict=True)]
    # Measured: 1e-14, the rounding of the exponent of exp(-y/J) at y = 100.
    assert max(errors) < 3e-14


def test_odd_saturated_and_without_overflow():
    y = np.array([0.0, 1e-300, 1e-3, 1.0, 1e300, np.inf])
    np.testing.assert_array_equal(brillouin(-y, j=2.5), -brillouin(y, j=2.5))
    assert brillouin(0.0, j=2.0) == 0
    np.testing.assert_array_equal(brillouin(y[-2:], j=2.0), 1.0)
    np.testing.assert_array_equal(brillouin_derivative(y[-2:], j=2.0), 0.0)
    assert brillouin(1e-300, j=2.0) == pytest.approx(0.5e-300, rel=1e-15)


def test_spin_one_half_is_tanh():
    y = np.linspace(-5, 5, 11)
    np.testing.assert_allclose(brillouin(y, j=0.5), np.tanh(y), rtol=1e-15)


def test_magnetisation_and_response_agree():
    T, H = np.array([2.0, 20.0, 300.0])[:, None], np.array([-6e4, 0.0, 500.0])
    response, slope = langevin_response(T, H, j=2.5)
    np.testing.assert_allclose(
        langevin_magnetisation(T, H, n=1.7e17, j=2.5), 1.7e17 * response, rtol=1e-15, atol=0
    )
    step = 1e-3 * T * 100
    numeric = (langevin_response(T, H + step, j=2.5)[0] - langevin_response(T, H - step, j=2.5)[0]) / (
        2 * step
    )
    np.testing.assert_allclose(slope, numeric, rtol=1e-7)
    assert response.shape == slope.shape == (3, 3)


def test_saturation_moment():
    assert langevin_magnetisation(1e-6, 1e5, n=1.0, j=2.0, g=2.0) == pytest.approx(
        4 * BOHR_MAGNETON, rel=1e-15
    )


def test_table_1_needs_the_quantum_form():
    # Concentrations that explain the same moment: n(Fe2+)/n(Fe3+) = m(Fe3+)/m(Fe2+). Table 1 has 1.458 at
    # 1 kOe, the Curie limit 8.75/6, and 1.308 at 65 kOe, on the way to saturation, 5/4.
    def ratio(T, H):
        return float(langevin_response(T, H, j=2.5)[0] / langevin_response(T, H, j=2.0)[0])

    assert ratio(300.0, 1e3) == pytest.approx(8.75 / 6, rel=1e-5)
    assert ratio(4.5, 1e3) == pytest.approx(1.458, abs=1e-3)
    assert ratio(2.0, 65e3) < 1.308 < ratio(20.0, 65e3)
    assert ratio(1e-3, 65e3) == pytest.approx(1.25, rel=1e-12)


@pytest.mark.parametrize("j", [0.0, -0.5, 0.7])
def test_impossible_spins_are_refused(j):
    with pytest.raises(ValueError, match="J must be a positive multiple of 1/2"):
        brillouin(1.0, j=j)


@pytest.mark.parametrize("T", [0.0, -1.0, np.nan])
def test_impossible_temperatures_are_refused(T):
    with pytest.raises(ValueError, match="T must be positive"):
        langevin_magnetisation(T, 1e4, n=1e17, j=2.0)
