"""The JSON report of ``compare``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.frame import Json, frame, input_block

if TYPE_CHECKING:
    from glasspara.analysis.compare import CompareResult
    from glasspara.analysis.contestants import Contestant
    from glasspara.loading import Input


def compare_document(inputs: Sequence[Input], result: CompareResult, warnings: Sequence[str]) -> Json:
    test = result.test
    return frame("compare", [input_block(item) for item in inputs], warnings) | {
        "compare": {
            "models": [contestant_block(item) for item in result.contestants],
            "best": None if result.best is None else result.best.name,
            "scale": result.scale,
            "ats_needed": result.ats_needed,
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "p_value": None if test is None else test.p_value,
            "p_value_method": None
            if test is None
            else "F distribution"
            if test.p_bootstrap is None
            else "parametric bootstrap",
            "p_value_is_bound": None if test is None else test.is_bound,
            "p_value_f": None if test is None else test.p_f,
            "f_ratio": None if test is None else test.statistic,
            "f_dof": None if test is None else [test.extra_parameters, test.ndof],
            "replicates": 0 if test is None else test.replicates,
            "replicates_failed": 0 if test is None else test.failed,
            "replicates_as_large": 0 if test is None else test.hits,
            "seed": None if test is None or not test.replicates else test.seed,
        }
    }


def contestant_block(item: Contestant) -> Json:
    """A model of the comparison, with its numbers where it has a usable fit."""
    result = item.result if item.usable else None
    statistics = None if result is None else result.statistics
    return {
        "name": item.name,
        "text": item.text,
        "status": item.status,
        "problem": item.problem,
        "chi2": None if statistics is None else statistics.chi2,
        "ndof": None if statistics is None else statistics.ndof,
        "n_free": None if statistics is None else statistics.n_free,
        "aic": None if statistics is None else statistics.aic,
        "bic": None if statistics is None else statistics.bic,
        "aic_scaled": item.aic_scaled,
        "bic_scaled": item.bic_scaled,
        "delta_aic": item.delta,
        "weight": item.weight,
        "reasons": [] if item.result is None else list(item.result.assessment.reasons),
        "parameters": {}
        if result is None
        else {
            name: {"value": value.value, "error": value.error, "unit": value.unit, "fixed": value.fixed}
            for name, value in result.parameters.items()
        },
    }
