"""The derived combinations of the parameters with their errors, and which of all these the data determine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.findings import Finding, Where, finding
from glasspara.fitting.judge.standard_errors import UNDETERMINED
from glasspara.fitting.problem.combinations import combinations
from glasspara.fitting.problem.coordinates import CUTOFFS
from glasspara.fitting.result import Derived, Determination
from glasspara.fitting.search.least_squares import principal_directions
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import PARAMETERS, to_canonical

# Below this share of the largest, a singular value is rounding.
_ROUNDING = 1.0e-13

_COMBINATIONS = ("ats_strength", "d0_mean_qs4")
"""The derived combinations that are looked at in any case."""


def derived(minimum: Minimum) -> dict[str, Derived]:
    """Every derived combination at a minimum; one in which nothing is free has no error."""
    canonical = to_canonical(minimum.reported)
    return {
        name: Derived(item.value(canonical), minimum.error_of(item), item.unit)
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
