"""Mass, iron and geometry factor of a sample from text: nothing is guessed and nothing is converted in silence.

Masses are those of file headers and of users. Iron concentrations are as laboratories state them: ions per gram, or a
share of the mass with its unit. The geometry factor says by what shape and place of a sample make its moment read too
large or too small, for each run type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose, isfinite
from pathlib import PurePath

from glasspara.errors import UsageError
from glasspara.files import flavours
from glasspara.files.flavours import RUN_TYPES, Flavour
from glasspara.files.multivu import Header
from glasspara.findings import Finding, Where, finding

UNITS_MG = {"kg": 1.0e6, "g": 1.0e3, "mg": 1.0, "ug": 1.0e-3, "µg": 1.0e-3, "μg": 1.0e-3}
"""Mass units, each in mg."""

PLACEHOLDERS = (0.0, 0.1, 1.0, 1000.0)
"""Bare numbers that MultiVu writes, or that people leave, where no mass was entered."""

SMALLEST_BARE_MG, LARGEST_BARE_MG = 0.1, 1000.0
"""A bare number below the one is more likely grams than mg, from the other on more likely ug."""

SMALLEST_MG, LARGEST_MG = 1.0e-4, 1.0e6
"""No magnetometer measures less, or holds more."""

AGREEMENT = 0.02
"""Two statements of one mass that differ by more than this share contradict each other."""

CONTRADICTED = "sample.mass-contradicted"
"""Code of the finding that they do; it is void where the mass comes from elsewhere."""

_NUMBER = r"[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+"
_MASS = rf"\s*(?P<number>[+-]?(?:{_NUMBER})(?:[eE][+-]?[0-9]+)?)\s*(?P<unit>[a-zA-Zµμ]*)\s*"
_THOUSANDS = r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}"
# Mg is magnesium: "Zn0.5Mg0.5O" states no mass. An error may follow: "12.3(1) mg", "12.3 +- 0.1 mg".
_HINT = re.compile(
    r"(?<![0-9.,])(?P<number>[0-9]+(?:[.,][0-9]+)?|[.,][0-9]+)(?:\([0-9]+\)|\s*(?:±|\+/?-)\s*[0-9.,]+)?"
    r"\s*(?P<unit>mg|MG|ug|µg|μg|g)(?![a-zA-Z])"
)
# What a sample is embedded in, wrapped in or held by. German and French compounds end or begin with these words.
_HELD_BY = (
    r"(?:(?:n-?)?(?:e?icosan|docosan|tetracosan)|paraffin|para ?film|kapton|mylar|teflon|ptfe|vaselin|apiezon|stycast"
    r"|araldit|nujol|epoxy|gelatin|kapsel|g[eé]lule|quar[tz]+rohr|agar|silicon[e ]*grease)\w*"
    r"|\w*(?:folie|klebeband|wickel|halter)|cling[ -]?(?:film|wrap)|plastic[ -](?:film|wrap|bag|foil)|wrapping|tape"
    r"|alumini?um foil|al foil|oil|öl|huile|grease|fett|graisse|wax|wachs|cire|varnish|lack|vernis|glue|kleber|colle"
    r"|(?:gel ?)?cap(?:sule)?s?|straw|strohhalm|paille|cotton|watte|coton|(?:quartz|glass) wool|matrix|matrice"
    r"|kbr|quartz (?:rod|tube|boat|paddle)|quarz(?:rohr|stab)|(?:copper|cu|gold) wire|draht|substrate?|bouchon"
    r"|water|wasser|eau|tolu(?:ene|ol|ène)|m?ethanol|acetone?|hexane?|solvent|lösungsmittel|solvant|brass|messing|laiton"
    r"|(?:sample )?holder|porte[- ][eé]chantillon|container|ampoule|tare|tara|gross|brutto|total"
)
# Behind a mass: "4.8 mg cling film", "10 mg (of pure eicosane)"; not "18.8 mg in eicosane", which is the sample's.
_MATRIX_BEHIND = (
    r"\s*[(\[]?\s*(?:(?:of|the|von|de)\s+)*"
    r"(?:(?!(?:in|on|with|and|plus|inside|between|into|im|auf|mit|und|aus|dans|sur|avec|et)\b)[a-z]+\s+)?"
    rf"(?:{_HELD_BY}|quartz)(?![a-z])"
)
# Before a mass: "eicosane 14.73mg", "m(eicosane) = 14.73 mg", "kapton tape: 3 mg".
_MATRIX_BEFORE = (
    rf"(?<![a-z])(?:{_HELD_BY})(?:\s+(?:tape|film|foil|mass|weight|is|of|masse|gewicht))*"
    r"\s*[)\]]?\s*[:=(\[~_-]?\s*$"
)
_MATRIX_THEN_COMMA = rf"(?<![a-z])(?:{_HELD_BY})\s*[,;]\s*$"
# "151.9 g/mol", "0.79 g per ml", "0.79 g cm-3"
_PER = re.compile(r"\s*(?:/|per\b|[·*.]?\s*(?:mol|cm|ml|l)\s*\^?\s*(?:-|\u2212|\u207b))", re.IGNORECASE)
_FREE_KEYS = ("mass", "m", "m_s", "ms", "m_sample", "sample_mass", "sample mass", "weight")


@dataclass(frozen=True)
class HeaderMass:
    """Sample mass as a file's header states it.

    ``value_mg`` is None where the header gives no usable mass; ``problem`` then says why. ``source`` names the
    header entry, ``text`` is its content as it stands. ``hint`` is a mass seen elsewhere (title, comment, file
    name): for people only, never used.
    """

    value_mg: float | None
    source: str
    text: str
    problem: str | None = None
    hint: str | None = None


def parse_mass(text: str, *, default_unit: str | None = "mg") -> float:
    """Mass in mg of text such as "35,7 mg", "0.0105 g", "12.2mg", "250 ug".

    A bare number is in ``default_unit``; None demands a unit in the text. So does a bare number of mg outside
    SMALLEST_BARE_MG to LARGEST_BARE_MG.

    Raises
    ------
    UsageError
        The text is no mass, has no unit where one is needed, is ambiguous ("1,234 mg", "0.05"), or the mass of no
        sample.
    """
    remedy = "Write a number and mg, g or ug, for example 35.7mg"
    match = re.fullmatch(_MASS, text)
    if match is None:
        raise UsageError(f"cannot read the mass {text.strip()!r}", remedy=remedy)
    number, unit = match["number"], match["unit"] or default_unit
    if unit is None:
        raise UsageError(f"the mass {text.strip()!r} has no unit", remedy=remedy)
    factor = UNITS_MG.get(unit.lower() if unit.isupper() else unit)  # MG is mg, Mg is not
    if factor is None:
        raise UsageError(f"the mass {text.strip()!r} is in an unknown unit", remedy=remedy)
    if "," in number and re.fullmatch(_THOUSANDS, number):
        raise UsageError(
            f"the mass {text.strip()!r} may have a decimal or a thousands comma", remedy="Write a point"
        )
    value = float(number.replace(",", ".")) * factor
    if not value > 0.0:
        raise UsageError(f"the mass {text.strip()!r} is not positive", remedy=remedy)
    if not match["unit"] and not SMALLEST_BARE_MG <= value < LARGEST_BARE_MG:
        raise UsageError(
            f"the mass {text.strip()!r} has no unit, and is unlikely in mg",
            remedy="Write it with mg, g or ug",
        )
    check_mass(value)
    return value


def check_mass(mass_mg: float) -> None:
    """Refuse what cannot be the mass of a sample.

    Raises
    ------
    UsageError
    """
    if not SMALLEST_MG <= mass_mg <= LARGEST_MG:
        raise UsageError(
            f"{mass_mg:g} mg cannot be the mass of a sample",
            remedy=f"Give one from {SMALLEST_MG:g} to {LARGEST_MG:g} mg",
        )


def header_mass(header: Header, flavour: Flavour, *, path: str = "") -> HeaderMass:
    """Mass that the header states, or what is wrong with it.

    MultiVu asks for mg, so that a bare number is mg, unless it is a placeholder or so small that somebody may
    have typed grams. ACMS headers have free entries instead: there a unit must stand. ``path`` serves for the
    hint alone: masses often stand in file names.
    """
    hint = _hint(header, path)
    key, text = _entry(header, flavour)
    if not text:
        return HeaderMass(None, "", "", "the header gives no sample mass", hint)
    source = f"header {key}"
    bare = re.fullmatch(rf"\s*[+-]?(?:{_NUMBER})(?:[eE][+-]?[0-9]+)?\s*", text) is not None
    free_key = flavour.family == flavours.ACMS
    if bare and not free_key and (problem := _doubt(text, source)):
        return HeaderMass(None, source, text, problem, hint)
    try:
        value = parse_mass(text, default_unit=None if free_key else "mg")
    except UsageError as error:
        return HeaderMass(None, source, text, f"{source}: {error.what}", hint)
    return HeaderMass(value, source + (", no unit written: mg" if bare else ""), text, None, hint)


def contradictions(mass: HeaderMass, header: Header, path: str) -> list[Finding]:
    """A finding where a mass in title, comment or file name contradicts the header's; none where all is well."""
    if mass.value_mg is None:
        return []
    for place, found in _mentions(header, path):
        values = [value for _, value in found]
        candidates = [*values, sum(values)]  # "45,7mg_+b13,7mg": sample and holder, weighed apart
        if not any(isclose(value, mass.value_mg, rel_tol=AGREEMENT) for value in candidates):
            texts = [text for text, _ in found]
            where = Where(file=path)
            return [finding(CONTRADICTED, where, header_mg=mass.value_mg, place=place, mentioned=texts)]
    return []


