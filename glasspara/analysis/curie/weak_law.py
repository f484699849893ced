"""Least squares of a Curie law and of the law (14) of a glass on points in weak fields.

G. Jug and S. Recchia, arXiv:2111.12644, eq. (14). Both are linear in chi_larmor, the Curie constant C and the amplitude
G; the shape of (14), D_min and delta_mu, is known beforehand to within a factor and a few tenths of a kelvin, as in a
fit of the whole model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Literal

import numpy as np

from glasspara.analysis.linear.projection import scaled_columns
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.model.parameters import PARAMETERS
from glasspara.physics.ats import gap_integral
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import curie_curvature

Law = Literal["curie", "glass"]

LAWS: Mapping[Law, str] = {"curie": "naive Curie law", "glass": "law of a glass (14)"}

UNITS = {
    "chi_larmor": "emu g^-1 Oe^-1",
    "curie_constant": "emu K g^-1 Oe^-1",
    "g": "emu K g^-1 Oe^-1",
    "d_min": "K",
    "delta_mu": "K",
}
"""Quantities of the two laws with their units; ``g`` is G of (14) at T0 = 1.26 K."""

_SHAPE = {"d_min": log(3.0), "delta_mu": 0.3}
"""What is assumed of the shape: D_min within a factor of 3, delta_mu within 0.3 K of the usual value."""
_STEP = 1.0e-4


@dataclass(frozen=True)
class Quantity:
    """A value with its standard error by the stated sigmas; None for one that is held."""

    value: float
    error: float | None
    unit: str


@dataclass(frozen=True)
class WeakFit:
    """One law on the weak points. The parts are magnetisations, emu/g, at the points of the weak data.

    ``n_free`` counts the free parameters; ``correlation`` is that of C and G, None where there are not both.
    """

    name: str
    text: str
    quantities: Mapping[str, Quantity]
    chi2: float
    n_free: int
    larmor: FloatArray
    langevin: FloatArray
    ats: FloatArray
    correlation: float | None = None

    @property
    def total(self) -> FloatArray:
        return self.larmor + self.langevin + self.ats


def curie_shapes(T: FloatArray, H: FloatArray) -> tuple[FloatArray, FloatArray]:
    """H/T with the curvature of half Fe2+ and half Fe3+, Oe/K, and half the difference of the two ions."""
    bent = [H / T * (1.0 - curie_curvature(T, H, ion=ION_OF_PARAMETER[name])) for name in ("n_fe2", "n_fe3")]
    return 0.5 * (bent[0] + bent[1]), 0.5 * (bent[1] - bent[0])


def fit_law(
    data: Dataset,
    law: Law,
    *,
    usual: Mapping[str, float],
    held: frozenset[str] = frozenset(),
    iron: Quantity | None = None,
) -> WeakFit:
    """Fit ``law`` to ``data``, points in weak fields.

    Parameters
    ----------
    usual : name -> value
        ``d_min`` and ``delta_mu`` (K) that the shape is near to.
    held : names
        Which of these are held there.
    iron : Quantity, optional
        What is known of the Curie constant; held where there is no error.
    """
    from scipy.optimize import least_squares

    problem = _Problem(data, law, usual, held, iron)
    if not problem.bent:
        return problem.result(np.empty(0))
    low, high = zip(*(_box(name, usual[name]) for name in problem.bent), strict=True)
    found = least_squares(
        lambda x: problem.solve(x)[1], np.zeros(len(problem.bent)), bounds=(low, high), xtol=1e-10, ftol=1e-12
    )
    return problem.result(found.x)


def _box(name: str, usual: float) -> tuple[float, float]:
    """Limits of a shape parameter in its own width about the usual value."""
    parameter, spread = PARAMETERS[name], _SHAPE[name]
    if name == "d_min":
        return log(parameter.lower / usual) / spread - 1e-9, log(parameter.upper / usual) / spread + 1e-9
    return (parameter.lower - usual) / spread - 1e-9, (parameter.upper - usual) / spread + 1e-9


class _Problem:
    """The law as a function of its shape, in widths of what is assumed of it; the rest by linear least squares."""

    def __init__(
        self,
        data: Dataset,
        law: Law,
        usual: Mapping[str, float],
        held: frozenset[str],
        iron: Quantity | None,
    ) -> None:
        self.data, self.law, self.usual, self.iron = data, law, usual, iron
        self.bent = [name for name in _SHAPE if law == "glass" and name not in held]
        self._curie = curie_shapes(data.temperature, data.field)[0]
        self._iron_held = iron is not None and iron.error is None
        self.names = [
            "chi_larmor",
            *([] if self._iron_held else ["curie_constant"]),
            *(["g"] if law == "glass" else []),
        ]
        target = data.magnetisation
        if iron is not None and iron.error is None:
            target = target - iron.value * self._curie
        known = iron is not None and iron.error is not None
        self._knowledge = np.zeros((int(known), len(self.names)))
        self._target = target / data.sigma
        if iron is not None and iron.error is not None:
            self._knowledge[0, self.names.index("curie_constant")] = 1.0 / iron.error
            self._target = np.append(self._target, iron.value / iron.error)

    def shape(self, x: FloatArray) -> dict[str, float]:
        """d_min and delta_mu at ``x``."""
        found = {name: self.usual[name] for name in _SHAPE}
        for name, step in zip(self.bent, x, strict=True):
            if name == "d_min":
                found[name] *= float(np.exp(step * _SHAPE[name]))
            else:
                found[name] = max(found[name] + float(step) * _SHAPE[name], 0.0)
        return found

    def _matrix(self, x: FloatArray) -> FloatArray:
        columns = {"chi_larmor": -self.data.field, "curie_constant": self._curie}
        if self.law == "glass":
            columns["g"] = gap_integral(self.data.temperature, **self.shape(x)) * self.data.field
        points = np.stack([columns[name] for name in self.names], axis=1) / self.data.sigma[:, None]
        return np.concatenate([points, self._knowledge])

    def solve(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Linear coefficients, and residuals of points and knowledge, that of the shape included."""
        matrix = self._matrix(x)
        scaled, norm = scaled_columns(matrix)
        coefficients = np.linalg.lstsq(scaled, self._target, rcond=None)[0]
        return coefficients / norm, np.concatenate([self._target - scaled @ coefficients, x])

    def _covariance(self, x: FloatArray, coefficients: FloatArray) -> FloatArray:
        """Of the linear coefficients, then of ``x``."""
        matrix = self._matrix(x)
        slopes = []
        for index in range(len(x)):
            step = np.zeros(len(x))
            step[index] = _STEP
            slopes.append((self._matrix(x + step) - self._matrix(x - step)) @ coefficients / (2.0 * _STEP))
        jacobian = np.concatenate([matrix, np.zeros((len(x), matrix.shape[1]))])
        if slopes:
            jacobian = np.concatenate(
                [jacobian, np.concatenate([np.stack(slopes, axis=1), np.eye(len(x))])], axis=1
            )
        scaled, norm = scaled_columns(jacobian)
        inverse = np.linalg.pinv(scaled)
        covariance: FloatArray = inverse @ inverse.T / np.outer(norm, norm)
        return covariance

    def result(self, x: FloatArray) -> WeakFit:
        coefficients, residuals = self.solve(x)
        covariance = self._covariance(x, coefficients)
        errors = dict(zip([*self.names, *self.bent], np.sqrt(np.diag(covariance)).tolist(), strict=True))
        values = dict(zip(self.names, coefficients.tolist(), strict=True))
        if self._iron_held and self.iron is not None:
            values["curie_constant"] = self.iron.value
        shape = self.shape(x) if self.law == "glass" else {}
        for name in self.bent:
            errors[name] *= _SHAPE[name] * (shape[name] if name == "d_min" else 1.0)
        ats = np.zeros(len(self.data))
        if self.law == "glass":
            ats = values["g"] * gap_integral(self.data.temperature, **shape) * self.data.field
        pair = [self.names.index(name) for name in ("curie_constant", "g") if name in self.names]
        correlation = None
        if len(pair) == 2:
            block = covariance[np.ix_(pair, pair)]
            correlation = float(block[0, 1] / np.sqrt(block[0, 0] * block[1, 1]))
        points = residuals[: len(self.data)]
        return WeakFit(
            name=self.law,
            text=LAWS[self.law],
            quantities={
                name: Quantity(value, errors.get(name), UNITS[name])
                for name, value in {**values, **shape}.items()
            },
            chi2=float(points @ points),
            n_free=len(self.names) + len(self.bent),
            larmor=-values["chi_larmor"] * self.data.field,
            langevin=values["curie_constant"] * self._curie,
            ats=ats,
            correlation=correlation,
        )
