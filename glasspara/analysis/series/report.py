"""The report of ``series``: JSON block, CSV table, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

from rich.console import Console

from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.model.parameters import ION_NAMES
from glasspara.report import QuantityBlock, Report, RunBlock
from glasspara.report.block import fill
from glasspara.report.table import Sheet
from glasspara.report.terminal import Column, show_assessment, show_sentence, show_table
from glasspara.wording import shorten, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.series.single_runs import KindOfRuns, Measured, RunSeries, SeriesResult

_DENSITY, _CHI = "g^-1", "emu g^-1 Oe^-1"


class DriftBlock(TypedDict):
    """F test of one concentration for all runs against one for each."""

    statistic: float
    dof: list[int]
    p_value: float
    p_with_allowances: float | None
    established: bool


class SingleFitBlock(TypedDict):
    """Larmor and Langevin terms fitted to one run, with the iron in one choice of ions.

    ``delta_n`` is n_fe less that of mass spectrometry.
    """

    n_fe2: QuantityBlock
    n_fe3: QuantityBlock
    n_fe: QuantityBlock
    chi_larmor: QuantityBlock
    delta_n: QuantityBlock | None
    chi2: float
    ndof: int
    status: str


class FittedRunBlock(RunBlock):
    """A run with its fits by the ions in them: "fe3", "fe2", "both"."""

    fits: dict[str, SingleFitBlock]


class KindBlock(TypedDict):
    """All runs of one kind, by their set points, and the tests of their drift by the ions."""

    kind: Literal["fixed-field", "fixed-temperature"]
    against: Literal["H", "T"]
    drifting: bool | None
    assessment: AssessmentBlock
    notes: list[FindingBlock]
    drift_tests: Annotated[dict[str, DriftBlock], "drifts"]
    runs: list[FittedRunBlock]


class SeriesBlock(TypedDict):
    """Larmor and Langevin terms run by run."""

    weights: Literal["sigma", "equal"]
    errors_from: str
    n_fe_mass_spectrometry: Annotated[
        QuantityBlock | None, lambda result: result.n_ms and _measured(result.n_ms, _DENSITY)
    ]
    kinds: Annotated[list[KindBlock], lambda result: [_kind(result, item) for item in result.kinds]]


def _kind(result: SeriesResult, item: KindOfRuns) -> KindBlock:
    runs = [
        fill(
            FittedRunBlock,
            row,
            fits={variant: _fit(result, row, variant) for variant in row.fits},
            **fill(RunBlock, row.run),
        )
        for row in item.rows
    ]
    return fill(KindBlock, item, runs=runs)


def _fit(result: SeriesResult, row: RunSeries, variant: str) -> SingleFitBlock:
    fit, excess = row.fits[variant], result.excess(row, variant)
    return {
        "n_fe2": _measured(row.parameter(variant, "n_fe2"), _DENSITY),
        "n_fe3": _measured(row.parameter(variant, "n_fe3"), _DENSITY),
        "n_fe": _measured(row.n_fe(variant), _DENSITY),
        "chi_larmor": _measured(row.chi_larmor(variant), _CHI),
        "delta_n": None if excess is None else _measured(excess, _DENSITY),
        "chi2": fit.statistics.chi2,
        "ndof": fit.statistics.ndof,
        "status": fit.assessment.status,
    }


def _measured(item: Measured, unit: str) -> QuantityBlock:
    return {"value": item.value, "error": item.error, "unit": unit}


def _about(result: SeriesResult) -> list[str]:
    comments = [
        f"points {'are weighted by their standard errors' if result.weights == 'sigma' else 'have equal weights'}; "
        f"errors: {result.errors_from}",
        *(reason.text for kind in result.kinds for reason in kind.assessment.reasons),
    ]
    if result.n_ms is not None:
        comments.append(
            f"n_fe by mass spectrometry, per g: {result.n_ms.value!r} +- {result.n_ms.error!r}; delta_n is n less that"
        )
    return comments


def show_series(result: SeriesResult, out: Console) -> None:
    for kind in result.kinds:
        _show_kind(result, kind, out)
        out.print()
    weights = "are weighted by their standard errors" if result.weights == "sigma" else "have equal weights"
    show_sentence(f"Points {weights}. Errors: {result.errors_from}.", out)
    if result.n_ms is not None:
        value = value_with_error(result.n_ms.value, result.n_ms.error)
        show_sentence(
            f"n(Fe) by mass spectrometry: {value} g^-1; Delta n is the n of the fit less that.", out
        )
    for kind in result.kinds:
        show_assessment(kind.assessment, out, kind.notes)


def _show_kind(result: SeriesResult, kind: KindOfRuns, out: Console) -> None:
    """One table as the source's Table 1 or 2; the fits with both ions only where these do not end at Fe3+ alone."""
    rows = kind.rows
    n3, n2 = [row.n_fe("fe3") for row in rows], [row.n_fe("fe2") for row in rows]
    both = [[row.parameter("both", name) for row in rows] for name in ION_NAMES]
    chi = {variant: [row.chi_larmor(variant) for row in rows] for variant in ("fe3", "fe2", "both")}
    density, susceptibility = _scale([*n3, *n2], "g^-1"), _scale(chi["fe3"], "emu/(g Oe)")
    columns = [
        ("n, Fe3+ only", density, n3),
        ("chi_L", susceptibility, chi["fe3"]),
        ("n, Fe2+ only", density, n2),
        ("chi_L", susceptibility, chi["fe2"]),
    ]
    if result.n_ms is not None:
        excess = [item for row in rows if (item := result.excess(row, "fe2")) is not None]
        columns.append(("Delta n, Fe2+ only", density, excess))
    _show_columns(kind, columns, out)
    if any(item.value > 0.0 for item in both[0]):
        out.print()
        names = ("n(Fe2+), both", "n(Fe3+), both")
        columns = [(name, density, items) for name, items in zip(names, both, strict=True)]
        _show_columns(kind, [*columns, ("chi_L", susceptibility, chi["both"])], out)


