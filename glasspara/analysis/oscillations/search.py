"""The search for waves in all runs, in T and in 1/T, beside two smooth descriptions; and what noise alone would find.

The periodogram of one run is that of Lomb and Scargle (N. R. Lomb, Astrophys. Space Sci. 39 (1976) 447; J. D. Scargle,
Astrophys. J. 263 (1982) 835), generalised as by M. Zechmeister and M. Kuerster (Astron. Astrophys. 496 (2009) 577):
unequal errors, and in place of their constant all that a smooth description can do, fitted together with the wave. A
wave counts by what it gains beyond that. So the description cannot swallow it unseen, and a slow wave cannot pass for a
misfit of the description.

A replicate of noise goes through the same search as the data, so whatever the search tries is counted: every
frequency, every run, both abscissae, both descriptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from glasspara.analysis.linear import LinearFit, SplineFit, Splines, splines_of
from glasspara.arrays import FloatArray, distinct_values
from glasspara.data import Dataset
from glasspara.findings import Finding, Where, finding

Abscissa = Literal["T", "1/T"]
ABSCISSAE: tuple[Abscissa, ...] = ("T", "1/T")

DESCRIPTIONS = ("model", "spline")
"""The smooth descriptions: the fitted model, and a spline that knows nothing of it."""

BOTH = "both"
"""The lesser power of the two: a wave that either description makes by itself is none."""

_OVERSAMPLING = 4.0
# So many periods must lie within the run; more than the last number are not looked for.
_FEWEST_PERIODS, _MOST_PERIODS = 2.0, 250.0
# Places nearer than this share of the span are one.
_SAME = 1.0e-3
# A wave of which less than this share lies beyond the smooth description is no wave: the product of the mean squares of
# its two phases there, over that of a whole wave. Points count alike in it: by their weights one point of small error,
# where the moment changes sign, would be all of the wave, and the description goes through that point.
_LEAST_SHARE = 1.0e-4
# Rounding leaves nothing of a wave that lies beyond the smooth description by less than this share of its weights.
_ROUNDING = 1.0e-10


def frequency_grid(x: FloatArray) -> FloatArray:
    """Frequencies for places ``x`` (in its inverse unit): from two periods in the span to two places a period.

    The distance of places that counts is the mean over the span, not over the points: waves between which only a
    crowd of points at one end could tell are not looked for.
    """
    span = float(np.ptp(x))
    if span <= 0.0:
        return np.empty(0)
    steps = _SAME * np.diff(distinct_values(np.round((x - x.min()) / (_SAME * span))))
    most = min(0.5 * float(steps.sum() / np.sum(steps**2)), _MOST_PERIODS)
    if most < _FEWEST_PERIODS:
        return np.empty(0)
    periods = np.arange(_FEWEST_PERIODS * _OVERSAMPLING, np.floor(most * _OVERSAMPLING) + 1.0) / _OVERSAMPLING
    return periods / span


@dataclass(frozen=True, eq=False)
class Waves:
    """Cosines and sines at ``frequencies`` over the places ``x``, divided by the errors ``sigma`` of the points."""

    x: FloatArray
    sigma: FloatArray
    frequencies: FloatArray

    @cached_property
    def columns(self) -> FloatArray:
        """Shape (2, frequencies, points)."""
        phase = 2.0 * np.pi * np.outer(self.frequencies, self.x - self.x.mean())
        return np.stack([np.cos(phase), np.sin(phase)]) / self.sigma

    def __getstate__(self) -> dict[str, Any]:
        """Without the columns, which each process makes for itself."""
        return {name: value for name, value in self.__dict__.items() if name != "columns"}

    def inverse(self, base: FloatArray) -> FloatArray:
        """Inverse of the 2 x 2 products of what lies beyond ``base``, shape (3, frequencies): cc, cs, ss.

        ``base`` are the rows of an orthonormal basis that belong to the points. Zero where hardly anything of a wave
        lies beyond.
        """
        inside = self.columns @ base
        cc, cs, ss = (
            np.einsum("fn,fn->f", self.columns[a], self.columns[b])
            - np.einsum("fk,fk->f", inside[a], inside[b])
            for a, b in ((0, 0), (0, 1), (1, 1))
        )
        determinant = cc * ss - cs**2
        alike = (self.columns - inside @ base.T) * self.sigma
        squares = np.einsum("pfn,qfn->pqf", alike, alike) / len(self.sigma)
        share = 4.0 * (squares[0, 0] * squares[1, 1] - squares[0, 1] ** 2)
        least = _ROUNDING * float(np.sum(self.sigma**-2.0)) * (cc + ss)
        usable = (share > _LEAST_SHARE) & (determinant > least)
        return np.where(usable, np.stack([ss, -cs, cc]) / np.where(usable, determinant, 1.0), 0.0)


def gains(waves: Waves, inverse: FloatArray, residual: FloatArray) -> FloatArray:
    """Chi2 that a wave of each frequency takes from the weighted ``residual`` of the points."""
    cosine, sine = waves.columns @ residual
    return np.asarray(inverse[0] * cosine**2 + 2.0 * inverse[1] * cosine * sine + inverse[2] * sine**2)


def powers(gain: FloatArray, chi2: float, ndof: int) -> FloatArray:
    """-ln of the chance that noise gains as much at one given frequency; exact for Gaussian noise of any size.

    ``chi2`` with ``ndof`` degrees of freedom is what the smooth description left. For noise of known size this is
    Scargle's normalised power, gain/2; here the noise is measured by what the wave leaves.
    """
    left = np.clip(1.0 - gain / chi2, np.finfo(float).tiny, 1.0) if chi2 > 0.0 else np.ones_like(gain)
    return 0.5 * (ndof - 2) * np.log(1.0 / left)


@dataclass(frozen=True)
class Wave:
    """One wave beside a smooth description: its frequency, amplitude and phase with standard errors.

    The wave is amplitude x cos(2 pi frequency (x - mean of x) - phase), in the unit of the data.
    """

    frequency: float
    frequency_error: float
    amplitude: float
    amplitude_error: float
    phase: float
    phase_error: float

    def at(self, x: FloatArray, middle: float) -> FloatArray:
        return self.amplitude * np.cos(2.0 * np.pi * self.frequency * (x - middle) - self.phase)


def fit_wave(
    x: FloatArray, sigma: FloatArray, frequency: float, base: FloatArray, residual: FloatArray
) -> Wave:
    """The wave near ``frequency`` that takes most from ``residual`` beyond ``base`` (rows of the points).

    Errors are by the stated ``sigma``, propagated linearly, the frequency being free.
    """
    step = 0.5 / (_OVERSAMPLING * float(np.ptp(x)))
    fine = Waves(x, sigma, frequency + step * np.linspace(-1.0, 1.0, 81))
    best = int(np.argmax(gains(fine, fine.inverse(base), residual)))
    frequency = float(fine.frequencies[best])
    cosine, sine = fine.columns[:, best]
    design = np.stack([cosine, sine], axis=1)
    a, b = np.linalg.solve(_beyond(design, base), design.T @ residual)
    turned = 2.0 * np.pi * (x - x.mean()) * (b * cosine - a * sine)
    wider = np.column_stack([design, turned])
    covariance = _inverse(_beyond(wider, base))
    amplitude = float(np.hypot(a, b))
    along, across = np.array([a, b]) / amplitude, np.array([-b, a]) / amplitude**2
    return Wave(
        frequency=frequency,
        frequency_error=float(np.sqrt(covariance[2, 2])),
        amplitude=amplitude,
        amplitude_error=float(np.sqrt(along @ covariance[:2, :2] @ along)),
        phase=float(np.arctan2(b, a)),
        phase_error=float(np.sqrt(across @ covariance[:2, :2] @ across)),
    )


def _beyond(design: FloatArray, base: FloatArray) -> FloatArray:
    """Products of the columns of ``design`` beyond ``base``."""
    inside = base.T @ design
    return design.T @ design - inside.T @ inside


def _inverse(products: FloatArray) -> FloatArray:
    """Inverse of ``products`` on the scale of its diagonal; what rounding leaves undetermined comes out large."""
    scale = np.sqrt(np.diag(products))
    values, vectors = np.linalg.eigh(products / np.outer(scale, scale))
    return np.asarray((vectors / np.maximum(values, _ROUNDING)) @ vectors.T / np.outer(scale, scale))


@dataclass(frozen=True)
class Wiggle:
    """Errors of the thermometer that vary with temperature: relative, of standard deviation ``size``, and correlated as
    exp(-|difference of ln T|/``length``), an autoregressive process of first order in ln T; the same for all runs."""

    size: float
    length: float = 0.1

    def draw(self, rng: np.random.Generator, T: FloatArray) -> FloatArray:
        """Relative errors at temperatures ``T``; the same where the temperature is."""
        places, back = np.unique(T, return_inverse=True)
        normal = rng.standard_normal(len(places))
        kept = np.exp(-np.diff(np.log(places), prepend=-np.inf) / self.length)
        fresh = np.sqrt(-np.expm1(2.0 * np.log(np.maximum(kept, np.finfo(float).tiny))))
        errors = np.empty(len(places))
        last = 0.0
        for index, (share, new) in enumerate(zip(kept.tolist(), (fresh * normal).tolist(), strict=True)):
            last = share * last + new
            errors[index] = last
        return self.size * errors[back]


@dataclass(frozen=True, eq=False)
class Track:
    """One run on one abscissa. ``part`` is where its points lie among all, ``run`` its number in the data."""

    run: int
    abscissa: Abscissa
    part: slice
    waves: Waves
    splines: Splines


@dataclass(frozen=True, eq=False)
class Search:
    """All tracks, with the fit of the model as ``fitted``.

    ``target`` are the data and ``smooth`` the model, both divided by the errors; ``lag`` is what a relative error of
    the thermometer does to them; ``T`` the temperatures, K; each of shape (points,).
    """

    tracks: tuple[Track, ...]
    fitted: LinearFit
    target: FloatArray
    smooth: FloatArray
    T: FloatArray
    lag: FloatArray
    wiggle: Wiggle | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Without what each process makes for itself."""
        return {name: value for name, value in self.__dict__.items() if name != "_inverses"}

    @cached_property
    def _inverses(self) -> list[tuple[FloatArray, list[FloatArray]]]:
        """By the model, and by the spline with each number of knots."""
        return [
            (
                track.waves.inverse(self.fitted.base[track.part]),
                [track.waves.inverse(base) for base in track.splines.bases],
            )
            for track in self.tracks
        ]

    def spline_fits(self, target: FloatArray) -> dict[int, SplineFit]:
        """The spline of each run for weighted data, the number of knots being chosen anew."""
        found: dict[int, SplineFit] = {}
        for track in self.tracks:
            if track.run not in found:
                found[track.run] = track.splines.fit(target[track.part])
        return found

    def periodograms(self, left: FloatArray, splines: Mapping[int, SplineFit]) -> list[dict[str, FloatArray]]:
        """Power of every frequency of every track, by description and for :data:`BOTH`.

        ``left`` are the weighted residuals of the model, free of what its parameters take up; ``splines`` the spline of
        each run.
        """
        chi2, found = float(left @ left), []
        for track, (by_model, by_spline) in zip(self.tracks, self._inverses, strict=True):
            spline = splines[track.run]
            beside_model = powers(gains(track.waves, by_model, left[track.part]), chi2, self.fitted.ndof)
            gain = gains(track.waves, by_spline[spline.knots], spline.left)
            beside_spline = powers(gain, spline.chi2, spline.ndof)
            both = np.minimum(beside_model, beside_spline)
            found.append({"model": beside_model, "spline": beside_spline, BOTH: both})
        return found

    def observed(self) -> list[dict[str, FloatArray]]:
        """The periodograms of the data."""
        return self.periodograms(self.fitted.left, self.spline_fits(self.target))

    def __call__(self, rng: np.random.Generator, index: int) -> list[list[float]]:  # noqa: ARG002
        """The task of a replicate: largest powers of noise alone, for each track by model, spline, and both."""
        noise = rng.standard_normal(len(self.fitted.left))
        if self.wiggle is not None:
            noise[: len(self.T)] += self.lag * self.wiggle.draw(rng, self.T)
        left = self.fitted.remainder(noise)
        splines = self.spline_fits(self.smooth + noise[: len(self.T)])
        return [
            [float(powers_[name].max()) for name in (*DESCRIPTIONS, BOTH)]
            for powers_ in self.periodograms(left, splines)
        ]


