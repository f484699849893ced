"""The report of ``compare``: JSON block, CSV table, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from rich.console import Console

from glasspara.analysis.compare.comparison import COLUMNS
from glasspara.analysis.fit.report import OrdinaryBlock, ordinary_block
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report.block import fill
from glasspara.report.frame import Report
from glasspara.report.table import csv_text, provenance
from glasspara.report.terminal import Column, show_assessment, show_inputs, show_sentence, show_table

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
    of_the_test: dict[str, Any] = dict.fromkeys(_OF_THE_TEST) | dict.fromkeys(_COUNTS, 0)
    if test is not None:
        of_the_test = {
            "p_value": test.p_value,
            "p_value_method": "F distribution" if test.p_bootstrap is None else "parametric bootstrap",
            "p_value_is_bound": test.is_bound,
            "p_value_f": test.p_f,
            "f_ratio": test.statistic,
            "f_dof": (test.extra_parameters, test.ndof),
            "replicates": test.replicates,
            "replicates_failed": test.failed,
            "replicates_as_large": test.hits,
            "seed": test.seed if test.replicates else None,
        }
    block = fill(
        CompareBlock,
        result,
        models=[contestant_block(item) for item in result.contestants],
        best=None if result.best is None else result.best.name,
        ordinary_magnetism=None
        if result.ordinary is None
        else ordinary_block(result.ordinary, established=bool(result.ats_established)),
        **of_the_test,
    )
    return {"compare": block}


_COUNTS = ("replicates", "replicates_failed", "replicates_as_large")
_OF_THE_TEST = ("p_value", "p_value_method", "p_value_is_bound", "p_value_f", "f_ratio", "f_dof", "seed")


def contestant_block(item: Contestant) -> ContestantBlock:
    """A model of the comparison, with its numbers where it has a usable fit."""
    result = item.result if item.usable else None
    names = ("chi2", "ndof", "n_free", "aic", "bic")
    return fill(
        ContestantBlock,
        item,
        problem="" if item.problem is None else item.problem.text,
        **{name: None if result is None else getattr(result.statistics, name) for name in names},
        delta_aic=item.delta,
        reasons=() if item.result is None else item.result.assessment.reasons,
        parameters={} if result is None else result.parameters,
    )


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
    names = ("chi2", "ndof", "k", "AIC", "BIC", "delta AIC", "weight")
    numbers = (Column(name, "number") for name in names)
    items = sorted(result.contestants, key=lambda item: float("inf") if item.delta is None else item.delta)
    rows = [(item.name, *_criteria(item), item.status) for item in items]
    best = [n for n, item in enumerate(items) if item is result.best]
    if (whole := result.ordinary) is not None:
        size = (_size(whole.cone.chi2_without_directions), str(whole.cone.n_points), *("",) * 5)
        rows.append(("ordinary magnetism", *size, "excluded" if whole.excluded else "not excluded"))
    show_table(("model", *numbers, "status"), rows, out, bold=best)
    if result.scale > 1.0:
        show_sentence(
            f"AIC and BIC by the stated errors; delta AIC and weight with chi2 divided by {result.scale:.4g}",
            out,
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
