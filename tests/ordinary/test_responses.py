"""Carriers of ordinary magnetism: limits, slow references, slopes."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.ordinary.dictionary import ordinary_dictionary
from glasspara.ordinary.responses import (
    BlockedClusters,
    Clusters,
    CoupledIons,
    FreeIons,
    Pairs,
    Specks,
    SplitIons,
)
from glasspara.physics.ions.langevin import curie_weiss_response, langevin_response
from glasspara.units import BOHR_MAGNETON, BOLTZMANN

T, H = (
    grid.ravel() for grid in np.meshgrid(np.geomspace(1.8, 300.0, 7), [-6.5e4, -1e3, 0.0, 500.0, 2e4, 7e4])
)

BLOCKS = (
    FreeIons(((0.5, 2.0), (2.5, 2.0), (2.0, 2.3))),
    SplitIons(2.0, 1.0 / 3.0, (-20.0, -0.3, 0.3, 9.0), 2.25),
    SplitIons(2.5, 0.0, (-2.0, 0.7)),
    CoupledIons(2.0, (-8.0, -0.1, 0.1, 0.3)),
    Pairs(2.0, (-40.0, -1.0, 0.1, 3.0, 300.0)),
    Pairs(2.5, (-0.2, 6.0)),
    Pairs(2.0, (-3.0, 5.0), 2.5),
    Pairs(0.5, (7.0,)),
    Clusters((10.0, 300.0, 1e4)),
    BlockedClusters(700.0, (4.0, 30.0)),
    Specks("tanh", (200.0, 2e4), 5e-5),
    Specks("hyperbola", (200.0, 2e4)),
)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_responses_and_columns_agree_and_slopes_are_slopes(block):
    columns = block.columns(T, H)
    assert columns.shape[1:] == T.shape
    step = 1e-5
    for index, column in enumerate(columns):
        moment, by_field, by_log_t = block.response(index, T, H)
        assert column == pytest.approx(moment, rel=1e-5, abs=0.0)
        up, down = (block.response(index, T, H + k * 0.05)[0] for k in (1.0, -1.0))
        # a hyperbola has a kink of its slope at 0
        assert np.max(np.abs((up - down) / 0.1 - by_field)) < 1e-3 * np.max(np.abs(by_field))
        up, down = (block.response(index, T * np.exp(k * step), H)[0] for k in (1.0, -1.0))
        assert np.max(np.abs((up - down) / (2.0 * step) - by_log_t)) < 1e-6 * np.max(np.abs(moment))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
def test_all_are_odd_in_the_field_and_along_it(block):
    here, there = block.columns(T, H), block.columns(T, -H)
    assert here == pytest.approx(-there, rel=1e-14)
    assert np.all(here * H >= 0.0)
    assert np.all(here[:, H == 0.0] == 0.0)


@pytest.mark.parametrize(("s", "other"), [(2.0, 2.0), (2.0, 2.5), (0.5, 0.5)])
def test_pairs_against_a_diagonalised_hamiltonian(s, other):
    coupling = 2.3
    (z, up), (z_other, up_other) = spin(s), spin(other)
    exchange = np.kron(z, z_other) + 0.5 * (np.kron(up, up_other.T) + np.kron(up.T, up_other))
    total = np.diag(np.kron(z, np.eye(len(z_other))) + np.kron(np.eye(len(z)), z_other))
    for kelvin, field in ((2.0, 1.6e4), (5.0, 5e4), (40.0, 1e3)):
        energies, states = np.linalg.eigh(
            coupling * exchange - 2 * BOHR_MAGNETON / BOLTZMANN * field * np.diag(total)
        )
        weights = np.exp(-(energies - energies.min()) / kelvin)
        means = np.einsum("ik,i,ik->k", states, total, states)
        known = 2 * BOHR_MAGNETON * float(weights @ means / weights.sum())
        got = Pairs(s, (coupling,), other).columns(np.array([kelvin]), np.array([field]))[0, 0]
        assert got == pytest.approx(known, rel=1e-12)


def spin(s):
    """S_z and the raising operator."""
    m = np.arange(s, -s - 0.5, -1.0)
    return np.diag(m), np.diag(np.sqrt(s * (s + 1) - m[1:] * (m[1:] + 1)), 1)


def test_pairs_without_coupling_are_two_ions_and_strong_ones_are_silent_or_one_spin():
    two = 2.0 * langevin_response(T, H, j=2.5)[0]
    assert Pairs(2.5, (1e-9,)).columns(T, H)[0] == pytest.approx(two, rel=1e-8)
    cold = T < 3.0
    silent, together = Pairs(2.0, (600.0, -3e4)).columns(T, H)
    assert np.max(np.abs(silent[cold])) < 1e-20 * BOHR_MAGNETON
    assert together == pytest.approx(langevin_response(T, H, j=4.0)[0], rel=1e-12)


@pytest.mark.parametrize("theta", [-3.0, 0.3])
def test_mean_fields_are_scaled_to_one_call(theta):
    known = curie_weiss_response(T, H, theta_cw=theta, j=2.0)[0]
    assert CoupledIons(2.0, (0.1, theta, -0.5)).columns(T, H)[1] == pytest.approx(known, rel=1e-11)


def test_weak_splittings_and_couplings_are_free_ions():
    free = langevin_response(T, H, j=2.0)[0]
    assert SplitIons(2.0, 0.0, (1e-6,)).columns(T, H)[0] == pytest.approx(free, rel=1e-5)
    assert CoupledIons(2.0, (-1e-7, 1e-7)).columns(T, H)[1] == pytest.approx(free, rel=1e-6)


def test_a_strong_negative_mean_field_and_a_wide_speck_are_linear_in_the_field():
    weak = CoupledIons(2.5, (-3000.0,)).columns(T, H)[0]
    assert weak / (weak[-1] / H[-1]) == pytest.approx(H, rel=0.1)
    wide = Specks("tanh", (1e8,)).columns(T, H)[0]
    assert wide == pytest.approx(H / 1e8, rel=1e-6)


def test_colder_than_the_tables_and_in_strong_fields_all_is_finite():
    cold, strong = np.array([0.05, 0.3, 0.3, 400.0]), np.array([1.6e5, -100.0, 0.0, 1.6e5])
    for block, _ in ordinary_dictionary(strong_pairs=True).groups:
        if not isinstance(block, SplitIons):  # those are diagonalised there, which takes long
            assert np.isfinite(block.columns(cold, strong)).all()
    block = SplitIons(2.0, 0.0, (8.0,))
    assert np.isfinite(block.columns(cold, strong)).all()
