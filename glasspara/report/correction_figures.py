"""What was done to the data before any physics: the holder beside the sample, true minus reported field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from glasspara.arrays import FloatArray
from glasspara.data import MILLIGRAM, ReducedRun
from glasspara.data.corrections import Applied
from glasspara.data.corrections.field_standard import FieldStandard
from glasspara.report.panels import (
    ABSCISSA_LABELS,
    abscissa,
    draw_points,
    frame,
    overview_handles,
    run_styles,
)
from glasspara.report.style import (
    BLACK,
    BLUE,
    GREY,
    LINE,
    VERMILLION,
    drawable,
    elide,
    paper_style,
    scaled_unit,
    synthetic_mark,
)
from glasspara.runs.run import Run
from glasspara.runs.stretches import direction
from glasspara.wording import percent

_KNEE = 0.1  # kOe: the field axis is linear below


def correction_figures(
    runs: Sequence[ReducedRun], applied: Sequence[Applied]
) -> Iterator[tuple[str, Figure]]:
    """Stems of file names and figures; none where moments and fields are those of the files."""
    for kind, stem in (("fixed-field", "holder_MT"), ("fixed-temperature", "holder_MH")):
        held = [run for run in runs if run.run.kind == kind and run.run.background is not None]
        if held:
            yield stem, holder_figure(held, applied)
    standard = next((item.corrector.standard for item in applied), None)
    if standard is not None:
        yield "true_field", field_figure(standard)


@paper_style()
def holder_figure(runs: Sequence[ReducedRun], applied: Sequence[Applied]) -> Figure:
    """Measured moment, holder and sample of runs of one kind; M(T) over the field, so that all fields fit one axis."""
    styles = run_styles(runs)
    # the header names a single run
    named = [
        replace(style, label=f"sample, {style.label}" if len(runs) > 1 else "sample") for style in styles
    ]
    handles = [
        Line2D([], [], color=GREY, marker=".", linestyle="none", label="measured"),
        Line2D([], [], color=VERMILLION, linestyle="--", label="holder"),
        *overview_handles(named),
    ]
    holders = [
        item for one in applied for item in one.holder if item.label in {run.run.label for run in runs}
    ]
    shares = [item.share for item in holders]
    low, high = percent(min(shares)), percent(max(shares))
    figure, (axes,) = frame(
        f"Holder: {low if low == high else f'{low} to {high}'} of the signal",
        "\n".join(elide(line, LINE) for line in _details(runs, applied)),
        synthetic_mark(runs),
        trusted=max(shares) < 1.0,
        panels=(3.0,),
        handles=handles,
    )
    parts = [_moments(run) for run in runs]
    factor, unit = scaled_unit(
        np.concatenate([np.concatenate(part) for part in parts]),
        "emu/Oe" if runs[0].run.kind == "fixed-field" else "emu",
    )
    for run, style, (measured, holder, sample) in zip(runs, styles, parts, strict=True):
        x = abscissa(run.run.kind, run.temperature, run.field)
        axes.plot(x, factor * measured, ".", color=GREY, zorder=1.0)
        along = np.argsort(x, kind="stable") if run.run.kind == "fixed-field" else np.arange(len(x))
        axes.plot(x[along], factor * holder[along], "--", color=VERMILLION, zorder=3.0)
        draw_points(axes, run, style, (x, factor * sample), size=0.8)
    axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=0.5)
    axes.set_xlabel(ABSCISSA_LABELS[runs[0].run.kind])
    axes.set_ylabel(rf"$m/H$ ({unit})" if runs[0].run.kind == "fixed-field" else rf"$m$ ({unit})")
    return figure


def _moments(run: ReducedRun) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Measured, holder's and sample's moment, emu, or over the field at a fixed one, emu/Oe."""
    holder = run.run.background
    assert holder is not None
    sample = run.magnetisation * run.grams
    by = run.field if run.run.kind == "fixed-field" and np.all(run.field != 0.0) else np.ones(len(run))
    return (sample + holder) / by, holder / by, sample / by


def _details(runs: Sequence[ReducedRun], applied: Sequence[Applied]) -> Iterator[str]:
    settings = applied[0].corrector.settings
    yield ", ".join(run.label for run in runs)
    if settings.background:
        scale = "" if settings.background_scale == 1.0 else f", times {settings.background_scale:g}"
        count = len(settings.background)
        yield f"background of {count} file{'s' if count > 1 else ''}{scale}"
    if settings.holder_chi is not None:
        yield f"holder's susceptibility {settings.holder_chi[0]:.4g} emu/Oe"


@paper_style()
def field_figure(standard: FieldStandard) -> Figure:
    """True minus reported field by the standard, each branch with its smooth curve."""
    run = standard.run
    name = drawable(run.file.rpartition("/")[2])
    shift = run.moment / (standard.chi * standard.mass_mg * MILLIGRAM) - run.field
    colours = (BLUE, VERMILLION, BLACK, GREY)
    curves = list(zip(standard.branches, colours * len(standard.branches), strict=False))
    handles = [
        Line2D(
            [], [], color=colour, marker=".", label=f"{branch.direction} from {1e-3 * branch.start:.3g} kOe"
        )
        for branch, colour in curves
    ]
    at_zero = [
        float(branch.difference(np.zeros(1))[0])
        for branch, _ in curves
        if branch.curve.low <= 0.0 <= branch.curve.high
    ]
    spread = " and ".join(f"{value:+.0f}" for value in at_zero)
    figure, (axes,) = frame(
        f"True field: {spread} Oe at reported zero" if at_zero else "True field",
        "\n".join(
            elide(line, LINE)
            for line in (
                f"{run.label}, {standard.mass_mg:g} mg, {name}",
                f"χ = {standard.chi:.4g} emu/(g Oe), {standard.chi_source.partition(',')[0]}",
                f"{100.0 * standard.scale:+.2f} % at large fields",
            )
        ),
        "synthetic" if "synthetic" in name.lower() else "",
        trusted=True,
        panels=(3.0,),
        handles=handles,
    )
    for branch, colour in curves:
        points = _points_of(run, branch.direction)
        axes.plot(1e-3 * run.field[points], shift[points], ".", color=colour, markersize=4.0, zorder=2.0)
        # dense near zero, where the axis is linear
        low, high = (float(np.arcsinh(end / (1e3 * _KNEE))) for end in (branch.curve.low, branch.curve.high))
        along = 1e3 * _KNEE * np.sinh(np.linspace(low, high, 401))
        axes.plot(1e-3 * along, branch.difference(along), color=colour, zorder=3.0)
    axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=0.5)
    axes.set_xscale("symlog", linthresh=_KNEE)
    axes.set_xlabel(r"reported $H$ (kOe)")
    axes.set_ylabel("true − reported $H$ (Oe)")
    return figure


def _points_of(run: Run, name: str) -> npt.NDArray[np.intp]:
    words = np.array([direction(label) for label in run.branch_labels])
    return np.flatnonzero(words[run.branch] == name)
