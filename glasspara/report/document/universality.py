"""The JSON report of ``universality``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.document.frame import Json, frame, input_block, run_block

if TYPE_CHECKING:
    from glasspara.analysis.universality import UniversalityResult
    from glasspara.analysis.universality_parts import PartTension, UniversalityParts
    from glasspara.loading import Input


def universality_document(
    inputs: Sequence[Input], result: UniversalityResult, parts: UniversalityParts, warnings: Sequence[str]
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
                    "statistic": item.tension.statistic,
                    "p_value": item.tension.p_value,
                    "rms_deviation_sigma": item.tension.rms_deviation,
                    "chi_larmor": item.chi_larmor,
                    "chi_larmor_error": item.chi_larmor_error,
                }
                for item in result.runs
            ],
            "pairs": [_part(pair) for pair in parts.pairs],
            "pair_p_values": parts.matrix("p_value"),
            "pair_p_values_adjusted": parts.matrix("p_adjusted"),
            "windows": [_part(window) for window in parts.windows],
            "breaks_in_h_over_t": [list(limits) for limits in parts.broken],
            "statements": [
                *([] if result.holds or result.odd_run else [result.meaning]),
                *parts.statements(result.data.runs, holds=result.holds),
            ],
        }
    }


def _part(part: PartTension) -> Json:
    return {
        "runs": list(part.runs),
        "h_over_t_range": None if part.h_over_t is None else list(part.h_over_t),
        "n_points": part.n_points,
        "statistic": part.statistic,
        "dof": None if part.dof is None else list(part.dof),
        "p_value": part.p_value,
        "p_with_allowances": part.p_with_allowances,
        "p_adjusted": part.p_adjusted,
        "breaks": part.breaks,
        "problem": part.problem,
    }
