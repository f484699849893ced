"""One model of a comparison, fitted, and its place among the others by information criteria.

H. Akaike, IEEE Trans. Autom. Control 19 (1974) 716; G. Schwarz, Ann. Stat. 6 (1978) 461; for the scaled criterion
and the weights K. P. Burnham and D. R. Anderson, Model Selection and Multimodel Inference, 2nd ed. (2002), 2.5 and 2.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

from glasspara.data import Dataset
from glasspara.errors import DomainError, UsageError, names_near
from glasspara.findings import Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.judge import MISFIT_P, chi2_p_value
from glasspara.fitting.problem import FitOptions, FitSettings
from glasspara.fitting.result import FitResult
from glasspara.model import CATALOGUE, ION_CHOICES, Family
from glasspara.model.model import Model
from glasspara.ordinary import ConeFit
from glasspara.physics.ions import TraceIon

CANNOT_TELL, DECISIVE = 2.0, 10.0
"""Differences of AIC: below the first two models are not distinguished, above the second the worse one is excluded."""


@dataclass(frozen=True)
class Contestant:
    """One model of the comparison.

    ``aic_scaled`` is AIC with chi2 divided by the comparison's ``scale``, ``bic_scaled`` likewise; ``delta`` is the
    difference of ``aic_scaled`` to the least, ``weight`` Akaike's, exp(-delta/2) normalised. None where the fit gave no
    minimum, or took as many parameters as there are points; ``problem`` then says why.
    """

    name: str
    text: str
    family: Family
    result: FitResult | None
    problem: Finding | None
    aic_scaled: float | None = None
    bic_scaled: float | None = None
    delta: float | None = None
    weight: float | None = None

    @property
    def status(self) -> str:
        return "not-converged" if self.result is None else self.result.assessment.status

    @property
    def describes(self) -> bool:
        """Whether the model describes the data."""
        return self.result is not None and self.result.describes

    @property
    def usable(self) -> bool:
        """Whether the fit has a minimum to be compared, and points left over to say how good it is."""
        return self.result is not None and self.problem is None


def model_of(name: str, base: Model, trace_ions: tuple[TraceIon, ...] = ()) -> Model:
    """The model of an entry of the catalogue, with the conventions of ``base``.

    Raises
    ------
    UsageError
        An unknown name, or one that needs trace ions where there are none.
    """
    if name not in CATALOGUE:
        raise UsageError(
            f"--models: unknown model {name!r}",
            remedy=names_near(name, CATALOGUE, listed="docs/models.md has all"),
        )
    entry = CATALOGUE[name]
    if entry.needs_trace_ions and not trace_ions:
        raise UsageError(f"--models: {name} needs trace ions", remedy="Add --trace-ions BK7|Duran|BAS|FILE")
    ions = trace_ions if entry.needs_trace_ions else ()
    return replace(base, name=entry.variant_of or name, ions=entry.ions, trace_ions=ions)


def settings_of(
    name: str, settings: FitOptions, base: Model, trace_ions: tuple[TraceIon, ...] = ()
) -> FitSettings:
    """``settings`` for one model of the comparison: those for parameters that it does not have are left out.

    Iron by mass spectrometry is that of the one ion where a model has but one.
    """
    model = model_of(name, base, trace_ions)
    found = settings.for_model(model)
    if model.ions == "both" or settings.n_fe is None:
        return found
    (ion,) = ION_CHOICES[model.ions]
    value, error = settings.n_fe
    if error is None:
        return replace(found, fixed={**found.fixed, ion: value})
    return replace(found, constrained={**found.constrained, ion: (value, error)})


def contestant(name: str, data: Dataset, settings: FitSettings, *, cone: ConeFit | None = None) -> Contestant:
    """The model ``name`` fitted to ``data``, and compared with ordinary magnetism by ``cone``; without its criteria."""
    entry = CATALOGUE[name]
    try:
        result = fit(data, settings, ordinary=cone or False, brief=True)
    except DomainError as error:
        problem = finding("compare.cannot-be-computed", reason=error.what)
        return Contestant(name, entry.text, entry.family, None, problem)
    unfit = result.assessment.status == "not-converged" or result.statistics.ndof <= 0
    return Contestant(name, entry.text, entry.family, result, result.assessment.reasons[0] if unfit else None)


def common_scale(found: Sequence[Contestant]) -> float:
    """Smallest chi2/ndof of all models, if even that is larger than chance makes it; else 1."""
    statistics = [item.result.statistics for item in found if item.result and item.usable]
    if not statistics:
        return 1.0
    least = min(statistics, key=lambda item: item.chi2 / item.ndof)
    too_large = chi2_p_value(least.chi2, least.ndof) < MISFIT_P
    return max(least.chi2 / least.ndof, 1.0) if too_large else 1.0


def ranked(found: Sequence[Contestant], scale: float) -> list[Contestant]:
    """``found`` with their criteria, differences and weights."""
    scaled = [_with_criteria(item, scale) for item in found]
    known = [item.aic_scaled for item in scaled if item.aic_scaled is not None]
    least = min(known, default=0.0)
    total = sum(exp(0.5 * (least - value)) for value in known)
    return [
        item
        if item.aic_scaled is None
        else replace(item, delta=item.aic_scaled - least, weight=exp(0.5 * (least - item.aic_scaled)) / total)
        for item in scaled
    ]


def _with_criteria(item: Contestant, scale: float) -> Contestant:
    if item.result is None or not item.usable:
        return item
    statistics = item.result.statistics
    relief = statistics.chi2 - statistics.chi2 / scale
    return replace(item, aic_scaled=statistics.aic - relief, bic_scaled=statistics.bic - relief)
