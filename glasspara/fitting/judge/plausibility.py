"""Whether the numbers of a fit can be those of one diamagnetic glass, whatever chi2 says."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

import numpy as np

from glasspara.data import Dataset
from glasspara.findings import Finding, Where, finding
from glasspara.fitting.judge.branches import branch_shifts, on_branches
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.parameters import parameter_of, to_canonical

LARGEST_CHI_LARMOR = 1.0e-5
"""Diamagnetism of any glass lies far below this, emu g^-1 Oe^-1: BK7 has 4e-7."""

MOST_IONS = 1.0e22
"""Iron ions per gram: pure iron has 1.08e22."""

# chi_larmor below zero by so many standard errors is no diamagnet's.
_NEGATIVE = 5.0
_NO_FIELD = 1.0  # Oe
# Coordinates whose limits are those of the search, not of physics: a fit that ends there has not found its parameters.
_SEARCHED = ("ln_d0_mean", "ln_ln_d0_ratio", "ln_d0_ratio", "ln_d_min", "delta_mu")


def implausible(minimum: Minimum, *, same_glass: bool = False) -> list[Finding]:
    """What cannot be, most telling first; empty for a plausible result.

    ``same_glass`` says that all files are of one glass, whatever names they give its pieces.
    """
    data = implausible_data(minimum.problem.data, same_glass=same_glass)
    iron = to_canonical(minimum.reported)
    chi = minimum.reported["chi_larmor"], minimum.errors["chi_larmor"]
    return [*data, *_hysteresis(minimum), *implausible_values(*chi, n_fe=iron["n_fe2"] + iron["n_fe3"])]


def implausible_data(data: Dataset, *, same_glass: bool = False) -> list[Finding]:
    """What cannot be of the data of one glass, without any fit: several samples by name, or no field."""
    found = []
    if len(data.samples) > 1 and not same_glass:
        found.append(finding("fitting.two-samples", samples=list(data.samples)))
    largest = float(np.max(np.abs(data.field)))
    if largest < _NO_FIELD:
        found.append(finding("fitting.no-field", largest_Oe=largest))
    return found


def _hysteresis(minimum: Minimum) -> Iterator[Finding]:
    loops = [item for item in branch_shifts(minimum) if item.kind == "fixed-temperature"]
    yield from on_branches(loops)


def implausible_values(chi_larmor: float, error: float | None, *, n_fe: float) -> list[Finding]:
    """What cannot be of the Larmor susceptibility, emu g^-1 Oe^-1, with its standard error, and of the iron, g^-1."""
    found = []
    if chi_larmor < -_NEGATIVE * (error or 0.0):
        found.append(finding("fitting.no-diamagnet", value=chi_larmor, error=error or 0.0))
    elif chi_larmor > LARGEST_CHI_LARMOR:
        found.append(finding("fitting.too-diamagnetic", value=chi_larmor, largest=LARGEST_CHI_LARMOR))
    if n_fe > MOST_IONS:
        found.append(finding("fitting.more-iron-than-atoms", value=n_fe, most=MOST_IONS))
    return found


def edges_of_search(minimum: Minimum) -> list[Finding]:
    """Shape parameters of the ATS term that ended at the edge of their search: it has not found them."""
    coordinates = minimum.coordinates
    box = dict(zip(coordinates.names, coordinates.box(), strict=True))
    found = []
    for coordinate, name in zip(coordinates.names, coordinates.free, strict=True):
        side = minimum.at_limit.get(coordinate)
        if side is None or coordinate not in _SEARCHED or name in coordinates.limits:
            continue
        if coordinate in ("delta_mu", "ln_d0_ratio", "ln_ln_d0_ratio") and side == "lower":
            continue  # 0 is a value, and equal cutoffs are no term
        limit = box[coordinate][0 if side == "lower" else 1]
        for _ in range(coordinate.count("ln_")):
            limit = exp(limit)
        unit = "" if coordinate.endswith("ratio") else parameter_of(name).unit
        where = Where(parameter=name)
        found.append(
            finding("fitting.edge-of-search", where, quantity=coordinate, side=side, limit=limit, unit=unit)
        )
    return found
