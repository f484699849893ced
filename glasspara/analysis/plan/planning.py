"""The plan: the fit of what there is, candidate runs by what each would add, and the best of them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glasspara.analysis.plan.candidates import Noise, Reach, name_of, range_of
from glasspara.analysis.plan.objectives import (
    ALL,
    DECIDE,
    Criterion,
    Forecast,
    GoalErrors,
    Margin,
    Objective,
    geometric_mean,
    worlds_of,
)
from glasspara.data import Dataset
from glasspara.errors import InputError, UsageError, names_near
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.ordinary import THRESHOLD, compare_with_ordinary
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem.coordinates import combinations, reported_names
from glasspara.fitting.result import FitResult
from glasspara.model.parameters import LISTED
from glasspara.presets import RunPlan
from glasspara.replicates.cores import Progress, no_progress, on_one_thread
from glasspara.report.table import Columns

# Of how many of the best set points the points are exchanged, how often at most, for a gain of which share at least.
_FINER, _EXCHANGES, _GAIN = 3, 15, 0.005
_LITTLE = 0.9  # of today's error: a plan that leaves more gains little
# No sharp forecast: a relative error above which a linear one is one of size only, and ends of the span so far apart.
_ROUGH, _WIDE = 0.2, 1.2
_WORLDS, _SEED = 19, 1  # parameters that the data allow, beside the fitted ones
_SURE = 0.9  # share of the simulated outcomes that makes a decision sure
_UNUSABLE = ("poor", "not-plausible", "not-converged")

CENTRAL = (0.16, 0.84)
"""Quantiles that 68 % lie between."""


@dataclass(frozen=True)
class Valued:
    """A run, and the measure of the goal with it (and with those before it, in a plan)."""

    run: RunPlan
    measure: float


@dataclass(frozen=True)
class Even:
    """Runs on an even grid, and the measure with them."""

    runs: list[RunPlan]
    measure: float


@dataclass(frozen=True)
class Expected:
    """A quantity of the fit: its value, and its standard error today, with the plan, and with an even grid.

    68 % of the errors with the plan, each with other parameters that the data allow, lie within ``span``.
    """

    value: float
    unit: str
    before: float
    after: float
    even_grid: float
    span: tuple[float, float]

    @property
    def sharp(self) -> bool:
        """Whether ``after`` is a forecast that holds to 15 %; otherwise ``span`` is all that can be said."""
        low, high = self.span
        return high <= _WIDE * low and self.after <= _ROUGH * abs(self.value)


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Answer):
    """What to measure next.

    A measure is the standard error of the goal in ``unit`` (``criterion`` "c"), the mean error of several goals over
    today's ("D"), or the margin over ordinary magnetism ("T"). ``ranked`` are all candidates as the next run, the best
    first; ``steps`` the plan in the order of choice, with the measure after each; ``even`` as many runs on an even
    grid. ``with_iron`` is the measure with no run but known iron, None where the iron is known. ``outcomes`` are
    measures that the plan may give, each with other parameters that the data allow.
    """

    goals: tuple[str, ...]
    criterion: Criterion
    unit: str
    before: float
    ranked: Sequence[Valued]
    steps: Sequence[Valued]
    even: Even
    with_iron: float | None
    outcomes: Sequence[float]
    quantities: Mapping[str, Expected]
    noise: Noise
    reach: Reach
    fit: FitResult
    assessment: Assessment
    notes: tuple[Finding, ...]

    @property
    def data(self) -> Dataset:
        return self.fit.data

    @property
    def after(self) -> float:
        """The measure with the whole plan."""
        return self.steps[-1].measure

    @property
    def runs(self) -> list[RunPlan]:
        """The plan's runs in the order of choice."""
        return [step.run for step in self.steps]

    def table(self) -> Columns:
        """One row a candidate, the best first: kind, set point, range, points, measure."""
        runs = [item.run for item in self.ranked]
        return {
            "kind": [run.kind for run in runs],
            "set_point_Oe_or_K": [run.nominal for run in runs],
            "from_K_or_Oe": [run.grid[0] for run in runs],
            "to_K_or_Oe": [run.grid[-1] for run in runs],
            "points": [len(run.grid) for run in runs],
            "measure": [item.measure for item in self.ranked],
        }


def check_plan(settings: FitSettings, goals: Sequence[str], runs: int) -> None:
    """Refuse what cannot be planned, before any work.

    Raises
    ------
    UsageError
        For an unknown goal, ``decide`` or ``all`` beside another, ``decide`` without an ATS term, or no run.
    """
    if runs < 1:
        raise UsageError(f"--runs: a plan cannot have {runs} runs", remedy="Give 1 or more")
    reported = reported_names(settings.model, partition=settings.partition)
    known = (DECIDE, ALL, *reported, *combinations(reported))
    for name in goals:
        if name not in known:
            raise UsageError(
                f"--goal: nothing is called {name!r}", remedy=names_near(name, known, listed=LISTED)
            )
        if name in (DECIDE, ALL) and len(goals) > 1:
            raise UsageError(f"--goal {name} cannot be combined with another goal", remedy="Give it alone")
    if DECIDE in goals and not settings.model.has_ats:
        raise UsageError(
            f"--goal decide: the model {settings.model.name} has no ATS term", remedy="Use --model etm"
        )