def _entry(header: Header, flavour: Flavour) -> tuple[str, str]:
    """Key and text of the header entry that holds the mass."""
    if flavour.family in (flavours.XL, flavours.XL_AVERAGED):
        return "WEIGHT", header.get("WEIGHT")
    if flavour.family != flavours.ACMS:
        return "SAMPLE_MASS", header.get("SAMPLE_MASS")
    for key, value in header.info:
        if key.lower() in _FREE_KEYS and value:
            return f"INFO {key!r}", value
    return "", ""


def _doubt(text: str, source: str) -> str | None:
    """Why a bare number is not taken as mg; None if it may be."""
    value = float(text.replace(",", "."))
    if value in PLACEHOLDERS:
        return f"{source} is {text}, a placeholder"
    if 0.0 < value < SMALLEST_BARE_MG:
        return f"{source} is {text}: {value:g} mg, or {value * 1.0e3:g} mg if grams were typed"
    return None


def _mentions(header: Header, path: str) -> list[tuple[str, list[tuple[str, float]]]]:
    """Masses in running text: (place, [(text, mg), ...]).

    Left out are masses of a matrix or wrapping (eicosane, Parafilm), before or behind the word, and masses per mole or
    volume.
    """
    places = (
        ("sample comment", header.sample_comment),
        ("title", header.title),
        ("sample name", header.sample),
        ("file name", PurePath(path).name),
    )
    mentions = []
    for place, text in places:
        found = []
        matches = [match for match in _HINT.finditer(text) if not _PER.match(text, match.end())]
        for match in matches:
            number = match["number"].replace(",", ".")
            value = float(number) * UNITS_MG[match["unit"].lower()]
            vague = match["unit"] == "g" and "." not in number  # "5g" may be anything
            if value > 0.0 and not vague and not _of_matrix(text, match, alone=len(matches) == 1):
                found.append((match[0], value))
        if found:
            mentions.append((place, found))
    return mentions