@dataclass(frozen=True, eq=False)
class NoisePowers:
    """The largest powers of replicates of noise, shape (replicates, tracks, 3): by model, by spline, both.

    Tracks are put on one scale by what is typical for noise in each: errors of a thermometer make slow waves in some
    runs and not in others, and a wave of another run must not be compared with those.
    """

    largest: FloatArray

    def of(self, name: str) -> FloatArray:
        """Shape (replicates, tracks)."""
        return self.largest[:, :, (*DESCRIPTIONS, BOTH).index(name)]

    def typical(self, name: str) -> FloatArray:
        """The median for each track; 1 at least, for less is nothing, and a track that hardly admits waves has none."""
        return np.maximum(np.median(self.of(name), axis=0), 1.0)

    def anywhere(self, name: str) -> FloatArray:
        """The largest of all tracks over what is typical, for each replicate."""
        return np.asarray((self.of(name) / self.typical(name)).max(axis=1))

    def chance(self, name: str, powers_: Sequence[float]) -> float:
        """Chance that noise reaches in any track what the tracks of the data reach at most."""
        return _share(self.anywhere(name), float((np.array(powers_) / self.typical(name)).max()))

    def chance_anywhere(self, name: str, track: int, power: float) -> float:
        """The same of a power in one track."""
        return _share(self.anywhere(name), power / float(self.typical(name)[track]))

    def chance_here(self, name: str, track: int, power: float) -> float:
        """Chance that noise reaches this power in this track."""
        return _share(self.of(name)[:, track], power)

    def threshold(self, name: str, track: int, chance: float) -> float:
        """Power in a track that noise reaches anywhere with this chance."""
        return float(np.quantile(self.anywhere(name), 1.0 - chance) * self.typical(name)[track])


def _share(noise: FloatArray, value: float) -> float:
    """Share of replicates that reach ``value``, the data counting as one of them."""
    return float((1 + np.sum(noise >= value)) / (1 + len(noise)))


def find_tracks(data: Dataset) -> tuple[tuple[Track, ...], list[Finding]]:
    """The tracks of those runs of ``data`` at fixed field that have enough points; the others as findings."""
    tracks: list[Track] = []
    left_out = []
    for number, (run, part) in enumerate(zip(data.runs, data.slices, strict=True)):
        if run.run.kind != "fixed-field":
            continue
        splines = splines_of(run)
        made = [
            Track(number, abscissa, part, Waves(x, run.sigma, grid), splines)
            for abscissa in ABSCISSAE
            if splines is not None and len(grid := frequency_grid(x := place(run.temperature, abscissa)))
        ]
        tracks += made
        if not made:
            where = Where(file=run.run.file, run=run.label)
            left_out.append(finding("oscillations.run-left-out", where, run=run.label, points=len(run)))
    return tuple(tracks), left_out


def place(T: FloatArray, abscissa: Abscissa) -> FloatArray:
    """Temperatures (K) on an abscissa: K, or 1/K."""
    return T if abscissa == "T" else 1.0 / T
