"""The JSON report of ``series``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.frame import Json, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.analysis.drift import Drift
    from glasspara.analysis.series import KindOfRuns, Measured, RunSeries, SeriesResult
    from glasspara.loading import Input

_DENSITY, _CHI = "g^-1", "emu g^-1 Oe^-1"


def series_document(inputs: Sequence[Input], result: SeriesResult, warnings: Sequence[str]) -> Json:
    return frame("series", [input_block(item) for item in inputs], warnings) | {
        "series": {
            "weights": result.weights,
            "errors_from": result.errors_from,
            "n_fe_mass_spectrometry": None if result.n_ms is None else _measured(result.n_ms, _DENSITY),
            "kinds": [_kind(result, item) for item in result.kinds],
        }
    }


def _kind(result: SeriesResult, item: KindOfRuns) -> Json:
    return {
        "kind": item.kind,
        "against": item.against,
        "drifting": item.drifting,
        "verdict": item.verdict,
        "remarks": list(item.remarks),
        "drift_tests": {variant: _drift(test) for variant, test in item.drifts.items()},
        "runs": [_row(result, row) for row in item.rows],
    }


def _drift(test: Drift) -> Json:
    return {
        "statistic": test.statistic,
        "dof": list(test.dof),
        "p_value": test.p_value,
        "p_with_allowances": test.p_with_allowances,
        "established": test.established,
    }


def _row(result: SeriesResult, row: RunSeries) -> Json:
    return run_block(row.run) | {"fits": {variant: _fit(result, row, variant) for variant in row.fits}}


def _fit(result: SeriesResult, row: RunSeries, variant: str) -> Json:
    fit, excess = row.fits[variant], result.excess(row, variant)
    return {
        "n_fe2": _measured(row.parameter(variant, "n_fe2"), _DENSITY),
        "n_fe3": _measured(row.parameter(variant, "n_fe3"), _DENSITY),
        "n_fe": _measured(row.n_fe(variant), _DENSITY),
        "chi_larmor": _measured(row.chi_larmor(variant), _CHI),
        "delta_n": None if excess is None else _measured(excess, _DENSITY),
        "chi2": fit.statistics.chi2,
        "ndof": fit.statistics.ndof,
        "status": fit.assessment.status,
    }


def _measured(item: Measured, unit: str) -> Json:
    return {"value": item.value, "error": item.error, "unit": unit}
