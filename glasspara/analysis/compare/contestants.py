"""The models of a comparison, fitted: their places by information criteria, and the F test of Larmor + Langevin
against the ETM, with its p-value by simulation where no table holds.

H. Akaike, IEEE Trans. Autom. Control 19 (1974) 716; G. Schwarz, Ann. Stat. 6 (1978) 461; for the scaled criterion
and the weights K. P. Burnham and D. R. Anderson, Model Selection and Multimodel Inference, 2nd ed. (2002), 2.5 and 2.9.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.errors import DomainError, UsageError, names_near
from glasspara.findings import Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.judge import MISFIT_P, chi2_p_value, f_p_value
from glasspara.fitting.problem import FitOptions, FitSettings
from glasspara.fitting.problem.problem import Problem
from glasspara.fitting.resampling import Resampler, fingerprint, one_by_one_on_failure, replicates_at_once
from glasspara.fitting.result import FitResult
from glasspara.fitting.search.start import descend_each, find_starts
from glasspara.model import CATALOGUE, ION_CHOICES, Family
from glasspara.model.model import Model
from glasspara.ordinary import ConeFit
from glasspara.physics.ions import TraceIon
from glasspara.replicates import run_replicates
from glasspara.replicates.cores import Progress, no_progress
from glasspara.replicates.store import Store

CANNOT_TELL, DECISIVE = 2.0, 10.0
"""Differences of AIC: below the first two models are not distinguished, above the second the worse one is excluded."""


@dataclass(frozen=True, eq=False)
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


USUAL = 200
"""Simulated campaigns, where nobody says how many."""
BEYOND = 1.0e-12
"""Below this p-value of the F test it takes no simulation: so many campaigns could never come near."""

StoreOf = Callable[[Mapping[str, Any]], Store | None]
"""Where finished replicates are kept, by what they are of; None if nowhere."""


@dataclass(frozen=True)
class NestedTest:
    """Larmor + Langevin against the ETM.

    ``statistic`` is the F ratio of the two least chi2, which does not mind errors of a wrong size. The amplitude of the
    term lies at its limit under the null hypothesis and its shape means nothing there, so the F distribution is no
    more than a guide (``p_f``); ``p_bootstrap`` is the share of campaigns simulated from the LL fit with a ratio as
    large, (1 + hits)/(1 + replicates). None without replicates.
    """

    statistic: float
    extra_parameters: int
    ndof: int
    p_f: float
    p_bootstrap: float | None
    replicates: int
    hits: int
    failed: int
    seed: int
    skipped: int = 0
    """Simulations that were left out, because so many could not tell p from 0."""

    @property
    def p_value(self) -> float:
        return self.p_f if self.p_bootstrap is None else self.p_bootstrap

    @property
    def is_bound(self) -> bool:
        """Whether no replicate came near: the p-value is then at most what ``replicates`` can show."""
        return self.p_bootstrap is not None and self.hits == 0


@dataclass(frozen=True, eq=False)
class _Pair:
    """Problems without and with the ATS term, and where the searches start."""

    plain: Problem
    full: Problem
    plain_guess: Mapping[str, float]
    full_guess: Mapping[str, float]
    pinned: frozenset[str]

    @property
    def extra(self) -> int:
        return len(self.full.coordinates.names) - len(self.plain.coordinates.names)

    @property
    def ndof(self) -> int:
        return self.full.n_observations - len(self.full.coordinates.names)

    def with_data_of(self, drawn: Problem) -> _Pair:
        constraints = {**self.full.constraints, **drawn.constraints}
        return replace(self, plain=drawn, full=replace(self.full, data=drawn.data, constraints=constraints))


def _f_ratios(pairs: Sequence[_Pair]) -> FloatArray:
    """F ratios of the two least chi2, found side by side by the same search for data and replicates."""
    first = pairs[0]
    plain = descend_each([pair.plain for pair in pairs], first.plain_guess).squares
    _, full = find_starts([pair.full for pair in pairs], first.full_guess, pinned=first.pinned)
    return np.asarray(np.maximum(plain - full, 0.0) / first.extra / (full / first.ndof))


@dataclass(frozen=True, eq=False)
class NullRefits:
    """The task of the p-value: the F ratios of campaigns simulated without an ATS term."""

    resampler: Resampler
    pair: _Pair

    def description(self) -> dict[str, Any]:
        """What two simulations must have in common for one to go on where the other stopped."""
        pair, drawn = self.pair, self.resampler.minimum
        start = pair.full.coordinates.from_reported(pair.full_guess)
        return {
            "task": "compare",
            "starts": sorted(pair.pinned),
            **fingerprint([(drawn.problem, drawn.point), (pair.full, start)]),
        }

    @property
    def block(self) -> int:
        return replicates_at_once(len(self.pair.full.data))

    def many(self, rngs: Sequence[np.random.Generator], indices: Sequence[int]) -> list[Any]:  # noqa: ARG002
        return one_by_one_on_failure(
            lambda pairs: _f_ratios(pairs).tolist(),
            [self.pair.with_data_of(self.resampler.draw(rng)) for rng in rngs],
        )


@dataclass(frozen=True)
class NullSimulation:
    """How the p-value is simulated: ``count`` campaigns (0: not at all), and what ``run_replicates`` takes.

    With None for their number they are :data:`USUAL`, but none where the F test is beyond what they can tell.
    """

    count: int | None = 0
    seed: int = 1
    jobs: int = 1
    cluster: str | None = None
    store_of: StoreOf | None = None
    progress: Progress = no_progress


def nested_test(
    plain: FitResult, full: FitResult, settings: FitSettings, simulation: NullSimulation
) -> NestedTest | None:
    """Test of the ATS term of ``full``, fitted with ``settings``; None where no freedom is left to compare.

    What the fit assumed of the shape of the term is no part of the test.
    """
    held = settings.held()
    pair = _Pair(
        plain.minimum.problem,
        settings.problem(full.data, held),
        plain.minimum.reported,
        settings.guess(),
        frozenset(settings.starts),
    )
    if pair.extra <= 0 or pair.ndof <= 0:
        return None
    observed = float(_f_ratios([pair])[0])
    p_f = f_p_value(observed, pair.extra, pair.ndof)
    hits = failed = skipped = 0
    p_bootstrap = None
    count = USUAL if simulation.count is None else simulation.count
    if simulation.count is None and p_f < BEYOND:
        count, skipped = 0, USUAL
    if count:
        task = NullRefits(Resampler(plain.minimum, "parametric"), pair)
        done = run_replicates(
            task,
            count,
            seed=simulation.seed,
            jobs=simulation.jobs,
            cluster=simulation.cluster,
            store=simulation.store_of(task.description()) if simulation.store_of else None,
            progress=simulation.progress,
        )
        failed = sum(item.error is not None for item in done)
        hits = sum(item.error is None and item.value >= observed for item in done)
        p_bootstrap = (1 + hits) / (1 + count - failed)
    return NestedTest(
        observed, pair.extra, pair.ndof, p_f, p_bootstrap, count, hits, failed, simulation.seed, skipped
    )
