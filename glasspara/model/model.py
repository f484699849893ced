"""The whole model (17): the sum of the Larmor, Langevin and ATS terms, with its parameter derivatives.

G. Jug and S. Recchia, arXiv:2111.12644, eq. (17); parent article arXiv:2111.00614, eq. (1) for the part
without the ATS term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.errors import UsageError
from glasspara.model import CATALOGUE, ION_CHOICES, MODELS
from glasspara.model.terms import AtsTerm, LarmorTerm, Term, TraceTerm, Value
from glasspara.physics.ions import TraceIon

# Relative step of the temperature for the derivative that the terms do not give.
_LAG = 1.0e-5


@dataclass(frozen=True)
class Model:
    """Which terms the model has and by which conventions.

    ``name`` is a key of :data:`glasspara.model.MODELS`, ``ions`` one of ``IONS`` there; ``orientation`` and
    ``convention`` are those of :func:`glasspara.ats_magnetisation`; ``trace_ions`` are other ions of the iron group,
    in their ratios to all iron.

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
            (self.ions, tuple(ION_CHOICES), "--ions"),
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
        return CATALOGUE[self.name].ats_term(self.orientation, self.convention)

    @property
    def has_ats(self) -> bool:
        return self.ats is not None

    @property
    def ats_names(self) -> tuple[str, ...]:
        """Parameters of the ATS term; none without it."""
        return () if self.ats is None else self.ats.names

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        entry = CATALOGUE[self.name]
        trace = (TraceTerm(self.trace_ions),) if self.trace_ions else ()
        ats = () if self.ats is None else (self.ats,)
        return (LarmorTerm(), *entry.iron_terms(), *trace, *entry.further_terms(), *ats)

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


@dataclass(frozen=True, eq=False)
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


def evaluate(T: FloatArray, H: FloatArray, values: Mapping[str, Value], model: Model) -> Terms:
    """Terms of (17) at temperatures ``T`` (K) and fields ``H`` (Oe), emu/g.

    ``values`` holds every name of ``model.names``. The field offset is added to ``H`` in every term.
    """
    field = H + values["field_offset"]
    parts = {item.name: np.zeros(np.broadcast(T, field).shape) for item in fields(Terms)}
    for term in model.terms:
        parts[term.part] = parts[term.part] + term.value(T, field, values)
    return Terms(**parts)


def evaluate_with_gradient(
    T: FloatArray, H: FloatArray, values: Mapping[str, Value], model: Model
) -> tuple[FloatArray, FloatArray]:
    """Magnetisation (17), emu/g, and its derivatives by ``model.names``, in a last axis of their own.

    ``T`` (K), ``H`` (Oe), shape (n,), and ``values`` broadcast: k values of a parameter, shape (k, 1), make k rows.
    """
    field = H + values["field_offset"]
    shape = np.broadcast_shapes(T.shape, field.shape, *(np.shape(values[name]) for name in model.names))
    total = np.zeros(shape)
    columns = np.zeros((len(model.names), *shape))  # each in one piece: they are written one by one
    position = {name: index for index, name in enumerate(model.names)} | {"H": len(model.names) - 1}
    for term in model.terms:
        value, slopes = term.slopes(T, field, values)
        total += value
        for name, slope in slopes.items():
            columns[position[name]] += slope
    return total, np.moveaxis(columns, 0, -1)


def slope_by_log_temperature(
    T: FloatArray, H: FloatArray, values: Mapping[str, Value], model: Model
) -> FloatArray:
    """T dM/dT, emu/g: what a relative error of the thermometer does to the magnetisation."""
    up, down = (evaluate(T * step, H, values, model).total for step in (1.0 + _LAG, 1.0 - _LAG))
    return (up - down) / (2.0 * _LAG)
