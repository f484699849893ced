"""Cost of the ATS term, in units that do not depend on the machine: ratios measured in one run."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy import integrate

from glasspara.physics.ats import ats_magnetisation, ats_magnetisation_gradient
from glasspara.physics.langevin import langevin_magnetisation

BK7 = {"n_ats": 1.352e16, "d_min": 0.02671, "d0min_qs4": 271700.0, "d0max_qs4": 292500.0, "delta_mu": 0.319}
POINTS = 10_000


def best(call: Callable[[], object], repeat: int) -> float:
    """Shortest of ``repeat`` timings, s: the one least disturbed by other work on the machine."""
    call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def _nested_quadrature() -> float:
    """One point as a direct implementation has it: adaptive in y inside adaptive in u. The value of K(d, c)."""
    d, c_a, c_b = 0.0036, 1.6, 1.72

    def log_cosh(x: float) -> float:
        return x + np.log1p(np.exp(-2 * x))

    def inner(u: float) -> float:
        def integrand(x: float) -> float:
            y = np.exp(x)
            return log_cosh(np.hypot(y, c_b * u)) - log_cosh(np.hypot(y, c_a * u))

        return integrate.quad(integrand, np.log(d), 25, limit=200)[0]

    return integrate.quad(inner, 0, 1)[0]


def main() -> None:
    """Print the cost of the value, of the gradient and of a direct quadrature."""
    start = time.perf_counter()
    ats_magnetisation_gradient(4.5, [1e3, 1e5], **BK7)
    tables = time.perf_counter() - start
    rng = np.random.default_rng(1)
    T, H = rng.uniform(2, 300, POINTS), rng.uniform(100, 65_000, POINTS)

    def value(**change: float) -> Callable[[], object]:
        return lambda: ats_magnetisation(T, H, **(BK7 | change))

    def gradient(**change: float) -> Callable[[], object]:
        return lambda: ats_magnetisation_gradient(T, H, **(BK7 | change))

    brillouin = best(
        lambda: langevin_magnetisation(T, H, n=1e17, j=2.0) + langevin_magnetisation(T, H, n=1e17, j=2.5), 300
    )
    typical, slopes = best(value(), 200), best(gradient(), 100)
    close = best(value(d0max_qs4=BK7["d0min_qs4"] * 1.002), 100)
    cold = best(lambda: ats_magnetisation(T / 100, H, **(BK7 | {"d_min": 10.0, "delta_mu": 0.0})), 100)
    nested = best(_nested_quadrature, 3)
    print(f"{POINTS} points, BK7, T 2-300 K, H 0.1-65 kOe")
    print(f"first call, with its tables     {tables * 1e3:9.1f} ms")
    print(f"two Brillouin terms             {brillouin * 1e6:9.0f} us")
    print(
        f"ATS value                       {typical * 1e6:9.0f} us   {typical / brillouin:6.2f} x two Brillouin terms"
    )
    print(f"ATS value and gradient          {slopes * 1e6:9.0f} us   {slopes / typical:6.2f} x value")
    print(f"ATS value, cutoffs 0.2 % apart  {close * 1e6:9.0f} us   {close / typical:6.2f} x value")
    print(f"ATS value, D_min above kT       {cold * 1e6:9.0f} us   {cold / typical:6.2f} x value")
    print(
        f"nested adaptive quadrature      {nested * 1e6:9.0f} us a point   "
        f"{nested / (typical / POINTS):6.0f} x value of a point"
    )


if __name__ == "__main__":
    main()
