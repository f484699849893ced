"""Named parameter sets with their samples and measuring campaigns; users' TOML files of the same form.

:func:`load_preset` gives a whole :class:`Preset` by name or file, :func:`load_sample` its sample alone. The presets
that come with the program are the TOML files beside this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from glasspara.errors import UsageError
from glasspara.model.parameters import ATS_NAMES, ION_NAMES, PARAMETERS, PARTITION_NAMES, to_canonical
from glasspara.sample import Sample, read_sample, sample_from_table
from glasspara.sample.toml_input import Table, read_toml

_FOLDER = Path(__file__).parent

ALIASES: Mapping[str, str] = MappingProxyType({
    "BK7": "bk7-fixed-field",
    "Duran": "duran-like",
    "BAS": "bas-like",
})  # fmt: skip
"""Short names of samples, for ``--sample BK7``."""

PRESET_KINDS = ("fixed-field", "fixed-temperature")
SPACINGS = ("linear", "log", "inverse")
MOST_POINTS = 100_000
"""Points that a grid may have: a slip of the pen must not fill the memory."""

_TOP_KEYS = ("name", "text", "source", "note", "parameters", "errors", "sample", "campaign")


@dataclass(frozen=True)
class RunPlan:
    """Set points of one run.

    ``kind`` is one of ``PRESET_KINDS``; ``nominal`` the fixed field (Oe) or temperature (K); ``grid`` the
    temperatures (K) or fields (Oe) in measuring order.
    """

    kind: str
    nominal: float
    grid: tuple[float, ...]

    @property
    def points(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Temperatures, K, and fields, Oe."""
        held = (self.nominal,) * len(self.grid)
        return (self.grid, held) if self.kind == "fixed-field" else (held, self.grid)


@dataclass(frozen=True)
class Preset:
    """One parameter set.

    ``parameters`` and ``errors`` carry names and units of :mod:`glasspara.model.parameters`. The Langevin term is
    given as n_fe2 and n_fe3 or as n_fe and fe2_fraction; see :meth:`model_values`. ``origin`` says which
    preset or file this is.
    """

    name: str
    text: str
    source: str
    note: str
    origin: str
    parameters: Mapping[str, float]
    errors: Mapping[str, float]
    sample: Sample
    campaign: tuple[RunPlan, ...]

    def model_values(self) -> dict[str, float]:
        """Parameters with the iron as n_fe2 and n_fe3 and with ``field_offset``, as the model takes them."""
        return model_values(self.parameters)


def model_values(parameters: Mapping[str, float]) -> dict[str, float]:
    """``parameters`` with n_fe and fe2_fraction as n_fe2 and n_fe3, and with ``field_offset`` (default 0)."""
    return {"field_offset": 0.0, **to_canonical(parameters)}