def _show_columns(
    kind: KindOfRuns, columns: Sequence[tuple[str, tuple[float, str], Sequence[Measured]]], out: Console
) -> None:
    """A row for each run, which its file tells from others at the same set point."""
    labels = [[row.run.label] for row in kind.rows]
    heads = [Column(kind.against)]
    if len({label for (label,) in labels}) < len(labels):
        heads.append(Column("file", "path"))
        paths = [row.run.run.file for row in kind.rows]
        names = {path: PurePath(path).name for path in paths}
        if len(set(names.values())) < len(names):
            _, names = shorten(sorted(names))
        labels = [[*label, names[path]] for label, path in zip(labels, paths, strict=True)]
    rows = [
        [*label, *(_cell(items[index], scale) for _, (scale, _), items in columns)]
        for index, label in enumerate(labels)
    ]
    titles = [Column(f"{name}\n{unit}") for name, (_, unit), _ in columns]
    show_table([*heads, *titles], rows, out, keys=len(heads))


def _cell(item: Measured, scale: float) -> str:
    if item.value == 0.0 and item.error is not None:
        return f"0, at limit (+{item.error * scale:.2g})"
    return value_with_error(item.value * scale, None if item.error is None else item.error * scale)


def _scale(items: Sequence[Measured], unit: str) -> tuple[float, str]:
    """Factor that brings the values to 1 ... 10, and the unit with the power of ten that it takes along.

    Where all values are 0 it is their errors that count.
    """
    largest = max((abs(item.value) for item in items), default=0.0) or max(
        (item.error or 0.0 for item in items), default=0.0
    )
    exponent = floor(log10(largest)) if largest > 0.0 else 0
    return 10.0**-exponent, f"1e{exponent} {unit}"


REPORT = Report(
    "series",
    SeriesBlock,
    show_series,
    tables={"series.csv": lambda series: Sheet(series.table())},
    about=_about,
    figures={"series_H": "series_figure_of_fields", "series_T": "series_figure_of_temperatures"},
)
