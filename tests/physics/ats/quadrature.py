"""The five fields of the ATS kernel by composite Gauss rules, in double precision, for the tests only.

No split into a cold and a thermal part, no expansion. Every integrand has one sign, so the sums are good to
the rounding error.
"""

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(14)


def _composite(length, step):
    """Nodes and weights on [0, length]."""
    count = int(np.ceil(length / step))
    half = length / count / 2
    return (half * (2 * np.arange(count)[:, None] + 1 + NODES)).ravel(), np.tile(half * WEIGHTS, count)


def _slope(x):
    """tanh(sqrt x) / (2 sqrt x) and its derivative."""
    r = np.sqrt(x)
    slope = np.tanh(r) / (2 * r)
    return slope, (1 / np.cosh(np.minimum(r, 300.0)) ** 2 / 2 - slope) / (2 * x)


def _line(d, z):
    """int_d dy/y f(y^2 + z), f the slope, and its derivative by z."""
    t, weight = _composite(40 + np.log(max(1.0, np.sqrt(np.max(z)) / d)), 0.8)
    value, derivative = _slope((d * np.exp(t)) ** 2 + np.asarray(z)[..., None])
    return value @ weight, derivative @ weight


def fields(d, c, *, isotropic):
    """g, w, v, g_d and w_d at one point, d > 0 and c > 0."""
    s, weight = _composite(np.arcsinh(c / d), 0.5)
    p, weight = d / c * np.sinh(s), weight * d / c * np.cosh(s)
    z = (c * p) ** 2
    at_p, (at_c, by_z) = _line(d, z)[0], _line(d, c * c)
    edge_p, edge_c = _slope(d * d + z)[0], _slope(d * d + c * c)[0]
    if isotropic:
        first, second = weight * 2 * p * (1 - p), weight * 2 * p * p
        w = second @ at_p
        return {"g": first @ at_p, "w": w, "v": 2 * at_c - w, "g_d": -first @ edge_p, "w_d": -second @ edge_p}
    first = weight * 2 * p
    return {
        "g": first @ at_p,
        "w": 2 * at_c,
        "v": 4 * at_c + 4 * c * c * by_z,
        "g_d": -first @ edge_p,
        "w_d": -2 * edge_c,
    }
