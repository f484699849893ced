"""The subtraction stages: what is taken from the measured moment, in which order, and what is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.model.model import Terms


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
