"""Runs of one sample, or of several, as specific magnetisation: what stages, fits and analyses work on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.errors import InputError
from glasspara.runs.run import Run, select

MILLIGRAM = 1.0e-3  # g


@dataclass(frozen=True)
class ReducedRun:
    """One run in emu/g.

    ``magnetisation`` and ``sigma`` (emu/g) belong to the points of ``run`` one by one; ``mass_mg`` is the
    sample mass that divided the moments.
    """

    run: Run
    mass_mg: float
    magnetisation: FloatArray
    sigma: FloatArray

    @property
    def temperature(self) -> FloatArray:
        return self.run.temperature

    @property
    def field(self) -> FloatArray:
        return self.run.field

    @property
    def label(self) -> str:
        """Set point with its unit, large fields in kOe: "20 kOe", "500 Oe", "4.5 K"."""
        if self.run.unit == "Oe" and abs(self.run.nominal) >= 1000.0:
            return f"{self.run.nominal / 1000.0:g} kOe"
        return f"{self.run.nominal:g} {self.run.unit}"

    def __len__(self) -> int:
        return len(self.magnetisation)


@dataclass(frozen=True)
class Window:
    """Inclusive limits of temperature (K) and of |field| (Oe); None is open."""

    t_low: float | None = None
    t_high: float | None = None
    h_low: float | None = None
    h_high: float | None = None

    def mask(self, temperature: FloatArray, field: FloatArray) -> BoolArray:
        keep = np.ones(temperature.shape, dtype=bool)
        size = np.abs(field)
        for values, low, high in ((temperature, self.t_low, self.t_high), (size, self.h_low, self.h_high)):
            if low is not None:
                keep &= values >= low
            if high is not None:
                keep &= values <= high
        return keep


def reduce_run(run: Run, *, mass_mg: float) -> ReducedRun:
    """Divide the moments of ``run`` by the sample mass.

    Raises
    ------
    ValueError
        For a mass that is not positive and finite.
    """
    if not 0.0 < mass_mg < np.inf:
        raise ValueError(f"the mass must be a positive number of mg, not {mass_mg!r}")
    grams = mass_mg * MILLIGRAM
    return ReducedRun(run, mass_mg, run.moment / grams, run.sigma / grams)


def select_points(run: ReducedRun, keep: BoolArray) -> ReducedRun:
    """The run with those of its points that ``keep`` marks."""
    return ReducedRun(select(run.run, keep), run.mass_mg, run.magnetisation[keep], run.sigma[keep])


@dataclass(frozen=True)
class Dataset:
    """Runs that are analysed together; the flat arrays run through them in order."""

    runs: tuple[ReducedRun, ...]

    def __post_init__(self) -> None:
        if not self.runs:
            raise InputError("no run is left to analyse", remedy="Widen --t-range and --h-range")

    @cached_property
    def temperature(self) -> FloatArray:
        return np.concatenate([run.temperature for run in self.runs])

    @cached_property
    def field(self) -> FloatArray:
        return np.concatenate([run.field for run in self.runs])

    @cached_property
    def magnetisation(self) -> FloatArray:
        return np.concatenate([run.magnetisation for run in self.runs])

    @cached_property
    def sigma(self) -> FloatArray:
        return np.concatenate([run.sigma for run in self.runs])

    @cached_property
    def holder(self) -> FloatArray:
        """What was taken from the magnetisation for the holder, emu/g; 0 where nothing was."""
        parts = [
            np.zeros(len(run))
            if run.run.background is None
            else run.run.background / (run.mass_mg * MILLIGRAM)
            for run in self.runs
        ]
        return np.concatenate(parts)

    @cached_property
    def reported_field(self) -> FloatArray:
        """Field as the instrument reports it, Oe; ``field`` is the true one where a standard gave that."""
        return np.concatenate([run.run.instrument_field for run in self.runs])

    @property
    def masses(self) -> tuple[float, ...]:
        """Masses of the samples, mg, in order of appearance. Runs of the same mass are of one sample."""
        return tuple(dict.fromkeys(run.mass_mg for run in self.runs))

    @property
    def errors_are_estimates(self) -> bool:
        """Whether the errors of any run are its own scatter: chi2 then says little about the model."""
        return any(run.run.errors_are_estimates for run in self.runs)

    @cached_property
    def slices(self) -> tuple[slice, ...]:
        """Where each run's points lie in the flat arrays."""
        ends = np.cumsum([len(run) for run in self.runs])
        return tuple(slice(int(end) - len(run), int(end)) for run, end in zip(self.runs, ends, strict=True))

    def __len__(self) -> int:
        return sum(len(run) for run in self.runs)

    def split(self, values: FloatArray) -> list[FloatArray]:
        """Cut an array over all points into one array a run."""
        return [values[part] for part in self.slices]

    def keep(self, points: BoolArray) -> Dataset:
        """The same runs with those of their points that ``points`` marks; a run may be left with none."""
        return Dataset(
            tuple(select_points(run, points[part]) for run, part in zip(self.runs, self.slices, strict=True))
        )
