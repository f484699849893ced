"""What the benchmarks share: the timer, BK7, and the ATS term as a direct implementation computes it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy import integrate

from glasspara.physics.ats import reduced_tunnelling_number
from glasspara.units import BOLTZMANN, FLUX_QUANTUM, SQUARE_ANGSTROM, TESLA

BK7 = {"n_ats": 1.352e16, "d_min": 0.02671, "d0min_qs4": 271700.0, "d0max_qs4": 292500.0, "delta_mu": 0.319}


def best(call: Callable[[], object], repeat: int) -> float:
    """Shortest of ``repeat`` timings, s: the one least disturbed by other work on the machine."""
    call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def direct_ats(
    T: float, H: float, *, n_ats: float, d_min: float, d0min_qs4: float, d0max_qs4: float, delta_mu: float
) -> float:
    """One point of (10), emu/g: adaptive quadrature in ln y inside adaptive quadrature in u, isotropic, "paper".

    This is the better form, without the singular logarithms of (10) as printed, to 1.5e-8.
    """
    s = float(reduced_tunnelling_number(T, delta_mu))
    phase = 2 * np.pi * SQUARE_ANGSTROM * H / (TESLA * FLUX_QUANTUM)
    d, c_a, c_b = d_min * s / (2 * T), *(phase * cutoff * s**3 / (2 * T) for cutoff in (d0min_qs4, d0max_qs4))

    def log_cosh(x: float) -> float:
        return x + np.log1p(np.exp(-2 * x))

    def inner(u: float) -> float:
        def integrand(x: float) -> float:
            y = np.exp(x)
            return log_cosh(np.hypot(y, c_b * u)) - log_cosh(np.hypot(y, c_a * u))

        return integrate.quad(integrand, np.log(d), 25, limit=200)[0]

    return 4 * np.pi * n_ats * BOLTZMANN * T / H * integrate.quad(inner, 0, 1)[0]
