"""Figures of a fit: data with the fitted model, the intrinsic magnetisation, the decomposition of a run into terms.

The decomposition is that of the source's Fig. 18.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.analysis.fit.interval_figures import bootstrap_figure, interval_figures
from glasspara.arrays import FloatArray, median
from glasspara.data import ReducedRun
from glasspara.fitting.result import FitResult
from glasspara.model.model import Terms
from glasspara.model.parameters import to_canonical
from glasspara.replicates.cores import Progress, in_order, no_progress
from glasspara.report.page import FigureFiles, Picture
from glasspara.report.panels import (
    ABSCISSA_LABELS,
    THIN,
    RunStyle,
    abscissa,
    branch_fills,
    branch_handles,
    broken_line,
    curves,
    draw_curve,
    draw_points,
    finish_residuals,
    frame,
    overview_handles,
    run_handles,
    run_styles,
    spread_scale,
)
from glasspara.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    SKY,
    VERMILLION,
    fit_details,
    fit_verdict,
    paper_style,
    scaled_unit,
    stems,
    synthetic_mark,
)

_DECOMPOSE_UP_TO = 3


def fit_figures(
    result: FitResult,
    *,
    decompose_all: bool = False,
    largest: float | None = None,
) -> Iterator[tuple[str, Figure]]:
    """Figures of a fit, each with the stem of a file name ("fit_fixed_field", "decomposition_20kOe", ...).

    Parameters
    ----------
    decompose_all : bool
        Decompose every run; otherwise the middle one of each kind, unless there are no more than three runs.
    largest : float
        What all figures have their one power of ten by, emu/g; by default the largest magnetisation of the fit.
    """
    offset = result.values["field_offset"] != 0.0
    paramagnetic = replace(_PARAMAGNETIC, symbol=_WITH_OFFSET) if offset else _PARAMAGNETIC
    largest = largest_magnetisation([result]) if largest is None else largest
    chosen: list[tuple[str, RunPart]] = []
    for kind in ABSCISSA_LABELS:
        parts = _parts(result, kind)
        if not parts:
            continue
        suffix = kind.replace("-", "_")
        yield f"fit_{suffix}", _overview(result, parts, paramagnetic, largest=largest)
        if result.model.has_ats:
            yield (
                f"intrinsic_{suffix}",
                _overview(result, parts, _INTRINSIC, largest=largest),
            )
        named = list(zip(stems([run for run, _ in parts]), parts, strict=True))
        every = decompose_all or len(result.data.runs) <= _DECOMPOSE_UP_TO
        chosen += named if every else [named[len(named) // 2]]
    for stem, (run, part) in chosen:
        yield (
            f"decomposition_{stem}",
            decomposition_figure(result, run, part, largest=largest),
        )


def largest_magnetisation(results: Sequence[FitResult]) -> float:
    """The largest magnetisation of all data, emu/g; points that are no numbers do not count."""
    every = np.abs(np.concatenate([result.data.magnetisation for result in results]))
    return float(np.max(every, initial=0.0, where=np.isfinite(every)))


RunPart = tuple[ReducedRun, slice]
"""A run and where its points lie in the flat arrays."""


def _parts(result: FitResult, kind: str) -> list[RunPart]:
    """Runs of one kind, by rising set point."""
    pairs = zip(result.data.runs, result.data.slices, strict=True)
    return sorted(
        ((run, part) for run, part in pairs if run.run.kind == kind), key=lambda pair: pair[0].run.nominal
    )


@dataclass(frozen=True, eq=False)
class _Quantity:
    """What an overview draws: its symbol, and the part of the terms that is theory for it and that is taken off."""

    symbol: str
    theory: Callable[[Terms], FloatArray]
    taken: Callable[[Terms], FloatArray]


_PARAMAGNETIC = _Quantity(
    r"M+\chi_\mathrm{L}H", lambda terms: terms.total - terms.larmor, lambda terms: terms.larmor
)
_WITH_OFFSET = r"M+\chi_\mathrm{L}(H+H_0)"
_INTRINSIC = _Quantity(
    r"M-M_\mathrm{L}-M_\mathrm{Fe}",
    lambda terms: terms.ats,
    lambda terms: terms.beside_ats,
)


@paper_style()
def _overview(result: FitResult, parts: Sequence[RunPart], quantity: _Quantity, *, largest: float) -> Figure:
    """All runs of one kind, data and theory, over the residuals in units of the standard error."""
    runs = [run for run, _ in parts]
    styles = run_styles(runs)
    handles = [*overview_handles(styles), Line2D([], [], color=BLACK, linewidth=THIN, label="model")]
    figure, (main, below) = frame(
        fit_verdict(result),
        fit_details(result, runs),
        synthetic_mark(runs),
        trusted=result.assessment.trusted,
        panels=(2.6, 1.0),
        handles=handles,
    )
    kind = runs[0].run.kind
    left = result.data.magnetisation - quantity.taken(result.terms)
    values = [left[part] for _, part in parts]
    factor, unit = scaled_unit(np.array([largest]), "emu/g")
    pulls = result.residuals / result.data.sigma
    theory: dict[str, list[tuple[FloatArray, FloatArray]]] = {}
    for (run, part), style in zip(parts, styles, strict=True):
        x = abscissa(kind, run.temperature, run.field)
        draw_points(main, run, style, (x, factor * left[part]), errors=factor * run.sigma)
        draw_points(below, run, style, (x, pulls[part]), size=0.7)
        for place, terms in curves(run, to_canonical(result.values), result.model):
            # Off the points it must be told whose curve it is.
            colour = BLACK if result.assessment.trusted else style.colour
            theory.setdefault(colour, []).append((place, factor * quantity.theory(terms)))
    for colour, lines in theory.items():
        draw_curve(main, *broken_line(lines), colour=colour)
    noise = [factor * median(run.sigma) for run in runs]
    spread_scale(main, runs, [factor * part for part in values], noise)
    main.set_ylabel(f"${quantity.symbol}$ ({unit})")
    finish_residuals(below, np.concatenate([pulls[part] for _, part in parts]), "data − model")
    below.set_xlabel(ABSCISSA_LABELS[kind])
    return figure


DRAWN_A_PROCESS = 3
"""The figures of so many fits are worth the start of a process."""


def pictures(
    results: Sequence[FitResult],
    formats: FigureFiles,
    *,
    decompose_all: bool = False,
    jobs: int = 1,
    progress: Progress = no_progress,
) -> list[dict[str, Picture]]:
    """The figures of each fit by the stems of their names; the same bytes for any ``jobs``."""
    largest = largest_magnetisation(results)
    task = partial(_of_one, formats=formats, decompose_all=decompose_all, largest=largest)
    with in_order(task, results, jobs=jobs, per_process=DRAWN_A_PROCESS, progress=progress) as drawn:
        return list(drawn)


def _of_one(
    result: FitResult, *, formats: FigureFiles, decompose_all: bool, largest: float
) -> dict[str, Picture]:
    figures = [*fit_figures(result, decompose_all=decompose_all, largest=largest), *interval_figures(result)]
    if result.bootstrap:
        figures.append(("bootstrap", bootstrap_figure(result)))
    return {stem: formats.picture(figure) for stem, figure in figures}


Dashes = Literal["solid"] | tuple[float, Sequence[float]]

_TERMS: tuple[tuple[str, str, str, Dashes], ...] = (
    # In the order of drawing: where a term is all there is, its dashes stay visible on the total.
    ("total", "total", BLACK, "solid"),
    ("larmor", "Larmor", BLUE, (0, (6, 2))),
    ("langevin", "Langevin", GREEN, (0, (6, 2, 1.2, 2))),
    ("trace", "of this, trace ions", GREEN, (0, (1, 2))),
    ("ats", "ATS", VERMILLION, (0, (2, 1.2))),
)


@paper_style()
def decomposition_figure(result: FitResult, run: ReducedRun, part: slice, *, largest: float) -> Figure:
    """Raw data of ``run``, the terms and their sum, over the intrinsic magnetisation with its errors and the ATS term.

    ``part`` is where the points of ``run`` lie in the flat arrays of ``result``; the power of ten is that of
    ``largest``, emu/g. Without an ATS term the lower panel
    has what the model leaves.
    """
    has_ats = result.model.has_ats
    absent = {"ats": not has_ats, "trace": not result.model.trace_ions}
    above = [row for row in _TERMS if not absent.get(row[0])]
    fills = branch_fills([run])
    data = RunStyle("data", GREY, "o", fills)
    left = RunStyle("intrinsic" if has_ats else "residual", SKY, "s", fills)
    handles = run_handles([data, left])
    handles += [
        Line2D([], [], color=colour, linestyle=dashes, label=label) for _, label, colour, dashes in above
    ]
    handles += branch_handles(fills)
    figure, (main, below) = frame(
        fit_verdict(result),
        fit_details(result, [run]),
        synthetic_mark([run]),
        trusted=result.assessment.trusted,
        panels=(1.7, 1.0),
        handles=handles,
    )
    x = abscissa(run.run.kind, run.temperature, run.field)
    factor, unit = scaled_unit(np.array([largest]), "emu/g")
    draw_points(main, run, data, (x, factor * run.magnetisation))
    draw_points(below, run, left, (x, factor * result.intrinsic[part]), errors=factor * run.sigma)
    for place, terms in curves(run, to_canonical(result.values), result.model):
        for name, _, colour, dashes in above:
            main.plot(place, factor * getattr(terms, name), color=colour, linestyle=dashes, zorder=3.0)
        if has_ats:
            below.plot(place, factor * terms.ats, color=VERMILLION, linestyle=_TERMS[-1][3], zorder=3.0)
    for axes in (main, below):
        axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=1.0)
    main.set_ylabel(f"$M$ ({unit})")
    below.set_ylabel(f"$M_\\mathrm{{intr}}$ ({unit})" if has_ats else f"residual ({unit})")
    below.set_xlabel(ABSCISSA_LABELS[run.run.kind])
    return figure