def preset_names() -> tuple[str, ...]:
    """Names of the presets that come with the program, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def is_preset(name: str) -> bool:
    """Whether this is the name or the alias of a preset that comes with the program; case does not matter."""
    return name.lower() in _known_names()


def preset_text(name_or_path: str | Path) -> str:
    """The TOML text of a preset, with its comments; arguments and errors as of :func:`load_preset`."""
    path, _ = _locate(name_or_path)
    return read_toml(path).text


def load_preset(name_or_path: str | Path) -> Preset:
    """Preset of that name (or alias, case does not matter), else of that TOML file.

    Raises
    ------
    UsageError
        Neither a preset nor a file.
    InputError
        The file is faulty; the error names file, line and key.
    """
    path, origin = _locate(name_or_path)
    return _preset(read_toml(path), origin)


def load_sample(name_or_path: str | Path) -> Sample:
    """Sample of the preset of that name or alias, else of that TOML file (a [sample] table is enough).

    Raises
    ------
    UsageError
        Neither a preset nor a file.
    InputError
        The file is faulty; the error names file, line and key.
    """
    if is_preset(str(name_or_path)):
        return load_preset(name_or_path).sample
    return read_sample(_locate(name_or_path)[0])


def _known_names() -> dict[str, str]:
    """Names of the presets by name or alias in lower case."""
    names = {name.lower(): name for name in preset_names()}
    return names | {alias.lower(): name for alias, name in ALIASES.items()}


def _locate(name_or_path: str | Path) -> tuple[Path, str]:
    text = str(name_or_path)
    if name := _known_names().get(text.lower()):
        return _FOLDER / f"{name}.toml", f"preset {name}"
    path = Path(text)
    if path.suffix.lower() == ".toml" or path.is_file():
        return path, f"file {path}"
    known = ", ".join((*preset_names(), *ALIASES))
    raise UsageError(f"no preset and no file {text!r}", remedy=f"Give a TOML file or one of: {known}")


def _preset(top: Table, origin: str) -> Preset:
    top.refuse_unknown(_TOP_KEYS)
    parameters = _parameters(top)
    sample_table = top.table("sample")
    name = top.string("name", top.path.stem)
    sample = Sample(name=name) if sample_table is None else sample_from_table(sample_table, source=origin)
    return Preset(
        name=name,
        text=top.string("text"),
        source=top.string("source"),
        note=top.string("note"),
        origin=origin,
        parameters=MappingProxyType(parameters),
        errors=MappingProxyType(_errors(top, parameters)),
        sample=sample,
        campaign=_campaign(top),
    )


def _parameters(top: Table) -> dict[str, float]:
    table = top.table("parameters")
    if table is None:
        raise top.fault("[parameters]", "the table is missing")
    table.refuse_unknown(PARAMETERS)
    values: dict[str, float] = {}
    for name in table.content:
        parameter = PARAMETERS[name]
        value = table.number(
            name,
            accept=lambda value, p=parameter: p.lower <= value <= p.upper,  # type: ignore[misc]
            expected=f"a number from {parameter.lower:g} to {parameter.upper:g} ({parameter.unit})",
        )
        if value is not None:
            values[name] = value
    _check_complete(table, values)
    return values


def _check_complete(table: Table, values: Mapping[str, float]) -> None:
    iron = [name for name in (*ION_NAMES, *PARTITION_NAMES) if name in values]
    if iron not in (list(ION_NAMES), list(PARTITION_NAMES)):
        raise table.fault(
            iron[0] if iron else "n_fe",
            f"the iron is given as {', '.join(iron) or 'nothing'}",
            "Give n_fe2 and n_fe3, or n_fe and fe2_fraction",
        )
    # Without tunnelling systems their other parameters mean nothing and may be left out.
    ats = ATS_NAMES if values.get("n_ats") else ("n_ats",)
    for name in ("chi_larmor", *ats):
        if name not in values:
            raise table.fault(name, "missing", f"Add it in {PARAMETERS[name].unit}")
    if values["n_ats"] and values["d0min_qs4"] > values["d0max_qs4"]:
        raise table.fault("d0min_qs4", "is larger than d0max_qs4")


def _errors(top: Table, parameters: Mapping[str, float]) -> dict[str, float]:
    table = top.table("errors")
    if table is None:
        return {}
    table.refuse_unknown(parameters)
    errors = {
        name: table.number(name, accept=lambda error: error >= 0, expected="a number >= 0")
        for name in table.content
    }
    return {name: error for name, error in errors.items() if error is not None}


def _campaign(top: Table) -> tuple[RunPlan, ...]:
    campaign = top.table("campaign")
    if campaign is None:
        return ()
    campaign.refuse_unknown(("runs",))
    plans: list[RunPlan] = []
    for table in campaign.tables("runs"):
        table.refuse_unknown(("kind", "nominal", "grid"))
        kind = table.string("kind")
        if kind not in PRESET_KINDS:
            raise table.fault("kind", f"found {kind!r}", f"Write one of {', '.join(PRESET_KINDS)}")
        nominal, grid = table.numbers("nominal"), _grid(table)
        for temperature in grid if kind == "fixed-field" else nominal:
            if temperature <= 0:
                key = "grid" if kind == "fixed-field" else "nominal"
                raise table.fault(key, f"the temperature {temperature:g} K is not positive")
        plans += (RunPlan(kind, value, grid) for value in nominal)
    return tuple(plans)


def _grid(table: Table) -> tuple[float, ...]:
    if isinstance(table.content.get("grid"), dict) and (steps := table.table("grid")):
        return _stepped_grid(steps)
    return table.numbers("grid")


def _stepped_grid(table: Table) -> tuple[float, ...]:
    table.refuse_unknown(("from", "to", "points", "spacing"))
    first, last, points = (table.number(key) for key in ("from", "to", "points"))
    if first is None or last is None or points is None:
        raise table.fault("points", "a grid needs from, to and points")
    return checked_grid(first, last, points, table.string("spacing", "linear"), fault=table.fault)


def checked_grid(
    first: float, last: float, points: float, spacing: str, *, fault: Callable[[str, str, str], Exception]
) -> tuple[float, ...]:
    """As :func:`grid_points`, of what somebody wrote: raises what ``fault`` makes of key, fault and remedy."""
    if points != int(points) or not 2 <= points <= MOST_POINTS:
        raise fault("points", f"expected a whole number from 2 to {MOST_POINTS}, found {points:g}", "")
    if spacing not in SPACINGS:
        raise fault("spacing", f"unknown spacing {spacing!r}", f"Choose one of {', '.join(SPACINGS)}")
    if spacing != "linear" and first * last <= 0.0:
        raise fault("spacing", f"{spacing} spacing needs ends of one sign that are not 0", "")
    return grid_points(first, last, int(points), spacing)


def grid_points(first: float, last: float, points: int, spacing: str = "linear") -> tuple[float, ...]:
    """``points`` >= 2 values from ``first`` to ``last``, both exact, in equal steps of x, log x or 1/x."""
    parts = [i / (points - 1) for i in range(1, points - 1)]
    if spacing == "log":
        inner = [first * (last / first) ** part for part in parts]
    elif spacing == "inverse":
        inner = [1 / ((1 - part) / first + part / last) for part in parts]
    else:
        inner = [first + (last - first) * part for part in parts]
    return (first, *inner, last)
