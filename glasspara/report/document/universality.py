"""The JSON report of ``universality``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.frame import Json, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.analysis.universality import UniversalityResult
    from glasspara.loading import Input


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
