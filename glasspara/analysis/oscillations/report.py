"""The report of ``oscillations``: JSON block, CSV tables, terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import numpy as np
from rich.console import Console

from glasspara.analysis.fit.blocks import FitBlock
from glasspara.data import Dataset
from glasspara.findings import AssessmentBlock, FindingBlock
from glasspara.report import Report, RunBlock
from glasspara.report.table import Sheet, point_columns
from glasspara.report.terminal import Column, show_assessment, show_table
from glasspara.wording import value_with_error

if TYPE_CHECKING:
    from glasspara.analysis.oscillations.waves import OscillationResult


class WaveBlock(TypedDict):
    """The strongest wave of a run in T or in 1/T.

    Its amplitude is that beside the model; its phase counts from ``phase_at``. ``power`` is -ln of the chance at one
    given frequency, beside the model, beside the spline, and the lesser of both. ``false_alarm_probability`` is the
    chance of it anywhere in the search, ``..._here`` in this run and abscissa. A thermometer with errors of
    ``thermometer_relative_error`` (rms) would do as much.
    """

    abscissa: Literal["T", "1/T"]
    period: float
    period_error: float
    period_unit: Annotated[str, "unit"]
    amplitude: Annotated[float, "wave.amplitude"]
    amplitude_error: Annotated[float, "wave.amplitude_error"]
    amplitude_beside_spline: Annotated[float, "control.amplitude"]
    amplitude_beside_spline_error: Annotated[float, "control.amplitude_error"]
    amplitude_unit: Literal["emu/g"]
    phase_rad: Annotated[float, "wave.phase"]
    phase_error_rad: Annotated[float, "wave.phase_error"]
    phase_at: Annotated[float, "middle"]
    power: dict[str, float]
    power_at_1_percent: Annotated[float, "threshold"]
    false_alarm_probability: Annotated[float, "fap"]
    false_alarm_probability_here: Annotated[float, "fap_here"]
    thermometer_relative_error: Annotated[float | None, "thermometer"]
    frequencies: Annotated[int, lambda peak: len(peak.frequencies)]


class OscillatingRunBlock(TypedDict):
    """A run that was searched, with its strongest waves."""

    run: RunBlock
    spline_knots: Annotated[int, "knots"]
    peaks: list[WaveBlock]


class ThermometerNoiseBlock(TypedDict):
    """Errors of the thermometer among the noise."""

    relative_size: Annotated[float, "size"]
    length_in_ln_T: Annotated[float, "length"]


class OscillationsBlock(TypedDict):
    """Whether M_intr oscillates with temperature, and the chance that noise alone does it.

    ``false_alarm_probability_beside`` is what the chance would be beside one of the smooth descriptions alone;
    ``residual_correlation`` that of neighbours in what the spline and the strongest wave leave of its run.
    """

    assessment: AssessmentBlock
    notes: list[FindingBlock]
    found: bool
    false_alarm_probability: Annotated[float, "fap"]
    false_alarm_probability_is_bound: Annotated[bool, "is_bound"]
    false_alarm_probability_beside: Annotated[dict[str, float], "by_description"]
    replicates: int
    replicates_failed: Annotated[int, "failed"]
    seed: int
    residual_correlation: Annotated[float, lambda result: result.correlation[0]]
    residual_correlation_p_value: Annotated[float, lambda result: result.correlation[1]]
    thermometer_noise: Annotated[ThermometerNoiseBlock | None, "wiggle"]
    runs: list[OscillatingRunBlock]
    fit: FitBlock


def _about(result: OscillationResult) -> list[str]:
    reasons = [reason.text for reason in result.assessment.reasons]
    return [*reasons, f"{result.replicates} replicates of noise, seed {result.seed}"]


def _peaks(result: OscillationResult) -> Sheet:
    """The strongest wave of each run in T and in 1/T."""
    about = (
        "power: -ln of the chance at one given frequency; fap: the chance of it anywhere in the search, fap_here: in "
        "this run and abscissa",
    )
    return Sheet(result.table(), about)


def _points(result: OscillationResult) -> Sheet:
    """Every point of the runs that were searched, with both smooth descriptions of its M_intr."""
    data = Dataset(tuple(item.run for item in result.runs))
    columns = {
        **point_columns(data),
        "T_K": data.temperature,
        "H_Oe": data.field,
        "sigma_emu_per_g": data.sigma,
        "M_intr_emu_per_g": np.concatenate([item.intrinsic for item in result.runs]),
        "M_ats_emu_per_g": np.concatenate([item.model for item in result.runs]),
        "M_spline_emu_per_g": np.concatenate([item.smooth for item in result.runs]),
    }
    about = "M_intr: M less Larmor and Langevin terms; M_ats: the ATS term; M_spline: what the spline makes of M_intr"
    return Sheet(columns, [about])


def _periodograms(result: OscillationResult) -> Sheet:
    """Power of every frequency, in T (1/K) and in 1/T (K)."""
    rows = (
        {
            "run": item.run.label,
            "file": item.run.run.file,
            "abscissa": peak.abscissa,
            "frequency": frequency,
            "frequency_unit": "1/K" if peak.abscissa == "T" else "K",
            "period": 1.0 / frequency,
            "power": both,
            "power_beside_model": model,
            "power_beside_spline": spline,
        }
        for item in result.runs
        for peak in item.peaks
        for frequency, both, model, spline in zip(
            peak.frequencies.tolist(),
            *(peak.periodograms[name].tolist() for name in ("both", "model", "spline")),
            strict=True,
        )
    )
    return Sheet(rows)


def show_oscillations(result: OscillationResult, out: Console) -> None:
    peaks = [(item.run.label, peak) for item in result.runs for peak in item.peaks]
    rows = [
        (
            label, peak.abscissa, f"{value_with_error(peak.period, peak.period_error)} {peak.unit}",
            value_with_error(peak.wave.amplitude, peak.wave.amplitude_error), f"{peak.power['both']:.1f}",
            f"{peak.fap:.2g}", f"{peak.fap_here:.2g}",
        )
        for label, peak in peaks
    ]  # fmt: skip
    numbers = (Column(name, "number") for name in ("power", "false alarm", "here"))
    strongest = [n for n, (_, peak) in enumerate(peaks) if peak is result.best.best and result.found]
    show_table(("run", "in", "strongest period", "amplitude / emu/g", *numbers), rows, out, bold=strongest)
    show_assessment(result.assessment, out, result.notes)


REPORT = Report(
    "oscillations",
    OscillationsBlock,
    show_oscillations,
    tables={
        "oscillations.csv": _peaks,
        "oscillations_points.csv": _points,
        "periodograms.csv": _periodograms,
    },
    about=_about,
    figures={"oscillations": "oscillation_figures"},
)
