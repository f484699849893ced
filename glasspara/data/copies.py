"""Points that several files share: a measurement that is counted twice has half its variance."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from glasspara.errors import InputError
from glasspara.findings import Finding, Where, finding
from glasspara.runs.measurement import Measurement

SHARED_POINTS = 4
"""So many points that two files have in common are worth a warning: no noise repeats itself to the last digit."""


def refuse_shared(samples: Sequence[Measurement], backgrounds: Sequence[Measurement]) -> None:
    """Refuse to subtract points from themselves, or to count a holder's run twice, in whatever form the copies are.

    Raises
    ------
    InputError
    """
    sets = [(other.path, _points(other)) for other in backgrounds]
    for (first, points), (second, others) in combinations(sets, 2):
        if (common := len(points & others)) >= SHARED_POINTS:
            raise InputError(
                f"{common} of its points are in the background {first} too, and would count twice",
                where=second,
                remedy="Leave one of them out",
            )
    of_samples = [(sample, _points(sample)) for sample in samples] if sets else []
    for path, points in sets:
        for sample, others in of_samples:
            common = len(points & others)
            if common >= SHARED_POINTS:
                raise InputError(
                    f"{common} of its points are in the background {path} too",
                    where=sample.path,
                    remedy="Give the run of the holder alone as the background",
                )


def shared_points(samples: Sequence[Measurement]) -> list[list[Finding]]:
    """For each file a finding where it shares points with one before it.

    Copies may differ as files: packed, saved again by a spreadsheet, or copied while the measurement went on.

    Raises
    ------
    InputError
        All points of a file are in others.
    """
    seen: dict[bytes, str] = {}
    found: list[list[Finding]] = []
    for sample in samples:
        points = _points(sample) if len(samples) > 1 else set()
        common = [seen[point] for point in points if point in seen]
        where = Where(file=sample.path)
        if points and len(common) == len(points):
            raise InputError(
                f"holds the same points as {common[0]}", where=sample.path, remedy="Leave one of them out"
            )
        counts = {"common": len(common), "points": len(points)}
        many = len(common) >= SHARED_POINTS
        found.append([finding("data.shared-points", where, **counts, other=common[0])] if many else [])
        seen |= dict.fromkeys(points, sample.path)
    return found


def _points(measurement: Measurement) -> set[bytes]:
    """Temperature, field and moment of every point, to the last bit."""
    return {
        row.tobytes()
        for run in measurement.runs
        for row in np.stack((run.temperature, run.field, run.moment), axis=1)
    }
