"""The ATS kernel while D_min < kT (d <= D_WARM): the typical case, from polynomials in one variable.

The kernel's dependence on a small d is ``-ln(d) r_0 + q - sum_k d^2k r_k / 2k``; q and the r_k depend on c
alone. They are sampled here, at the nodes of a Chebyshev interpolation, from integrals without cancellation:

* ``c <= C_SPLIT``: K / c^2 = 2 int_0^1 dp p J(c^2 p^2), J(z) = int_d^inf dy/y f(y^2 + z) with
  f(x) = tanh(sqrt x) / (2 sqrt x), the derivative of ln cosh sqrt x; the isotropic mean only changes the
  weight 2p to 2p(1 - p). f is analytic in the plane cut along x < -(pi/2)^2, so the Taylor coefficients in
  d^2 come from a Cauchy integral, the integral over ln y from the trapezoidal rule (exponentially accurate),
  and the interpolation is in ``_conformal(c^2)``, the variable that maps the cut plane onto the unit disk.
* ``c > C_SPLIT``: once the elementary part is split off (``cold``), only ln(1 + exp(-2 sqrt(y^2 + c^2))) is left. It
  is of order exp(-2c); that factor is divided out, and the rest is smooth in ln c. Beyond C_NIL it is negligible.

Nothing is computed at import; the tables of one orientation take some 20 ms, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import pi
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre

from glasspara.arrays import FloatArray
from glasspara.physics.ats.cold import OneVariable, split_fields
from glasspara.physics.ats.polynomials import evaluate_series, interpolate, nodes, power_series

AnyArray = npt.NDArray[Any]
"""Real or complex."""
Function = Callable[[AnyArray], AnyArray]

D_WARM = 0.5
"""The small-d series is used up to here; it would converge up to pi/2."""
C_SPLIT = 4.0
"""Where the expansion for large c takes over from the one for small c."""
C_NIL = 20.0
"""From here on exp(-2c) is below the rounding error."""

_BRANCH = (np.pi / 2) ** 2
ORDERS = 15
"""Powers of d^2 kept: (D_WARM / (pi/2))^(2 * 15) = 1e-15, and r_k takes off three more decades."""
_EXPONENTS = np.arange(ORDERS)
_WEIGHTS = (-0.5 / np.arange(1, ORDERS))[:, np.newaxis]
_SMALL_NODES = 16
_LARGE_NODES = 17


def _conformal(z: FloatArray) -> FloatArray:
    """Map of the z-plane, cut along z < -(pi/2)^2, onto the unit disk; 0 stays 0."""
    root = np.sqrt(1.0 + z / _BRANCH)
    return np.asarray((root - 1.0) / (root + 1.0))


_CONFORMAL_MAX = float(_conformal(np.asarray(C_SPLIT**2)))


def small_variable(c: FloatArray) -> FloatArray:
    """Interpolation variable for 0 <= c <= C_SPLIT: ``_conformal(c^2)`` scaled to [-1, 1]."""
    x = c * c
    x *= 1.0 / _BRANCH
    x += 1.0
    np.sqrt(x, out=x)
    x += 1.0
    # (root - 1)/(root + 1) = 1 - 2/(root + 1)
    np.divide(-4.0 / _CONFORMAL_MAX, x, out=x)
    x += 2.0 / _CONFORMAL_MAX - 1.0
    return x


def large_variable(c: FloatArray) -> FloatArray:
    """Interpolation variable in [-1, 1] for C_SPLIT <= c <= C_NIL."""
    return np.asarray(np.log(c / C_SPLIT) * (2.0 / np.log(C_NIL / C_SPLIT)) - 1.0)


@dataclass(frozen=True, eq=False)
class Series:
    """One function of (d, c): coefficients by rising powers of the interpolation variable.

    ``finite`` is q, shape (nodes,); ``powers`` holds r_0, r_1, ..., shape (orders, nodes).
    """

    finite: FloatArray
    powers: FloatArray

    def evaluate(self, x: FloatArray, log_d: FloatArray, d2: FloatArray) -> FloatArray:
        """The function itself. ``log_d`` and ``d2`` have the last axis of ``x``, or length 1."""
        orders = self._orders(d2)
        weights = np.empty((orders + 1, d2.size))
        weights[0] = 1.0
        np.negative(log_d, out=weights[1])
        power_series(d2, weights[2:])
        weights[2:] *= _WEIGHTS[: orders - 1]
        return evaluate_series(x, self._all[: orders + 1], weights)

    def derivative(self, x: FloatArray, d2: FloatArray) -> FloatArray:
        """d times the derivative by d."""
        orders = self._orders(d2)
        weights = np.empty((orders, d2.size))
        weights[0] = 1.0
        power_series(d2, weights[1:])
        return evaluate_series(x, self._negative[:orders], weights)

    def _orders(self, d2: FloatArray) -> int:
        """How many powers of d^2 make a difference: three or four at a typical d of 1e-2."""
        size = self._largest * float(d2.max()) ** _EXPONENTS
        return int(np.count_nonzero(size > 1e-17 * size[0]))

    # Cached: at a few hundred points, what does not depend on the points costs as much as what does.

    @cached_property
    def _all(self) -> FloatArray:
        """``finite`` over ``powers``."""
        return np.vstack([self.finite, self.powers])

    @cached_property
    def _negative(self) -> FloatArray:
        return -self.powers

    @cached_property
    def _largest(self) -> FloatArray:
        """Largest coefficient of each of ``powers``."""
        return np.asarray(np.abs(self.powers).max(axis=1))


def _taylor(f: Function, z: FloatArray, radius: float) -> FloatArray:
    """Taylor coefficients of f at z, last axis the order; trapezoidal Cauchy integral on a circle."""
    points = 64
    half = np.arange(points // 2 + 1)
    weight = np.where((half == 0) | (half == points // 2), 1.0, 2.0) / points
    order = np.arange(ORDERS)
    phases = np.exp(-2j * np.pi * np.outer(half, order) / points) * weight[:, None] / radius**order
    values = f(z[..., None] + radius * np.exp(2j * np.pi * half / points))
    return np.asarray((values @ phases).real)


def _finite_part(f: Function, z: FloatArray, step: float) -> FloatArray:
    """int_d^inf dy/y f(y^2 + z) + ln(d) f(z) for d -> 0, by the trapezoidal rule in ln y."""
    x = np.arange(-20.0, 40.0, step)
    square = np.exp(2 * x)
    z = z[..., None]
    return np.asarray(step * (f(z + square) - f(z) / (1.0 + square)).real.sum(-1))


def _series(finite: FloatArray, powers: FloatArray) -> Series:
    return Series(finite=interpolate(finite), powers=interpolate(powers).T)


@lru_cache(maxsize=2)
def small_tables(isotropic: bool) -> dict[str, Series]:
    """Series of the fields g, w and v (see ``kernel``) in ``small_variable(c)``."""

    def slope(x: AnyArray) -> AnyArray:
        root = np.sqrt(x)
        return np.asarray(np.tanh(root) / (2 * root))

    def curvature(x: AnyArray) -> AnyArray:
        root = np.sqrt(x)
        tanh = np.tanh(root)
        return np.asarray((1 - tanh * tanh - tanh / root) / (4 * x))

    x = nodes(_SMALL_NODES)
    w = (x + 1) / 2 * _CONFORMAL_MAX
    z = _BRANCH * 4 * w / (1 - w) ** 2
    p, weight = legendre.leggauss(32)
    p, weight = (p + 1) / 2, weight / 2
    grid = z[:, None] * np.append(p, 1.0) ** 2
    finite, powers = _finite_part(slope, grid, step=0.25), _taylor(slope, grid, radius=1.0)

    def mean(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        return finite[:, :-1] @ weights, np.einsum("ipk,p->ik", powers[:, :-1], weights)

    at_c = finite[:, -1], powers[:, -1]
    if isotropic:
        g, w_field = mean(2 * weight * p * (1 - p)), mean(2 * weight * p * p)
        v = 2 * at_c[0] - w_field[0], 2 * at_c[1] - w_field[1]
    else:
        g, w_field = mean(2 * weight * p), (2 * at_c[0], 2 * at_c[1])
        # v = 2 w + c dw/dc
        bend = _finite_part(curvature, z, step=0.25), _taylor(curvature, z, radius=1.0)
        v = 2 * w_field[0] + 4 * z * bend[0], 2 * w_field[1] + 4 * z[:, np.newaxis] * bend[1]
    return {name: _series(*samples) for name, samples in (("g", g), ("w", w_field), ("v", v))}


@lru_cache(maxsize=2)
def large_tables(isotropic: bool) -> dict[str, Series]:
    """Series, times exp(2c), in ``large_variable(c)``.

    "K" is int_d^inf dy/y l(y^2 + c^2), l(x) = ln(1 + exp(-2 sqrt x)); "K1" and "K2" are its first and second
    derivatives by ln c; "Y" (isotropic only) is its integral over c from c to infinity.
    """
    c = C_SPLIT * (C_NIL / C_SPLIT) ** ((nodes(_LARGE_NODES) + 1) / 2)
    if not isotropic:
        return {name: _large_series(c, name) for name in ("K", "K1", "K2")}
    tau, weight = np.polynomial.laguerre.laggauss(24)
    s = c[:, None] + tau / 2
    finite, powers = _large_samples("K", s, s)
    return {
        "Y": _series(finite @ weight / 2, np.einsum("itk,t->ik", powers, weight) / 2),
        "K": _large_series(c, "K"),
        "K1": _large_series(c, "K1"),
    }


def _large_series(c: FloatArray, name: str) -> Series:
    return _series(*_large_samples(name, c, c))


def _large_samples(name: str, c: FloatArray, shift: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Finite part and Taylor coefficients of exp(2 shift) times the function ``name`` at c."""
    square = (c * c)[..., None]

    def integrand(x: AnyArray) -> AnyArray:
        root = np.sqrt(x)
        fall = np.exp(-2 * root)
        scale = np.exp(2 * (shift[..., None] - root))
        if name == "K":
            # ln(1 + e)/e by its series where e is, or has underflowed to, nothing; |e| < 5e-4 everywhere
            series = 1 - fall * (1 / 2 - fall * (1 / 3 - fall * (1 / 4 - fall / 5)))
            return np.asarray(scale * series)
        first = -scale / (root * (1 + fall))
        if name == "K1":
            return np.asarray(2 * square * first)
        return np.asarray(2 * square * (2 * first - square * first / root * (1 / root + 2 / (1 + fall))))

    return _finite_part(integrand, c * c, step=0.125), _taylor(integrand, c * c, radius=1.0)