def _of_matrix(text: str, match: re.Match[str], *, alone: bool) -> bool:
    """Whether a mass in ``text`` is that of a matrix or wrapping; ``alone``: there is no other mass in it."""
    before, behind = text[: match.start()], text[match.end() :]
    if re.match(_MATRIX_BEHIND, behind, re.IGNORECASE) or re.search(_MATRIX_BEFORE, before, re.IGNORECASE):
        return True
    return alone and re.search(_MATRIX_THEN_COMMA, before, re.IGNORECASE) is not None


def _hint(header: Header, path: str) -> str | None:
    said = [
        f"{place} says {', '.join(text for text, _ in found)}" for place, found in _mentions(header, path)
    ]
    return "; ".join(said) or None


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

_AMOUNT = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_MEASURED = rf"""\s*
    (?: (?P<mantissa>\d+\.?\d*|\.\d+)\((?P<digits>\d+)\)(?P<power>[eE][+-]?\d+)?
      | (?P<value>{_AMOUNT})\s*(?:(?:\+-|\+/-|±)\s*(?P<error>{_AMOUNT}))? )
    \s*(?P<unit>\S.*?)?\s*"""

_UNIT_TWICE = rf"\s*((?>{_AMOUNT}))\s*([^\s\d.+±-].*?)\s*(\+-|\+/-|±)\s*((?>{_AMOUNT}))\s*\2\s*"
"""15 ppm +- 1 ppm"""

