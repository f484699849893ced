"""The Larmor and Langevin parameters as the subtraction stages find them, one frozen before the next.

1. Larmor: Larmor + Langevin fit with free iron; of it only ``chi_larmor`` is kept.
2. Langevin: the iron with ``chi_larmor`` frozen; n(Fe) at its mass-spectrometry value where that is given.

Where the sample has an ATS term the first stage takes part of it for Langevin and Larmor, as the source's
Tables 1 and 2 show: the stages are a start and a comparison, the joint fit is the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from glasspara.data import Dataset
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.search.minimise import minimise
from glasspara.model.parameters import ION_NAMES, PARTITION_NAMES

Item = TypeVar("Item")


@dataclass(frozen=True)
class StageValues:
    """Reported parameters of the Larmor and Langevin terms as the stages find them."""

    values: Mapping[str, float]
    errors: Mapping[str, float | None]
    """Standard error of each parameter in its own stage; only those that a stage fitted are here."""


def stage_values(data: Dataset, settings: FitSettings) -> StageValues:
    """Run the two stages on ``data``; what ``settings`` holds stays as it is."""
    plain = settings.without_ats()
    held = plain.held()
    errors: dict[str, float | None] = {}
    if "chi_larmor" not in held:
        free_iron = replace(
            plain,
            n_fe=None,
            fixed=_without_iron(plain.fixed),
            starts=_without_iron(plain.starts),
            limits=_without_iron(plain.limits),
        )
        first = minimise(free_iron.problem(data, free_iron.held()), free_iron.guess())
        held["chi_larmor"] = first.reported["chi_larmor"]
        errors["chi_larmor"] = first.errors["chi_larmor"]
    second = minimise(plain.problem(data, held), plain.guess() | held)
    free = second.coordinates.free
    return StageValues(second.reported, errors | {name: second.errors[name] for name in free})


def _without_iron(given: Mapping[str, Item]) -> dict[str, Item]:
    return {name: item for name, item in given.items() if name not in (*ION_NAMES, *PARTITION_NAMES)}
