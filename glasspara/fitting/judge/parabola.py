"""Whether the standard errors are those of a parabola: chi2 one error away must have risen by 1."""

from __future__ import annotations

from math import sqrt

import numpy as np

from glasspara.fitting.intervals.profile import Profile
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import NUISANCES, PARTITION_NAMES, parameter_of

# The root of the rise, and so the error, is wrong by more than this.
_BENT = 0.2
# The model bends by about the error of a logarithm: with all below this share of their reach none is so wrong.
_STRAIGHT = 0.1


def bent_errors(minimum: Minimum) -> dict[str, tuple[float, float]]:
    """Free parameters whose error is off by more than a fifth on a side: rise of chi2 one error down, and up.

    Everything else follows. Nuisances are left out, and what lies at a limit or within one error of it.
    """
    coordinates = minimum.coordinates
    spreads = np.sqrt(np.maximum(np.diag(minimum.covariance), 0.0)) / coordinates.reaches
    split = set(PARTITION_NAMES) <= set(coordinates.free)  # of its two coordinates the partition is a ratio
    if not split and not np.any(spreads > _STRAIGHT):
        return {}
    found = {}
    for name in coordinates.free:
        value, error = minimum.reported[name], minimum.errors[name]
        if name in minimum.limits_met() or error is None or parameter_of(name).name in NUISANCES:
            continue
        profile = Profile(minimum, [name])
        (axis,) = profile.axes
        low, high = axis.value(axis.low), axis.value(axis.high)
        if low < value - error and value + error < high:
            ends = [axis.position(end) for end in (value - error, value + error)]
            if not any(map(_is_bent, (rise for end in ends for rise in profile.glance(end)))):
                continue
            down, up = (profile.at(end).rise for end in ends)
            if _is_bent(down) or _is_bent(up):
                found[name] = (down, up)
    return found


def _is_bent(rise: float) -> bool:
    return abs(sqrt(max(rise, 0.0)) - 1.0) > _BENT
