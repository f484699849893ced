"""The figure of the universality test: M - M_L against H/T, as the source's Figs. 14 and 15."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.analysis.universality.collapse import UniversalityResult
from glasspara.report.layout import header_height
from glasspara.report.panels import (
    by_set_point,
    draw_header,
    draw_points,
    finish_residuals,
    frame,
    overview_handles,
    ratio_scale,
    run_styles,
)
from glasspara.report.style import (
    BLACK,
    FONT,
    LINE,
    PAD,
    VERMILLION,
    WIDTH,
    elide,
    paper_style,
    power_of_ten,
    run_labels,
    scaled_unit,
    synthetic_mark,
    wrapped,
)
from glasspara.wording import SMALLEST_P


@paper_style()
def universality_figure(result: UniversalityResult) -> Figure:
    """All runs of the test with their common curve, over the deviations from it in standard errors.

    The lower panel is shaded where windows of H/T break universality.
    """
    data = result.data
    order = by_set_point(data.runs)
    runs, slices = [data.runs[i] for i in order], [data.slices[i] for i in order]
    styles = run_styles(runs)
    # where universality fails there is no common curve to show, only the best attempt at one
    curve = [Line2D([], [], color=BLACK, label="common curve")] if result.holds else []
    figure, (main, below) = frame(
        result.assessment.headline.text,
        _details(result),
        synthetic_mark(runs),
        trusted=bool(result.holds),
        panels=(2.6, 1.0),
        handles=[*overview_handles(styles), *curve],
    )
    x = 1.0e-3 * result.h_over_t
    factor, unit = scaled_unit(result.magnetisation, "emu/g")
    pulls = (result.magnetisation - result.common_curve) / data.sigma
    for run, part, style in zip(runs, slices, styles, strict=True):
        draw_points(
            main, run, style, (x[part], factor * result.magnetisation[part]), errors=factor * run.sigma
        )
        draw_points(below, run, style, (x[part], pulls[part]), size=0.7)
    for low, high in _broken(result):
        below.axvspan(1.0e-3 * low, 1.0e-3 * high, color=VERMILLION, alpha=0.15, linewidth=0.0, zorder=0.5)
    along = np.argsort(x, kind="stable")
    if result.holds:
        main.plot(x[along], factor * result.common_curve[along], color=BLACK, zorder=3.0)
    ratio_scale(main, x)
    main.set_ylabel(rf"$M-M_\mathrm{{L}}$ ({unit})")
    finish_residuals(below, pulls, "data − curve")
    below.set_xlabel(r"$H/T$ (kOe/K)")
    return figure


_NUMBERS_UP_TO = 12
"""Runs; the cells of more have no room for a number."""
_LABELS = 16
"""Runs whose labels have room at full size."""


@paper_style()
def universality_pairs_figure(result: UniversalityResult) -> Figure | None:
    """Adjusted p-value of each pair of runs, as colour and number; pairs that were not tested are blank.

    None for two runs, whose pair is the whole. The result must have its parts.
    """
    parts, runs = result.parts, result.data.runs
    if len(runs) <= 2:
        return None
    assert parts is not None
    order = by_set_point(runs)
    labels = run_labels([runs[i] for i in order])
    values = np.array(parts.matrix("p_adjusted"), dtype=float)[np.ix_(order, order)]
    shown = np.ma.masked_invalid(np.where(np.tri(len(runs), k=-1, dtype=bool), values, np.nan))
    figure = Figure(figsize=(WIDTH, 6.0))
    axes = figure.add_subplot()
    numbered = len(runs) <= _NUMBERS_UP_TO
    smallest = f" (no number: below {SMALLEST_P:g})" if numbered and np.ma.any(shown <= SMALLEST_P) else ""
    breaking = sum(pair.breaks for pair in parts.pairs)
    tested = sum(pair.p_adjusted is not None for pair in parts.pairs)
    draw_header(
        figure,
        result.assessment.headline.text,
        f"{breaking} of {tested} pairs of runs disagree where they overlap in H/T\n"
        f"p, adjusted for their number{smallest}",
        synthetic_mark(runs),
        trusted=bool(result.holds),
    )
    below = 1.0 - (header_height(figure) + 2.0 * PAD) / figure.get_figheight()
    figure.set_layout_engine("constrained", w_pad=PAD, h_pad=PAD, rect=(0.0, 0.0, 1.0, below))
    norm = LogNorm(SMALLEST_P, 1.0)
    image = axes.pcolormesh(
        np.ma.clip(shown, SMALLEST_P, 1.0)[1:, :-1],
        norm=norm,
        cmap="viridis",
        edgecolors="white",
        linewidth=1.5,
    )
    axes.invert_yaxis()
    places = np.arange(len(runs) - 1) + 0.5
    size = FONT * min(1.0, _LABELS / len(runs))
    axes.set_xticks(places, labels[:-1], rotation=90, fontsize=size)
    axes.set_yticks(places, labels[1:], fontsize=size)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_parse_math(False)
    axes.tick_params(length=0.0)
    axes.spines[:].set_visible(False)
    if numbered:
        for row, column in zip(*np.nonzero(~np.ma.getmaskarray(shown)), strict=True):
            p = float(shown[row, column])
            # on the dark end of the colours white is read, on the light end black
            ink = "black" if norm(max(p, SMALLEST_P)) > 0.6 else "white"
            axes.text(
                column + 0.5, row - 0.5, _number(p), ha="center", va="center", color=ink, size=0.8 * FONT
            )
    figure.colorbar(image, ax=axes, label="adjusted $p$ (1)")
    return figure


def _number(p: float) -> str:
    """``p`` in the room of a cell: "0.21", the power of ten, or nothing where the colour says it."""
    if p >= 0.01:
        return f"{p:.2g}"
    return power_of_ten(int(np.floor(np.log10(p)))) if p > SMALLEST_P else ""


def _broken(result: UniversalityResult) -> tuple[tuple[float, float], ...]:
    """Where universality breaks, Oe/K, if it does as a whole."""
    return () if result.parts is None or result.holds else result.parts.broken


def _details(result: UniversalityResult) -> str:
    """Lines below the verdict: its first reason, the source of chi_larmor, and where universality breaks."""
    if result.chi_larmor is None:
        chi = f"χ_L by the {result.chi_larmor_source}"
    else:
        chi = f"χ_L = {result.chi_larmor:.4g} emu/(g Oe), {result.chi_larmor_source}"
    lines = [*wrapped(result.assessment.reasons[0].text).split("\n"), f"{len(result.data.runs)} runs", chi]
    if broken := _broken(result):
        ranges = ", ".join(f"{1e-3 * low:.3g} to {1e-3 * high:.3g}" for low, high in broken)
        lines.append(f"shaded: breaks at H/T from {ranges} kOe/K")
    return "\n".join(elide(line, LINE) for line in lines)
