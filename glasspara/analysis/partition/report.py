"""The report of ``partition``: JSON block, CSV tables, terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypedDict

from rich.console import Console

from glasspara.analysis.fit.blocks import FitBlock
from glasspara.analysis.partition.scan import SCAN_LEVELS, PartitionPoint, PartitionResult
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import QuantityBlock, Report
from glasspara.report.block import fill
from glasspara.report.table import Sheet, column, point_columns
from glasspara.report.terminal import Column, show_assessment, show_table
from glasspara.wording import p_number


class FractionIntervalBlock(TypedDict):
    """An interval of the share of Fe2+: where chi2 has risen by ``chi2_rise``; null for an end that was not found."""

    ends: list[float | None]
    chi2_rise: float
    lower_outcome: FindingBlock
    upper_outcome: FindingBlock


class IronBlock(QuantityBlock):
    """The total iron: held, or a Gaussian constraint with an error."""

    held: bool


class PartitionPointBlock(TypedDict):
    """One share of Fe2+ with everything else at its best; ``chi2_rise`` is above the best of all shares.

    ``explained`` says whether the rise is within the 95 % interval; ``valid`` whether a valid minimum was found, and
    ``reason`` why not.
    """

    fe2_fraction: Annotated[float, "fraction"]
    chi2: Annotated[float, "minimum.chi2"]
    chi2_rise: Annotated[float, "rise"]
    ndof: Annotated[int, "minimum.statistics.ndof"]
    p_value: Annotated[float | None, "minimum.statistics.p_value"]
    explained: bool
    valid: Annotated[bool, "minimum.valid"]
    reason: Annotated[str, "minimum.reason"]
    parameters: Annotated[dict[str, float], "minimum.reported"]


class PartitionBlock(TypedDict):
    """Which share of the iron is Fe2+: the best, its intervals by their level, and the shares scanned."""

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    fe2_fraction: Annotated[float, "best"]
    intervals: Annotated[dict[str, FractionIntervalBlock], _intervals]
    n_fe: Annotated[IronBlock, lambda result: _iron(*result.n_fe)]
    scan: Annotated[list[PartitionPointBlock], "points"]
    fit: FitBlock


def _iron(value: float, error: float | None) -> IronBlock:
    return {"value": value, "error": error, "unit": "g^-1", "held": error is None}


def _intervals(result: PartitionResult) -> dict[str, FractionIntervalBlock]:
    return {
        name: fill(FractionIntervalBlock, result.intervals[name], ends=result.ends(name), chi2_rise=level)
        for name, level in SCAN_LEVELS.items()
    }


def _about(result: PartitionResult) -> list[str]:
    value, error = result.n_fe
    known = "fixed" if error is None else f"constrained, error {error!r}"
    return [*(reason.text for reason in result.assessment.reasons), f"n_fe_per_g {value!r} {known}"]


def _scan(result: PartitionResult) -> Sheet:
    """One row a value of x, everything else fitted anew."""
    about = (
        f"chi2_rise: above {result.fit.statistics.chi2!r}, that of x = {result.best!r}, by the stated errors",
        "explained: the rise is within the 95 % interval",
    )
    return Sheet(result.table(), about)


def _profile(result: PartitionResult) -> Sheet:
    """The profile of chi2 near the best x, and every other free parameter along it."""
    curve = result.curve
    others = {column(name): values for name, values in curve.path.items()}
    return Sheet({"fe2_fraction": curve.values, "chi2_rise": curve.rises, **others})


def _curves(result: PartitionResult) -> Sheet:
    """Every point with what is left of it for each x, and the ATS term fitted to that."""
    about = "M_intr: M + chi_larmor H less x n_fe Fe2+ and (1 - x) n_fe Fe3+; M_ats: the ATS term fitted for that x"
    data = result.data
    columns = {
        **point_columns(data), "T_K": data.temperature, "H_Oe": data.field, "sigma_emu_per_g": data.sigma
    }  # fmt: skip
    for item in result.points:
        columns[f"M_intr_x{item.fraction:g}_emu_per_g"] = item.intrinsic(data)
        columns[f"M_ats_x{item.fraction:g}_emu_per_g"] = item.terms.ats
    return Sheet(columns, [about])


_SHOWN = ("chi_larmor", "n_fe", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu")


def show_partition(result: PartitionResult, out: Console) -> None:
    names = [name for name in _SHOWN if name in result.fit.parameters]
    numbers = (Column(name, "number") for name in ("x", "chi2", "ndof", "rise", "p", *names))
    items = result.with_best
    rows = [_row(item, names) for item in items]
    explaining = [n for n, item in enumerate(items) if item.explained]
    show_table((*numbers, "within 95 %"), rows, out, bold=explaining)
    show_assessment(result.assessment, out, result.notes)


def _row(item: PartitionPoint, names: Sequence[str]) -> list[str]:
    statistics = item.minimum.statistics
    p = "" if statistics.p_value is None else p_number(statistics.p_value)
    values = [f"{item.minimum.reported[name]:.4g}" for name in names]
    chi2, rise = (
        f"{round(value, 1) + 0.0:.1f}" if value < 1.0e5 else f"{value:.3g}"
        for value in (item.minimum.chi2, item.rise)
    )
    said = "no valid minimum" if not item.minimum.valid else "yes" if item.explained else "no"
    return [f"{item.fraction:.4g}", chi2, str(statistics.ndof), rise, p, *values, said]


REPORT = Report(
    "partition",
    PartitionBlock,
    show_partition,
    tables={"partition.csv": _scan, "partition_profile.csv": _profile, "partition_curves.csv": _curves},
    about=_about,
    figures={"partition": "partition_figure", "partition_curves": "stacked_figure"},
    taken=lambda partition: {"values": [item.fraction for item in partition.points]},
)
