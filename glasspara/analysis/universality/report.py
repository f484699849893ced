"""The report of ``universality``: JSON block, CSV tables, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, RunBlock, of_runs
from glasspara.report.table import columns_text, csv_text, point_columns, provenance
from glasspara.report.terminal import Column, show_assessment, show_inputs, show_sentence, show_table
from glasspara.wording import shorten, value_with_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasspara.analysis.universality.collapse import UniversalityResult
    from glasspara.analysis.universality.failure import PartTension, UniversalityParts
    from glasspara.data.loading import Input

DATA, PAIRS, WINDOWS = "universality.csv", "universality_pairs.csv", "universality_windows.csv"
FIGURE, PAIRS_FIGURE = "universality", "universality_pairs"


class RunOnCurveBlock(RunBlock):
    """A run with the F test of its departure from the curve of all, and the chi_larmor subtracted from it."""

    statistic: Annotated[float, "tension.statistic"]
    p_value: Annotated[float, "tension.p_value"]
    rms_deviation_sigma: Annotated[float, "tension.rms_deviation"]
    chi_larmor: float
    chi_larmor_error: float | None


class PartBlock(TypedDict):
    """The test on a pair of runs or a window of H/T (Oe/K); ``runs`` are their numbers, from 0.

    ``p_adjusted`` is the larger of the two p-values, adjusted for the number of parts (Holm). Where the part cannot be
    tested the numbers are null, and ``problem`` says why.
    """

    runs: list[int]
    h_over_t_range: Annotated[list[float] | None, "h_over_t"]
    n_points: int
    statistic: float | None
    dof: list[int] | None
    p_value: float | None
    p_with_allowances: float | None
    p_adjusted: float | None
    breaks: bool
    problem: str


class UniversalityBlock(TypedDict):
    """Whether all runs share one curve of H/T; ``holds`` is null where that cannot be judged.

    ``p_with_allowances`` is the p-value with errors of the instrument allowed for, null where these were not needed.
    ``odd_run`` is the one run without which universality holds. ``chi_larmor`` is null where each run has its own. The
    p-values of pairs stand in matrices of runs, null on the diagonal and where a pair was not tested.
    """

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    statistic: float
    statistic_name: Literal["F"]
    dof: list[int]
    p_value: float
    p_with_allowances: float | None
    holds: bool | None
    odd_run: RunBlock | None
    h_over_t_range: list[float]
    h_over_t_unit: Literal["Oe/K"]
    chi_larmor: float | None
    chi_larmor_error: float | None
    chi_larmor_unit: Literal["emu g^-1 Oe^-1"]
    chi_larmor_source: str
    runs: Annotated[list[RunOnCurveBlock], lambda result: of_runs(RunOnCurveBlock, result.runs)]
    pairs: Annotated[list[PartBlock], lambda result: _parts(result).pairs]
    pair_p_values: Annotated[list[list[float | None]], lambda result: _parts(result).matrix("p_value")]
    pair_p_values_adjusted: Annotated[
        list[list[float | None]], lambda result: _parts(result).matrix("p_adjusted")
    ]
    windows: Annotated[list[PartBlock], lambda result: _parts(result).windows]
    breaks_in_h_over_t: Annotated[list[list[float]], lambda result: _parts(result).broken]


class UniversalityDocument(TypedDict):
    """What ``universality`` adds to the frame."""

    universality: Annotated[UniversalityBlock, ""]


def _parts(result: UniversalityResult) -> UniversalityParts:
    """Pairs and windows; none where they were not asked for."""
    from glasspara.analysis.universality.failure import UniversalityParts

    return result.parts or UniversalityParts(len(result.runs), (), ())


def _tables(inputs: Sequence[Input], result: UniversalityResult) -> dict[str, str]:
    return {
        DATA: universality_csv(inputs, result),
        PAIRS: pairs_csv(inputs, result),
        WINDOWS: windows_csv(inputs, result),
    }


def universality_csv(inputs: Sequence[Input], result: UniversalityResult) -> str:
    """Every point with its H/T, M - M_Larmor and the curve common to all runs."""
    comments = [
        *provenance("universality", inputs),
        *_chi_larmor(result),
        f"F({result.dof[0]}, {result.dof[1]}) = {result.statistic!r}, p = {result.p_value!r}",
        result.assessment.headline.text,
        "M_minus_larmor is folded to positive fields: sign(H) M + chi_larmor |H|",
    ]
    data = result.data
    columns = {
        **point_columns(data),
        "T_K": data.temperature,
        "H_Oe": data.field,
        "H_over_T_Oe_per_K": result.h_over_t,
        "M_minus_larmor_emu_per_g": result.magnetisation,
        "sigma_emu_per_g": data.sigma,
        "common_curve_emu_per_g": result.common_curve,
    }
    return columns_text(comments, columns)


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


def pairs_csv(inputs: Sequence[Input], result: UniversalityResult) -> str:
    """One row a pair of runs, tested where they overlap in H/T."""
    runs = [item.run for item in result.runs]
    header = ("run_1", "file_1", "run_2", "file_2", *_PART)
    rows = (
        (
            *(text for number in pair.runs for text in (runs[number].label, runs[number].run.file)),
            *_numbers(pair),
        )
        for pair in _parts(result).pairs
    )
    return csv_text(_comments(inputs, result, "pairs"), header, rows)


def windows_csv(inputs: Sequence[Input], result: UniversalityResult) -> str:
    """One row a window of H/T."""
    runs = [item.run for item in result.runs]
    header = ("runs", *_PART)
    rows = (
        ("; ".join(runs[number].label for number in window.runs), *_numbers(window))
        for window in _parts(result).windows
    )
    return csv_text(_comments(inputs, result, "windows"), header, rows)


def _comments(inputs: Sequence[Input], result: UniversalityResult, kind: str) -> list[str]:
    return [
        *provenance("universality", inputs),
        *(item.text for item in (*result.assessment.reasons, *result.notes)),
        f"p_adjusted: the larger of p_value and p_with_allowances, adjusted for the number of {kind} (Holm)",
    ]


def _numbers(part: PartTension) -> tuple[object, ...]:
    limits, dof = part.h_over_t or (None, None), part.dof or (None, None)
    return (
        *limits, part.n_points, part.statistic, *dof, part.p_value, part.p_with_allowances, part.p_adjusted,
        int(part.breaks), part.problem,
    )  # fmt: skip


def show_universality(inputs: Sequence[Input], result: UniversalityResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    own_chi = result.chi_larmor is None
    _, names = shorten(sorted({item.run.run.file for item in result.runs}))
    alike = len({item.run.label for item in result.runs}) < len(result.runs)
    rows = [
        (
            item.run.label, str(len(item.run)),
            f"{item.tension.rms_deviation:.2f}", f"{item.tension.statistic:.2f}", f"{item.tension.p_value:.2g}",
            value_with_error(item.chi_larmor, item.chi_larmor_error) if own_chi else "",
            names[item.run.run.file] if alike else "",
        )
        for item in result.runs
    ]  # fmt: skip
    columns = (
        "run",
        "points",
        "rms / sigma",
        "F",
        "p",
        "chi_larmor / emu g^-1 Oe^-1",
        Column("file", "path"),
    )
    show_table(columns, rows, out)
    if result.chi_larmor is None:
        show_sentence(f"chi_larmor: {result.chi_larmor_source}; the test leaves each free", out)
    else:
        chi = value_with_error(result.chi_larmor, result.chi_larmor_error)
        free = "; the test leaves it free" if result.larmor.source == "all" else ""
        show_sentence(f"chi_larmor = {chi} emu g^-1 Oe^-1 ({result.chi_larmor_source}{free})", out)
    low, high = result.h_over_t_range
    show_sentence(f"H/T from {low:.4g} to {high:.4g} Oe/K; {len(result.data)} points", out)
    show_assessment(result.assessment, out, result.notes)


def _draw(result: UniversalityResult) -> dict[str, Figure]:
    from glasspara.analysis.universality.figures import universality_figure, universality_pairs_figure

    drawn = {FIGURE: universality_figure(result)}
    if len(result.data.runs) > 2:  # the pair of two runs is the whole
        drawn[PAIRS_FIGURE] = universality_pairs_figure(result)
    return drawn


REPORT = Report(
    "universality",
    UniversalityDocument,
    _tables,
    show_universality,
    files=("universality.json", DATA, PAIRS, WINDOWS),
    figures=(FIGURE, PAIRS_FIGURE),
    draw=_draw,
)
