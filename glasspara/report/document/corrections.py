"""What was done to one input before any physics, as part of its block: holder and true field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glasspara.corrections import Applied
    from glasspara.field_standard import RunField
    from glasspara.measurement import Measurement


def holder_block(applied: Applied | None) -> dict[str, Any] | None:
    """The holder that was subtracted; None where none was."""
    if applied is None or not applied.corrector.settings.holder:
        return None
    settings, background = applied.corrector.settings, applied.corrector.background
    chi, chi_error = settings.holder_chi or (None, None)
    return {
        "background_files": [_file(item) for item in (background.measurements if background else ())],
        "background_scale": settings.background_scale,
        "chi_emu_per_Oe": chi,
        "chi_error_emu_per_Oe": chi_error,
        "points_left_out": applied.left_out,
        "runs": [
            {
                "label": run.label,
                "files": list(run.files),
                "n_points": run.n_points,
                "share_of_signal": run.share,
                "rms_emu": run.rms,
                "sigma_emu": run.sigma,
                "sigma_of_background_emu": run.error,
                "share_of_variance": run.error_share,
                "shared_error_factor": run.sharing,
                "interpolation_error_emu": run.curvature,
            }
            for run in applied.holder
        ],
    }


def field_block(applied: Applied | None) -> dict[str, Any] | None:
    """The true field by a standard; None where the reported one is used throughout."""
    if applied is None or applied.corrector.standard is None:
        return None
    standard = applied.corrector.standard
    return {
        "standard": _file(standard.measurement),
        "chi_emu_per_g_Oe": standard.chi,
        "chi_source": standard.chi_source,
        "mass_mg": standard.mass_mg,
        "mass_source": standard.mass_source,
        "relative_excess": standard.scale,
        "branches": [
            {
                "direction": branch.direction,
                "start_Oe": branch.start,
                "range_Oe": [branch.curve.low, branch.curve.high],
                "n_points": branch.curve.n_points,
                "error_Oe": branch.curve.error,
            }
            for branch in standard.branches
        ],
        "runs": [_run_field(run) for run in applied.field],
    }


def _run_field(run: RunField) -> dict[str, Any]:
    return {
        "label": run.label,
        "n_points": run.n_points,
        "n_corrected": run.n_corrected,
        "true_minus_reported_Oe": None if run.smallest is None else [run.smallest, run.largest],
        "not_corrected_because": run.reason,
        "share_of_variance": run.error_share,
        "zero_crossings_Oe": dict(run.crossings),
    }


def _file(measurement: Measurement) -> dict[str, Any]:
    return {
        "path": measurement.path,
        "sha256": measurement.sha256,
        "instrument": measurement.instrument,
        "rows_read": measurement.rows_read,
        "rows_used": measurement.rows_used,
        "moment_column": measurement.moment_choice.column,
    }
