"""From fitted parameters to what they stand for: fields, susceptibilities, tunnelling particles, areas, voids.

G. Jug and S. Recchia, arXiv:2111.12644: eqs. (1), (7), (12), (13), (15), (18). Magnetisation gives the product
D_0 (Q/e) S4 and the concentration times P*; how a product divides among its factors it does not say. What needs an
assumption names it (:mod:`glasspara.analysis.derive.assumptions`); its range then stands beside the error of the fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf, sqrt

import numpy as np

from glasspara.analysis.derive.assumptions import Assumption
from glasspara.analysis.derive.fitted_values import FittedValues
from glasspara.analysis.derive.quantities import Wanted, at_temperature, from_the_fit, with_assumptions
from glasspara.fitting.judge.standard_errors import UNDETERMINED

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
    """A condition that the numbers should meet; ``holds`` None where only part of the assumed range meets it."""

    text: str
    holds: bool | None


@dataclass(frozen=True)
class DeriveResult:
    """All that follows from ``source``."""

    source: FittedValues
    assumptions: Mapping[str, Assumption]
    quantities: tuple[DerivedQuantity, ...]
    checks: tuple[Check, ...]
    qs4_measured: bool
    verdict: str
    remarks: tuple[str, ...]

    def quantity(self, name: str, temperature: float | None = None) -> DerivedQuantity:
        """The quantity of that name; KeyError if there is none."""
        for item in self.quantities:
            if item.name == name and item.temperature == temperature:
                return item
        raise KeyError(name)


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
        As :func:`glasspara.analysis.derive.assumptions.assumptions` gives them. (Q/e) S4 is not assumed where the model
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
    wanted = [*from_the_fit(source), *with_assumptions(measured, known)]
    for temperature in temperatures:
        wanted += at_temperature(source, temperature)
    quantities = tuple(_evaluate(item, source, known) for item in wanted)
    checks = tuple(_checks(quantities, assumed))
    return DeriveResult(
        source=source,
        assumptions=known,
        quantities=quantities,
        checks=checks,
        qs4_measured=measured,
        verdict=_verdict(quantities, measured, known, checks),
        remarks=tuple(_remarks(source, quantities)),
    )


def _evaluate(item: Wanted, source: FittedValues, known: Mapping[str, Assumption]) -> DerivedQuantity:
    """The number with its error by linear propagation, and its range over the corners of what is assumed."""
    middle = {name: assumption.middle for name, assumption in known.items()}
    values = {**middle, **source.values}
    slopes = np.zeros(len(source.names))
    for index, name in enumerate(source.names):
        step = 1.0e-4 * (abs(source.values[name]) or source.error(name))
        step = min(step, 0.1 * source.error(name) or step)
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


def _checks(quantities: Sequence[DerivedQuantity], assumed: Mapping[str, Assumption]) -> list[Check]:
    """What should hold for the numbers to make sense together; what the fit leaves open cannot be checked."""
    by_name = {item.name: item for item in quantities if item.temperature is None}
    face = by_name["void_face"].value
    literature = assumed["n_tunn"]
    conditions = [
        (
            f"D_0 is {FAR_ABOVE:g} times D_min or more, as D << D_0 of the theory asks",
            by_name["d0_over_d_min"],
            (FAR_ABOVE, inf),
        ),
        ("S4 fits the face of the void", by_name["s4"], (0.0, face)),
        ("no more particles tunnel than there is oxygen", by_name["oxygen_share"], (0.0, 1.0)),
    ]
    if "area_per_particle" in by_name["n_tunn"].needs:
        text = f"N_tunn lies between {literature.low:g} and {literature.high:g} ({literature.source})"
        conditions.append((text, by_name["n_tunn"], (literature.low, literature.high)))
    return [Check(text, _within(item, *limits)) for text, item, limits in conditions if item.determined]


def _within(item: DerivedQuantity, low: float, high: float) -> bool | None:
    inside = [low <= end <= high for end in (item.low, item.high)]
    return inside[0] if inside[0] == inside[1] else None


def _verdict(
    quantities: Sequence[DerivedQuantity],
    measured: bool,
    known: Mapping[str, Assumption],
    checks: Sequence[Check],
) -> str:
    """What is determined and what is not, in one sentence."""
    by_name = {item.name: item for item in quantities if item.temperature is None}
    if "n_tunn" in known:
        span = (
            f"{known['n_tunn'].low:g} to {known['n_tunn'].high:g}"
            if known["n_tunn"].is_range
            else f"{known['n_tunn'].low:g}"
        )
        number = f"N_tunn is not determined by magnetisation: {span} is assumed"
    else:
        number = f"N_tunn = {_span(by_name['n_tunn'])} for the area per particle that is given"
    area = "is fitted" if measured else "follows from the D_0 given" if "d0" in known else "is assumed"
    broken = [check.text for check in checks if check.holds is False]
    mean = by_name["d0_mean"]
    amplitude = f"D_0 = {_span(mean)} K" if mean.determined else "the fit does not determine D_0"
    words = f"{number}; (Q/e) S4 {area}, {amplitude}"
    return f"{words}; in conflict: {'; '.join(broken)}" if broken else words


def _span(item: DerivedQuantity) -> str:
    return f"{item.value:.3g}" if item.low == item.high else f"{item.low:.3g} to {item.high:.3g}"


def _remarks(source: FittedValues, quantities: Sequence[DerivedQuantity]) -> list[str]:
    remarks = list(source.remarks)
    if source.status == "term-not-needed":
        remarks.append("the data do without an ATS term: what follows from it here is no finding")
    if "n_ats" in source.held:
        remarks.append(
            f"n_ats is held at {source.values['n_ats']:.4g} g^-1, which heat capacity must supply: what counts systems "
            "has the error of that number too, which is not in the errors here"
        )
    largest = next((item for item in quantities if item.name == "largest_d"), None)
    if largest is not None and largest.value < 1.0:
        remarks.append(
            f"by (15) D_min falls faster than T on cooling: D_min(T)/2kT is at most {largest.value:.2g}, so that "
            "kT << D_min, where (13) is cold and (18) a straight line, is never reached"
        )
    open_ones = [item.name for item in quantities if not item.determined and item.temperature is None]
    if open_ones:
        remarks.append(
            f"not determined by the fit (error above {100 * UNDETERMINED:.0f} %): {', '.join(open_ones)}"
        )
    if not source.trusted:
        remarks.append(
            f"the fit is {source.status.replace('-', ' ')}: nothing that follows from it is to be trusted"
        )
    return remarks