@on_one_thread
def plan(
    data: Dataset,
    settings: FitSettings | None = None,
    *,
    goals: Sequence[str] = (),
    runs: int = 3,
    reach: Reach = Reach(),  # noqa: B008  # frozen
    noise: Noise | None = None,
    progress: Progress = no_progress,
) -> Plan:
    """Fit ``data``, rank candidate runs by what each adds to ``goals``, and choose ``runs`` of them one by one.

    Parameters
    ----------
    goals : sequence of names
        Parameters or derived combinations, ``all`` or ``decide``. By default ``decide`` while ordinary magnetism is not
        excluded, then ``ats_strength``; ``n_fe`` for a model without an ATS term.
    reach : Reach
        Fields, temperatures and the number of points of a run.
    noise : Noise, optional
        That of the further points; by default what describes the errors of ``data``.

    Raises
    ------
    UsageError
        As :func:`check`, and for a goal that is held in the fit.
    InputError
        For a goal of the ATS term where the data do not need the term; where the fit has no valid minimum.
    """
    settings = settings or FitSettings()
    goals = tuple(dict.fromkeys(goals))
    check_plan(settings, goals, runs)
    result = fit(data, settings)
    if result.assessment.status == "not-converged":
        raise InputError(
            "the fit of these data has no valid minimum, so no plan is possible",
            remedy="Run glasspara fit to see the reasons",
        )
    noise, ordinary, minimum = noise or Noise.of(data), result.ordinary, result.minimum
    if not goals:
        undecided = ordinary is None or not ordinary.excluded
        goals = ((DECIDE if undecided else "ats_strength") if settings.model.has_ats else "n_fe",)
    decide = goals == (DECIDE,)
    if not decide and result.ats_test is not None:
        minimum = result.ats_test.chosen(minimum)
    forecast = Forecast(minimum, noise)
    _refuse_held(forecast, goals, settings)
    # parameters that are not to be trusted are not worth a study of their spread
    worlds = [forecast] if result.assessment.status in _UNUSABLE else worlds_of(forecast, _WORLDS, _SEED)
    errors = GoalErrors(worlds, (ALL,) if decide else goals)
    objective: Objective = errors
    if decide:
        ordinary = ordinary or compare_with_ordinary(
            minimum, iron=settings.known_iron, widths=settings.allowed_errors(data)
        )
        objective = Margin(worlds, ordinary, _SEED)
    grids = reach.even_grids(runs)
    trials = len(reach.candidates()) + _FINER
    counted = _Counted(progress, runs * trials + len(grids) + len(worlds))
    ranked, steps = _search(objective, reach, runs, counted)
    chosen = [step.run for step in steps]
    evens = list(map(Even, grids, counted(objective.measures(grids))))
    even = max(evens, key=lambda item: objective.sign * item.measure)
    before, after, at_even = (errors.errors(part) for part in ([], chosen, even.runs))
    draft = Plan(
        goals=goals,
        criterion=objective.criterion,
        unit=objective.unit,
        before=next(iter(objective.measures([[]]))),
        ranked=ranked,
        steps=steps,
        even=even,
        with_iron=objective.with_iron,
        outcomes=sorted(counted(objective.outcomes(chosen))),
        quantities={
            name: Expected(
                value,
                unit,
                before=geometric_mean(before[name]),
                after=geometric_mean(after[name]),
                even_grid=geometric_mean(at_even[name]),
                span=_central(after[name]),
            )
            for name, (value, unit, _) in forecast.quantities.items()
            if name in before
        },
        noise=noise,
        reach=reach,
        fit=result,
        assessment=Assessment("plan", "planned", ()),
        notes=(),
    )
    return _assessed(draft)


