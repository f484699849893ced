"""The figure of the universality test: M - M_L against H/T, as the source's Figs. 14 and 15."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from glasspara.analysis.universality import UniversalityResult
from glasspara.analysis.universality_parts import UniversalityParts
from glasspara.report.figures.panels import (
    branch_fills,
    draw_points,
    finish_residuals,
    frame,
    overview_handles,
    ratio_scale,
    run_styles,
)
from glasspara.report.figures.style import BLACK, VERMILLION, paper_style
from glasspara.report.figures.text import (
    scaled_unit,
    synthetic_mark,
    universality_details,
    universality_verdict,
)


@paper_style()
def universality_figure(
    result: UniversalityResult, parts: UniversalityParts | None = None, *, synthetic: bool = False
) -> Figure:
    """All runs of the test with their common curve, over the deviations from it in standard errors.

    Where ``parts`` say that universality breaks the lower panel is shaded.
    ``synthetic`` marks the figure so whatever the files are called.
    """
    data = result.data
    order = sorted(range(len(data.runs)), key=lambda i: (data.runs[i].run.kind, data.runs[i].run.nominal))
    runs, slices = [data.runs[i] for i in order], [data.slices[i] for i in order]
    styles, fills = run_styles(runs), branch_fills(runs)
    figure, (main, below) = frame(
        universality_verdict(result),
        universality_details(result, parts),
        synthetic_mark(runs, synthetic=synthetic),
        trusted=result.holds,
        panels=(2.6, 1.0),
        handles=overview_handles(styles, fills),
    )
    x = 1.0e-3 * result.h_over_t
    factor, unit = scaled_unit(result.magnetisation, "emu/g")
    pulls = (result.magnetisation - result.common_curve) / data.sigma
    for run, part, style in zip(runs, slices, styles, strict=True):
        draw_points(
            main, run, style, fills, (x[part], factor * result.magnetisation[part]), errors=factor * run.sigma
        )
        draw_points(below, run, style, fills, (x[part], pulls[part]), size=0.7)
    for low, high in () if parts is None or result.holds else parts.broken:
        below.axvspan(1.0e-3 * low, 1.0e-3 * high, color=VERMILLION, alpha=0.15, linewidth=0.0, zorder=0.5)
    along = np.argsort(x, kind="stable")
    if result.holds:  # otherwise there is no common curve to show, only the best attempt at one
        main.plot(x[along], factor * result.common_curve[along], color=BLACK, zorder=3.0)
    ratio_scale(main, x)
    main.set_ylabel(rf"$M-M_\mathrm{{L}}$ ({unit})")
    finish_residuals(below, pulls, "data $-$ curve")
    below.set_xlabel(r"$H/T$ (kOe/K)")
    return figure
