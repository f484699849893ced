"""What standard errors are worth: which free parameters the data leave open, and where chi2 is no parabola.

The one rule by which fits hold, assess and report.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from glasspara.fitting.intervals.profile import Profile
from glasspara.fitting.problem.coordinates import CUTOFFS
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import ION_NAMES, NUISANCES, PARTITION_NAMES, parameter_of, to_canonical
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response

UNDETERMINED = 0.5
"""A standard error of so much of a parameter's size, and more, determines nothing."""

# Near 0 a relative error says nothing; a delta_mu below this many K hardly changes s(T) any more.
_SMALL_DELTA_MU = 0.1
# "None of it" is an answer: an ion or a chi_larmor is measured if its error makes less than UNDETERMINED times
# this share of the largest signal.
_SIGNAL_SHARE = 0.1
# Scale parameters of the ATS term, and the factor by which it must cost something to change them.
_SCALES = ("n_ats", "d_min")
_FACTOR = 2.0
# The root of the rise one error away, and so the error, is wrong by more than this.
_BENT = 0.2
# Chi2 to which a rise need be known to say so.
_ROUGH = 0.01
# The model bends by about the error of a logarithm: with all below this share of their reach none is so wrong.
_STRAIGHT = 0.1


def relative_errors(minimum: Minimum) -> dict[str, float | None]:
    """Standard error over size of each free parameter; None where nothing is known.

    The size is the value, but at least what makes a tenth of the largest signal (chi_larmor and ions), all iron
    (each ion), 1 (fe2_fraction), 0.1 K (delta_mu). A scale parameter that can be changed by a factor of 2 for less
    than 1 in chi2 counts as unknown, whatever its error. ``field_offset`` and what an assumption fixes are left out.
    """
    level = _cheap_doublings(minimum, cost=minimum.statistics.chi2_unit)
    least = _least_sizes(minimum)
    result: dict[str, float | None] = {}
    for name in minimum.coordinates.free:
        constraint = minimum.problem.constraints.get(name)
        if parameter_of(name).name in NUISANCES or (constraint is not None and constraint.assumed):
            continue
        size, error = max(abs(minimum.reported[name]), least.get(name, 0.0)), minimum.errors[name]
        usable = size > 0.0 and (constraint is not None or name not in level)
        result[name] = error / size if error and usable else None
    return result


def open_parameters(errors: dict[str, float | None]) -> dict[str, float | None]:
    """Those of ``relative_errors`` that are undetermined."""
    return {name: error for name, error in errors.items() if error is None or error > UNDETERMINED}


def _cheap_doublings(minimum: Minimum, *, cost: float) -> frozenset[str]:
    """Free scale parameters of the ATS term that a factor of 2, up or down, changes for less than ``cost`` in chi2.

    The curvature at the minimum cannot show this: along the valley in which n_ats and d0max - d0min trade, chi2 is
    level over decades while the curvature at one place may look like an error of 30 %.
    """
    found = set()
    for name in _SCALES:
        known = name in minimum.problem.constraints
        if known or name not in minimum.coordinates.free or name in minimum.limits_met():
            continue
        profile = Profile(minimum, [name])
        (axis,) = profile.axes
        rough = _ROUGH * cost / max(minimum.chi2, 1.0)
        for position in (axis.origin + log(_FACTOR), axis.origin - log(_FACTOR)):
            if axis.low <= position <= axis.high and profile.at(position, gain=rough).rise < cost:
                found.add(name)
    return frozenset(found)


def _least_sizes(minimum: Minimum) -> dict[str, float]:
    data = minimum.problem.data
    iron = sum(to_canonical(minimum.reported)[name] for name in ION_NAMES)
    signal = _SIGNAL_SHARE * float(np.max(np.abs(data.magnetisation)))
    sizes = {"fe2_fraction": 1.0, "delta_mu": _SMALL_DELTA_MU}
    field = float(np.max(np.abs(data.field)))
    if field > 0.0:
        sizes["chi_larmor"] = signal / field
        for name in ION_NAMES:
            ion = ION_OF_PARAMETER[name]
            response, _ = langevin_response(data.temperature, data.field, j=ion.j, g=ion.g)
            sizes[name] = max(iron, signal / float(np.max(np.abs(response))))
        sizes["n_fe"] = min(sizes[name] for name in ION_NAMES)
    return sizes


def bent_errors(minimum: Minimum) -> dict[str, tuple[float, float]]:
    """Free parameters whose error is off by more than a fifth on a side: rise of chi2 one error down, and up.

    Everything else follows. Nuisances are left out, and what lies at a limit or within one error of it; and n_ats with
    the single cutoffs where a prior is assumed of n_ats: along their valley chi2 is known to be no parabola.
    """
    coordinates = minimum.coordinates
    prior = minimum.problem.constraints.get("n_ats")
    valley = {"n_ats", *CUTOFFS} if prior is not None and prior.assumed else set()
    spreads = np.sqrt(np.maximum(np.diag(minimum.covariance), 0.0)) / coordinates.reaches
    split = set(PARTITION_NAMES) <= set(coordinates.free)  # of its two coordinates the partition is a ratio
    if not split and not np.any(spreads > _STRAIGHT):
        return {}
    found = {}
    for name in coordinates.free:
        value, error = minimum.reported[name], minimum.errors[name]
        if name in valley or name in minimum.limits_met() or error is None:
            continue
        if parameter_of(name).name in NUISANCES:
            continue
        profile = Profile(minimum, [name])
        (axis,) = profile.axes
        low, high = axis.value(axis.low), axis.value(axis.high)
        if low < value - error and value + error < high:
            ends = [axis.position(end) for end in (value - error, value + error)]
            if not any(map(_is_bent, (rise for end in ends for rise in profile.rise_estimates(end)))):
                continue
            rough = [profile.at(end, gain=_ROUGH / max(minimum.chi2, 1.0)) for end in ends]
            if any(_is_bent(point.rise) for point in rough):
                down, up = (profile.at(end, near=point).rise for end, point in zip(ends, rough, strict=True))
                found[name] = (down, up)
    return found


def _is_bent(rise: float) -> bool:
    return abs(sqrt(max(rise, 0.0)) - 1.0) > _BENT
