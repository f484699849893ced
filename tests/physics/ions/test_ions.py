"""Ion table, Curie constants and the Larmor term."""

import numpy as np
import pytest

from glasspara.physics.ions import ION_OF_PARAMETER, IONS, curie_constant, ion
from glasspara.physics.ions.langevin import langevin_response, larmor_magnetisation

SPINS = {
    "Ti3+": 0.5,
    "V4+": 0.5,
    "V3+": 1.0,
    "Cr3+": 1.5,
    "Mn2+": 2.5,
    "Fe2+": 2.0,
    "Fe3+": 2.5,
    "Co2+": 1.5,
    "Ni2+": 1.0,
    "Cu2+": 0.5,
}


def test_table():
    assert {name: known.j for name, known in IONS.items()} == SPINS
    assert {known.g for known in IONS.values()} == {2.0}
    assert ION_OF_PARAMETER["n_fe2"] is ion("Fe2+")
    assert ION_OF_PARAMETER["n_fe3"] is ion("Fe3+")


def test_override_leaves_the_table_alone():
    mine = ion("Fe2+", g=2.2)
    assert (mine.name, mine.j, mine.g) == ("Fe2+", 2.0, 2.2)
    assert "user" in mine.text
    assert ion("Fe2+").g == 2.0
    assert ion("Co2+", j=4.5, g=4 / 3).j == 4.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ion("Xx9+"), "unknown ion 'Xx9\\+'; known are Ti3\\+"),
        (lambda: ion("Fe2+", j=0.3), "J of Fe2\\+ must be a positive multiple of 1/2"),
        (lambda: ion("Fe2+", g=0.0), "g of Fe2\\+ must be positive"),
    ],
)
def test_impossible_ions_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("name", IONS)
def test_curie_constant_is_the_weak_field_slope(name):
    known = IONS[name]
    response, slope = langevin_response(300.0, 1.0, j=known.j, g=known.g)
    assert curie_constant(known.j, known.g) == pytest.approx(float(slope) * 300, rel=1e-9)
    assert curie_constant(known.j, known.g) == pytest.approx(float(response) * 300, rel=1e-9)


def test_curie_constants_of_iron():
    # Spin only: mu_eff^2 = 4 S (S + 1) mu_B^2 and C N_A = 3.0 and 4.4 emu K/mol.
    assert curie_constant(2.0) * 6.02214076e23 == pytest.approx(3.001, abs=1e-3)
    assert curie_constant(2.5) / curie_constant(2.0) == pytest.approx(8.75 / 6, rel=1e-15)


def test_larmor_is_diamagnetic_and_odd():
    H = np.array([-1e4, 0.0, 2e4])
    np.testing.assert_array_equal(larmor_magnetisation(H, chi_larmor=4e-7), [4e-3, 0.0, -8e-3])
    assert not np.signbit(larmor_magnetisation(0.0, chi_larmor=4e-7))
    assert larmor_magnetisation(H[:, None], chi_larmor=[4e-7, 5e-7]).shape == (3, 2)
