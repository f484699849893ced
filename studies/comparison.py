"""Is the simulated p-value of the ATS term uniform where there is none? ``python -m studies.comparison``; 2 minutes."""

from __future__ import annotations

import numpy as np

from glasspara.analysis.compare.comparison import compare
from glasspara.replicates import run_replicates
from glasspara.replicates.cores import usable_cores
from glasspara.simulation.datasets import PURE_LL, fixed_field

CAMPAIGNS, REPLICATES = 80, 19
LEVELS = (0.05, 0.1, 0.25, 0.5)


def p_values(rng: np.random.Generator, index: int) -> list[float]:
    """P-value by replicates and by the F distribution of one campaign without an ATS term."""
    data = fixed_field(PURE_LL, rng, fields=(1e3, 1e4, 5e4), temperatures=tuple(np.geomspace(2.0, 300.0, 15)))
    test = compare(data, ("ll", "etm"), replicates=REPLICATES, seed=index).test
    assert test is not None
    return [test.p_value, test.p_f]


def main() -> None:
    """Share of campaigns with a p-value at or below each level."""
    found = run_replicates(p_values, CAMPAIGNS, seed=0, jobs=usable_cores())
    table = np.array([item.value for item in found])
    print("level      replicates   F distribution")
    for level in LEVELS:
        shares = np.mean(table <= level + 1e-9, axis=0)
        print(f"{level:5.2f}      {shares[0]:10.3f}   {shares[1]:14.3f}")


if __name__ == "__main__":
    main()
