"""The JSON report of ``anomaly``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.fit import fit_block
from glasspara.report.document.frame import Json, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.analysis.anomaly import AnomalyResult, Departure
    from glasspara.analysis.window_tests import TemperatureWindow, WindowTest
    from glasspara.loading import Input


def anomaly_document(inputs: Sequence[Input], result: AnomalyResult, warnings: Sequence[str]) -> Json:
    assessment = result.assessment
    return frame("anomaly", [input_block(item) for item in inputs], warnings) | {
        "anomaly": {
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "found": bool(result.departures),
            "established": result.established,
            "trusted": result.trusted,
            "windows_tried": result.findings.tried,
            "independent_trials": result.findings.trials,
            "windows": [_test(item) for item in result.tests],
            "departures": [_departure(item) for item in result.departures],
            "without_departures": {
                "assessment": {"status": assessment.status, "reasons": list(assessment.reasons)},
                "chi2": result.rest.chi2,
                "ndof": result.rest.statistics.ndof,
                "parameters": dict(result.rest.reported),
            },
            "fit": fit_block(result.fit),
        }
    }


def _bounds(window: TemperatureWindow) -> Json:
    return {"low_K": window.low, "high_K": window.high}


def _test(item: WindowTest) -> Json:
    return _bounds(item.window) | {
        "points": item.points,
        "f_ratio": item.statistic,
        "f_dof": list(item.dof),
        "p_value": item.p_value,
        "p_corrected": item.p_corrected,
    }


def _departure(item: Departure) -> Json:
    shift = item.thermometer
    return _bounds(item.test.window) | {
        "sigma": item.sigmas,
        "side": item.side,
        "p_with_allowances": item.p_with_allowances,
        "established": item.established,
        "thermometer": None
        if shift is None
        else {"relative_error": shift.value, "error": shift.error, "p_beyond": shift.p_beyond},
        "runs": [
            {
                "run": run_block(one.run),
                "points": one.points,
                "mean_deviation": one.mean,
                "error": one.error,
                "unit": "emu/g",
                "sigma": one.sigmas,
            }
            for one in item.deviations
        ],
    }
