"""The JSON report of ``inspect``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from glasspara.report.document.frame import Json, failures, frame

if TYPE_CHECKING:
    from glasspara.errors import GlassparaError
    from glasspara.measurement import Measurement


def inspect_document(
    measurements: Sequence[Measurement], failed: Sequence[tuple[str, GlassparaError]]
) -> Json:
    return frame("inspect", [_measurement(item) for item in measurements], []) | {"failed": failures(failed)}


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


def _range(values: npt.NDArray[np.float64]) -> list[float]:
    return [float(values.min()), float(values.max())]
