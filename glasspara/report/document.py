"""The JSON report: one document a command, the same bytes for the same input."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib import resources
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from glasspara import __version__
from glasspara.report.inert import inert

if TYPE_CHECKING:
    from glasspara.analysis.compare import CompareResult, Contestant
    from glasspara.analysis.universality import UniversalityResult
    from glasspara.dataset import ReducedRun
    from glasspara.errors import GlassparaError
    from glasspara.fitting.contours import Contour
    from glasspara.fitting.curves import ProfileCurve
    from glasspara.fitting.result import Bootstrap, FitResult, FittedParameter, Spread, TraceEffect
    from glasspara.fitting.staged import StageValues
    from glasspara.loading import Input
    from glasspara.measurement import Measurement
    from glasspara.presets import Preset
    from glasspara.simulation import SimulatedRun
    from glasspara.stages import StagedData

SCHEMA_VERSION = 1

Json = dict[str, Any]


def schema_text() -> str:
    """JSON Schema of the reports, as text."""
    return resources.files("glasspara.report").joinpath("report.schema.json").read_text(encoding="utf-8")


def to_text(document: Mapping[str, Any]) -> str:
    """Document as JSON text: keys sorted, full precision, finite numbers or null.

    Characters that a terminal would obey, and those that UTF-8 does not have, are written as JSON escapes.
    """
    text = json.dumps(_finite(document), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return inert(text, escape=lambda char: json.dumps(char)[1:-1], keep="\n") + "\n"


def frame(command: str, inputs: Sequence[Mapping[str, Any]], warnings: Sequence[str]) -> Json:
    """What every report has."""
    return {
        "schema_version": SCHEMA_VERSION,
        "glasspara_version": __version__,
        "command": command,
        "inputs": list(inputs),
        "warnings": list(warnings),
    }


def input_block(item: Input) -> Json:
    measurement = item.measurement
    return {
        "path": measurement.path,
        "sha256": measurement.sha256,
        "instrument": measurement.instrument,
        "rows_read": measurement.rows_read,
        "rows_used": item.rows_used,
        "rows_dropped": dict(item.rows_dropped),
        "moment_column": measurement.moment_choice.column,
        "moment_reason": measurement.moment_choice.reason,
        "mass_mg": item.mass_mg,
        "mass_source": item.mass_source,
    }


def run_block(run: ReducedRun) -> Json:
    return {
        "file": run.run.file,
        "kind": run.run.kind,
        "nominal": run.run.nominal,
        "unit": run.run.unit,
        "n_points": len(run),
        "moment_column": run.run.moment_column,
        "sigma_source": run.run.sigma_source,
        "branches": list(run.run.branch_labels),
    }


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
        "failed": _failures(failed),
    }


def fit_block(result: FitResult) -> Json:
    statistics, determination = result.statistics, result.determination
    block: Json = {
        "method": result.method,
        "ions": result.model.ions,
        "runs": [run_block(run) for run in result.data.runs],
        "parameters": {name: _parameter(item) for name, item in result.parameters.items()},
        "correlation": {"names": list(result.correlation_names), "matrix": result.correlation.tolist()},
        "derived": {
            name: {"value": item.value, "error": item.error, "unit": item.unit}
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
        "minos": None
        if item.minos is None
        else {
            "lower": item.minos.lower,
            "upper": item.minos.upper,
            "lower_outcome": item.minos.lower_outcome,
            "upper_outcome": item.minos.upper_outcome,
        },
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


def universality_document(
    inputs: Sequence[Input], result: UniversalityResult, warnings: Sequence[str]
) -> Json:
    low, high = result.h_over_t_range
    return frame("universality", [input_block(item) for item in inputs], warnings) | {
        "universality": {
            "statistic": result.statistic,
            "statistic_name": "F",
            "dof": list(result.dof),
            "p_value": result.p_value,
            "p_with_allowances": result.p_with_allowances,
            "holds": result.holds,
            "odd_run": None if result.odd_run is None else run_block(result.odd_run),
            "h_over_t_range": [low, high],
            "h_over_t_unit": "Oe/K",
            "chi_larmor": result.chi_larmor,
            "chi_larmor_error": result.chi_larmor_error,
            "chi_larmor_unit": "emu g^-1 Oe^-1",
            "chi_larmor_source": result.chi_larmor_source,
            "runs": [
                run_block(item.run)
                | {
                    "statistic": item.statistic,
                    "p_value": item.p_value,
                    "rms_deviation_sigma": item.rms_deviation,
                }
                for item in result.runs
            ],
        }
    }


def compare_document(inputs: Sequence[Input], result: CompareResult, warnings: Sequence[str]) -> Json:
    test = result.test
    return frame("compare", [input_block(item) for item in inputs], warnings) | {
        "compare": {
            "models": [_contestant(item) for item in result.contestants],
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


def _contestant(item: Contestant) -> Json:
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


def subtract_document(
    inputs: Sequence[Input], staged: StagedData, stages: StageValues, warnings: Sequence[str]
) -> Json:
    columns = staged.columns()
    return frame("subtract", [input_block(item) for item in inputs], warnings) | {
        "subtract": {
            "parameters": dict(stages.values),
            "parameters_source": dict(stages.sources),
            "runs": [run_block(run) for run in staged.data.runs],
            "columns": list(columns),
            "rows": np.stack(list(columns.values()), axis=-1).tolist(),
        }
    }


def inspect_document(
    measurements: Sequence[Measurement], failed: Sequence[tuple[str, GlassparaError]]
) -> Json:
    return frame("inspect", [_measurement(item) for item in measurements], []) | {"failed": _failures(failed)}


def _failures(failed: Sequence[tuple[str, GlassparaError]]) -> list[Json]:
    return [{"path": path, "error": str(error), "exit_status": error.exit_status} for path, error in failed]


def _measurement(item: Measurement) -> Json:
    choice, mass = item.moment_choice, item.mass
    return {
        "path": item.path,
        "sha256": item.sha256,
        "instrument": item.instrument,
        "encoding": item.encoding,
        "title": item.header.title,
        "sample": item.header.sample,
        "rows_read": item.rows_read,
        "rows_used": item.rows_used,
        "rows_dropped": dict(item.rows_dropped),
        "dropped": [{"line": row.line, "reason": row.reason} for row in item.dropped],
        "moment_column": choice.column,
        "moment_reason": choice.reason,
        "sigma_column": choice.sigma_column,
        "diagnostics": dict(choice.diagnostics),
        "mass_mg": mass.value_mg,
        "mass_source": mass.source,
        "mass_problem": mass.problem,
        "runs": [
            {
                "kind": run.kind,
                "nominal": run.nominal,
                "unit": run.unit,
                "n_points": len(run.moment),
                "moment_column": run.moment_column,
                "t_range_K": _range(run.temperature),
                "h_range_Oe": _range(run.field),
                "moment_range_emu": _range(run.moment),
                "sigma_source": run.sigma_source,
                "branches": list(run.branch_labels),
                "warnings": list(run.warnings),
            }
            for run in item.runs
        ],
        "warnings": list(item.warnings),
    }


def simulate_document(
    runs: Sequence[SimulatedRun],
    *,
    preset: Preset,
    parameters: Mapping[str, float],
    seed: int,
    noise: float,
    layout: str,
    mass_mg: float,
) -> Json:
    return frame("simulate", [], []) | {
        "simulate": {
            "synthetic": True,
            "preset": preset.name,
            "seed": seed,
            "noise": noise,
            "layout": layout,
            "mass_mg": mass_mg,
            "parameters": dict(parameters),
            "files": [
                {
                    "name": run.file_name,
                    "sha256": sha256(run.content).hexdigest(),
                    "kind": run.plan.kind,
                    "nominal": run.plan.nominal,
                    "n_points": len(run.points.T),
                }
                for run in runs
            ],
        }
    }


def _range(values: npt.NDArray[np.float64]) -> list[float]:
    return [float(values.min()), float(values.max())]


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
