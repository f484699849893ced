"""Chi2 with one parameter forced away from its minimum, the others following."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import exp, log

from glasspara.fitting.minimise import Minimum
from glasspara.fitting.start import descend
from glasspara.parameters import PARAMETERS

_FACTOR = 2.0
_SCALES = ("n_ats", "d_min")


def cheap_doublings(minimum: Minimum, *, cost: float) -> frozenset[str]:
    """Free scale parameters of the ATS term that a factor of 2, up or down, changes for less than ``cost`` in chi2.

    The curvature at the minimum cannot show this: along the valley in which n_ats and d0max - d0min trade, chi2 is
    level over decades while the curvature at one place may look like an error of 30 %.
    """
    found = set()
    for name in _SCALES:
        if name not in minimum.coordinates.free or name in minimum.limits_met():
            continue
        for factor in (_FACTOR, 1.0 / _FACTOR):
            value = minimum.reported[name] * factor
            low, high = minimum.coordinates.limits.get(name, (PARAMETERS[name].lower, PARAMETERS[name].upper))
            if low <= value <= high and _chi2_with(minimum, name, value) - minimum.chi2 < cost:
                found.add(name)
    return frozenset(found)


def _chi2_with(minimum: Minimum, name: str, value: float) -> float:
    """Least chi2 with ``name`` held at ``value``, found downhill from the minimum."""
    guess = {**minimum.reported, name: value}
    if name == "n_ats":
        guess |= _same_amplitude(minimum.reported, value)
    problem, coordinates = minimum.problem, minimum.coordinates
    forced = replace(
        problem,
        coordinates=replace(
            coordinates,
            held={**coordinates.held, name: value},
            limits={key: limit for key, limit in coordinates.limits.items() if key != name},
        ),
        constraints={key: item for key, item in problem.constraints.items() if key != name},
    )
    return forced.chi2(descend(forced, guess))


def _same_amplitude(reported: Mapping[str, float], n_ats: float) -> dict[str, float]:
    """Cutoffs of the same mean that keep n_ats ln(d0max/d0min)."""
    low, high = reported["d0min_qs4"], reported["d0max_qs4"]
    ratio = exp(log(high / low) * reported["n_ats"] / n_ats)
    low = (low + high) / (1.0 + ratio)
    return {"d0min_qs4": low, "d0max_qs4": low * ratio}
