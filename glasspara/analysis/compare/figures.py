"""The figure of a comparison: how far each model is behind, over the residuals of the best two."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedLocator, NullLocator

from glasspara.analysis.compare.comparison import CompareResult
from glasspara.analysis.compare.contestants import CANNOT_TELL, DECISIVE, Contestant
from glasspara.report.layout import Rows
from glasspara.report.panels import (
    abscissa,
    by_set_point,
    draw_header,
    draw_legend,
    draw_points,
    finish_residuals,
    main_kind,
    overview_handles,
    run_styles,
)
from glasspara.report.style import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    TALLEST,
    VERMILLION,
    WIDTH,
    beside_ordinary,
    iron_words,
    paper_style,
    synthetic_mark,
    wrapped,
)

_SHOWN = 2
_ROOM = 1.0e6  # what the axis goes beyond the longest bar, for the words behind it
_COLOURS = {"plain": GREY, "rival": ORANGE, "ats": BLUE}
_FAMILIES = {"plain": "Larmor + Langevin", "rival": "other magnetism", "ats": "with an ATS term"}
_LINES = ((CANNOT_TELL, GREEN, "similar below"), (DECISIVE, VERMILLION, "excluded above"))


@paper_style()
def compare_figure(result: CompareResult) -> Figure:
    """Differences of AIC as bars, and the residuals of the best two models in standard errors.

    The residuals stand against 1/T where most runs are at fixed field, else against H; runs of the other kind are
    left out.
    """
    ranked = sorted(
        (item for item in result.contestants if item.delta is not None), key=lambda item: item.delta or 0.0
    )
    shown = ranked[:_SHOWN]
    runs = result.data.runs
    kind = main_kind(runs)
    order = by_set_point(runs, kind)
    drawn = [runs[i] for i in order]
    styles = run_styles(drawn)
    handles = [*_key(ranked), *overview_handles(styles)]
    details = _details(result)
    bars = 0.25 * len(ranked) + 0.1
    height = 3.2 + 0.25 * details.count("\n") + bars + 1.4 * len(shown) + 0.1 * len(handles)
    figure = Figure(figsize=(WIDTH, min(height, TALLEST)), layout=Rows([bars, *[1.1] * len(shown)]))
    panels = figure.subplots(1 + len(shown), 1, squeeze=False)[:, 0].tolist()
    draw_header(
        figure,
        result.assessment.headline.text,
        details,
        synthetic_mark(runs),
        trusted=result.assessment.trusted,
    )
    _draw_bars(panels[0], ranked, result)
    for axes, item in zip(panels[1:], shown, strict=True):
        assert item.result is not None
        pulls = item.result.residuals / result.data.sigma
        for index, style in zip(order, styles, strict=True):
            run, part = runs[index], result.data.slices[index]
            draw_points(axes, run, style, (abscissa(kind, run.temperature, run.field), pulls[part]), size=0.7)
        finish_residuals(axes, pulls, "data − model")
        axes.set_title(f"{item.name}: {axes.get_ylabel()}".replace("\n", " "), loc="left", parse_math=False)
        axes.set_ylabel("")  # two panels are too low for one each
        if kind == "fixed-field":
            axes.set_xscale("log")
        if axes is not panels[-1]:
            axes.tick_params(labelbottom=False)
    if shown:
        panels[-1].set_xlabel("1/$T$ (K⁻¹)" if kind == "fixed-field" else r"$H$ (kOe)")
    draw_legend(figure, handles, 2)
    return figure


def _details(result: CompareResult) -> str:
    """The numbers of the verdict: the ATS model beside ordinary magnetism as a whole, or else the first reason."""
    if result.ordinary is not None:
        return "\n".join([*beside_ordinary(result.ordinary), iron_words(result.ordinary.cone.iron_used)])
    return wrapped(result.assessment.reasons[0].text)


def _draw_bars(axes: Axes, ranked: list[Contestant], result: CompareResult) -> None:
    """A bar a model, the best on top; linear up to the line beyond which a model is out, logarithmic from there."""
    deltas = np.array([item.delta or 0.0 for item in ranked])
    rows = np.arange(len(ranked))
    axes.barh(rows, deltas, color=[_COLOURS[item.family] for item in ranked], height=0.7, zorder=2.0)
    axes.set_yticks(rows, [item.name for item in ranked])
    axes.tick_params(axis="y", length=0.0)
    axes.set_ylim(len(ranked) - 0.4, -0.6)
    for place, colour, _ in _LINES:
        axes.axvline(place, color=colour, linestyle="--", linewidth=1.2, zorder=1.0)
    axes.set_xscale("symlog", linthresh=DECISIVE)
    farthest = max(float(deltas.max(initial=0.0)), 10.0 * DECISIVE)
    powers = np.arange(1, int(np.log10(farthest)) + 1)
    axes.xaxis.set_major_locator(FixedLocator([0.0, *10.0 ** powers[:: -(-len(powers) // 4)]]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(0.0, _ROOM * farthest)
    for row, item, delta in zip(rows, ranked, deltas, strict=True):
        word = {"good": "", "term-not-needed": ""}.get(item.status, f", {item.status}")
        axes.annotate(
            f"{delta:.3g}{word}", (delta, row), xytext=(4.0, 0.0), textcoords="offset points", va="center",
            bbox={"facecolor": "white", "linewidth": 0.0, "pad": 1.0}, parse_math=False,
        )  # fmt: skip
    axes.set_xlabel("ΔAIC (1)" if result.scale == 1.0 else "ΔAIC (1), χ² scaled")


def _key(ranked: list[Contestant]) -> list[Patch | Line2D]:
    """What the colours of the bars and the lines mean."""
    present = {item.family for item in ranked}
    bars = [
        Patch(color=colour, label=_FAMILIES[family])
        for family, colour in _COLOURS.items()
        if family in present
    ]
    lines = [
        Line2D([], [], color=colour, linestyle="--", linewidth=1.2, label=f"{place:g}: {meaning}")
        for place, colour, meaning in _LINES
    ]
    return [*bars, *lines]
