"""Does ``plan`` keep its word: are its errors and margins those that simulated campaigns give, and does it beat a grid?

    python -m studies.plan

prints the tables of ``docs/plan.md``. For each goal plans are made from simulated campaigns of BK7 (Table 3 of the
source), as a laboratory would. Then whole campaigns, the first runs and those of the plan, are simulated from the truth
and fitted: the scatter of what the fits find is held against the forecast, and against that of an even grid of as many
points. For ``decide`` every campaign makes a plan of its own; its margins are held against the forecast outcomes.
Twenty minutes of one core.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from glasspara.analysis.plan.candidates import Noise, Reach, expected_run, name_of, range_of
from glasspara.analysis.plan.objectives import Forecast
from glasspara.analysis.plan.planning import CENTRAL, Plan, plan
from glasspara.data import Dataset, ReducedRun
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.ordinary import THRESHOLD
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.search.minimise import Minimum, descend_to_minimum
from glasspara.model.model import Model
from glasspara.presets import RunPlan
from glasspara.simulation.datasets import BK7, fixed_field
from studies._common import Workers, replicates, study_options

KNOWN = 0.2
"""Relative error today up to which a quantity counts."""

HELD = FitSettings(fixed={"n_ats": BK7["n_ats"]})
STARTS: Mapping[str, tuple[tuple[float, ...], FitSettings]] = {
    "2 M(T), n_ats held": ((5e3, 5e4), HELD),
    "4 M(T)": ((1e3, 5e3, 2e4, 5e4), FitSettings()),
    "2 M(T)": ((5e3, 5e4), FitSettings()),
}
GOALS = (("ats_strength",), ("fe2_fraction",), ("all",))
RUNS = 2
FIRST = (1, 2, 3)  # seeds of the campaigns that plans are made from
CAMPAIGNS = 200
DECISIONS = 12
CHOICE = Reach(mt=(1e3, 1e4, 3e4, 5e4), mh=(2.0, 5.0, 10.0))
WEAK = 1.0 / 3.0  # share of the source's systems in the second sample for ``decide``


def measured(
    runs: Sequence[RunPlan],
    noise: Noise,
    rng: np.random.Generator,
    like: ReducedRun,
    truth: Mapping[str, float] = BK7,
) -> list[ReducedRun]:
    """``runs`` as an instrument measures them."""
    found = []
    for run in runs:
        ideal = expected_run(run, truth, Model(), noise=noise, like=like)
        moved = ideal.magnetisation + ideal.sigma * rng.standard_normal(len(ideal))
        found.append(replace(ideal, magnetisation=moved))
    return found


@dataclass(frozen=True, eq=False)
class Campaign:
    """A campaign of the first ``fields`` and further ``runs``, fitted with the same priors: what that finds."""

    fields: tuple[float, ...]
    runs: tuple[RunPlan, ...]
    noise: Noise
    fitted: Minimum

    def __call__(self, rng: np.random.Generator, _index: int) -> dict[str, float]:
        first = fixed_field(BK7, rng, fields=self.fields)
        data = Dataset((*first.runs, *measured(self.runs, self.noise, rng, first.runs[0])))
        found = descend_to_minimum(replace(self.fitted.problem, data=data), self.fitted.reported)
        return {name: item[0] for name, item in Forecast(found, self.noise).quantities.items()}


def scatter(title: str, task: Campaign, campaigns: int, workers: Workers) -> dict[str, float]:
    """Standard deviation of every quantity over the campaigns."""
    found = replicates(title, task, campaigns, seed=11, workers=workers)
    return {name: float(np.std([item[name] for item in found], ddof=1)) for name in found[0]}


def errors(start: str, goals: tuple[str, ...], seed: int, workers: Workers) -> None:
    """A plan for ``goals``: its forecast beside the scatter of fits, of its own runs and of the even grid."""
    fields, settings = STARTS[start]
    first = fixed_field(BK7, np.random.default_rng(seed), fields=fields)
    made = plan(first, settings, goals=goals, runs=RUNS)
    title = f"{start}, goal {', '.join(goals)}, campaign {seed}"
    print(f"\n{title}: {'; '.join(f'{name_of(run)}, {range_of(run)}' for run in made.runs)}")
    own, grid = (
        scatter(
            f"{title}, {words}",
            Campaign(fields, tuple(runs), made.noise, made.fit.minimum),
            CAMPAIGNS,
            workers,
        )
        for words, runs in (("plan", made.runs), ("even", made.even.runs))
    )
    print("| quantity | today | forecast | found | found/forecast | even grid, forecast | found |")
    print("|---|---|---|---|---|---|---|")
    ratios, inside = [], []
    for name, item in made.quantities.items():
        if item.before > KNOWN * abs(item.value):
            continue
        low, high = item.span
        if item.sharp:
            forecast = _share(item.after, item.value)
            ratios.append(own[name] / item.after)
        else:
            forecast = f"{_share(low, item.value)} to {_share(high, item.value)}"
            inside.append(low <= own[name] <= high)
        print(
            f"| {name} | {_share(item.before, item.value)} | {forecast} | {_share(own[name], item.value)} "
            f"| {own[name] / item.after:.2f} | {_share(item.even_grid, item.value)} "
            f"| {_share(grid[name], item.value)} |"
        )
    print(f"found/forecast of {len(ratios)} sharp forecasts: {min(ratios):.2f} to {max(ratios):.2f}")
    print(f"of {len(inside)} ranges {sum(inside)} hold what is found")
    print(f"measure: plan {made.after:.3g}, even grid {made.even.measure:.3g}")


def _share(error: float, value: float) -> str:
    return f"{100.0 * error / abs(value):.2g} %"


@dataclass(frozen=True)
class Decision:
    """One run at 20 kOe of a glass with a ``share`` of the systems, a plan of ``runs``, and what they then give."""

    share: float
    runs: int

    def __call__(self, rng: np.random.Generator, _index: int) -> dict[str, Any]:
        truth = {**BK7, "n_ats": self.share * BK7["n_ats"]}
        first = fixed_field(truth, rng, fields=(2e4,))
        made: Plan = plan(first, goals=("decide",), runs=self.runs, reach=CHOICE)

        def margin(runs: Sequence[RunPlan]) -> float | None:
            more = measured(runs, made.noise, rng, first.runs[0], truth)
            ordinary = fit(Dataset((*first.runs, *more))).ordinary
            return None if ordinary is None else ordinary.margin

        low, high = np.quantile(made.outcomes, CENTRAL).tolist()
        return {
            "forecast": made.after,
            "low": low,
            "high": high,
            "sure": made.assessment.status,
            "margin": margin(made.runs),
            "even": margin(made.even.runs),
        }


def decisions(share: float, runs: int, campaigns: int, workers: Workers) -> None:
    """Margins of the plans beside their forecasts and those of the even grid."""
    title = f"decide, {share:.2g} of the systems, plan of {runs}"
    found = [
        item
        for item in replicates(title, Decision(share, runs), campaigns, seed=12, workers=workers)
        if None not in item.values()
    ]
    margin, even, forecast = (
        np.array([item[key] for item in found]) for key in ("margin", "even", "forecast")
    )
    inside = np.mean([item["low"] <= item["margin"] <= item["high"] for item in found])
    beyond = np.mean([item["margin"] < item["low"] for item in found])
    print(f"\n{title}, runs of 40 points beside M(T) at 20 kOe, {len(found)} campaigns")
    print(f"  margin forecast: median {np.median(forecast):.0f}; found: {np.median(margin):.0f}", end="")
    print(f" ({', '.join(f'{value:.0f}' for value in np.quantile(margin, (0.1, 0.9)))}: 10 and 90 %)")
    print(
        f"  even grid: {np.median(even):.0f}; the plan has the larger margin in {np.mean(margin > even):.0%}"
    )
    print(f"  decided: plan {np.mean(margin > THRESHOLD):.0%}, even grid {np.mean(even > THRESHOLD):.0%}")
    print(f"  inside the 68 % of the outcomes: {inside:.0%}, below: {beyond:.0%}")
    for status in dict.fromkeys(item["sure"] for item in found):
        part = [item["margin"] > THRESHOLD for item in found if item["sure"] == status]
        print(f"  {status}: {len(part)} plans, {sum(part)} of them decided")


def main(argv: Sequence[str] | None = None) -> None:
    workers = study_options(__doc__, argv)
    for start in STARTS:
        for goals, seed in product(GOALS, FIRST):
            errors(start, goals, seed, workers)
    for share, runs in product((1.0, WEAK), (1, RUNS)):
        decisions(share, runs, DECISIONS, workers)


if __name__ == "__main__":
    main()
