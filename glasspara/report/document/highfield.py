"""The JSON report of ``highfield``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.compare import contestant_block
from glasspara.report.document.frame import Json, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.analysis.high_field import HighFieldResult, Peak
    from glasspara.loading import Input


def highfield_document(inputs: Sequence[Input], result: HighFieldResult, warnings: Sequence[str]) -> Json:
    comparison = result.comparison
    return frame("highfield", [input_block(item) for item in inputs], warnings) | {
        "highfield": {
            "forms": [contestant_block(item) for item in comparison.contestants],
            "best": None if comparison.best is None else comparison.best.name,
            "scale": comparison.scale,
            "statements": list(result.statements),
            "remarks": list(comparison.remarks),
            "peaks": [_peak(item) for item in result.peaks],
        }
    }


def _peak(item: Peak) -> Json:
    return {
        "run": run_block(item.run),
        "form": item.form,
        "field": item.field,
        "field_error": item.error,
        "field_unit": "Oe",
        "highest_field": item.top,
        "share_at_highest_field": item.fall,
    }