REMEDY = (
    "Write ions per gram (1.657e17+-0.019e17, 1.657(19)e17) or a share of the mass with its unit (15 ppm, 15+-1 ppm, "
    "15 ug/g, 0.02 wt% Fe2O3)"
)


def parse_concentration(text: str) -> tuple[float, float | None]:
    """Value and error, g^-1, of an iron concentration; no error (None) where none is given.

    Without a unit, ions per gram. ``ppm``, ``ug/g`` and ``mg/kg`` are by mass; ``wt%`` is per cent of the mass; each of
    iron unless ``FeO``, ``Fe2O3`` or ``Fe3O4`` follows. The error is in the same unit, which may stand twice:
    "15+-1 ppm", "15 ppm +- 1 ppm", "1.657(19)e17".

    Raises
    ------
    UsageError
        The text is something else, a number is not positive and finite, or so small that its unit must be missing.
    """
    once = re.sub(rf"^{_UNIT_TWICE}$", r"\1\3\4 \2", text)
    match = re.fullmatch(_MEASURED, once, re.VERBOSE)
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
        raise UsageError(f"the concentration {text!r} is more than in pure iron", remedy=REMEDY)
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


ALL_RUN_TYPES = "all"
"""In place of a run type: those that have no factor of their own."""

# Factors that are believed; those of samples in a magnetometer are 0.8 to 1.2.
_SMALLEST, _LARGEST = 0.1, 10.0


@dataclass(frozen=True)
class GeometryFactor:
    """Measured over true moment, and the standard deviation that all its points share; None where it is not known.

    Raises
    ------
    UsageError
        The numbers cannot be such a factor and its error.
    """

    value: float = 1.0
    error: float | None = None

    def __post_init__(self) -> None:
        fits = self.error is None or 0.0 < self.error < self.value
        if not (fits and _SMALLEST <= self.value <= _LARGEST):
            error = "" if self.error is None else f" +- {self.error:g}"
            raise UsageError(
                f"the geometry factor {self.value:g}{error} cannot be right",
                remedy=f"Give measured divided by true moment, {_SMALLEST:g} to {_LARGEST:g}, for example 0.987+-0.005",
            )

    @property
    def relative_error(self) -> float:
        """0 where the error is not known."""
        return (self.error or 0.0) / self.value


NO_FACTOR = GeometryFactor()
"""1, as exactly as if nobody had given one."""

GeometryFactors = Mapping[str, GeometryFactor]
"""Factors by run type (one of RUN_TYPES), or by ALL_RUN_TYPES."""


def check_run_types(factors: GeometryFactors) -> None:
    """Refuse words that are no run type.

    Raises
    ------
    UsageError
    """
    for of in factors:
        if of not in (ALL_RUN_TYPES, *RUN_TYPES):
            raise UsageError(
                f"geometry factor of {of!r}: unknown run type",
                remedy=f"Known: {', '.join((ALL_RUN_TYPES, *RUN_TYPES))}",
            )
