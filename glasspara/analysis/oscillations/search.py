"""The search for waves in all runs, in T and in 1/T, beside two smooth descriptions; and what noise alone would find.

A replicate of noise goes through the same search as the data, so whatever the search tries is counted: every
frequency, every run, both abscissae, both descriptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from glasspara.analysis.linear.smooth import SplineFit, Splines, splines_of
from glasspara.analysis.linear.tangent import Tangent
from glasspara.analysis.oscillations.periodogram import Waves, frequency_grid, gains, powers
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.findings import Finding, Where, finding

Abscissa = Literal["T", "1/T"]
ABSCISSAE: tuple[Abscissa, ...] = ("T", "1/T")

DESCRIPTIONS = ("model", "spline")
"""The smooth descriptions: the fitted model, and a spline that knows nothing of it."""

BOTH = "both"
"""The lesser power of the two: a wave that either description makes by itself is none."""


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
        found: FloatArray = self.size * errors[back]
        return found


@dataclass(frozen=True)
class Track:
    """One run on one abscissa. ``part`` is where its points lie among all, ``run`` its number in the data."""

    run: int
    abscissa: Abscissa
    part: slice
    waves: Waves
    splines: Splines


@dataclass(frozen=True)
class Search:
    """All tracks, with the fit of the model as ``fitted``.

    ``target`` are the data and ``smooth`` the model, both divided by the errors; ``lag`` is what a relative error of
    the thermometer does to them; ``T`` the temperatures, K; each of shape (points,).
    """

    tracks: tuple[Track, ...]
    fitted: Tangent
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
            rest, inverse = spline.left, by_spline[spline.knots]
            beside_model = powers(gains(track.waves, by_model, left[track.part]), chi2, self.fitted.ndof)
            beside_spline = powers(gains(track.waves, inverse, rest), float(rest @ rest), spline.ndof)
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
        left = noise - self.fitted.base @ (self.fitted.base.T @ noise)
        splines = self.spline_fits(self.smooth + noise[: len(self.T)])
        return [
            [float(powers_[name].max()) for name in (*DESCRIPTIONS, BOTH)]
            for powers_ in self.periodograms(left, splines)
        ]


@dataclass(frozen=True)
class Noise:
    """The largest powers of replicates of noise, shape (replicates, tracks, 3): by model, by spline, both.

    Tracks are put on one scale by what is typical for noise in each: errors of a thermometer make slow waves in some
    runs and not in others, and a wave of another run must not be held against those.
    """

    largest: FloatArray

    def of(self, name: str) -> FloatArray:
        """Shape (replicates, tracks)."""
        found: FloatArray = self.largest[:, :, (*DESCRIPTIONS, BOTH).index(name)]
        return found

    def typical(self, name: str) -> FloatArray:
        """The median for each track."""
        found: FloatArray = np.maximum(np.median(self.of(name), axis=0), np.finfo(float).tiny)
        return found

    def anywhere(self, name: str) -> FloatArray:
        """The largest of all tracks over what is typical, for each replicate."""
        found: FloatArray = (self.of(name) / self.typical(name)).max(axis=1)
        return found

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
