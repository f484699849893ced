"""The whole model (17): the sum of the Larmor, Langevin and ATS terms, with its parameter derivatives.

G. Jug and S. Recchia, arXiv:2111.12644, eq. (17); parent article arXiv:2111.00614, eq. (1) for the part
without the ATS term.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.errors import UsageError
from glasspara.model.parameters import ION_NAMES
from glasspara.model.terms import (
    AtsTerm,
    IronTerm,
    LarmorTerm,
    Part,
    Term,
    TraceTerm,
    three_level,
    two_level,
    two_level_by_16,
    two_level_high_field,
    two_level_phase,
)
from glasspara.physics.ions.ions import TraceIon

# Relative step of the temperature for the derivative that the terms do not give.
_LAG = 1.0e-5

IONS = {"fe2": ("n_fe2",), "fe3": ("n_fe3",), "both": ION_NAMES}

_PARTS: dict[str, Part] = {"n_fe2": "fe2", "n_fe3": "fe3"}


def _brillouin() -> tuple[Term, ...]:
    return tuple(IronTerm(name, _PARTS[name]) for name in ION_NAMES)


def _curie_weiss() -> tuple[Term, ...]:
    from glasspara.model.rival_terms import CurieWeissTerm

    return tuple(CurieWeissTerm(name, _PARTS[name]) for name in ION_NAMES)


def _split() -> tuple[Term, ...]:
    from glasspara.model.rival_terms import SplitIronTerm

    return tuple(SplitIronTerm(name, _PARTS[name]) for name in ION_NAMES)


def _clusters() -> tuple[Term, ...]:
    from glasspara.model.rival_terms import ClusterTerm

    return (ClusterTerm(),)


def _ferromagnet() -> tuple[Term, ...]:
    from glasspara.model.rival_terms import FerromagnetTerm

    return (FerromagnetTerm(),)


@dataclass(frozen=True)
class _Kind:
    """What a model has beside the Larmor term: its iron, further terms, and its form of the ATS term.

    They are made, and their physics loaded, when they are asked for.
    """

    text: str
    iron: Callable[[], tuple[Term, ...]] = _brillouin
    further: Callable[[], tuple[Term, ...]] = tuple
    ats: Callable[[str, str], AtsTerm] | None = None


_KINDS = {
    "etm": _Kind("Larmor + Langevin + tunnelling currents (ETM)", ats=two_level),
    "ll": _Kind("Larmor + Langevin"),
    "ll-curie-weiss": _Kind("Larmor + Curie-Weiss ions", _curie_weiss),
    "ll-superparamagnetic": _Kind("Larmor + Langevin + superparamagnetic clusters", further=_clusters),
    "ll-ferromagnetic": _Kind("Larmor + Langevin + ferromagnetic impurity", further=_ferromagnet),
    "ll-zfs": _Kind("Larmor + ions with zero-field splitting", _split),
    "etm-16": _Kind("ETM, tunnelling number by (16)", ats=two_level_by_16),
    "etm-high-field": _Kind("ETM with the high-field correction (11)", ats=two_level_high_field),
    "etm-phase": _Kind("ETM with the exact two-level phase", ats=two_level_phase),
    "three-level": _Kind("Larmor + Langevin + three-level tunnelling systems", ats=three_level),
}

MODELS = {name: kind.text for name, kind in _KINDS.items()}
"""Known models and what they are, in words."""


@dataclass(frozen=True)
class Model:
    """Which terms the model has and by which conventions.

    ``name`` is a key of ``MODELS``; ``ions`` a key of ``IONS``; ``orientation`` and ``convention`` are those
    of :func:`glasspara.ats_magnetisation`; ``trace_ions`` are other ions of the iron group, in their
    ratios to all iron.

    Raises
    ------
    UsageError
        For an unknown name.
    """

    name: str = "etm"
    ions: str = "both"
    orientation: str = "isotropic"
    convention: str = "paper"
    trace_ions: tuple[TraceIon, ...] = ()

    def __post_init__(self) -> None:
        for value, known, option in (
            (self.name, tuple(MODELS), "--model"),
            (self.ions, tuple(IONS), "--ions"),
            (self.orientation, ("isotropic", "aligned", "rms"), "--orientation"),
            (self.convention, ("paper", "exact"), "--convention"),
        ):
            if value not in known:
                raise UsageError(f"unknown {option} {value!r}", remedy=f"Choose one of {', '.join(known)}")

    @property
    def text(self) -> str:
        """The model in words."""
        return MODELS[self.name] + (" + trace ions" if self.trace_ions else "")

    @cached_property
    def ats(self) -> AtsTerm | None:
        """The ATS term, if the model has one."""
        form = _KINDS[self.name].ats
        return None if form is None else form(self.orientation, self.convention)

    @property
    def has_ats(self) -> bool:
        return self.ats is not None

    @property
    def ats_names(self) -> tuple[str, ...]:
        """Parameters of the ATS term; none without it."""
        return () if self.ats is None else self.ats.names

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        kind = _KINDS[self.name]
        trace = (TraceTerm(self.trace_ions),) if self.trace_ions else ()
        ats = () if self.ats is None else (self.ats,)
        return (LarmorTerm(), *kind.iron(), *trace, *kind.further(), *ats)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Parameters of the model, the Langevin term as two concentrations."""
        names = [name for term in self.terms for name in term.names]
        return (*dict.fromkeys(names), "field_offset")

    def without_ats(self) -> Model:
        """The model itself where it has no ATS term, else Larmor and Langevin terms."""
        if not self.has_ats:
            return self
        return Model("ll", self.ions, self.orientation, self.convention, self.trace_ions)


