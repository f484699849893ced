"""The JSON report of ``fit``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.frame import Json, failures, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.errors import GlassparaError
    from glasspara.fitting.contours import Contour
    from glasspara.fitting.curves import ProfileCurve
    from glasspara.fitting.intervals import Interval
    from glasspara.fitting.result import Bootstrap, FitResult, FittedParameter, Spread, TraceEffect
    from glasspara.loading import Input


def fit_document(
    inputs: Sequence[Input],
    fits: Sequence[FitResult],
    warnings: Sequence[str],
    failed: Sequence[tuple[str, GlassparaError]] = (),
) -> Json:
    model = fits[0].model
    return frame("fit", [input_block(item) for item in inputs], warnings) | {
        "model": model.name,
        "convention": model.convention,
        "orientation": model.orientation,
        "fits": [fit_block(result) for result in fits],
        "failed": failures(failed),
    }


def fit_block(result: FitResult) -> Json:
    """A fit with its runs, parameters, statistics and verdict."""
    statistics, determination = result.statistics, result.determination
    block: Json = {
        "method": result.method,
        "ions": result.model.ions,
        "runs": [run_block(run) for run in result.data.runs],
        "parameters": {name: _parameter(item) for name, item in result.parameters.items()},
        "correlation": {"names": list(result.correlation_names), "matrix": result.correlation.tolist()},
        "derived": {
            name: {"value": item.value, "error": item.error, "unit": item.unit, "minos": _minos(item.minos)}
            for name, item in result.derived.items()
        },
        "statistics": {
            "chi2": statistics.chi2,
            "chi2_points": statistics.chi2_points,
            "ndof": statistics.ndof,
            "p_value": statistics.p_value,
            "aic": statistics.aic,
            "bic": statistics.bic,
            "n_points": statistics.n_points,
            "n_free": statistics.n_free,
        },
        "identifiability": {
            "names": list(determination.names),
            "singular_values": list(determination.singular_values),
            "relative_errors": dict(determination.relative_errors),
            "combinations": dict(determination.combinations),
            "undetermined": list(determination.undetermined),
            "statements": list(determination.statements),
        },
        "assessment": {"status": result.assessment.status, "reasons": list(result.assessment.reasons)},
        "notes": list(result.notes),
        "ats_test": None,
        "profiles": {curve.name: _profile(curve) for curve in result.profiles},
        "contours": [_contour(item) for item in result.contours],
        "bootstrap": None if result.bootstrap is None else _bootstrap(result.bootstrap),
        "trace_ions": None if result.trace_effect is None else _trace_effect(result.trace_effect),
    }
    if result.ats_test is not None:
        test = result.ats_test
        block["ats_test"] = {
            "chi2_without": test.chi2_without,
            "delta_chi2": test.delta_chi2,
            "extra_parameters": test.extra_parameters,
            "p_value": test.p_value,
            "open_without": list(test.open_without),
            "needed": test.needed,
            "chi2_with_allowances": test.chi2_with_allowances,
            "p_with_allowances": test.p_with_allowances,
            "parameters_without": {
                name: {"value": value, "error": error}
                for name, (value, error) in test.parameters_without.items()
            },
        }
    return block


def _trace_effect(effect: TraceEffect) -> Json:
    def values(found: Mapping[str, tuple[float, float | None]]) -> Json:
        return {name: {"value": value, "error": error} for name, (value, error) in found.items()}

    return {
        "ions": [
            {"ion": item.ion.name, "j": item.ion.j, "g": item.ion.g, "ratio": item.ratio}
            for item in effect.ions
        ],
        "with": values(effect.with_ions),
        "without": values(effect.without),
        "change": dict(effect.change),
    }


def _parameter(item: FittedParameter) -> Json:
    constraint = item.constraint
    return {
        "value": item.value,
        "error": item.error,
        "error_scaled": item.error_scaled,
        "unit": item.unit,
        "fixed": item.fixed,
        "constraint": None
        if constraint is None
        else {
            "mean": constraint.mean,
            "error": constraint.error,
            "error_of": "logarithm" if constraint.log else "value",
            "assumed": constraint.assumed,
        },
        "limits": list(item.limits),
        "at_limit": item.at_limit,
        "stage": item.stage,
        "minos": _minos(item.minos),
    }


def _minos(interval: Interval | None) -> Json | None:
    if interval is None:
        return None
    return {
        "lower": interval.lower,
        "upper": interval.upper,
        "lower_outcome": interval.lower_outcome,
        "upper_outcome": interval.upper_outcome,
    }


def _profile(curve: ProfileCurve) -> Json:
    return {
        "values": curve.values.tolist(),
        "chi2_rise": curve.rises.tolist(),
        "parameters": {name: values.tolist() for name, values in curve.path.items()},
    }


def _contour(item: Contour) -> Json:
    return {
        "names": list(item.names),
        "lines": [
            {
                "probability": line.probability,
                "chi2_rise": line.rise,
                "closed": line.closed,
                "points": line.points.tolist(),
                "on_line": line.found.tolist(),
            }
            for line in item.lines
        ],
        "statements": list(item.statements),
    }


def _bootstrap(item: Bootstrap) -> Json:
    return {
        "kind": item.kind,
        "seed": item.seed,
        "replicates": len(item.samples),
        "without_minimum": len(item.problems),
        "p_value": item.p_value,
        "parameters": {name: _spread(spread) for name, spread in item.parameters.items()},
        "derived": {name: _spread(spread) for name, spread in item.derived.items()},
        "remarks": list(item.remarks),
    }


def _spread(item: Spread) -> Json:
    return {
        "value": item.value,
        "standard_error": item.standard_error,
        "bias": item.bias,
        "interval_68": list(item.interval_68),
        "interval_95": list(item.interval_95),
        "unit": item.unit,
        "at_limit": item.at_limit,
    }
