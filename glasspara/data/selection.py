"""Which points of the runs are used: temperatures, fields and branches that the user keeps or leaves out;
points that several files share: a measurement that is counted twice has half its variance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.errors import InputError, UsageError
from glasspara.files.exclusion import Bounds, Branch, Exclusion
from glasspara.findings import Finding, Where, finding
from glasspara.runs import Measurement
from glasspara.runs.run import Run

OUTSIDE_WINDOW = "outside --t-range or --h-range"
LEFT_OUT = "inside --not-t-range or --not-h-range"
"""Why a point is not used."""


@dataclass(frozen=True)
class Window:
    """Which temperatures (K) and |fields| (Oe) are kept.

    ``temperatures`` and ``fields`` are intervals whose union is kept, all where there is none; ``not_temperatures`` and
    ``not_fields`` are left out of that. The ends of all intervals are inclusive, None is open.
    """

    temperatures: tuple[Bounds, ...] = ()
    fields: tuple[Bounds, ...] = ()
    not_temperatures: tuple[Bounds, ...] = ()
    not_fields: tuple[Bounds, ...] = ()

    def mask(self, temperature: FloatArray, field: FloatArray) -> BoolArray:
        """Points that are kept."""
        size = np.abs(field)
        keep = ~self.left_out(temperature, field)
        if self.temperatures:
            keep &= _within(temperature, self.temperatures)
        if self.fields:
            keep &= _within(size, self.fields)
        return keep

    def left_out(self, temperature: FloatArray, field: FloatArray) -> BoolArray:
        """Points inside an interval to leave out."""
        return _within(temperature, self.not_temperatures) | _within(np.abs(field), self.not_fields)


def _within(values: FloatArray, intervals: Sequence[Bounds]) -> BoolArray:
    """Values inside any of the intervals."""
    inside = np.zeros(values.shape, dtype=bool)
    for low, high in intervals:
        inside |= (values >= (-np.inf if low is None else low)) & (
            values <= (np.inf if high is None else high)
        )
    return inside


def split_exclusions(
    exclude: Mapping[str, Iterable[Exclusion]],
) -> tuple[dict[str, list[Exclusion]], dict[str, list[Branch]]]:
    """What to leave out of the rows of each file, and of the branches of its runs."""
    rows: dict[str, list[Exclusion]] = {}
    branches: dict[str, list[Branch]] = {}
    for path, items in exclude.items():
        for item in items:
            if isinstance(item, Branch):
                branches.setdefault(path, []).append(item)
            else:
                rows.setdefault(path, []).append(item)
    return rows, branches


def of_branches(run: Run, branches: Sequence[Branch]) -> BoolArray:
    """Points of a run in any of ``branches``."""
    named = [any(item.names(label) for item in branches) for label in run.branch_labels]
    return np.array(named, dtype=bool)[run.branch]


def refuse_unknown(branches: Sequence[Branch], measurement: Measurement) -> None:
    """Refuse to leave out a branch that the file does not have.

    Raises
    ------
    UsageError
    """
    labels = list(dict.fromkeys(label for run in measurement.runs for label in run.branch_labels))
    for item in branches:
        if item.required and not any(map(item.names, labels)):
            raise UsageError(
                f"there is no branch {item.label!r} to exclude",
                where=measurement.path,
                remedy=f"Its branches: {', '.join(labels)}",
            )


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
