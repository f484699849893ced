"""Slow, independent forms of the ATS term, for the tests only.

``literal`` is eq. (10) of G. Jug and S. Recchia, arXiv:2111.12644, as printed, with adaptive quadrature.
``precise`` is its exchanged form in mpmath: another integrand, another rule, forty digits.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import mpmath as mp
import numpy as np
from scipy import constants, integrate

from glasspara.physics.ats import AtsParameters, ats_term_gradient

T0 = 1.26
BK7 = {"n_ats": 1.352e16, "d_min": 0.02671, "d0min_qs4": 271700.0, "d0max_qs4": 292500.0, "delta_mu": 0.319}
"""Table 3: full fit of the fixed-field runs of BK7."""
FLUX_QUANTUM = constants.h / constants.e
BOLTZMANN = constants.k * 1e7


def ats_gradient(T, H, **parameters):
    """The engine's term and gradient, with the keywords of ``ats_magnetisation``."""
    return ats_term_gradient(T, H, AtsParameters(**parameters))


def literal(T, H, *, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, orientation="isotropic"):
    """Eq. (10) as printed, energies in K, fields positive."""
    s = np.exp(-delta_mu * (1 / T - 1 / T0))
    d = d_min * s
    phase = 2 * np.pi * (H * 1e-4) * 1e-20 / FLUX_QUANTUM

    def one_direction(u):
        a, b = d0min_qs4 * s**3 * phase * u, d0max_qs4 * s**3 * phase * u
        low, high = np.hypot(d, a), np.hypot(d, b)
        first = integrate.quad(
            lambda e: np.tanh(e / 2 / T) * np.log((e * e - a * a) / d**2), low, high, epsrel=1e-12, epsabs=0
        )
        second = integrate.quad(
            lambda x: (
                np.tanh((e := high * np.exp(x)) / 2 / T) * np.log1p((b * b - a * a) / (e * e - b * b)) * e
            ),
            0,
            45,
            epsrel=1e-11,
            epsabs=0,
            limit=500,
        )
        return np.pi * n_ats * BOLTZMANN / H * (first[0] + second[0])

    if orientation == "aligned":
        return one_direction(1.0)
    if orientation == "rms":
        return one_direction(1 / np.sqrt(3))
    nodes, weights = np.polynomial.legendre.leggauss(24)
    return sum(w / 2 * one_direction((x + 1) / 2) for x, w in zip(nodes, weights, strict=True))


@lru_cache
def _rule():
    nodes, _ = np.polynomial.legendre.leggauss(14)
    out = []
    for start in nodes:
        x = mp.findroot(lambda t: mp.legendre(14, t), mp.mpf(float(start)))
        slope = mp.diff(lambda t: mp.legendre(14, t), x)
        out.append((x, 2 / ((1 - x * x) * slope**2)))
    return out


def _panels(edges):
    return [
        ((high + low) / 2 + (high - low) / 2 * x, (high - low) / 2 * w)
        for low, high in pairwise(edges)
        for x, w in _rule()
    ]


def _geometric(start, stop, step):
    count = max(1, int(mp.ceil((stop - start) / step)))
    return [start + (stop - start) * k / count for k in range(count + 1)]


def number_ratio(T, *, delta_mu=None, gamma_tunn=None, e0_tunn=None):
    """s(T) by (15) or by (16), literally, in mpmath's working precision."""
    T, reference = mp.mpf(float(T)), mp.mpf(T0)
    if delta_mu is not None:
        return mp.exp(-mp.mpf(float(delta_mu)) * (1 / T - 1 / reference))
    gamma, energy = mp.mpf(float(gamma_tunn)), mp.mpf(float(e0_tunn))
    return (1 - gamma * mp.exp(energy / T)) / (1 - gamma * mp.exp(energy / reference))


def precise(T, H, *, n_ats, d_min, d0min_qs4, d0max_qs4, orientation="isotropic", **law):
    """2 pi n (2kT/B) <int_d dy/y [ln cosh sqrt(y^2 + c_b^2) - ln cosh sqrt(y^2 + c_a^2)]> in forty digits.

    ``law`` holds the parameters of (15) or of (16).
    """
    with mp.workdps(40):
        s = number_ratio(T, **law)
        T, H = mp.mpf(float(T)), mp.mpf(float(H))
        k = 2 * mp.pi * mp.mpf("1e-24") / mp.mpf(FLUX_QUANTUM) * abs(H) * s**3 / (2 * T)
        d = mp.mpf(float(d_min)) * s / (2 * T)
        a, b = k * mp.mpf(float(d0min_qs4)), k * mp.mpf(float(d0max_qs4))
        directions = [(1 / mp.sqrt(3) if orientation == "rms" else mp.mpf(1), mp.mpf(1))]
        if orientation == "isotropic":
            knee = min(mp.mpf(1), mp.mpf("0.5") / b)
            edges = [mp.mpf(0), knee]
            if knee < 1:
                edges = [mp.mpf(0), *(mp.exp(x) for x in _geometric(mp.log(knee), mp.mpf(0), 1))]
            directions = _panels(edges)
        # The integrand is constant far below, and (b^2 - a^2)/2y far above, everything that has a scale.
        low, floor = mp.log(d), mp.mpf(-19)
        top = mp.log(max(b, d, mp.mpf(1))) + 19
        start = max(low, floor)
        total = mp.mpf(0)
        heights = [(mp.exp(x), w) for x, w in _panels(_geometric(start, top, mp.mpf("1.2")))]
        if start > low:
            heights.append((mp.mpf(0), start - low))
        for u, weight in directions:
            total += weight * mp.fsum(w * _log_cosh_ratio(y, a * u, b * u) for y, w in heights)
        mean_square = sum(w * u * u for u, w in directions)
        total += mean_square * (b - a) * (b + a) / 2 * mp.exp(-top)
        return 2 * mp.pi * mp.mpf(float(n_ats)) * 2 * mp.mpf(BOLTZMANN) * T / H * total


def _log_cosh_ratio(y, a, b):
    upper, lower = mp.hypot(y, b), mp.hypot(y, a)
    gap = (b - a) * (b + a) / (upper + lower)
    if upper > 20:
        fall = mp.exp(-2 * lower)
        return gap + mp.log1p(fall * mp.expm1(-2 * gap) / (1 + fall))
    return mp.log1p(2 * mp.sinh((upper + lower) / 2) * mp.sinh(gap / 2) / mp.cosh(lower))
