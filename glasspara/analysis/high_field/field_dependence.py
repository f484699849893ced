"""The ATS term at high field: which form describes the data, and where M_intr(H) peaks, as the source's Fig. 23.

G. Jug and S. Recchia, arXiv:2111.12644: the two-level term (10), its correction (11), the exact phase of the two levels
(``docs/theory.md``), and all three levels of (6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from glasspara.analysis.compare.comparison import CompareResult, compare
from glasspara.analysis.compare.contestants import CANNOT_TELL, DECISIVE, Contestant
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset, ReducedRun
from glasspara.errors import DomainError, InputError
from glasspara.fitting.problem.settings import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.model.model import Terms, evaluate
from glasspara.model.parameters import to_canonical
from glasspara.wording import value_with_error

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


@dataclass(frozen=True)
class Peak:
    """Where the ATS term of ``form`` is largest along one M(H) run.

    ``field`` (Oe) is None where the term still rises at ``top``, the run's highest field; ``error`` its standard
    error, None where it has none. ``fall`` is the term at ``top`` over that at the peak.
    """

    run: ReducedRun
    form: str
    top: float
    field: float | None
    error: float | None
    fall: float


@dataclass(frozen=True)
class HighFieldResult:
    """The comparison of :data:`FORMS`, and the peaks of each that has a minimum."""

    comparison: CompareResult
    peaks: tuple[Peak, ...]

    @property
    def trusted(self) -> bool:
        return self.comparison.assessment.trusted

    @property
    def usable(self) -> Mapping[str, FitResult]:
        """The fits that have a minimum, by form."""
        return {item.name: item.result for item in self.comparison.contestants if item.usable and item.result}

    @property
    def statements(self) -> tuple[str, ...]:
        """What the data say, in words: the verdict first."""
        return tuple(self._statements())

    def _statements(self) -> Iterator[str]:
        best = self.comparison.best
        if best is None:
            yield "no form of the ATS term can be compared"
            return
        yield self._verdict(best)
        if not self.trusted:
            return
        rising = []
        for peak in self.peaks:
            if peak.form != best.name:
                continue
            if peak.field is None:
                rising.append(f"{peak.run.label} ({1.0e-3 * peak.top:.3g} kOe)")
            else:
                yield _on_peak(peak, peak.field)
        if rising:
            yield f"by it M_intr still rises at the highest field of {', '.join(rising)}"

    def _verdict(self, best: Contestant) -> str:
        """How far (10) serves, and which form beside it."""
        plain = next(item for item in self.comparison.contestants if item.name == PLAIN)
        alike = [
            SHORT[item.name]
            for item in self.comparison.contestants
            if item.name != PLAIN and item.delta is not None and item.delta <= CANNOT_TELL
        ]
        forms = " or ".join(alike) or SHORT[best.name]
        if not self.trusted:
            return f"no form of the ATS term describes the data; the least bad: {SHORT[best.name]}"
        if plain.delta is None:
            return f"the two-level form (10) has no minimum here; best: {forms}"
        if plain.delta <= CANNOT_TELL:
            return f"the two-level form (10) serves (delta AIC = {plain.delta:.1f}): its end is not in sight"
        word = "is not enough" if plain.delta > DECISIVE else "is perhaps not enough"
        return f"the two-level form (10) {word} (delta AIC = {plain.delta:.1f}); best: {forms}"


def high_field(data: Dataset, wishes: FitSettings | None = None) -> HighFieldResult:
    """Fit each of :data:`FORMS` to ``data`` and find its peaks along the M(H) runs.

    ``wishes`` are those of :func:`glasspara.analysis.compare.comparison.compare`.

    Raises
    ------
    InputError
        Without an M(H) run.
    """
    runs = [run for run in data.runs if run.run.kind == "fixed-temperature"]
    if not runs:
        raise InputError(
            "no run at fixed temperature, and the shape of M(H) is the question", remedy="Add an M(H) file"
        )
    comparison = compare(data, FORMS, settings=wishes)
    fits = {item.name: item.result for item in comparison.contestants if item.usable and item.result}
    peaks = [_peak(name, result, run) for run in runs for name, result in fits.items()]
    return HighFieldResult(comparison, tuple(peaks))


def along(result: FitResult, run: ReducedRun) -> tuple[FloatArray, Terms]:
    """Fields up to the highest |H| of ``run``, Oe, and the terms of ``result`` there at its mean temperature."""
    fields = np.linspace(0.0, float(np.abs(run.field).max()), _PLACES + 1)[1:]
    return fields, _terms(result, run, fields, result.values)


def _terms(result: FitResult, run: ReducedRun, fields: FloatArray, values: Mapping[str, float]) -> Terms:
    T = np.full(fields.shape, float(run.temperature.mean()))
    return evaluate(T, fields, to_canonical(values), result.model)


def _peak(form: str, result: FitResult, run: ReducedRun) -> Peak:
    fields, terms = along(result, run)
    top, place = float(fields[-1]), _maximum(fields, terms.ats)
    if place is None:
        return Peak(run, form, top, None, None, 1.0)
    return Peak(run, form, top, place, _error(result, run, fields), float(terms.ats[-1] / terms.ats.max()))


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
    except DomainError:
        return None


def _on_peak(peak: Peak, field: float) -> str:
    kilo = 1.0e-3
    place = value_with_error(kilo * field, None if peak.error is None else kilo * peak.error)
    return (
        f"by it M_intr at {peak.run.label} peaks at {place} kOe and has fallen to {peak.fall:.2f} of that at "
        f"{kilo * peak.top:.3g} kOe"
    )
