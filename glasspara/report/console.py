"""Results for the reader at the terminal; the only module that writes with rich.

Text that comes from files is passed as rich Text with control characters shown inert, never as markup.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import floor, log10
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glasspara.parameters import allowances_in_words
from glasspara.report.inert import inert
from glasspara.wording import p_value, two_errors, value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.compare import CompareResult, Contestant
    from glasspara.analysis.universality import UniversalityResult
    from glasspara.fitting.result import Bootstrap, FitResult, FittedParameter
    from glasspara.loading import Input
    from glasspara.measurement import Measurement

FloatArray = npt.NDArray[np.float64]

STATUS_WORDS = {
    "good": ("good", "bold green"),
    "term-not-needed": ("good: no ATS term is needed", "bold green"),
    "not-determined": ("NOT DETERMINED: the data do not fix a freed parameter", "bold yellow"),
    "poor": ("POOR: the model does not describe the data", "bold red"),
    "not-converged": ("NOT CONVERGED: no valid minimum", "bold red"),
}

# Piped output keeps whole lines; a terminal decides for itself.
_PIPE_WIDTH = 120


class _PlainConsole(Console):
    """Shows plain text inert, and leaves a broken pipe to the program: rich would end it with status 1."""

    def print(self, *objects: Any, **options: Any) -> None:
        super().print(*(inert(item) if isinstance(item, str) else item for item in objects), **options)

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(stream: TextIO | None = None) -> Console:
    """Console on ``stream``, by default on stdout."""
    stream = stream or sys.stdout
    return _PlainConsole(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if stream.isatty() else _PIPE_WIDTH,
    )


def show_fit(inputs: Sequence[Input], fits: Sequence[FitResult], out: Console) -> None:
    """What was read, then every fit."""
    _show_inputs(inputs, out)
    for number, result in enumerate(fits, 1):
        out.print()
        if len(fits) > 1:
            out.print(Text(f"Fit {number} of {len(fits)}", style="bold"))
        _show_fit(result, out)


def _show_inputs(inputs: Sequence[Input], out: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("file", "instrument", "moment column", "mass / mg", "rows used", "runs"):
        table.add_column(column, overflow="fold", justify="right" if column in ("mass / mg",) else "left")
    folder, names = _shorten([item.measurement.path for item in inputs])
    for item in sorted(inputs, key=_first_run):
        measurement = item.measurement
        table.add_row(
            Text(inert(names[measurement.path])),
            Text(measurement.instrument),
            Text(inert(measurement.moment_choice.column)),
            f"{item.mass_mg:g}",
            Text(rows_in_words(measurement.rows_read, item.rows_used, item.rows_dropped)),
            Text(_runs_in_words([(run.run.kind, run.label) for run in item.runs])),
        )
    if folder:
        out.print(Text(f"{len(inputs)} files in {inert(folder)}", style="bold"))
    out.print(table)
    sources = {item.mass_source for item in inputs}
    out.print(Text(f"mass from: {inert('; '.join(sorted(sources)))}"))
    sigmas = {run.run.sigma_source for item in inputs for run in item.runs}
    out.print(Text(f"errors from: {inert('; '.join(sorted(sigmas)))}"))


def _first_run(item: Input) -> tuple[str, float]:
    return min(((run.run.kind, run.run.nominal) for run in item.runs), default=("", 0.0))


def _shorten(paths: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The folder that several files share, and their names in it; no folder and the whole paths where they do not."""
    folders = {str(PurePath(path).parent) for path in paths}
    if len(paths) == 1 or len(folders) > 1:
        return "", {path: path for path in paths}
    return folders.pop(), {path: PurePath(path).name for path in paths}


