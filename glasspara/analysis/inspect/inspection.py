"""Files as they were read, and whether they can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glasspara.errors import GlassparaError
from glasspara.findings import Assessment, Finding, finding
from glasspara.findings.answer import Answer
from glasspara.runs.measurement import Measurement
from glasspara.runs.run import run_table

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, eq=False, repr=False)
class Inspection(Answer):
    """The files that could be read, and those that could not, each with its error."""

    measurements: tuple[Measurement, ...]
    failed: tuple[tuple[str, GlassparaError], ...]
    assessment: Assessment
    notes: tuple[Finding, ...] = ()

    @classmethod
    def of(
        cls,
        measurements: Sequence[Measurement],
        failed: Sequence[tuple[str, GlassparaError]] = (),
        notes: Sequence[Finding] = (),
    ) -> Inspection:
        """The inspection of these files; ``failed`` gives path and error of those that could not be read.

        ``notes`` name files that were passed over; those of level "warning" are missed.
        """
        reasons = []
        if measurements:
            runs = sum(len(item.runs) for item in measurements)
            points = sum(item.rows_used for item in measurements)
            warnings = sum(len(item.warnings) for item in measurements)
            counts = {"files": len(measurements), "runs": runs, "points": points, "warnings": warnings}
            reasons.append(finding("inspect.read", **counts))
        if failed:
            files = len(measurements) + len(failed)
            reasons.append(finding("inspect.not-read", failed=len(failed), files=files))
        missed = bool(failed) or any(item.level == "warning" for item in notes)
        status = "nothing-usable" if not measurements else "partly-read" if missed else "read"
        assessment = Assessment("inspect", status, tuple(reasons), trusted=not missed)
        return cls(tuple(measurements), tuple(failed), assessment, tuple(notes))

    def to_frame(self) -> DataFrame:
        """One row a run: file, kind, nominal set point in ``unit``, number of points, ranges, source of the errors."""
        return run_table(run for item in self.measurements for run in item.runs)
