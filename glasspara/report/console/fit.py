"""``fit`` at the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.report.console.terminal import runs_in_words, show_inputs
from glasspara.wording import p_value, two_errors, value_with_error

if TYPE_CHECKING:
    from glasspara.fitting.intervals import Interval
    from glasspara.fitting.result import Bootstrap, FitResult, FittedParameter
    from glasspara.loading import Input


STATUS_WORDS = {
    "good": ("good", "bold green"),
    "term-not-needed": ("good: no ATS term is needed", "bold green"),
    "not-determined": ("NOT DETERMINED: the data do not fix a freed parameter", "bold yellow"),
    "poor": ("POOR: the model does not describe the data", "bold red"),
    "not-converged": ("NOT CONVERGED: no valid minimum", "bold red"),
}


def show_fit(inputs: Sequence[Input], fits: Sequence[FitResult], out: Console) -> None:
    """What was read, then every fit."""
    show_inputs(inputs, out)
    for number, result in enumerate(fits, 1):
        out.print()
        if len(fits) > 1:
            out.print(Text(f"Fit {number} of {len(fits)}", style="bold"))
        _show_fit(result, out)


def _show_fit(result: FitResult, out: Console) -> None:
    model = result.model
    runs = runs_in_words([(run.run.kind, run.label) for run in result.data.runs])
    out.print(
        Text(f"Model {model.name} ({_convention(result)}), {result.method} fit of {runs}", style="bold")
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    intervals = {name: item.minos for name, item in result.quantities.items() if item.minos is not None}
    for column in ("parameter", "value", *(["minos"] if intervals else []), "unit", "state"):
        table.add_column(column)

    def minos(name: str) -> str:
        interval = intervals.get(name)
        return two_errors(interval.lower, interval.upper) if interval else ""

    def add(name: str, value: str, minos: str, unit: str, state: str, style: str | None = None) -> None:
        table.add_row(name, value, *([minos] if intervals else []), unit, state, style=style)

    for item in result.parameters.values():
        if item.name == "field_offset" and item.fixed and item.value == 0.0:
            continue
        add(item.name, value_with_error(item.value, item.error), minos(item.name), item.unit, _state(item))
    for name, derived in result.derived.items():
        add(name, value_with_error(derived.value, derived.error), minos(name), derived.unit, "derived", "dim")
    out.print(table)
    statistics = result.statistics
    out.print(
        f"chi2/ndof = {statistics.chi2:.1f}/{statistics.ndof} ({p_value(statistics.p_value)}); "
        f"AIC {statistics.aic:.1f}, BIC {statistics.bic:.1f}; {statistics.n_points} points, "
        f"{statistics.n_free} free parameters"
    )
    out.print(
        "Errors: one standard error by the stated sigmas (chi2 + 1); "
        f"times {statistics.scatter_factor:.3g} for errors scaled by sqrt(chi2/ndof)."
    )
    if intervals:
        out.print("Minos: where the profile of chi2 has risen by 1, by the stated sigmas; not scaled.")
    for line in _interval_lines(result, intervals):
        out.print(f"  - {line}")
    for statement in result.determination.statements:
        out.print(f"  - {statement}")
    for note in result.notes:
        out.print(f"  - {note}")
    if result.bootstrap is not None:
        _show_bootstrap(result, result.bootstrap, out)
    word, style = STATUS_WORDS[result.assessment.status]
    out.print(Text(f"Verdict: {word}", style=style))
    for reason in result.assessment.reasons:
        out.print(f"  - {reason}")


def _interval_lines(result: FitResult, intervals: Mapping[str, Interval]) -> list[str]:
    """What intervals and contours have to say beyond their numbers."""
    from glasspara.fitting.intervals import FOUND

    lines = [
        f"minos, {name} {side}: {outcome}"
        for name, interval in intervals.items()
        for side, outcome in (("down", interval.lower_outcome), ("up", interval.upper_outcome))
        if outcome != FOUND
    ]
    for contour in result.contours:
        lines += [f"{' and '.join(contour.names)}: {statement}" for statement in contour.statements]
    return lines


def _show_bootstrap(result: FitResult, done: Bootstrap, out: Console) -> None:
    out.print(Text(f"Bootstrap: {len(done.samples)} {done.kind} replicates, seed {done.seed}", style="bold"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (
        "parameter",
        "error of the fit",
        "of the bootstrap",
        "bias",
        "68 % interval",
        "95 % interval",
    ):
        table.add_column(column)
    errors = {name: item.error for name, item in result.quantities.items()}
    for name, item in (*done.parameters.items(), *done.derived.items()):
        error = errors[name]
        table.add_row(
            name,
            "none" if error is None else f"{error:.2g}",
            f"{item.standard_error:.2g}",
            f"{item.bias:+.2g}",
            _interval(item.interval_68, item.standard_error),
            _interval(item.interval_95, item.standard_error),
            style=None if name in done.parameters else "dim",
        )
    out.print(table)
    if done.p_value is not None:
        out.print(f"chi2 as large as that of the data: {p_value(done.p_value)} by the replicates")
    for remark in done.remarks:
        out.print(f"  - {remark}")


def _interval(ends: tuple[float, float], error: float) -> str:
    """Both ends to a tenth of the standard error or finer."""
    size = max(abs(ends[0]), abs(ends[1]))
    figures = max(2, floor(log10(size / error)) + 2) if error > 0.0 and size > 0.0 else 6
    return " .. ".join(f"{end:.{min(figures, 15)}g}" for end in ends)


def _convention(result: FitResult) -> str:
    if not result.model.has_ats:
        return "Larmor + Langevin"
    return f"{result.model.convention} convention, {result.model.orientation}"


def _state(item: FittedParameter) -> str:
    if item.stage:
        return "fitted in an earlier stage, then frozen"
    if item.fixed:
        return "held"
    if item.at_limit:
        return f"at its {item.at_limit} limit; error one-sided"
    if item.constraint and item.constraint.assumed:
        return "free, but for an assumption"
    if item.constraint:
        return f"constrained to {value_with_error(item.constraint.mean, item.constraint.error)}"
    return "free"
