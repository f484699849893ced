"""The figure of ``derive``: weak-field susceptibility with both limits (13), and S4 and D_0 against N_tunn."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasspara.analysis.derive.consequences import DeriveResult
from glasspara.analysis.derive.quantities import ats_of
from glasspara.physics.ats import (
    weak_field_susceptibility,
    weak_field_susceptibility_cold,
    weak_field_susceptibility_warm,
)
from glasspara.report.layout import Rows
from glasspara.report.panels import draw_header
from glasspara.report.style import BLACK, BLUE, GREEN, GREY, ORANGE, WIDTH, paper_style, wrapped

_COLDEST, _WARMEST = 0.05, 300.0  # K
_NEAR = 0.5  # relative distance of the cold limit that is worth a line


@paper_style()
def derive_figure(result: DeriveResult) -> Figure:
    """Susceptibilities in weak fields against T, over the area of a system against the number of its particles."""
    details = "\n".join(wrapped(reason.text) for reason in result.assessment.reasons)
    figure = Figure(figsize=(WIDTH, 9.0 + 0.25 * details.count("\n")), layout=Rows((1.0, 1.0)))
    above, below = figure.subplots(2, 1)
    headline, mark = result.assessment.headline, "synthetic" if result.source.synthetic else ""
    draw_header(figure, headline.text, details, mark, trusted=headline.level == "info")
    _draw_susceptibility(above, result)
    _draw_areas(below, result)
    return figure


def _draw_susceptibility(axes: Axes, result: DeriveResult) -> None:
    source = result.source
    ats = ats_of(source.values, source)
    T = np.geomspace(_COLDEST, _WARMEST, 400)
    chi, cold, warm = (
        function(T, ats)
        for function in (
            weak_field_susceptibility, weak_field_susceptibility_cold, weak_field_susceptibility_warm,
        )
    )  # fmt: skip
    axes.plot(T, chi, color=BLACK, linewidth=2.8, label="ATS term (12)")
    axes.plot(
        T,
        np.where(warm > 0.0, warm, np.nan),
        color=ORANGE,
        linestyle="--",
        label=r"(13), $kT\gg D_\mathrm{min}$",
    )
    near = np.abs(cold / chi - 1.0) < _NEAR
    if near.any():
        label = r"(13), $kT\ll D_\mathrm{min}$"
        axes.plot(T, np.where(near, cold, np.nan), color=BLUE, linestyle="--", label=label)
    constant = result.quantity("curie_constant").value
    if constant > 0.0:
        axes.plot(T, constant / T, color=GREEN, linestyle=":", label="iron, $C/T$")
    axes.set_xscale("log")
    axes.set_yscale("log")
    largest = float(chi.max())
    axes.set_ylim(1.0e-4 * largest, 1.0e2 * largest)
    axes.set_xlabel("$T$ (K)")
    axes.set_ylabel(r"$\chi$ (emu g⁻¹ Oe⁻¹)")
    axes.legend(loc="lower right")


def _draw_areas(axes: Axes, result: DeriveResult) -> None:
    """S4 = (Q/e) S4/(N q) with its range, the face of the void, and what is assumed or follows for N_tunn."""
    qs4, number, charge = result.quantity("qs4"), result.quantity("n_tunn"), result.assumptions["charge"]
    N = np.geomspace(min(0.5 * number.low, 10.0), max(2.0 * number.high, 1000.0), 200)
    low, high = (end / (N * charge.middle) for end in (qs4.low, qs4.high))
    if qs4.low < qs4.high:
        axes.fill_between(
            N, low, high, color=ORANGE, alpha=0.4, linewidth=0.0, label="$S_4$, range of (Q/e) $S_4$"
        )
    else:
        axes.plot(N, low, color=ORANGE, linewidth=2.4, label="$S_4$")
    face = result.quantity("void_face").value
    axes.axhline(face, color=GREY, linestyle="--", label="face of the void (1)")
    if number.low < number.high:
        label = r"$N_\mathrm{tunn}$ assumed"
        axes.axvspan(number.low, number.high, color="#DDDDDD", linewidth=0.0, zorder=0.0, label=label)
    else:
        axes.axvline(number.value, color=BLACK, label=r"$N_\mathrm{tunn}$")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(top=300.0 * face)  # room for the legend
    axes.set_xlabel(r"$N_\mathrm{tunn}$ (1)")
    axes.set_ylabel(r"$S_4$ (Å²)")
    legend = axes.legend(loc="upper right", frameon=True, framealpha=1.0, edgecolor="none")
    legend.set_zorder(5.0)