class _Counted:
    """Passes values on and reports how many of all there are."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0
        progress(0, total)

    def __call__(self, values: Iterable[float]) -> Iterator[float]:
        for value in values:
            self._done += 1
            self._progress(self._done, self._total)
            yield value


def _search(
    objective: Objective, reach: Reach, runs: int, counted: _Counted
) -> tuple[list[Valued], list[Valued]]:
    """All candidates as the next run, the best first; and the plan, each run the best beside those before it."""

    def badness(item: Valued) -> float:
        return -objective.sign * item.measure

    ranked: list[Valued] = []
    steps: list[Valued] = []
    for _ in range(runs):
        chosen = [step.run for step in steps]
        candidates = reach.candidates()
        measures = counted(objective.measures([[*chosen, run] for run in candidates]))
        even = sorted(map(Valued, candidates, measures), key=badness)
        finer = [_exchanged(objective, reach, chosen, item.run) for item in even[:_FINER]]
        measures = counted(objective.measures([[*chosen, run] for run in finer]))
        found = sorted([*even, *map(Valued, finer, measures)], key=badness)
        ranked = ranked or found
        steps.append(found[0])
    return ranked, steps


def _exchanged(objective: Objective, reach: Reach, before: Sequence[RunPlan], run: RunPlan) -> RunPlan:
    """``run`` with its points moved from where they bring least to where they bring most, half of them at first, then
    fewer and fewer, as long as that helps (V. V. Fedorov, Theory of Optimal Experiments, 1972).
    """
    places, counts = reach.places(run)
    best, gains = objective.exchanged(before, places, counts)
    moving = len(run.grid) // 2
    for _ in range(_EXCHANGES):
        if moving <= len(run.grid) // 20:
            break
        trial, left, target = counts.copy(), moving, int(np.argmax(gains))
        for place in np.argsort(gains).tolist():
            taken = min(left, trial[place]) if place != target else 0
            trial[place] -= taken
            left -= taken
        trial[target] += moving - left
        measure, gains_there = objective.exchanged(before, places, trial)
        if objective.sign * (measure - best) > _GAIN * abs(best):
            best, gains, counts = measure, gains_there, trial
        else:
            moving //= 2
    return reach.with_points(places, counts)


def _refuse_held(forecast: Forecast, goals: Sequence[str], settings: FitSettings) -> None:
    for name in goals:
        if name in (DECIDE, ALL) or name in forecast.quantities:
            continue
        if settings.model.has_ats and not forecast.minimum.coordinates.model.has_ats:
            raise InputError(
                f"the data do not need the ATS term, so they say nothing about {name}",
                remedy="Use --goal decide, or a goal about the iron",
            )
        raise UsageError(
            f"--goal {name} is fixed: no run can improve it", remedy=f"Free it with --free {name}"
        )


def _assessed(draft: Plan) -> Plan:
    """The plan with its verdict and notes."""
    first, size = draft.ranked[0], {"runs": len(draft.steps), "points": len(draft.steps) * draft.reach.points}
    low, high = _central(draft.outcomes)
    if draft.criterion == "T":
        above = sum(margin > THRESHOLD for margin in draft.outcomes)
        share = above / len(draft.outcomes)
        outlook = "decides" if share >= _SURE else "may-decide" if share > 1.0 - _SURE else "does-not-decide"
        status = "decided" if draft.before > THRESHOLD else outlook
        margins = {"before": draft.before, "after": draft.after, "threshold": THRESHOLD}
        reasons = [
            finding("plan.margin", **margins, **size),
            finding("plan.outcomes", above=above, outcomes=len(draft.outcomes), low=low, high=high),
        ]
    else:
        today, gained = _measure(draft, draft.before), _measure(draft, draft.after)
        status = "planned" if draft.after < _LITTLE * draft.before else "little-to-gain"
        before = {"before": today["measure"], "relative_before": today["relative"]}
        reasons = [
            finding("plan.gain", goals=list(draft.goals), **size, **before, **gained),
            finding("plan.range", low=low, high=high, worlds=len(draft.outcomes), unit=gained["unit"]),
        ]
    even = [name_of(run) for run in draft.even.runs]
    reasons += [
        finding(
            "plan.first", run=name_of(first.run), range=range_of(first.run), **_measure(draft, first.measure)
        ),
        finding("plan.even-grid", runs=even, **_measure(draft, draft.even.measure)),
    ]
    if draft.with_iron is not None:
        reasons.append(finding("plan.with-iron", **_measure(draft, draft.with_iron)))
    trusted = draft.fit.assessment.status not in _UNUSABLE
    if not trusted:
        wrong = finding("plan.fit-not-trusted", status=draft.fit.assessment.status)
        reasons = [wrong, *draft.fit.assessment.reasons[:1], *reasons]
        status = "fit-not-trusted"
    assessment = Assessment("plan", status, tuple(reasons), trusted=trusted)
    return replace(draft, assessment=assessment, notes=tuple(_notes(draft)))


def _central(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, CENTRAL).tolist()
    return low, high


def _measure(draft: Plan, measure: float) -> dict[str, Any]:
    """A measure for a sentence: its criterion, and relative to the value of a single goal where that has a size."""
    value = draft.quantities[draft.goals[0]].value if draft.criterion == "c" else 0.0
    unit = "" if draft.unit == "1" else f" {draft.unit}"
    relative = measure / abs(value) if value else None
    return {"criterion": draft.criterion, "measure": measure, "unit": unit, "relative": relative}


def _notes(draft: Plan) -> list[Finding]:
    noise = draft.noise
    found = [finding("plan.noise", relative=noise.relative, floor=noise.floor, source=noise.source)]
    every = draft.quantities
    goals = every if draft.goals == (ALL,) else {name: every[name] for name in draft.goals if name in every}
    rough = [name for name, item in goals.items() if not item.sharp]
    if rough:
        found.append(finding("plan.rough", goals=rough, limit=_ROUGH, spread=0.5 * (_WIDE - 1.0)))
    if draft.criterion == "T" and draft.fit.ats_test is not None and not draft.fit.ats_test.needed:
        found.append(finding("plan.term-not-needed"))
    found.append(finding("plan.conditional", model=draft.fit.model.name, status=draft.fit.assessment.status))
    return found
