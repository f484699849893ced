"""Where the misfit of a poor fit sits: in temperature, field, H/T, one run, one branch, or the order of measurement.

Candidate sets of points are tried along each axis. What chi2 would lose if a set were left out and the model fitted
again follows from the residuals and the Jacobian without a fit (deletion formula of linear least squares). The set that
holds most of the excess of chi2 in the fewest points is where the misfit is concentrated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, column_lengths, distinct_values, quantiles
from glasspara.data import Dataset
from glasspara.findings import Finding, Where, finding
from glasspara.fitting.judge.branches import (
    CLEAR_SHIFT,
    WEAK_FIELD,
    branch_names,
    branch_shifts,
    fall_of_remnant_field,
    on_branches,
    slope_by_field,
    ways,
)
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import slope_by_log_temperature
from glasspara.model.parameters import to_canonical
from glasspara.ordinary import Curve

MisfitAxis = Literal["T", "H", "H/T", "run", "branch", "order"]

OXYGEN = (43.0, 60.0)
"""Hump of condensed oxygen, K: its transitions are at 43.8 and 54.4 K."""

# A set counts as the place if leaving it out removes this share of the excess of chi2, in less than that of the points.
_CONCENTRATED, _FEW_POINTS = 0.5, 0.45
_EDGES = 22  # along T, H and H/T
_THERMOMETER_EDGES = 60
_FIRST_POINTS = (3, 6, 10)
EXPLAINED = 0.9
"""What takes so much of the excess of chi2 explains it."""

_LIKELY = 0.8  # a simple fault of the instrument that takes so much is the likely cause where a model fails
# Share of the points of either run that lie in the range of the other, if one repeats the other.
_SAME = 0.5
_HIDDEN_DECAY = 2.0  # points, of the relaxation that one run could hide
_DECAYS = (1.0, 1.5, 2.0, 3.0, 5.0)  # points


PlaceBlock = TypedDict(
    "PlaceBlock",
    {
        "axis": MisfitAxis,
        "from": float | None,
        "to": float | None,
        "share_of_chi2": float,
        "points": int,
        "runs": list[str],
        "label": str,
    },
)
"""Where residuals are concentrated: from and to in K, Oe, Oe/K or points; null for runs and branches."""


@dataclass(frozen=True)
class MisfitPlace:
    """A set of points that holds the misfit.

    ``low`` and ``high`` bound it along ``axis``, in K, Oe, Oe/K or points; None for a run or a branch. ``share`` is the
    part of the excess of chi2 that goes with it, ``points`` how many it has; ``runs`` are the labels of the runs in it,
    ``of_runs`` how many runs the data have there.
    """

    axis: MisfitAxis
    low: float | None
    high: float | None
    share: float
    points: int
    runs: tuple[str, ...]
    label: str = ""

    @property
    def is_oxygen(self) -> bool:
        """Whether it is a range of temperature about the hump of condensed oxygen."""
        if self.axis != "T" or self.low is None or self.high is None:
            return False
        return self.high > OXYGEN[0] and self.low < OXYGEN[1] and self.low > 25.0 and self.high < 90.0

    @property
    def block(self) -> PlaceBlock:
        """The place as it stands in a report."""
        return {
            "axis": self.axis,
            "from": self.low,
            "to": self.high,
            "share_of_chi2": self.share,
            "points": self.points,
            "runs": list(self.runs),
            "label": self.label,
        }


def places_of_misfit(minimum: Minimum) -> tuple[MisfitPlace, ...]:
    """The places that hold the misfit, best first, at most one for each axis; none where it is everywhere."""
    residuals, jacobian = minimum.problem.residuals_and_jacobian(minimum.point)
    return places_of_excess(minimum.problem.data, residuals, _basis(jacobian), ndof=minimum.statistics.ndof)


def places_of_excess(
    data: Dataset, residuals: FloatArray, basis: FloatArray, *, ndof: int
) -> tuple[MisfitPlace, ...]:
    """The same of any linear fit: its residuals in standard errors, the points first, and a basis of its columns."""
    n = len(data)
    basis, residuals = basis[:n], residuals[:n]
    excess = float(residuals @ residuals) - max(ndof, 1)
    if excess <= 0.0:
        return ()
    best: dict[MisfitAxis, tuple[float, MisfitPlace]] = {}
    for axis, low, high, label, mask in _candidates(data):
        points = int(mask.sum())
        if not 0 < points < _FEW_POINTS * n:
            continue
        share = min((_gain(residuals, basis, mask) - points) / excess, 1.0)
        score = share - points / n
        if share > _CONCENTRATED and score > best.get(axis, (-np.inf,))[0]:
            runs = tuple(
                run.label for run, part in zip(data.runs, data.slices, strict=True) if mask[part].any()
            )
            best[axis] = score, MisfitPlace(axis, low, high, share, points, runs, label)
    # All points of a field are those of one run: the run says more.
    return tuple(
        place for _, place in sorted(best.values(), key=lambda item: (-item[0], item[1].axis != "run"))
    )


def _basis(jacobian: FloatArray) -> FloatArray:
    """Orthonormal columns of the Jacobian; its columns are scaled, as their sizes differ by many decades."""
    lengths = np.linalg.norm(jacobian, axis=0)
    return np.linalg.qr(jacobian[:, lengths > 0.0] / lengths[lengths > 0.0])[0]


def _gain(residuals: FloatArray, basis: FloatArray, mask: BoolArray) -> float:
    """What chi2 loses if the points of ``mask`` are left out and the parameters follow."""
    part, rows = residuals[mask], basis[mask]
    inner = np.eye(rows.shape[1]) - rows.T @ rows
    projected = rows.T @ part
    return float(part @ part + projected @ np.linalg.lstsq(inner, projected, rcond=1e-9)[0])


def _candidates(data: Dataset) -> Iterator[tuple[MisfitAxis, float | None, float | None, str, BoolArray]]:
    # What a run holds has its set point: no interval parts the run.
    T, H = data.temperature.copy(), np.abs(data.field)
    ratio = H / T
    for run, part in zip(data.runs, data.slices, strict=True):
        held = H if run.run.kind == "fixed-field" else T
        held[part] = abs(run.run.nominal)
    for axis, values in (("T", T), ("H", H), ("H/T", ratio)):
        yield from _intervals(axis, values)  # type: ignore[arg-type]  # literals of a tuple
    for index, run in enumerate(data.runs):
        mask = np.zeros(len(data), dtype=bool)
        mask[data.slices[index]] = True
        yield "run", None, None, f"{run.label} ({run.run.file})", mask
    going = np.concatenate([branch_names(run) for run in data.runs])
    for word in distinct_values(going).tolist():
        yield "branch", None, None, word, going == word
    for count in _FIRST_POINTS:
        parts = [np.arange(len(run)) < count for run in data.runs]
        yield "order", 1.0, float(count), f"first {count} points", np.concatenate(parts)


def _intervals(
    axis: MisfitAxis, values: FloatArray
) -> Iterator[tuple[MisfitAxis, float | None, float | None, str, BoolArray]]:
    """All stretches between edges that share out the points evenly; between the values where these are few."""
    distinct = distinct_values(values)
    middles = 0.5 * (distinct[1:] + distinct[:-1])
    if len(middles) > _EDGES:
        middles = distinct_values(quantiles(middles, np.linspace(0.0, 1.0, _EDGES)))
    edges = [-np.inf, *middles.tolist(), np.inf]
    for first in range(len(edges) - 1):
        for last in range(first + 1, len(edges)):
            mask = (values > edges[first]) & (values <= edges[last])
            if mask.any() and not mask.all():
                yield axis, float(values[mask].min()), float(values[mask].max()), "", mask


FaultCode = Literal[
    "thermometer", "relaxation", "drift", "remnant-field", "gain-of-repeats", "temperature-of-repeats"
]


@dataclass(frozen=True)
class InstrumentFault:
    """A simple fault that would explain the misfit: its ``code``, what it takes of the excess, and its size.

    ``size`` is relative for a thermometer (right below ``at``, K, and only there), in emu for a relaxation (with a
    decay over ``at`` points) and for a drift (from the first to the last point of the worst run), in Oe for the field
    that the magnet keeps, to either side. That of the moments or temperatures of repeats is relative to the first run
    at their set point.
    """

    code: FaultCode
    share: float
    size: float
    error: float
    at: float | None = None


def disturbance_of(minimum: Minimum) -> InstrumentFault | None:
    """The simple fault of the instrument that takes most of the misfit, if it takes nearly all of it."""
    problem, data = minimum.problem, minimum.problem.data
    residuals, jacobian = problem.residuals_and_jacobian(minimum.point)
    n, basis = len(data), _basis(jacobian)
    excess = float(residuals @ residuals) - max(minimum.statistics.ndof, 1)
    values, model = to_canonical(minimum.reported), minimum.coordinates.model
    by_temperature = slope_by_log_temperature(data.temperature, data.field, values, model)
    curve = Curve(problem.terms(minimum.reported).total, slope_by_field(minimum), by_temperature)
    found: list[InstrumentFault] = []
    for code, at, columns in simple_faults(data, curve):
        whitened = np.zeros((len(residuals), columns.shape[1]))
        whitened[:n] = columns / data.sigma[:, None]
        rest = whitened - basis @ (basis.T @ whitened)
        inverse = np.linalg.pinv(rest.T @ rest, rcond=1e-10, hermitian=True)
        sizes = inverse @ (rest.T @ residuals)
        gain = float(residuals @ rest @ sizes)
        step = 2 if code == "drift" else 1
        worst = int(np.argmax(np.abs(sizes[::step]))) * step
        share = (gain - columns.shape[1]) / excess
        errors = np.sqrt(np.maximum(np.diag(inverse), 0.0))
        if code == "drift":  # several runs share it, and its sign: else it is one run that is off
            slopes = sizes[::2][np.abs(sizes[::2]) > CLEAR_SHIFT * errors[::2]]
            if len(slopes) < min(2, len(data.runs)) or np.ptp(np.sign(slopes)) > 0.0:
                continue
        found.append(InstrumentFault(code, share, float(sizes[worst]), float(errors[worst]), at))
    best = max(found, key=lambda item: item.share - (2 * len(data.runs) / n if item.code == "drift" else 0.0))
    return best if best.share > _LIKELY else None


def simple_faults(data: Dataset, curve: Curve) -> Iterator[tuple[FaultCode, float | None, FloatArray]]:
    """Columns of simple faults, emu/g a unit of their size, with their codes and where they begin or end.

    ``curve`` is the fitted one. A drift has two columns a run, the drift and the unknown moment that the run began
    with; a kept field one for each loop, all along or in weak fields; what repeats differ by one for each.
    """
    grams = np.concatenate([np.full(len(run), run.grams) for run in data.runs])
    order = np.concatenate([np.arange(len(run), dtype=np.float64) for run in data.runs])
    lengths = np.concatenate([np.full(len(run), float(max(len(run) - 1, 1))) for run in data.runs])
    edges = distinct_values(quantiles(data.temperature, np.linspace(0.03, 0.97, _THERMOMETER_EDGES)))
    for edge in edges.tolist():
        yield "thermometer", edge, (curve.by_log_temperature * (data.temperature < edge))[:, None]
    for decay in _DECAYS:
        yield "relaxation", decay, (np.exp(-order / decay) / grams)[:, None]
    columns = np.zeros((len(data), 2 * len(data.runs)))
    for index, part in enumerate(data.slices):
        columns[part, 2 * index] = (order / lengths)[part] / grams[part]
        columns[part, 2 * index + 1] = 1.0 / grams[part]
    yield "drift", None, columns
    lags = np.zeros((len(data), len(data.runs)))
    for index, (run, part) in enumerate(zip(data.runs, data.slices, strict=True)):
        if run.run.kind == "fixed-temperature":
            lags[part, index] = ways(run) * curve.by_field[part]
    lags = lags[:, lags.any(axis=0)]
    if lags.size:
        yield "remnant-field", None, lags
        yield "remnant-field", WEAK_FIELD, lags * fall_of_remnant_field(data.field)[:, None]
    again = _repeats(data)
    warm = [number for number in again if data.runs[number].run.kind == "fixed-field"]
    kinds: tuple[tuple[FaultCode, FloatArray, list[int]], ...] = (
        ("gain-of-repeats", curve.magnetisation, again),
        ("temperature-of-repeats", curve.by_log_temperature, warm),
    )
    for code, shape, numbers in kinds:
        columns = np.zeros((len(data), len(numbers)))
        for column, number in enumerate(numbers):
            columns[data.slices[number], column] = shape[data.slices[number]]
        if numbers:
            yield code, None, columns


def _repeats(data: Dataset) -> list[int]:
    """Numbers of the runs that go over the range of an earlier one, of the same sample at the same set point."""
    found: list[int] = []
    first: dict[tuple[int, str, str], FloatArray] = {}
    for number, (run, sample) in enumerate(zip(data.runs, data.sample_numbers, strict=True)):
        varied = run.temperature if run.run.kind == "fixed-field" else run.field
        before = first.get(key := (sample, run.run.kind, run.label))
        if before is None:
            first[key] = varied
        elif min(_share_within(before, varied), _share_within(varied, before)) > _SAME:
            found.append(number)
    return found


def _share_within(values: FloatArray, others: FloatArray) -> float:
    """Share of the values that lie in the range of others."""
    return float(np.mean((values >= others.min()) & (values <= others.max())))


def hidden_relaxation(minimum: Minimum) -> list[Finding]:
    """A warning where the model of one run alone can follow a moment that decays over its first points.

    That is where such a moment moves a parameter by its standard error before the residuals show it.
    """
    data = minimum.problem.data
    if len(data.runs) != 1:
        return []
    jacobian = minimum.problem.residuals_and_jacobian(minimum.point)[1]
    scaled = jacobian / column_lengths(jacobian)
    decay = np.zeros(len(jacobian))
    decay[: len(data)] = np.exp(-np.arange(len(data)) / _HIDDEN_DECAY) / data.runs[0].grams / data.sigma
    inverse = np.linalg.pinv(scaled.T @ scaled, rcond=1e-14, hermitian=True)
    moved = np.abs(inverse @ (scaled.T @ decay)) / np.sqrt(np.maximum(np.diag(inverse), 1e-300))
    basis = _basis(jacobian)
    seen = float(np.linalg.norm(decay - basis @ (basis.T @ decay)))  # one over its standard error
    most = int(np.argmax(moved))
    if moved[most] <= seen:
        return []
    name, size = minimum.coordinates.free[most], 1.0 / float(moved[most])
    where = Where(parameter=name)
    return [finding("fitting.hidden-relaxation", where, parameter=name, size=size, points=_HIDDEN_DECAY)]


def misfit_findings(
    minimum: Minimum, simpler: Minimum | None = None, *, suspects: bool = True
) -> tuple[tuple[MisfitPlace, ...], list[Finding]]:
    """The places of the misfit, and what is to be said of them: the usual suspect by name where there is one.

    ``simpler`` is the fit without the ATS term: where a sample has none, a fault of the instrument bends the term's
    parameters and shows itself clearly only in the residuals without it. Without ``suspects`` only the place is said:
    where nobody asked for an ATS term, it is missing at low temperatures, which often come first.
    """
    places = places_of_misfit(minimum)
    found = on_branches(branch_shifts(minimum))
    if not suspects:
        values = [place for place in places if place.axis != "order"]
        located = [on_place(values[0], minimum.problem.data, suspects=False)] if values and not found else []
        return places, [*found, *located, finding("fitting.model-without-ats")]
    faults = (disturbance_of(item) for item in (minimum, simpler) if item is not None and not found)
    if (fault := next((item for item in faults if item is not None), None)) is not None:
        found.append(on_fault(fault))
    if places and not found:
        found.append(on_place(places[0], minimum.problem.data))
    return places, found


def on_fault(fault: InstrumentFault) -> Finding:
    """A simple fault of the instrument that would explain a misfit."""
    size = fault.size if fault.code in ("thermometer", "relaxation", "drift") else abs(fault.size)
    values = {"share_of_chi2": fault.share, "size": size, "error": fault.error, "at": fault.at}
    return finding(f"fitting.misfit-by-{fault.code}", **values)


def on_place(place: MisfitPlace, data: Dataset, *, suspects: bool = True) -> Finding:
    """The place, with its usual suspect; with ``suspects`` False only condensed oxygen is named."""
    values: dict[str, Any] = {**place.block, "of_runs": len(data.runs), "in_runs": len(place.runs)}
    if place.axis == "T" and place.low is not None and place.high is not None:
        T = data.temperature
        several = len(place.runs) > 1 or len(data.runs) == 1
        if several and place.is_oxygen:
            return finding("fitting.misfit-at-oxygen", **values)
        if suspects and several and (place.low <= float(T.min()) or place.high >= float(T.max())):
            return finding("fitting.misfit-in-range-of-thermometer", **values)
    names = {"T": "temperature", "H": "field", "H/T": "field-over-temperature"}
    return finding(f"fitting.misfit-in-{names.get(place.axis, place.axis)}", **values)
