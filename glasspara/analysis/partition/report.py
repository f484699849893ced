"""The JSON report of ``partition``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.analysis.fit.report import fit_block
from glasspara.report.frame import Json, frame, input_block
from glasspara.report.table import column, csv_text, point_keys, provenance
from glasspara.report.terminal import show_inputs

if TYPE_CHECKING:
    from glasspara.analysis.partition.scan import PartitionPoint, PartitionResult
    from glasspara.data.loading import Input


def partition_document(inputs: Sequence[Input], result: PartitionResult, warnings: Sequence[str]) -> Json:
    value, error = result.n_fe
    return frame("partition", [input_block(item) for item in inputs], warnings) | {
        "partition": {
            "status": result.status,
            "verdict": result.verdict,
            "remarks": list(result.remarks),
            "fe2_fraction": result.best,
            "intervals": {
                name: {
                    "ends": list(result.ends(name)),
                    "chi2_rise": level,
                    "lower_outcome": result.intervals[name].lower_outcome,
                    "upper_outcome": result.intervals[name].upper_outcome,
                }
                for name, level in result.levels.items()
            },
            "n_fe": {"value": value, "error": error, "unit": "g^-1", "held": error is None},
            "scan": [_point(item) for item in result.points],
            "fit": fit_block(result.fit),
        }
    }


def _point(item: PartitionPoint) -> Json:
    statistics = item.minimum.statistics
    return {
        "fe2_fraction": item.fraction,
        "chi2": item.minimum.chi2,
        "chi2_rise": item.rise,
        "ndof": statistics.ndof,
        "p_value": statistics.p_value,
        "explained": item.explained,
        "valid": item.minimum.valid,
        "reason": item.minimum.reason,
        "parameters": dict(item.minimum.reported),
    }


def _comments(inputs: Sequence[Input], result: PartitionResult) -> list[str]:
    value, error = result.n_fe
    known = "held" if error is None else f"constrained, error {error!r}"
    return [*provenance("partition", inputs), result.verdict, f"n_fe_per_g {value!r} {known}"]


def partition_csv(inputs: Sequence[Input], result: PartitionResult) -> str:
    """One row a value of x, everything else fitted anew."""
    comments = [
        *_comments(inputs, result),
        f"chi2_rise: above {result.fit.statistics.chi2!r}, that of x = {result.best!r}, by the stated errors",
        "explained: the rise is within the 95 % interval",
    ]
    names = [name for name in result.fit.parameters if name != "fe2_fraction"]
    header = [
        "fe2_fraction",
        "chi2",
        "chi2_rise",
        "ndof",
        "p_value",
        "explained",
        "valid",
        *map(column, names),
    ]
    rows = [
        (
            item.fraction, item.minimum.chi2, item.rise, item.minimum.statistics.ndof,
            item.minimum.statistics.p_value, int(item.explained), int(item.minimum.valid),
            *(item.minimum.reported[name] for name in names),
        )
        for item in result.points
    ]  # fmt: skip
    return csv_text(comments, header, rows)


def profile_csv(inputs: Sequence[Input], result: PartitionResult) -> str:
    """The profile of chi2 near the best x, and every other free parameter along it."""
    curve = result.curve
    header = ["fe2_fraction", "chi2_rise", *map(column, curve.path)]
    columns = (curve.values, curve.rises, *curve.path.values())
    rows = zip(*(values.tolist() for values in columns), strict=True)
    return csv_text(_comments(inputs, result), header, rows)


def curves_csv(inputs: Sequence[Input], result: PartitionResult) -> str:
    """Every point with what is left of it for each x, and the ATS term fitted to that."""
    comments = [
        *_comments(inputs, result),
        "M_intr: M + chi_larmor H less x n_fe Fe2+ and (1 - x) n_fe Fe3+; M_ats: the ATS term fitted for that x",
    ]
    data = result.data
    header = ["file", "line", "run", "branch", "T_K", "H_Oe", "sigma_emu_per_g"]
    columns = [data.temperature, data.field, data.sigma]
    for item in result.points:
        header += [f"{name}_x{item.fraction:g}_emu_per_g" for name in ("M_intr", "M_ats")]
        columns += [item.intrinsic(data), item.terms.ats]
    points = zip(*(values.tolist() for values in columns), strict=True)
    rows = ((*key, *values) for key, values in zip(point_keys(data), points, strict=True))
    return csv_text(comments, header, rows)


_SHOWN = ("chi_larmor", "n_fe", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu")


def show_partition(inputs: Sequence[Input], result: PartitionResult, out: Console) -> None:
    show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    names = [name for name in _SHOWN if name in result.fit.parameters]
    for heading in ("x", "chi2", "ndof", "rise", "p", *names, "ATS term explains it"):
        table.add_column(heading, justify="left" if heading.startswith("ATS") else "right", overflow="fold")
    for item in result.with_best:
        table.add_row(*_row(item, names), style="bold" if item.explained else None)
    out.print(table)
    colour = "green" if result.trusted else "red"
    out.print(Text(f"Verdict: {result.verdict}", style=f"bold {colour}"))
    for remark in result.remarks:
        out.print(f"  - {remark}")


def _row(item: PartitionPoint, names: Sequence[str]) -> list[str]:
    statistics = item.minimum.statistics
    p = "" if statistics.p_value is None else f"{statistics.p_value:.2g}"
    values = [f"{item.minimum.reported[name]:.4g}" for name in names]
    chi2, rise = (
        f"{round(value, 1) + 0.0:.1f}" if value < 1.0e5 else f"{value:.3g}"
        for value in (item.minimum.chi2, item.rise)
    )
    said = "no valid minimum" if not item.minimum.valid else "yes" if item.explained else "no"
    return [f"{item.fraction:.4g}", chi2, str(statistics.ndof), rise, p, *values, said]
