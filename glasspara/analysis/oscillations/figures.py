"""Figures of the search for oscillations, as the source's Fig. 20: M_intr(T), what is left of it, periodograms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from glasspara.analysis.oscillations.search import BOTH, place
from glasspara.analysis.oscillations.waves import (
    FOUND,
    HINT,
    OscillationResult,
    Peak,
    RunOscillation,
    is_bound,
)
from glasspara.arrays import FloatArray
from glasspara.model.parameters import to_canonical
from glasspara.report.layout import Rows
from glasspara.report.panels import (
    THIN,
    curves,
    draw_curve,
    draw_header,
    draw_legend,
    draw_level,
    draw_points,
    finish_residuals,
    run_handles,
    run_styles,
)
from glasspara.report.style import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    WIDTH,
    paper_style,
    scaled_unit,
    stems,
    synthetic_mark,
    wrapped,
)
from glasspara.wording import raised

_LABELS = {"T": r"$T$ (K)", "1/T": "1/$T$ (K⁻¹)"}
_FREQUENCIES = {"T": "frequency in $T$ (K⁻¹)", "1/T": "frequency in 1/$T$ (K)"}
_LINEAR = 10.0  # powers beyond are on a logarithmic scale


def oscillation_figures(result: OscillationResult) -> dict[str, Figure]:
    """The run of the strongest wave, and every other with one that is at least a hint, by stems of file names."""
    named = zip(result.runs, stems([item.run for item in result.runs]), strict=True)
    others = {stem: item for item, stem in named if item is not result.best and item.best.fap < HINT}
    drawn = {"": result.best, **{f"_{stem}": item for stem, item in others.items()}}
    return {f"oscillations{end}": oscillation_figure(result, item) for end, item in drawn.items()}


@paper_style()
def oscillation_figure(result: OscillationResult, item: RunOscillation) -> Figure:
    """M_intr of one run with both smooth descriptions, what the model leaves with the strongest wave, and the
    periodograms in T and in 1/T.
    """
    run, peak = item.run, item.best
    ratios = [1.5, 1.2, *[1.2] * len(item.peaks)]
    layout = Rows(ratios, beside=f"{100.0 * FOUND:g} %")
    figure = Figure(figsize=(WIDTH, 6.4 + 2.1 * len(item.peaks)), layout=layout)
    panels = figure.subplots(len(ratios), 1)
    assessment = result.assessment
    words = f"{wrapped(assessment.reasons[0].text)}\nshown: {run.label}, {len(run)} points"
    mark = synthetic_mark([run])
    draw_header(figure, assessment.headline.text, words, mark, trusted=assessment.trusted)
    x = place(run.temperature, peak.abscissa)
    along = np.argsort(x, kind="stable")
    (style,) = run_styles([run])
    factor, unit = scaled_unit(item.intrinsic, "emu/g")
    draw_points(panels[0], run, style, (x, factor * item.intrinsic), errors=factor * run.sigma, size=0.8)
    for inverse, terms in curves(run, to_canonical(result.fit.values), result.fit.model):
        T = 1.0 / inverse
        draw_curve(panels[0], place(T, peak.abscissa), factor * terms.ats, colour=BLUE)
        between = place(T, peak.abscissa), factor * _spline(run.temperature, item.smooth)(T)
        panels[0].plot(*between, color=ORANGE, linewidth=THIN, linestyle="--", zorder=3.1)
    panels[0].set_ylabel(rf"$M_\mathrm{{intr}}$ ({unit})")
    pulls = (item.intrinsic - item.model) / run.sigma
    draw_points(panels[1], run, style, (x, pulls), size=0.8)
    finish_residuals(panels[1], pulls, "data − model")
    if peak.fap < HINT:
        fine = np.linspace(x.min(), x.max(), 2000)
        panels[1].plot(
            fine,
            peak.wave.at(fine, peak.middle) / np.interp(fine, x[along], run.sigma[along]),
            color=VERMILLION,
            linewidth=1.2,
            zorder=3.0,
        )
    panels[1].set_xlabel(_LABELS[peak.abscissa])
    panels[0].sharex(panels[1])
    panels[0].tick_params(labelbottom=False)
    for axes, one in zip(panels[2:], item.peaks, strict=True):
        _draw_periodogram(axes, one, result.replicates - result.failed)
    draw_legend(figure, [*run_handles([style]), *_legend()], 2)
    return figure


def _spline(T: FloatArray, values: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """Through the smooth ``values`` at ``T``, of which some may be the same."""
    from scipy.interpolate import PchipInterpolator

    every, which = np.unique(T, return_inverse=True)
    through: Callable[[FloatArray], FloatArray] = PchipInterpolator(
        every, np.bincount(which, values) / np.bincount(which)
    )
    return through


def _draw_periodogram(axes: Axes, peak: Peak, replicates: int) -> None:
    f = peak.frequencies
    axes.plot(f, peak.periodograms["model"], color=BLUE, linewidth=1.0, zorder=2.0)
    axes.plot(f, peak.periodograms["spline"], color=ORANGE, linewidth=1.0, linestyle="--", zorder=2.0)
    axes.fill_between(f, peak.periodograms[BOTH], color="#CCCCCC", linewidth=0.0, zorder=1.0)
    draw_level(
        axes, peak.threshold, f"{100.0 * FOUND:g} %", colour=BLACK, ink=GREY, linestyle=":", zorder=3.0
    )
    axes.plot(peak.wave.frequency, peak.power[BOTH], marker="v", color=VERMILLION, zorder=4.0)
    axes.set_yscale("symlog", linthresh=_LINEAR)
    axes.set_xlim(0.0, float(f.max()))
    axes.set_ylim(0.0, 2.0 * max(float(np.max([*peak.periodograms.values()])), peak.threshold))
    axes.yaxis.set_major_locator(FixedLocator([0.0, _LINEAR / 2.0, *_LINEAR * 10.0 ** np.arange(4)]))
    axes.yaxis.set_major_formatter("{x:g}")
    unit, sign = raised(peak.unit), "<" if is_bound(peak.fap, replicates) else "="
    period = f"period {peak.period:.3g} {unit}, false alarm {sign} {peak.fap:.2g}"
    axes.set_title(period, loc="right", parse_math=False)
    axes.set_xlabel(_FREQUENCIES[peak.abscissa])
    axes.set_ylabel("−ln $p$ (1)")


def _legend() -> list[Line2D]:
    return [
        Line2D([], [], color=BLUE, label="model; waves it leaves"),
        Line2D([], [], color=ORANGE, linestyle="--", label="spline; waves it leaves"),
        Line2D([], [], color="#CCCCCC", linewidth=6.0, label="waves both leave"),
        Line2D([], [], color=VERMILLION, marker="v", label="strongest wave"),
    ]