def rows_in_words(read: int, used: int, dropped: dict[str, int]) -> str:
    """ "80 of 82 (1 no moment, 1 comment only)"."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()) if count)
    return f"{used} of {read}" + (f" ({reasons})" if reasons else "")


def _runs_in_words(runs: Sequence[tuple[str, str]]) -> str:
    parts = []
    for kind, word in (("fixed-field", "M(T) at"), ("fixed-temperature", "M(H) at")):
        labels = [label for run_kind, label in runs if run_kind == kind]
        if labels:
            shown = labels if len(labels) <= 6 else [*labels[:3], "...", labels[-1]]
            count = f"{len(labels)} " if len(labels) > 1 else ""
            parts.append(f"{count}{word} {', '.join(shown)}")
    return "; ".join(parts)


def _show_fit(result: FitResult, out: Console) -> None:
    model = result.model
    runs = _runs_in_words([(run.run.kind, run.label) for run in result.data.runs])
    out.print(
        Text(f"Model {model.name} ({_convention(result)}), {result.method} fit of {runs}", style="bold")
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    with_minos = any(item.minos for item in result.parameters.values())
    for column in ("parameter", "value", *(["minos"] if with_minos else []), "unit", "state"):
        table.add_column(column)

    def add(name: str, value: str, minos: str, unit: str, state: str, style: str | None = None) -> None:
        table.add_row(name, value, *([minos] if with_minos else []), unit, state, style=style)

    for item in result.parameters.values():
        if item.name == "field_offset" and item.fixed and item.value == 0.0:
            continue
        minos = two_errors(item.minos.lower, item.minos.upper) if item.minos else ""
        add(item.name, value_with_error(item.value, item.error), minos, item.unit, _state(item))
    for name, derived in result.derived.items():
        add(name, value_with_error(derived.value, derived.error), "", derived.unit, "derived", "dim")
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
    if with_minos:
        out.print("Minos: where the profile of chi2 has risen by 1, by the stated sigmas; not scaled.")
    for line in _interval_lines(result):
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


def _interval_lines(result: FitResult) -> list[str]:
    """What intervals and contours have to say beyond their numbers."""
    from glasspara.fitting.intervals import FOUND

    lines = [
        f"minos, {item.name} {side}: {outcome}"
        for item in result.parameters.values()
        if item.minos
        for side, outcome in (("down", item.minos.lower_outcome), ("up", item.minos.upper_outcome))
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
    errors = {name: item.error for name, item in result.parameters.items()}
    errors |= {name: item.error for name, item in result.derived.items()}
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


def show_universality(inputs: Sequence[Input], result: UniversalityResult, out: Console) -> None:
    from glasspara.analysis.universality import ALPHA

    _show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("run", "file", "points", "deviation / sigma", "F", "p"):
        table.add_column(column, overflow="fold")
    _, names = _shorten(sorted({item.run.run.file for item in result.runs}))
    for item in result.runs:
        table.add_row(
            item.run.label, Text(inert(names[item.run.run.file])), str(len(item.run)), f"{item.rms_deviation:.2f}",
            f"{item.statistic:.2f}", f"{item.p_value:.2g}",
        )  # fmt: skip
    out.print(table)
    chi = value_with_error(result.chi_larmor, result.chi_larmor_error)
    out.print(f"chi_larmor = {chi} emu g^-1 Oe^-1 ({result.chi_larmor_source})")
    low, high = result.h_over_t_range
    out.print(f"H/T from {low:.4g} to {high:.4g} Oe/K; {len(result.data)} points")
    verdict = f"F({result.dof[0]}, {result.dof[1]}) = {result.statistic:.4g}, {p_value(result.p_value)}"
    if result.holds:
        out.print(Text(f"Verdict: universality holds ({verdict})", style="bold green"))
        if result.p_with_allowances is None:
            out.print("  - M - M_Larmor of all runs falls on one curve of H/T, as Langevin terms alone would")
        else:
            out.print(
                f"  - as they stand the runs do not share one curve of H/T, but {allowances_in_words()} would explain "
                f"it ({p_value(result.p_with_allowances)}); --no-allowances if these are excluded"
            )
    else:
        out.print(Text(f"Verdict: universality FAILS ({verdict})", style="bold red"))
        odd = result.odd_run
        if odd is None:
            out.print(
                "  - the runs do not share one curve of H/T: Larmor and Langevin terms alone cannot be all"
            )
        else:
            name = inert(names[odd.run.file])
            out.print(
                Text(
                    f"  - by one run alone: without {odd.label} ({name}) it holds. A flux jump or a wrong set point "
                    "does this, a property of the sample does not"
                )
            )
        if result.p_with_allowances is not None:
            granted = p_value(result.p_with_allowances)
            out.print(f"  - {allowances_in_words()} would not explain it ({granted})")
    out.print(f"  - at this level, chance alone makes it fail in {100 * ALPHA:.0f} % of all tests")


def show_compare(inputs: Sequence[Input], result: CompareResult, out: Console) -> None:
    _show_inputs(inputs, out)
    out.print()
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = ("chi2", "ndof", "k", "AIC", "BIC", "delta AIC", "weight")
    for column in ("model", *numbers, "status"):
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for item in sorted(
        result.contestants, key=lambda item: float("inf") if item.delta is None else item.delta
    ):
        table.add_row(item.name, *_criteria(item), item.status, style="bold" if item is result.best else None)
    out.print(table)
    if result.scale > 1.0:
        out.print(
            f"AIC and BIC by the stated errors; delta AIC and weight with chi2 divided by {result.scale:.4g}"
        )
    known = result.best is not None and result.trusted
    out.print(Text(f"Verdict: {result.verdict}", style="bold green" if known else "bold red"))
    for remark in result.remarks:
        out.print(f"  - {remark}")


def _criteria(item: Contestant) -> tuple[str, ...]:
    if item.result is None or not item.usable or item.delta is None or item.weight is None:
        return ("",) * 7
    statistics = item.result.statistics
    sizes = [
        f"{value:.1f}" if abs(value) < 1.0e5 else f"{value:.4g}"
        for value in (statistics.chi2, statistics.aic, statistics.bic, item.delta)
    ]
    return (
        sizes[0], str(statistics.ndof), str(statistics.n_free), *sizes[1:], f"{item.weight:.2g}"
    )  # fmt: skip


def show_measurement(measurement: Measurement, out: Console) -> None:
    """All that ``inspect`` says of one file."""
    out.print(Text(inert(measurement.path), style="bold"))
    choice = measurement.moment_choice
    sample = measurement.header.sample
    rows: list[tuple[str, str]] = [
        ("instrument", measurement.instrument),
        ("sample", inert(sample) if sample else "not named"),
        ("rows", rows_in_words(measurement.rows_read, measurement.rows_used, measurement.rows_dropped)),
        ("moment", f"{choice.column}: {choice.reason}"),
        ("errors", choice.sigma_column or "no column; estimated"),
        ("mass", _mass_in_words(measurement)),
        ("encoding", measurement.encoding),
    ]
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in rows:
        table.add_row(key, Text(inert(value)))
    out.print(table)
    runs = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("run", "points", "T / K", "H / Oe", "moment / emu", "errors", "branches"):
        runs.add_column(column, overflow="fold")
    for run in measurement.runs:
        word = "M(T)" if run.kind == "fixed-field" else "M(H)"
        runs.add_row(
            f"{word} at {run.label}", str(len(run.moment)), _span(run.temperature), _span(run.field),
            _span(run.moment), Text(inert(run.sigma_source)), Text(", ".join(run.branch_labels)),
        )  # fmt: skip
    out.print(runs)
    for warning in measurement.warnings:
        out.print(Text(f"warning: {inert(warning)}", style="yellow"))


def _mass_in_words(measurement: Measurement) -> str:
    mass = measurement.mass
    if mass.value_mg is not None:
        return f"{mass.value_mg:g} mg ({mass.source})"
    hint = f"; {mass.hint}" if mass.hint else ""
    return f"not known: {mass.problem or 'not in the file'}{hint}; give --mass MG"


def _span(values: FloatArray) -> str:
    return f"{values.min():.4g} .. {values.max():.4g}"
