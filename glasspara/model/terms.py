"""The terms that models are made of: each an object that knows its parameters, its value and its slopes.

Those that could stand where the ATS term stands, other magnetism of traces, come last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Literal, Protocol

import numpy as np

from glasspara.arrays import FloatArray
from glasspara.errors import DomainError
from glasspara.model.parameters import ATS_NAMES, ION_NAMES
from glasspara.physics.ats import (
    AtsParameters,
    ats_term,
    ats_term_gradient,
    high_field_term,
    high_field_term_gradient,
)
from glasspara.physics.ions import ION_OF_PARAMETER, Ion, TraceIon
from glasspara.physics.ions.langevin import (
    curie_weiss_response,
    ferromagnetic_response,
    langevin_response,
    larmor_magnetisation,
    superparamagnetic_response,
)
from glasspara.physics.ions.zero_field_splitting import split_spin_response_fast

Slopes = dict[str, FloatArray]
Value = float | FloatArray
"""A parameter: one number, or k of them, shape (k, 1), for k rows of points at once."""
Part = Literal["larmor", "fe2", "fe3", "trace", "other", "ats"]


class Term(Protocol):
    """One term of a model: a magnetisation, emu/g, at temperatures (K) and fields (Oe).

    ``names`` are the parameters that it depends on, ``part`` where it goes in :class:`glasspara.model.model.Terms`.
    """

    @property
    def part(self) -> Part: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:
        """The term; ``T``, ``H`` and ``values`` broadcast."""

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:
        """The term, and its derivatives by each of ``names`` and by the field ("H")."""


@dataclass(frozen=True)
class LarmorTerm:
    """-chi_larmor H."""

    part: Part = "larmor"
    names: tuple[str, ...] = ("chi_larmor",)

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:  # noqa: ARG002
        return larmor_magnetisation(H, chi_larmor=values["chi_larmor"])

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:
        by_field = np.asarray(-values["chi_larmor"])
        return self.value(T, H, values), {"chi_larmor": -H, "H": by_field}


def _ion_response(T: FloatArray, H: FloatArray, ion: Ion) -> tuple[FloatArray, FloatArray]:
    """:func:`langevin_response` of an ion, read-only; kept for the next call, as the points of a fit stay the same."""
    T, H = np.asarray(T, dtype=np.float64), np.asarray(H, dtype=np.float64)
    return _kept_response(T.tobytes(), T.shape, H.tobytes(), H.shape, ion)


@lru_cache(maxsize=12)
def _kept_response(
    T: bytes, T_shape: tuple[int, ...], H: bytes, H_shape: tuple[int, ...], ion: Ion
) -> tuple[FloatArray, FloatArray]:
    temperature, field = np.frombuffer(T).reshape(T_shape), np.frombuffer(H).reshape(H_shape)
    response, slope = langevin_response(temperature, field, j=ion.j, g=ion.g)
    response.flags.writeable = slope.flags.writeable = False
    return response, slope


@dataclass(frozen=True, eq=False)
class AmountTerm:
    """The parameter ``amount`` times the response of one of it to the field.

    ``response`` takes T and H, and the parameters ``further`` by their keywords; it gives the response and its
    derivatives by the field and by each of ``further``.
    """

    amount: str
    part: Part
    response: Callable[..., tuple[FloatArray, ...]]
    further: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.amount, *self.further)

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:
        return self.slopes(T, H, values)[0]

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:
        n, further = values[self.amount], {word: values[name] for name, word in self.further.items()}
        response, *slopes = self.response(T, H, **further)
        by_name = zip(("H", *self.further), slopes, strict=True)
        return n * response, {self.amount: response, **{name: n * slope for name, slope in by_name}}


def brillouin_iron(parameter: str, part: Part) -> AmountTerm:
    """Brillouin paramagnetism of one of the two iron ions."""
    return AmountTerm(parameter, part, partial(_ion_response, ion=ION_OF_PARAMETER[parameter]))


@dataclass(frozen=True)
class TraceTerm:
    """Brillouin paramagnetism of the other ions of the iron group, each in a given ratio to all iron (Tables 5-7)."""

    ions: tuple[TraceIon, ...]
    part: Part = "trace"
    names: tuple[str, ...] = ION_NAMES

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:
        return self.slopes(T, H, values)[0]

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:
        iron = sum(values[name] for name in ION_NAMES)
        response, slope = np.zeros(H.shape), np.zeros(H.shape)
        for item in self.ions:
            one, its_slope = _ion_response(T, H, item.ion)
            response += item.ratio * one
            slope += item.ratio * its_slope
        return iron * response, {**dict.fromkeys(ION_NAMES, response), "H": iron * slope}


@dataclass(frozen=True, eq=False)
class AtsTerm:
    """The tunnelling currents by one of the engine's functions.

    ``function`` and ``gradient`` take T, H and an :class:`AtsParameters`, with ``further`` parameters and the
    ``options`` as keywords; the gradient's dictionary has the keys of ``names`` and "H". ``law`` are the parameters of
    the tunnelling number.
    """

    function: Callable[..., FloatArray]
    gradient: Callable[..., tuple[FloatArray, Slopes]]
    orientation: str
    convention: str
    law: tuple[str, ...] = ATS_NAMES[-1:]
    further: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    part: Part = "ats"

    @property
    def names(self) -> tuple[str, ...]:
        return (*ATS_NAMES[:-1], *self.law, *self.further)

    def value(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> FloatArray:
        with _domain_errors():
            sign, ats, further = self._arguments(values)
            return sign * self.function(T, H, ats, **further, **self.options)

    def slopes(self, T: FloatArray, H: FloatArray, values: Mapping[str, Value]) -> tuple[FloatArray, Slopes]:
        with _domain_errors():
            sign, ats, further = self._arguments(values)
            value, gradient = self.gradient(T, H, ats, **further, **self.options)
        if np.all(kept := sign > 0.0):
            return value, {name: gradient[name] for name in (*self.names, "H")}
        ends = gradient["d0min_qs4"], gradient["d0max_qs4"]
        gradient["d0min_qs4"], gradient["d0max_qs4"] = (
            np.where(kept, one, other) for one, other in (ends, ends[::-1])
        )
        return sign * value, {name: sign * gradient[name] for name in (*self.names, "H")}

    def _arguments(self, values: Mapping[str, Value]) -> tuple[Value, AtsParameters, dict[str, Value]]:
        """Sign of the term with the lower cutoff first, its parameters so ordered, and the further ones.

        The term changes its sign when the cutoffs change places, smoothly through 0. Physics has no use for that,
        but Hesse needs chi2 on both sides of a minimum near no term at all.
        """
        lower, upper = values["d0min_qs4"], values["d0max_qs4"]
        sign = np.where(np.less_equal(lower, upper), 1.0, -1.0)
        lower, upper = np.minimum(lower, upper), np.maximum(lower, upper)
        ats = AtsParameters(
            n_ats=values["n_ats"],
            d_min=values["d_min"],
            d0min_qs4=lower,
            d0max_qs4=upper,
            **{name: values[name] for name in self.law},
            orientation=self.orientation,
            convention=self.convention,
        )
        return sign, ats, {name: values[name] for name in self.further}


@contextmanager
def _domain_errors() -> Iterator[None]:
    """Turn what the engine refuses into an error of one line, from which a search can step back."""
    try:
        yield
    except ValueError as error:
        raise DomainError(
            f"the ATS term cannot be computed: {error}", remedy="Choose other --set, --limit or data ranges"
        ) from error


def two_level(orientation: str, convention: str) -> AtsTerm:
    """The source's expression (10), the number of tunnelling particles by (15)."""
    return AtsTerm(ats_term, ats_term_gradient, orientation, convention)


