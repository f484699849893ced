"""Split ions far below their splitting, by interpolation, against the diagonalised levels."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.physics.ions.levels import cold_response, rhombic_spin_mean
from glasspara.physics.ions.zero_field_splitting import split_spin_columns
from glasspara.units import BOHR_MAGNETON, BOLTZMANN


@pytest.mark.parametrize(("s", "rhombicity"), [(2.0, 0.0), (2.0, 1.0 / 3.0), (2.5, 0.0), (2.5, 1.0 / 3.0)])
def test_it_agrees_with_the_levels(s, rhombicity):
    rng = np.random.default_rng(1)
    a = np.exp(rng.uniform(np.log(13.0), np.log(400.0), 24)) * rng.choice([-1.0, 1.0], 24)
    b = np.exp(rng.uniform(np.log(0.02), np.log(300.0), 24)) * rng.choice([-1.0, 1.0], 24)
    a[:4] *= 0.01
    exact = np.stack(rhombic_spin_mean(a, b, s=s, rhombicity=rhombicity))
    found = cold_response(a, b, s=s, rhombicity=rhombicity)
    assert found[0] == pytest.approx(exact[0], rel=1e-4)
    for slope, expected in zip(found[1:], exact[1:], strict=True):
        assert slope == pytest.approx(expected, abs=1e-3 * np.abs(expected).max())


def test_a_helium_3_insert_joins_the_tables_smoothly():
    T, H = np.geomspace(0.3, 1.6, 60), np.full(60, 2.0e4)
    for d in (5.0, -12.0):
        column = split_spin_columns(T, H, d_zfs=[d], s=2.0)[0]
        assert np.all(np.abs(np.diff(np.log(column), 2)) < 0.02)
        b = 2.0 * BOHR_MAGNETON / BOLTZMANN * H[:1] / T[:1]
        coldest = rhombic_spin_mean(d / T[:1], b, s=2.0, rhombicity=0.0)[0]
        assert column[:1] == pytest.approx(2.0 * BOHR_MAGNETON * coldest, rel=1e-4)


def test_extremes_are_finite_and_odd_in_the_field():
    a, b = np.array([1e9, -1e9, 30.0, 0.0, -50.0]), np.array([1e9, 1e-9, 0.0, 40.0, 1e-12])
    found = cold_response(a, b, s=2.5, rhombicity=0.0)
    assert np.isfinite(found).all()
    assert found[0, 2] == 0.0
    assert found[0, 3] == pytest.approx(2.5, rel=1e-4)
    assert cold_response(a, -b, s=2.5, rhombicity=0.0)[0] == pytest.approx(-found[0])
