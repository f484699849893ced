"""Does M_intr oscillate with temperature at fixed field?

Source: G. Jug and S. Recchia, arXiv:2111.12644, Fig. 20: oscillations at intermediate and high T, clear for BAS at
50 kOe and Duran, weak for BK7 at 20 kOe; by eye. Here a periodogram says it (``search``), in T and in 1/T,
beside two smooth descriptions that are fitted together with each wave: the model, and a spline that knows nothing of
it. A wave counts by the lesser of its two powers. The chance that noise alone reaches as much anywhere in the search,
over all frequencies, runs and abscissae, is counted in replicates of noise. Beside a model that does not describe the
data every wave has power, and the lesser is that beside the spline: it is then compared with what noise
reaches beside the spline alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.analysis.linear import SplineFit, by_thermometer, tangent
from glasspara.analysis.oscillations.search import (
    BOTH,
    DESCRIPTIONS,
    Abscissa,
    NoisePowers,
    Search,
    Wave,
    Wiggle,
    find_tracks,
    fit_wave,
    place,
)
from glasspara.arrays import FloatArray
from glasspara.data import Dataset, ReducedRun
from glasspara.errors import InputError
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.judge import MISFIT_P, residual_correlation
from glasspara.fitting.judge.plausibility import implausible
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.replicates import run_replicates
from glasspara.replicates.cores import Progress, no_progress

FOUND, HINT = 0.01, 0.05
"""False-alarm probabilities below which an oscillation is said to be found, or hinted at."""


@dataclass(frozen=True, eq=False)
class Peak:
    """The strongest wave of one run on one abscissa, by the lesser power of the two descriptions.

    ``power`` is by description and for "both", ``excess`` the latter over what is typical for the largest of noise in
    this run and abscissa (beside the spline where the model does not describe the data). ``fap`` is the chance that
    noise alone reaches this excess anywhere in the whole search, ``fap_here`` the same for this run and abscissa alone.
    ``wave`` and its errors are beside the model, emu/g; ``control`` is that beside the spline. ``thermometer`` is the
    relative error (rms) of the thermometer that would do as much.
    """

    abscissa: Abscissa
    frequencies: FloatArray
    periodograms: dict[str, FloatArray]
    power: dict[str, float]
    excess: float
    fap: float
    fap_here: float
    wave: Wave
    control: Wave
    thermometer: float
    threshold: float
    """Power that noise alone reaches somewhere in the search in 1 % of the replicates."""

    middle: float
    """Place from which the phase of the wave counts: the mean abscissa of the points."""

    @property
    def period(self) -> float:
        """K, or 1/K."""
        return 1.0 / self.wave.frequency

    @property
    def period_error(self) -> float:
        return self.wave.frequency_error / self.wave.frequency**2

    @property
    def unit(self) -> str:
        return "K" if self.abscissa == "T" else "K^-1"


@dataclass(frozen=True, eq=False)
class RunOscillation:
    """One run, ``number`` in the data, with its peaks in T and 1/T. Arrays run through its points, emu/g.

    ``smooth`` is what the spline makes of M_intr, ``knots`` the number of its inner knots.
    """

    number: int
    run: ReducedRun
    intrinsic: FloatArray
    model: FloatArray
    smooth: FloatArray
    knots: int
    peaks: tuple[Peak, ...]

    @property
    def best(self) -> Peak:
        return max(self.peaks, key=lambda peak: peak.excess)


@dataclass(frozen=True, eq=False, repr=False)
class OscillationResult(Answer):
    """The search. ``fap`` is that of the strongest wave of all.

    ``by_description`` is what it would be if one of the smooth descriptions stood alone; ``correlation`` that of
    neighbours in what the spline and the strongest wave leave of its run, and its p-value.
    """

    fit: FitResult
    runs: tuple[RunOscillation, ...]
    fap: float
    by_description: dict[str, float]
    replicates: int
    failed: int
    seed: int
    wiggle: Wiggle | None
    correlation: tuple[float, float]
    left_out: tuple[Finding, ...]
    """The runs at fixed field that have too few points."""

    @property
    def data(self) -> Dataset:
        return self.fit.data

    @property
    def best(self) -> RunOscillation:
        return _strongest(self.runs)

    @property
    def found(self) -> bool:
        return self.fap < FOUND

    @property
    def is_bound(self) -> bool:
        """Whether no replicate came near: ``fap`` is then the least that their number can show."""
        return is_bound(self.fap, self.replicates - self.failed)

    @property
    def assessment(self) -> Assessment:
        """Whether M_intr oscillates; reliable if there is a fit to search with, and the noise supports the claim."""
        fitted = self.fit.assessment
        if fitted.status == "not-converged":
            first = finding("oscillations.not-converged")
            return Assessment("oscillations", "not-converged", (first, *fitted.reasons), trusted=False)
        if fitted.status == "not-plausible" and (wrong := implausible(self.fit.minimum)):
            return Assessment("oscillations", "not-plausible", tuple(wrong), trusted=False)
        if self.fap < HINT and self.wiggle is None and self.correlation[1] < MISFIT_P:
            size, p = self.correlation
            first = finding(
                "oscillations.residuals-not-random", run=self.best.run.label, correlation=size, p_value=p
            )
            return Assessment("oscillations", "no-smooth-description", (first,), trusted=False)
        if self.fap >= HINT:
            none = finding("oscillations.none", fap=self.fap, is_bound=self.is_bound)
            return Assessment("oscillations", "none", (none,))
        wave = finding("oscillations.oscillation", found=self.found, **self._wave(self.best, self.fap))
        return Assessment("oscillations", "found" if self.found else "hint", (wave,))

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What the search must be read with, and the notes of the fit."""
        return (*self._notes(), *self.left_out, *self.fit.notes)

    def _notes(self) -> Iterator[Finding]:
        best = self.best
        for item in self.runs:
            if item is not best and item.best.fap < HINT:
                yield finding("oscillations.another-run", **self._wave(item, item.best.fap))
        yield finding(
            "oscillations.trials",
            frequencies=sum(len(peak.frequencies) for item in self.runs for peak in item.peaks),
            runs=len(self.runs),
            periodograms=sum(len(item.peaks) for item in self.runs),
            replicates=self.replicates,
            seed=self.seed,
        )
        for name, other in (DESCRIPTIONS, DESCRIPTIONS[::-1]):
            fap = self.by_description[name]
            if fap < HINT <= self.fap:
                yield finding("oscillations.only-beside-one", description=name, other=other, p_value=fap)
        noise = None if self.wiggle is None else 100.0 * self.wiggle.size
        if self.fap < HINT and self.assessment.trusted:
            share, control = best.best.thermometer, best.best.control
            if np.isfinite(share):
                yield finding("oscillations.thermometer", percent=100.0 * share, assumed_percent=noise)
            amplitude = [control.amplitude, control.amplitude_error]
            yield finding("oscillations.beside-the-spline", knots=best.knots, amplitude=amplitude)
        if self.wiggle is not None:
            yield finding("oscillations.thermometer-noise", percent=noise, length=self.wiggle.length)
        if not self.fit.describes:
            yield finding("oscillations.model-fails")
            yield self.fit.assessment.reasons[0]

    def _wave(self, item: RunOscillation, fap: float) -> dict[str, Any]:
        """The strongest wave of one run, and the chance of it."""
        peak = item.best
        return {
            "run": item.run.label,
            "abscissa": peak.abscissa,
            "period": [peak.period, peak.period_error],
            "unit": peak.unit,
            "amplitude": [peak.wave.amplitude, peak.wave.amplitude_error],
            "fap": fap,
            "is_bound": is_bound(fap, self.replicates - self.failed),
        }

    def table(self) -> list[dict[str, Any]]:
        """The strongest wave of each run in T and in 1/T, one row each; periods in ``period_unit``."""
        return [
            {
                "run": item.run.label,
                "file": item.run.run.file,
                "abscissa": peak.abscissa,
                "period": peak.period,
                "period_error": peak.period_error,
                "period_unit": peak.unit,
                "amplitude_emu_per_g": peak.wave.amplitude,
                "amplitude_error_emu_per_g": peak.wave.amplitude_error,
                "amplitude_beside_spline_emu_per_g": peak.control.amplitude,
                "amplitude_beside_spline_error_emu_per_g": peak.control.amplitude_error,
                "phase_rad": peak.wave.phase,
                "phase_error_rad": peak.wave.phase_error,
                "phase_at": peak.middle,
                "power": peak.power[BOTH],
                **{f"power_beside_{name}": peak.power[name] for name in DESCRIPTIONS},
                "fap": peak.fap,
                "fap_here": peak.fap_here,
                "thermometer_relative_error": peak.thermometer,
                "spline_knots": item.knots,
            }
            for item in self.runs
            for peak in item.peaks
        ]


