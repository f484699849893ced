"""The whole model (17): the sum of the Larmor, Langevin and ATS terms, with its parameter derivatives.

G. Jug and S. Recchia, arXiv:2111.12644, eq. (17); parent article arXiv:2111.00614, eq. (1) for the part
without the ATS term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from glasspara.errors import UsageError
from glasspara.parameters import ATS_NAMES, ION_NAMES
from glasspara.physics.ats import ats_magnetisation, ats_magnetisation_gradient
from glasspara.physics.ions import ION_OF_PARAMETER
from glasspara.physics.langevin import langevin_response
from glasspara.physics.larmor import larmor_magnetisation

FloatArray = npt.NDArray[np.float64]

MODELS = {
    "etm": "Larmor + Langevin + tunnelling currents (ETM)",
    "ll": "Larmor + Langevin",
}
IONS = {"fe2": ("n_fe2",), "fe3": ("n_fe3",), "both": ION_NAMES}


@dataclass(frozen=True)
class Model:
    """Which terms the model has and by which conventions.

    ``name`` is a key of ``MODELS``; ``ions`` a key of ``IONS``; ``orientation`` and ``convention`` are those
    of :func:`glasspara.physics.ats.ats_magnetisation`.

    Raises
    ------
    UsageError
        For an unknown name.
    """

    name: str = "etm"
    ions: str = "both"
    orientation: str = "isotropic"
    convention: str = "paper"

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
    def has_ats(self) -> bool:
        return self.name == "etm"

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters of the model, the Langevin term as two concentrations."""
        return ("chi_larmor", *ION_NAMES, *(ATS_NAMES if self.has_ats else ()), "field_offset")

    def without_ats(self) -> Model:
        return Model("ll", self.ions, self.orientation, self.convention)


@dataclass(frozen=True)
class Terms:
    """The terms of (17) at some points, emu/g, each with the points' shape."""

    larmor: FloatArray
    fe2: FloatArray
    fe3: FloatArray
    ats: FloatArray

    @property
    def langevin(self) -> FloatArray:
        return self.fe2 + self.fe3

    @property
    def total(self) -> FloatArray:
        return self.larmor + self.fe2 + self.fe3 + self.ats


def evaluate(T: FloatArray, H: FloatArray, values: Mapping[str, float], model: Model) -> Terms:
    """Terms of (17) at temperatures ``T`` (K) and fields ``H`` (Oe), emu/g.

    ``values`` holds every name of ``model.names``. The field offset is added to ``H`` in every term.
    """
    field = H + values["field_offset"]
    ions = {}
    for name in ION_NAMES:
        ion = ION_OF_PARAMETER[name]
        ions[name] = values[name] * langevin_response(T, field, j=ion.j, g=ion.g)[0]
    ats = np.zeros(np.broadcast(T, field).shape)
    if model.has_ats:
        sign, ordered = _ordered_cutoffs(values)
        ats = sign * ats_magnetisation(
            T, field, **ordered, orientation=model.orientation, convention=model.convention
        )
    larmor = larmor_magnetisation(field, chi_larmor=values["chi_larmor"])
    return Terms(larmor=larmor, fe2=ions["n_fe2"], fe3=ions["n_fe3"], ats=ats)


def evaluate_with_gradient(
    T: FloatArray, H: FloatArray, values: Mapping[str, float], model: Model
) -> tuple[FloatArray, FloatArray]:
    """Magnetisation (17), emu/g, shape (n,), and its derivatives by ``model.names``, shape (n, len(names))."""
    field = H + values["field_offset"]
    columns: dict[str, FloatArray] = {"chi_larmor": -field}
    by_field = np.full(field.shape, -values["chi_larmor"])
    total = larmor_magnetisation(field, chi_larmor=values["chi_larmor"])
    for name in ION_NAMES:
        ion = ION_OF_PARAMETER[name]
        response, slope = langevin_response(T, field, j=ion.j, g=ion.g)
        columns[name] = response
        total = total + values[name] * response
        by_field = by_field + values[name] * slope
    if model.has_ats:
        sign, ordered = _ordered_cutoffs(values)
        ats, gradient = ats_magnetisation_gradient(
            T, field, **ordered, orientation=model.orientation, convention=model.convention
        )
        if sign < 0.0:
            gradient["d0min_qs4"], gradient["d0max_qs4"] = gradient["d0max_qs4"], gradient["d0min_qs4"]
        total = total + sign * ats
        by_field = by_field + sign * gradient["H"]
        columns |= {name: sign * gradient[name] for name in ATS_NAMES}
    columns["field_offset"] = by_field
    return total, np.stack([columns[name] for name in model.names], axis=-1)


def _ordered_cutoffs(values: Mapping[str, float]) -> tuple[float, dict[str, float]]:
    """Sign and parameters of the ATS term with the lower cutoff first.

    The term changes its sign when the cutoffs change places, smoothly through 0. Physics has no use for that,
    but Hesse needs chi2 on both sides of a minimum near no term at all.
    """
    ordered = {name: values[name] for name in ATS_NAMES}
    if ordered["d0min_qs4"] <= ordered["d0max_qs4"]:
        return 1.0, ordered
    ordered["d0min_qs4"], ordered["d0max_qs4"] = ordered["d0max_qs4"], ordered["d0min_qs4"]
    return -1.0, ordered
