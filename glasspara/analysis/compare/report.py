"""The JSON report of ``compare``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.findings import FindingBlock, blocks
from glasspara.report.frame import Json, frame, input_block
from glasspara.report.table import csv_text, provenance
from glasspara.report.terminal import show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.compare.comparison import CompareResult
    from glasspara.analysis.compare.contestants import Contestant
    from glasspara.data.loading import Input


class FittedValueBlock(TypedDict):
    """A parameter of one of the compared fits."""

    value: float
    error: float | None
    unit: str
    fixed: bool


class ContestantBlock(TypedDict):
    """A model of the comparison; its numbers are null where it has no usable fit, and ``problem`` says why.

    The scaled criteria are those with chi2 divided by the comparison's ``scale``; ``delta_aic`` is the difference of
    ``aic_scaled`` to the least, ``weight`` Akaike's.
    """

    name: str
    text: str
    status: str
    problem: str
    chi2: float | None
    ndof: int | None
    n_free: int | None
    aic: float | None
    bic: float | None
    aic_scaled: float | None
    bic_scaled: float | None
    delta_aic: float | None
    weight: float | None
    reasons: list[FindingBlock]
    parameters: dict[str, FittedValueBlock]


def compare_document(inputs: Sequence[Input], result: CompareResult, warnings: Sequence[str]) -> Json:
    test = result.test
    return frame("compare", [input_block(item) for item in inputs], warnings) | {
        "compare": {
            "models": [contestant_block(item) for item in result.contestants],
            "best": None if result.best is None else result.best.name,
            "scale": result.scale,
            "ats_needed": result.ats_needed,
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "p_value": None if test is None else test.p_value,
            "p_value_method": None
            if test is None
            else "F distribution"
            if test.p_bootstrap is None
            else "parametric bootstrap",
            "p_value_is_bound": None if test is None else test.is_bound,
            "p_value_f": None if test is None else test.p_f,
            "f_ratio": None if test is None else test.statistic,
            "f_dof": None if test is None else [test.extra_parameters, test.ndof],
            "replicates": 0 if test is None else test.replicates,
            "replicates_failed": 0 if test is None else test.failed,
            "replicates_as_large": 0 if test is None else test.hits,
            "seed": None if test is None or not test.replicates else test.seed,
        }
    }


def contestant_block(item: Contestant) -> ContestantBlock:
    """A model of the comparison, with its numbers where it has a usable fit."""
    result = item.result if item.usable else None
    statistics = None if result is None else result.statistics
    return {
        "name": item.name,
        "text": item.text,
        "status": item.status,
        "problem": str(item.problem),
        "chi2": None if statistics is None else statistics.chi2,
        "ndof": None if statistics is None else statistics.ndof,
        "n_free": None if statistics is None else statistics.n_free,
        "aic": None if statistics is None else statistics.aic,
        "bic": None if statistics is None else statistics.bic,
        "aic_scaled": item.aic_scaled,
        "bic_scaled": item.bic_scaled,
        "delta_aic": item.delta,
        "weight": item.weight,
        "reasons": [] if item.result is None else blocks(item.result.assessment.reasons),
        "parameters": {}
        if result is None
        else {
            name: {"value": value.value, "error": value.error, "unit": value.unit, "fixed": value.fixed}
            for name, value in result.parameters.items()
        },
    }


def compare_csv(inputs: Sequence[Input], result: CompareResult) -> str:
    """One row a model."""
    comments = [
        *provenance("compare", inputs),
        result.verdict,
        *result.remarks,
        f"aic_scaled, bic_scaled, delta_aic, weight: chi2 divided by {result.scale!r}",
    ]
    rows: list[Sequence[object]] = []
    for item in result.contestants:
        statistics = item.result.statistics if item.result and item.usable else None
        numbers = (
            (None,) * 5
            if statistics is None
            else (statistics.chi2, statistics.ndof, statistics.n_free, statistics.aic, statistics.bic)
        )
        scaled = (item.aic_scaled, item.bic_scaled, item.delta, item.weight)
        rows.append((item.name, item.text, item.status, *numbers, *scaled, item.problem))
    header = (
        "model", "text", "status", "chi2", "ndof", "n_free", "aic", "bic", "aic_scaled", "bic_scaled", "delta_aic",
        "weight", "problem",
    )  # fmt: skip
    return csv_text(comments, header, rows)


def show_compare(inputs: Sequence[Input], result: CompareResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("chi2", "ndof", "k", "AIC", "BIC", "delta AIC", "weight")
    for column in ("model", *numbers, "status"):
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for item in sorted(
        result.contestants, key=lambda item: float("inf") if item.delta is None else item.delta
    ):
        table.add_row(item.name, *_criteria(item), item.status, style="bold" if item is result.best else None)
    out.print(table)
    if result.scale > 1.0:
        out.print(
            f"AIC and BIC by the stated errors; delta AIC and weight with chi2 divided by {result.scale:.4g}"
        )
    known = result.best is not None and result.trusted
    out.print(Text(f"Verdict: {result.verdict}", style="bold green" if known else "bold red"))
    for remark in result.remarks:
        out.print(f"  - {remark}")


def _criteria(item: Contestant) -> tuple[str, ...]:
    if item.result is None or not item.usable or item.delta is None or item.weight is None:
        return ("",) * 7
    statistics = item.result.statistics
    sizes = [
        f"{value:.1f}" if abs(value) < 1.0e5 else f"{value:.4g}"
        for value in (statistics.chi2, statistics.aic, statistics.bic, item.delta)
    ]
    return (
        sizes[0], str(statistics.ndof), str(statistics.n_free), *sizes[1:], f"{item.weight:.2g}"
    )  # fmt: skip
