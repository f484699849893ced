"""Larmor + Langevin against the ETM: an F ratio, and its p-value by simulation where no table holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.fitting.judge import f_p_value
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem.problem import Problem
from glasspara.fitting.resampling import (
    Resampler,
    fingerprint,
    one_by_one_on_failure,
    replicates_at_once,
)
from glasspara.fitting.result import FitResult
from glasspara.fitting.search.start import descend_each, find_starts
from glasspara.replicates import run_replicates
from glasspara.replicates.cores import Progress, no_progress
from glasspara.replicates.store import Store

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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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
