"""The report of ``compare``: JSON block, CSV table, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

from rich.console import Console
from rich.table import Table

from glasspara.analysis.compare.comparison import COLUMNS
from glasspara.analysis.fit.report import OrdinaryBlock, ordinary_block
from glasspara.findings import AssessmentBlock, FindingBlock, blocks
from glasspara.report.frame import Report
from glasspara.report.table import csv_text, provenance
from glasspara.report.terminal import show_assessment, show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.compare.comparison import CompareResult
    from glasspara.analysis.compare.contestants import Contestant
    from glasspara.data.loading import Input

DATA, FIGURE = "compare.csv", "compare.png"


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


class CompareBlock(TypedDict):
    """The models in the order asked for, the best of them, and the test of the ETM against Larmor + Langevin.

    ``ordinary_magnetism`` is ordinary magnetism as a whole beside the ETM, or beside the best model with an ATS term;
    it and ``ats_established`` are null where no such model was compared.
    """

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    models: list[ContestantBlock]
    best: str | None
    scale: float
    ats_needed: bool | None
    ats_established: bool | None
    ordinary_magnetism: OrdinaryBlock | None
    p_value: float | None
    p_value_method: Literal["F distribution", "parametric bootstrap"] | None
    p_value_is_bound: bool | None
    p_value_f: float | None
    f_ratio: float | None
    f_dof: list[int] | None
    replicates: int
    replicates_failed: int
    replicates_as_large: int
    seed: int | None


class CompareDocument(TypedDict):
    """What ``compare`` adds to the frame."""

    compare: CompareBlock


def compare_document(result: CompareResult) -> CompareDocument:
    test = result.test
    block: CompareBlock = {
        "assessment": result.assessment.block,
        "notes": blocks(result.notes),
        "models": [contestant_block(item) for item in result.contestants],
        "best": None if result.best is None else result.best.name,
        "scale": result.scale,
        "ats_needed": result.ats_needed,
        "ats_established": result.ats_established,
        "ordinary_magnetism": None
        if result.ordinary is None
        else ordinary_block(result.ordinary, established=bool(result.ats_established)),
        "p_value": None,
        "p_value_method": None,
        "p_value_is_bound": None,
        "p_value_f": None,
        "f_ratio": None,
        "f_dof": None,
        "replicates": 0,
        "replicates_failed": 0,
        "replicates_as_large": 0,
        "seed": None,
    }
    if test is not None:
        block["p_value"] = test.p_value
        block["p_value_method"] = "F distribution" if test.p_bootstrap is None else "parametric bootstrap"
        block["p_value_is_bound"] = test.is_bound
        block["p_value_f"] = test.p_f
        block["f_ratio"] = test.statistic
        block["f_dof"] = [test.extra_parameters, test.ndof]
        block["replicates"] = test.replicates
        block["replicates_failed"] = test.failed
        block["replicates_as_large"] = test.hits
        block["seed"] = test.seed if test.replicates else None
    return {"compare": block}


def contestant_block(item: Contestant) -> ContestantBlock:
    """A model of the comparison, with its numbers where it has a usable fit."""
    result = item.result if item.usable else None
    statistics = None if result is None else result.statistics
    return {
        "name": item.name,
        "text": item.text,
        "status": item.status,
        "problem": "" if item.problem is None else item.problem.text,
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


def _tables(inputs: Sequence[Input], result: CompareResult) -> dict[str, str]:
    """One row a model."""
    comments = [
        *provenance("compare", inputs),
        *(item.text for item in (*result.assessment.reasons, *result.notes)),
        f"aic_scaled, bic_scaled, delta_aic, weight: chi2 divided by {result.scale!r}",
    ]
    return {DATA: csv_text(comments, COLUMNS, result.rows)}


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
    if (whole := result.ordinary) is not None:
        cone = whole.cone
        size = (_size(cone.chi2_without_directions), str(cone.n_points), *("",) * 5)
        table.add_row("ordinary magnetism", *size, "excluded" if whole.excluded else "not excluded")
    out.print(table)
    if result.scale > 1.0:
        out.print(
            f"AIC and BIC by the stated errors; delta AIC and weight with chi2 divided by {result.scale:.4g}"
        )
    show_assessment(result.assessment, out, result.notes)


def _criteria(item: Contestant) -> tuple[str, ...]:
    if item.result is None or not item.usable or item.delta is None or item.weight is None:
        return ("",) * 7
    statistics = item.result.statistics
    sizes = [_size(value) for value in (statistics.chi2, statistics.aic, statistics.bic, item.delta)]
    return (
        sizes[0], str(statistics.ndof), str(statistics.n_free), *sizes[1:], f"{item.weight:.2g}"
    )  # fmt: skip


def _size(value: float) -> str:
    return f"{value:.1f}" if abs(value) < 1.0e5 else f"{value:.4g}"


REPORT = Report("compare", compare_document, _tables, show_compare, files=("compare.json", DATA, FIGURE))
