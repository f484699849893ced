"""Ordinary magnetism: diamagnetism and ions, the parts of (17) besides the ATS term, and its rivals.

Here is the table of the paramagnetic ions of the iron group: J, g and the Curie constant of one ion. ``langevin`` has
the Larmor and Langevin terms of (17), and rivals of the ATS term: ions in a mean field and magnetic particles. Ions
with a zero-field splitting are another (``zero_field_splitting``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from glasspara.units import BOHR_MAGNETON, BOLTZMANN


@dataclass(frozen=True)
class Ion:
    """One kind of paramagnetic ion.

    ``name`` is the chemical symbol with its charge, ``j`` the total angular momentum (a positive multiple of
    1/2), ``g`` the g factor, ``text`` says where J and g come from.

    Raises
    ------
    ValueError
        If ``j`` is not a positive multiple of 1/2 or ``g`` is not positive.
    """

    name: str
    j: float
    g: float
    text: str

    def __post_init__(self) -> None:
        if not (self.j > 0 and float(2 * self.j).is_integer()):
            raise ValueError(f"J of {self.name} must be a positive multiple of 1/2, not {self.j}")
        if not self.g > 0:
            raise ValueError(f"g of {self.name} must be positive, not {self.g}")


@dataclass(frozen=True)
class TraceIon:
    """An ion that is there in a fixed ratio to all iron (Tables 5-7 of arXiv:2111.12644).

    Raises
    ------
    ValueError
        If ``ratio`` is negative.
    """

    ion: Ion
    ratio: float

    def __post_init__(self) -> None:
        if not self.ratio >= 0:
            raise ValueError(f"the ratio of {self.ion.name} to iron must not be negative, not {self.ratio}")


_SPIN_ONLY = "spin only, orbital moment quenched"

IONS: dict[str, Ion] = {
    ion.name: ion
    for ion in (
        Ion("Ti3+", 0.5, 2.0, f"3d1, {_SPIN_ONLY}"),
        Ion("V4+", 0.5, 2.0, f"3d1, {_SPIN_ONLY}"),
        Ion("V3+", 1.0, 2.0, f"3d2, {_SPIN_ONLY}"),
        Ion("Cr3+", 1.5, 2.0, f"3d3, {_SPIN_ONLY}"),
        Ion("Mn2+", 2.5, 2.0, f"3d5, {_SPIN_ONLY}"),
        Ion("Fe2+", 2.0, 2.0, f"3d6, {_SPIN_ONLY}"),
        Ion("Fe3+", 2.5, 2.0, f"3d5, {_SPIN_ONLY}"),
        Ion("Co2+", 1.5, 2.0, f"3d7, {_SPIN_ONLY}"),
        Ion("Ni2+", 1.0, 2.0, f"3d8, {_SPIN_ONLY}"),
        Ion("Cu2+", 0.5, 2.0, f"3d9, {_SPIN_ONLY}"),
    )
}
"""The Fe-group ions of the source's Tables 5-7, by name."""

ION_OF_PARAMETER: dict[str, Ion] = {"n_fe2": IONS["Fe2+"], "n_fe3": IONS["Fe3+"]}
"""Which ion each concentration parameter of the model counts."""


def usual_ion(name: str) -> str:
    """The ion that an element stands for, the first of it in the table ("V": V4+); an ion for itself.

    Raises
    ------
    ValueError
        For an element or ion that is not in the table.
    """
    for known in IONS:
        if name in (known, known.rstrip("0123456789+")):
            return known
    raise ValueError(f"unknown ion {name!r}; known are {', '.join(IONS)}")


def ion(name: str, *, j: float | None = None, g: float | None = None) -> Ion:
    """The ion ``name`` of the table, with ``j`` and ``g`` overridden where given.

    Raises
    ------
    ValueError
        For a name that is not in the table, or a ``j`` or ``g`` that no ion can have.
    """
    if name not in IONS:
        raise ValueError(f"unknown ion {name!r}; known are {', '.join(IONS)}")
    known = IONS[name]
    if j is None and g is None:
        return known
    return replace(
        known, j=known.j if j is None else j, g=known.g if g is None else g, text="given by the user"
    )


def curie_constant(j: float, g: float = 2.0) -> float:
    """Curie constant of one ion, emu K Oe^-1: ``g^2 mu_B^2 J (J + 1) / (3 k_B)``."""
    return float((g * BOHR_MAGNETON) ** 2 * j * (j + 1) / (3 * BOLTZMANN))
