"""Combinations of the parameters that people ask for, with errors by linear propagation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt

import numpy as np
import numpy.typing as npt

from glasspara.fitting.result import Derived
from glasspara.parameters import ION_NAMES, PARAMETERS, PARTITION_NAMES, to_canonical
from glasspara.physics.ions import ION_OF_PARAMETER, curie_constant

FloatArray = npt.NDArray[np.float64]

COMBINATIONS = ("curie_constant", "d0_mean_qs4", "d0_difference_qs4", "ats_amplitude")
"""What is derived however the iron is written."""


def derived(
    reported: Mapping[str, float], names: tuple[str, ...], covariance: FloatArray, *, partition: bool
) -> dict[str, Derived]:
    """Combinations of the parameters, with errors by linear propagation."""

    def fraction(values: Mapping[str, float]) -> float:
        total = values["n_fe2"] + values["n_fe3"]
        return values["n_fe2"] / total if total > 0.0 else 0.0

    wanted: dict[str, tuple[str, Callable[[Mapping[str, float]], float]]] = {}
    if partition:
        for name in ION_NAMES:
            wanted[name] = (PARAMETERS[name].unit, lambda v, name=name: v[name])  # type: ignore[misc]
    else:
        wanted[PARTITION_NAMES[0]] = ("g^-1", lambda v: v["n_fe2"] + v["n_fe3"])
        wanted[PARTITION_NAMES[1]] = ("1", fraction)
    wanted["curie_constant"] = (
        "emu K g^-1 Oe^-1",
        lambda v: sum(
            v[name] * curie_constant(j=ION_OF_PARAMETER[name].j, g=ION_OF_PARAMETER[name].g)
            for name in ION_NAMES
        ),
    )
    if "n_ats" in reported:
        wanted["d0_mean_qs4"] = ("K A^2", lambda v: 0.5 * (v["d0min_qs4"] + v["d0max_qs4"]))
        wanted["d0_difference_qs4"] = ("K A^2", lambda v: v["d0max_qs4"] - v["d0min_qs4"])
        wanted["ats_amplitude"] = (
            "K A^2 g^-1",
            lambda v: v["n_ats"] * (v["d0max_qs4"] - v["d0min_qs4"]),
        )
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    result = {}
    for key, (unit, function) in wanted.items():
        slopes = np.zeros(len(names))
        for index, name in enumerate(names):
            # All but fe2_fraction are at most quadratic: central differences are exact but for rounding.
            step = 1.0e-4 * max(abs(reported[name]), errors[index])
            if errors[index] == 0.0 or step == 0.0:
                continue
            up, down = ({**reported, name: reported[name] + sign * step} for sign in (1.0, -1.0))
            slopes[index] = (function(to_canonical(up)) - function(to_canonical(down))) / (2.0 * step)
        variance = float(slopes @ covariance @ slopes)
        result[key] = Derived(
            value=float(function(to_canonical(reported))),
            error=sqrt(variance) if variance > 0.0 else None,
            unit=unit,
        )
    return result
