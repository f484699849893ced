"""Cost of the ATS term, in units that do not depend on the machine: ratios measured in one run."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from benchmarks._common import BK7, best, direct_ats
from glasspara.physics.ats import (
    AtsParameters,
    ats_high_field_magnetisation,
    ats_magnetisation,
    ats_term,
    ats_term_gradient,
    high_field_term_gradient,
)
from glasspara.physics.ions.langevin import langevin_magnetisation

POINTS = 10_000


def main() -> None:
    """Print the cost of the value, of the gradient and of a direct quadrature."""
    start = time.perf_counter()
    ats_term_gradient(4.5, [1e3, 1e5], AtsParameters(**BK7))
    tables = time.perf_counter() - start
    rng = np.random.default_rng(1)
    T, H = rng.uniform(2, 300, POINTS), rng.uniform(100, 65_000, POINTS)

    def value(**change: float) -> Callable[[], object]:
        return lambda: ats_magnetisation(T, H, **(BK7 | change))

    def gradient(**change: float) -> Callable[[], object]:
        return lambda: ats_term_gradient(T, H, AtsParameters(**(BK7 | change)))

    brillouin = best(
        lambda: langevin_magnetisation(T, H, n=1e17, j=2.0) + langevin_magnetisation(T, H, n=1e17, j=2.5), 300
    )
    typical, slopes = best(value(), 200), best(gradient(), 100)
    close = best(value(d0max_qs4=BK7["d0min_qs4"] * 1.002), 100)
    cold = best(lambda: ats_magnetisation(T / 100, H, **(BK7 | {"d_min": 10.0, "delta_mu": 0.0})), 100)
    cutoffs = {name: one for name, one in BK7.items() if name != "delta_mu"}
    by_16 = best(lambda: ats_term(T, H, AtsParameters(**cutoffs, gamma_tunn=0.2, e0_tunn=-1.5)), 100)
    high = best(lambda: ats_high_field_magnetisation(T, H, **BK7, b_star=8.0), 10)
    high_slopes = best(lambda: high_field_term_gradient(T, H, AtsParameters(**BK7), b_star=8.0), 5)
    nested = best(lambda: direct_ats(4.5, 2e4, **BK7), 3)
    print(f"{POINTS} points, BK7, T 2-300 K, H 0.1-65 kOe")
    print(f"first call, with its tables     {tables * 1e3:9.1f} ms")
    print(f"two Brillouin terms             {brillouin * 1e6:9.0f} us")
    print(
        f"ATS value                       {typical * 1e6:9.0f} us   {typical / brillouin:6.2f} x two Brillouin terms"
    )
    print(f"ATS value and gradient          {slopes * 1e6:9.0f} us   {slopes / typical:6.2f} x value")
    print(f"ATS value, cutoffs 0.2 % apart  {close * 1e6:9.0f} us   {close / typical:6.2f} x value")
    print(f"ATS value, D_min above kT       {cold * 1e6:9.0f} us   {cold / typical:6.2f} x value")
    print(f"ATS value by (16)               {by_16 * 1e6:9.0f} us   {by_16 / typical:6.2f} x value")
    print(f"ATS value by (11)               {high * 1e6:9.0f} us   {high / typical:6.1f} x value")
    print(
        f"ATS value and gradient by (11)  {high_slopes * 1e6:9.0f} us   {high_slopes / slopes:6.1f} x that of (10)"
    )
    print(
        f"nested adaptive quadrature      {nested * 1e6:9.0f} us a point   "
        f"{nested / (typical / POINTS):6.0f} x value of a point"
    )
    _print_memory()


def _print_memory() -> None:
    """Peak memory of a million points, arguments and results included."""
    T, H = np.linspace(2, 300, 1000)[:, np.newaxis], np.linspace(100, 65_000, 1000)
    calls: dict[str, Callable[[], object]] = {
        "value": lambda: ats_magnetisation(T, H, **BK7),
        "value and gradient": lambda: ats_term_gradient(T, H, AtsParameters(**BK7)),
        "value by (11)": lambda: ats_high_field_magnetisation(T, H, **BK7, b_star=8.0),
    }
    for name, call in calls.items():
        tracemalloc.start()
        call()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(f"memory of a million points, {name:20s}{peak / 1e6:6.0f} MB")


if __name__ == "__main__":
    main()
