"""The coordinates in which a fit moves, and their way to the parameters of the source and back.

In the source's own parameters the model is nearly singular: n_ats and d0max - d0min enter almost only as
their product, and the two cutoffs almost only as their mean. A fit therefore moves in

* ``ln_d0_mean``, the logarithm of the mean cutoff, and ``ln_d0_ratio`` = ln(d0max/d0min) >= 0, which is the
  amplitude of the term as long as ``n_ats`` is held;
* ``n_ats_ln_ratio`` = n_ats x ln(d0max/d0min), the strength of the term, in place of ``n_ats`` where that is free
  too, and then ``ln_ln_d0_ratio``, the logarithm of the logarithm of the ratio: what is known of n_ats from elsewhere
  is known of its logarithm, in which the strength and this coordinate are linear;
* ``n_fe2`` and ``n_fe3`` in place of ``n_fe`` and ``fe2_fraction`` where both are free: the model is linear in
  them, and so is a constraint on their sum;
* the logarithm of what the parameter table calls so (``ln_d_min``; of a cutoff where the other is held or the user
  limits one); everything else as it is.

Two sets of names appear: *canonical* ones (``Model.names``, with n_fe2 and n_fe3) in which the physics is
evaluated, and *reported* ones, in which the Langevin term may be written as n_fe and fe2_fraction.

Combinations of the parameters are what people ask for where the data fix these and single parameters trade:
:func:`combinations` gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf, log
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.errors import UsageError
from glasspara.model.model import Model
from glasspara.model.parameters import ION_NAMES, PARAMETERS, PARTITION_NAMES, parameter_of, to_canonical
from glasspara.physics.ions import ION_OF_PARAMETER, curie_constant

CUTOFFS = ("d0min_qs4", "d0max_qs4")
MAX_LN_RATIO = log(100.0)
# Where a mean cutoff, or a cutoff alone, is looked for, K A^2.
_CUTOFF_RANGE = (1.0e3, 1.0e7)
_JOINT = ("ln_d0_mean", "ln_d0_ratio")
# n_ats = amplitude / ln_d0_ratio needs a ratio off 1.
MIN_LN_RATIO_WITH_FREE_N_ATS = 1.0e-4
# The strength of a term that is not there, g^-1: its logarithm must exist.
NO_STRENGTH = 1.0e6


def reported_names(model: Model, *, partition: bool) -> tuple[str, ...]:
    """Names of the fit's parameters as reports give them."""
    ions = PARTITION_NAMES if partition else ION_NAMES
    return tuple(
        name
        for canonical in model.names
        for name in (ions if canonical == ION_NAMES[0] else () if canonical in ION_NAMES else (canonical,))
    )


def cutoffs_crossed(reported: Mapping[str, float]) -> bool:
    """Whether d0max_qs4 lies below d0min_qs4."""
    low, high = (reported.get(name, 0.0) for name in CUTOFFS)
    return low > high * (1.0 + 1.0e-9)


def canonical_by_reported(reported: Mapping[str, Any], model: Model) -> FloatArray:
    """Derivatives of the canonical parameters by the reported ones, shape (len(model.names), len(reported)).

    Of k sets of values k of them, in a first axis.
    """
    shape = max((np.shape(value) for value in reported.values()), key=len)
    matrix = np.zeros((*shape, len(model.names), len(reported)))
    for column, name in enumerate(reported):
        slopes: dict[str, Any]
        if name == "n_fe":
            slopes = {"n_fe2": reported["fe2_fraction"], "n_fe3": 1.0 - reported["fe2_fraction"]}
        elif name == "fe2_fraction":
            slopes = {"n_fe2": reported["n_fe"], "n_fe3": -reported["n_fe"]}
        else:
            slopes = {name: 1.0}
        for canonical, slope in slopes.items():
            if canonical in model.names:  # nuisances of single runs are none of the model's
                matrix[..., model.names.index(canonical), column] = slope
    return matrix