def oscillations(
    data: Dataset,
    settings: FitSettings | None = None,
    *,
    wiggle: Wiggle | None = None,
    replicates: int = 1000,
    seed: int = 1,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Progress = no_progress,
) -> OscillationResult:
    """Fit the model to all of ``data`` and look for waves in every run at fixed field.

    Parameters
    ----------
    wiggle : Wiggle, optional
        Errors of the thermometer that the noise shall have too; none by default.
    replicates : int
        Draws of noise for the false-alarm probabilities; 1/(replicates + 1) is the least that they can show.
    seed, jobs, cluster, progress
        Those of :func:`glasspara.replicates.run_replicates`.

    Raises
    ------
    InputError
        No run at fixed field has enough points.
    """
    tracks, left_out = find_tracks(data)
    if not tracks:
        raise InputError(
            "no run at fixed field has enough points to look for oscillations with temperature",
            remedy="Give M(T) runs of 20 points or more",
        )
    result = fit(data, settings)
    lag = by_thermometer(result.minimum)
    smooth = result.terms.total / data.sigma
    search = Search(
        tracks,
        tangent(result.minimum),
        data.magnetisation / data.sigma,
        smooth,
        data.temperature,
        lag,
        wiggle,
    )
    observed = search.observed()
    done = run_replicates(search, replicates, seed=seed, jobs=jobs, cluster=cluster, progress=progress)
    noise = NoisePowers(np.array([item.value for item in done if item.error is None]))
    reference = BOTH if result.describes else "spline"
    runs = _runs(result, search, observed, noise, reference, lag)
    chances = {
        name: noise.chance(
            reference if name == BOTH else name, [float(powers[name].max()) for powers in observed]
        )
        for name in (*DESCRIPTIONS, BOTH)
    }
    return OscillationResult(
        fit=result,
        runs=runs,
        fap=chances[BOTH],
        by_description={name: chances[name] for name in DESCRIPTIONS},
        replicates=replicates,
        failed=replicates - len(noise.largest),
        seed=seed,
        wiggle=wiggle,
        correlation=_correlation(_strongest(runs), search),
        left_out=tuple(left_out),
    )


