"""The JSON report of ``derive``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glasspara.report.document.frame import Json, frame

if TYPE_CHECKING:
    from glasspara.analysis.derive import DeriveResult


def derive_document(
    inputs: Sequence[Mapping[str, Any]], result: DeriveResult, warnings: Sequence[str]
) -> Json:
    """``inputs`` are input blocks, of this command's files or of the report that it read."""
    source = result.source
    return frame("derive", inputs, warnings) | {
        "model": source.model,
        "convention": source.convention,
        "orientation": source.orientation,
        "derive": {
            "source": source.source,
            "status": source.status,
            "trusted": source.trusted,
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "qs4_measured": result.qs4_measured,
            "parameters": {
                name: {"value": value, "error": source.error(name) or None}
                for name, value in source.values.items()
            },
            "assumptions": {
                name: {
                    "symbol": item.symbol,
                    "low": item.low,
                    "high": item.high,
                    "unit": item.unit,
                    "source": item.source,
                    "given": item.given,
                }
                for name, item in result.assumptions.items()
            },
            "quantities": [
                {
                    "name": item.name,
                    "text": item.text,
                    "temperature_K": item.temperature,
                    "value": item.value,
                    "error": item.error,
                    "low": item.low,
                    "high": item.high,
                    "unit": item.unit,
                    "assumptions": list(item.needs),
                    "determined": item.determined,
                }
                for item in result.quantities
            ],
            "checks": [{"text": item.text, "holds": item.holds} for item in result.checks],
        },
    }
