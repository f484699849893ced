"""M_intr(H) at one temperature with every form of the ATS term, as the source's Fig. 23."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.lines import Line2D

from glasspara.analysis.high_field.field_dependence import PLAIN, SHORT, HighFieldResult, along
from glasspara.report.panels import (
    ABSCISSA_LABELS,
    RunStyle,
    branch_fills,
    branch_handles,
    draw_points,
    finish_residuals,
    frame,
    run_handles,
)
from glasspara.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    LINE,
    ORANGE,
    VERMILLION,
    elide,
    file_name,
    paper_style,
    scaled_unit,
    stems,
    synthetic_mark,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from glasspara.data import ReducedRun

_LINES: dict[str, tuple[str, Literal["solid"] | tuple[float, Sequence[float]]]] = {
    "three-level": (BLACK, "solid"),
    "etm-phase": (GREEN, (0, (6, 2))),
    "etm-high-field": (BLUE, (0, (6, 2, 1.2, 2))),
    PLAIN: (VERMILLION, (0, (2, 1.2))),
}


def highfield_figures(result: HighFieldResult) -> dict[str, Figure]:
    """A figure for each M(H) run, by the stem of a file name; none where no form has a minimum."""
    data = result.comparison.data
    chosen = [
        (run, part)
        for run, part in zip(data.runs, data.slices, strict=True)
        if run.run.kind == "fixed-temperature"
    ]
    if result.comparison.best is None:
        return {}
    named = zip(stems([run for run, _ in chosen]), chosen, strict=True)
    return {f"highfield_{stem}": _figure(result, run, part) for stem, (run, part) in named}


@paper_style()
def _figure(result: HighFieldResult, run: ReducedRun, part: slice) -> Figure:
    """Data less the Larmor and Langevin terms of the best form, with all forms, over residuals of (10) and of it."""
    best = result.comparison.best
    assert best is not None
    fits = result.usable
    reference = fits[best.name]
    fills = branch_fills([run])
    data = RunStyle("data", ORANGE, "o", fills)
    left_by_plain = RunStyle(f"residuals of {SHORT[PLAIN]}", VERMILLION, "^", fills)
    left_by_best = RunStyle(f"residuals of {SHORT[best.name]}", GREY, "o", fills)
    lines = {name: style for name, style in _LINES.items() if name in fits}
    handles = [
        *run_handles([data]),
        *(Line2D([], [], color=c, linestyle=d, label=SHORT[name]) for name, (c, d) in lines.items()),
        *run_handles([left_by_best, *([left_by_plain] if PLAIN in fits and best.name != PLAIN else [])]),
        *branch_handles(fills),
    ]
    figure, (main, below) = frame(
        result.assessment.headline.text,
        _details(result, run),
        synthetic_mark([run]),
        trusted=result.assessment.trusted,
        panels=(2.0, 1.0),
        handles=handles,
    )
    # Loops fold onto positive fields: every term is odd in H.
    sign, x = np.where(run.field < 0.0, -1.0, 1.0), 1.0e-3 * np.abs(run.field)
    # one power of ten for all runs
    drawn = np.concatenate([reference.intrinsic[item] for item in result.comparison.data.slices])
    factor, unit = scaled_unit(drawn, "emu/g")
    draw_points(main, run, data, (x, factor * sign * reference.intrinsic[part]), errors=factor * run.sigma)
    for name, (colour, dashes) in lines.items():
        fields, terms = along(fits[name], run)
        # What this form says of the points drawn, whatever it makes of the other terms.
        shown = terms.total - along(reference, run)[1].beside_ats
        main.plot(1.0e-3 * fields, factor * shown, color=colour, linestyle=dashes, zorder=3.0)
    pulls = [sign * fits[best.name].residuals[part] / run.sigma]
    if PLAIN in fits and best.name != PLAIN:
        pulls.append(sign * fits[PLAIN].residuals[part] / run.sigma)
    for style, values in zip((left_by_best, left_by_plain), pulls, strict=False):
        draw_points(below, run, style, (x, values), size=0.7)
    main.axhline(0.0, color=GREY, linewidth=0.8, zorder=1.0)
    main.set_ylabel(rf"$M-M_\mathrm{{L}}-M_\mathrm{{Fe}}$ ({unit})")
    finish_residuals(below, np.concatenate(pulls), "data − model")
    below.set_xlabel(ABSCISSA_LABELS["fixed-temperature"])
    return figure


def _details(result: HighFieldResult, run: ReducedRun) -> str:
    """Run and file, the first reason of the assessment, and what it says of this run."""
    first, *further = result.assessment.reasons
    reasons = [first, *(reason for reason in further if reason.where.run == run.label)]
    return "\n".join([
        elide(f"{run.label}, {file_name(run)}", LINE), *(wrapped(reason.text) for reason in reasons)
    ])  # fmt: skip
