"""The rivals of the ATS term: limits, symmetries, slow references, derivatives."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from glasspara.physics.ions import curie_constant
from glasspara.physics.ions.langevin import (
    brillouin,
    classical_langevin,
    curie_weiss_response,
    ferromagnetic_response,
    langevin_response,
    superparamagnetic_response,
)
from glasspara.units import BOHR_MAGNETON, BOLTZMANN
from tests.physics.axial_splitting import split_spin_response

T, H = (
    grid.ravel() for grid in np.meshgrid(np.geomspace(1.8, 300.0, 9), [-6.5e4, -1e3, 1.0, 500.0, 2e4, 7e4])
)


def slope(function, x, step):
    return (function(x + step) - function(x - step)) / (2.0 * step)


def close(a, b, tolerance):
    assert np.max(np.abs(a - b)) <= tolerance * np.max(np.abs(b))


# --- mean field --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("j", [2.0, 2.5])
@pytest.mark.parametrize("theta", [-50.0, -1.0, 0.0, 0.5, 1.5])
def test_mean_field_solves_its_equation(theta, j):
    moment = curie_weiss_response(T, H, theta_cw=theta, j=j)[0] / (2.0 * BOHR_MAGNETON * j)
    y = (2.0 * BOHR_MAGNETON * j / BOLTZMANN * H + 3.0 * j / (j + 1.0) * theta * moment) / T
    # measured 1.4e-15 relative for theta >= -1; at -50 the argument y itself is a difference, 1.3e-14
    assert np.max(np.abs(brillouin(y, j=j) / moment - 1.0)) < (1e-13 if theta < -1.0 else 5e-15)


def test_mean_field_without_coupling_is_the_brillouin_law():
    for got, known in zip(
        curie_weiss_response(T, H, theta_cw=0.0, j=2.5), langevin_response(T, H, j=2.5), strict=False
    ):
        assert got == pytest.approx(known, rel=1e-12)  # measured 7e-14


@pytest.mark.parametrize("theta", [-20.0, 1.0])
def test_mean_field_has_the_curie_weiss_limit(theta):
    temperature = np.array([2.0, 5.0, 50.0])
    got = curie_weiss_response(temperature, 1e-3, theta_cw=theta, j=2.0)[0]
    assert got == pytest.approx(curie_constant(2.0) * 1e-3 / (temperature - theta), rel=1e-10)


@pytest.mark.parametrize("theta", [-20.0, -0.5, 0.7, 1.5])
def test_mean_field_derivatives(theta):
    _, by_field, by_theta = curie_weiss_response(T, H, theta_cw=theta, j=2.5)
    numeric = slope(lambda x: curie_weiss_response(T, H, theta_cw=x, j=2.5)[0], theta, 1e-5)
    close(by_theta, numeric, 1e-8)  # measured 1.3e-9
    numeric = slope(lambda x: curie_weiss_response(T, x, theta_cw=theta, j=2.5)[0], H, 1e-2)
    close(by_field, numeric, 1e-7)  # measured 1.1e-8


def test_mean_field_is_odd_and_orders_along_the_field_below_theta():
    here, there = (curie_weiss_response(T, sign * H, theta_cw=1.0, j=2.5)[0] for sign in (1.0, -1.0))
    assert np.array_equal(here, -there)
    saturation = 5.0 * BOHR_MAGNETON
    assert curie_weiss_response(0.1, 1e-6, theta_cw=1.5, j=2.5)[0] == pytest.approx(saturation, rel=1e-9)
    still = curie_weiss_response([1.0, 1.5, 2.0], 0.0, theta_cw=1.5, j=2.5)
    assert np.all(still[0] == 0.0)
    assert np.isfinite(still).all()


# --- clusters and ferromagnet ------------------------------------------------------------------------------


def test_classical_langevin_to_the_last_digits():
    x = np.concatenate([np.geomspace(1e-10, 700.0, 120), [0.999999, 1.0, 1.000001]])
    value, by_x = classical_langevin(x)
    with mpmath.workdps(60):
        known = [float(mpmath.coth(v) - 1 / mpmath.mpf(v)) for v in x.tolist()]
        slopes = [float(1 / mpmath.mpf(v) ** 2 - 1 / mpmath.sinh(v) ** 2) for v in x.tolist()]
    assert value == pytest.approx(known, rel=2e-15)  # measured 4.4e-16
    assert by_x == pytest.approx(slopes, rel=2e-15)
    assert classical_langevin(-x)[0] == pytest.approx(-value, rel=0.0)
    assert classical_langevin(0.0) == (0.0, pytest.approx(1.0 / 3.0, rel=1e-15))


def test_clusters_are_the_limit_of_large_spins():
    moment, by_field, _ = superparamagnetic_response(T, H, cluster_moment=1000.0)
    large = langevin_response(T, H, j=500.0, g=2.0)
    # B_J differs from L by a relative 1/J in weak fields: (J + 1)/J
    assert moment == pytest.approx(large[0], rel=2.1e-3)
    close(
        slope(lambda x: superparamagnetic_response(T, x, cluster_moment=1000.0)[0], H, 1e-3), by_field, 1e-6
    )


def test_cluster_derivative_by_moment():
    by_moment = superparamagnetic_response(T, H, cluster_moment=40.0)[2]
    close(slope(lambda x: superparamagnetic_response(T, H, cluster_moment=x)[0], 40.0, 1e-4), by_moment, 1e-9)


def test_ferromagnet():
    value, by_field, by_scale = ferromagnetic_response(H, h_ferro=2e3)
    assert value == pytest.approx(np.tanh(H / 2e3), rel=1e-15)
    close(slope(lambda x: ferromagnetic_response(x, h_ferro=2e3)[0], H, 1e-2), by_field, 1e-9)
    close(slope(lambda x: ferromagnetic_response(H, h_ferro=x)[0], 2e3, 1e-2), by_scale, 1e-9)
    assert np.isfinite(ferromagnetic_response([0.0, 1e9], h_ferro=10.0)).all()


# --- zero-field splitting ----------------------------------------------------------------------------------


def literal_moment(temperature, field, d, s, directions=400):
    """k_B T d ln Z/dH of one ion, emu, from all three spin matrices, a midpoint rule and a difference."""
    m = s - np.arange(round(2 * s) + 1)
    plus = np.diag(np.sqrt(s * (s + 1) - m[1:] * (m[1:] + 1)), 1)
    s_x, s_y, s_z = (plus + plus.T) / 2, (plus - plus.T) / 2j, np.diag(m)
    u = (np.arange(directions) + 0.5) / directions

    def free(h):
        b = 2.0 * BOHR_MAGNETON * h / BOLTZMANN
        total = 0.0
        for cosine in u:
            sine = np.sqrt(1 - cosine**2)
            along = cosine * s_z + sine * (np.cos(0.7) * s_x + np.sin(0.7) * s_y)
            levels = np.linalg.eigvalsh(d * (s_z @ s_z) - b * along)
            total -= np.log(np.sum(np.exp(-(levels - levels[0]) / temperature))) - levels[0] / temperature
        return total / directions

    step = 1e-4 * field
    return -BOLTZMANN * temperature * (free(field + step) - free(field - step)) / (2 * step)


@pytest.mark.parametrize(("s", "d"), [(2.0, 12.0), (2.0, -8.0), (2.5, 0.5), (2.5, -3.0)])
def test_splitting_against_all_three_spin_matrices(s, d):
    for temperature, field in ((2.0, 1e4), (4.0, 6e4), (20.0, 5e3)):
        got = split_spin_response(temperature, field, d_zfs=d, s=s)[0]
        # the midpoint rule is good to 1.2e-6 here
        assert got == pytest.approx(literal_moment(temperature, field, d, s), rel=5e-6)


@pytest.mark.parametrize("s", [2.0, 2.5])
def test_without_splitting_it_is_the_brillouin_law(s):
    for got, known in zip(
        split_spin_response(T, H, d_zfs=0.0, s=s), langevin_response(T, H, j=s), strict=False
    ):
        assert got == pytest.approx(known, rel=1e-10)


@pytest.mark.parametrize("d", [-10.0, -0.3, 0.0, 2.0, 25.0])
def test_splitting_derivatives(d):
    _, by_field, by_d = split_spin_response(T, H, d_zfs=d, s=2.5)
    numeric = slope(lambda x: split_spin_response(T, H, d_zfs=x, s=2.5)[0], d, 1e-4)
    # to first order the mean over directions of an anisotropy is nothing: a difference of 2nd order is left at d = 0
    assert np.max(np.abs(by_d - numeric)) < 1e-8 * 5.0 * BOHR_MAGNETON
    numeric = slope(lambda x: split_spin_response(T, x, d_zfs=d, s=2.5)[0], H, 1.0)
    close(by_field, numeric, 1e-6)


def test_directions_suffice():
    for s in (2.0, 2.5):
        for d in (-30.0, -2.0, 0.5, 30.0):
            some, many = (split_spin_response(T, H, d_zfs=d, s=s, nodes=n) for n in (24, 160))
            for got, known, tolerance in zip(some, many, (1e-8, 3e-8, 3e-7), strict=True):
                close(got, known, tolerance)


def test_splitting_is_odd_with_no_moment_at_zero_field():
    here, there = (split_spin_response(T, sign * H, d_zfs=3.0, s=2.0)[0] for sign in (1.0, -1.0))
    assert np.array_equal(here, -there)
    assert split_spin_response(2.0, 0.0, d_zfs=3.0, s=2.0)[0] == 0.0


@pytest.mark.parametrize(
    "call",
    [
        lambda: curie_weiss_response(0.0, 1.0, theta_cw=0.0, j=2.0),
        lambda: curie_weiss_response(1.0, 1.0, theta_cw=np.inf, j=2.0),
        lambda: superparamagnetic_response(-1.0, 1.0, cluster_moment=10.0),
        lambda: superparamagnetic_response(1.0, 1.0, cluster_moment=0.0),
        lambda: ferromagnetic_response(1.0, h_ferro=0.0),
        lambda: split_spin_response(1.0, 1.0, d_zfs=np.nan, s=2.0),
        lambda: split_spin_response(1.0, 1.0, d_zfs=1.0, s=0.3),
        lambda: split_spin_response(0.0, 1.0, d_zfs=1.0, s=2.0),
    ],
)
def test_what_makes_no_sense_is_refused(call):
    with pytest.raises(ValueError, match="must be"):
        call()
