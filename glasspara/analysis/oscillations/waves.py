"""Does M_intr oscillate with temperature at fixed field?

Source: G. Jug and S. Recchia, arXiv:2111.12644, Fig. 20: oscillations at intermediate and high T, clear for BAS at
50 kOe and Duran, weak for BK7 at 20 kOe; by eye. Here a periodogram says it (``search``), in T and in 1/T,
beside two smooth descriptions that are fitted together with each wave: the model, and a spline that knows nothing of
it. A wave counts by the lesser of its two powers. The chance that noise alone reaches as much anywhere in the search,
over all frequencies, runs and abscissae, is counted in replicates of noise. Beside a model that does not describe the
data every wave has power, and the lesser is that beside the spline: it is then held against what noise
reaches beside the spline alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glasspara.analysis.linear import SplineFit, by_thermometer, tangent
from glasspara.analysis.oscillations.search import (
    BOTH,
    DESCRIPTIONS,
    Abscissa,
    Noise,
    Search,
    Wave,
    Wiggle,
    find_tracks,
    fit_wave,
    place,
)
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset, ReducedRun
from glasspara.errors import InputError
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.assessment import MISFIT_P, residual_correlation
from glasspara.fitting.problem.settings import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.replicates.cores import Progress, no_progress, on_one_thread
from glasspara.replicates.run import run_replicates
from glasspara.wording import p_value, value_with_error

FOUND, HINT = 0.01, 0.05
"""False-alarm probabilities below which an oscillation is said to be found, or hinted at."""


@dataclass(frozen=True)
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


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class OscillationResult:
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
    verdict: str
    remarks: tuple[str, ...]

    @property
    def data(self) -> Dataset:
        return self.fit.data

    @property
    def best(self) -> RunOscillation:
        return max(self.runs, key=lambda item: item.best.excess)

    @property
    def found(self) -> bool:
        return self.fap < FOUND

    @property
    def is_bound(self) -> bool:
        """Whether no replicate came near: ``fap`` is then the least that their number can show."""
        return self.fap * (1 + self.replicates - self.failed) < 1.5

    @property
    def random(self) -> bool:
        """Whether what the spline and the strongest wave leave of its run is random, as the replicates have it."""
        return self.correlation[1] >= MISFIT_P

    @property
    def trusted(self) -> bool:
        """Whether there is a fit to look beside, and nothing is claimed that the noise does not bear."""
        if self.fit.assessment.status == "not-converged":
            return False
        return self.random or self.wiggle is not None or self.fap >= HINT


@on_one_thread
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
        Those of :func:`glasspara.replicates.run.run_replicates`.

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
    noise = Noise(np.array([item.value for item in done if item.error is None]))
    reference = "spline" if result.assessment.status == "poor" else BOTH
    runs = _runs(result, search, observed, noise, reference, lag)
    chances = {
        name: noise.chance(
            reference if name == BOTH else name, [float(powers[name].max()) for powers in observed]
        )
        for name in (*DESCRIPTIONS, BOTH)
    }
    made = OscillationResult(
        fit=result,
        runs=runs,
        fap=chances[BOTH],
        by_description={name: chances[name] for name in DESCRIPTIONS},
        replicates=replicates,
        failed=replicates - len(noise.largest),
        seed=seed,
        wiggle=wiggle,
        correlation=(0.0, 1.0),
        verdict="",
        remarks=(),
    )
    made = replace(made, correlation=_correlation(made, search))
    return replace(made, verdict=_verdict(made), remarks=tuple(_remarks(made, left_out)))


def _correlation(result: OscillationResult, search: Search) -> tuple[float, float]:
    best = result.best
    peak = best.best
    spline = search.spline_fits(search.target)[best.number]
    wave = peak.control.at(place(best.run.temperature, peak.abscissa), peak.middle) / best.run.sigma
    return residual_correlation(Dataset((best.run,)), spline.left - spline.remainder(wave))


def _runs(
    result: FitResult,
    search: Search,
    observed: Sequence[dict[str, FloatArray]],
    noise: Noise,
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
    noise: Noise,
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


def peak_in_words(peak: Peak) -> str:
    """Period and amplitude of a peak with errors and units."""
    period = value_with_error(peak.period, peak.period_error)
    amplitude = value_with_error(peak.wave.amplitude, peak.wave.amplitude_error)
    return f"in {peak.abscissa} with a period of {period} {peak.unit} and an amplitude of {amplitude} emu/g"


def chance_in_words(fap: float, replicates: int) -> str:
    """A false-alarm probability, or the least that so many replicates can show."""
    return f"{'<' if fap * (1 + replicates) < 1.5 else '='} {fap:.2g}"


def _verdict(result: OscillationResult) -> str:
    """The outcome in one sentence."""
    if result.fit.assessment.status == "not-converged":
        return f"no fit of the model to look beside: {result.fit.assessment.reasons[0]}"
    chance = f"false-alarm probability {chance_in_words(result.fap, result.replicates - result.failed)}"
    if not result.trusted:
        size, p = result.correlation
        return (
            f"no smooth description serves at {result.best.run.label}: what the spline and a wave leave is not random "
            f"(neighbours correlate with {size:+.2f}, {p_value(p)}), and a false-alarm probability means nothing"
        )
    if result.fap >= HINT:
        return f"no oscillation with temperature ({chance})"
    best = result.best
    word = "M_intr oscillates" if result.found else "a hint that M_intr oscillates"
    return f"{word} at {best.run.label} {peak_in_words(best.best)} ({chance})"


def _remarks(result: OscillationResult, left_out: Sequence[str]) -> Iterator[str]:
    best = result.best
    others = [item for item in result.runs if item is not best and item.best.fap < HINT]
    for item in others:
        chance = chance_in_words(item.best.fap, result.replicates - result.failed)
        yield f"at {item.run.label} too, {peak_in_words(item.best)} (false-alarm probability {chance})"
    runs = "run" if len(result.runs) == 1 else "runs"
    tracks = sum(len(item.peaks) for item in result.runs)
    count = sum(len(peak.frequencies) for item in result.runs for peak in item.peaks)
    yield (
        f"the probability counts everything that was tried: {count} frequencies in {len(result.runs)} {runs}, in T and "
        f"1/T ({tracks} periodograms), each beside the model and beside a spline; {result.replicates} replicates of "
        f"noise (seed {result.seed})"
    )
    for name, fap in result.by_description.items():
        if fap < HINT <= result.fap:
            other = "a spline takes it up" if name == "model" else "the model takes it up"
            yield f"beside the {name} alone there would be a wave ({p_value(fap)}): {other}, so it is no oscillation"
    if result.fap < HINT and result.trusted:
        share = best.best.thermometer
        told = (
            "none is assumed (--thermometer)"
            if result.wiggle is None
            else f"{100.0 * result.wiggle.size:.2g} % are among the noise"
        )
        if np.isfinite(share):
            yield f"a thermometer that errs by {100.0 * share:.2g} % (rms) with this period would do the same; {told}"
        control = best.best.control
        own = value_with_error(control.amplitude, control.amplitude_error)
        yield f"beside the spline ({best.knots} inner knots) the amplitude is {own} emu/g"
    if result.wiggle is not None:
        yield (
            f"the noise has errors of the thermometer of {100.0 * result.wiggle.size:.2g} %, correlated over "
            f"{result.wiggle.length:g} in ln T"
        )
    if result.fit.assessment.status == "poor":
        yield f"beside the model: {result.fit.assessment.reasons[0]}; the probability is that beside the spline"
    if left_out:
        yield f"not looked at: {'; '.join(left_out)}"
    yield from result.fit.notes
