"""How far the branches of a run lie apart: warming against cooling, field up against field down.

A sample that lags behind its thermometer parts the branches of an M(T) run. Those of a loop are parted by the field
that the magnet keeps, which points against the way that the field went, by a drift in time, or by hysteresis of the
sample. A kept field shifts each branch along its own slope, by 50 Oe at most, the more the weaker the field ("Using
PPMS Superconducting Magnets at Low Fields", Quantum Design 1070-207: below 10 kOe, some 20 Oe). Hysteresis is what is
left of that: a larger shift, or a difference in weak fields that no shift makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray, column_lengths, distinct_values, median
from glasspara.data import Dataset, ReducedRun
from glasspara.findings import Finding, Where, finding
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import evaluate_with_gradient, slope_by_log_temperature
from glasspara.model.parameters import to_canonical
from glasspara.runs.stretches import direction

REMNANT_FIELD = 50.0
"""Largest lag between field-up and field-down branches that a magnet's own remnant field makes, Oe."""

CLEAR_SHIFT = 5.0
"""Shifts between branches below this many standard errors are none."""

WEAK_FIELD = 5.0e3
"""Above it the field that a magnet keeps falls off, Oe."""

_REMNANT_SCALES = (2.0e3, 1.0e4)
# The slope of a fitted curve, relative to its largest, is not known better than this.
_SLOPE_ERROR = 0.1
# Fall of chi2 by a remanence, in units of chi2/ndof, from which on it is one: see tests/fitting/judge/test_branches.py.
_REMANENCE = 40.0
_COERCIVE_FIELDS = (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0)  # Oe
_WIDTHS = (0.25, 1.0, 4.0)  # of the flanks of a hysteresis, in coercive fields
_FEWEST_FIELDS = 8
_FAR = 2.0  # times the largest lag of a magnet, where nothing but a lag is allowed for
_BOTH = 0.3  # of the deviation of one branch, that of the other has at least this share
_SEEN = 1e-6  # less than this share of a shape beside the others is rounding


@dataclass(frozen=True)
class BranchShift:
    """How far two branches of a run lie apart, as a shift of what varies: T relative (M(T) runs), or H in Oe.

    ``remanence`` is half of what is between the branches of a loop at zero field, emu/g, where no shift makes it, or 0.
    """

    run: str
    kind: str
    branches: tuple[str, str]
    shift: float
    error: float
    clear: bool
    too_far: bool = False
    """Whether a magnet's remnant field cannot make the shift."""
    remanence: float = 0.0
    remanence_error: float = 0.0


def branch_shifts(minimum: Minimum) -> tuple[BranchShift, ...]:
    """How far the branches of each run lie apart: the shift of T or H that takes one to the other."""
    problem, data, reported = minimum.problem, minimum.problem.data, minimum.reported
    values, model = to_canonical(reported), minimum.coordinates.model
    residuals = data.magnetisation - problem.terms(reported).total
    return shifts_of_branches(
        data,
        residuals,
        slope_by_field(minimum),
        slope_by_log_temperature(data.temperature, data.field, values, model),
    )


def slope_by_field(minimum: Minimum) -> FloatArray:
    """dM/dH of the fitted curve, emu g^-1 Oe^-1."""
    data, model = minimum.problem.data, minimum.coordinates.model
    _, gradient = evaluate_with_gradient(data.temperature, data.field, to_canonical(minimum.reported), model)
    return gradient[:, model.names.index("field_offset")]


def shifts_of_branches(
    data: Dataset, residuals: FloatArray, by_field: FloatArray, by_temperature: FloatArray
) -> tuple[BranchShift, ...]:
    """The same of any curve, by its residuals (emu/g), dM/dH and T dM/dT."""
    found = []
    for run, part in zip(data.runs, data.slices, strict=True):
        pair = _pair(run)
        if pair is None:
            continue
        if run.run.kind == "fixed-temperature":
            shift = _loop(run, pair, residuals[part], by_field[part], by_temperature[part])
        else:
            shift = _in_temperature(run, pair, residuals[part], by_temperature[part])
        if shift is not None:
            found.append(shift)
    return tuple(found)


def fall_of_remnant_field(H: FloatArray, scale: float = WEAK_FIELD) -> FloatArray:
    """What is left of it at other fields, relative to zero field."""
    return np.asarray(1.0 / (1.0 + np.abs(H) / scale))


