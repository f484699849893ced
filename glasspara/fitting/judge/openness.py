"""Which free parameters the data leave open: the one rule by which fits hold, assess and report."""

from __future__ import annotations

import numpy as np

from glasspara.fitting.intervals.profile import cheap_doublings
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import ION_NAMES, NUISANCES, parameter_of, to_canonical
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response

UNDETERMINED = 0.5
"""A standard error of so much of a parameter's size, and more, determines nothing."""

# Near 0 a relative error says nothing; a delta_mu below this many K hardly changes s(T) any more.
_SMALL_DELTA_MU = 0.1
# "None of it" is an answer: an ion or a chi_larmor is measured if its error makes less than UNDETERMINED times
# this share of the largest signal.
_SIGNAL_SHARE = 0.1


def relative_errors(minimum: Minimum) -> dict[str, float | None]:
    """Standard error over size of each free parameter; None where nothing is known.

    The size is the value, but at least what makes a tenth of the largest signal (chi_larmor and ions), all iron
    (each ion), 1 (fe2_fraction), 0.1 K (delta_mu). A scale parameter that can be changed by a factor of 2 for less
    than 1 in chi2 counts as unknown, whatever its error. ``field_offset`` and what an assumption fixes are left out.
    """
    level = cheap_doublings(minimum, cost=minimum.statistics.chi2_unit)
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
