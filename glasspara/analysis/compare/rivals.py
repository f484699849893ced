"""The models that a comparison knows, by name, and what of the user's wishes each can heed."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from glasspara.errors import UsageError
from glasspara.fitting.problem.settings import FitSettings, Wishes
from glasspara.model.model import IONS, Model
from glasspara.physics.ions.ions import TraceIon

Family = Literal["plain", "rival", "ats"]

SLOW = ("etm-high-field", "etm-phase", "three-level")
"""Models that are compared only on request."""

DEFAULT = (
    "ll-fe3", "ll-fe2", "ll", "ll-curie-weiss", "ll-superparamagnetic", "ll-ferromagnetic", "ll-zfs", "etm", "etm-16",
)  # fmt: skip
"""Models that are compared unless others are asked for; with trace ions "ll-trace" and "etm-trace" too."""

WITH_TRACE = ("ll-trace", "etm-trace")

KNOWN = (*DEFAULT, *WITH_TRACE, *SLOW)


def model_of(name: str, base: Model, trace_ions: tuple[TraceIon, ...] = ()) -> Model:
    """The model that a name of the comparison stands for, with the conventions of ``base``.

    Raises
    ------
    UsageError
        An unknown name, or one that needs trace ions where there are none.
    """
    if name not in KNOWN:
        raise UsageError(f"--models: unknown model {name!r}", remedy=f"Known: {', '.join(KNOWN)}")
    if name in WITH_TRACE:
        if not trace_ions:
            raise UsageError(
                f"--models: {name} needs trace ions", remedy="Add --trace-ions BK7|Duran|BAS|FILE"
            )
        return replace(base, name=name.removesuffix("-trace"), ions="both", trace_ions=trace_ions)
    ions = name.removeprefix("ll-")
    if ions in IONS:
        return replace(base, name="ll", ions=ions, trace_ions=())
    return replace(base, name=name, ions="both", trace_ions=())


def settings_of(name: str, wishes: Wishes, base: Model, trace_ions: tuple[TraceIon, ...] = ()) -> FitSettings:
    """``wishes`` for one model of the comparison: those for parameters that it does not have are left out.

    Iron by mass spectrometry is that of the one ion where a model has but one.
    """
    model = model_of(name, base, trace_ions)
    found = wishes.for_model(model)
    if model.ions == "both" or wishes.n_fe is None:
        return found
    (ion,) = IONS[model.ions]
    value, error = wishes.n_fe
    if error is None:
        return replace(found, fixed={**found.fixed, ion: value})
    return replace(found, constrained={**found.constrained, ion: (value, error)})


def family_of(model: Model) -> Family:
    """Larmor and Langevin terms alone, with something in place of the ATS term, or with it."""
    return "ats" if model.has_ats else "plain" if model.name == "ll" else "rival"


def text_of(model: Model) -> str:
    """The model in words."""
    return model.text if model.ions == "both" else f"{model.text}, {model.ions.capitalize()}+ alone"
