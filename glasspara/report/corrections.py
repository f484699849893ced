"""What was done to one input before any physics, as part of its block: holder and true field."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from glasspara.report.block import fill

if TYPE_CHECKING:
    from glasspara.data.corrections.corrections import Applied
    from glasspara.runs.measurement import Measurement


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
