"""From file names to the data that an analysis works on.

Here: :class:`Dataset`, the runs as specific magnetisation, emu/g.

:mod:`~glasspara.data.loading`
    :func:`~glasspara.data.loading.load`: reads the files, finds the mass, cuts the window, applies the corrections
:mod:`~glasspara.data.selection`
    temperatures, fields and branches that are used; points that several files share
:mod:`~glasspara.data.corrections`
    the holder that is subtracted, and the true field by a standard

What is odd about the data is a :class:`~glasspara.findings.Finding`; its sentence is in ``findings.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.errors import InputError
from glasspara.findings import as_html, counted, summary
from glasspara.runs import run_table
from glasspara.runs.run import Run, select
from glasspara.sample.mass import ALL_RUN_TYPES, NO_FACTOR, GeometryFactor, GeometryFactors

if TYPE_CHECKING:
    from pandas import DataFrame


MILLIGRAM = 1.0e-3  # g


@dataclass(frozen=True, eq=False, repr=False)
class ReducedRun:
    """One run in emu/g.

    ``magnetisation`` and ``sigma`` (emu/g) belong to the points of ``run`` one by one; ``mass_mg`` is the
    sample mass that divided the moments. ``sample`` is the name of the sample ("" where it is not known).
    ``geometry`` divided them too; its error is shared by all runs that it is of, those of the run type ``geometry_of``.
    """

    run: Run
    mass_mg: float
    magnetisation: FloatArray
    sigma: FloatArray
    sample: str = ""
    geometry: GeometryFactor = NO_FACTOR
    geometry_of: str = ALL_RUN_TYPES

    @property
    def grams(self) -> float:
        """What divided the moments: the mass in g, times the geometry factor."""
        return self.mass_mg * MILLIGRAM * self.geometry.value

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

    def __repr__(self) -> str:
        return summary(self, self.label, counted(self, "point"))


def reduce_run(
    run: Run, *, mass_mg: float, sample: str = "", geometry: GeometryFactors = MappingProxyType({})
) -> ReducedRun:
    """Divide the moments of ``run`` by the mass of ``sample`` and by its geometry factor, that of its run type or ALL.

    Raises
    ------
    ValueError
        For a mass that is not positive and finite.
    """
    if not 0.0 < mass_mg < np.inf:
        raise ValueError(f"the mass must be a positive number of mg, not {mass_mg!r}")
    of = run.run_type if run.run_type in geometry else ALL_RUN_TYPES
    factor = geometry.get(of, NO_FACTOR)
    grams = mass_mg * MILLIGRAM * factor.value
    return ReducedRun(run, mass_mg, run.moment / grams, run.sigma / grams, sample, factor, of)


def select_points(run: ReducedRun, keep: BoolArray) -> ReducedRun:
    """The run with those of its points that ``keep`` marks."""
    return replace(
        run, run=select(run.run, keep), magnetisation=run.magnetisation[keep], sigma=run.sigma[keep]
    )


@dataclass(frozen=True, eq=False, repr=False)
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
            np.zeros(len(run)) if run.run.background is None else run.run.background / run.grams
            for run in self.runs
        ]
        return np.concatenate(parts)

    @cached_property
    def reported_field(self) -> FloatArray:
        """Field as the instrument reports it, Oe; ``field`` is the true one where a standard gave that."""
        return np.concatenate([run.run.instrument_field for run in self.runs])

    @cached_property
    def progress(self) -> FloatArray:
        """How far its run has come at each point, by their order: from -1/2 at the first to 1/2 at the last."""
        return np.concatenate([np.arange(len(run)) / max(len(run) - 1, 1) - 0.5 for run in self.runs])

    @property
    def since_field_change(self) -> list[int | None]:
        """How many points were measured between the last change of the field and each point; None: not known."""
        counts = ((run.run.since_field_change, len(run)) for run in self.runs)
        return [item for found, n in counts for item in ([None] * n if found is None else found.tolist())]

    @cached_property
    def sample_numbers(self) -> tuple[int, ...]:
        """Number of the sample of each run, from 0 in order of appearance; runs of one mass are of one sample."""
        number = {mass: index for index, mass in enumerate(self.masses)}
        return tuple(number[run.mass_mg] for run in self.runs)

    @cached_property
    def masses(self) -> tuple[float, ...]:
        """Masses of the samples, mg, in order of appearance. Runs of the same mass are of one sample."""
        return tuple(dict.fromkeys(run.mass_mg for run in self.runs))

    @property
    def samples(self) -> tuple[str, ...]:
        """Names of the samples in order of appearance; runs whose sample is not named count for none."""
        return tuple(dict.fromkeys(run.sample for run in self.runs if run.sample))

    def by_sample(self) -> list[Dataset]:
        """The runs of each sample by themselves, in order of appearance: those of one name, or else of one mass."""
        found: dict[tuple[str, float], list[ReducedRun]] = {}
        for run in self.runs:
            found.setdefault((run.sample, 0.0 if run.sample else run.mass_mg), []).append(run)
        return [Dataset(tuple(runs)) for runs in found.values()]

    @cached_property
    def geometry_errors(self) -> dict[str, FloatArray]:
        """Relative error of each geometry factor that has one, by its run type: at its points, 0 at others."""
        widths: dict[str, FloatArray] = {}
        for run, part in zip(self.runs, self.slices, strict=True):
            if error := run.geometry.relative_error:
                widths.setdefault(run.geometry_of, np.zeros(len(self)))[part] = error
        return widths

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
        return self.slices[-1].stop if self.slices else 0

    def __repr__(self) -> str:
        return summary(self, counted(self.runs, "run"), counted(self, "point"))

    def _repr_html_(self) -> str:
        return as_html(self, run_table(run.run for run in self.runs))

    def to_frame(self) -> DataFrame:
        """All points: file, run by its set point, T_K, H_Oe, M_emu_per_g and its standard deviation."""
        from pandas import DataFrame

        lengths = [len(run) for run in self.runs]
        return DataFrame(
            {
                "file": np.repeat([run.run.file for run in self.runs], lengths),
                "run": np.repeat([run.label for run in self.runs], lengths),
                "T_K": self.temperature,
                "H_Oe": self.field,
                "M_emu_per_g": self.magnetisation,
                "sigma_emu_per_g": self.sigma,
            }
        )

    def split(self, values: FloatArray) -> list[FloatArray]:
        """Cut an array over all points into one array a run."""
        return [values[part] for part in self.slices]

    def keep(self, points: BoolArray) -> Dataset:
        """The same runs with those of their points that ``points`` marks; a run may be left with none."""
        return Dataset(
            tuple(select_points(run, points[part]) for run, part in zip(self.runs, self.slices, strict=True))
        )
