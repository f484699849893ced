"""Limits and symmetries of the ATS term, and the weak-field law (12)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from glasspara.physics.ats import (
    ats_magnetisation,
)
from glasspara.physics.ats_limits import ats_weak_field_susceptibility
from glasspara.physics.tunnelling_number import reduced_tunnelling_number
from tests.physics.ats_literal import BK7, FLUX_QUANTUM

ORIENTATIONS = ("isotropic", "aligned", "rms")
MEAN_SQUARE = {"isotropic": 1 / 3, "aligned": 1.0, "rms": 1 / 3}


def equation_12(T, *, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu):
    """(12) as printed (its 1/3 is the isotropic mean), with the energies in K."""
    s = float(reduced_tunnelling_number(T, delta_mu))
    tail, _ = integrate.quad(
        lambda x: np.tanh(d_min * s * np.exp(x) / (2 * T)) * np.exp(-x) / (d_min * s), 0, 45, epsrel=1e-12
    )
    area = 1e-40 * (d0max_qs4**2 - d0min_qs4**2) * s**6
    boltzmann_in_erg, tesla = 1.380649e-16, 1e4
    return 2 * np.pi**3 / 3 * n_ats * area / FLUX_QUANTUM**2 * tail * boltzmann_in_erg / tesla**2


@pytest.mark.parametrize("T", [0.05, 1.26, 4.5, 300.0])
@pytest.mark.parametrize("d_min", [0.003, 0.3, 30.0])
def test_exact_convention_has_the_weak_field_law_12(T, d_min):
    parameters = BK7 | {"d_min": d_min}
    value = ats_weak_field_susceptibility(T, **parameters, convention="exact")
    # Measured: 1.3e-13, the quadrature's.
    assert value == pytest.approx(equation_12(T, **parameters), rel=1e-12)
    assert ats_weak_field_susceptibility(T, **parameters) == pytest.approx(2 * float(value), rel=1e-15)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("T", [0.05, 1.26, 40.0])
def test_magnetisation_starts_with_the_weak_field_susceptibility(T, orientation):
    slope = ats_magnetisation(T, 0.01, **BK7, orientation=orientation) / 0.01
    limit = ats_weak_field_susceptibility(T, **BK7, orientation=orientation)
    assert slope == pytest.approx(float(limit), rel=1e-7)
    isotropic = ats_weak_field_susceptibility(T, **BK7)
    assert limit == pytest.approx(float(isotropic) * 3 * MEAN_SQUARE[orientation], rel=1e-14)


def test_both_limits_13():
    parameters = {"n_ats": 1e16, "d0min_qs4": 1e5, "d0max_qs4": 2e5, "delta_mu": 0.0}
    hot, hotter = (float(ats_weak_field_susceptibility(T, d_min=1e-4, **parameters)) for T in (100.0, 200.0))
    # kT >> D_min: (1/2kT) [ln(2kT/D_min) + 0.790495], the fake Curie law
    expected = (np.log(2 * 200 / 1e-4) + 0.790495) / 200 * 100 / (np.log(2 * 100 / 1e-4) + 0.790495)
    assert hotter / hot == pytest.approx(expected, rel=1e-8)
    cold = [float(ats_weak_field_susceptibility(0.05, d_min=d, **parameters)) for d in (20.0, 10.0)]
    # kT << D_min: 1/D_min
    assert cold[1] / cold[0] == pytest.approx(2.0, rel=1e-14)
    assert cold[0] / hot == pytest.approx((1 / 20) / ((np.log(200 / 1e-4) + 0.790495) / 200), rel=1e-7)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_strong_field_is_the_logarithm_of_the_cutoffs(orientation):
    # c >> 1 and c >> d: K grows as c [ln(2c/d) - 1], so B M tends to a straight line in c ln c.
    T, H, parameters = 0.1, 1.6e5, BK7 | {"delta_mu": 0.0, "d0min_qs4": 0.0, "d0max_qs4": 1e7}
    c = 2 * np.pi * H * 1e-24 / FLUX_QUANTUM * 1e7 / (2 * T) * (np.sqrt(1 / 3) if orientation == "rms" else 1)
    d = parameters["d_min"] / (2 * T)
    bulk = c * (np.log(2 * c / d) - 1)
    if orientation == "isotropic":
        bulk = c / 2 * (np.log(2 * c / d) - 1.5)
    prefactor = 2 * np.pi * 1.352e16 * 2 * 1.380649e-16 * T / H
    assert ats_magnetisation(T, H, **parameters, orientation=orientation) / prefactor == pytest.approx(
        bulk, rel=1e-4
    )


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_nothing_without_systems_field_or_spread(orientation):
    H = np.array([-1e4, 0.0, 1e4])
    assert not ats_magnetisation(4.5, H, **(BK7 | {"n_ats": 0.0}), orientation=orientation).any()
    assert ats_magnetisation(4.5, H, **BK7, orientation=orientation)[1] == 0
    assert not ats_magnetisation(4.5, H, **(BK7 | {"d0max_qs4": 271700.0}), orientation=orientation).any()


@settings(max_examples=60, deadline=None)
@given(
    T=st.floats(0.05, 400),
    H=st.floats(1.0, 1.6e5),
    d_min=st.floats(1e-4, 20),
    lower=st.floats(1e3, 1e7),
    ratio=st.floats(1.0, 100),
    delta_mu=st.floats(0, 5),
    orientation=st.sampled_from(ORIENTATIONS),
)
def test_odd_paramagnetic_finite_and_half_in_the_exact_convention(
    T, H, d_min, lower, ratio, delta_mu, orientation
):
    parameters = {
        "n_ats": 1e16,
        "d_min": d_min,
        "d0min_qs4": lower,
        "d0max_qs4": lower * ratio,
        "delta_mu": delta_mu,
        "orientation": orientation,
    }
    up, down = ats_magnetisation(T, [H, -H], **parameters)
    assert np.isfinite(up)
    assert up >= 0
    assert down == -up
    assert ats_magnetisation(T, [H, -H], **parameters, convention="exact")[0] == up / 2
