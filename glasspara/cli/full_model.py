"""Options of the commands that fit the full model, ATS term included, before they look at what it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glasspara.cli import common, options
from glasspara.cli.groups import DataOptions, ParameterOptions

if TYPE_CHECKING:
    from glasspara.fitting.problem.settings import FitSettings


@dataclass(frozen=True)
class FullModelOptions(ParameterOptions):
    """The model with its conventions, and what is known of its parameters."""

    model: options.ModelName = "etm"
    trace_ions: options.TraceIons = None
    allowances: options.Allowances = True
    convention: options.Convention = "paper"
    orientation: options.Orientation = "isotropic"

    def fit_settings(self, data: DataOptions) -> FitSettings:
        """Settings of the fit; the iron of the sample file counts."""
        from glasspara.model.model import Model

        ions = common.trace_ions(self.trace_ions, data.sample_data)
        model = Model(self.model, "both", self.orientation, self.convention, ions)
        return self.settings(model, data, iron_from_sample=True, allowances=self.allowances)