@dataclass(frozen=True)
class Coordinates:
    """Bijection between the free reported parameters and the vector in which a fit moves.

    ``held`` gives the value of every reported parameter that is not free. ``limits`` are the user's own, by
    reported name. ``nuisances`` are the names of what may be off in single runs or samples ("mass_scale[2]").
    """

    model: Model
    partition: bool
    held: Mapping[str, float]
    limits: Mapping[str, tuple[float, float]]
    nuisances: tuple[str, ...] = ()

    @cached_property
    def reported(self) -> tuple[str, ...]:
        return (*reported_names(self.model, partition=self.partition), *self.nuisances)

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Free reported parameters, in the order of the report."""
        return tuple(name for name in self.reported if name not in self.held)

    @cached_property
    def joint_cutoffs(self) -> bool:
        """Whether mean and ratio of the cutoffs are coordinates: both free, and no box of the user's on one."""
        return all(name in self.free and name not in self.limits for name in CUTOFFS)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the coordinates, one for each free parameter, in the same order."""
        table = {name: f"ln_{name}" for name in self.free if parameter_of(name).scale == "log"}
        if self.joint_cutoffs:
            table |= dict(zip(CUTOFFS, _JOINT, strict=True))
            if "n_ats" in self.free and "n_ats" not in self.limits:
                table |= {"n_ats": "n_ats_ln_ratio", CUTOFFS[1]: "ln_ln_d0_ratio"}
        if all(name in self.free and name not in self.limits for name in PARTITION_NAMES):
            table |= dict(zip(PARTITION_NAMES, ION_NAMES, strict=True))
        return tuple(table.get(name, name) for name in self.free)

    @cached_property
    def linear(self) -> tuple[int, ...]:
        """Indices of the coordinates in which the model, and every constraint, is linear."""
        names = {"n_ats_ln_ratio", *ION_NAMES}
        names |= {name for name in self.free if parameter_of(name).scale == "linear"}
        if "fe2_fraction" in self.held:
            names.add("n_fe")
        if "n_fe" in self.held:
            names.add("fe2_fraction")
        return tuple(index for index, name in enumerate(self.names) if name in names)

    @cached_property
    def reaches(self) -> FloatArray:
        """A standard error of each coordinate that says nothing; infinite for the linear ones."""
        return np.array(
            [
                inf if index in self.linear or name in PARTITION_NAMES else parameter_of(name).reach
                for index, name in enumerate(self.free)
            ]
        )

    @cached_property
    def sizes(self) -> FloatArray:
        """Natural size of each coordinate: 1 for logarithms and what has no unit, else the usual value."""
        table = {"n_ats_ln_ratio": PARAMETERS["n_ats"].start}
        return np.array(
            [
                1.0
                if coordinate.startswith("ln_")
                else table.get(coordinate) or parameter_of(coordinate).natural_size
                for coordinate in self.names
            ]
        )

    def box(self) -> list[tuple[float, float]]:
        """Limits of the coordinates: the physical ones of the parameter table, narrowed by the user's."""
        special = {
            "ln_d0_mean": (log(_CUTOFF_RANGE[0]), log(_CUTOFF_RANGE[1])),
            "ln_d0_ratio": (0.0, MAX_LN_RATIO),
            "ln_ln_d0_ratio": (log(MIN_LN_RATIO_WITH_FREE_N_ATS), log(MAX_LN_RATIO)),
            "n_ats_ln_ratio": (NO_STRENGTH, inf),
        }
        result = []
        for coordinate, name in zip(self.names, self.free, strict=True):
            if coordinate in special:
                result.append(special[coordinate])
                continue
            parameter = parameter_of(coordinate if coordinate in ION_NAMES else name)
            low, high = parameter.lower, parameter.upper
            if name in CUTOFFS:
                low, high = _CUTOFF_RANGE
                if name == "d0max_qs4":
                    low = max(low, self.held.get("d0min_qs4", 0.0))
                else:
                    high = min(high, self.held.get("d0max_qs4", inf))
            if name in self.limits:
                low, high = max(low, self.limits[name][0]), min(high, self.limits[name][1])
            if not low < high:
                raise UsageError(f"--limit leaves no room for {name}: {low:g} to {high:g}")
            result.append((log(low), log(high)) if coordinate == f"ln_{name}" else (low, high))
        return result

    def from_reported(self, values: Mapping[str, float]) -> FloatArray:
        """Coordinates of the free parameters at reported ``values``."""
        low, high = (values.get(name, 1.0) for name in CUTOFFS)
        result = []
        for coordinate, name in zip(self.names, self.free, strict=True):
            match coordinate:
                case "ln_d0_mean":
                    result.append(log(0.5 * (low + high)))
                case "ln_d0_ratio":
                    result.append(log(high / low))
                case "ln_ln_d0_ratio":
                    result.append(log(max(log(high / low), MIN_LN_RATIO_WITH_FREE_N_ATS)))
                case "n_ats_ln_ratio":
                    result.append(max(values["n_ats"] * log(high / low), NO_STRENGTH))
                case _ if coordinate == f"ln_{name}":
                    result.append(log(values[name]))
                case "n_fe2" | "n_fe3" if coordinate != name:
                    result.append(to_canonical(values)[coordinate])
                case _:
                    result.append(values.get(name, 0.0) if name in self.nuisances else values[name])
        return np.array(result)

    def to_reported(self, point: FloatArray) -> dict[str, Any]:
        """Every reported parameter at a point of the fit; of k points, shape (k, len(names)), k values of each."""
        found = self._found(point)
        values: dict[str, Any] = dict(self.held)
        for coordinate, name in zip(self.names, self.free, strict=True):
            match coordinate:
                case "ln_d0_mean":
                    values[CUTOFFS[0]], values[CUTOFFS[1]] = _cutoffs(found)
                case "ln_d0_ratio" | "ln_ln_d0_ratio" | "n_fe3" if coordinate != name:
                    pass  # with its partner
                case "n_fe2" if coordinate != name:
                    values[PARTITION_NAMES[0]] = total = found["n_fe2"] + found["n_fe3"]
                    values[PARTITION_NAMES[1]] = _share(found["n_fe2"], total)
                case "n_ats_ln_ratio":
                    values["n_ats"] = found[coordinate] / np.exp(found["ln_ln_d0_ratio"])
                case _ if coordinate == f"ln_{name}":
                    values[name] = np.exp(found[coordinate])
                case _:
                    values[name] = found[name]
        if point.ndim == 1:
            return {name: float(values[name]) for name in self.reported}
        return {name: values[name] for name in self.reported}

    def _found(self, point: FloatArray) -> dict[str, FloatArray]:
        return dict(zip(self.names, point.T, strict=True))

    def reported_jacobian(self, point: FloatArray) -> FloatArray:
        """Derivatives of the reported parameters by the coordinates, shape (len(reported), len(names)).

        Of k points k of them, shape (k, len(reported), len(names)).
        """
        found = self._found(point)
        matrix = np.zeros((*point.shape[:-1], len(self.reported), len(self.names)))
        row = {name: index for index, name in enumerate(self.reported)}
        for column, (coordinate, name) in enumerate(zip(self.names, self.free, strict=True)):
            match coordinate:
                case "ln_d0_mean":
                    low, high = _cutoffs(found)
                    matrix[..., row[CUTOFFS[0]], column] = low
                    matrix[..., row[CUTOFFS[1]], column] = high
                case "ln_d0_ratio" | "ln_ln_d0_ratio":
                    low, high = _cutoffs(found)
                    share = high / (low + high)
                    by_coordinate = 1.0 if coordinate == "ln_d0_ratio" else np.exp(found[coordinate])
                    matrix[..., row[CUTOFFS[0]], column] = -low * share * by_coordinate
                    matrix[..., row[CUTOFFS[1]], column] = high * (1.0 - share) * by_coordinate
                    if coordinate == "ln_ln_d0_ratio":
                        matrix[..., row["n_ats"], column] = -found["n_ats_ln_ratio"] / by_coordinate
                case "n_ats_ln_ratio":
                    matrix[..., row["n_ats"], column] = np.exp(-found["ln_ln_d0_ratio"])
                case "n_fe2" | "n_fe3" if coordinate != name:
                    total = found["n_fe2"] + found["n_fe3"]
                    matrix[..., row["n_fe"], column] = 1.0
                    other = found["n_fe3"] if coordinate == "n_fe2" else -found["n_fe2"]
                    matrix[..., row["fe2_fraction"], column] = _share(other, total * total)
                case _ if coordinate == f"ln_{name}":
                    matrix[..., row[name], column] = np.exp(found[coordinate])
                case _:
                    matrix[..., row[name], column] = 1.0
        return matrix


def _cutoffs(found: Mapping[str, FloatArray]) -> tuple[FloatArray, FloatArray]:
    ln_ratio = found["ln_d0_ratio"] if "ln_d0_ratio" in found else np.exp(found["ln_ln_d0_ratio"])
    mean, ratio = np.exp(found["ln_d0_mean"]), np.exp(ln_ratio)
    low = 2.0 * mean / (1.0 + ratio)
    return low, low * ratio


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """part/whole, 0 of nothing."""
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=np.asarray(whole) != 0.0)


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
        return by_canonical @ canonical_by_reported(reported, model)


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