def branch_names(run: ReducedRun) -> npt.NDArray[np.str_]:
    """What goes on at each point, whichever time: "warming", "field down"."""
    return np.array([direction(label) for label in run.run.branch_labels])[run.run.branch]


def ways(run: ReducedRun) -> FloatArray:
    """+1 where what varies rises, -1 where it falls: on the longest branch of each direction, where there are two."""
    found = np.zeros(len(run))
    varies = run.field if run.run.kind == "fixed-temperature" else run.temperature
    for number in _pair(run) or ():
        here = run.run.branch == number
        found[here] = np.sign(varies[here][-1] - varies[here][0])
    return found


def _pair(run: ReducedRun) -> tuple[int, int] | None:
    """Numbers of the longest branch of each direction, in order of measurement; None where there is one direction."""
    counts = np.bincount(run.run.branch, minlength=len(run.run.branch_labels))
    longest: dict[str, int] = {}
    for number, label in enumerate(run.run.branch_labels):
        word = direction(label)
        if counts[number] and (word not in longest or counts[number] > counts[longest[word]]):
            longest[word] = number
    pair = sorted(longest.values(), key=lambda number: -int(counts[number]))[:2]
    return (min(pair), max(pair)) if len(pair) == 2 else None


def _labels(run: ReducedRun, pair: tuple[int, int]) -> tuple[str, str]:
    first, second = (direction(run.run.branch_labels[number]) for number in pair)
    return first, second


def _in_temperature(
    run: ReducedRun, pair: tuple[int, int], residuals: FloatArray, slope: FloatArray
) -> BranchShift | None:
    """The relative difference in temperature by which one branch lies beside the other."""
    shifts = []
    for number in pair:
        weight = (run.run.branch == number) / run.sigma**2 * slope
        information = float(weight @ slope)
        if information <= 0.0:
            return None
        shifts.append((float(weight @ residuals) / information, 1.0 / sqrt(information)))
    (a, error_a), (b, error_b) = shifts
    shift, error = b - a, float(np.hypot(error_a, error_b))
    clear = abs(shift) > CLEAR_SHIFT * error
    return BranchShift(run.label, run.run.kind, _labels(run, pair), shift, error, clear)


def _loop(
    run: ReducedRun,
    pair: tuple[int, int],
    residuals: FloatArray,
    by_field: FloatArray,
    by_temperature: FloatArray,
) -> BranchShift | None:
    """How far two branches lie apart in field, to either side, and the remanence beside that.

    Only points of both branches at nearly the same field are compared: what the fitted curve misses there falls out.
    """
    way = ways(run)
    bins = _bins(run.field, way)
    if bins.max(initial=-1) + 1 < _FEWEST_FIELDS:
        return None
    chosen = bins >= 0
    bins, way, H, sigma = bins[chosen], way[chosen], run.field[chosen], run.sigma[chosen]
    residuals = residuals[chosen]
    by_field = by_field[chosen] + _slope_of_means(H, residuals, sigma, bins)
    order = np.linspace(-1.0, 1.0, len(run))[chosen]
    falls = [fall_of_remnant_field(H, scale) for scale in _REMNANT_SCALES]
    # The size of the first is the lag at the weakest field, where the others vanish.
    lags = [way * by_field, *(way * by_field * (fall.max() - fall) for fall in falls)]
    disturbances = [order, way * by_temperature[chosen], order * run.magnetisation[chosen]]
    remanences = [-way * _hysteresis(H, field, ratio) for field in _COERCIVE_FIELDS for ratio in _WIDTHS]
    columns = np.stack([residuals, *lags, *disturbances, *remanences], axis=1)
    white = _without_means(columns / sigma[:, None], 1.0 / sigma, bins)
    y, known, shapes = np.split(white, [1, 1 + len(lags) + len(disturbances)], axis=1)
    steep = float(np.abs(by_field[np.argmin(np.abs(H))]))
    largest = REMNANT_FIELD * (1.0 + _SLOPE_ERROR * median(np.abs(by_field)) / max(steep, 1e-300))
    names = (run.label, run.run.kind, _labels(run, pair))
    found = _shift_of(names, y[:, 0], known, shapes, bins, len(lags), largest)
    if found is None or not (found.clear or found.too_far or found.remanence):
        return found
    # One wild point parts no branches: the same must be seen without the field that says most, or in both branches.
    there = bins == np.argmax(np.bincount(bins, y[:, 0] ** 2))
    again = _shift_of(names, y[~there, 0], known[~there], shapes[~there], bins[~there], len(lags), largest)
    a, b = (float(np.mean((residuals / sigma)[there & (way == sign)])) for sign in (1.0, -1.0))
    both = a * b < 0.0 and min(abs(a), abs(b)) > max(CLEAR_SHIFT, _BOTH * max(abs(a), abs(b)))
    return replace(
        found,
        clear=found.clear and (both or (again is not None and again.clear)),
        too_far=found.too_far and (both or (again is not None and again.too_far)),
        remanence=found.remanence if again is not None and again.remanence else 0.0,
    )


