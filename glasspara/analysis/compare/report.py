"""The report of ``compare``: JSON block, CSV table, terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.analysis.fit.blocks import OrdinaryBlock, with_ordinary
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report
from glasspara.report.table import Sheet
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table

if TYPE_CHECKING:
    from glasspara.analysis.compare.comparison import CompareResult
    from glasspara.analysis.compare.contestants import Contestant, NestedTest
    from glasspara.fitting.judge.ordinary import OrdinaryMagnetism


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
    problem: Annotated[str, lambda item: "" if item.problem is None else item.problem.text]
    chi2: Annotated[float | None, lambda item: _number(item, "chi2")]
    ndof: Annotated[int | None, lambda item: _number(item, "ndof")]
    n_free: Annotated[int | None, lambda item: _number(item, "n_free")]
    aic: Annotated[float | None, lambda item: _number(item, "aic")]
    bic: Annotated[float | None, lambda item: _number(item, "bic")]
    aic_scaled: float | None
    bic_scaled: float | None
    delta_aic: Annotated[float | None, "delta"]
    weight: float | None
    reasons: Annotated[
        list[FindingBlock], lambda item: () if item.result is None else item.result.assessment.reasons
    ]
    parameters: Annotated[
        dict[str, FittedValueBlock], lambda item: item.result.parameters if item.usable else {}
    ]


class CompareBlock(TypedDict):
    """The models in the order asked for, the best of them, and the test of the ETM against Larmor + Langevin.

    ``ordinary_magnetism`` is ordinary magnetism as a whole beside the ETM, or beside the best model with an ATS term;
    it and ``ats_established`` are null where no such model was compared.
    """

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    models: Annotated[list[ContestantBlock], "contestants"]
    best: Annotated[str | None, "best.name"]
    scale: float
    ats_needed: bool | None
    ats_established: bool | None
    ordinary_magnetism: Annotated[OrdinaryBlock | None, with_ordinary]
    p_value: Annotated[float | None, "test.p_value"]
    p_value_method: Annotated[
        Literal["F distribution", "parametric bootstrap"] | None,
        lambda result: result.test and _method(result.test),
    ]
    p_value_is_bound: Annotated[bool | None, "test.is_bound"]
    p_value_f: Annotated[float | None, "test.p_f"]
    f_ratio: Annotated[float | None, "test.statistic"]
    f_dof: Annotated[
        list[int] | None, lambda result: result.test and (result.test.extra_parameters, result.test.ndof)
    ]
    replicates: Annotated[int, lambda result: result.test.replicates if result.test else 0]
    replicates_failed: Annotated[int, lambda result: result.test.failed if result.test else 0]
    replicates_as_large: Annotated[int, lambda result: result.test.hits if result.test else 0]
    seed: Annotated[
        int | None, lambda result: result.test.seed if result.test and result.test.replicates else None
    ]


def _number(item: Contestant, name: str) -> float | None:
    """A number of the fit, where it is usable."""
    return getattr(item.result.statistics, name) if item.result is not None and item.usable else None


def _method(test: NestedTest) -> str:
    return "F distribution" if test.p_bootstrap is None else "parametric bootstrap"


def _models(result: CompareResult) -> Sheet:
    """One row a model."""
    return Sheet(
        result.table(), [f"aic_scaled, bic_scaled, delta_aic, weight: chi2 divided by {result.scale!r}"]
    )


def show_compare(result: CompareResult, out: Console) -> None:
    names = ("chi2", "ndof", "k", "AIC", "BIC", "delta AIC", "weight")
    numbers = (Column(name, "number") for name in names)
    items = sorted(result.contestants, key=lambda item: float("inf") if item.delta is None else item.delta)
    rows = [(item.name, *_criteria(item), item.status) for item in items]
    best = [n for n, item in enumerate(items) if item is result.best]
    show_table(("model", *numbers, "status"), rows, out, bold=best)
    if result.scale > 1.0:
        show_sentence(
            f"AIC and BIC by the stated errors; delta AIC and weight with chi2 divided by {result.scale:.4g}",
            out,
        )
    if result.ordinary is not None and result.reference is not None:
        _show_beside_ordinary(result.ordinary, result.reference.name, out)
    show_assessment(result.assessment, out, result.notes)


def _show_beside_ordinary(whole: OrdinaryMagnetism, model: str, out: Console) -> None:
    """Ordinary magnetism as a whole beside the model that it is held against, by both of their chi2.

    That of the table of models has no errors of the instrument, that of the verdict has them.
    """
    numbers = ("chi2", "with errors of the instrument", "points")
    allowed = whole.widths is not None
    rows = [
        (name, _size(alone), _size(chi2) * allowed, str(whole.cone.n_points), status)
        for name, alone, chi2, status in (
            (model, whole.chi2_model_without_directions, whole.chi2_model, ""),
            (
                "ordinary magnetism",
                whole.cone.chi2_without_directions,
                whole.cone.chi2,
                "excluded" if whole.excluded else "not excluded",
            ),
        )
    ]
    out.print()
    show_table(("as a whole", *(Column(name, "number") for name in numbers), "status"), rows, out)


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


REPORT = Report(
    "compare",
    CompareBlock,
    show_compare,
    tables={"compare.csv": _models},
    about=lambda compare: [item.text for item in (*compare.assessment.reasons, *compare.notes)],
    figures={"compare": "compare_figure"},
    taken=lambda compare: {
        "models": [item.name for item in compare.contestants],
        "replicates": compare.test.replicates if compare.test else 0,
    },
)
