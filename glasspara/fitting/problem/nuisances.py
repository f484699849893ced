"""What may be off in runs or samples: field, zero of the moment, its drift, mass; each has a Gaussian prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.model.parameters import GEOMETRY


@dataclass(frozen=True)
class Nuisance:
    """One nuisance parameter: ``name`` as reported ("mass_scale[2]"), its kind, its runs, the width of its prior."""

    name: str
    kind: str
    runs: tuple[int, ...]
    width: float


def nuisances_of(data: Dataset, widths: Mapping[str, float]) -> tuple[Nuisance, ...]:
    """Those kinds that ``widths`` names, for each run, for each sample (a mass) or for all runs (the holder).

    Numbers in names count the runs of ``data``, or its samples in their order of appearance, from 1. The errors of
    geometry factors come with ``data``, in place of any in ``widths``; their names hold the run type.
    """
    by_sample = [
        tuple(run for run, number in enumerate(data.sample_numbers) if number == sample)
        for sample in range(len(data.masses))
    ]
    by_run = [(index,) for index in range(len(data.runs))]
    together = {"mass_scale": by_sample, "holder_chi": [tuple(range(len(data.runs)))]}
    asked = (
        Nuisance(f"{kind}[{number}]", kind, runs, width)
        for kind, width in widths.items()
        if kind != GEOMETRY
        for number, runs in enumerate(together.get(kind, by_run), 1)
    )
    geometry = (
        Nuisance(f"{GEOMETRY}[{of}]", GEOMETRY, _touched(data, errors), float(errors.max()))
        for of, errors in data.geometry_errors.items()
    )
    return (*asked, *geometry)


def _touched(data: Dataset, values: FloatArray) -> tuple[int, ...]:
    """Runs with any of ``values`` other than 0."""
    return tuple(index for index, part in enumerate(data.slices) if values[part].any())


@dataclass(frozen=True, eq=False)
class Disturbance:
    """What nuisances do to the model at the points of ``data``: M -> (1 + scale) M(T (1 + lag), H + field) + offset.

    Values of the nuisances are numbers, or arrays of shape (k,) for k rows of points.
    """

    data: Dataset
    nuisances: tuple[Nuisance, ...]

    def field(self, values: Mapping[str, Any]) -> FloatArray:
        """Offset of the field at every point, Oe."""
        return self._sum("field_offset", values)

    def temperature(self, values: Mapping[str, Any]) -> FloatArray:
        """Temperature of the sample at every point, K."""
        return self.data.temperature * (1.0 + self._sum("temperature_scale", values))

    @property
    def lags(self) -> bool:
        """Whether a thermometer may be off."""
        return any(item.kind == "temperature_scale" for item in self.nuisances)

    def scale(self, values: Mapping[str, Any]) -> FloatArray:
        """1 + relative errors of mass and geometry factor at every point."""
        return 1.0 + self._sum("mass_scale", values) + self._sum(GEOMETRY, values)

    def offset(self, values: Mapping[str, Any]) -> FloatArray:
        """Offset of the magnetisation at every point, emu/g."""
        moment = self._sum("moment_offset", values) + self._sum("holder_chi", values) * self.data.field
        return moment * self._per_gram() + self._sum("drift", values) * self.data.progress

    def slopes(
        self,
        groups: Sequence[Sequence[Nuisance]],
        undisturbed: FloatArray,
        by_field: FloatArray,
        by_lag: FloatArray | None,
        scale: FloatArray,
    ) -> FloatArray:
        """Derivatives of the disturbed model by the nuisances, shape (..., points, groups).

        Those of a group touch different runs, and share a column. ``undisturbed`` is M(T (1 + lag), H + field),
        ``by_field`` and ``by_lag`` its derivatives.
        """
        of_kind = {
            "field_offset": scale * by_field,
            "mass_scale": undisturbed,
            GEOMETRY: undisturbed,
            "drift": self.data.progress,
        }
        if by_lag is not None:
            of_kind["temperature_scale"] = scale * by_lag
        if any(item.kind in ("moment_offset", "holder_chi") for item in self.nuisances):
            of_kind["moment_offset"] = self._per_gram()
            of_kind["holder_chi"] = self.data.field * of_kind["moment_offset"]
        columns = np.zeros((*undisturbed.shape, len(groups)))
        for column, group in enumerate(groups):
            for item in group:
                for run in item.runs:
                    part = self.data.slices[run]
                    columns[..., part, column] = of_kind[item.kind][..., part]
        return columns

    def _sum(self, kind: str, values: Mapping[str, Any]) -> FloatArray:
        own = [item for item in self.nuisances if item.kind == kind]
        shape = np.broadcast_shapes(*(np.shape(values[item.name]) for item in own))
        total = np.zeros((*shape, len(self.data)))
        for item in own:
            for run in item.runs:
                total[..., self.data.slices[run]] += np.asarray(values[item.name])[..., np.newaxis]
        return total

    def _per_gram(self) -> FloatArray:
        inverse = [np.full(len(run), 1.0 / run.grams) for run in self.data.runs]
        return np.concatenate(inverse)
