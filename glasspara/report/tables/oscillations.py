"""Tables of ``oscillations``: the strongest waves, the points, the periodograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from glasspara.report.tables.table import csv_text, point_keys, provenance

if TYPE_CHECKING:
    from glasspara.analysis.oscillations import OscillationResult
    from glasspara.loading import Input


def _comments(inputs: Sequence[Input], result: OscillationResult) -> list[str]:
    return [
        *provenance("oscillations", inputs),
        result.verdict,
        f"{result.replicates} replicates of noise, seed {result.seed}",
    ]


def peaks_csv(inputs: Sequence[Input], result: OscillationResult) -> str:
    """The strongest wave of each run in T and in 1/T."""
    comments = [
        *_comments(inputs, result),
        "power: -ln of the chance at one given frequency; fap: the chance of it anywhere in the search, fap_here: in "
        "this run and abscissa",
    ]
    header = (
        "run", "file", "abscissa", "period", "period_error", "period_unit", "amplitude_emu_per_g",
        "amplitude_error_emu_per_g", "amplitude_beside_spline_emu_per_g",
        "amplitude_beside_spline_error_emu_per_g", "phase_rad", "phase_error_rad", "phase_at",
        "power", "power_beside_model", "power_beside_spline", "fap", "fap_here", "thermometer_relative_error",
        "spline_knots",
    )  # fmt: skip
    rows = [
        (
            item.run.label, item.run.run.file, peak.abscissa, peak.period, peak.period_error, peak.unit,
            peak.wave.amplitude, peak.wave.amplitude_error, peak.control.amplitude, peak.control.amplitude_error,
            peak.wave.phase, peak.wave.phase_error, peak.middle,
            peak.power["both"], peak.power["model"], peak.power["spline"], peak.fap, peak.fap_here, peak.thermometer,
            item.knots,
        )
        for item in result.runs
        for peak in item.peaks
    ]  # fmt: skip
    return csv_text(comments, header, rows)


def points_csv(inputs: Sequence[Input], result: OscillationResult) -> str:
    """Every point of the runs that were looked at, with both smooth descriptions of its M_intr."""
    comments = [
        *_comments(inputs, result),
        "M_intr: M less Larmor and Langevin terms; M_ats: the ATS term; M_spline: what the spline makes of M_intr",
    ]
    header = (
        "file", "line", "run", "branch", "T_K", "H_Oe", "sigma_emu_per_g", "M_intr_emu_per_g", "M_ats_emu_per_g",
        "M_spline_emu_per_g",
    )  # fmt: skip
    keys = list(point_keys(result.data))
    rows: list[Sequence[object]] = []
    for item in result.runs:
        run, part = item.run, result.data.slices[item.number]
        columns = (run.temperature, run.field, run.sigma, item.intrinsic, item.model, item.smooth)
        points = zip(*(values.tolist() for values in columns), strict=True)
        rows += [(*key, *values) for key, values in zip(keys[part], points, strict=True)]
    return csv_text(comments, header, rows)


def periodograms_csv(inputs: Sequence[Input], result: OscillationResult) -> str:
    """Power of every frequency, in T (1/K) and in 1/T (K)."""
    header = (
        "run", "file", "abscissa", "frequency", "frequency_unit", "period", "power", "power_beside_model",
        "power_beside_spline",
    )  # fmt: skip
    rows = [
        (
            item.run.label, item.run.run.file, peak.abscissa, frequency, "1/K" if peak.abscissa == "T" else "K",
            1.0 / frequency, both, model, spline,
        )
        for item in result.runs
        for peak in item.peaks
        for frequency, both, model, spline in zip(
            peak.frequencies.tolist(),
            *(peak.periodograms[name].tolist() for name in ("both", "model", "spline")),
            strict=True,
        )
    ]  # fmt: skip
    return csv_text(_comments(inputs, result), header, rows)
