"""The figures of weak fields: three laws on chi(T) as Fig. 19, and T (chi + chi_L) at low temperatures (18)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.analysis.curie.curie_law import CurieResult
from glasspara.analysis.curie.weak_laws import WeakFit
from glasspara.arrays import FloatArray, median
from glasspara.findings import Assessment
from glasspara.report.panels import (
    draw_curve,
    draw_points,
    finish_residuals,
    frame,
    overview_handles,
    plain_log_abscissa,
    run_handles,
    run_styles,
)
from glasspara.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    VERMILLION,
    paper_style,
    scaled_unit,
    synthetic_mark,
    wrapped,
)
from glasspara.wording import value_with_error

_BEYOND = 2.5  # ends of the figure of low temperatures, in ends of its window
_PLACES = 200  # of a curve
_NAMES = {"curie": "Curie law", "glass": "law (14)", "whole": "whole model"}
_COLOURS = {"curie": VERMILLION, "glass": ORANGE, "whole": BLACK}


@paper_style()
def curie_figure(result: CurieResult) -> Figure:
    """chi + chi_L of the weak points with the three laws and the parts of the whole model, over the residuals."""
    data = result.weak.data
    styles = run_styles(data.runs)
    whole = result.whole
    chi_larmor = whole.quantities["chi_larmor"].value
    handles = [
        *overview_handles(styles),
        *(
            Line2D([], [], color=_COLOURS[item.name], linestyle=_dash(item), label=_NAMES[item.name])
            for item in result.fits
        ),
        Line2D([], [], color=BLUE, linestyle=":", label="its Langevin part"),
        Line2D([], [], color=GREEN, linestyle=":", label="its ATS part"),
    ]
    figure, axes = frame(
        result.law_assessment.headline.text,
        _details(
            result, result.law_assessment, f"M/H + χ_L, χ_L = {chi_larmor:.4g} emu/(g Oe) of the whole model"
        ),
        synthetic_mark(data.runs),
        trusted=result.law_assessment.trusted and not result.curie_fails,
        panels=[2.6, 1.0, 1.0],
        handles=handles,
    )
    T, H = data.temperature, data.field
    chi = data.magnetisation / H + chi_larmor
    factor, unit = scaled_unit(chi, "emu/(g Oe)")
    for run, part, style in zip(data.runs, data.slices, styles, strict=True):
        draw_points(
            axes[0],
            run,
            style,
            (T[part], factor * chi[part]),
            errors=factor * data.sigma[part] / abs(H[part]),
        )
    fine, weak = _curve(T, H)
    for item in result.fits:
        curve = sum(item.parts(fine, weak)) / weak + chi_larmor
        draw_curve(axes[0], fine, factor * curve, colour=_COLOURS[item.name], linestyle=_dash(item))
    _, *terms = whole.parts(fine, weak)
    for values, colour in zip(terms, (BLUE, GREEN), strict=True):
        axes[0].plot(fine, factor * values / weak, color=colour, linestyle=":", zorder=3.0)
    axes[0].set_yscale("log")
    axes[0].set_ylim(bottom=0.5 * factor * float(np.min(chi[chi > 0.0], initial=np.inf)))
    axes[0].set_ylabel(rf"$\chi+\chi_\mathrm{{L}}$ ({unit})")
    _draw_pulls(axes[1], result, [result.naive])
    _draw_pulls(axes[2], result, [result.glass, result.whole])
    axes[-1].set_xlabel("$T$ (K)")
    if float(T.max()) > 8.0 * float(T.min()):
        plain_log_abscissa(axes[-1])
    return figure


def _draw_pulls(axes: Axes, result: CurieResult, fits: list[WeakFit]) -> None:
    data = result.weak.data
    every = []
    for item in fits:
        pulls = (data.magnetisation - item.total) / data.sigma
        every.append(pulls)
        axes.plot(
            data.temperature, pulls, linestyle="none", marker="o", markersize=3.0, color=_COLOURS[item.name],
            fillstyle="none" if item.name == "glass" else "full", zorder=2.0,
        )  # fmt: skip
    finish_residuals(axes, np.concatenate(every), "data $-$ law")
    axes.set_title(", ".join(_NAMES[item.name] for item in fits), loc="left")


@paper_style()
def low_temperature_figure(result: CurieResult) -> Figure:
    """T (chi + chi_L) of the weak points against T with the straight line of the low window, and the whole model."""
    data, low = result.weak.data, result.low
    styles = run_styles(data.runs)
    handles = [
        *run_handles(styles),
        Line2D([], [], color=VERMILLION, label="straight line, low window"),
        Line2D([], [], color=GREY, linestyle="--", label="crystal: constant"),
        Line2D([], [], color=BLACK, label="whole model"),
    ]
    chi = value_with_error(low.chi_larmor, low.chi_larmor_error)
    figure, axes = frame(
        result.assessment.headline.text,
        _details(result, result.assessment, f"χ_L = {chi} ({low.chi_larmor_source})"),
        synthetic_mark(data.runs),
        trusted=result.law_assessment.trusted and low.nature in ("crystal-like", "not-established"),
        panels=[1.0],
        handles=handles,
    )
    y = data.temperature * (data.magnetisation / data.field + low.chi_larmor)
    errors = data.temperature * data.sigma / abs(data.field)
    end = _BEYOND * result.weak.low_end
    shown = data.temperature <= end
    factor, unit = scaled_unit(y[shown], "emu K/(g Oe)")
    for part, style in zip(data.slices, styles, strict=True):
        near = shown[part]
        axes[0].errorbar(
            data.temperature[part][near], factor * y[part][near], yerr=factor * errors[part][near], linestyle="none",
            marker=style.marker, color=style.colour, markersize=4.5, elinewidth=0.8, zorder=2.0,
        )  # fmt: skip
    fine, weak = _curve(data.temperature[shown], data.field[shown])
    whole = fine * (sum(result.whole.parts(fine, weak)) / weak + low.chi_larmor)
    draw_curve(axes[0], fine, factor * whole, colour=BLACK)
    ends = np.array([0.0, result.weak.low_end])
    axes[0].plot(
        ends, factor * (low.curie_constant + low.slope * ends), color=VERMILLION, linewidth=2.5, zorder=3.0
    )
    axes[0].axhline(factor * low.curie_constant, color=GREY, linestyle="--", zorder=1.0)
    axes[0].axvspan(
        float(data.temperature.min()), result.weak.low_end, color="#EEEEEE", zorder=0.0, linewidth=0.0
    )
    axes[0].set_xlim(0.0, end)
    axes[0].set_xlabel("$T$ (K)")
    axes[0].set_ylabel(rf"$T\,(\chi+\chi_\mathrm{{L}})$ ({unit})")
    return figure


def _curve(T: FloatArray, H: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Temperatures of a curve through all points, and a weak field: which one is all the same."""
    fine = np.geomspace(T.min(), T.max(), _PLACES)
    return fine, np.full(_PLACES, median(np.abs(H)))


def _details(result: CurieResult, assessment: Assessment, line: str) -> str:
    """The first reason of the assessment, what is drawn, and of which points."""
    data = result.weak.data
    where = ", ".join(run.label for run in data.runs)
    reason = assessment.reasons[0].text.replace("chi + chi_L", "χ + χ_L")
    return wrapped(f"{reason}. {line}; {len(data)} weak points of {where}")


def _dash(item: WeakFit) -> Literal["--", "-.", "-"]:
    return "--" if item.name == "curie" else "-." if item.name == "glass" else "-"
