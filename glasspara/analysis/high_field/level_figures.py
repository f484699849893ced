"""The level diagram of one ATS, as Fig. 7c of the source's parent article."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.physics.three_level.levels import level_diagram
from glasspara.report.style import BLUE, GREEN, GREY, PAD, VERMILLION, WIDTH, paper_style

_PLACES = 401
_COLOURS = (BLUE, VERMILLION, GREEN)


@paper_style()
def level_diagram_figure(
    *, asymmetries: Sequence[float] = (0.0, 0.6), alpha: float = 0.3, periods: float = 2.0
) -> Figure:
    """Energies over D_0 of one ATS against its phase, for each D/D_0 of ``asymmetries`` at one angle ``alpha``.

    The first is drawn with broken lines, so that the crossings which the others avoid can be seen.
    """
    figure = Figure(figsize=(WIDTH, 4.9))
    figure.set_layout_engine("constrained", w_pad=PAD, h_pad=PAD)
    axes = figure.subplots()
    phi = np.linspace(0.0, 2 * np.pi * periods, _PLACES)
    for number, d in enumerate(asymmetries):
        levels = level_diagram(phi, d=d, alpha=alpha, d0=1.0)
        for level, colour in zip(levels.T, _COLOURS, strict=True):
            style = ((0, (4, 2)), 1.2) if number == 0 else ("-", 1.8 + 0.8 * (number - 1))
            axes.plot(phi / (2 * np.pi), level, color=colour, linestyle=style[0], linewidth=style[1])
    axes.set_xlabel(r"phase $\varphi/2\pi$ (flux quanta)")
    axes.set_ylabel(r"energy / $D_0$")
    axes.set_xlim(0.0, periods)
    axes.margins(y=0.06)
    axes.locator_params(axis="x", nbins=5)
    handles = [
        Line2D(
            [],
            [],
            color=GREY,
            linestyle=(0, (4, 2)) if number == 0 else "-",
            label=f"$D = {d:g}\\,D_0$" if d else "$D = 0$",
        )
        for number, d in enumerate(asymmetries)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure
