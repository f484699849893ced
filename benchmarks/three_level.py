"""Cost of the three-level ATS term, beside the two-level one in the same run."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks._common import BK7, best
from benchmarks.ats_engine import POINTS
from glasspara.physics.ats import AtsParameters, ats_magnetisation
from glasspara.physics.three_level.magnetisation import three_level_magnetisation, three_level_term_gradient

CASES: dict[str, dict[str, Any]] = {
    "(Q/e) S4 = 1e3 A^2": {"qs4": 1e3},
    "(Q/e) S4 = 2e4 A^2": {"qs4": 2e4},
    "the same, aligned": {"qs4": 2e4, "orientation": "aligned"},
    "the same, D_max = 3 D_0max": {"qs4": 2e4, "d_max": 3 * BK7["d0max_qs4"] / 2e4},
    "(Q/e) S4 = 1e5 A^2": {"qs4": 1e5},
    "cutoffs a factor of 100 apart": {"qs4": 2e4, "d0min_qs4": BK7["d0max_qs4"] / 100},
}


def main() -> None:
    """Print the cost of value and gradient for 720 and for 10,000 points."""
    for count in (720, POINTS):
        print(f"{count} points, BK7, T 2-300 K, H 0.1-65 kOe: three levels")
        for title, change in CASES.items():
            print(f"{title:32}{_costs(count, change)}")


def _costs(count: int, change: dict[str, Any]) -> str:
    rng = np.random.default_rng(1)
    T, H = rng.uniform(2, 300, count), rng.uniform(100, 65_000, count)
    arguments = BK7 | change
    orientation = change.get("orientation", "isotropic")
    two = best(lambda: ats_magnetisation(T, H, **BK7, orientation=orientation), 30)
    value = best(lambda: three_level_magnetisation(T, H, **arguments), 20)
    further = {name: arguments.pop(name) for name in ("qs4", "d_max") if name in arguments}
    slopes = best(lambda: three_level_term_gradient(T, H, AtsParameters(**arguments), **further), 10)
    return (
        f"{value / count * 1e6:6.2f} us a point   {value / two:6.1f} x two levels   "
        f"gradient {slopes / value:4.1f} x value"
    )


if __name__ == "__main__":
    main()