def _shift_of(
    names: tuple[str, str, tuple[str, str]],
    y: FloatArray,
    known: FloatArray,
    shapes: FloatArray,
    bins: npt.NDArray[np.int64],
    lags: int,
    largest: float,
) -> BranchShift | None:
    """What differences ``y`` say: ``known`` are lags, of which the first may be ``largest``, and disturbances."""
    ndof = len(bins) - len(distinct_values(bins)) - known.shape[1] - 1
    if ndof <= 0 or not known[:, 0].any():
        return None
    left, lag, error = _fitted(known, y)
    size, size_error, fall = _remanence(y, known, shapes)
    factor = max(1.0, float(left @ left - fall) / ndof)
    lagging, disturbed = (_fitted(columns, y)[0] for columns in (known[:, :lags], known[:, lags:]))
    gain, other = (float(y @ y - item @ item) for item in (lagging, disturbed))
    clear = gain > max(CLEAR_SHIFT**2 * factor, other)
    alone, alone_error = _fitted(known[:, :lags], y)[1:]
    margin = CLEAR_SHIFT * sqrt(factor)
    too_far = abs(lag) > largest + margin * error
    if not too_far:
        lag, error = alone, alone_error
        too_far = clear and abs(alone) > _FAR * largest + margin * alone_error
    remanence = size if fall > _REMANENCE * factor else 0.0
    return BranchShift(*names, lag, error, clear, too_far, remanence, size_error)


def _hysteresis(H: FloatArray, coercive: float, ratio: float) -> FloatArray:
    """Half of what is between the branches of a ferromagnet, 1 at zero field; ``ratio`` gives its flanks."""
    flank = ratio * coercive
    inner = np.tanh((H + coercive) / flank) - np.tanh((H - coercive) / flank)
    return np.asarray(0.5 * inner / np.tanh(1.0 / ratio))


def _fitted(known: FloatArray, y: FloatArray) -> tuple[FloatArray, float, float]:
    """What ``known`` columns leave of ``y``, and the size of the first of them with its error."""
    lengths = column_lengths(known)
    scaled = known / lengths
    inverse = np.linalg.pinv(scaled.T @ scaled, rcond=1e-10, hermitian=True)
    sizes = inverse @ (scaled.T @ y)
    return y - scaled @ sizes, float(sizes[0] / lengths[0]), float(sqrt(max(inverse[0, 0], 0.0)) / lengths[0])


def _remanence(y: FloatArray, known: FloatArray, shapes: FloatArray) -> tuple[float, float, float]:
    """Size and error, alone, of the shape that takes most of chi2 beside what is ``known``, and how much that is."""
    basis = np.linalg.qr(known / np.linalg.norm(known, axis=0).clip(1e-300))[0]
    left, rest = y - basis @ (basis.T @ y), shapes - basis @ (basis.T @ shapes)
    information = np.einsum("nk,nk->k", rest, rest)
    seen = information > _SEEN * np.einsum("nk,nk->k", shapes, shapes)
    sizes = np.where(seen, rest.T @ left / np.where(seen, information, 1.0), 0.0).clip(0.0)
    falls = sizes**2 * information
    best = int(np.argmax(falls))
    shape = shapes[:, best]
    length = float(shape @ shape) or 1.0
    return float(shape @ y) / length, 1.0 / sqrt(length), float(falls[best])


def _without_means(columns: FloatArray, weight: FloatArray, bins: npt.NDArray[np.int64]) -> FloatArray:
    """Columns in standard errors without what is common to the points of each field, of ``weight`` 1/sigma."""
    means = np.zeros((int(bins.max()) + 1, columns.shape[1]))
    np.add.at(means, bins, weight[:, None] * columns)
    means /= np.bincount(bins, weight**2)[:, None]
    return np.asarray(columns - weight[:, None] * means[bins])


