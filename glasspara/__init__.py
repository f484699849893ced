"""glasspara: from SQUID magnetometer files of glasses to Larmor, Langevin and tunnelling-current terms.

The names below are loaded when they are first used, so that ``import glasspara`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "Measurement": "glasspara.measurement",
    "read": "glasspara.measurement",
    "Run": "glasspara.runs",
    "Corrections": "glasspara.corrections",
    "Dataset": "glasspara.dataset",
    "Window": "glasspara.dataset",
    "load": "glasspara.loading",
    "Model": "glasspara.model",
    "FitSettings": "glasspara.fitting.settings",
    "FitResult": "glasspara.fitting.result",
    "fit": "glasspara.fitting.fit",
    "Wishes": "glasspara.fitting.settings",
    "Wanted": "glasspara.fitting.exploration",
    "explore": "glasspara.fitting.exploration",
    "bootstrap": "glasspara.fitting.bootstrap",
    "universality": "glasspara.analysis.universality",
    "compare": "glasspara.analysis.compare",
    "series": "glasspara.analysis.series",
    "curie": "glasspara.analysis.curie",
    "derive": "glasspara.analysis.derive",
    "ats_magnetisation": "glasspara.physics.ats",
    "ats_high_field_magnetisation": "glasspara.physics.ats_high_field",
    "ats_weak_field_susceptibility": "glasspara.physics.ats_limits",
    "langevin_magnetisation": "glasspara.physics.langevin",
    "larmor_magnetisation": "glasspara.physics.larmor",
    "level_diagram": "glasspara.physics.level_diagram",
    "three_level_magnetisation": "glasspara.physics.three_level",
    "GlassparaError": "glasspara.errors",
}

__all__ = [
    "Corrections",
    "Dataset",
    "FitResult",
    "FitSettings",
    "GlassparaError",
    "Measurement",
    "Model",
    "Run",
    "Wanted",
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
    "read",
    "series",
    "three_level_magnetisation",
    "universality",
]

if TYPE_CHECKING:
    from glasspara.analysis.compare import compare
    from glasspara.analysis.curie import curie
    from glasspara.analysis.derive import derive
    from glasspara.analysis.series import series
    from glasspara.analysis.universality import universality
    from glasspara.corrections import Corrections
    from glasspara.dataset import Dataset, Window
    from glasspara.errors import GlassparaError
    from glasspara.fitting.bootstrap import bootstrap
    from glasspara.fitting.exploration import Wanted, explore
    from glasspara.fitting.fit import fit
    from glasspara.fitting.result import FitResult
    from glasspara.fitting.settings import FitSettings, Wishes
    from glasspara.loading import load
    from glasspara.measurement import Measurement, read
    from glasspara.model import Model
    from glasspara.physics.ats import ats_magnetisation
    from glasspara.physics.ats_high_field import ats_high_field_magnetisation
    from glasspara.physics.ats_limits import ats_weak_field_susceptibility
    from glasspara.physics.langevin import langevin_magnetisation
    from glasspara.physics.larmor import larmor_magnetisation
    from glasspara.physics.level_diagram import level_diagram
    from glasspara.physics.three_level import three_level_magnetisation
    from glasspara.runs import Run


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