@dataclass(frozen=True)
class Terms:
    """The terms of (17) at some points, emu/g, each with the points' shape.

    ``trace`` are the trace ions, ``other`` what rivals of the ETM put beside Larmor and Langevin terms, ``offset``
    the moment offset of the instrument.
    """

    larmor: FloatArray
    fe2: FloatArray
    fe3: FloatArray
    trace: FloatArray
    other: FloatArray
    ats: FloatArray
    offset: FloatArray

    @property
    def langevin(self) -> FloatArray:
        return self.fe2 + self.fe3 + self.trace

    @property
    def beside_ats(self) -> FloatArray:
        """Everything but the ATS term."""
        return self.larmor + self.langevin + self.other + self.offset

    @property
    def total(self) -> FloatArray:
        return self.beside_ats + self.ats


def evaluate(T: FloatArray, H: FloatArray, values: Mapping[str, float], model: Model) -> Terms:
    """Terms of (17) at temperatures ``T`` (K) and fields ``H`` (Oe), emu/g.

    ``values`` holds every name of ``model.names``. The field offset is added to ``H`` in every term.
    """
    field = H + values["field_offset"]
    parts = {item.name: np.zeros(np.broadcast(T, field).shape) for item in fields(Terms)}
    for term in model.terms:
        parts[term.part] = parts[term.part] + term.value(T, field, values)
    return Terms(**parts)


def evaluate_with_gradient(
    T: FloatArray, H: FloatArray, values: Mapping[str, float], model: Model
) -> tuple[FloatArray, FloatArray]:
    """Magnetisation (17), emu/g, shape (n,), and its derivatives by ``model.names``, shape (n, len(names))."""
    field = H + values["field_offset"]
    total = np.zeros(field.shape)
    columns = np.zeros((field.size, len(model.names)))
    position = {name: index for index, name in enumerate(model.names)} | {"H": len(model.names) - 1}
    for term in model.terms:
        value, slopes = term.slopes(T, field, values)
        total += value
        for name, slope in slopes.items():
            columns[:, position[name]] += slope
    return total, columns


def slope_by_log_temperature(
    T: FloatArray, H: FloatArray, values: Mapping[str, float], model: Model
) -> FloatArray:
    """T dM/dT, emu/g: what a relative error of the thermometer does to the magnetisation."""
    up, down = (evaluate(T * step, H, values, model).total for step in (1.0 + _LAG, 1.0 - _LAG))
    slope: FloatArray = (up - down) / (2.0 * _LAG)
    return slope
