"""Where in temperature do the data leave the fitted model, and by how many standard deviations?

Source: G. Jug and S. Recchia, arXiv:2111.12644: points below 3 to 4 K may leave the theory's curve (Fig. 18b, the
discussion of Fig. 23). There the eye sees it; here every window of temperature is tested
(:mod:`glasspara.analysis.anomaly.windows`):

* Each window is tested, and all below each. With k independent tests the chance of at least one p-value below p is
  1 - (1 - p)^k; for how many independent ones these count, draws of noise say.
* The model is refitted without the windows found. How far they lie from what it says there is stated run by run.
* A thermometer, a field or a mass that is off bends the curve too. A departure counts as established only if such
  errors (``parameters.ALLOWANCES``) could not imitate it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from glasspara.analysis.anomaly.windows import (
    FEWEST_DOF,
    Case,
    Findings,
    TemperatureWindow,
    Thermometer,
    WindowTest,
    search,
    without,
)
from glasspara.arrays import BoolArray, FloatArray
from glasspara.data import Dataset, ReducedRun
from glasspara.errors import InputError, UsageError
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.assessment import ALPHA, assess
from glasspara.fitting.judge.misfit import EXPLAINED, OXYGEN
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import FitResult, describes
from glasspara.fitting.search.minimise import Minimum, refine
from glasspara.model.parameters import ALLOWANCES, allowances_text
from glasspara.replicates.cores import on_one_thread

EDGES = (
    2.5, 3.0, 4.0, 6.0, 10.0, 20.0, 30.0, 37.0, 43.0, 50.0, 60.0, 70.0, 100.0, 150.0, 200.0, 250.0, 310.0, 350.0,
)  # fmt: skip
"""Temperatures between windows, K, unless others are asked for; narrow where condensed oxygen has its hump."""

# Larger relative errors of a thermometer are no explanation; those up to the second number are usual.
_PLAUSIBLE, _USUAL = 0.1, 3.0 * ALLOWANCES["temperature_scale"]
# The hump of condensed oxygen has a tail on its cold side, down to about here, K.
_OXYGEN_FROM = 25.0
# A run that lies so many standard errors off has a say in which side the data are on.
_CLEAR = 2.0


@dataclass(frozen=True, eq=False)
class RunDeviation:
    """How far one run lies off the model of the fit without the windows found.

    ``mean`` is the weighted mean of data - model in the window, emu/g; ``error`` its standard error by the stated
    errors, that of the model included.
    """

    run: ReducedRun
    points: int
    mean: float
    error: float

    @property
    def sigmas(self) -> float:
        return self.mean / self.error


@dataclass(frozen=True, eq=False)
class Departure:
    """A window in which the data leave the model.

    ``p_with_allowances`` is the corrected p-value with instrumental errors allowed for; None where they
    were not asked for.
    """

    test: WindowTest
    p_with_allowances: float | None
    deviations: tuple[RunDeviation, ...]
    thermometer: Thermometer | None

    @property
    def label(self) -> str:
        return self.test.window.label

    @property
    def sigmas(self) -> float:
        """The corrected p-value as that of so many standard deviations of a Gaussian."""
        return equivalent_sigmas(self.test.p_corrected or 0.0)

    @property
    def established(self) -> bool:
        """Whether the departure is there also when instrumental errors are allowed for, or a thermometer off in it."""
        if self.p_with_allowances is None:
            return True
        return self.p_with_allowances < ALPHA and not self.is_thermometer

    @property
    def is_thermometer(self) -> bool:
        """Whether a thermometer that is off in the window alone, by no unusual amount, explains the departure."""
        shift = self.thermometer
        return shift is not None and abs(shift.value) < _USUAL and shift.p_beyond >= ALPHA

    @property
    def is_oxygen(self) -> bool:
        """Whether the window lies about the hump of condensed oxygen, and the data above the model."""
        window = self.test.window
        overlaps = window.low < OXYGEN[1] and window.high > OXYGEN[0]
        return overlaps and window.low > _OXYGEN_FROM and self.side == "above"

    @property
    def side(self) -> Literal["above", "below", "off"]:
        """Where the data lie: "above" or "below" the model, or "off" it where runs disagree or none says clearly."""
        clear = [item.sigmas > 0.0 for item in self.deviations if abs(item.sigmas) > _CLEAR]
        if not clear or any(clear) != all(clear):
            return "off"
        return "above" if all(clear) else "below"


@dataclass(frozen=True, eq=False, repr=False)
class AnomalyResult(Answer):
    """The tests of all windows that hold points, rising in temperature, and the departures among them.

    ``fit`` is that to all points, ``rest`` the minimum without the windows found (that of ``fit`` where there are
    none), ``rest_assessment`` what it is worth, ``residuals`` data - model at every point by ``rest``, emu/g.
    """

    fit: FitResult
    findings: Findings
    departures: tuple[Departure, ...]
    rest: Minimum
    rest_assessment: Assessment
    residuals: FloatArray
    assessment: Assessment
    notes: tuple[Finding, ...]

    @property
    def data(self) -> Dataset:
        return self.fit.data

    @property
    def fitted(self) -> BoolArray:
        """Which points of the data ``rest`` was fitted to."""
        outside = [~window.points(self.data) for window in self.findings.out]
        return np.asarray(np.all([np.ones(len(self.data), dtype=bool), *outside], axis=0))

    def table(self) -> list[dict[str, Any]]:
        """One row a window: its F test, and by how many standard deviations the data leave the model there."""
        sigmas = {item.test.window: item.sigmas for item in self.departures}
        return [
            {
                "T_low_K": test.window.low,
                "T_high_K": test.window.high,
                "points": test.points,
                "f_ratio": test.statistic,
                "dof": test.dof[0],
                "dof_noise": test.dof[1],
                "p_value": test.p_value,
                "p_corrected": test.p_corrected,
                "found": test.found,
                "sigma": sigmas.get(test.window),
            }
            for test in self.tests
        ]

    @property
    def tests(self) -> tuple[WindowTest, ...]:
        return self.findings.tests

    @property
    def established(self) -> bool:
        """Whether the data leave the model, and neither instrumental errors nor ordinary magnetism say why."""
        return self.assessment.status == "found"


@on_one_thread
def anomaly(
    data: Dataset, settings: FitSettings | None = None, *, edges: Sequence[float] = EDGES
) -> AnomalyResult:
    """Fit the model to all of ``data`` and test every window of temperature for a departure from it.

    Parameters
    ----------
    settings : FitSettings, optional
        Their ``allowances`` say whether instrumental errors may explain a departure.
    edges : rising temperatures, K
        Between the windows; the first window is all below the first, the last all from the last on.

    Raises
    ------
    UsageError
        Edges that do not rise, or are not positive.
    InputError
        Too few points, or all of them in one window.
    """
    settings = settings or FitSettings()
    windows = [window for window in _windows(edges) if window.count(data)]
    if len(windows) < 2:
        raise InputError(
            "all points are in one window of temperature, so there is nothing to compare it with",
            remedy="Give other --windows, or files with more temperatures",
        )
    result = fit(data, settings)
    minimum = result.minimum
    if result.statistics.ndof < FEWEST_DOF + len(data.runs):
        raise InputError(
            f"{len(data)} points are too few to test windows of temperature", remedy="Add points"
        )
    findings = search(minimum, windows)
    out = findings.out
    rest = minimum if not out else refine((left := without(minimum, out)).problem, left.point)
    assessment = assess(rest, {}, None) if out else result.assessment
    residuals = data.magnetisation - minimum.problem.terms(rest.reported).total
    departures = []
    for test in findings.tests:
        if test.window in out:
            case = Case.of(minimum, test.window, out, findings.trials)
            allowed = settings.allowances and not settings.nuisances
            departures.append(
                Departure(
                    test,
                    case.test(widths=ALLOWANCES).p_corrected if allowed else None,
                    _deviations(data, rest, residuals, test.window),
                    case.thermometer(),
                )
            )
    # Where ordinary magnetism describes all of the data and the model does not, the model is wrong.
    instead = [item for item in result.assessment.reasons if item.code == "fitting.ordinary-instead"]
    return AnomalyResult(
        fit=result,
        findings=findings,
        departures=tuple(departures),
        rest=rest,
        rest_assessment=assessment,
        residuals=residuals,
        assessment=_assess(findings, departures, assessment, located=_located(result, rest), instead=instead),
        notes=tuple(_notes(result, findings, departures, assessment)),
    )


def equivalent_sigmas(p: float) -> float:
    """Standard deviations beyond which, on either side, a Gaussian lies with probability ``p``; 37 at most."""
    from scipy.special import ndtri

    return float(-ndtri(max(0.5 * p, 5.7e-300))) if p < 1.0 else 0.0


def _windows(edges: Sequence[float]) -> list[TemperatureWindow]:
    if not edges or any(not 0.0 < edge < np.inf for edge in edges) or sorted(set(edges)) != list(edges):
        raise UsageError("--windows needs increasing temperatures, K", remedy="For example --windows 3,10,50")
    return [TemperatureWindow(low, high) for low, high in pairwise([0.0, *edges, np.inf])]


def _deviations(
    data: Dataset, rest: Minimum, residuals: FloatArray, window: TemperatureWindow
) -> tuple[RunDeviation, ...]:
    _, gradient = replace(rest.problem, data=data).total_with_gradient(rest.reported)
    covariance = rest.reported_covariance()
    found = []
    for run, part in zip(data.runs, data.slices, strict=True):
        chosen = window.points_of(run)
        if not chosen.any():
            continue
        weight = np.where(chosen, run.sigma, np.inf) ** -2.0
        total = float(weight.sum())
        slope = weight @ gradient[part] / total
        error = float(np.sqrt(1.0 / total + slope @ covariance @ slope))
        found.append(RunDeviation(run, int(chosen.sum()), float(weight @ residuals[part]) / total, error))
    return tuple(found)


def _describes(findings: Findings, rest: Assessment) -> bool:
    """Whether there is a model for the data to leave: one that describes them elsewhere."""
    consistent = all(test.found == (test.window in findings.out) for test in findings.tests)
    return consistent and describes(rest)


def _located(result: FitResult, rest: Minimum) -> bool:
    """Whether the windows found hold nearly all of the misfit, so that what they leave does not matter."""
    before = result.statistics.chi2 - result.statistics.ndof
    after = rest.chi2 - rest.statistics.ndof
    return after < (1.0 - EXPLAINED) * before


def _assess(
    tests: Findings,
    found: Sequence[Departure],
    rest: Assessment,
    *,
    located: bool,
    instead: Sequence[Finding],
) -> Assessment:
    if rest.status == "not-converged":
        return Assessment(
            "anomaly", "no-model", (finding("anomaly.not-converged"), *rest.reasons), trusted=False
        )
    if rest.status == "not-plausible":
        return Assessment("anomaly", "not-plausible", rest.reasons, trusted=False)
    described = _describes(tests, rest)
    if not described and not (found and located):
        count = sum(test.found for test in tests.tests)
        if count:
            first = finding("anomaly.model-fails-everywhere", found=count, windows=len(tests.tests))
        else:
            first = finding("anomaly.model-fails")
        return Assessment("anomaly", "no-model", (first, *rest.reasons), trusted=False)
    tested = [test for test in tests.tests if test.p_corrected is not None]
    if not tested:
        return Assessment("anomaly", "not-tested", (finding("anomaly.untestable"),))
    if not found:
        best = min(tested, key=lambda test: test.p_value or 0.0)
        none = finding("anomaly.none", window=best.window.label, p_corrected=best.p_corrected)
        return Assessment("anomaly", "none", (none,))
    established = any(item.established for item in found)
    reasons = [finding("anomaly.departures", places=list(_places(found)), established=established)]
    oxygen = [item for item in found if item.is_oxygen]
    if oxygen:
        clearest = max(oxygen, key=lambda item: item.sigmas)
        reasons.append(finding("anomaly.oxygen", window=clearest.label, sigma=clearest.sigmas))
    if not described:
        reasons.append(finding("anomaly.rest-not-described", chi2_ratio=_ratio(rest)))
    status = "found" if established and not instead else "not-established"
    return Assessment("anomaly", status, (*instead, *reasons))


def _ratio(rest: Assessment) -> float | None:
    """Chi2/ndof without the windows found, where the assessment gives it."""
    sizes = [item.values["ratio"] for item in rest.reasons if item.code == "fitting.chi2-size"]
    return sizes[0] if sizes else None


def _places(found: Sequence[Departure]) -> Iterator[dict[str, Any]]:
    """Where, by how much and on which side; windows that touch and lie on one side in one."""
    together: list[list[Departure]] = []
    for item in found:
        last = together[-1][-1] if together else None
        if last is not None and last.test.window.high == item.test.window.low and last.side == item.side:
            together[-1].append(item)
        else:
            together.append([item])
    for part in together:
        yield {
            "window": TemperatureWindow(part[0].test.window.low, part[-1].test.window.high).label,
            "several": len(part) > 1,
            "sigma": max(item.sigmas for item in part),
            "side": part[0].side,
        }


def _notes(
    result: FitResult, tests: Findings, found: Sequence[Departure], rest: Assessment
) -> Iterator[Finding]:
    yield finding("anomaly.trials", tried=tests.tried, independent=tests.trials)
    for item in found:
        if item.p_with_allowances is not None:
            yield finding(
                "anomaly.allowances",
                window=item.label,
                allowances=allowances_text(),
                established=item.established,
                p_value=item.p_with_allowances,
            )
        shift = item.thermometer
        if shift is not None and abs(shift.value) < _PLAUSIBLE:
            yield finding(
                "anomaly.thermometer",
                window=item.label,
                percent=100.0 * shift.value,
                error_percent=100.0 * shift.error,
                enough=shift.p_beyond >= ALPHA,
                p_beyond=shift.p_beyond,
            )
    if found and rest.trusted:
        yield finding("anomaly.fit-without-departures", windows=len(found))
        yield rest.reasons[0]
    if result.data.errors_are_estimates:
        yield finding("anomaly.estimated-errors")
    yield from result.notes
