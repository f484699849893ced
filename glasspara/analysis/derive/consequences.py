"""From fitted parameters to what they stand for: fields, susceptibilities, tunnelling particles, areas, voids.

G. Jug and S. Recchia, arXiv:2111.12644: eqs. (1), (7), (12), (13), (15), (18). Magnetisation gives the product
D_0 (Q/e) S4 and the concentration times P*; how a product divides among its factors it does not say. What needs an
assumption names it (:mod:`glasspara.analysis.derive.quantities`); its range then stands beside the error of the fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf, isfinite, sqrt
from typing import Any

import numpy as np

from glasspara.analysis.derive.fitted_values import FittedValues
from glasspara.analysis.derive.quantities import (
    PRINTED_FACTOR,
    Assumption,
    Formula,
    at_temperature,
    from_the_fit,
    with_assumptions,
)
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.judge.determination import UNDETERMINED
from glasspara.report.table import Columns

TEMPERATURES = (2.0, 4.5, 20.0, 300.0)
"""K, for what depends on temperature."""

_ROUNDING = 1.0e-9  # relative error that is but the rounding of the slopes

FAR_ABOVE = 10.0
"""What the theory's D << D_0 takes at least, as D_0 over D_min."""


@dataclass(frozen=True)
class DerivedQuantity:
    """One number.

    ``value`` is at the fit and the middle of what is assumed; ``error`` the standard error by the fit alone, with its
    correlations; ``low`` and ``high`` the ends that the ranges of ``needs``, the assumptions, give at the fit.
    ``temperature`` is None where it does not matter, K.
    """

    name: str
    text: str
    value: float
    error: float | None
    low: float
    high: float
    unit: str
    needs: tuple[str, ...] = ()
    temperature: float | None = None

    @property
    def determined(self) -> bool:
        """Whether the fit fixes it, apart from what is assumed."""
        return self.error is None or self.error < UNDETERMINED * abs(self.value)


@dataclass(frozen=True)
class Check:
    """A condition that the numbers should meet, and the ``conflict`` where they do not.

    ``holds`` is None where only part of the assumed range meets it.
    """

    condition: Finding
    conflict: Finding
    holds: bool | None


@dataclass(frozen=True, eq=False, repr=False)
class DeriveResult(Answer):
    """All that follows from ``source``."""

    source: FittedValues
    assumptions: Mapping[str, Assumption]
    quantities: tuple[DerivedQuantity, ...]
    checks: tuple[Check, ...]
    qs4_measured: bool
    assessment: Assessment
    notes: tuple[Finding, ...]

    def quantity(self, name: str, temperature: float | None = None) -> DerivedQuantity:
        """The quantity of that name; KeyError if there is none."""
        for item in self.quantities:
            if item.name == name and item.temperature == temperature:
                return item
        raise KeyError(name)

    def table(self) -> Columns:
        """A row a quantity; value, error and ends are in the unit of their row."""
        found = self.quantities
        return {
            "quantity": [item.name for item in found],
            "temperature_K": [item.temperature for item in found],
            "value_in_unit": [item.value for item in found],
            "error_in_unit": [item.error for item in found],
            "low_in_unit": [item.low for item in found],
            "high_in_unit": [item.high for item in found],
            "unit": [item.unit for item in found],
            "assumptions": [" ".join(item.needs) for item in found],
            "determined": ["yes" if item.determined else "no" for item in found],
            "text": [item.text for item in found],
        }


def derive(
    source: FittedValues,
    assumed: Mapping[str, Assumption],
    *,
    d0: float | None = None,
    area_per_particle: float | None = None,
    temperatures: Sequence[float] = TEMPERATURES,
) -> DeriveResult:
    """Everything that follows from ``source``.

    Parameters
    ----------
    source : FittedValues
    assumed : name -> Assumption
        As :func:`glasspara.analysis.derive.quantities.assume` gives them. (Q/e) S4 is not assumed where the model
        has it.
    d0 : float, optional
        Mean tunnelling amplitude D_0, K; (Q/e) S4 then follows from it.
    area_per_particle : float, optional
        Area S4/N_tunn, A^2; N_tunn then follows and is not assumed.
    temperatures : K, > 0
    """
    measured = "qs4" in source.values or "b_star" in source.values
    extra = {}
    if d0 is not None:
        extra["d0"] = Assumption("d0", "D_0", d0, d0, "K", "given by the user", given=True)
    if area_per_particle is not None:
        text = "given by the user"
        extra["area_per_particle"] = Assumption(
            "area_per_particle", "S4/N_tunn", area_per_particle, area_per_particle, "A^2", text, given=True
        )
    known = {**assumed, **extra}
    if measured or d0 is not None:
        del known["qs4"]
    if area_per_particle is not None:
        del known["n_tunn"]
    formulas = [*from_the_fit(source), *with_assumptions(measured, known)]
    for temperature in temperatures:
        formulas += at_temperature(source, temperature)
    quantities = tuple(_evaluate(item, source, known) for item in formulas)
    checks = tuple(_checks(quantities, assumed))
    return DeriveResult(
        source=source,
        assumptions=known,
        quantities=quantities,
        checks=checks,
        qs4_measured=measured,
        assessment=_assess(source, quantities, measured, known, checks),
        notes=tuple(_notes(source, quantities, known["p_star"])),
    )


