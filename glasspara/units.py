"""Physical constants in the CGS units of the instrument and of the literature, converted once.

H in Oe, B = H numerically in G, moment in emu = erg/G, M in emu/g, energies in K.
"""

from __future__ import annotations

from scipy import constants as _si

JOULE = 1.0e7
"""1 J in erg."""

TESLA = 1.0e4
"""1 T in G."""

BOLTZMANN = _si.k * JOULE
"""Boltzmann constant, erg/K."""

BOHR_MAGNETON = _si.physical_constants["Bohr magneton"][0] * JOULE / TESLA
"""Bohr magneton, emu (erg/G)."""

FLUX_QUANTUM = _si.h / _si.e
"""phi_0 = h/e, the flux quantum of one electron charge (not h/2e), Wb."""

SQUARE_ANGSTROM = 1.0e-20
"""1 A^2 in m^2."""
