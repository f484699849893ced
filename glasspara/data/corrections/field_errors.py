"""What the errors of a field standard add to those of the moments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glasspara.arrays import FloatArray, IntArray
from glasspara.data.corrections.field_curve import FEWEST_FIELDS, follow
from glasspara.data.corrections.field_standard import FieldStandard
from glasspara.runs.run import Run


@dataclass(frozen=True, eq=False)
class _Leaning:
    """Points of a run that lean on one branch of the standard: their B-splines times the slope of the moment."""

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
    leanings = list(_leanings(runs, standard))
    sums: dict[int, FloatArray] = {}
    for item in leanings:
        sums[item.branch] = sums.get(item.branch, 0.0) + item.rows.sum(axis=0)
    added = [np.zeros(len(run)) for run in runs]
    for item in leanings:
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


def _leanings(runs: Sequence[Run], standard: FieldStandard) -> Iterator[_Leaning]:
    for number, run in enumerate(runs):
        if run.standard_branch is None:
            continue
        for branch in np.unique(run.standard_branch[run.standard_branch >= 0]).tolist():
            points = np.flatnonzero(run.standard_branch == branch)
            design = standard.branches[branch].curve.design(run.instrument_field[points])
            slope = _slope(run.field[points], run.moment[points], run.sigma[points])
            yield _Leaning(number, points, branch, slope[:, None] * design)


def _slope(field: FloatArray, moment: FloatArray, sigma: FloatArray) -> FloatArray:
    """dM/dH at each point, emu/Oe; of the straight line where there are too few fields for a curve."""
    if len(np.unique(field)) >= FEWEST_FIELDS:
        return follow(field, moment, sigma).slope(field)
    spread = float(np.ptp(field))
    straight = float(np.polyfit(field, moment, 1)[0]) if spread > 0.0 else 0.0
    return np.full(len(field), straight)
