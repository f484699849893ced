"""Figures of the ATS term at high field: where the two-level form ends, and the shape of M(H) with three levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glasspara.analysis.high_field.departure import DEVIATIONS, departures
from glasspara.physics.ats import ats_magnetisation
from glasspara.physics.three_level.magnetisation import three_level_magnetisation
from glasspara.report.style import BLACK, GREY, PAD, WIDTH, ordered_colours, paper_style
from glasspara.report.text import scaled_unit

_PLACES = 300


@paper_style()
def departure_figure(
    T: float, *, ats: Mapping[str, Any], areas: Sequence[float], h_max: float = 1.0e5
) -> Figure:
    """M_ATS against H at ``T``, K, of two and of three levels for several (Q/e) S4, A^2, over the ratio of the two.

    Dots in the lower panel: the ratio has left its weak-field value by one and by ten per cent.
    """
    figure, (main, below) = _figure(2, 6.6)
    fields = np.linspace(100.0, h_max, _PLACES)
    two = ats_magnetisation(T, fields, **ats)
    factor, unit = scaled_unit(two, "emu/g")
    main.plot(1e-3 * fields, factor * two, color=BLACK, linestyle=(0, (4, 2)), label="two levels, (10)")
    marks = departures(T, ats=ats, areas=areas, h_max=h_max)
    for qs4, colour, mark in zip(areas, ordered_colours(range(len(areas))), marks, strict=True):
        three = three_level_magnetisation(T, fields, **ats, qs4=qs4)
        main.plot(1e-3 * fields, factor * three, color=colour, label=_area(qs4))
        below.plot(1e-3 * fields, three / two, color=colour)
        ratios = mark.weak * (1.0 - np.array(DEVIATIONS))
        below.plot(1e-3 * np.array(mark.fields), ratios, color=colour, linestyle="none", marker="o")
    below.axhline(1.0, color=GREY, linewidth=1.0)
    main.set_ylabel(rf"$M_\mathrm{{ATS}}$ ({unit})")
    below.set_ylabel("three / two")
    below.set_ylim(0.0, 1.1)
    _finish(figure, (main, below), f"$T = {T:g}$ K; dots: ratio changed by 1 and 10 %", h_max)
    return figure


@paper_style()
def field_shape_figure(
    T: float, *, ats: Mapping[str, Any], areas: Sequence[float], h_max: float = 6.5e4
) -> Figure:
    """M_ATS against H of three levels at ``T``, K: rise, broad peak (a dot) and fall, as the source's Fig. 23."""
    figure, (axes,) = _figure(1, 5.2)
    fields = np.linspace(0.0, h_max, _PLACES)
    curves = [three_level_magnetisation(T, fields, **ats, qs4=qs4) for qs4 in areas]
    factor, unit = scaled_unit(np.concatenate(curves), "emu/g")
    for qs4, curve, colour in zip(areas, curves, ordered_colours(range(len(areas))), strict=True):
        axes.plot(1e-3 * fields, factor * curve, color=colour, label=_area(qs4))
        top = int(curve.argmax())
        if top < len(curve) - 1:
            axes.plot(1e-3 * fields[top], factor * curve[top], color=colour, marker="o")
    axes.axhline(0.0, color=GREY, linewidth=1.0)
    axes.set_ylabel(rf"$M_\mathrm{{ATS}}$ ({unit})")
    _finish(figure, (axes,), f"$T = {T:g}$ K; dots: peaks", h_max)
    return figure


def _figure(panels: int, height: float) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(WIDTH, height))
    figure.set_layout_engine("constrained", w_pad=PAD, h_pad=PAD)
    shares = (1.6, 1.0)[:panels]
    axes = figure.subplots(panels, 1, sharex=True, squeeze=False, height_ratios=shares)[:, 0].tolist()
    return figure, axes


def _finish(figure: Figure, axes: Sequence[Axes], title: str, h_max: float) -> None:
    axes[0].set_title(title, loc="left")
    axes[-1].set_xlabel(r"$H$ (kOe)")
    axes[-1].set_xlim(0.0, 1e-3 * h_max)
    handles, _ = axes[0].get_legend_handles_labels()
    figure.legend(handles=handles, loc="outside lower center", ncols=3, title=r"$(Q/e)\,S_4$")


def _area(qs4: float) -> str:
    """``qs4`` as a label: three times ten to the fourth square angstroms."""
    digits, power = f"{qs4:.0e}".split("e")
    times = "" if digits == "1" else rf"{digits}\times"
    return rf"${times}10^{{{int(power)}}}$ Å$^2$"
