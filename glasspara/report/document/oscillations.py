"""The JSON report of ``oscillations``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.fit import fit_block
from glasspara.report.document.frame import Json, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.analysis.oscillations import OscillationResult, Peak
    from glasspara.loading import Input


def oscillations_document(
    inputs: Sequence[Input], result: OscillationResult, warnings: Sequence[str]
) -> Json:
    wiggle = result.wiggle
    return frame("oscillations", [input_block(item) for item in inputs], warnings) | {
        "oscillations": {
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "found": result.found,
            "false_alarm_probability": result.fap,
            "false_alarm_probability_is_bound": result.is_bound,
            "false_alarm_probability_beside": dict(result.by_description),
            "replicates": result.replicates,
            "replicates_failed": result.failed,
            "seed": result.seed,
            "trusted": result.trusted,
            "residual_correlation": result.correlation[0],
            "residual_correlation_p_value": result.correlation[1],
            "thermometer_noise": None
            if wiggle is None
            else {"relative_size": wiggle.size, "length_in_ln_T": wiggle.length},
            "runs": [
                {
                    "run": run_block(item.run),
                    "spline_knots": item.knots,
                    "peaks": [_peak(peak) for peak in item.peaks],
                }
                for item in result.runs
            ],
            "fit": fit_block(result.fit),
        }
    }


def _peak(item: Peak) -> Json:
    return {
        "abscissa": item.abscissa,
        "period": item.period,
        "period_error": item.period_error,
        "period_unit": item.unit,
        "amplitude": item.wave.amplitude,
        "amplitude_error": item.wave.amplitude_error,
        "amplitude_beside_spline": item.control.amplitude,
        "amplitude_beside_spline_error": item.control.amplitude_error,
        "amplitude_unit": "emu/g",
        "phase_rad": item.wave.phase,
        "phase_error_rad": item.wave.phase_error,
        "phase_at": item.middle,
        "power": dict(item.power),
        "power_at_1_percent": item.threshold,
        "false_alarm_probability": item.fap,
        "false_alarm_probability_here": item.fap_here,
        "thermometer_relative_error": item.thermometer,
        "frequencies": len(item.frequencies),
    }
