"""Errors and intervals by bootstrap: the fit done again, from its minimum, on many sets of new data.

New data are the fit with Gaussian noise of the stated size, or with its own residuals shuffled. :func:`fingerprint`
says which fit and which data they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import sha256
from math import exp
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import numpy as np

from glasspara.arrays import FloatArray, quantiles
from glasspara.data import Dataset
from glasspara.errors import UsageError
from glasspara.findings import Finding, finding
from glasspara.fitting.judge import MISFIT_P, chi2_p_value
from glasspara.fitting.problem.coordinates import combinations
from glasspara.fitting.problem.problem import Constraint, Problem
from glasspara.fitting.result import Bootstrap, FitResult, Spread
from glasspara.fitting.search.least_squares import independent_steps
from glasspara.fitting.search.minimise import Minimum, descend_to_minima
from glasspara.model.parameters import parameter_of, to_canonical
from glasspara.replicates import Replicate, run_replicates
from glasspara.replicates.cores import Progress, no_progress

if TYPE_CHECKING:
    from glasspara.replicates.store import Store

Scheme = Literal["parametric", "residual"]
Item = TypeVar("Item")
Result = TypeVar("Result")

# Residuals of a shorter run say too little of its scatter: it takes those of all runs.
_OWN_RESIDUALS = 10
# Replicates in one call: at most, and by their points.
_MOST_AT_ONCE, _POINTS_AT_ONCE = 100, 80_000
# A point that the fit passes through exactly has no residual to rescale.
_LEAST_FREEDOM = 1.0e-3


def bootstrap_kind(text: str) -> Scheme:
    """A kind by its name.

    Raises
    ------
    UsageError
    """
    for kind in get_args(Scheme):
        if text == kind:
            found: Scheme = kind
            return found
    raise UsageError(
        f"unknown --bootstrap-kind {text!r}", remedy=f"Choose one of {', '.join(get_args(Scheme))}"
    )


def replicates_at_once(points: int) -> int:
    """How many replicates of a fit to so many points are done in one call."""
    return max(1, min(_MOST_AT_ONCE, _POINTS_AT_ONCE // points))


def one_by_one_on_failure(
    function: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item]
) -> list[Result | Exception]:
    """``function(items)``, or where that fails what it gives for each of them alone: a result, or an exception."""
    try:
        return [*function(items)]
    except Exception as error:
        if len(items) == 1:
            return [error]
        return [result for item in items for result in one_by_one_on_failure(function, [item])]


@dataclass(frozen=True, eq=False)
class Resampler:
    """Draws problems whose truth is the minimum of a fit.

    "parametric": the model at the minimum with Gaussian noise of the stated sigmas. "residual": the model with the
    residuals in units of sigma, each divided by sqrt(1 - leverage), drawn with replacement within its run, less
    their mean there (A. C. Davison and D. V. Hinkley, Bootstrap Methods and their Application, 1997, section 6.3).
    The means of all constraints, assumed ones too, are drawn about the fitted values with their own errors.
    """

    minimum: Minimum
    kind: Scheme

    def draw(self, rng: np.random.Generator) -> Problem:
        """A problem with new data and new constraints; coordinates and errors stay."""
        problem = self.minimum.problem
        data = problem.data
        if self.kind == "parametric":
            pulls = rng.standard_normal(len(data))
        else:
            pulls = np.concatenate([rng.choice(pool, size) for pool, size in self._pools])
        magnetisation = self._total + data.sigma * pulls
        constraints = {
            name: _redrawn(item, self.minimum.reported[name], float(rng.standard_normal()))
            for name, item in problem.constraints.items()
        }
        return replace(problem, data=_with_magnetisation(data, magnetisation), constraints=constraints)

    @cached_property
    def _total(self) -> FloatArray:
        return self.minimum.problem.terms(self.minimum.reported).total

    @cached_property
    def _pools(self) -> list[tuple[FloatArray, int]]:
        """Residuals to draw from, and how many to draw, run by run."""
        problem, point = self.minimum.problem, self.minimum.point
        residuals, jacobian = problem.residuals_and_jacobian(point)
        free = [name not in self.minimum.at_limit for name in problem.coordinates.names]
        steps = independent_steps(jacobian[:, free], problem.coordinates.sizes[free])
        n = len(problem.data)
        leverage = np.sum((jacobian[:n, free] @ steps) ** 2, axis=1)
        pulls = residuals[:n] / np.sqrt(np.maximum(1.0 - leverage, _LEAST_FREEDOM))
        everything = pulls - pulls.mean()
        return [
            (part - part.mean() if len(part) >= _OWN_RESIDUALS else everything, len(part))
            for part in problem.data.split(pulls)
        ]


def _redrawn(constraint: Constraint, value: float, normal: float) -> Constraint:
    step = constraint.error * normal
    return replace(constraint, mean=value * exp(step) if constraint.log else value + step)


def _with_magnetisation(data: Dataset, magnetisation: FloatArray) -> Dataset:
    parts = data.split(magnetisation)
    return Dataset(
        tuple(replace(run, magnetisation=part) for run, part in zip(data.runs, parts, strict=True))
    )


def fingerprint(problems: Iterable[tuple[Problem, FloatArray]]) -> dict[str, str]:
    """What tells one set of replicates from another, by problems with a point of each.

    Digests of their data ("data"), and of how those are fitted ("settings").
    """
    data, settings = sha256(), sha256()
    for problem, point in problems:
        points = problem.data
        for values in (points.temperature, points.field, points.magnetisation, points.sigma):
            data.update(values.tobytes())
        coordinates = problem.coordinates
        settings.update(
            repr(
                (
                    coordinates.model,
                    coordinates.names,
                    sorted(coordinates.held.items()),
                    sorted(coordinates.limits.items()),
                    sorted(problem.constraints.items()),
                    problem.nuisances,
                    point.tolist(),
                )
            ).encode()
        )
    return {"data": data.hexdigest(), "settings": settings.hexdigest()}


# Ends of the 95 % interval, and between them those of one standard deviation of a Gaussian.
_QUANTILES = (0.025, 0.158655, 0.841345, 0.975)
# Chi2 that a last step may still promise: a parameter was then within 0.03 standard errors of its minimum before it.
_ROUGH = 1.0e-3
# Replicates of one fit in a block that many fits share, and of all of them.
_FEWEST, _LARGEST_BLOCK = 5, 500
# Fewer replicates leave but a handful beyond the ends of a 95 % interval.
_FEW = 200


@dataclass(frozen=True, eq=False)
class Refits:
    """The task of a bootstrap: replicate ``index`` belongs to fit ``index`` modulo their number."""

    resamplers: tuple[Resampler, ...]

    @property
    def block(self) -> int:
        points = max(len(item.minimum.problem.data) for item in self.resamplers)
        fits = len(self.resamplers)
        return fits * min(replicates_at_once(points), max(_FEWEST, _LARGEST_BLOCK // fits))

    def many(self, rngs: Sequence[np.random.Generator], indices: Sequence[int]) -> list[Any]:
        found: dict[int, Any] = {}
        for number, resampler in enumerate(self.resamplers):
            own = [row for row, index in enumerate(indices) if index % len(self.resamplers) == number]
            gain = _ROUGH / resampler.minimum.problem.n_observations
            guess = resampler.minimum.reported
            descend = partial(descend_to_minima, guess=guess, gain=gain, unseen=True)
            minima = one_by_one_on_failure(descend, [resampler.draw(rngs[row]) for row in own])
            found |= zip(own, map(_record, minima), strict=True)
        return [found[row] for row in range(len(indices))]


def _record(minimum: Minimum | Exception) -> dict[str, Any] | Exception:
    """What a replicate tells of its minimum."""
    if isinstance(minimum, Exception):
        return minimum
    return {
        "values": [minimum.reported[name] for name in minimum.coordinates.free],
        "chi2": minimum.chi2,
        "at_limit": sorted(minimum.limits_met()),
        "problem": minimum.reason,
    }


def bootstrap(
    results: Sequence[FitResult],
    count: int,
    *,
    kind: Scheme = "parametric",
    seed: int = 1,
    jobs: int = 1,
    cluster: str | None = None,
    store: Store | None = None,
    progress: Progress = no_progress,
) -> list[FitResult]:
    """``results`` with ``count`` bootstrap replicates of each.

    Each replicate starts at the minimum of its fit and does not search for another; what the fit held, assumed or
    froze in a stage stays so. ``jobs``, ``cluster``, ``store`` and ``progress`` are those of
    :func:`glasspara.replicates.run_replicates`; they do not change the result.

    A fit without a valid minimum or a free parameter comes back as it was, with a note.

    Raises
    ------
    UsageError
        Fewer than 2 replicates, and as ``run_replicates``.
    """
    if count < 2:
        raise UsageError("a bootstrap needs at least 2 replicates, and some hundreds to be useful")
    reasons = [_why_none(result) for result in results]
    able = [result for result, reason in zip(results, reasons, strict=True) if not reason]
    task = Refits(tuple(Resampler(result.minimum, kind) for result in able))
    replicates = run_replicates(
        task, count * len(able), seed=seed, jobs=jobs, cluster=cluster, store=store, progress=progress
    )
    of_each = iter(replicates[number :: len(able)] for number in range(len(able)))
    return [
        _with_note(result, reason) if reason else _with_bootstrap(result, next(of_each), kind, seed)
        for result, reason in zip(results, reasons, strict=True)
    ]


def _why_none(result: FitResult) -> str:
    if not result.minimum.coordinates.free:
        return "no-free-parameter"
    return "" if result.minimum.valid else "no-minimum"


def _why(problem: str) -> str:
    """Why a replicate has no minimum, in words: its reason, or the error that stopped it."""
    return finding("fitting.no-minimum", problem=problem).text


def _with_note(result: FitResult, reason: str) -> FitResult:
    return replace(result, notes=(*result.notes, finding("fitting.no-bootstrap", reason=reason)))


def description(results: Sequence[FitResult], kind: Scheme) -> dict[str, Any]:
    """What two bootstraps must have in common for one to go on where the other stopped."""
    fitted = [(result.minimum.problem, result.minimum.point) for result in results]
    return {"task": "bootstrap", "kind": kind, **fingerprint(fitted)}


def _with_bootstrap(result: FitResult, replicates: Sequence[Replicate], kind: Scheme, seed: int) -> FitResult:
    minimum = result.minimum
    names = minimum.coordinates.free
    samples = np.full((len(replicates), len(names)), np.nan)
    chi2 = np.full(len(replicates), np.nan)
    problems: dict[int, str] = {}
    at_limit = dict.fromkeys(names, 0)
    for row, item in enumerate(replicates):
        problem = item.error if item.error is not None else item.value["problem"]
        if problem:
            problems[row] = problem
            continue
        samples[row], chi2[row] = item.value["values"], item.value["chi2"]
        for name in item.value["at_limit"]:
            at_limit[name] += 1
    good = samples[~np.isnan(chi2)]
    if len(good) < 2:
        return _with_note(result, _why(next(iter(problems.values()))))
    combined = _derived_samples(minimum, names, good)
    found = chi2[~np.isnan(chi2)]
    # The data are one more draw under the hypothesis that is tested.
    p_value = float(1 + np.sum(found >= minimum.chi2)) / (1 + len(found)) if kind == "parametric" else None
    done = Bootstrap(
        kind=kind,
        seed=seed,
        names=names,
        samples=samples,
        chi2=chi2,
        problems=problems,
        parameters={
            name: _spread(minimum.reported[name], good[:, column], parameter_of(name).unit, at_limit[name])
            for column, name in enumerate(names)
        },
        derived={
            name: _spread(item.value, combined[name], item.unit) for name, item in result.derived.items()
        },
        p_value=p_value,
        remarks=tuple(_remarks(result, kind, len(replicates), problems, at_limit)),
    )
    return replace(result, bootstrap=done)


def _derived_samples(minimum: Minimum, names: tuple[str, ...], good: FloatArray) -> dict[str, FloatArray]:
    """The derived combinations of every replicate, by name."""
    replicates = [
        to_canonical({**minimum.reported, **dict(zip(names, values, strict=True))})
        for values in good.tolist()
    ]
    return {
        name: np.array([item.value(values) for values in replicates])
        for name, item in combinations(minimum.reported).items()
    }


def _spread(value: float, values: FloatArray, unit: str, at_limit: int = 0) -> Spread:
    # Weibull's positions: a new draw falls between the ends as often as it should, however few the replicates. Linear
    # interpolation, NumPy's default, gives 93.1 % in place of 95 % with 100 of them.
    ends = quantiles(values, _QUANTILES, weibull=True)
    far_low, low, high, far_high = (float(end) for end in ends)
    return Spread(
        value=value,
        standard_error=float(np.std(values, ddof=1)),
        bias=float(np.mean(values)) - value,
        interval_68=(low, high),
        interval_95=(far_low, far_high),
        unit=unit,
        at_limit=at_limit,
    )


def _remarks(
    result: FitResult,
    kind: Scheme,
    count: int,
    problems: Mapping[int, str],
    at_limit: Mapping[str, int],
) -> list[Finding]:
    found = []
    if problems:
        first = next(iter(problems.values()))
        failed = len(problems)
        found.append(
            finding("fitting.replicates-without-minimum", failed=failed, count=count, first=_why(first))
        )
    limited = [{"name": name, "number": number} for name, number in at_limit.items() if number]
    if limited:
        found.append(finding("fitting.replicates-at-limits", parameters=limited, count=count))
    statistics = result.statistics
    if (
        kind == "parametric"
        and statistics.ndof > 0
        and chi2_p_value(statistics.chi2_points, statistics.ndof) < MISFIT_P
    ):
        found.append(finding("fitting.scatter-beyond-errors", factor=statistics.scatter_factor))
    if count < _FEW:
        found.append(finding("fitting.few-replicates", count=count))
    return found