def two_level_by_16(orientation: str, convention: str) -> AtsTerm:
    """(10) with the number of tunnelling particles by (16)."""
    return AtsTerm(ats_term, ats_term_gradient, orientation, convention, law=("gamma_tunn", "e0_tunn"))


def two_level_high_field(orientation: str, convention: str) -> AtsTerm:
    """(10) with the correction (11), its prefactor the one that belongs to the expanded phase."""
    return _high_field("expanded", orientation, convention)


def two_level_phase(orientation: str, convention: str) -> AtsTerm:
    """(10) with the exact phase 3 sin(phi/3) of the two-level gap."""
    return _high_field("exact", orientation, convention)


def _high_field(form: str, orientation: str, convention: str) -> AtsTerm:
    return AtsTerm(
        high_field_term,
        high_field_term_gradient,
        orientation,
        convention,
        further=("b_star",),
        options={"form": form},
    )


def three_level(orientation: str, convention: str) -> AtsTerm:
    """All three levels of (6), without an upper cutoff of the asymmetry."""
    from glasspara.physics.three_level.magnetisation import three_level_term, three_level_term_gradient

    return AtsTerm(three_level_term, three_level_term_gradient, orientation, convention, further=("qs4",))


def curie_weiss_iron(parameter: str, part: Part) -> AmountTerm:
    """One of the two iron ions in a mean field of its own kind, with the same Curie-Weiss temperature for both."""
    ion = ION_OF_PARAMETER[parameter]
    response = partial(curie_weiss_response, j=ion.j, g=ion.g)
    return AmountTerm(parameter, part, response, {"theta_cw": "theta_cw"})


def split_iron(parameter: str, part: Part) -> AmountTerm:
    """One of the two iron ions with an axial zero-field splitting of its own."""
    ion = ION_OF_PARAMETER[parameter]
    response = partial(split_spin_response_fast, s=ion.j, g=ion.g)
    return AmountTerm(parameter, part, response, {parameter.replace("n_", "zfs_"): "d_zfs"})


def clusters() -> AmountTerm:
    """Superparamagnetic clusters."""
    return AmountTerm("n_clusters", "other", superparamagnetic_response, {"cluster_moment": "cluster_moment"})


def ferromagnet() -> AmountTerm:
    """A ferromagnetic impurity."""
    return AmountTerm("m_ferro", "other", _ferromagnetic_response, {"h_ferro": "h_ferro"})


def _ferromagnetic_response(T: FloatArray, H: FloatArray, h_ferro: Value) -> tuple[FloatArray, ...]:  # noqa: ARG001
    return ferromagnetic_response(H, h_ferro=h_ferro)
