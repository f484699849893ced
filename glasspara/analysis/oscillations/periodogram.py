"""Periodogram of one run beside a smooth description, both fitted together.

The Lomb-Scargle periodogram (N. R. Lomb, Astrophys. Space Sci. 39 (1976) 447; J. D. Scargle, Astrophys. J. 263 (1982)
835) generalised as by M. Zechmeister and M. Kuerster (Astron. Astrophys. 496 (2009) 577): unequal errors, and in place
of their constant all that a smooth description can do. A wave counts by what it gains beyond that, so the description
cannot swallow it unseen, nor can a slow wave pass for a misfit of the description.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray

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
    steps = _SAME * np.diff(np.unique(np.round((x - x.min()) / (_SAME * span))))
    most = min(0.5 * float(steps.sum() / np.sum(steps**2)), _MOST_PERIODS)
    if most < _FEWEST_PERIODS:
        return np.empty(0)
    periods = np.arange(_FEWEST_PERIODS * _OVERSAMPLING, np.floor(most * _OVERSAMPLING) + 1.0) / _OVERSAMPLING
    grid: FloatArray = periods / span
    return grid


@dataclass(frozen=True)
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
    found: FloatArray = inverse[0] * cosine**2 + 2.0 * inverse[1] * cosine * sine + inverse[2] * sine**2
    return found


def powers(gain: FloatArray, chi2: float, ndof: int) -> FloatArray:
    """-ln of the chance that noise gains as much at one given frequency; exact for Gaussian noise of any size.

    ``chi2`` with ``ndof`` degrees of freedom is what the smooth description left. For noise of known size this is
    Scargle's normalised power, gain/2; here the noise is measured by what the wave leaves.
    """
    left = np.clip(1.0 - gain / chi2, np.finfo(float).tiny, 1.0) if chi2 > 0.0 else np.ones_like(gain)
    found: FloatArray = 0.5 * (ndof - 2) * np.log(1.0 / left)
    return found


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
        found: FloatArray = self.amplitude * np.cos(2.0 * np.pi * self.frequency * (x - middle) - self.phase)
        return found


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
    found: FloatArray = design.T @ design - inside.T @ inside
    return found


def _inverse(products: FloatArray) -> FloatArray:
    """Inverse of ``products`` on the scale of its diagonal; what rounding leaves undetermined comes out large."""
    scale = np.sqrt(np.diag(products))
    values, vectors = np.linalg.eigh(products / np.outer(scale, scale))
    found: FloatArray = (vectors / np.maximum(values, _ROUNDING)) @ vectors.T / np.outer(scale, scale)
    return found
