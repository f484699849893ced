"""The JSON report of ``partition``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.fit import fit_block
from glasspara.report.document.frame import Json, frame, input_block

if TYPE_CHECKING:
    from glasspara.analysis.partition import PartitionPoint, PartitionResult
    from glasspara.loading import Input


def partition_document(inputs: Sequence[Input], result: PartitionResult, warnings: Sequence[str]) -> Json:
    value, error = result.n_fe
    return frame("partition", [input_block(item) for item in inputs], warnings) | {
        "partition": {
            "status": result.status,
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "fe2_fraction": result.best,
            "intervals": {
                name: {
                    "ends": list(result.ends(name)),
                    "chi2_rise": level,
                    "lower_outcome": result.intervals[name].lower_outcome,
                    "upper_outcome": result.intervals[name].upper_outcome,
                }
                for name, level in result.levels.items()
            },
            "n_fe": {"value": value, "error": error, "unit": "g^-1", "held": error is None},
            "scan": [_point(item) for item in result.points],
            "fit": fit_block(result.fit),
        }
    }


def _point(item: PartitionPoint) -> Json:
    statistics = item.minimum.statistics
    return {
        "fe2_fraction": item.fraction,
        "chi2": item.minimum.chi2,
        "chi2_rise": item.rise,
        "ndof": statistics.ndof,
        "p_value": statistics.p_value,
        "explained": item.explained,
        "valid": item.minimum.valid,
        "reason": item.minimum.reason,
        "parameters": dict(item.minimum.reported),
    }
