"""The report of ``universality``: JSON block, CSV tables, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, RunBlock, of_runs
from glasspara.report.table import Columns, Sheet, point_columns
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.wording import p_number, shorten, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.universality.collapse import UniversalityResult
    from glasspara.analysis.universality.failure import PartTension, UniversalityParts


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


def _parts(result: UniversalityResult) -> UniversalityParts:
    """Pairs and windows; none where they were not asked for."""
    from glasspara.analysis.universality.failure import UniversalityParts

    return result.parts or UniversalityParts(len(result.runs), (), ())


def _about(result: UniversalityResult) -> list[str]:
    return [item.text for item in (*result.assessment.reasons, *result.notes)]


def _points(result: UniversalityResult) -> Sheet:
    """Every point with its H/T, M - M_Larmor and the curve common to all runs."""
    about = [
        *_chi_larmor(result),
        f"F({result.dof[0]}, {result.dof[1]}) = {result.statistic!r}, p = {result.p_value!r}",
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
    return Sheet(columns, about)


def _chi_larmor(result: UniversalityResult) -> list[str]:
    source = result.chi_larmor_source
    if result.chi_larmor is not None:
        return [f"chi_larmor_emu_per_g_Oe {result.chi_larmor!r} ({source})"]
    return [
        f"chi_larmor_emu_per_g_Oe of {item.run.label} {item.chi_larmor!r} ({source})" for item in result.runs
    ]


def _pairs(result: UniversalityResult) -> Sheet:
    """One row a pair of runs, tested where they overlap in H/T."""
    pairs, runs = _parts(result).pairs, [item.run for item in result.runs]
    columns: Columns = {}
    for number in (0, 1):
        columns[f"run_{number + 1}"] = [runs[pair.runs[number]].label for pair in pairs]
        columns[f"file_{number + 1}"] = [runs[pair.runs[number]].run.file for pair in pairs]
    return _of_parts(columns, pairs, "pairs")


def _windows(result: UniversalityResult) -> Sheet:
    """One row a window of H/T."""
    windows = _parts(result).windows
    labels = ["; ".join(result.runs[number].run.label for number in window.runs) for window in windows]
    return _of_parts({"runs": labels}, windows, "windows")


def _of_parts(columns: Columns, parts: Sequence[PartTension], kind: str) -> Sheet:
    """``columns`` that name the parts, with the test of each."""
    columns |= {
        f"H_over_T_{end}_Oe_per_K": [part.h_over_t and part.h_over_t[index] for part in parts]
        for index, end in enumerate(("low", "high"))
    }
    columns |= {"points": [part.n_points for part in parts], "F": [part.statistic for part in parts]}
    columns |= {
        f"dof_{which}": [part.dof and part.dof[index] for part in parts]
        for index, which in enumerate(("gained", "left"))
    }
    for name in ("p_value", "p_with_allowances", "p_adjusted", "breaks", "problem"):
        columns[name] = [getattr(part, name) for part in parts]
    about = (
        f"p_adjusted: the larger of p_value and p_with_allowances, adjusted for the number of {kind} (Holm)"
    )
    return Sheet(columns, [about])


def show_universality(result: UniversalityResult, out: Console) -> None:
    own_chi = result.chi_larmor is None
    _, names = shorten(sorted({item.run.run.file for item in result.runs}))
    alike = len({item.run.label for item in result.runs}) < len(result.runs)
    rows = [
        (
            item.run.label, str(len(item.run)),
            f"{item.tension.rms_deviation:.2f}", f"{item.tension.statistic:.2f}", p_number(item.tension.p_value),
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


REPORT = Report(
    "universality",
    UniversalityBlock,
    show_universality,
    tables={
        "universality.csv": _points,
        "universality_pairs.csv": _pairs,
        "universality_windows.csv": _windows,
    },
    about=_about,
    figures={"universality": "universality_figure", "universality_pairs": "universality_pairs_figure"},
)
