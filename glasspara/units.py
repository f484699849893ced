"""Physical constants in the CGS units of the instrument and of the literature.

H in Oe, B = H numerically in G, moment in emu = erg/G, M in emu/g, energies in K.

The values are CODATA 2018. They stand here as numbers, not taken from a library, because the next
adjustment moves the Bohr magneton by 2e-9 and with it the last digits of the fixtures; a test holds them against
``scipy.constants``.
"""

from __future__ import annotations

TESLA = 1.0e4
"""1 T in G."""

BOLTZMANN = 1.380649e-16
"""Boltzmann constant, erg/K; exact."""

BOHR_MAGNETON = 9.2740100783e-21
"""Bohr magneton, emu (erg/G)."""

FLUX_QUANTUM = 6.62607015e-34 / 1.602176634e-19
"""phi_0 = h/e, the flux quantum of one electron charge (not h/2e), Wb; exact."""

SQUARE_ANGSTROM = 1.0e-20
"""1 A^2 in m^2."""

SMALLEST, LARGEST = 1.0e-30, 1.0e30
"""Sizes of numbers, in the units of this program, between which everything lies that can be measured or assumed."""


def in_use(number: float) -> bool:
    """Whether a number is 0 or has a size from :data:`SMALLEST` to :data:`LARGEST`; nan and infinity are not."""
    return number == 0.0 or SMALLEST <= abs(number) <= LARGEST
