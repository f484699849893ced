"""Tables of ``partition``: the scan, the profile near the best x, and the subtracted curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import column, csv_text, point_keys, provenance

if TYPE_CHECKING:
    from glasspara.analysis.partition import PartitionResult
    from glasspara.loading import Input


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
