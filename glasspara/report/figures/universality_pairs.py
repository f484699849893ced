"""Which runs disagree where they overlap in H/T: the pairs of the universality test as a matrix."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from glasspara.analysis.universality import UniversalityResult
from glasspara.analysis.universality_parts import UniversalityParts
from glasspara.report.figures.panels import draw_header
from glasspara.report.figures.style import FONT, PAD, WIDTH, paper_style
from glasspara.report.figures.text import run_labels, synthetic_mark, universality_verdict

_SMALLEST = 1.0e-12
_NUMBERS_UP_TO = 12
"""Runs; the cells of more have no room for a number."""
_LABELS = 16
"""Runs whose labels have room at full size."""


@paper_style()
def universality_pairs_figure(
    result: UniversalityResult, parts: UniversalityParts, *, synthetic: bool = False
) -> Figure:
    """Adjusted p-value of each pair of runs, as colour and number; pairs that were not tested are blank.

    ``synthetic`` marks the figure so whatever the files are called.
    """
    runs = result.data.runs
    order = sorted(range(len(runs)), key=lambda i: (runs[i].run.kind, runs[i].run.nominal))
    labels = run_labels([runs[i] for i in order])
    values = np.array(parts.matrix("p_adjusted"), dtype=float)[np.ix_(order, order)]
    shown = np.ma.masked_invalid(np.where(np.tri(len(runs), k=-1, dtype=bool), values, np.nan))
    figure = Figure(figsize=(WIDTH, 7.0))
    figure.set_layout_engine("constrained", w_pad=PAD, h_pad=PAD)
    axes = figure.add_subplot()
    breaking = sum(pair.breaks for pair in parts.pairs)
    tested = sum(pair.p_adjusted is not None for pair in parts.pairs)
    draw_header(
        figure,
        universality_verdict(result),
        f"{breaking} of {tested} pairs of runs disagree where they overlap in H/T\n"
        "p, adjusted for the number of pairs (no number: below 1e-12)",
        synthetic_mark(runs, synthetic=synthetic),
        trusted=result.holds,
    )
    norm = LogNorm(_SMALLEST, 1.0)
    image = axes.pcolormesh(
        np.ma.clip(shown, _SMALLEST, 1.0)[1:, :-1],
        norm=norm,
        cmap="viridis",
        edgecolors="white",
        linewidth=1.5,
    )
    axes.set_aspect("equal")
    axes.invert_yaxis()
    places = np.arange(len(runs) - 1) + 0.5
    size = FONT * min(1.0, _LABELS / len(runs))
    axes.set_xticks(places, labels[:-1], rotation=90, fontsize=size)
    axes.set_yticks(places, labels[1:], fontsize=size)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_parse_math(False)
    axes.tick_params(length=0.0)
    axes.spines[:].set_visible(False)
    if len(runs) <= _NUMBERS_UP_TO:
        for row, column in zip(*np.nonzero(~np.ma.getmaskarray(shown)), strict=True):
            p = float(shown[row, column])
            # on the dark end of the colours white is read, on the light end black
            ink = "black" if norm(max(p, _SMALLEST)) > 0.6 else "white"
            axes.text(
                column + 0.5, row - 0.5, _number(p), ha="center", va="center", color=ink, size=0.8 * FONT
            )
    figure.colorbar(image, ax=axes, shrink=0.8, label="adjusted $p$")
    return figure


def _number(p: float) -> str:
    """``p`` in the room of a cell: "0.21", the power of ten, or nothing where the colour says it."""
    if p >= 0.01:
        return f"{p:.2g}"
    return f"$10^{{{int(np.floor(np.log10(p)))}}}$" if p > _SMALLEST else ""
