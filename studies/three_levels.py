"""Two levels of the ATS term against three: where they part, and the figures of docs/theory.md that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.arrays import FloatArray
from glasspara.physics.ats import ats_magnetisation
from glasspara.physics.three_level import level_diagram
from glasspara.physics.three_level.magnetisation import three_level_magnetisation
from glasspara.report.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    PAD,
    VERMILLION,
    WIDTH,
    ordered_colours,
    paper_style,
    scaled_unit,
)

DEVIATIONS = (0.01, 0.1)
"""Relative changes of the ratio of the two that count as a departure."""

_WEAK = 1.0  # Oe
_LOWEST, _PLACES = 100.0, 4000
_PHASES, _FIELDS = 401, 300
_COLOURS = (BLUE, VERMILLION, GREEN)


@dataclass(frozen=True)
class Departure:
    """Where the two-level form leaves the three-level one, for one effective charge times area (``qs4``, A^2).

    ``weak`` is the ratio of the three-level to the two-level magnetisation in a weak field; ``fields`` are the
    lowest fields, Oe, at which that ratio has changed by each of :data:`DEVIATIONS`, relative; nan where it has not.
    """

    qs4: float
    weak: float
    fields: tuple[float, ...]


def departures(
    T: float, *, ats: Mapping[str, Any], areas: Sequence[float], h_max: float = 1.0e6
) -> tuple[Departure, ...]:
    """Departure for each (Q/e) S4 of ``areas``, A^2, at ``T``, K, in fields from 100 Oe to ``h_max``.

    ``ats`` holds the parameters of :func:`glasspara.ats_magnetisation`.
    """
    fields = np.geomspace(_LOWEST, h_max, _PLACES)
    places = np.append(_WEAK, fields)
    two = ats_magnetisation(T, places, **ats)
    found = []
    for qs4 in areas:
        ratio = three_level_magnetisation(T, places, **ats, qs4=qs4) / two
        change = np.abs(ratio[1:] / ratio[0] - 1.0)
        at = tuple(_first(np.log(fields), change, deviation) for deviation in DEVIATIONS)
        found.append(Departure(qs4, float(ratio[0]), at))
    return tuple(found)


def _first(log_fields: FloatArray, change: FloatArray, level: float) -> float:
    """Field where ``change`` first passes ``level``."""
    above = np.flatnonzero(change > level)
    if not len(above) or above[0] == 0:
        return float("nan")
    ends = slice(above[0] - 1, above[0] + 1)
    return float(np.exp(np.interp(level, change[ends], log_fields[ends])))


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
    phi = np.linspace(0.0, 2 * np.pi * periods, _PHASES)
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


@paper_style()
def departure_figure(
    T: float, *, ats: Mapping[str, Any], areas: Sequence[float], h_max: float = 1.0e5
) -> Figure:
    """M_ATS against H at ``T``, K, of two and of three levels for several (Q/e) S4, A^2, over the ratio of the two.

    Dots in the lower panel: the ratio has left its weak-field value by one and by ten per cent.
    """
    figure, (main, below) = _figure(2, 6.6)
    fields = np.linspace(100.0, h_max, _FIELDS)
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
    fields = np.linspace(0.0, h_max, _FIELDS)
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
