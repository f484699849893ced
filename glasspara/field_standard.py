"""The true field, by the moment of a paramagnetic standard.

The field that a magnetometer reports is that of the current in its magnet. After high fields flux stays in the
superconducting wire, and the sample sees tens of Oe more or less, by the way along which the field was reached. An M(H)
run of a standard with known susceptibility, m = chi M H, measured along the same way, shows the difference: Quantum
Design, Application Note 1500-021, "Correcting for the Absolute Field Error using the Pd Standard".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from glasspara.branches import stretches
from glasspara.dataset import MILLIGRAM
from glasspara.errors import InputError, SampleDataError
from glasspara.exclusion import Item
from glasspara.measurement import Measurement, read
from glasspara.remanence import zero_crossings
from glasspara.repeats import average_repeats
from glasspara.runs import Run
from glasspara.scatter import MAD_TO_SIGMA
from glasspara.segmentation import FIXED_TEMPERATURE, field_noise

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

PALLADIUM = 5.25e-6
"""Susceptibility of palladium at 298 K, emu g^-1 Oe^-1 (Quantum Design, Application Note 1500-021)."""

PALLADIUM_TEMPERATURE = 298.0
"""K"""

TEMPERATURE_SPAN = 5.0
"""K by which the standard's run may be off ``PALLADIUM_TEMPERATURE``: palladium loses some 0.1 to 0.2 % in 1 K."""

SAME_START = (100.0, 0.1)
"""Oe, and relative: branches that begin so near each other have the same history."""

WORTH_SAYING = 1.0e-3
"""Relative: magnets are calibrated better than a standard with its mass, its moment and its place in the coils."""

TOO_FAR = 0.05
"""Relative: no magnet is off by so much; the susceptibility or the mass is another standard's."""

FEWEST_POINTS = 8  # different fields of a branch of the standard
_BEND = 500.0  # Oe: below, the difference is followed in H; far above, in ln H
_MOST_KNOTS = 12
_WILD = 5.0  # robust standard deviations of a point that does not count
_PROPORTIONAL = (300.0, 0.02)  # Oe, relative: a moment that is off by more is none of a paramagnet


