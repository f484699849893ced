"""glasspara: from SQUID magnetometer files of glasses to Larmor, Langevin and tunnelling-current terms.

:func:`read` and :func:`load` read files; :func:`fit` and the other questions have the names of the commands and take
their options as keywords. The names below are loaded when they are first used, so that ``import glasspara`` costs
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

_NAMES = {
    "glasspara.api": (
        "load", "fit", "universality", "compare", "highfield", "partition", "oscillations", "anomaly", "series",
        "curie", "plan", "derive", "inspect", "subtract", "simulate", "reproduce", "rerun", "diff",
    ),
    "glasspara.data": ("Dataset",),
    "glasspara.data.loading": ("Loaded",),
    "glasspara.errors": ("GlassparaError",),
    "glasspara.findings": ("Answer",),
    "glasspara.fitting.result": ("FitResult",),
    "glasspara.physics.ats": (
        "ats_magnetisation", "ats_high_field_magnetisation", "ats_weak_field_susceptibility",
    ),
    "glasspara.physics.ions.langevin": ("langevin_magnetisation", "larmor_magnetisation"),
    "glasspara.physics.three_level": ("level_diagram",),
    "glasspara.physics.three_level.magnetisation": ("three_level_magnetisation",),
    "glasspara.runs": ("Measurement", "read"),
    "glasspara.runs.run": ("Run",),
}  # fmt: skip
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "Answer",
    "Dataset",
    "FitResult",
    "GlassparaError",
    "Loaded",
    "Measurement",
    "Run",
    "__version__",
    "anomaly",
    "ats_high_field_magnetisation",
    "ats_magnetisation",
    "ats_weak_field_susceptibility",
    "compare",
    "curie",
    "derive",
    "diff",
    "fit",
    "highfield",
    "inspect",
    "langevin_magnetisation",
    "larmor_magnetisation",
    "level_diagram",
    "load",
    "oscillations",
    "partition",
    "plan",
    "read",
    "reproduce",
    "rerun",
    "series",
    "simulate",
    "subtract",
    "three_level_magnetisation",
    "universality",
]

if TYPE_CHECKING:
    from glasspara.api import (
        anomaly,
        compare,
        curie,
        derive,
        diff,
        fit,
        highfield,
        inspect,
        load,
        oscillations,
        partition,
        plan,
        reproduce,
        rerun,
        series,
        simulate,
        subtract,
        universality,
    )
    from glasspara.data import Dataset
    from glasspara.data.loading import Loaded
    from glasspara.errors import GlassparaError
    from glasspara.findings import Answer
    from glasspara.fitting.result import FitResult
    from glasspara.physics.ats import (
        ats_high_field_magnetisation,
        ats_magnetisation,
        ats_weak_field_susceptibility,
    )
    from glasspara.physics.ions.langevin import langevin_magnetisation, larmor_magnetisation
    from glasspara.physics.three_level import level_diagram
    from glasspara.physics.three_level.magnetisation import three_level_magnetisation
    from glasspara.runs import Measurement, read
    from glasspara.runs.run import Run


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(_HOME)
