"""Values of the derived combinations at a minimum, with errors by linear propagation."""

from __future__ import annotations

from math import sqrt

from glasspara.fitting.problem.combinations import combinations
from glasspara.fitting.result import Derived
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import to_canonical


def derived(minimum: Minimum) -> dict[str, Derived]:
    """Every combination; one in which nothing is free has no error."""
    reported, covariance = minimum.reported, minimum.reported_covariance()
    canonical = to_canonical(reported)
    result = {}
    for name, item in combinations(reported).items():
        slopes = item.slopes_by_reported(reported, minimum.coordinates.model)
        variance = float(slopes @ covariance @ slopes)
        result[name] = Derived(item.value(canonical), sqrt(variance) if variance > 0.0 else None, item.unit)
    return result
