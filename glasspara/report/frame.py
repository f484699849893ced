"""What every JSON report has, and how one becomes text: the same bytes for the same input."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from glasspara.package import __version__
from glasspara.report.corrections import field_block, holder_block
from glasspara.report.inert import inert

if TYPE_CHECKING:
    from glasspara.data.dataset import ReducedRun
    from glasspara.data.loading import Input
    from glasspara.errors import GlassparaError


SCHEMA_VERSION = 1


Json = dict[str, Any]


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
    """A file as an analysis used it."""
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
        "holder": holder_block(item.corrections),
        "true_field": field_block(item.corrections),
    }


def run_block(run: ReducedRun) -> Json:
    """A run by its file and set point."""
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


def failures(failed: Sequence[tuple[str, GlassparaError]]) -> list[Json]:
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
