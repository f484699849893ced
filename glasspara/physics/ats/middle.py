"""The ATS kernel where D_min is comparable with kT (D_WARM < d < D_COLD): polynomials in two variables.

The whole kernel is tabulated, not its thermal part, in panels of d and for all c up to C_NIL. f(x) =
tanh(sqrt x)/(2 sqrt x), the derivative of ln cosh sqrt x, is analytic in the plane cut along x < -(pi/2)^2.
Hence J(d, z) = int_d^inf dy/y f(y^2 + z), z = c^2, is analytic

* in z, cut along z < -z_0, z_0 = (pi/2)^2 + d^2, that is in the half-plane Re R > 0 of R = sqrt(1 + z/z_0). The
  variable (R - m)/(R + m) maps that half-plane onto a disk; with m^2 the largest R the interval lies in its middle;
* in ln d, in a strip of half-width pi/2.

A panel has one z_0, that of its lower end. The values are multiplied by d R, which makes them nearly constant.

All fields come from samples of J and of f, which is -(d dJ/dd), through linear maps:
K/c^2 = int_0^1 dp 2p J(d, c^2 p^2), G/c^2 = int_0^1 dp 2p (1 - p) J(d, c^2 p^2). Beyond C_NIL only two functions
of d are left: Phi and X of ``cold``. Nothing is computed at import; the tables of one panel and orientation take some
2 ms, once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev, legendre

from glasspara.arrays import FloatArray
from glasspara.physics.ats.cold import OneVariable, cold_fields, split_fields
from glasspara.physics.ats.polynomials import (
    chebyshev_rows,
    chebyshev_transform,
    evaluate_both,
    interpolate_both,
    nodes,
    product,
)
from glasspara.physics.ats.warm import C_NIL, D_WARM

D_COLD = 18.0
"""From here on the thermal part, of order exp(-2d), is below the rounding error."""
PANELS = 3
_RATIO = (D_COLD / D_WARM) ** (1 / PANELS)
"""Of the upper end of a panel to the lower."""
PANEL_EDGES = (*(D_WARM * _RATIO**k for k in range(PANELS)), D_COLD)
"""The ends of the panels of d."""

_D_NODES, _C_NODES = 24, 34
_P_NODES = 32
_REACH = 19.0
"""exp(-2 _REACH) is negligible: length of the y integration."""


@dataclass(frozen=True)
class Panel:
    """The interpolation variables of one panel."""

    low: float
    """Its lower end."""
    z_0: float
    """The branch point there."""
    middle: float
    """m, the R that is mapped to 0."""
    radius: float
    """The image of the largest R, before it is scaled to 1."""

    def root(self, c: FloatArray) -> FloatArray:
        """R = sqrt(1 + c^2/z_0)."""
        root = c * c
        root *= 1 / self.z_0
        root += 1.0
        return np.sqrt(root, out=root)

    def c_variable(self, root: FloatArray) -> FloatArray:
        """Interpolation variable in [-1, 1] for 1 <= R <= m^2."""
        # (R - m)/(R + m) = 1 - 2m/(R + m)
        x = root + self.middle
        np.divide(-2 * self.middle / self.radius, x, out=x)
        x += 1 / self.radius
        return x

    def d_variable(self, d: FloatArray) -> FloatArray:
        """Interpolation variable in [-1, 1]: ln d, scaled."""
        t = np.log(d * (1 / self.low))
        t *= 2 / np.log(_RATIO)
        t -= 1.0
        return np.asarray(t)

    def d_nodes(self) -> FloatArray:
        """d at the nodes of ``d_variable``."""
        return np.asarray(self.low * _RATIO ** ((nodes(_D_NODES) + 1) / 2))

    def root_nodes(self) -> FloatArray:
        """R at the nodes of ``c_variable``."""
        x = self.radius * nodes(_C_NODES)
        return np.asarray(self.middle * (1 + x) / (1 - x))


@lru_cache(maxsize=PANELS)
def panel(index: int) -> Panel:
    """The panel that begins at ``PANEL_EDGES[index]``."""
    low = PANEL_EDGES[index]
    z_0 = (np.pi / 2) ** 2 + low**2
    middle = float((1 + C_NIL**2 / z_0) ** 0.25)
    return Panel(low=low, z_0=z_0, middle=middle, radius=(middle - 1) / (middle + 1))


def _y_rule(d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes y and weights, first axis, for int_d dy/y of a function that falls like exp(-2y)."""
    t, weight = legendre.leggauss(32)
    half_span = np.log1p(_REACH / d) / 2
    return d * np.exp(np.multiply.outer(t + 1, half_span)), np.multiply.outer(weight, half_span)


