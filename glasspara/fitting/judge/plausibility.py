"""Whether the numbers of a fit can be those of one diamagnetic glass, whatever chi2 says."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

import numpy as np

from glasspara.findings import Finding, Where, finding
from glasspara.fitting.judge.misfit import REMNANT_FIELD, branch_shifts
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
    samples = () if same_glass else _samples(minimum)
    return [*samples, *_fields(minimum), *_hysteresis(minimum), *_values(minimum)]


def _samples(minimum: Minimum) -> Iterator[Finding]:
    names = minimum.problem.data.samples
    if len(names) > 1:
        yield finding("fitting.two-samples", samples=list(names))


def _fields(minimum: Minimum) -> Iterator[Finding]:
    largest = float(np.max(np.abs(minimum.problem.data.field)))
    if largest < _NO_FIELD:
        yield finding("fitting.no-field", largest_Oe=largest)


def _hysteresis(minimum: Minimum) -> Iterator[Finding]:
    loops = [
        item
        for item in branch_shifts(minimum)
        if item.kind == "fixed-temperature" and item.clear and abs(item.shift) > REMNANT_FIELD
    ]
    if loops:
        worst = max(loops, key=lambda item: abs(item.shift))
        yield finding(
            "fitting.branches-differ-in-field",
            Where(run=worst.run),
            branches=list(worst.branches),
            runs=len(loops),
            run=worst.run,
            shift_Oe=abs(worst.shift),
            error_Oe=worst.error,
            remnant_Oe=REMNANT_FIELD,
        )


def _values(minimum: Minimum) -> Iterator[Finding]:
    chi, error = minimum.reported["chi_larmor"], minimum.errors["chi_larmor"] or 0.0
    if chi < -_NEGATIVE * error:
        yield finding("fitting.no-diamagnet", value=chi, error=error)
    elif chi > LARGEST_CHI_LARMOR:
        yield finding("fitting.too-diamagnetic", value=chi, largest=LARGEST_CHI_LARMOR)
    iron = to_canonical(minimum.reported)
    total = iron["n_fe2"] + iron["n_fe3"]
    if total > MOST_IONS:
        yield finding("fitting.more-iron-than-atoms", value=total, most=MOST_IONS)


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
