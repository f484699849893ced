"""One model of a comparison, fitted, and its place among the others by information criteria.

H. Akaike, IEEE Trans. Autom. Control 19 (1974) 716; G. Schwarz, Ann. Stat. 6 (1978) 461; for the scaled criterion
and the weights K. P. Burnham and D. R. Anderson, Model Selection and Multimodel Inference, 2nd ed. (2002), 2.5 and 2.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp

from glasspara.analysis.compare.rivals import Family, family_of, text_of
from glasspara.data.dataset import Dataset
from glasspara.errors import DomainError
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.assessment import MISFIT_P
from glasspara.fitting.judge.statistics import chi2_p_value
from glasspara.fitting.problem.settings import FitSettings
from glasspara.fitting.result import FitResult, Status

CANNOT_TELL, DECISIVE = 2.0, 10.0
"""Differences of AIC: below the first two models serve alike, above the second the worse one is out."""


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
    problem: str
    aic_scaled: float | None = None
    bic_scaled: float | None = None
    delta: float | None = None
    weight: float | None = None

    @property
    def status(self) -> Status:
        return "not-converged" if self.result is None else self.result.assessment.status

    @property
    def usable(self) -> bool:
        """Whether the fit has a minimum to be compared, and points left over to say how good it is."""
        return self.result is not None and not self.problem


def contestant(name: str, data: Dataset, settings: FitSettings) -> Contestant:
    """The model ``name`` fitted to ``data``; without its criteria."""
    model = settings.model
    text, family = text_of(model), family_of(model)
    try:
        result = fit(data, settings)
    except DomainError as error:
        return Contestant(name, text, family, None, error.what)
    unfit = result.assessment.status == "not-converged" or result.statistics.ndof <= 0
    problem = result.assessment.reasons[0] if unfit else ""
    return Contestant(name, text, family, result, problem)


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
