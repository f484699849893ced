"""What is known of a sample apart from its magnetisation: mass, iron and other ions by mass spectrometry, holder.

Read from users' sample files, and for the trace ions also from the source's Tables 5-7 by glass (``trace_ions.toml``).
``template.toml`` is the sample file that ``glasspara init`` writes.

:mod:`~glasspara.sample.mass`
    the mass in a file's header; masses, iron concentrations and geometry factors that users give
:mod:`~glasspara.sample.toml_input`
    TOML tables read with checks; presets use it as well
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from glasspara.errors import GlassparaError, UsageError
from glasspara.files.flavours import RUN_TYPES
from glasspara.physics.ions import IONS, TraceIon, ion, usual_ion
from glasspara.sample.mass import (
    ALL_RUN_TYPES,
    GeometryFactor,
    GeometryFactors,
    parse_concentration,
    parse_mass,
)
from glasspara.sample.toml_input import Table, read_toml

TEMPLATE = Path(__file__).with_name("template.toml")
"""A sample file to fill in: every key that may stand there, with what it means."""

_TRACE_IONS = Path(__file__).with_name("trace_ions.toml")

SAMPLE_KEYS = (
    "name", "mass_mg", "mass", "n_fe", "n_fe_error", "fe2_fraction", "no_other_ions", "holder", "holder_chi",
    "holder_chi_error", "geometry_factor", "geometry_factor_error", "note", "geometry", "trace_ions",
)  # fmt: skip
"""Keys of a [sample] table."""

GEOMETRY_KEYS = ("shape", "length_mm", "width_mm", "thickness_mm", "diameter_mm")
"""Keys of a [sample.geometry] table."""

TRACE_IONS = tuple(
    dict.fromkeys(
        name for kind in IONS if not kind.startswith("Fe") for name in (kind.rstrip("0123456789+"), kind)
    )
)
"""Keys of a [sample.trace_ions] table: elements, and ions with their charge."""

OTHER_TABLES = ("name", "text", "source", "note", "parameters", "errors", "campaign")
"""What a preset file holds besides [sample]; a sample file may be a whole preset."""


@dataclass(frozen=True)
class MeasuredIon:
    """``ratio`` atoms of an element or ion to one of iron; ``error`` is the standard deviation, None if unknown.

    ``j`` and ``g`` replace those of the table of ions; an element stands for its usual ion.
    """

    name: str
    ratio: float
    error: float | None = None
    j: float | None = None
    g: float | None = None


@dataclass(frozen=True)
class Geometry:
    """Shape of a sample in words, and its dimensions in mm; None where nothing is known."""

    shape: str = ""
    length_mm: float | None = None
    width_mm: float | None = None
    thickness_mm: float | None = None
    diameter_mm: float | None = None


@dataclass(frozen=True)
class Sample:
    """Sample data with their sources; None where nothing is known.

    Parameters
    ----------
    name : str
        Sample name.
    mass_mg : float or None
        Sample mass, mg.
    mass_source : str
        Where the mass came from, in words; "" without a mass.
    n_fe : float or None
        Iron concentration by mass spectrometry, g^-1.
    n_fe_error : float or None
        Its standard deviation, g^-1; None where it is not known (the value is then taken as exact).
    fe2_fraction : float or None
        x, the part of the iron that is Fe2+.
    note : str
        Free text.
    holder : str
        What held the sample, in words.
    holder_chi : float or None
        Susceptibility of the holder, emu/Oe, negative for a diamagnet: its moment over the field, not per gram.
    holder_chi_error : float or None
        Its standard deviation, emu/Oe.
    geometry_factors : run type -> GeometryFactor
        Measured over true moment of this sample, by its shape and radial offset: they divide the moments.
    geometry : Geometry
        Shape and size.
    trace_ions : tuple of MeasuredIon
        Paramagnetic ions besides iron, in the order of the file.
    no_other_ions : bool
        Whether iron and ``trace_ions`` are known to be all magnetic ions.
    """

    name: str
    mass_mg: float | None = None
    mass_source: str = ""
    n_fe: float | None = None
    n_fe_error: float | None = None
    fe2_fraction: float | None = None
    note: str = ""
    holder: str = ""
    holder_chi: float | None = None
    holder_chi_error: float | None = None
    geometry_factors: GeometryFactors = field(default_factory=dict)
    geometry: Geometry = Geometry()
    trace_ions: tuple[MeasuredIon, ...] = ()
    no_other_ions: bool = False


def _positive(value: float) -> bool:
    return value > 0


def sample_from_table(table: Table, *, source: str) -> Sample:
    """Sample of a [sample] table; ``source`` names the origin ("preset bk7-2000").

    Raises
    ------
    InputError
        For an unknown key, a value of the wrong kind, or a mass given twice.
    """
    table.refuse_unknown(SAMPLE_KEYS)
    mass_mg, mass_source = _mass(table, source)
    n_fe, n_fe_error = _iron(table)
    holder_chi, holder_chi_error = _with_error(table, "holder_chi", "emu/Oe")
    return Sample(
        name=table.string("name"),
        mass_mg=mass_mg,
        mass_source=mass_source,
        n_fe=n_fe,
        n_fe_error=n_fe_error,
        fe2_fraction=table.number(
            "fe2_fraction", accept=lambda x: 0 <= x <= 1, expected="a number from 0 to 1"
        ),
        note=table.string("note"),
        holder=table.string("holder"),
        holder_chi=holder_chi,
        holder_chi_error=holder_chi_error,
        geometry_factors=_geometry_factors(table),
        geometry=_geometry(table.table("geometry")),
        trace_ions=trace_ions_from_table(table.table("trace_ions")),
        no_other_ions=table.boolean("no_other_ions"),
    )


def _with_error(
    table: Table, key: str, unit: str, accept: Callable[[float], bool] | None = None
) -> tuple[float | None, float | None]:
    """Value of ``key`` and its standard deviation, that of ``key``_error; None where they are absent."""
    kind, unit = "a number" if accept is None else "a positive number", unit and f", {unit}"
    value = table.number(key, accept=accept, expected=kind + unit)
    error = table.number(f"{key}_error", accept=_positive, expected=f"a positive number{unit}")
    if value is None and error is not None:
        raise table.fault(f"{key}_error", f"given without {key}")
    return value, error


def _geometry_factors(table: Table) -> GeometryFactors:
    """Those of ``geometry_factor``: a number, of all runs, or a table of numbers by run type."""
    key = "geometry_factor"
    by_type = isinstance(table.content.get(key), dict)
    inner = table.table(key) if by_type else None
    keys = {ALL_RUN_TYPES: key} if inner is None else {name: name for name in (ALL_RUN_TYPES, *RUN_TYPES)}
    place = inner or table
    if inner is not None:
        inner.refuse_unknown([name + end for name in keys for end in ("", "_error")])
    factors = {}
    for of, name in keys.items():
        value, error = _with_error(place, name, "", accept=_positive)
        if value is not None:
            try:
                factors[of] = GeometryFactor(value, error)
            except UsageError as fault:
                raise place.fault(name, fault.what, fault.remedy) from None
    return factors


def _iron(table: Table) -> tuple[float | None, float | None]:
    """Iron and its error, g^-1: numbers, or texts with a unit ("15 ppm", "15+-1 ug/g")."""
    value, error = _concentration(table, "n_fe")
    own, none = _concentration(table, "n_fe_error")
    if none is not None:
        raise table.fault("n_fe_error", "an error with an error of its own")
    if value is None and own is not None:
        raise table.fault("n_fe_error", "given without n_fe")
    if error is not None and own is not None:
        raise table.fault("n_fe_error", "the error is given twice", "Keep either n_fe_error or that in n_fe")
    return value, own if error is None else error


def _concentration(table: Table, key: str) -> tuple[float | None, float | None]:
    """Value of ``key`` with the error that its text states, g^-1."""
    if not isinstance(table.content.get(key), str):
        return table.number(
            key, accept=_positive, expected="a positive number, g^-1, or a text with a unit"
        ), None
    try:
        return parse_concentration(table.string(key))
    except GlassparaError as error:
        raise table.fault(key, error.what, error.remedy) from error


def _geometry(table: Table | None) -> Geometry:
    if table is None:
        return Geometry()
    table.refuse_unknown(GEOMETRY_KEYS)
    sizes = {
        key: table.number(key, accept=_positive, expected="a positive number, mm")
        for key in GEOMETRY_KEYS[1:]
    }
    return Geometry(shape=table.string("shape"), **sizes)


def trace_ions_from_table(table: Table | None) -> tuple[MeasuredIon, ...]:
    """Trace ions of a [trace_ions] table, none without it.

    Raises
    ------
    InputError
        For an unknown ion or key, or a value of the wrong kind.
    """
    if table is None:
        return ()
    table.refuse_unknown(TRACE_IONS)
    ions = []
    for name, value in table.content.items():
        # `Cr = 0.1` or `Cr = { ratio = 0.1, error = 0.02, j = 1.5, g = 1.98 }`
        inner = table.table(name) if isinstance(value, dict) else None
        place, key = (table, name) if inner is None else (inner, "ratio")
        if inner is not None:
            inner.refuse_unknown(("ratio", "error", "j", "g"))
        ratio = place.number(
            key, accept=lambda ratio: ratio >= 0, expected="a number, atoms per atom of iron"
        )
        if ratio is None:
            raise place.fault("ratio", "missing")
        if inner is None:
            ions.append(MeasuredIon(name, ratio))
            continue
        error, g = (
            inner.number(key, accept=_positive, expected="a positive number") for key in ("error", "g")
        )
        j = inner.number("j", accept=lambda j: j > 0 and (2 * j).is_integer(), expected="a multiple of 1/2")
        ions.append(MeasuredIon(name, ratio, error, j, g))
    return tuple(ions)


def _mass(table: Table, source: str) -> tuple[float | None, str]:
    if "mass" not in table.content:
        mass_mg = table.number("mass_mg", accept=_positive, expected="a positive number, mg")
        return mass_mg, "" if mass_mg is None else source
    if "mass_mg" in table.content:
        raise table.fault("mass", "the mass is given twice", "Keep either mass or mass_mg")
    text = table.string("mass")
    try:
        return parse_mass(text), f"{source} (mass = {text!r})"
    except GlassparaError as error:
        raise table.fault("mass", error.what, error.remedy) from error


def read_sample(path: str | Path) -> Sample:
    """Sample of a TOML file with a [sample] table; the file may be a whole preset.

    Raises
    ------
    InputError
        The file cannot be read or its [sample] table is missing or faulty.
    """
    top = read_toml(path)
    top.refuse_unknown(("sample", *OTHER_TABLES))
    table = top.table("sample")
    if table is None:
        raise top.fault("[sample]", "the table is missing", f"Keys: {', '.join(SAMPLE_KEYS)}")
    return sample_from_table(table, source=f"sample file {top.path}")


def model_ions(measured: Iterable[MeasuredIon]) -> tuple[TraceIon, ...]:
    """``measured`` as terms of the model; an element stands for its usual ion."""
    return tuple(TraceIon(ion(usual_ion(item.name), j=item.j, g=item.g), item.ratio) for item in measured)


def load_trace_ions(name_or_path: str) -> tuple[TraceIon, ...]:
    """Trace ions of a glass of the source (case does not matter), else of a TOML file.

    The file has a table [trace_ions], or is a sample file with [sample.trace_ions].

    Raises
    ------
    UsageError
        Neither a glass of the source nor a file.
    InputError
        The file is faulty, or names no trace ions.
    """
    tables = read_toml(_TRACE_IONS)
    glasses = {name.lower(): name for name in tables.content}
    if name := glasses.get(name_or_path.lower()):
        return model_ions(trace_ions_from_table(tables.table(name)))
    path = Path(name_or_path)
    if path.suffix.lower() != ".toml" and not path.is_file():
        raise UsageError(
            f"no glass and no file {name_or_path!r}",
            remedy=f"Give a TOML file or one of: {', '.join(tables.content)}",
        )
    top = read_toml(path)
    sample = top.table("sample")
    table = top.table("trace_ions") or (sample.table("trace_ions") if sample else None)
    if table is None:
        raise top.fault("[trace_ions]", "the table is missing", "Write Cr = 0.1, atoms to one of iron")
    return model_ions(trace_ions_from_table(table))
