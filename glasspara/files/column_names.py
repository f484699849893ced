"""What a column name means: names without punctuation and units, and what converts fields and moments to Oe and emu."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import pi
from types import MappingProxyType

TEMPERATURE = ("temperature_k", "avg_temperature_k")
"""Canonical names of the temperature column."""

FIELD = ("magnetic_field_oe", "field_oe")
"""Canonical names of the field column."""

TIME = ("time", "time_stamp_sec")
"""Canonical names of the time column, s from an epoch that depends on the instrument."""

FIELD_UNITS: Mapping[str, float] = MappingProxyType({
    "oe": 1.0,
    "koe": 1.0e3,
    "g": 1.0,
    "gauss": 1.0,
    "t": 1.0e4,
    "tesla": 1.0e4,
    "mt": 10.0,
    "a_m": 4.0e-3 * pi,
    "ka_m": 4.0 * pi,
})  # fmt: skip
"""Oe in one unit of field, by the unit's canonical name."""

MOMENT_UNITS: Mapping[str, float] = MappingProxyType({
    "emu": 1.0,
    "memu": 1.0e-3,
    "am2": 1.0e3,
    "a_m2": 1.0e3,
    "am_2": 1.0e3,
    "a_m_2": 1.0e3,
    "mam2": 1.0,
    "ma_m2": 1.0,
    "j_t": 1.0e3,
})  # fmt: skip
"""emu in one unit of moment, by the unit's canonical name."""

_FIELDS = ("magnetic_field", "field")
_MOMENTS = (
    "moment", "m_std_err", "long_moment", "avg_moment", "m_dc", "m_std_dev", "dc_moment", "dc_std_err",
    "dc_moment_free_ctr", "dc_moment_err_free_ctr", "dc_moment_fixed_ctr", "dc_moment_err_fixed_ctr",
)  # fmt: skip

_STANDARD: Mapping[str, tuple[str, float]] = MappingProxyType(
    {f"{name}_{unit}": (f"{name}_oe", factor) for name in _FIELDS for unit, factor in FIELD_UNITS.items()}
    | {
        f"{name}_{unit}": (f"{name}_emu", factor)
        for name in _MOMENTS
        for unit, factor in MOMENT_UNITS.items()
    }
)


def canonical(name: str) -> str:
    """Column name reduced to lower-case words, so that "Field (Oe)" and "Field_Oe" are one."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower().replace("²", "2")).strip("_")


def standard(name: str) -> tuple[str, float | None]:
    """Canonical column name in the standard unit, and what converts to that; None where no unit is stated.

    ``"magnetic_field_t"`` is ``("magnetic_field_oe", 1e4)``; a name that is no field and no moment stays as it is.
    """
    return _STANDARD.get(name, (name, None))
