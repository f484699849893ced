"""Constants against the library's, whichever CODATA adjustment that carries."""

from __future__ import annotations

import pytest
from scipy import constants

from glasspara import units


def test_constants():
    assert pytest.approx(constants.k * 1e7, rel=1e-15) == units.BOLTZMANN
    assert pytest.approx(constants.h / constants.e, rel=1e-15) == units.FLUX_QUANTUM
    magneton = constants.physical_constants["Bohr magneton"][0]
    # CODATA 2018 and 2022 differ by 1.9e-9
    assert pytest.approx(magneton * 1e7 / 1e4, rel=5e-9) == units.BOHR_MAGNETON
    assert units.TESLA == 1e4
    assert pytest.approx(constants.angstrom**2) == units.SQUARE_ANGSTROM
