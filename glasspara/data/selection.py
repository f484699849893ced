"""Which points of the runs are used: temperatures, fields and branches that the user keeps or leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.errors import UsageError
from glasspara.files.exclusion import Branch, Interval, Item
from glasspara.runs.measurement import Measurement
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

    temperatures: tuple[Interval, ...] = ()
    fields: tuple[Interval, ...] = ()
    not_temperatures: tuple[Interval, ...] = ()
    not_fields: tuple[Interval, ...] = ()

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


def _within(values: FloatArray, intervals: Sequence[Interval]) -> BoolArray:
    """Values inside any of the intervals."""
    inside = np.zeros(values.shape, dtype=bool)
    for low, high in intervals:
        inside |= (values >= (-np.inf if low is None else low)) & (
            values <= (np.inf if high is None else high)
        )
    return inside


def split_exclusions(
    exclude: Mapping[str, Iterable[Item]],
) -> tuple[dict[str, list[Item]], dict[str, list[Branch]]]:
    """What to leave out of the rows of each file, and of the branches of its runs."""
    rows: dict[str, list[Item]] = {}
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
    points: BoolArray = np.array(named, dtype=bool)[run.branch]
    return points


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