def _strongest(runs: Sequence[RunOscillation]) -> RunOscillation:
    return max(runs, key=lambda item: item.best.excess)


def _correlation(best: RunOscillation, search: Search) -> tuple[float, float]:
    """Correlation of neighbours in what the spline and the strongest wave leave of a run, and its p-value."""
    peak = best.best
    spline = search.spline_fits(search.target)[best.number]
    wave = peak.control.at(place(best.run.temperature, peak.abscissa), peak.middle) / best.run.sigma
    return residual_correlation(Dataset((best.run,)), spline.left - spline.remainder(wave))


def _runs(
    result: FitResult,
    search: Search,
    observed: Sequence[dict[str, FloatArray]],
    noise: NoisePowers,
    reference: str,
    lag: FloatArray,
) -> tuple[RunOscillation, ...]:
    data, found = result.data, []
    splines = search.spline_fits(search.target)
    for number in dict.fromkeys(track.run for track in search.tracks):
        mine = [index for index, track in enumerate(search.tracks) if track.run == number]
        run, part = data.runs[number], data.slices[number]
        spline = splines[number]
        found.append(
            RunOscillation(
                number=number,
                run=run,
                intrinsic=result.intrinsic[part],
                model=result.terms.ats[part],
                smooth=run.magnetisation - spline.left * run.sigma - result.terms.beside_ats[part],
                knots=spline.knots,
                peaks=tuple(
                    _peak(search, spline, observed[index], noise, reference, index, lag[part])
                    for index in mine
                ),
            )
        )
    return tuple(found)


def _peak(
    search: Search,
    spline: SplineFit,
    powers: dict[str, FloatArray],
    noise: NoisePowers,
    reference: str,
    index: int,
    lag: FloatArray,
) -> Peak:
    track = search.tracks[index]
    top = int(np.argmax(powers[BOTH]))
    frequency, power = float(track.waves.frequencies[top]), float(powers[BOTH][top])
    x, sigma = track.waves.x, track.waves.sigma
    wave = fit_wave(x, sigma, frequency, search.fitted.base[track.part], search.fitted.left[track.part])
    control = fit_wave(x, sigma, frequency, spline.base, spline.left)
    shape = np.sqrt(np.mean((wave.at(x, float(x.mean())) / sigma) ** 2))
    return Peak(
        abscissa=track.abscissa,
        frequencies=track.waves.frequencies,
        periodograms=powers,
        power={name: float(values[top]) for name, values in powers.items()},
        excess=power / float(noise.typical(reference)[index]),
        fap=noise.chance_anywhere(reference, index, power),
        fap_here=noise.chance_here(reference, index, power),
        wave=wave,
        control=control,
        thermometer=float(shape / weight) if (weight := np.sqrt(np.mean(lag**2))) > 0.0 else np.inf,
        threshold=noise.threshold(reference, index, FOUND),
        middle=float(x.mean()),
    )


def is_bound(fap: float, replicates: int) -> bool:
    """Whether ``fap`` is the least false-alarm probability that so many replicates can show."""
    return fap * (1 + replicates) < 1.5