def _evaluate(item: Formula, source: FittedValues, known: Mapping[str, Assumption]) -> DerivedQuantity:
    """The number with its error by linear propagation, and its range over the corners of what is assumed."""
    middle = {name: assumption.middle for name, assumption in known.items()}
    values = {**middle, **source.values}
    slopes = np.zeros(len(source.names))
    for index, name in enumerate(source.names):
        step = 1.0e-4 * (abs(source.values[name]) or source.error(name))
        step = min(step, 0.1 * source.error(name) or step)
        if name in ("d0min_qs4", "d0max_qs4"):  # neither beyond the other
            step = min(step, 0.1 * (source.values["d0max_qs4"] - source.values["d0min_qs4"]))
        if step == 0.0:
            continue
        up, down = ({**values, name: values[name] + sign * step} for sign in (1.0, -1.0))
        slopes[index] = (item.function(up) - item.function(down)) / (2.0 * step)
    value = item.function(values)
    variance = float(slopes @ source.covariance @ slopes)
    ranged = [known[name] for name in item.needs if name in known and known[name].is_range]
    ends = [
        item.function({**values, **dict(zip((one.name for one in ranged), corner, strict=True))})
        for corner in product(*((one.low, one.high) for one in ranged))
    ]
    return DerivedQuantity(
        name=item.name,
        text=item.text,
        value=value,
        error=sqrt(variance) if variance > (_ROUNDING * value) ** 2 else None,
        low=min(ends),
        high=max(ends),
        unit=item.unit,
        needs=item.needs,
        temperature=item.temperature,
    )


def _checks(quantities: Sequence[DerivedQuantity], assumed: Mapping[str, Assumption]) -> Iterator[Check]:
    """What should hold for the numbers to make sense together; what the fit leaves open cannot be checked."""
    by_name = _without_temperature(quantities)
    literature = assumed["n_tunn"]
    conditions = [
        ("d0-above-d-min", "d0_over_d_min", (FAR_ABOVE, inf)),
        ("s4-in-void", "s4", (0.0, by_name["void_face"].value)),
        ("enough-oxygen", "oxygen_share", (0.0, 1.0)),
    ]
    if "area_per_particle" in by_name["n_tunn"].needs:
        conditions.append(("n-tunn-in-literature", "n_tunn", (literature.low, literature.high)))
    for code, name, (least, most) in conditions:
        item = by_name[name]
        if item.determined:
            inside = [least <= end <= most for end in (item.low, item.high)]
            values = {
                **_range(item),
                "least": least,
                "most": most if isfinite(most) else None,
                "source": literature.source,
            }
            yield Check(
                condition=finding(f"derive.{code}", **values),
                conflict=finding(f"derive.{code}-fails", **values),
                holds=inside[0] if inside[0] == inside[1] else None,
            )


def _without_temperature(quantities: Sequence[DerivedQuantity]) -> dict[str, DerivedQuantity]:
    return {item.name: item for item in quantities if item.temperature is None}


def _range(item: DerivedQuantity | Assumption) -> dict[str, Any]:
    """The ends, as values of a finding."""
    return {"low": item.low, "high": item.high, "range": item.low < item.high}


def _assess(
    source: FittedValues,
    quantities: Sequence[DerivedQuantity],
    measured: bool,
    known: Mapping[str, Assumption],
    checks: Sequence[Check],
) -> Assessment:
    """What is determined, what is not, and what is in conflict."""
    by_name = _without_temperature(quantities)
    reasons = [] if source.trusted else [finding("derive.fit-not-trusted", status=source.status)]
    if "n_tunn" in known:
        reasons.append(finding("derive.n-tunn-assumed", **_range(known["n_tunn"])))
    else:
        reasons.append(finding("derive.n-tunn-from-area", **_range(by_name["n_tunn"])))
    if by_name["d0_mean"].determined:
        area = "fitted" if measured else "given" if "d0" in known else "assumed"
        reasons.append(finding("derive.d0", **_range(by_name["d0_mean"]), area=area))
    else:
        reasons.append(finding("derive.d0-not-determined"))
    conflicts = [check.conflict for check in checks if check.holds is False]
    status = "fit-not-trusted" if not source.trusted else "conflict" if conflicts else "derived"
    return Assessment("derive", status, (*reasons, *conflicts), trusted=source.trusted)


def _notes(
    source: FittedValues, quantities: Sequence[DerivedQuantity], p_star: Assumption
) -> Iterator[Finding]:
    yield from source.notes
    by_name = _without_temperature(quantities)
    per_gram = {
        key: by_name[f"systems_per_gram{suffix}"].value
        for key, suffix in (("n_ats", ""), ("if_1", "_p_star_1"), ("if_1_2pi", "_p_star_1_2pi"))
    }
    yield finding("derive.p-star", **_range(p_star), source=p_star.source, **per_gram)
    factor = PRINTED_FACTOR[source.convention]
    yield finding("derive.convention", convention=source.convention, factor=factor)
    if source.status == "term-not-needed":
        yield finding("derive.term-not-needed")
    if "n_ats" in source.held:
        yield finding("derive.n-ats-held", value=source.values["n_ats"])
    largest = by_name.get("largest_d")
    if largest is not None and largest.value < 1.0:
        yield finding("derive.cold-limit-not-reached", largest=largest.value)
    open_ones = [
        item.name for item in by_name.values() if not item.determined and "_p_star_" not in item.name
    ]
    if open_ones:
        yield finding("derive.not-determined", quantities=open_ones, limit=UNDETERMINED)
