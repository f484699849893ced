"""The true field of a sample's runs by a field standard, and what its errors add to those of the moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glasspara.arrays import FloatArray, IntArray, distinct_values
from glasspara.data.corrections.field_standard import FEWEST_FIELDS, FieldStandard, follow, histories
from glasspara.runs.run import ZERO_CROSSING, Run
from glasspara.runs.segmentation import FIXED_TEMPERATURE
from glasspara.runs.stretches import direction, field_noise, zero_crossings

SAME_START = (100.0, 0.1)
"""Oe, and relative: branches that begin so near each other have the same history."""


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
    for part, start in histories(run):
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
    warnings = tuple(item for item in run.warnings if item.code != ZERO_CROSSING)
    corrected = replace(run, field=true, reported_field=run.field, standard_branch=branch, warnings=warnings)
    return corrected, reason


def run_field(run: Run, reason: str) -> RunField:
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
    """Number of the standard's branch with the same history, or why there is none."""
    least, relative = SAME_START
    same = [
        (abs(item.start - start), number, item.curve)
        for number, item in enumerate(standard.branches)
        if item.direction == direction(label)
        and abs(item.start - start) <= max(least, relative * abs(item.start))
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


@dataclass(frozen=True, eq=False)
class _BranchPoints:
    """Points of a run whose field comes from one branch of the standard: B-splines times the slope of the moment."""

    run: int
    points: IntArray
    branch: int
    rows: FloatArray


def widen_errors(runs: Sequence[Run], standard: FieldStandard) -> tuple[tuple[Run, ...], tuple[float, ...]]:
    """The runs with the errors of their true fields in those of the moments, and what part of the variances these are.

    An error dH of the field is one of (dM/dH) dH of the moment. All points on one branch of the standard share the
    errors of its curve; as for a background, each carries the sum of its covariances with all points of ``runs``, at
    least its own variance.
    """
    parts = list(_by_branch(runs, standard))
    sums: dict[int, FloatArray] = {}
    for item in parts:
        sums[item.branch] = sums.get(item.branch, 0.0) + item.rows.sum(axis=0)
    added = [np.zeros(len(run)) for run in runs]
    for item in parts:
        covariance = standard.branches[item.branch].curve.covariance
        own = np.einsum("ij,jk,ik->i", item.rows, covariance, item.rows)
        added[item.run][item.points] = np.maximum(item.rows @ covariance @ sums[item.branch], own).clip(0.0)
    wide = [
        replace(
            run,
            sigma=np.sqrt(run.sigma**2 + extra),
            sigma_source=f"{run.sigma_source}; with those of the true field",
        )
        if extra.any()
        else run
        for run, extra in zip(runs, added, strict=True)
    ]
    shares = [float(extra.sum() / (run.sigma**2).sum()) for run, extra in zip(wide, added, strict=True)]
    return tuple(wide), tuple(shares)


def _by_branch(runs: Sequence[Run], standard: FieldStandard) -> Iterator[_BranchPoints]:
    for number, run in enumerate(runs):
        if run.standard_branch is None:
            continue
        for branch in distinct_values(run.standard_branch[run.standard_branch >= 0]).tolist():
            points = np.flatnonzero(run.standard_branch == branch)
            design = standard.branches[branch].curve.design(run.instrument_field[points])
            slope = _slope(run.field[points], run.moment[points], run.sigma[points])
            yield _BranchPoints(number, points, branch, slope[:, None] * design)


def _slope(field: FloatArray, moment: FloatArray, sigma: FloatArray) -> FloatArray:
    """dM/dH at each point, emu/Oe; of the straight line where there are too few fields for a curve."""
    if len(distinct_values(field)) >= FEWEST_FIELDS:
        return follow(field, moment, sigma).slope(field)
    spread = float(np.ptp(field))
    straight = float(np.polyfit(field, moment, 1)[0]) if spread > 0.0 else 0.0
    return np.full(len(field), straight)
