"""The JSON report of ``curie``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.frame import Json, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.analysis.curie import CurieResult
    from glasspara.analysis.low_temperature import LowTemperatureTest
    from glasspara.analysis.weak_law import Quantity, WeakFit
    from glasspara.analysis.weak_points import WeakRun
    from glasspara.loading import Input

_CHI, _CURIE = "emu g^-1 Oe^-1", "emu K g^-1 Oe^-1"


def curie_document(inputs: Sequence[Input], result: CurieResult, warnings: Sequence[str]) -> Json:
    weak, model = result.weak, result.whole_fit.model
    return frame("curie", [input_block(item) for item in inputs], warnings) | {
        "convention": model.convention,
        "orientation": model.orientation,
        "curie": {
            "verdict": result.verdict,
            "curie_verdict": result.curie_verdict,
            "curie_fails": result.curie_fails,
            "curie_p_value": result.p_glass,
            "curie_p_with_allowances": result.p_glass_with_allowances,
            "remarks": list(result.remarks),
            "tolerance": weak.tolerance,
            "fitted_ats_curvature": result.curvature,
            "low_temperature_test": _low(result.low)
            | {"low_window_end_K": weak.low_end, "high_window_start_K": weak.high_start},
            "curie_constant_mass_spectrometry": None
            if result.curie_ms is None
            else _quantity(result.curie_ms),
            "fits": [_fit(item, len(weak.data)) for item in result.fits],
            "whole_model_status": result.whole_fit.assessment.status,
            "runs": [_run(item) for item in weak.runs],
        },
    }


def _low(test: LowTemperatureTest) -> Json:
    return {
        "nature": test.nature,
        "slope": {"value": test.slope, "error": test.slope_error, "unit": _CHI},
        "slope_error_scaled": test.slope_error_scaled,
        "expected_slope": test.expected,
        "curie_constant": {"value": test.curie_constant, "error": test.curie_error, "unit": _CURIE},
        "chi_larmor": {"value": test.chi_larmor, "error": test.chi_larmor_error, "unit": _CHI},
        "chi_larmor_source": test.chi_larmor_source,
        "statistic": test.statistic,
        "dof": list(test.dof),
        "p_value": test.p_value,
        "p_with_allowances": test.p_with_allowances,
    }


def _fit(item: WeakFit, points: int) -> Json:
    return {
        "name": item.name,
        "text": item.text,
        "chi2": item.chi2,
        "n_points": points,
        "n_free": item.n_free,
        "quantities": {name: _quantity(value) for name, value in item.quantities.items()},
        "correlation_of_c_and_g": item.correlation,
    }


def _quantity(item: Quantity) -> Json:
    return {"value": item.value, "error": item.error, "unit": item.unit}


def _run(item: WeakRun) -> Json:
    return run_block(item.run) | {
        "n_weak": 0 if item.used is None else len(item.used),
        "curie_curvature": item.curie,
        "ats_curvature": item.ats,
        "reason": item.reason,
    }
