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

from glasspara.arrays import FloatArray
from glasspara.data.corrections.field_curve import FEWEST_FIELDS, FieldCurve, follow
from glasspara.data.dataset import MILLIGRAM
from glasspara.errors import InputError, SampleDataError
from glasspara.files.exclusion import Item
from glasspara.runs.branches import stretches
from glasspara.runs.measurement import Measurement, read
from glasspara.runs.remanence import zero_crossings
from glasspara.runs.repeats import average_repeats
from glasspara.runs.run import Run
from glasspara.runs.segmentation import FIXED_TEMPERATURE, field_noise

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

SAME_START = (100.0, 0.1)
"""Oe, and relative: branches that begin so near each other have the same history."""

WORTH_SAYING = 1.0e-3
"""Relative: magnets are calibrated better than a standard with its mass, its moment and its place in the coils."""

TOO_FAR = 0.05
"""Relative: no magnet is off by so much; the susceptibility or the mass is another standard's."""

_ALONG = "Measure the standard along the field sequence of the sample"
_PROPORTIONAL = (300.0, 0.02)  # Oe, relative: a moment that is off by more is none of a paramagnet


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
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class RunField:
    """What became of the field of one run: points corrected of all, the range of true minus reported field (Oe).

    ``reason`` says why the other points keep the reported field; ``crossings`` where the moment changes sign now, Oe;
    ``error_share`` what part of the variances the errors of the field are.
    """

    label: str
    n_points: int
    n_corrected: int
    smallest: float | None
    largest: float | None
    reason: str
    crossings: dict[str, float]
    error_share: float = 0.0


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
            remedy=_ALONG,
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
        for part, start in _histories(run)
        if len(np.unique(run.field[part])) >= FEWEST_FIELDS
    )
    if not branches:
        raise InputError(
            f"no branch of the {run.label} run has {FEWEST_FIELDS} fields",
            where=measurement.path,
            remedy=_ALONG,
        )
    return FieldStandard(
        measurement, run, chi, words, mass, source, scale, branches, tuple(_doubts(measurement, scale))
    )


def correct_field(run: Run, standard: FieldStandard) -> tuple[Run, str]:
    """The run at its true field, where the standard knows it, and why it does not know the rest.

    A branch is corrected where the standard has one in the same direction that turned around at the same field (within
    ``SAME_START``) and reaches as far; else it keeps the reported field, all of it, as does a run at fixed field: how
    its field was reached is not known.
    """
    if run.kind != FIXED_TEMPERATURE:
        return run, "how a fixed field was reached is not known"
    true = run.field.copy()
    branch = np.full(len(run), -1)
    reasons: list[str] = []
    for part, start in _histories(run):
        label = run.branch_labels[int(run.branch[part.start])]
        known = _of_same_history(standard, label, start, run.field[part])
        if isinstance(known, str):
            reasons.append(known)
            continue
        true[part] += standard.branches[known].difference(run.field[part])
        branch[part] = known
    reason = "; ".join(dict.fromkeys(reasons))
    if (branch < 0).all():
        return run, reason
    return replace(run, field=true, reported_field=run.field, standard_branch=branch), reason


def tell_field(run: Run, reason: str) -> RunField:
    """What :func:`correct_field` did to the points that are left of ``run``."""
    if run.standard_branch is None or (run.standard_branch < 0).all():
        return RunField(run.label, len(run), 0, None, None, reason, {})
    corrected = run.standard_branch >= 0
    shifts = (run.field - run.instrument_field)[corrected]
    crossings = zero_crossings(run.field, run.moment, run.branch, run.branch_labels)
    return RunField(
        run.label, len(run), int(corrected.sum()), float(shifts.min()), float(shifts.max()), reason, crossings
    )


def _of_same_history(standard: FieldStandard, label: str, start: float, field: FloatArray) -> int | str:
    """Number of the standard's branch that serves, or why there is none."""
    direction = label.partition(" (")[0]
    least, relative = SAME_START
    same = [
        (abs(item.start - start), number, item.curve)
        for number, item in enumerate(standard.branches)
        if item.direction == direction and abs(item.start - start) <= max(least, relative * abs(item.start))
    ]
    if not same:
        return f"{label} from {start:.0f} Oe: the standard has no such branch"
    low, high = float(field.min()), float(field.max())
    reaching = [
        (apart, number)
        for apart, number, curve in same
        if low >= curve.low - field_noise(curve.low) and high <= curve.high + field_noise(curve.high)
    ]
    if not reaching:
        spans = ", ".join(f"{curve.low:.0f} to {curve.high:.0f} Oe" for _, _, curve in same)
        return f"{label} from {low:.0f} to {high:.0f} Oe: the standard was measured from {spans}"
    return min(reaching)[1]


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
    """True minus reported field along one branch of the standard."""
    curve = follow(run.field[part], difference[part] - scale * run.field[part], sigma[part])
    label = run.branch_labels[int(run.branch[part.start])]
    return FieldBranch(label.partition(" (")[0], start, scale, curve)
