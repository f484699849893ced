"""The subtraction stages: what is taken from the measured moment, in which order, and what is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.fitting.problem.settings import FitSettings
from glasspara.fitting.search.staged import StageValues, stage_values
from glasspara.model.model import Terms

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class StagedData:
    """Data with the terms that the stages take away, one value a point of ``data``, emu/g."""

    data: Dataset
    terms: Terms

    def columns(self, besides: Collection[str] = ()) -> Mapping[str, FloatArray]:
        """Columns by name, unit in the name; residual = data minus model.

        Holder, reported field, trace ions and further terms have columns only where there are any, or where
        ``besides`` names them. M is without the holder, H the true field.
        """
        measured = self.data.magnetisation
        terms = self.terms
        further = {
            name: part
            for name, part in (("M_trace_emu_per_g", terms.trace), ("M_other_emu_per_g", terms.other))
            if part.any() or name in besides
        }
        corrections = {
            name: values
            for name, values, plain in (
                ("M_holder_emu_per_g", self.data.holder, not self.data.holder.any()),
                (
                    "H_reported_Oe",
                    self.data.reported_field,
                    np.array_equal(self.data.reported_field, self.data.field),
                ),
            )
            if not plain or name in besides
        }
        return {
            "T_K": self.data.temperature,
            "H_Oe": self.data.field,
            "M_emu_per_g": measured,
            "sigma_emu_per_g": self.data.sigma,
            **corrections,
            "M_larmor_emu_per_g": terms.larmor,
            "M_minus_larmor_emu_per_g": measured - terms.larmor,
            "M_fe2_emu_per_g": terms.fe2,
            "M_fe3_emu_per_g": terms.fe3,
            **further,
            "M_langevin_emu_per_g": terms.langevin,
            "M_intrinsic_emu_per_g": measured - terms.beside_ats,
            "M_ats_emu_per_g": terms.ats,
            "M_model_emu_per_g": terms.total,
            "residual_emu_per_g": measured - terms.total,
        }


@dataclass(frozen=True)
class Subtraction:
    """The points with the terms taken away, and the parameters of these with where each comes from."""

    staged: StagedData
    parameters: StageValues

    def to_frame(self) -> DataFrame:
        """One row a point, the columns of :meth:`StagedData.columns`."""
        from pandas import DataFrame

        return DataFrame(dict(self.staged.columns()))


def subtract(data: Dataset, settings: FitSettings) -> Subtraction:
    """Take the Larmor and Langevin terms from ``data``; what ``settings`` holds stays as it is.

    The other parameters come from two stages: see :mod:`glasspara.fitting.search.staged`.
    """
    parameters = stage_values(data, settings)
    return Subtraction(StagedData(data, parameters.terms(data)), parameters)
