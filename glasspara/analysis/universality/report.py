"""The JSON report of ``universality``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.model.parameters import allowances_in_words
from glasspara.report.frame import Json, frame, input_block, run_block
from glasspara.report.table import csv_text, point_keys, provenance
from glasspara.report.terminal import shorten, show_inputs
from glasspara.wording import p_value, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.universality.collapse import UniversalityResult
    from glasspara.analysis.universality.parts import PartTension, UniversalityParts
    from glasspara.data.loading import Input


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


def show_universality(
    inputs: Sequence[Input], result: UniversalityResult, parts: UniversalityParts, out: Console
) -> None:
    from glasspara.fitting.judge.assessment import ALPHA

    show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    own_chi = result.chi_larmor is None
    columns = ("run", "file", "points", "deviation / sigma", "F", "p")
    for column in (*columns, "chi_larmor / emu g^-1 Oe^-1") if own_chi else columns:
        table.add_column(column, overflow="fold")
    _, names = shorten(sorted({item.run.run.file for item in result.runs}))
    for item in result.runs:
        table.add_row(
            item.run.label, names[item.run.run.file], str(len(item.run)),
            f"{item.tension.rms_deviation:.2f}", f"{item.tension.statistic:.2f}", f"{item.tension.p_value:.2g}",
            *([value_with_error(item.chi_larmor, item.chi_larmor_error)] if own_chi else []),
        )  # fmt: skip
    out.print(table)
    if result.chi_larmor is None:
        out.print(f"chi_larmor: {result.chi_larmor_source}; the test leaves each free")
    else:
        chi = value_with_error(result.chi_larmor, result.chi_larmor_error)
        free = "; the test leaves it free" if result.larmor.source == "all" else ""
        out.print(f"chi_larmor = {chi} emu g^-1 Oe^-1 ({result.chi_larmor_source}{free})")
    low, high = result.h_over_t_range
    out.print(f"H/T from {low:.4g} to {high:.4g} Oe/K; {len(result.data)} points")
    verdict = f"F({result.dof[0]}, {result.dof[1]}) = {result.statistic:.4g}, {p_value(result.p_value)}"
    if result.holds:
        out.print(Text(f"Verdict: universality holds ({verdict})", style="bold green"))
        if result.p_with_allowances is None:
            out.print("  - M - M_Larmor of all runs falls on one curve of H/T, as Langevin terms alone would")
        else:
            out.print(
                f"  - as they stand the runs do not share one curve of H/T, but {allowances_in_words()} would explain "
                f"it ({p_value(result.p_with_allowances)}); --no-allowances if these are excluded"
            )
    else:
        out.print(Text(f"Verdict: universality FAILS ({verdict})", style="bold red"))
        odd = result.odd_run
        if odd is None:
            out.print(f"  - {result.meaning}")
        else:
            out.print(
                f"  - by one run alone: without {odd.label} ({names[odd.run.file]}) it holds. A flux jump or a wrong "
                "set point does this, a property of the sample does not"
            )
        if result.p_with_allowances is not None:
            granted = p_value(result.p_with_allowances)
            out.print(f"  - {allowances_in_words()} would not explain it ({granted})")
    for statement in parts.statements(result.data.runs, holds=result.holds):
        out.print(f"  - {statement}")
    out.print(f"  - at this level, chance alone makes it fail in {100 * ALPHA:.0f} % of all tests")