@dataclass(frozen=True, eq=False)
class FieldBranch:
    """True minus reported field along one branch, Oe: ``scale`` x H + a cubic spline of asinh(H / 500 Oe).

    ``start`` is the field at which the branch turned around, ``low`` to ``high`` where it was measured, Oe. ``error``
    is the standard error (median over the points, Oe) of the difference by the scatter of the standard.
    """

    direction: str
    start: float
    low: float
    high: float
    scale: float
    knots: FloatArray
    coefficients: FloatArray
    error: float
    n_points: int

    def difference(self, field: FloatArray) -> FloatArray:
        """True minus reported field at reported ``field``, Oe."""
        from scipy.interpolate import BSpline

        inside = field.clip(self.low, self.high)
        spline = BSpline(self.knots, self.coefficients, 3)
        return self.scale * inside + np.asarray(spline(np.arcsinh(inside / _BEND)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class FieldStandard:
    """What a standard's ``run`` (repeats averaged) says of the magnet.

    ``chi`` (emu g^-1 Oe^-1) with ``chi_source`` in words; ``mass_mg`` with its source; ``scale`` is the relative excess
    of the true over the reported field at large fields.
    """

    measurement: Measurement
    run: Run
    chi: float
    chi_source: str
    mass_mg: float
    mass_source: str
    scale: float
    branches: tuple[FieldBranch, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class RunField:
    """What became of the field of one run: points corrected of all, the range of true minus reported field (Oe).

    ``reason`` says why the other points keep the reported field; ``crossings`` where the moment changes sign now, Oe.
    """

    label: str
    n_points: int
    n_corrected: int
    smallest: float | None
    largest: float | None
    reason: str
    crossings: dict[str, float]


def read_field_standard(
    path: str,
    *,
    chi: float | None = None,
    fit_chi: bool = False,
    mass_mg: float | None = None,
    exclude: Iterable[Item] = (),
) -> FieldStandard:
    """True minus reported field by branch, from the M(H) run of a paramagnetic standard.

    Parameters
    ----------
    path : file of the standard
    chi : susceptibility of the standard, emu g^-1 Oe^-1; palladium's by default
    fit_chi : whether to take the susceptibility that makes true and reported field agree at large fields. Only what
        depends on the way, the field that the magnet keeps, is then corrected
    mass_mg : mass of the standard, mg; else that of the file's header
    exclude : rows to leave out

    Raises
    ------
    InputError
        The file is unreadable, holds no M(H) run with a long enough branch, is not of 298 K where palladium's value is
        to count, or the moment is not that of a paramagnet.
    SampleDataError
        The mass of the standard is not known.
    """
    measurement = read(path, exclude=exclude)
    runs = [run for run in measurement.runs if run.kind == FIXED_TEMPERATURE]
    if not runs:
        raise InputError(
            "a field standard needs an M(H) run; this file holds none",
            where=measurement.path,
            remedy="Measure the standard along the field sequence of the sample",
        )
    run = average_repeats(max(runs, key=len))
    mass, source = _mass(measurement, mass_mg)
    grams = mass * MILLIGRAM
    slope = _slope(run)
    if not slope > 0.0:
        raise InputError(
            f"the moment falls with the field ({slope:.3g} emu/Oe): no paramagnet",
            where=measurement.path,
            remedy="Give the run of a paramagnetic standard",
        )
    if fit_chi:
        chi, words = slope / grams, "fitted at large fields"
    elif chi is not None:
        words = "command line (--standard-chi)"
    else:
        chi, words = _palladium(run), "palladium at 298 K, Quantum Design Application Note 1500-021"
    _check_proportional(run, slope)
    scale = slope / (chi * grams) - 1.0
    if abs(scale) > TOO_FAR:
        raise InputError(
            f"by the susceptibility of {words} and {mass:g} mg ({source}) the true field is {1.0 + scale:.4g} times "
            "the reported one",
            where=measurement.path,
            remedy="Give the standard's own with --standard-chi and --standard-mass, or --standard-chi fit",
        )
    difference = run.moment / (chi * grams) - run.field
    branches = tuple(
        _branch(run, part, start, difference, run.sigma / (chi * grams), scale)
        for part, start in _histories(run)
        if len(np.unique(run.field[part])) >= FEWEST_POINTS
    )
    if not branches:
        raise InputError(
            f"no branch of the {run.label} run has {FEWEST_POINTS} fields",
            where=measurement.path,
            remedy="Measure the standard along the field sequence of the sample",
        )
    return FieldStandard(
        measurement, run, chi, words, mass, source, scale, branches, tuple(_doubts(measurement, scale))
    )


def correct_field(run: Run, standard: FieldStandard) -> tuple[Run, RunField]:
    """The run at its true field, where the standard knows it, and what was done.

    A branch is corrected where the standard has one in the same direction that turned around at the same field (within
    ``SAME_START``) and reaches as far; else it keeps the reported field, all of it, as does a run at fixed field: how
    its field was reached is not known.
    """
    if run.kind != FIXED_TEMPERATURE:
        return run, RunField(
            run.label, len(run), 0, None, None, "how a fixed field was reached is not known", {}
        )
    true = run.field.copy()
    corrected = np.zeros(len(run), dtype=bool)
    reasons: list[str] = []
    for part, start in _histories(run):
        label = run.branch_labels[int(run.branch[part.start])]
        known = _of_same_history(standard, label, start, run.field[part])
        if isinstance(known, str):
            reasons.append(known)
            continue
        true[part] += known.difference(run.field[part])
        corrected[part] = True
    reason = "; ".join(dict.fromkeys(reasons))
    if not corrected.any():
        return run, RunField(run.label, len(run), 0, None, None, reason, {})
    shifts = (true - run.field)[corrected]
    crossings = zero_crossings(true, run.moment, run.branch, run.branch_labels)
    done = RunField(
        run.label, len(run), int(corrected.sum()), float(shifts.min()), float(shifts.max()), reason, crossings
    )
    return replace(run, field=true, reported_field=run.field), done


def _of_same_history(
    standard: FieldStandard, label: str, start: float, field: FloatArray
) -> FieldBranch | str:
    """The standard's branch that serves, or why there is none."""
    direction = label.partition(" (")[0]
    least, relative = SAME_START
    same = [item for item in standard.branches if item.direction == direction]
    same = [item for item in same if abs(item.start - start) <= max(least, relative * abs(item.start))]
    if not same:
        return f"{label} from {start:.0f} Oe: the standard has no such branch"
    low, high = float(field.min()), float(field.max())
    reaching = [
        item
        for item in same
        if low >= item.low - field_noise(item.low) and high <= item.high + field_noise(item.high)
    ]
    if not reaching:
        spans = ", ".join(f"{item.low:.0f} to {item.high:.0f} Oe" for item in same)
        return f"{label} from {low:.0f} to {high:.0f} Oe: the standard was measured from {spans}"
    return min(reaching, key=lambda item: abs(item.start - start))


def _histories(run: Run) -> list[tuple[slice, float]]:
    """The branches, each with the field where it turned around: the last of the branch before, else its own first."""
    parts = stretches(run.branch)
    starts = [run.field[0], *(run.field[part.start - 1] for part in parts[1:])]
    return [(part, float(start)) for part, start in zip(parts, starts, strict=True)]


def _mass(measurement: Measurement, mass_mg: float | None) -> tuple[float, str]:
    if mass_mg is not None:
        return mass_mg, "command line (--standard-mass)"
    if measurement.mass.value_mg is not None:
        return measurement.mass.value_mg, measurement.mass.source
    what = measurement.mass.problem or "the file does not state the mass of the standard"
    raise SampleDataError(what, where=measurement.path, remedy="Give it with --standard-mass MG")


def _palladium(run: Run) -> float:
    middle = float(np.median(run.temperature))
    if abs(middle - PALLADIUM_TEMPERATURE) > TEMPERATURE_SPAN:
        raise InputError(
            f"the standard was measured at {middle:.4g} K, but palladium's susceptibility is known here at "
            f"{PALLADIUM_TEMPERATURE:g} K",
            where=run.file,
            remedy="Give that of the standard at its temperature with --standard-chi, or --standard-chi fit",
        )
    return PALLADIUM


def _slope(run: Run) -> float:
    """Moment over field at large fields, emu/Oe, what depends on the way taken out by a step for each branch."""
    far = np.abs(run.field) >= 0.5 * float(np.abs(run.field).max())
    steps = [(run.branch == number) & far for number in range(len(run.branch_labels))]
    columns = [run.field[far], *(step[far].astype(np.float64) for step in steps if step.any())]
    solution = np.linalg.lstsq(np.stack(columns, axis=1), run.moment[far], rcond=None)[0]
    return float(solution[0])


def _check_proportional(run: Run, slope: float) -> None:
    apart = np.abs(run.moment / slope - run.field)
    least, relative = _PROPORTIONAL
    worst = int((apart - np.maximum(least, relative * np.abs(run.field))).argmax())
    if np.mean(apart > np.maximum(least, relative * np.abs(run.field))) > 0.05:
        raise InputError(
            f"the moment is not proportional to the field (at {run.field[worst]:.0f} Oe it is that of "
            f"{run.moment[worst] / slope:.0f} Oe): no paramagnetic standard",
            where=run.file,
            remedy="Give the M(H) run of a standard whose moment is chi M H, palladium at 298 K say",
        )


def _doubts(measurement: Measurement, scale: float) -> list[str]:
    if abs(scale) <= WORTH_SAYING:
        return []
    return [
        f"{measurement.path}: by the standard all fields are {100.0 * scale:+.2f} % off the reported ones; its "
        "susceptibility, its mass or the calibration of the moment may be off as much; --standard-chi fit believes the "
        "reported field at large and corrects only what the magnet keeps"
    ]


def _branch(
    run: Run, part: slice, start: float, difference: FloatArray, sigma: FloatArray, scale: float
) -> FieldBranch:
    """The smooth course of true minus reported field along one branch: least squares, knots by cross-validation."""
    from scipy.interpolate import BSpline

    H = run.field[part]
    order = np.argsort(H, kind="stable")
    H = H[order]
    rest = (difference[part] - scale * run.field[part])[order]
    u = np.arcsinh(H / _BEND)
    weight = 1.0 / sigma[part][order]
    keep = np.ones(len(H), dtype=bool)
    for _ in range(3):
        knots, coefficients, error = _best_spline(u[keep], rest[keep], weight[keep])
        apart = (rest - BSpline(knots, coefficients, 3)(u)) * weight
        spread = MAD_TO_SIGMA * float(np.median(np.abs(apart)))
        keep = np.abs(apart) <= _WILD * spread
        keep[[0, -1]] = True
    label = run.branch_labels[int(run.branch[part.start])]
    return FieldBranch(
        direction=label.partition(" (")[0],
        start=start,
        low=float(H[0]),
        high=float(H[-1]),
        scale=scale,
        knots=knots,
        coefficients=coefficients,
        error=error,
        n_points=int(keep.sum()),
    )


def _best_spline(u: FloatArray, y: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Knots and coefficients of the cubic spline with the least generalised cross-validation, and its median error."""
    from scipy.interpolate import BSpline

    best: tuple[float, FloatArray, FloatArray, float] | None = None
    n = len(u)
    for inner in range(min(_MOST_KNOTS, n // 4 - 1) + 1):
        # Knots where the points are, so that every stretch holds some.
        middle = np.quantile(u, np.arange(1, inner + 1) / (inner + 1))
        knots = np.concatenate(([u[0]] * 4, middle, [u[-1]] * 4))
        design = BSpline.design_matrix(u, knots, 3).toarray() * weight[:, None]
        coefficients, _, rank, _ = np.linalg.lstsq(design, y * weight, rcond=None)
        parameters = inner + 4
        if rank < parameters and best is not None:
            continue
        chi2 = float(((y * weight - design @ coefficients) ** 2).sum())
        score = chi2 / n / (1.0 - parameters / n) ** 2
        if best is None or score < best[0]:
            leverage = (np.linalg.qr(design)[0] ** 2).sum(axis=1)
            scatter = np.sqrt(chi2 / max(n - parameters, 1))
            best = score, knots, coefficients, float(np.median(np.sqrt(leverage) * scatter / weight))
    assert best is not None
    return best[1:]
