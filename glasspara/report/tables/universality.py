"""The tables of ``universality``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import csv_text, point_keys, provenance

if TYPE_CHECKING:
    from glasspara.analysis.universality import UniversalityResult
    from glasspara.analysis.universality_parts import PartTension, UniversalityParts
    from glasspara.loading import Input


def universality_csv(inputs: Sequence[Input], result: UniversalityResult) -> str:
    """Every point with its H/T, M - M_Larmor and the curve common to all runs."""
    comments = [
        *provenance("universality", inputs),
        *_chi_larmor(result),
        f"F({result.dof[0]}, {result.dof[1]}) = {result.statistic!r}, p = {result.p_value!r}, "
        f"universality {'holds' if result.holds else 'fails'}",
        "M_minus_larmor is folded to positive fields: sign(H) M + chi_larmor |H|",
    ]
    header = (
        "file", "line", "run", "branch", "T_K", "H_Oe", "H_over_T_Oe_per_K", "M_minus_larmor_emu_per_g",
        "sigma_emu_per_g", "common_curve_emu_per_g",
    )  # fmt: skip
    data = result.data
    columns = (
        data.temperature, data.field, result.h_over_t, result.magnetisation, data.sigma, result.common_curve,
    )  # fmt: skip
    points = zip(*(values.tolist() for values in columns), strict=True)
    rows = ((*key, *values) for key, values in zip(point_keys(data), points, strict=True))
    return csv_text(comments, header, rows)


def _chi_larmor(result: UniversalityResult) -> list[str]:
    source = result.chi_larmor_source
    if result.chi_larmor is not None:
        return [f"chi_larmor_emu_per_g_Oe {result.chi_larmor!r} ({source})"]
    return [
        f"chi_larmor_emu_per_g_Oe of {item.run.label} {item.chi_larmor!r} ({source})" for item in result.runs
    ]


_PART = (
    "H_over_T_low_Oe_per_K", "H_over_T_high_Oe_per_K", "points", "F", "dof_gained", "dof_left", "p_value",
    "p_with_allowances", "p_adjusted", "breaks", "problem",
)  # fmt: skip


def pairs_csv(inputs: Sequence[Input], result: UniversalityResult, parts: UniversalityParts) -> str:
    """One row a pair of runs, tested where they overlap in H/T."""
    runs = [item.run for item in result.runs]
    header = ("run_1", "file_1", "run_2", "file_2", *_PART)
    rows = (
        (
            *(text for number in pair.runs for text in (runs[number].label, runs[number].run.file)),
            *_numbers(pair),
        )
        for pair in parts.pairs
    )
    return csv_text(_comments(inputs, result, parts, "pairs"), header, rows)


def windows_csv(inputs: Sequence[Input], result: UniversalityResult, parts: UniversalityParts) -> str:
    """One row a window of H/T."""
    runs = [item.run for item in result.runs]
    header = ("runs", *_PART)
    rows = (
        ("; ".join(runs[number].label for number in window.runs), *_numbers(window))
        for window in parts.windows
    )
    return csv_text(_comments(inputs, result, parts, "windows"), header, rows)


def _comments(
    inputs: Sequence[Input], result: UniversalityResult, parts: UniversalityParts, kind: str
) -> list[str]:
    return [
        *provenance("universality", inputs),
        *parts.statements(result.data.runs, holds=result.holds),
        f"p_adjusted: the larger of p_value and p_with_allowances, adjusted for the number of {kind} (Holm)",
    ]


def _numbers(part: PartTension) -> tuple[object, ...]:
    limits, dof = part.h_over_t or (None, None), part.dof or (None, None)
    return (
        *limits, part.n_points, part.statistic, *dof, part.p_value, part.p_with_allowances, part.p_adjusted,
        int(part.breaks), part.problem,
    )  # fmt: skip
