"""How often does the low-temperature test call iron alone glass-like? ``python -m studies.weak_fields``; a minute."""

from __future__ import annotations

import numpy as np

from glasspara.analysis.curie.weak_laws import LowTemperatureTest, low_temperature_test
from glasspara.analysis.curie.weak_points import select_weak_points, typical_ats
from glasspara.model.parameters import ALLOWANCES
from glasspara.simulation.datasets import PURE_LL, weak_field

RUNS = 400


def verdict(
    rng: np.random.Generator, *, runs: int = 1, width: float = 0.0, chi_given: bool = False
) -> LowTemperatureTest:
    """The test of ``runs`` runs at 500 Oe with remnant fields of standard deviation ``width``, Oe."""
    data = weak_field(PURE_LL, rng, offsets=width * rng.standard_normal(runs))
    ats = typical_ats({})
    given = (PURE_LL["chi_larmor"], None) if chi_given else None
    return low_temperature_test(select_weak_points(data, ats=ats), ats=ats, chi_larmor=given)


def main() -> None:
    """Shares called glass-like or falling, and of p below 0.05 before allowances."""
    rng = np.random.default_rng(5)
    width = ALLOWANCES["field_offset"]
    for text, options in (
        ("one run", {}),
        (f"two runs, fields off by {width:g} Oe", {"runs": 2, "width": width}),
        (f"one run, field off by {width:g} Oe, chi_larmor given", {"width": width, "chi_given": True}),
    ):
        tests = [verdict(rng, **options) for _ in range(RUNS)]
        called = np.mean([test.nature in ("glass-like", "falling") for test in tests])
        low = np.mean([test.p_value < 0.05 for test in tests])
        print(f"{text}: {called:.3f} called glass-like or falling, {low:.3f} with p < 0.05 before allowances")


if __name__ == "__main__":
    main()
