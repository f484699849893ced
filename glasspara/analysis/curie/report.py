"""The report of ``curie``: JSON block, CSV table, terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.analysis.curie.weak_laws import UNITS, CurieQuantity, WeakFit
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import QuantityBlock, Report, RunBlock, of_runs
from glasspara.report.block import fill
from glasspara.report.table import Sheet
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.wording import percent, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.curie.curie_law import CurieResult

_CHI, _CURIE = "emu g^-1 Oe^-1", "emu K g^-1 Oe^-1"


class LowTemperatureBlock(TypedDict):
    """The test (18): the slope of T (chi + chi_L) in the low-temperature window, by an F test.

    ``expected_slope`` is that of typical tunnelling systems; ``slope_error_scaled`` goes by the scatter of the points.
    """

    nature: Literal[
        "glass-like", "rising", "crystal-like", "not-established", "not-determined", "falling", "not-trusted"
    ]
    slope: Annotated[QuantityBlock, lambda test: CurieQuantity(test.slope, test.slope_error, _CHI)]
    slope_error_scaled: float
    expected_slope: Annotated[float, "expected"]
    curie_constant: Annotated[
        QuantityBlock, lambda test: CurieQuantity(test.curie_constant, test.curie_error, _CURIE)
    ]
    chi_larmor: Annotated[
        QuantityBlock, lambda test: CurieQuantity(test.chi_larmor, test.chi_larmor_error, _CHI)
    ]
    chi_larmor_source: str
    statistic: float
    dof: list[int]
    p_value: float
    p_with_allowances: float | None
    low_window_end_K: float
    high_window_start_K: float


class WeakFitBlock(TypedDict):
    """One of the three laws at the weak points."""

    name: str
    text: str
    chi2: float
    n_points: int
    n_free: int
    quantities: dict[str, QuantityBlock]
    correlation_of_c_and_g: Annotated[float | None, "correlation"]


class WeakRunBlock(RunBlock):
    """A run, how many of its points are weak, and by what shares the terms are off their weak-field forms.

    ``reason`` says why points were left out; null where all are weak.
    """

    n_weak: Annotated[int, lambda item: 0 if item.used is None else len(item.used)]
    curie_curvature: Annotated[float, "curie"]
    ats_curvature: Annotated[float, "ats"]
    reason: FindingBlock | None


class CurieBlock(TypedDict):
    """Weak fields: the low-temperature test (``assessment``), and whether a Curie law describes the points."""

    assessment: AssessmentBlock
    law_assessment: AssessmentBlock
    notes: list[FindingBlock]
    curie_fails: bool
    curie_p_value: Annotated[float, "glass_test.p_value"]
    curie_p_with_allowances: Annotated[float | None, "glass_test.p_with_allowances"]
    tolerance: Annotated[float, "weak.tolerance"]
    fitted_ats_curvature: Annotated[float, "curvature"]
    low_temperature_test: Annotated[LowTemperatureBlock, _low]
    curie_constant_mass_spectrometry: Annotated[QuantityBlock | None, "curie_ms"]
    fits: Annotated[list[WeakFitBlock], _fits]
    whole_model_status: Annotated[str, "whole_fit.assessment.status"]
    runs: Annotated[list[WeakRunBlock], lambda result: of_runs(WeakRunBlock, result.weak.runs)]


class CurieDocument(TypedDict):
    """What ``curie`` adds to the frame."""

    convention: Annotated[str, "whole_fit.model.convention"]
    orientation: Annotated[str, "whole_fit.model.orientation"]
    curie: Annotated[CurieBlock, ""]


def _low(result: CurieResult) -> LowTemperatureBlock:
    weak = result.weak
    return fill(
        LowTemperatureBlock, result.low, low_window_end_K=weak.low_end, high_window_start_K=weak.high_start
    )


def _fits(result: CurieResult) -> list[WeakFitBlock]:
    return [fill(WeakFitBlock, law, n_points=len(result.weak.data)) for law in result.fits]


def _about(result: CurieResult) -> list[str]:
    low, model = result.low, result.whole_fit.model
    return [
        *(reason.text for reason in (*result.assessment.reasons, *result.law_assessment.reasons)),
        f"chi_larmor_emu_per_g_Oe {low.chi_larmor!r} ({low.chi_larmor_source}) in T_times_chi_plus_chi_larmor",
        f"whole model: {model.convention} convention, {model.orientation}, {result.whole_fit.assessment.status}",
    ]


def show_curie(result: CurieResult, out: Console) -> None:
    _show_runs(result, out)
    out.print()
    rows = [[name, *(_cell(item, name) for item in result.fits), unit] for name, unit in UNITS.items()]
    rows.append(["chi2", *(f"{item.chi2:.1f}" for item in result.fits), f"{len(result.weak.data)} points"])
    show_table(("", "Curie law", "law (14)", "whole model", "unit"), rows, out)
    model, status = result.whole_fit.model, result.whole_fit.assessment.status
    show_sentence(
        f"whole model: {result.whole.text}; {model.convention} convention, {model.orientation}; {status}", out
    )
    if result.curie_ms is not None:
        iron = value_with_error(result.curie_ms.value, result.curie_ms.error)
        show_sentence(f"C of the iron by mass spectrometry: {iron} {result.curie_ms.unit}", out)
    low = result.low
    chi = value_with_error(low.chi_larmor, low.chi_larmor_error)
    show_sentence(
        f"low-temperature test: T to {result.weak.low_end:.3g} K; chi_L = {chi} ({low.chi_larmor_source})",
        out,
    )
    show_sentence("Errors: one standard error from the stated errors of the points.", out)
    show_assessment(result.assessment, out)
    show_assessment(result.law_assessment, out, result.notes)


_LEFT_OUT = {"curie.too-strong": "H/T too large", "curie.too-few-cold": "too few cold points"}


def _show_runs(result: CurieResult, out: Console) -> None:
    rows = []
    for item in result.weak.runs:
        used = 0 if item.used is None else len(item.used)
        why = "" if item.reason is None else _LEFT_OUT.get(item.reason.code, "H/T too large for some")
        rows.append(
            (item.run.label, f"{used} of {len(item.run)}", percent(item.curie), percent(item.ats), why)
        )
    columns = ("run", "weak points", "deviation, Curie law", "deviation, ATS term", Column("", "text"))
    show_table(columns, rows, out)
    tolerance = percent(result.weak.tolerance)
    show_sentence(
        f"A point is weak if it differs from its weak-field form by at most {tolerance}; the ATS term is computed with "
        "typical cutoffs.",
        out,
    )


def _cell(item: WeakFit, name: str) -> str:
    found = item.quantities.get(name)
    return "" if found is None else value_with_error(found.value, found.error)


REPORT = Report(
    "curie",
    CurieDocument,
    show_curie,
    nested=False,
    tables={"curie.csv": lambda curie: Sheet(curie.table())},
    about=_about,
    figures={"curie": "curie_figure", "low_temperature": "low_temperature_figure"},
    taken=lambda curie: {
        "tolerance": curie.weak.tolerance,
        "low_to": curie.weak.low_end,
        "high_from": curie.weak.high_start,
    },
)
