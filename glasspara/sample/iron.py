"""Iron concentrations as laboratories state them: ions per gram, or a share of the mass with its unit."""

from __future__ import annotations

import re
from math import isfinite

from glasspara.errors import UsageError

AVOGADRO = 6.02214076e23
"""Particles in a mole; exact (SI)."""

_IRON, _OXYGEN = 55.845, 15.999  # g/mol, IUPAC standard atomic weights

# Iron ions in a gram of what the unit counts.
_IONS_PER_GRAM = {
    "fe": AVOGADRO / _IRON,
    "feo": AVOGADRO / (_IRON + _OXYGEN),
    "fe2o3": 2.0 * AVOGADRO / (2.0 * _IRON + 3.0 * _OXYGEN),
    "fe3o4": 3.0 * AVOGADRO / (3.0 * _IRON + 4.0 * _OXYGEN),
}

# Mass of the compound in a gram of glass that one of the unit stands for.
_MASS_SHARES = {
    "ppm": 1e-6, "ppmw": 1e-6, "ug/g": 1e-6, "mg/kg": 1e-6, "ppb": 1e-9, "ng/g": 1e-9, "mg/g": 1e-3,
    "wt%": 1e-2, "%": 1e-2,
}  # fmt: skip

FEWEST_IONS = 1.0e10
"""A bare number below this, g^-1, is taken for one whose unit was forgotten."""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_MEASURED = re.compile(
    rf"""\s*
    (?: (?P<mantissa>\d+\.?\d*|\.\d+)\((?P<digits>\d+)\)(?P<power>[eE][+-]?\d+)?
      | (?P<value>{_NUMBER})\s*(?:(?:\+-|\+/-|±)\s*(?P<error>{_NUMBER}))? )
    \s*(?P<unit>\S.*?)?\s*""",
    re.VERBOSE,
)

REMEDY = (
    "Write ions per gram (1.657e17+-0.019e17, 1.657(19)e17) or a share of the mass with its unit (15 ppm, 15 ug/g, "
    "0.02 wt% Fe2O3)"
)


def parse_concentration(text: str) -> tuple[float, float | None]:
    """Value and error, g^-1, of an iron concentration; no error (None) where none is given.

    Without a unit, ions per gram. ``ppm``, ``ug/g`` and ``mg/kg`` are by mass; ``wt%`` is per cent of the mass; each of
    iron unless ``FeO``, ``Fe2O3`` or ``Fe3O4`` follows. The error is in the same unit: "15+-1 ppm", "1.657(19)e17".

    Raises
    ------
    UsageError
        The text is something else, a number is not positive and finite, or so small that its unit must be missing.
    """
    match = _MEASURED.fullmatch(text)
    if match is None:
        raise UsageError(f"cannot read the concentration {text!r}", remedy=REMEDY)
    value, error = _numbers(match)
    if not (value > 0.0 and isfinite(value)) or (error is not None and not (error > 0.0 and isfinite(error))):
        raise UsageError(f"the concentration {text!r} must be positive and finite", remedy=REMEDY)
    if match["unit"] is None:
        if value < FEWEST_IONS:
            raise UsageError(
                f"the concentration {text!r} has no unit and is too small for ions per gram", remedy=REMEDY
            )
        factor = 1.0
    else:
        factor = _ions_per_unit(match["unit"], text)
    found = value * factor
    if found > AVOGADRO / _IRON:
        raise UsageError(f"the concentration {text!r} is more than pure iron has", remedy=REMEDY)
    return found, None if error is None else error * factor


def _numbers(match: re.Match[str]) -> tuple[float, float | None]:
    if match["mantissa"] is None:
        return float(match["value"]), None if match["error"] is None else float(match["error"])
    mantissa, power = match["mantissa"], match["power"] or ""
    decimals = len(mantissa.partition(".")[2])
    return float(mantissa + power), float(f"{int(match['digits'])}e-{decimals}") * float(f"1{power}")


def _ions_per_unit(unit: str, text: str) -> float:
    """Ions per gram of glass that one of the unit stands for."""
    plain = unit.lower().replace("µ", "u").replace("μ", "u").replace("wt.", "wt").replace("by mass", " ")
    plain = re.sub(r"(wt|mass)\s*%", "wt%", plain)
    if re.fullmatch(r"g\^?-1|/g|1/g|g⁻¹", plain.strip()):
        return 1.0
    share, _, compound = plain.strip().partition(" ")
    ions = _IONS_PER_GRAM.get(compound.strip() or "fe")
    if share not in _MASS_SHARES or ions is None:
        raise UsageError(f"unknown unit in the concentration {text!r}", remedy=REMEDY)
    return _MASS_SHARES[share] * ions
