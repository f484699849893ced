"""The true field, by the moment of a paramagnetic standard.

The field that a magnetometer reports is that of the current in its magnet. After high fields flux stays in the
superconducting wire, and the sample sees tens of Oe more or less, by the way along which the field was reached. An M(H)
run of a standard with known susceptibility, m = chi M H, measured along the same way, shows the difference: Quantum
Design, Application Note 1500-021, "Correcting for the Absolute Field Error using the Pd Standard".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from glasspara.arrays import MAD_TO_SIGMA, FloatArray, distinct_values, median
from glasspara.data import MILLIGRAM
from glasspara.errors import InputError, SampleDataError
from glasspara.files.exclusion import Exclusion
from glasspara.findings import Finding, Where, finding
from glasspara.runs import Measurement, read
from glasspara.runs.run import Run, average_repeats
from glasspara.runs.segmentation import FIXED_TEMPERATURE
from glasspara.runs.stretches import direction, stretches

PALLADIUM = 5.25e-6
"""Susceptibility of palladium at 298 K, emu g^-1 Oe^-1.

The number with which the method of Application Note 1500-021 is programmed elsewhere: ``TrueFieldCorrection`` of
MagnetoPy (RinehartGroup/MagnetoPy, which cites the note) and ``SQUID_calibration.py`` of plotpy (aglavic/plotpy, "at
room temperature"). The 540e-6 cm^3/mol of the CRC Handbook for 285 to 300 K are 5.07e-6, 3 % less.
"""

PALLADIUM_TEMPERATURE = 298.0
"""K"""

TEMPERATURE_SPAN = 5.0
"""K by which the standard's run may be off ``PALLADIUM_TEMPERATURE``.

Palladium is most susceptible at 80 K and less above (F. E. Hoare and J. C. Matthews, Proc. R. Soc. A, 1952, "The
magnetic susceptibilities of platinum, rhodium and palladium from 20 to 290 K"): at room temperature by some 0.1 to
0.2 % in 1 K, an estimate, which changes the scale of all fields and nothing that depends on the way.
"""

SCALE_TOLERANCE = 1.0e-3
"""Relative difference of true and reported field at large fields that is not worth a warning.

Magnets are calibrated better than a standard with its mass, its moment and its place in the coils.
"""

TOO_FAR = 0.05
"""Relative: no magnet is off by so much; the susceptibility or the mass is another standard's."""

FEWEST_FIELDS = 8
"""Different fields without which there is no curve."""

_ALONG = "Measure the standard along the field sequence of the sample"
_PROPORTIONAL = (300.0, 0.02)  # Oe, relative: a moment that is off by more is none of a paramagnet


_BEND = 500.0  # Oe: below, a curve is followed in H; far above, in ln H
_KNOTS = (0, 1, 2, 3, 4, 6, 8, 10, 12)  # within a branch, as many as cross-validation chooses
_WILD = 5.0  # robust standard deviations of a point that does not count


@dataclass(frozen=True, eq=False)
class FieldCurve:
    """Cubic spline of asinh(H / 500 Oe) from ``low`` to ``high`` (Oe), beyond them its value there.

    ``coefficients`` belong to the B-splines of ``knots``; ``covariance`` is theirs by the scatter of the points.
    ``n_points`` counted, ``error`` is the standard error of the curve, median over them.
    """

    low: float
    high: float
    knots: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    n_points: int
    error: float

    def design(self, field: FloatArray) -> FloatArray:
        """Values of the B-splines at ``field`` (Oe), shape (fields, coefficients)."""
        from scipy.interpolate import BSpline

        u = np.arcsinh(field.clip(self.low, self.high) / _BEND)
        return np.asarray(BSpline.design_matrix(u, self.knots, 3).toarray(), dtype=np.float64)

    def value(self, field: FloatArray) -> FloatArray:
        """The curve at ``field``."""
        return self.design(field) @ self.coefficients

    def slope(self, field: FloatArray) -> FloatArray:
        """Its derivative by the field, per Oe."""
        from scipy.interpolate import BSpline

        inside = field.clip(self.low, self.high)
        by_u = BSpline(self.knots, self.coefficients, 3).derivative()(np.arcsinh(inside / _BEND))
        return np.asarray(by_u / np.hypot(inside, _BEND), dtype=np.float64)


def follow(field: FloatArray, values: FloatArray, sigma: FloatArray) -> FieldCurve:
    """The curve through ``values`` at ``field`` (Oe, in any order, at least FEWEST_FIELDS different ones).

    Least squares by ``sigma``, the number of knots by generalised cross-validation, without wild points.
    """
    order = np.argsort(field, kind="stable")
    H, y, weight = field[order], values[order], 1.0 / sigma[order]
    keep = np.ones(len(H), dtype=bool)
    for _ in range(3):
        curve = _best(H[keep], y[keep], weight[keep])
        apart = np.abs((y - curve.value(H)) * weight)
        fitting = apart <= _WILD * MAD_TO_SIGMA * median(apart)
        fitting[[0, -1]] = True
        if np.array_equal(fitting, keep) or len(distinct_values(H[fitting])) < FEWEST_FIELDS:
            break
        keep = fitting
    return curve


def _best(H: FloatArray, y: FloatArray, weight: FloatArray) -> FieldCurve:
    """The curve with the least generalised cross-validation."""
    from scipy.interpolate import BSpline

    u, n = np.arcsinh(H / _BEND), len(H)
    best: tuple[float, FieldCurve] | None = None
    for inner in (count for count in _KNOTS if count < max(n // 4, 1)):
        # Knots where the points are, so that every stretch holds some.
        middle = np.interp(np.arange(1, inner + 1) / (inner + 1) * (n - 1), np.arange(n), u)
        knots = np.concatenate(([u[0]] * 4, middle, [u[-1]] * 4))
        design = BSpline.design_matrix(u, knots, 3).toarray() * weight[:, None]
        coefficients, _, rank, _ = np.linalg.lstsq(design, y * weight, rcond=None)
        if rank < len(coefficients) and best is not None:
            continue
        chi2 = float(((y * weight - design @ coefficients) ** 2).sum())
        parameters = len(coefficients)
        score = chi2 / n / (1.0 - parameters / n) ** 2
        if best is None or score < best[0]:
            covariance = np.linalg.pinv(design.T @ design) * chi2 / max(n - parameters, 1)
            errors = np.sqrt(np.einsum("ij,jk,ik->i", design, covariance, design).clip(0.0)) / weight
            best = (
                score,
                FieldCurve(float(H[0]), float(H[-1]), knots, coefficients, covariance, n, median(errors)),
            )
    assert best is not None
    return best[1]


@dataclass(frozen=True, eq=False)
class FieldBranch:
    """True minus reported field along one branch, Oe: ``scale`` x H + ``curve``.

    ``start`` is the field at which the branch turned around, Oe.
    """

    direction: str
    start: float
    scale: float
    curve: FieldCurve

    def difference(self, field: FloatArray) -> FloatArray:
        """True minus reported field at reported ``field``, Oe."""
        return self.scale * field.clip(self.curve.low, self.curve.high) + self.curve.value(field)


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
    warnings: tuple[Finding, ...]


def read_field_standard(
    path: str,
    *,
    chi: float | None = None,
    fit_chi: bool = False,
    mass_mg: float | None = None,
    exclude: Iterable[Exclusion] = (),
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
            "a field standard needs an M(H) run; this file contains none",
            where=measurement.path,
            remedy=_ALONG,
        )
    run = average_repeats(max(runs, key=len))
    mass, source = _mass(measurement, mass_mg)
    grams = mass * MILLIGRAM
    slope = _slope(run)
    if not slope > 0.0:
        raise InputError(
            f"the moment falls with the field ({slope:.3g} emu/Oe): this is not a paramagnet",
            where=measurement.path,
            remedy="Give the run of a paramagnetic standard",
        )
    if fit_chi:
        chi, words = slope / grams, "fitted at large fields"
    elif chi is not None:
        words = "command line (--standard-chi)"
    else:
        chi, words = _palladium(run), "palladium at 298 K"
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
        for part, start in histories(run)
        if len(distinct_values(run.field[part])) >= FEWEST_FIELDS
    )
    if not branches:
        raise InputError(
            f"no branch of the {run.label} run has {FEWEST_FIELDS} fields",
            where=measurement.path,
            remedy=_ALONG,
        )
    return FieldStandard(
        measurement, run, chi, words, mass, source, scale, branches, tuple(_doubts(measurement.path, scale))
    )


def histories(run: Run) -> list[tuple[slice, float]]:
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
    middle = median(run.temperature)
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
            f"{run.moment[worst] / slope:.0f} Oe): this is not a paramagnetic standard",
            where=run.file,
            remedy="Give the M(H) run of a standard whose moment is chi M H, for example palladium at 298 K",
        )


def _doubts(path: str, scale: float) -> list[Finding]:
    if abs(scale) <= SCALE_TOLERANCE:
        return []
    return [finding("data.field-scale", Where(file=path), percent=100.0 * scale)]


def _branch(
    run: Run, part: slice, start: float, difference: FloatArray, sigma: FloatArray, scale: float
) -> FieldBranch:
    """True minus reported field along one branch of the standard."""
    curve = follow(run.field[part], difference[part] - scale * run.field[part], sigma[part])
    label = run.branch_labels[int(run.branch[part.start])]
    return FieldBranch(direction(label), start, scale, curve)
