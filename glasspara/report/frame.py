"""What every JSON report has, and how one becomes text: the same bytes for the same input and choices.

Every input has a block that says what was read, and what was done to it before any physics: holder and true field.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, TypeVar

import numpy as np

from glasspara.files.source import sha256_of
from glasspara.findings import Finding, FindingBlock, blocks
from glasspara.package import __version__
from glasspara.report.block import fill
from glasspara.wording import inert

if TYPE_CHECKING:
    from rich.console import Console

    from glasspara.data.corrections.corrections import Applied
    from glasspara.data.dataset import ReducedRun
    from glasspara.data.loading import Input
    from glasspara.errors import GlassparaError
    from glasspara.runs.measurement import Measurement

SCHEMA_VERSION = 2

Json = dict[str, Any]
Result = TypeVar("Result")


class FileBlock(TypedDict):
    """A file that a correction was taken from."""

    path: str
    sha256: str
    instrument: str
    rows_read: int
    rows_used: int
    moment_column: str


class HolderRunBlock(TypedDict):
    """What was subtracted for the holder from the runs of one set point."""

    label: str
    files: list[str]
    n_points: int
    share_of_signal: float
    rms_emu: float
    sigma_emu: float
    sigma_of_background_emu: float
    share_of_variance: float
    shared_error_factor: float
    interpolation_error_emu: float | None


class HolderBlock(TypedDict):
    """The holder that was subtracted."""

    background_files: list[FileBlock]
    background_scale: float
    chi_emu_per_Oe: float | None
    chi_error_emu_per_Oe: float | None
    points_left_out: int
    runs: list[HolderRunBlock]


class FieldBranchBlock(TypedDict):
    """One branch of the measured field standard."""

    direction: str
    start_Oe: float
    range_Oe: list[float]
    n_points: int
    error_Oe: float


class RunFieldBlock(TypedDict):
    """The true field of one run."""

    label: str
    n_points: int
    n_corrected: int
    true_minus_reported_Oe: list[float | None] | None
    not_corrected_because: str
    share_of_variance: float
    zero_crossings_Oe: dict[str, float]


class FieldBlock(TypedDict):
    """The true field by a standard."""

    standard: FileBlock
    chi_emu_per_g_Oe: float
    chi_source: str
    mass_mg: float
    mass_source: str
    relative_excess: float
    branches: list[FieldBranchBlock]
    runs: list[RunFieldBlock]


class InputBlock(TypedDict):
    """A file as the analysis used it."""

    path: str
    sha256: str
    instrument: str
    sample: str | None
    rows_read: int
    rows_used: int
    rows_dropped: dict[str, int]
    moment_column: str
    moment_reason: str
    mass_mg: float
    mass_source: str
    holder: HolderBlock | None
    true_field: FieldBlock | None


class RunBlock(TypedDict):
    """A run by its file and set point; ``nominal`` in ``unit``."""

    file: str
    kind: Literal["fixed-field", "fixed-temperature"]
    nominal: float
    unit: Literal["Oe", "K"]
    n_points: int
    moment_column: str
    sigma_source: str
    branches: list[str]


class ValueBlock(TypedDict):
    """Value and standard error by the stated sigmas, null for one that is held and where there is none."""

    value: float
    error: float | None


class QuantityBlock(ValueBlock):
    """The same with its unit."""

    unit: str


class FailureBlock(TypedDict):
    """A file or run of a batch that failed, and why."""

    path: str
    error: str
    exit_status: int


class NamedFileBlock(TypedDict):
    """A file beside the inputs, and the option that names it: "FILE" for an argument that is no input.

    ``sha256`` is null for an argument that is no file: a preset.
    """

    path: str
    sha256: str | None
    named_by: str


class Frame(TypedDict, total=False):
    """What all reports share.

    ``settings`` are all choices that the result depends on, defaults included, and ``other_files`` the files that they
    name.
    """

    schema_version: int
    glasspara_version: str
    command: str
    settings: dict[str, Any]
    argv: list[str]
    versions: dict[str, str]
    inputs: list[InputBlock]
    other_files: list[NamedFileBlock]
    warnings: list[FindingBlock]
    files: list[str]
    files_sha256: dict[str, str]


@dataclass(frozen=True)
class NamedFile:
    """A file as a command names it, by the option ``named_by``; ``sha256`` is None where there is none."""

    path: str
    sha256: str | None
    named_by: str = "FILE"

    @classmethod
    def of(cls, path: str, named_by: str = "FILE") -> NamedFile:
        """The file ``path`` as it is now."""
        return cls(path, sha256_of(path), named_by)


@dataclass(frozen=True)
class Invocation:
    """What was asked: the settings by the names of the options, and where there was one the command line.

    ``command`` and ``files`` are the command and the files as they were named there; ``other_files`` are those beside
    the inputs.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    argv: tuple[str, ...] = ()
    command: str = ""
    files: tuple[str, ...] = ()
    other_files: tuple[NamedFile, ...] = ()

    def without_inputs(self) -> Invocation:
        """The same of a command whose files are no inputs: reports, or the name of a preset."""
        return replace(self, other_files=(*map(NamedFile.of, self.files), *self.other_files))


