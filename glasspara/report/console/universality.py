"""``universality`` at the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.parameters import allowances_in_words
from glasspara.report.console.terminal import shorten, show_inputs
from glasspara.wording import p_value, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.universality import UniversalityResult
    from glasspara.analysis.universality_parts import UniversalityParts
    from glasspara.loading import Input


def show_universality(
    inputs: Sequence[Input], result: UniversalityResult, parts: UniversalityParts, out: Console
) -> None:
    from glasspara.fitting.assessment import ALPHA

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
