"""The ATS term at high field: which form describes the data, and where M_intr(H) peaks, as the source's Fig. 23.

G. Jug and S. Recchia, arXiv:2111.12644: the two-level term (10), its correction (11), the exact phase of the two levels
(``docs/theory.md``), and all three levels of (6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.analysis.compare.comparison import CompareResult, compare
from glasspara.analysis.compare.contestants import CANNOT_TELL, DECISIVE
from glasspara.arrays import FloatArray
from glasspara.data import Dataset, ReducedRun
from glasspara.errors import DomainError, InputError
from glasspara.findings import Answer, Assessment, Finding, Where, finding
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.model.model import Terms, evaluate
from glasspara.model.parameters import to_canonical
from glasspara.report.table import Columns, point_columns

PLAIN = "etm"
FORMS = (PLAIN, "etm-high-field", "etm-phase", "three-level")
"""The forms, by their names as models, from the plain to the whole."""

SHORT = {
    PLAIN: "two levels, (10)",
    "etm-high-field": "two levels, (11)",
    "etm-phase": "two levels, exact phase",
    "three-level": "three levels",
}
"""The forms in few words."""

SCALES = ("b_star", "qs4")
"""The parameter by which a form goes beyond (10)."""

_PLACES = 400
# Share of a standard error by which parameters move for the error of a peak: further off the model bends.
_STEP = 0.1


@dataclass(frozen=True, eq=False)
class TermPeak:
    """Where the ATS term of ``form`` is largest along one M(H) run.

    ``field`` (Oe) is None where the term has no maximum up to ``top``, the run's highest field; ``error`` its standard
    error, None where it has none. ``fall`` is the term at ``top`` over that at the peak. ``rises`` says whether the
    term still rises at ``top``: None where parameters within two standard errors say otherwise.
    """

    run: ReducedRun
    form: str
    top: float
    field: float | None
    error: float | None
    fall: float
    rises: bool | None


@dataclass(frozen=True, eq=False, repr=False)
class HighFieldResult(Answer):
    """The comparison of :data:`FORMS`, and the peaks of each that has a minimum."""

    comparison: CompareResult
    peaks: tuple[TermPeak, ...]
    assessment: Assessment
    notes: tuple[Finding, ...]

    @property
    def usable(self) -> Mapping[str, FitResult]:
        """The fits that have a minimum, by form."""
        return _usable(self.comparison)

    def table(self) -> Columns:
        """Every point with the intrinsic magnetisation, the ATS term and the residual of each form with a minimum."""
        data = self.comparison.data
        columns: Columns = {
            **point_columns(data),
            "T_K": data.temperature,
            "H_Oe": data.field,
            "M_emu_per_g": data.magnetisation,
            "sigma_emu_per_g": data.sigma,
        }
        for form, fit in self.usable.items():
            name = form.replace("-", "_")
            columns[f"M_intrinsic_{name}_emu_per_g"] = fit.intrinsic
            columns[f"M_ats_{name}_emu_per_g"] = fit.terms.ats
            columns[f"residual_{name}_emu_per_g"] = fit.residuals
        return columns


def high_field(data: Dataset, settings: FitSettings | None = None) -> HighFieldResult:
    """Fit each of :data:`FORMS` to ``data`` and find its peaks along the M(H) runs.

    ``settings`` hold for every form that has the parameter, as in :func:`glasspara.compare`.

    Raises
    ------
    InputError
        Without an M(H) run.
    """
    runs = [run for run in data.runs if run.run.kind == "fixed-temperature"]
    if not runs:
        raise InputError(
            "no run at fixed temperature, but highfield tests the shape of M(H)", remedy="Add an M(H) file"
        )
    comparison = compare(data, FORMS, settings=settings, ordinary=False)
    peaks = tuple(_peak(name, result, run) for run in runs for name, result in _usable(comparison).items())
    return HighFieldResult(comparison, peaks, _assess(comparison, peaks), comparison.notes)


def _usable(comparison: CompareResult) -> dict[str, FitResult]:
    return {item.name: item.result for item in comparison.contestants if item.usable and item.result}


def _assess(comparison: CompareResult, peaks: Sequence[TermPeak]) -> Assessment:
    """How far (10) describes the data, which form does so beside it, and where that has its peaks."""
    best, found = comparison.best, comparison.contestants
    if best is None:
        return Assessment("high_field", "not-compared", (finding("high_field.not-compared"),), trusted=False)
    if best.status == "not-plausible" and best.result is not None:
        return Assessment("high_field", "not-plausible", best.result.assessment.reasons, trusted=False)
    if best.status == "poor":
        reason = finding("high_field.poor", best=SHORT[best.name])
        return Assessment("high_field", "poor", (reason,), trusted=False)
    delta = next(item for item in found if item.name == PLAIN).delta
    alike = [
        SHORT[item.name]
        for item in found
        if item.name != PLAIN and item.delta is not None and item.delta <= CANNOT_TELL
    ]
    if delta is None:
        status = "two-levels-without-minimum"
    elif delta <= CANNOT_TELL:
        status = "two-levels-suffice"
    else:
        status = "two-levels-fail" if delta > DECISIVE else "two-levels-doubtful"
    first = finding(f"high_field.{status}", delta_aic=delta, forms=alike or [SHORT[best.name]])
    near = [item.name for item in found if item.delta is not None and item.delta <= CANNOT_TELL]
    return Assessment("high_field", status, (first, *_on_peaks(best.name, peaks, near)))


def _on_peaks(form: str, peaks: Sequence[TermPeak], near: Sequence[str]) -> Iterator[Finding]:
    """Where M_intr by ``form`` is largest, run by run, and the runs in which it still rises by all forms ``near``."""
    rising: list[dict[str, Any]] = []
    unclear: list[dict[str, Any]] = []
    for peak in peaks:
        if peak.form != form:
            continue
        top = 1.0e-3 * peak.top
        if peak.field is None:
            agreed = all(item.rises for item in peaks if item.run is peak.run and item.form in near)
            (rising if agreed else unclear).append({"run": peak.run.label, "top_kOe": top})
            continue
        error = None if peak.error is None else 1.0e-3 * peak.error
        yield finding(
            "high_field.peak",
            Where(run=peak.run.label),
            form=SHORT[form],
            run=peak.run.label,
            field_kOe=[1.0e-3 * peak.field, error],
            fall=peak.fall,
            top_kOe=top,
        )
    if rising:
        yield finding("high_field.rising", form=SHORT[form], runs=rising)
    if unclear:
        yield finding("high_field.rise-not-determined", form=SHORT[form], runs=unclear)


def along(result: FitResult, run: ReducedRun) -> tuple[FloatArray, Terms]:
    """Fields up to the highest |H| of ``run``, Oe, and the terms of ``result`` there at its mean temperature."""
    fields = np.linspace(0.0, float(np.abs(run.field).max()), _PLACES + 1)[1:]
    return fields, _terms(result, run, fields, result.values)


def _terms(result: FitResult, run: ReducedRun, fields: FloatArray, values: Mapping[str, float]) -> Terms:
    T = np.full(fields.shape, float(run.temperature.mean()))
    return evaluate(T, fields, to_canonical(values), result.model)


def _peak(form: str, result: FitResult, run: ReducedRun) -> TermPeak:
    fields, terms = along(result, run)
    top, place = float(fields[-1]), _maximum(fields, terms.ats)
    if place is None:
        return TermPeak(run, form, top, None, None, 1.0, _rises_for_sure(result, run, fields))
    error = None if _at_edge(result) else _error(result, run, fields)
    return TermPeak(run, form, top, place, error, float(terms.ats[-1] / terms.ats.max()), rises=False)


def _at_edge(result: FitResult) -> bool:
    """Whether what sets the field ended at the edge of its search, and has no error."""
    return any(name in result.parameters and result.parameters[name].at_limit for name in SCALES)


def _rises_for_sure(result: FitResult, run: ReducedRun, fields: FloatArray) -> bool | None:
    """True, but None where parameters two standard errors off, in a direction of their covariance, make a maximum."""
    if result.determination.undetermined or _at_edge(result):
        return None
    minimum = result.minimum
    covariance = minimum.reported_covariance()
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    free = np.flatnonzero(scale > 0.0)
    sizes, directions = np.linalg.eigh(covariance[np.ix_(free, free)] / np.outer(scale[free], scale[free]))
    names = [minimum.coordinates.reported[index] for index in free]
    for size, direction in zip(np.sqrt(np.maximum(sizes, 0.0)), directions.T, strict=True):
        for sign in (2.0, -2.0):
            moved = sign * size * direction * scale[free]
            values = {
                name: result.values[name] + step for name, step in zip(names, moved.tolist(), strict=True)
            }
            if _displaced(result, run, fields, {**result.values, **values}) is not None:
                return None
    return True


def _maximum(fields: FloatArray, values: FloatArray) -> float | None:
    """Vertex of the parabola through the largest value and its neighbours; None at either end."""
    largest = int(values.argmax())
    if largest in (0, len(values) - 1):
        return None
    before, middle, after = values[largest - 1 : largest + 2].tolist()
    shift = 0.5 * (before - after) / (before - 2.0 * middle + after)
    return float(fields[largest] + shift * (fields[1] - fields[0]))


def _error(result: FitResult, run: ReducedRun, fields: FloatArray) -> float | None:
    """Standard error of the peak, propagated linearly with the correlations of the parameters."""
    minimum = result.minimum
    covariance = minimum.reported_covariance()
    slopes = np.zeros(len(covariance))
    for number, name in enumerate(minimum.coordinates.reported):
        step = _STEP * float(np.sqrt(max(covariance[number, number], 0.0)))
        if step == 0.0:
            continue
        places = [
            _displaced(result, run, fields, {**result.values, name: result.values[name] + sign * step})
            for sign in (1.0, -1.0)
        ]
        if places[0] is None or places[1] is None:
            return None
        slopes[number] = (places[0] - places[1]) / (2.0 * step)
    return float(np.sqrt(slopes @ covariance @ slopes))


def _displaced(
    result: FitResult, run: ReducedRun, fields: FloatArray, values: Mapping[str, float]
) -> float | None:
    try:
        return _maximum(fields, _terms(result, run, fields, values).ats)
    except (DomainError, ValueError):
        return None
