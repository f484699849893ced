"""Where the two-level form of the ATS term leaves the three-level one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.physics.ats import ats_magnetisation
from glasspara.physics.three_level.magnetisation import three_level_magnetisation

DEVIATIONS = (0.01, 0.1)
"""Relative changes of the ratio of the two that count as a departure."""

_WEAK = 1.0  # Oe
_LOWEST, _PLACES = 100.0, 4000


@dataclass(frozen=True)
class Departure:
    """Where the two-level form leaves the three-level one, for one effective charge times area (``qs4``, A^2).

    ``weak`` is the ratio of the three-level to the two-level magnetisation in a weak field; ``fields`` are the
    lowest fields, Oe, at which that ratio has changed by each of :data:`DEVIATIONS`, relative; nan where it has not.
    """

    qs4: float
    weak: float
    fields: tuple[float, ...]


def departures(
    T: float, *, ats: Mapping[str, Any], areas: Sequence[float], h_max: float = 1.0e6
) -> tuple[Departure, ...]:
    """Departure for each (Q/e) S4 of ``areas``, A^2, at ``T``, K, in fields from 100 Oe to ``h_max``.

    ``ats`` holds the parameters of :func:`glasspara.ats_magnetisation`.
    """
    fields = np.geomspace(_LOWEST, h_max, _PLACES)
    places = np.append(_WEAK, fields)
    two = ats_magnetisation(T, places, **ats)
    found = []
    for qs4 in areas:
        ratio = three_level_magnetisation(T, places, **ats, qs4=qs4) / two
        change = np.abs(ratio[1:] / ratio[0] - 1.0)
        at = tuple(_first(np.log(fields), change, deviation) for deviation in DEVIATIONS)
        found.append(Departure(qs4, float(ratio[0]), at))
    return tuple(found)


def _first(log_fields: FloatArray, change: FloatArray, level: float) -> float:
    """Field where ``change`` first passes ``level``."""
    above = np.flatnonzero(change > level)
    if not len(above) or above[0] == 0:
        return float("nan")
    ends = slice(above[0] - 1, above[0] + 1)
    return float(np.exp(np.interp(level, change[ends], log_fields[ends])))
