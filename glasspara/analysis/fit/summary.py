"""The end of many fits: one row a run or sample, at the terminal and in ``summary.csv``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.fitting.judge.determination import UNDETERMINED
from glasspara.fitting.result import FittedParameter
from glasspara.report.table import column, csv_text, provenance
from glasspara.report.terminal import Column, runs_in_words, show_sentence, show_table
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from rich.console import Console

    from glasspara.data.loading import Input
    from glasspara.errors import GlassparaError
    from glasspara.fitting.result import FitResult

SUMMARY = "summary.csv"

_CONDITIONAL = ("n_ats", "d0min_qs4", "d0max_qs4")
"""What magnetisation determines only together: the derived quantities below stand for them."""

_DERIVED = ("n_fe", "ats_strength", "d0_mean_qs4")

_NO_FIT = "no fit"

Failures = Sequence[tuple[str, "GlassparaError"]]


def determined(fits: Sequence[FitResult]) -> list[str]:
    """Names of the quantities that any of ``fits`` determines: free parameters, and what is derived of them."""
    names = [name for name in fits[0].parameters if name not in _CONDITIONAL and "[" not in name]
    derived = [name for name in _DERIVED if name in fits[0].derived]
    if fits[0].model.ions != "both":  # the one ion is all iron
        derived.remove("n_fe")
    names[3:3] = derived  # behind Larmor's term and the iron
    return [name for name in names if any(_error_of(result, name) is not None for result in fits)]


def _error_of(result: FitResult, name: str) -> float | None:
    """Standard error of what the data determine; None where they do not, and an assumed prior says more than they."""
    item = result.quantities[name]
    if item.error is None or name in result.determination.undetermined:
        return None
    if not isinstance(item, FittedParameter):
        return item.error if item.error < UNDETERMINED * abs(item.value) else None
    prior = item.constraint
    if prior is not None and prior.assumed:
        width = prior.error * (item.value if prior.log else 1.0)
        return item.error if item.error**2 < 0.5 * width**2 else None
    return item.error


def _names_of(result: FitResult) -> tuple[str, str]:
    """The samples of a fit, and its runs, in words."""
    runs = runs_in_words([(run.run.kind, run.label) for run in result.data.runs])
    return ", ".join(result.data.samples), runs


def show_summary(fits: Sequence[FitResult], failed: Failures, out: Console) -> None:
    """One row a fit, and a file that failed: status, chi2/ndof, the parameters that are determined with errors."""
    names = determined(fits)
    several = len({sample for result in fits for sample in result.data.samples}) > 1
    rows = []
    for number, result in enumerate(fits, 1):
        sample, runs = _names_of(result)
        statistics = result.statistics
        rows.append((
            str(number),
            *([sample or "not named"] if several else []),
            runs,
            result.assessment.status,
            f"{statistics.chi2:.1f}/{statistics.ndof}",
            *(_shown(result, name) for name in names),
        ))  # fmt: skip
    blank = ("",) * (len(names) + 1)
    rows += [("-", *(["?"] if several else []), path, _NO_FIT, *blank) for path, _ in failed]
    out.print()
    show_sentence("Summary: what the data determine of each", out, style="bold")
    of_runs = Column("runs", "name" if all(len(result.data.runs) == 1 for result in fits) else "text")
    first = (Column("fit", "number"), *([Column("sample", "text")] if several else []), of_runs)
    show_table((*first, "status", Column("chi2/ndof", "number"), *names), rows, out, keys=len(first))


def _shown(result: FitResult, name: str) -> str:
    error = _error_of(result, name)
    return "-" if error is None else value_with_error(result.quantities[name].value, error)


def summary_csv(inputs: Sequence[Input], fits: Sequence[FitResult], failed: Failures) -> str:
    """One row a fit, and a file that failed; a parameter that is not determined has empty cells."""
    names = determined(fits)
    units = {name: item.unit for result in fits for name, item in result.quantities.items()}
    comments = [
        *provenance("fit", inputs),
        "error: one standard error by the stated sigmas; empty cells: held, or not determined by the data",
    ]
    header = [
        "fit", "sample", "files", "runs", "n_points", "mass_mg", "T_min_K", "T_max_K", "H_min_Oe", "H_max_Oe",
        "status", "ats_established", "chi2", "ndof", "p_value",
    ]  # fmt: skip
    for name in names:
        header += [column(name, units[name]), column(f"{name}_error", units[name])]
    rows: list[Sequence[object]] = []
    for number, result in enumerate(fits, 1):
        data, statistics = result.data, result.statistics
        sample, runs = _names_of(result)
        files = "; ".join(dict.fromkeys(run.run.file for run in data.runs))
        cells: list[object] = []
        for name in names:
            error = _error_of(result, name)
            cells += [None, None] if error is None else [result.quantities[name].value, error]
        established = result.ats_established
        rows.append((
            number, sample, files, runs, len(data), "; ".join(f"{mass:g}" for mass in data.masses),
            data.temperature.min(), data.temperature.max(), data.field.min(), data.field.max(),
            result.assessment.status, None if established is None else str(established).lower(),
            statistics.chi2, statistics.ndof, statistics.p_value, *cells, None,
        ))  # fmt: skip
    blank = len(header) - 4
    rows += [
        (None, None, path, None, *[None] * 6, _NO_FIT, *[None] * (blank - 7), str(error))
        for path, error in failed
    ]
    return csv_text(comments, [*header, "problem"], rows)
