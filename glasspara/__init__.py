"""glasspara: from SQUID magnetometer files of glasses to Larmor, Langevin and tunnelling-current terms.

The names below are loaded when they are first used, so that ``import glasspara`` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glasspara.package import __version__, face

_HOME = {
    "Measurement": "glasspara.runs.measurement",
    "read": "glasspara.runs.measurement",
    "Run": "glasspara.runs.run",
    "Corrections": "glasspara.data.corrections.corrections",
    "Dataset": "glasspara.data.dataset",
    "Window": "glasspara.data.dataset",
    "load": "glasspara.data.loading",
    "Model": "glasspara.model.model",
    "FitSettings": "glasspara.fitting.problem.settings",
    "FitResult": "glasspara.fitting.result",
    "fit": "glasspara.fitting.fit",
    "Wishes": "glasspara.fitting.problem.settings",
    "IntervalRequest": "glasspara.fitting.intervals.exploration",
    "explore": "glasspara.fitting.intervals.exploration",
    "bootstrap": "glasspara.fitting.resampling.bootstrap",
    "universality": "glasspara.analysis.universality.collapse",
    "compare": "glasspara.analysis.compare.comparison",
    "series": "glasspara.analysis.series.single_runs",
    "curie": "glasspara.analysis.curie.curie_law",
    "plan": "glasspara.analysis.plan.planning",
    "derive": "glasspara.analysis.derive.consequences",
    "ats_magnetisation": "glasspara.physics.ats",
    "ats_high_field_magnetisation": "glasspara.physics.ats",
    "ats_weak_field_susceptibility": "glasspara.physics.ats",
    "langevin_magnetisation": "glasspara.physics.ions.langevin",
    "larmor_magnetisation": "glasspara.physics.ions.langevin",
    "level_diagram": "glasspara.physics.three_level.levels",
    "three_level_magnetisation": "glasspara.physics.three_level.magnetisation",
    "GlassparaError": "glasspara.errors",
}

__all__ = [
    "Corrections",
    "Dataset",
    "FitResult",
    "FitSettings",
    "GlassparaError",
    "IntervalRequest",
    "Measurement",
    "Model",
    "Run",
    "Window",
    "Wishes",
    "__version__",
    "ats_high_field_magnetisation",
    "ats_magnetisation",
    "ats_weak_field_susceptibility",
    "bootstrap",
    "compare",
    "curie",
    "derive",
    "explore",
    "fit",
    "langevin_magnetisation",
    "larmor_magnetisation",
    "level_diagram",
    "load",
    "plan",
    "read",
    "series",
    "three_level_magnetisation",
    "universality",
]

if TYPE_CHECKING:
    from glasspara.analysis.compare.comparison import compare
    from glasspara.analysis.curie.curie_law import curie
    from glasspara.analysis.derive.consequences import derive
    from glasspara.analysis.plan.planning import plan
    from glasspara.analysis.series.single_runs import series
    from glasspara.analysis.universality.collapse import universality
    from glasspara.data.corrections.corrections import Corrections
    from glasspara.data.dataset import Dataset, Window
    from glasspara.data.loading import load
    from glasspara.errors import GlassparaError
    from glasspara.fitting.fit import fit
    from glasspara.fitting.intervals.exploration import IntervalRequest, explore
    from glasspara.fitting.problem.settings import FitSettings, Wishes
    from glasspara.fitting.resampling.bootstrap import bootstrap
    from glasspara.fitting.result import FitResult
    from glasspara.model.model import Model
    from glasspara.physics.ats import (
        ats_high_field_magnetisation,
        ats_magnetisation,
        ats_weak_field_susceptibility,
    )
    from glasspara.physics.ions.langevin import langevin_magnetisation, larmor_magnetisation
    from glasspara.physics.three_level.levels import level_diagram
    from glasspara.physics.three_level.magnetisation import three_level_magnetisation
    from glasspara.runs.measurement import Measurement, read
    from glasspara.runs.run import Run


__getattr__, __dir__ = face(__name__, _HOME)
