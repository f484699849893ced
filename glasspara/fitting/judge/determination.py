"""Which parameters and combinations the data determine, and what standard errors are worth.

The one rule by which fits hold, assess and report which free parameters the data leave open, and where chi2 is no
parabola; and the derived combinations of the parameters with their errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.findings import Finding, Where, finding
from glasspara.fitting.intervals.profile import Profile
from glasspara.fitting.problem.coordinates import CUTOFFS, combinations
from glasspara.fitting.result import Derived, Determination
from glasspara.fitting.search.least_squares import principal_directions
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import (
    ION_NAMES,
    NUISANCES,
    PARAMETERS,
    PARTITION_NAMES,
    parameter_of,
    to_canonical,
)
from glasspara.physics.ions import ION_OF_PARAMETER
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
# Chi2 to which a rise need be known to say so, and the share of it, or of 1, to report it.
_ROUGH, _FINE = 0.01, 1.0e-4
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
        positions = (axis.origin + log(_FACTOR), axis.origin - log(_FACTOR))
        places = [(position,) for position in positions if axis.low <= position <= axis.high]
        if places and min(profile.ways(*places).rises(_ROUGH * cost)) < cost:
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
            ways = profile.ways(*((axis.position(end),) for end in (value - error, value + error)))
            if not any(map(_is_bent, ways.estimates)):
                continue
            rises = ways.rises(_ROUGH)
            if any(map(_is_bent, rises)):
                down, up = ways.rises([_FINE * max(rise, 1.0) for rise in rises])
                found[name] = (down, up)
    return found


def _is_bent(rise: float) -> bool:
    return abs(sqrt(max(rise, 0.0)) - 1.0) > _BENT


# Below this share of the largest, a singular value is rounding.
_ROUNDING = 1.0e-13

_COMBINATIONS = ("ats_strength", "d0_mean_qs4")
"""The derived combinations that are looked at in any case."""


def derived(minimum: Minimum, wider: Minimum | None = None) -> dict[str, Derived]:
    """Every derived combination at a minimum; one in which nothing is free has no error.

    ``wider`` is the minimum with the errors of the instrument in its covariance, where they are to be said.
    """
    canonical = to_canonical(minimum.reported)
    known = minimum.problem.known_combinations
    return {
        name: Derived(
            item.value(canonical),
            minimum.error_of(item),
            item.unit,
            known.get(name),
            error_with_instrument=None if wider is None else wider.error_of(item),
        )
        for name, item in combinations(minimum.reported).items()
    }


def determine(minimum: Minimum, *, undetermined: tuple[str, ...]) -> Determination:
    """Singular values, relative errors and findings, with n_ats counted among the parameters even where it is held.

    ``undetermined`` names the free parameters that the data leave open in this fit.
    """
    reported = minimum.reported
    open_cutoffs = "n_ats" in reported and reported["d0max_qs4"] > reported["d0min_qs4"]
    names = [
        name
        for name in minimum.coordinates.reported
        if name not in minimum.coordinates.nuisances
        and (name in minimum.coordinates.free or (name == "n_ats" and open_cutoffs))
        and reported[name] != 0.0
        and name not in minimum.limits_met()
    ]
    if not names:
        return Determination((), (), {}, {}, undetermined, ())
    jacobian = _log_jacobian(minimum, names)
    singular, directions = principal_directions(jacobian)
    usable = singular > _ROUNDING * singular[0] if singular[0] > 0.0 else np.zeros(singular.shape, dtype=bool)

    def spread(weights: FloatArray) -> float | None:
        """Standard deviation of sum(weights ln p); None where a direction that it needs is not fixed at all."""
        share = directions @ weights
        if np.any(np.abs(share[~usable]) > 1.0e-6):
            return None
        return float(np.sqrt(np.sum((share[usable] / singular[usable]) ** 2)))

    unit = np.eye(len(names))
    errors = {name: spread(unit[index]) for index, name in enumerate(names)}
    spreads = {}
    if open_cutoffs and all(name in names for name in CUTOFFS):
        known, canonical = combinations(reported), to_canonical(reported)
        for combination in _COMBINATIONS:
            value, slopes = known[combination].value(canonical), known[combination].slopes(canonical)
            # of ln(combination) by ln(parameter)
            weights = np.array([slopes.get(name, 0.0) * reported[name] for name in names])
            spreads[combination] = spread(weights / value) if value else None
    return Determination(
        names=tuple(names),
        singular_values=tuple(float(value) for value in singular),
        relative_errors=errors,
        combinations=spreads,
        undetermined=undetermined,
        statements=tuple(_statements(minimum, errors, spreads)),
    )


def _log_jacobian(minimum: Minimum, names: list[str]) -> FloatArray:
    """Derivatives of the weighted model, and of the constraints, by ln of the named parameters.

    What nuisances can imitate is taken out: the data must tell parameters and nuisances apart.
    """
    problem, reported = minimum.problem, minimum.reported
    position = {name: index for index, name in enumerate(reported)}
    columns = problem.total_with_gradient(reported)[1] / problem.data.sigma[:, None]
    for name, constraint in problem.constraints.items():
        row = np.zeros((1, len(reported)))
        row[0, position[name]] = constraint.pull_slope(reported[name])
        columns = np.concatenate([columns, row])
    for penalty in problem.penalties:
        columns = np.concatenate([columns, penalty.pull_slopes(reported, problem.model)[None, :]])
    size = np.array([reported[name] for name in names])
    weighted: FloatArray = columns[:, [position[name] for name in names]] * size
    if problem.nuisances:
        widths = np.array([item.width for item in problem.nuisances])
        basis, _ = np.linalg.qr(columns[:, [position[item.name] for item in problem.nuisances]] * widths)
        weighted = weighted - basis @ (basis.T @ weighted)
    return weighted


def _statements(
    minimum: Minimum, errors: Mapping[str, float | None], spreads: Mapping[str, float | None]
) -> list[Finding]:
    reported, held = minimum.reported, minimum.coordinates.held
    found = [
        finding("fitting.combination-determined", combination=text, error=error)
        for text, error in spreads.items()
        if error is not None and error <= UNDETERMINED
    ]
    for name, error in errors.items():
        if error is not None and error <= UNDETERMINED:
            continue
        values = {"parameter": name, "error": error, "value": reported[name], "unit": PARAMETERS[name].unit}
        code = "held-parameter-not-determined" if name in held else "parameter-not-determined"
        found.append(finding(f"fitting.{code}", Where(parameter=name), **values))
    return found


def assumption_shares(minimum: Minimum) -> dict[str, float]:
    """Share of the information on its parameter that each assumed prior supplies: 0 (data alone) to 1 (prior alone)."""
    found = {}
    for name, item in minimum.problem.constraints.items():
        error = minimum.errors[name]
        if item.assumed and error is not None:
            relative = error / minimum.reported[name] if item.log else error
            found[name] = min((relative / item.error) ** 2, 1.0)
    return found