def _bins(field: FloatArray, way: FloatArray) -> npt.NDArray[np.int64]:
    """Number of the field at which each point is compared, -1 where the other branch has no point near."""
    up, down = field[way > 0.0], field[way < 0.0]
    few = distinct_values(up if len(up) <= len(down) else down)
    bins = np.full(field.shape, -1)
    if len(few) < 2:
        return bins
    middles = 0.5 * (few[1:] + few[:-1])
    number = np.searchsorted(middles, field)
    reach = np.empty(len(few))
    reach[1:-1] = 0.5 * np.minimum(few[2:] - few[1:-1], few[1:-1] - few[:-2])
    reach[0], reach[-1] = 0.5 * (few[1] - few[0]), 0.5 * (few[-1] - few[-2])
    near = (way != 0.0) & (np.abs(field - few[number]) <= reach[number])
    both = np.isin(number, number[near & (way > 0.0)]) & np.isin(number, number[near & (way < 0.0)])
    chosen = near & both
    bins[chosen] = np.unique(number[chosen], return_inverse=True)[1]
    return bins


def _slope_of_means(
    H: FloatArray, residuals: FloatArray, sigma: FloatArray, bins: npt.NDArray[np.int64]
) -> FloatArray:
    """What the data are steeper than the curve, where that is clear, by the residuals of both branches together."""
    weight = np.bincount(bins, 1.0 / sigma**2)
    field = np.bincount(bins, H / sigma**2) / weight
    mean = np.bincount(bins, residuals / sigma**2) / weight
    order = np.argsort(field)
    field, mean, error = field[order], mean[order], 1.0 / np.sqrt(weight[order])
    run, rise = field[2:] - field[:-2], mean[2:] - mean[:-2]
    clear = np.abs(rise) > CLEAR_SHIFT * np.hypot(error[2:], error[:-2])
    slope = np.zeros(len(field))
    slope[1:-1] = np.where(clear & (run > 0.0), rise / np.where(run > 0.0, run, 1.0), 0.0)
    found = np.empty(len(field))
    found[order] = slope
    return np.asarray(found[bins])


def lagging_loops(minimum: Minimum) -> list[Finding]:
    """Branches of loops that lie clearly apart, whatever the reason."""
    loops = [item for item in branch_shifts(minimum) if item.kind == "fixed-temperature" and item.clear]
    if not loops:
        return []
    worst, values = _worst(loops)
    return [finding("fitting.branches-lag", **values, shift_Oe=abs(worst.shift), error_Oe=worst.error)]


def on_branches(shifts: Sequence[BranchShift]) -> list[Finding]:
    """The lag of a sample behind its thermometer, and hysteresis, where branches of runs clearly lie apart."""
    found: list[Finding] = []
    loops = [item for item in shifts if item.kind == "fixed-temperature"]
    if lags := [item for item in shifts if item.kind == "fixed-field" and item.clear]:
        worst, values = _worst(lags)
        code = "fitting.branches-differ-in-temperature"
        found.append(finding(code, **values, shift=abs(worst.shift), error=worst.error))
    if far := [item for item in loops if item.too_far]:
        worst, values = _worst(far)
        values |= {"shift_Oe": abs(worst.shift), "error_Oe": worst.error, "remnant_Oe": REMNANT_FIELD}
        found.append(finding("fitting.branches-differ-in-field", Where(run=worst.run), **values))
    elif remanent := [item for item in loops if item.remanence > 0.0]:
        worst = max(remanent, key=lambda item: item.remanence)
        values = {**_worst(remanent)[1], "run": worst.run, "branches": list(worst.branches)}
        values |= {"remanence": worst.remanence, "error": worst.remanence_error, "remnant_Oe": REMNANT_FIELD}
        found.append(finding("fitting.remanence", Where(run=worst.run), **values))
    return found


def _worst(shifts: Sequence[BranchShift]) -> tuple[BranchShift, dict[str, Any]]:
    """The largest shift, and what a finding says of it."""
    worst = max(shifts, key=lambda item: abs(item.shift))
    return worst, {"branches": list(worst.branches), "runs": len(shifts), "run": worst.run}
