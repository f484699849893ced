"""The ATS kernel where D_min is comparable with kT (D_WARM < d < D_COLD): fixed Gauss rules.

Rare, so correctness comes before speed. The nodes depend smoothly on the parameters: an adaptive rule would
make chi^2 jump as its grid changes, which a minimiser takes for structure.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from numpy.polynomial import laguerre, legendre

from glasspara.physics.ats_cold import cold_fields
from glasspara.physics.ats_split import OneVariable, split_fields

FloatArray = npt.NDArray[np.float64]

D_COLD = 18.0
"""From here on the thermal part, of order exp(-2d), is below the rounding error."""

_REACH = 19.0
"""exp(-2 _REACH) is negligible: length of the y integration, and the c beyond which remainders vanish."""
_BLOCK = 512
"""Points per block: each needs some 10^3 nodes."""


@lru_cache(maxsize=2)
def _legendre(n: int) -> tuple[FloatArray, FloatArray]:
    """Gauss-Legendre nodes and weights on [0, 1]."""
    x, weight = legendre.leggauss(n)
    return (x + 1) / 2, weight / 2


@lru_cache(maxsize=1)
def _laguerre() -> tuple[FloatArray, FloatArray]:
    tau, weight = laguerre.laggauss(24)
    return tau, weight


def _y_rule(d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes y and weights for int_d dy/y of a function that falls like exp(-2y); last axis the nodes."""
    t, weight = _legendre(32)
    span = np.log1p(_REACH / d)[:, None]
    return d[:, None] * np.exp(span * t), span * weight


def middle_fields(
    d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool, small: bool
) -> dict[str, FloatArray]:
    """Fields of the kernel, ``d`` and ``c`` of shape (n,); ``small`` says c <= C_SPLIT for all of them."""
    evaluate = _small_fields if small else _large_fields
    blocks = [
        evaluate(d[i : i + _BLOCK], c[i : i + _BLOCK], fields, isotropic) for i in range(0, len(d), _BLOCK)
    ]
    return {name: np.concatenate([block[name] for block in blocks]) for name in fields}


def _h(r: FloatArray) -> FloatArray:
    """(1 - tanh r) / 2r."""
    return np.asarray(1.0 / (r * (1.0 + np.exp(2 * r))))


def _small_fields(
    d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    """Cold fields less int dp weight(p) int_d^inf dy/y (1 - tanh r)/2r, r^2 = y^2 + c^2 p^2: no cancellation."""
    out = cold_fields(d, c, fields, isotropic)
    y, y_weight = _y_rule(d)
    p, p_weight = _legendre(32)
    weights = {
        "g": 2 * p_weight * p * ((1 - p) if isotropic else 1),
        "w": 2 * p_weight * p * p,
    }
    r_at_d = np.sqrt((d * d)[:, None] + (c[:, None] * p) ** 2)
    slope = np.tanh(r_at_d) / (2 * r_at_d)
    if fields & {"g", "w", "v"}:
        inner = np.empty((len(d), len(p)))
        for node, value in enumerate(p):
            inner[:, node] = (y_weight * _h(np.sqrt(y * y + (c * value)[:, None] ** 2))).sum(-1)
        r = np.sqrt(y * y + (c * c)[:, None])
        h = y_weight * _h(r)
        at_c = h.sum(-1)
        w = inner @ weights["w"] if isotropic else 2 * at_c
        if "g" in fields:
            out["g"] = out["g"] - inner @ weights["g"]
        if "w" in fields:
            out["w"] = out["w"] - w
        if "v" in fields:
            if isotropic:
                out["v"] = out["v"] - (2 * at_c - w)
            else:
                bend = (h / r * (1 / r + 2 / (1 + np.exp(-2 * r)))).sum(-1)
                out["v"] = out["v"] - (4 * at_c - 2 * c * c * bend)
    if "g_d" in fields:
        out["g_d"] = -(slope @ weights["g"])
    if "w_d" in fields:
        edge = np.sqrt(d * d + c * c)
        out["w_d"] = -(slope @ weights["w"]) if isotropic else -np.tanh(edge) / edge
    return out


def _large_fields(
    d: FloatArray, c: FloatArray, fields: frozenset[str], isotropic: bool
) -> dict[str, FloatArray]:
    y, y_weight = _y_rule(d)
    square = (c * c)[:, None]
    r, edge = np.sqrt(y * y + square), np.sqrt(d * d + c * c)
    near = np.flatnonzero(c < _REACH)

    def tail(by_d: bool) -> FloatArray:
        value = np.zeros_like(c)
        tau, weight = _laguerre()
        for node, factor in zip(tau, weight * np.exp(tau) / 2, strict=True):
            s2 = (c[near] + node / 2) ** 2
            if by_d:
                value[near] -= factor * np.log1p(np.exp(-2 * np.sqrt(d[near] ** 2 + s2)))
            else:
                thermal = np.log1p(np.exp(-2 * np.sqrt(y[near] ** 2 + s2[:, None])))
                value[near] += factor * (y_weight[near] * thermal).sum(-1)
        return value

    def remainder(name: str, by_d: bool) -> FloatArray:
        if name == "Y":
            return tail(by_d)
        value = np.zeros_like(c)
        reach = edge[near] if by_d else r[near]
        c2 = c[near] ** 2 if by_d else square[near]
        fall = np.exp(-2 * reach)
        if name == "K":
            term = np.log1p(fall)
        else:
            h = fall / (reach * (1 + fall))
            term = -2 * c2 * h
            if name == "K2":
                term = -4 * c2 * h + 2 * c2 * c2 * h / reach * (1 / reach + 2 / (1 + fall))
        value[near] = -term if by_d else (y_weight[near] * term).sum(-1)
        return value

    return split_fields(d, c, fields, isotropic, _one_variable(d), remainder)


def _one_variable(d: FloatArray) -> OneVariable:
    """Phi(d) and X(d) of ``ats_split``, sums over the powers of exp(-2d)."""
    from scipy import special

    n = np.arange(1.0, 38.0)
    sign = np.where(n % 2 == 1, 1.0, -1.0)
    argument = 2 * n * d[:, None]
    return OneVariable(
        phi=special.exp1(argument) @ (sign / n),
        phi_d=-np.log1p(np.exp(-2 * d)),
        x=special.k0(argument) @ (sign / (2 * n * n)),
        x_d=-d * (special.k1(argument) @ (sign / n)),
    )