_LN2 = float(np.log(2.0))
_EULER = float(np.euler_gamma)
_ZETA2_SLOPE = -0.9375482543158438
"""Derivative of the Riemann zeta function at 2."""
_HALVES = 0.5 / np.arange(1, ORDERS)
_X_CONSTANT = -_EULER * pi**2 / 24 + (_LN2 * pi**2 / 6 + _ZETA2_SLOPE) / 4


def warm_small_fields(
    d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for 0 < d <= D_WARM, 0 <= c <= C_SPLIT. ``d`` broadcasts against ``c``."""
    tables = small_tables(isotropic)
    x = small_variable(c)
    log_d, d2 = np.log(d), d * d
    return {
        name: tables[name[0]].derivative(x, d2)
        if name.endswith("_d")
        else tables[name].evaluate(x, log_d, d2)
        for name in fields
    }


def warm_large_fields(
    d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for 0 < d <= D_WARM, c >= C_SPLIT. ``d`` broadcasts against ``c``."""
    tables = large_tables(isotropic)
    x = large_variable(np.minimum(c, C_NIL))
    log_d, d2 = np.log(d), d * d
    fall = np.exp(-2.0 * c)

    def remainder(name: str, by_d: bool) -> FloatArray:
        series = tables[name]
        return fall * (series.derivative(x, d2) if by_d else series.evaluate(x, log_d, d2))

    return split_fields(d, c, fields, isotropic, warm_one_variable(d), remainder)


def _odd_sum(power: int) -> float:
    """Sum of (2n + 1)^-power over n >= 0; the tail by Euler and Maclaurin."""
    terms = 2000
    edge = 2.0 * terms
    tail = edge**-power * (edge / (2 * (power - 1)) - power / edge / 12)
    return float(np.sum((2.0 * np.arange(terms) + 1) ** -power)) + tail


@lru_cache(maxsize=1)
def _coefficients() -> tuple[FloatArray, FloatArray]:
    """Taylor coefficients by d^2, d^4, ...: of ln cosh d, and of -d X'(d) without its logarithmic terms.

    Both from ln cosh r = sum over n of ln(1 + r^2/omega_n^2), omega_n = (n + 1/2) pi; the second has none of
    the first order.
    """
    log_cosh, line = np.zeros(ORDERS - 1), np.zeros(ORDERS - 1)
    binomial = 0.5
    for k in range(1, ORDERS):
        log_cosh[k - 1] = (-1) ** (k + 1) / k * (2 / pi) ** (2 * k) * _odd_sum(2 * k)
        if k > 1:
            binomial *= (1.5 - k) / k
            line[k - 1] = pi * binomial * (2 / pi) ** (2 * k - 1) * _odd_sum(2 * k - 1)
    return log_cosh, line


def warm_one_variable(d: FloatArray) -> OneVariable:
    """Phi(d) and X(d) of ``cold`` for d <= D_WARM."""
    log_cosh, line = _coefficients()
    log_d, d2 = np.log(d), d * d
    powers = np.empty((ORDERS - 1, d.size))
    power_series(d2, powers)
    phi = -_LN2 * log_d - 1.5 * _LN2**2 + d - (log_cosh * _HALVES) @ powers
    log_scaled = log_d + (np.log(2 / pi) + _EULER)
    x = _X_CONSTANT - pi**2 / 24 * log_d - d2 / 4 * (log_scaled - 1) - (line * _HALVES) @ powers
    x_d = -(pi**2) / 24 - d2 / 2 * (log_scaled - 0.5) - line @ powers
    return OneVariable(phi=phi, phi_d=-np.log1p(np.exp(-2 * d)), x=x, x_d=x_d)
