"""Files as they were read, and whether they can be used: JSON block and terminal. The command writes no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.table import Table

from glasspara.arrays import FloatArray
from glasspara.errors import GlassparaError
from glasspara.files.table import DroppedRow
from glasspara.findings import Answer, Assessment, AssessmentBlock, Finding, FindingBlock, finding
from glasspara.report import FailureBlock, Report, failures
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.runs import Measurement, run_table
from glasspara.wording import rows_text, runs_text

if TYPE_CHECKING:
    from pandas import DataFrame
    from rich.console import Console


# Branches of a run that are shown on the terminal; the report has all.
_MOST_BRANCHES = 6


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
            if without := [{"file": item.path} for item in measurements if item.mass.value_mg is None]:
                reasons.append(finding("inspect.mass-not-known", files=without))
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


class InspectedRunBlock(TypedDict):
    """A run as it was read; ``nominal`` in ``unit``."""

    kind: Literal["fixed-field", "fixed-temperature"]
    nominal: float
    unit: Literal["Oe", "K"]
    n_points: Annotated[int, len]
    run_type: str
    moment_column: str
    t_range_K: Annotated[tuple[float, float], lambda run: _range(run.temperature)]
    h_range_Oe: Annotated[tuple[float, float], lambda run: _range(run.field)]
    moment_range_emu: Annotated[tuple[float, float], lambda run: _range(run.moment)]
    sigma_source: str
    branches: Annotated[list[str], "branch_labels"]
    warnings: list[FindingBlock]


class InspectedFileBlock(TypedDict):
    """A file as it was read: rows_read = rows_used + the sum of rows_dropped."""

    path: str
    sha256: str
    instrument: str
    encoding: str
    title: Annotated[str, "header.title"]
    sample: Annotated[str, "header.sample"]
    rows_read: int
    rows_used: int
    rows_dropped: dict[str, int]
    dropped: list[DroppedRow]
    moment_column: Annotated[str, "moment_choice.column"]
    moment_reason: Annotated[str, "moment_choice.reason"]
    sigma_column: Annotated[str | None, "moment_choice.sigma_column"]
    diagnostics: Annotated[dict[str, float | None], "moment_choice.diagnostics"]
    mass_mg: Annotated[float | None, "mass.value_mg"]
    mass_source: Annotated[str, "mass.source"]
    mass_problem: Annotated[str | None, "mass.problem"]
    runs: list[InspectedRunBlock]
    warnings: list[FindingBlock]


class InspectDocument(TypedDict):
    """What ``inspect`` adds to the frame; its ``inputs`` say more of a file than those of the other commands."""

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    inputs: Annotated[list[InspectedFileBlock], "measurements"]
    failed: Annotated[list[FailureBlock], lambda result: failures(result.failed)]


def _range(values: FloatArray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def show_inspection(result: Inspection, out: Console) -> None:
    """Every file, and whether they can be used."""
    for item in result.measurements:
        show_measurement(item, out)
    show_end(result, out)


def show_end(result: Inspection, out: Console) -> None:
    """One row a file where there are several, and whether they can be used."""
    if len(result.measurements) > 1:
        rows = [
            (
                item.path,
                item.instrument,
                item.header.sample or "not named",
                "?" if item.mass.value_mg is None else f"{item.mass.value_mg:g}",
                f"{item.rows_used} of {item.rows_read}",
                runs_text([(run.kind, run.label) for run in item.runs]),
                str(len(item.warnings)),
            )
            for item in result.measurements
        ]
        numbers = (Column(title, "number") for title in ("mass / mg", "rows used"))
        columns = (Column("file", "path"), Column("instrument", "text"), Column("sample", "text"), *numbers)
        show_table((*columns, Column("runs", "text"), Column("warnings", "number")), rows, out)
    show_assessment(result.assessment, out, result.notes)


def show_measurement(measurement: Measurement, out: Console) -> None:
    """All that ``inspect`` says of one file, and an empty line."""
    out.print(measurement.path, style="bold")
    choice = measurement.moment_choice
    rows = [
        ("instrument", measurement.instrument),
        ("sample", measurement.header.sample or "not named"),
        ("rows", rows_text(measurement.rows_read, measurement.rows_used, measurement.rows_dropped)),
        ("moment", f"{choice.column}: {choice.reason}"),
        ("errors", choice.sigma_column or "no column; estimated"),
        *([("centring", text)] if (text := _centring_text(choice.diagnostics)) else []),
        ("mass", _mass_text(measurement)),
        ("run type", ", ".join(dict.fromkeys(run.run_type for run in measurement.runs))),
        ("encoding", measurement.encoding),
    ]
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)
    runs = [
        (
            f"{run.measures} at {run.label}", str(len(run)),
            *map(_span, (run.temperature, run.field, run.moment)), run.sigma_source, _branches(run.branch_labels),
        )
        for run in measurement.runs
    ]  # fmt: skip
    texts = (Column("errors", "text"), Column("branches", "text"))
    show_table(("run", "points", "T / K", "H / Oe", "moment / emu", *texts), runs, out)
    for item in measurement.warnings:
        show_sentence(f"warning: {item.at(file='').text}", out, style="yellow")  # the heading names the file
    out.print()


def _branches(labels: Sequence[str]) -> str:
    """All of few branches; of many the first."""
    if len(labels) <= _MOST_BRANCHES:
        return ", ".join(labels)
    return f"{', '.join(labels[:_MOST_BRANCHES])} and {len(labels) - _MOST_BRANCHES} more"


def _mass_text(measurement: Measurement) -> str:
    mass = measurement.mass
    if mass.value_mg is not None:
        return f"{mass.value_mg:g} mg ({mass.source})"
    hint = f"; {mass.hint}" if mass.hint else ""
    return f"not known: {mass.problem or 'not in the file'}{hint}; give --mass MG"


def _centring_text(numbers: Mapping[str, float | None]) -> str:
    """Where the sample sits and how well the scans fit a dipole, of what the file states; medians."""
    words = {
        "offset_cm": "Long Offset {:.3f} cm",
        "offset_spread_cm": "spread {:.3f} cm",
        "centre_shift_mm": "{:.2f} mm off the nominal centre",
        "centre_spread_mm": "spread {:.2f} mm",
        "fixed_over_free": "Fixed/Free {:.3f}",
        "fit": "fit {:.3f}",
        "free_fit": "free fit {:.3f}",
        "fixed_fit": "fixed fit {:.3f}",
        "rows_poor_fit": "poor fits {:.0f}",
    }
    known = {name: value for name in words if (value := numbers.get(name)) is not None}
    if known.get("offset_cm") == known.get("offset_spread_cm") == 0.0:
        known = {name: value for name, value in known.items() if not name.startswith("offset")}
        return "; ".join(
            ["position not fitted", *(words[name].format(value) for name, value in known.items())]
        )
    return ", ".join(words[name].format(value) for name, value in known.items())


def _span(values: FloatArray) -> str:
    low, high = (f"{float(f'{value:.4g}'):g}" for value in (values.min(), values.max()))  # 70000, not 7e+04
    return low if low == high else f"{low} .. {high}"


REPORT = Report("inspect", InspectDocument, show_inspection, nested=False)
