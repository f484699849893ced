"""Figures of the partition scan: chi2 along x, and the subtracted curves stacked as the source's Figs. 16 and 17."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.analysis.partition.scan import SCAN_LEVELS, PartitionPoint, PartitionResult
from glasspara.arrays import FloatArray
from glasspara.model.parameters import to_canonical
from glasspara.report.layout import Rows
from glasspara.report.panels import (
    ABSCISSA_LABELS,
    abscissa,
    broken_line,
    by_set_point,
    curves,
    draw_curve,
    draw_header,
    draw_legend,
    draw_level,
    draw_points,
    main_kind,
    overview_handles,
    run_styles,
)
from glasspara.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    TALLEST,
    VERMILLION,
    WIDTH,
    paper_style,
    scaled_unit,
    synthetic_mark,
    wrapped,
)
from glasspara.wording import value_with_error

_MOST_PANELS = 5
_LINE = 0.8  # pt, for panels so low
_SHADES = {"68 %": "#BBBBBB", "95 %": "#E4E4E4"}


def _header(figure: Figure, result: PartitionResult) -> None:
    value, error = result.n_fe
    iron = f"n(Fe) = {value_with_error(value, error)} g⁻¹" + (" fixed" if error is None else "")
    lines = f"{wrapped(result.assessment.reasons[0].text)}\n{iron}"
    mark = synthetic_mark(result.data.runs)
    draw_header(figure, result.assessment.headline.text, lines, mark, trusted=result.assessment.trusted)


@paper_style()
def partition_figure(result: PartitionResult) -> Figure:
    """Rise of chi2 over all x, and near the best x with the intervals of 68 and 95 %."""
    figure = Figure(figsize=(WIDTH, 8.0), layout=Rows((1.0, 1.0), beside=max(SCAN_LEVELS, key=len)))
    whole, near = figure.subplots(2, 1)
    _header(figure, result)
    curve = result.curve
    places = [(item.fraction, item.rise) for item in result.points]
    x, rise = np.array(sorted([*places, *zip(curve.values, curve.rises, strict=True)])).T
    whole.plot(x, np.maximum(rise, 0.0), color=GREY, linestyle=":", linewidth=1.2, zorder=1.5)
    whole.plot(curve.values, np.maximum(curve.rises, 0.0), color=BLUE, zorder=2.0)
    for item in result.points:
        colour = GREEN if item.explained else VERMILLION
        whole.plot(
            item.fraction,
            max(item.rise, 0.0),
            marker="o" if item.minimum.valid else "x",
            color=colour,
            zorder=3.0,
        )
    whole.set_yscale("symlog", linthresh=SCAN_LEVELS["95 %"])
    whole.set_ylim(bottom=-0.4)
    whole.set_xlim(-0.03, 1.03)
    near.plot(curve.values, curve.rises, color=BLUE, marker=".", zorder=3.0)
    near.set_ylim(0.0, max(1.15 * SCAN_LEVELS["95 %"], min(float(np.max(curve.rises, initial=0.0)), 12.0)))
    for name, level in SCAN_LEVELS.items():
        low, high = result.ends(name)
        whole.axhline(level, color=ORANGE, linewidth=1.0, zorder=1.0)
        draw_level(near, level, name)
        for axes in (whole, near):
            if low is not None and high is not None:
                axes.axvspan(
                    low, high, color=_SHADES[name], linewidth=0.0, zorder=0.1 if name == "95 %" else 0.2
                )
    near.locator_params(axis="x", nbins=5)
    near.axvline(result.best, color=BLACK, linewidth=1.0, zorder=1.0)
    for axes in (whole, near):
        axes.set_ylabel(r"$\chi^2-\chi^2_\mathrm{min}$ (1)")
    near.set_xlabel(r"$x$, share of Fe²⁺ in the iron (1)")
    draw_legend(figure, _legend(), 3)
    return figure


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=BLUE, label="profile"),
        Line2D([], [], color=GREEN, marker="o", linestyle="none", label="scanned, explained"),
        Line2D([], [], color=VERMILLION, marker="o", linestyle="none", label="not explained"),
    ]


@paper_style()
def stacked_figure(result: PartitionResult) -> Figure:
    """What each x leaves of the data, a panel each, with the ATS term fitted to it.

    Against 1/T where most runs are at fixed field, else against H; runs of the other kind are left out. Of more than 5
    values 4 are drawn, evenly chosen, and the best.
    """
    data = result.data
    kind = main_kind(data.runs)
    order = by_set_point(data.runs, kind)
    drawn = [data.runs[i] for i in order]
    styles = run_styles(drawn)
    handles = [
        *overview_handles(styles),
        Line2D([], [], color=BLACK, linewidth=_LINE, label="ATS term"),
    ]
    every = result.with_best
    shown = len(every) if len(every) <= _MOST_PANELS else _MOST_PANELS - 1
    chosen = np.linspace(0, len(every) - 1, shown).astype(int)
    points = [item for i, item in enumerate(every) if i in chosen or item.fraction == result.best]
    height = min(2.6 + 1.45 * len(points) + 0.12 * len(handles), TALLEST)
    figure = Figure(figsize=(WIDTH, height), layout=Rows([1.0] * len(points)))
    panels: list[Axes] = figure.subplots(len(points), 1, sharex=True, squeeze=False)[:, 0].tolist()
    _header(figure, result)
    factor, unit = scaled_unit(np.concatenate([item.intrinsic(data) for item in points]), "emu/g")
    for axes, item in zip(panels, points, strict=True):
        values = factor * item.intrinsic(data)
        theory: list[tuple[FloatArray, FloatArray]] = []
        for index, style in zip(order, styles, strict=True):
            run, part = data.runs[index], data.slices[index]
            x = abscissa(kind, run.temperature, run.field)
            draw_points(axes, run, style, (x, values[part]), errors=factor * run.sigma, size=0.7)
            found = curves(run, to_canonical(item.minimum.reported), item.minimum.problem.model)
            theory += [(place, factor * terms.ats) for place, terms in found]
        draw_curve(axes, *broken_line(theory), colour=BLACK, width=_LINE)
        if kind == "fixed-field":
            axes.set_xscale("log")
        axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=1.0)
        axes.locator_params(axis="y", nbins=4)
        best = "best, " if item.fraction == result.best else ""
        axes.set_title(
            f"x = {item.fraction:.4g}: {best}{_said(item)}",
            loc="left",
            color=GREEN if item.explained else VERMILLION,
        )
    panels[len(panels) // 2].set_ylabel(rf"$M_\mathrm{{intr}}$ ({unit})")
    panels[-1].set_xlabel(ABSCISSA_LABELS[kind])
    draw_legend(figure, handles, 4)
    return figure


def _said(item: PartitionPoint) -> str:
    rise = f"{item.rise:.1f}" if item.rise < 1000.0 else f"{item.rise:.3g}"
    if not item.minimum.valid:
        return "no valid minimum"
    return f"χ² up by {rise}, {'explained' if item.explained else 'not explained'}"
