"""Combinations of the parameters that people ask for: what the data fix where single parameters trade."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import log

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.fitting.problem.coordinates import CUTOFFS, canonical_by_reported
from glasspara.model.model import Model
from glasspara.model.parameters import ION_NAMES, PARAMETERS, PARTITION_NAMES, to_canonical
from glasspara.physics.ions.ions import ION_OF_PARAMETER, curie_constant

Values = Mapping[str, float]


@dataclass(frozen=True)
class Combination:
    """A smooth function of the canonical parameters (with n_fe2 and n_fe3), and its derivatives by them."""

    name: str
    unit: str
    value: Callable[[Values], float]
    slopes: Callable[[Values], dict[str, float]]

    def slopes_by_reported(self, reported: Values, model: Model) -> FloatArray:
        """Derivatives by the reported parameters, shape (len(reported),)."""
        slopes = self.slopes(to_canonical(reported))
        by_canonical = np.array([slopes.get(name, 0.0) for name in model.names])
        row: FloatArray = by_canonical @ canonical_by_reported(reported, model)
        return row


def combinations(reported: Collection[str]) -> dict[str, Combination]:
    """All there are for parameters reported by these names; none of them is itself reported."""
    found = [item for item in _IRON if item.name not in reported]
    if "n_ats" in reported:
        found += _ATS
    return {item.name: item for item in found}


def _sum(name: str, unit: str, weights: Mapping[str, float]) -> Combination:
    return Combination(
        name,
        unit,
        lambda values: sum(weight * values[key] for key, weight in weights.items()),
        lambda _: dict(weights),
    )


def _fraction(values: Values) -> float:
    total = values["n_fe2"] + values["n_fe3"]
    return values["n_fe2"] / total if total > 0.0 else 0.0


def _fraction_slopes(values: Values) -> dict[str, float]:
    total = values["n_fe2"] + values["n_fe3"]
    if total <= 0.0:
        return dict.fromkeys(ION_NAMES, 0.0)
    return {"n_fe2": values["n_fe3"] / total**2, "n_fe3": -values["n_fe2"] / total**2}


def _difference(values: Values) -> float:
    low, high = (values[name] for name in CUTOFFS)
    return high - low


def _ratio_slopes(values: Values) -> dict[str, float]:
    low, high = (values[name] for name in CUTOFFS)
    return {CUTOFFS[0]: -high / low**2, CUTOFFS[1]: 1.0 / low}


def _strength(values: Values) -> float:
    low, high = (values[name] for name in CUTOFFS)
    return values["n_ats"] * log(high / low)


def _strength_slopes(values: Values) -> dict[str, float]:
    n, (low, high) = values["n_ats"], (values[name] for name in CUTOFFS)
    return {"n_ats": log(high / low), CUTOFFS[0]: -n / low, CUTOFFS[1]: n / high}


def _amplitude_slopes(values: Values) -> dict[str, float]:
    n = values["n_ats"]
    return {"n_ats": _difference(values), CUTOFFS[0]: -n, CUTOFFS[1]: n}


_CURIE = {name: curie_constant(j=ION_OF_PARAMETER[name].j, g=ION_OF_PARAMETER[name].g) for name in ION_NAMES}
_IRON = (
    *(_sum(name, PARAMETERS[name].unit, {name: 1.0}) for name in ION_NAMES),
    _sum(PARTITION_NAMES[0], PARAMETERS[PARTITION_NAMES[0]].unit, dict.fromkeys(ION_NAMES, 1.0)),
    Combination(PARTITION_NAMES[1], PARAMETERS[PARTITION_NAMES[1]].unit, _fraction, _fraction_slopes),
    _sum("curie_constant", "emu K g^-1 Oe^-1", _CURIE),
)
_ATS = (
    Combination("ats_strength", "g^-1", _strength, _strength_slopes),
    _sum("d0_mean_qs4", "K A^2", dict.fromkeys(CUTOFFS, 0.5)),
    Combination("d0_ratio", "1", lambda values: values[CUTOFFS[1]] / values[CUTOFFS[0]], _ratio_slopes),
    _sum("d0_difference_qs4", "K A^2", {CUTOFFS[0]: -1.0, CUTOFFS[1]: 1.0}),
    Combination(
        "ats_amplitude",
        "K A^2 g^-1",
        lambda values: values["n_ats"] * _difference(values),
        _amplitude_slopes,
    ),
)
