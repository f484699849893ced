"""Weak fields: the amplitude and the integral of (14) against their closed forms, and the curvatures."""

from __future__ import annotations

from math import exp, log, pi

import numpy as np
import pytest

from glasspara.physics.ats import AtsParameters, ats_curvature, gap_integral, weak_field_amplitude
from glasspara.physics.ions import IONS
from glasspara.physics.ions.langevin import curie_curvature
from glasspara.units import BOLTZMANN, FLUX_QUANTUM

TABLE3 = {"n_ats": 1.352e16, "d_min": 0.02671, "d0min_qs4": 2.717e5, "d0max_qs4": 2.925e5, "delta_mu": 0.319}


def test_amplitude_is_twice_that_of_12():
    """(12): (2 pi^3/3) n (D_0max^2 - D_0min^2)(Q S4/e)^2/phi_0^2; A^2 T per Wb is 1e-20, Oe to T 1e-4."""
    squares = (2.925e5**2 - 2.717e5**2) * (1e-24 / FLUX_QUANTUM) ** 2
    exact = 2 * pi**3 / 3 * 1.352e16 * BOLTZMANN * squares
    cutoffs = {name: TABLE3[name] for name in ("n_ats", "d0min_qs4", "d0max_qs4")}
    assert weak_field_amplitude(**cutoffs, convention="exact") == pytest.approx(exact, rel=1e-12)
    assert weak_field_amplitude(**cutoffs) == pytest.approx(2 * exact, rel=1e-12)
    assert weak_field_amplitude(**cutoffs, orientation="aligned") == pytest.approx(6 * exact, rel=1e-12)


def test_integral_has_both_limits_of_13():
    assert gap_integral(1e-3, d_min=0.5, delta_mu=0.0) == pytest.approx(1 / 0.5, rel=1e-12)
    warm = (log(2 * 50.0 / 0.03) + 0.790494638) / (2 * 50.0)
    assert gap_integral(50.0, d_min=0.03, delta_mu=0.0) == pytest.approx(warm, rel=1e-6)


def test_integral_follows_the_number_of_particles():
    """By (15) D_min grows as s and the amplitude as s^6."""
    s = exp(-0.4 * (1 / 5.0 - 1 / 1.26))
    scaled = s**6 * gap_integral(5.0, d_min=0.03 * s, delta_mu=0.0)
    assert gap_integral(5.0, d_min=0.03, delta_mu=0.4) == pytest.approx(scaled, rel=1e-12)


def test_curvatures_grow_as_the_square_of_the_field():
    for curvature in (
        lambda H: curie_curvature(2.0, H, ion=IONS["Fe3+"]),
        lambda H: ats_curvature(2.0, H, AtsParameters(**TABLE3)),
    ):
        weak, twice = curvature(np.array([-250.0, 500.0]))
        assert twice == pytest.approx(4 * weak, rel=2e-3)
    # [(2J + 1)^2 + 1] x^2/60 with x = g mu_B H/kT
    x = 2 * 9.2740100783e-21 * 250.0 / BOLTZMANN
    assert curie_curvature(2.0, 500.0, ion=IONS["Fe3+"]) == pytest.approx(37 * x * x / 60, rel=1e-3)
    assert curie_curvature(2.0, 500.0, ion=IONS["Fe2+"]) == pytest.approx(26 * x * x / 60, rel=1e-3)
