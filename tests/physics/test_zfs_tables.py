"""Tables of ions with a zero-field splitting, against exact levels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import glasspara.physics.ions.zero_field_splitting as tables
from glasspara.physics.ions.langevin import brillouin, langevin_response
from glasspara.physics.ions.levels import rhombic_spin_mean
from glasspara.physics.ions.zero_field_splitting import (
    RHOMBICITIES,
    SPLITTING_SCALES,
    reduced_response,
    split_spin_columns,
    split_spin_response_fast,
)
from glasspara.units import BOHR_MAGNETON
from tests.physics.axial_splitting import split_spin_response
from tests.physics.split_literal import literal_moment

SPINS = tuple(SPLITTING_SCALES)
T, H = (
    grid.ravel() for grid in np.meshgrid(np.geomspace(1.8, 300.0, 9), [-6.5e4, -1e3, 1.0, 500.0, 2e4, 7e4])
)


def points(s, count, seed=1):
    rng = np.random.default_rng(seed)
    limit = SPLITTING_SCALES[s].a_limit
    a = np.concatenate([rng.uniform(-limit, limit, count), rng.uniform(-2.0, 2.0, count)])
    return a, np.exp(rng.uniform(-6.0, np.log(tables.B_LIMIT), 2 * count))


@pytest.mark.parametrize("s", SPINS)
@pytest.mark.parametrize("rhombicity", [0.0, 0.15, 1.0 / 3.0])
def test_exact_levels_against_the_literal_sum(s, rhombicity):
    for a, b in ((-6.0, 0.3), (-1.2, 2.0), (5.0, 4.0)):
        got = rhombic_spin_mean(a, b, s=s, rhombicity=rhombicity, polar=48, azimuthal=18)[0]
        assert got == pytest.approx(literal_moment(a, b, s, rhombicity), rel=1e-7)


@pytest.mark.parametrize("s", SPINS)
@pytest.mark.parametrize("rhombicity", RHOMBICITIES)
def test_tables_against_exact_levels(s, rhombicity):
    a, b = points(s, 15)
    exact = rhombic_spin_mean(a, b, s=s, rhombicity=rhombicity, polar=40, azimuthal=14)
    got = reduced_response(a, b, s=s, rhombicity=rhombicity)
    assert got[0] == pytest.approx(exact[0], rel=2e-6)  # measured 1e-6
    assert np.max(np.abs(got[1] - exact[1])) < 5e-5 * np.max(np.abs(exact[1]))  # measured 3e-5
    assert np.max(np.abs(got[2] - exact[2])) < 3e-6 * np.max(np.abs(exact[2]))  # measured 1.2e-6


@pytest.mark.parametrize("s", SPINS)
@pytest.mark.parametrize("d", [-20.0, -0.4, 0.05, 7.0])
def test_the_fast_response_is_the_exact_one(s, d):
    exact = split_spin_response(T, H, d_zfs=d, s=s, g=2.1)
    got = split_spin_response_fast(T, H, d_zfs=d, s=s, g=2.1)
    for one, other, tolerance in zip(got, exact, (2e-6, 5e-6, 5e-5), strict=True):
        assert np.max(np.abs(one - other)) < tolerance * np.max(np.abs(other))


@pytest.mark.parametrize("s", SPINS)
@pytest.mark.parametrize("rhombicity", RHOMBICITIES)
def test_without_splitting_it_is_the_brillouin_law(s, rhombicity):
    got = split_spin_response_fast(T, H, d_zfs=0.0, s=s, rhombicity=rhombicity)
    for one, known in zip(got, langevin_response(T, H, j=s), strict=False):
        assert one == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("s", SPINS)
def test_slopes_belong_to_the_moment(s):
    a, b = points(s, 30)
    step = 1e-5
    got = reduced_response(a, b, s=s, rhombicity=0.2)
    for row, (da, db) in zip(got[1:], ((step, 0.0), (0.0, step)), strict=True):
        up, down = (reduced_response(a + k * da, b + k * db, s=s, rhombicity=0.2)[0] for k in (1.0, -1.0))
        assert np.max(np.abs((up - down) / (2 * step) - row)) < 1e-8 * np.max(np.abs(row)) + 1e-9


def test_without_field_there_is_the_susceptibility_and_no_moment():
    got = reduced_response(np.array([-3.0, 5.0]), np.zeros(2), s=2.0, rhombicity=0.1)
    exact = rhombic_spin_mean(np.array([-3.0, 5.0]), 0.0, s=2.0, rhombicity=0.1)
    assert np.all(got[0] == 0.0)
    assert got[2] == pytest.approx(exact[2], rel=3e-6)


def test_odd_in_the_field_and_blind_to_the_sign_of_d_where_fully_rhombic():
    here, there = (split_spin_response_fast(T, k * H, d_zfs=4.0, s=2.0)[0] for k in (1.0, -1.0))
    assert np.array_equal(here, -there)
    one, other = (
        split_spin_response_fast(T, H, d_zfs=k * 4.0, s=2.5, rhombicity=1 / 3)[0] for k in (1.0, -1.0)
    )
    assert one == pytest.approx(other, rel=2e-6)


def test_beyond_the_tables_levels_are_diagonalised():
    temperature, field = np.array([0.4, 0.4, 2.0]), np.array([3e4, 1.2e5, 2e4])
    got = split_spin_response_fast(temperature, field, d_zfs=12.0, s=2.0)
    exact = split_spin_response(temperature, field, d_zfs=12.0, s=2.0)
    for one, other in zip(got, exact, strict=True):
        assert one == pytest.approx(other, rel=1e-5)
    column = split_spin_columns(temperature, field, d_zfs=(12.0,), s=2.0)[0]
    assert column == pytest.approx(exact[0], rel=1e-5)


@pytest.mark.parametrize("s", SPINS)
def test_columns_are_the_responses(s):
    splittings = (-7.0, -0.2, 0.3, 11.0)
    got = split_spin_columns(T, H, d_zfs=splittings, s=s, rhombicity=1 / 3, g=2.25)
    for row, d in zip(got, splittings, strict=True):
        known = split_spin_response_fast(T, H, d_zfs=d, s=s, rhombicity=1 / 3, g=2.25)[0]
        assert row == pytest.approx(known, rel=1e-5)


def test_high_fields_saturate_the_spin():
    got = rhombic_spin_mean(2.0, 400.0, s=2.0, rhombicity=0.0)[0]
    assert got == pytest.approx(2.0 * float(brillouin(800.0, j=2.0)), rel=1e-4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: split_spin_response_fast(0.0, 1.0, d_zfs=1.0, s=2.0), "positive"),
        (lambda: split_spin_response_fast(1.0, 1.0, d_zfs=np.inf, s=2.0), "finite"),
        (lambda: split_spin_response_fast(1.0, 1.0, d_zfs=1.0, s=1.5), "tables for S"),
        (lambda: split_spin_response_fast(1.0, 1.0, d_zfs=1.0, s=2.0, rhombicity=0.25), "tables for E/D"),
        (lambda: rhombic_spin_mean(1.0, 1.0, s=0.3, rhombicity=0.0), "multiple of 1/2"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_file_is_small():
    assert Path(tables.__file__).with_name("zfs_tables.npz").stat().st_size < 300_000
    moment = split_spin_response_fast(2.0, 1e3, d_zfs=5.0, s=2.0)[0]
    assert 0.0 < moment < 4.0 * BOHR_MAGNETON