@dataclass(frozen=True)
class Report(Generic[Result]):
    """How the result of one question is written: as a block of JSON, as CSV tables, and at the terminal.

    ``block`` gives what the command adds to the frame, a ``TypedDict``, from which the schema is derived; ``tables``
    the text of each CSV file by its name; ``files`` names everything that may be written, the JSON report first.
    """

    command: str
    block: Callable[[Result], Mapping[str, Any]]
    tables: Callable[[Sequence[Input], Result], Mapping[str, str]]
    show: Callable[[Sequence[Input], Result, Console], None]
    files: tuple[str, ...]

    def document(
        self, inputs: Sequence[Input], result: Result, warnings: Sequence[Finding], asked: Invocation
    ) -> Json:
        """The whole JSON report."""
        given = [input_block(item) for item in inputs]
        return {**frame(self.command, given, warnings, asked), **self.block(result)}


def frame(
    command: str, inputs: Sequence[Mapping[str, Any]], warnings: Sequence[Finding], asked: Invocation
) -> Json:
    """What every report has."""
    return {
        "schema_version": SCHEMA_VERSION,
        "glasspara_version": __version__,
        "command": command,
        "settings": dict(asked.settings),
        "argv": list(asked.argv),
        "versions": _versions(),
        "inputs": list(inputs),
        "other_files": [vars(item) for item in asked.other_files],
        "warnings": blocks(warnings),
    }


def _versions() -> dict[str, str]:
    """Versions of all that can change the last digits of a result."""
    from glasspara.replicates.store import versions

    return {"python": ".".join(map(str, sys.version_info[:3])), **versions()}


def to_text(document: Mapping[str, Any]) -> str:
    """Document as JSON text: keys sorted, full precision, finite numbers or null.

    Characters that a terminal would obey, and those that UTF-8 does not have, are written as JSON escapes.
    """
    text = json.dumps(_finite(document), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return inert(text, escape=lambda char: json.dumps(char)[1:-1], keep="\n") + "\n"


def input_block(item: Input) -> InputBlock:
    measurement = item.measurement
    return fill(
        InputBlock,
        item,
        path=measurement.path,
        sha256=measurement.sha256,
        instrument=measurement.instrument,
        sample=item.sample or None,
        rows_read=measurement.rows_read,
        moment_column=measurement.moment_choice.column,
        moment_reason=measurement.moment_choice.reason,
        holder=holder_block(item.corrections),
        true_field=field_block(item.corrections),
    )


def holder_block(applied: Applied | None) -> HolderBlock | None:
    """The holder that was subtracted; None where none was."""
    if applied is None or not applied.corrector.settings.holder:
        return None
    settings, background = applied.corrector.settings, applied.corrector.background
    chi, chi_error = settings.holder_chi or (None, None)
    return fill(
        HolderBlock,
        settings,
        background_files=[_file(item) for item in (background.measurements if background else ())],
        chi_emu_per_Oe=chi,
        chi_error_emu_per_Oe=chi_error,
        points_left_out=applied.left_out,
        runs=[
            fill(
                HolderRunBlock,
                run,
                share_of_signal=run.share,
                rms_emu=run.rms,
                sigma_emu=run.sigma,
                sigma_of_background_emu=run.error,
                share_of_variance=run.error_share,
                shared_error_factor=run.sharing,
                interpolation_error_emu=run.curvature,
            )
            for run in applied.holder
        ],
    )


def field_block(applied: Applied | None) -> FieldBlock | None:
    """The true field by a standard; None where the reported one is used throughout."""
    if applied is None or applied.corrector.standard is None:
        return None
    standard = applied.corrector.standard
    return fill(
        FieldBlock,
        standard,
        standard=_file(standard.measurement),
        chi_emu_per_g_Oe=standard.chi,
        relative_excess=standard.scale,
        branches=[
            {
                "direction": branch.direction,
                "start_Oe": branch.start,
                "range_Oe": [branch.curve.low, branch.curve.high],
                "n_points": branch.curve.n_points,
                "error_Oe": branch.curve.error,
            }
            for branch in standard.branches
        ],
        runs=[
            fill(
                RunFieldBlock,
                run,
                true_minus_reported_Oe=None if run.smallest is None else (run.smallest, run.largest),
                not_corrected_because=run.reason,
                share_of_variance=run.error_share,
                zero_crossings_Oe=run.crossings,
            )
            for run in applied.field
        ],
    )


def _file(measurement: Measurement) -> FileBlock:
    return fill(FileBlock, measurement, moment_column=measurement.moment_choice.column)


def run_block(run: ReducedRun) -> RunBlock:
    return fill(RunBlock, run.run, n_points=len(run), branches=run.run.branch_labels)


def failures(failed: Sequence[tuple[str, GlassparaError]]) -> list[FailureBlock]:
    """The files or runs of a batch that failed, and why."""
    return [{"path": path, "error": str(error), "exit_status": error.exit_status} for path, error in failed]


def _finite(value: Any) -> Any:
    """``value`` in plain Python types, with null for what is not finite."""
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not isfinite(value):
        return None
    return value