def _aligned_samples(d: FloatArray, c: FloatArray, with_v: bool) -> dict[str, FloatArray]:
    """The fields w, w_d and, if asked for, v of loops across the field, at d (column) and c (row)."""
    names = {"w", "v"} if with_v else {"w"}
    out = cold_fields(d, c, frozenset(names), isotropic=False)
    y, weight = _y_rule(d)
    r = np.sqrt(y * y + c * c)
    h = weight / (r * (1 + np.exp(2 * r)))
    out["w"] = out["w"] - 2 * h.sum(axis=0)
    if with_v:
        bend = h / r * (1 / r + 2 / (1 + np.exp(-2 * r)))
        out["v"] = out["v"] - (4 * h - 2 * c * c * bend).sum(axis=0)
    r = np.sqrt(d * d + c * c)
    out["w_d"] = -np.tanh(r) / r
    return out


def _means(panel: Panel) -> tuple[FloatArray, FloatArray]:
    """Matrices from values at the nodes of c, last axis, to int_0^1 dp p F(c p) and int_0^1 dp p^2 F(c p) there."""
    root = panel.root_nodes()
    tau, weight = legendre.leggauss(_P_NODES)
    tau, weight = (tau + 1) / 2, weight / 2
    # R = 1 + (R_c - 1) tau^2 makes a polynomial in R, and p, smooth in tau.
    inner = 1 + np.multiply.outer(root - 1, tau * tau)
    edge = (root + 1)[:, np.newaxis]
    p, p_weight = tau * np.sqrt((inner + 1) / edge), weight * tau * 2 * inner / edge
    basis = chebyshev.chebvander(panel.c_variable(inner), _C_NODES - 1)
    by_first, by_second = (np.einsum("ipk,ip->ik", basis, w) for w in (p_weight, p_weight * p))
    transform = chebyshev_transform(_C_NODES)
    return by_first @ transform, by_second @ transform


@lru_cache(maxsize=2 * PANELS)
def near_tables(panel: Panel, isotropic: bool) -> dict[str, FloatArray]:
    """d R times each field (see ``kernel``) for c <= C_NIL: tables of ``evaluate_both``, t from d and x from c."""
    root, d = panel.root_nodes(), panel.d_nodes()[:, np.newaxis]
    c = np.sqrt(panel.z_0 * (root * root - 1))
    across = _aligned_samples(d, c, with_v=not isotropic)
    first, second = _means(panel)
    if isotropic:
        fields = {"w": across["w"] @ second.T, "w_d": across["w_d"] @ second.T}
        fields |= {
            "g": across["w"] @ first.T - fields["w"],
            "g_d": across["w_d"] @ first.T - fields["w_d"],
            "v": across["w"] - fields["w"],
        }
    else:
        fields = across | {"g": across["w"] @ first.T, "g_d": across["w_d"] @ first.T}
    return {name: interpolate_both(d * root * samples) for name, samples in fields.items()}


@lru_cache(maxsize=PANELS)
def far_table(panel: Panel) -> FloatArray:
    """exp(2d) times Phi, X and d dX/dd (see ``cold``), one a row, by Chebyshev polynomials of ``d_variable``."""
    d = panel.d_nodes()
    y, weight = _y_rule(d)
    phi, x = (weight * np.log1p(np.exp(-2 * y))).sum(axis=0), (weight * _line(y)).sum(axis=0)
    return np.asarray((np.exp(2 * d) * np.stack([phi, x, -_line(d)])) @ chebyshev_transform(_D_NODES).T)


def _line(y: FloatArray) -> FloatArray:
    """int_0^inf ds ln(1 + exp(-2 sqrt(y^2 + s^2))), by the trapezoidal rule in t, s = y sinh t."""
    step = 0.2
    cosh = np.cosh(step * np.arange(26))
    weight = step * cosh
    weight[0] /= 2
    return np.asarray(y * (np.log1p(np.exp(-2 * np.multiply.outer(y, cosh))) @ weight))


def middle_near_fields(
    panel: Panel, d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for d of the panel, 0 <= c <= C_NIL. ``d`` broadcasts against ``c``."""
    tables = {name: near_tables(panel, isotropic)[name] for name in fields}
    root = panel.root(c)
    x = panel.c_variable(root)
    values = evaluate_both(x, panel.d_variable(d), tables)
    root *= d
    return {name: value / root for name, value in values.items()}


def middle_far_fields(
    panel: Panel, d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel for d of the panel, c >= C_NIL. ``d`` broadcasts against ``c``."""
    fall, table = np.exp(-2 * d), far_table(panel)
    weights = chebyshev_rows(panel.d_variable(d), np.empty((table.shape[1], d.size)))
    phi, x, x_d = fall * product(table, weights, np.empty((len(table), d.size)))
    one = OneVariable(phi=phi, phi_d=-np.log1p(fall), x=x, x_d=x_d)
    return split_fields(d, c, fields, isotropic, one, _nothing)


def _nothing(_name: str, _by_d: bool) -> FloatArray:
    """The part of order exp(-2c), here below the rounding error."""
    return np.zeros(1)
