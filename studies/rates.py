"""How often verdicts are wrong and how wide the pulls are, on simulated campaigns with fixed seeds.

    python -m studies.rates

prints the numbers that ``docs/fitting.md`` quotes; about three minutes on one core.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from glasspara.fitting.fit import fit
from glasspara.model import Model
from tests.campaigns import BK7, PURE_LL, fixed_field, fixed_temperature


def false_alarms(name: str, seed: int, campaigns: int = 150) -> None:
    """How often the ATS term is called needed on Larmor + Langevin data."""
    rng = np.random.default_rng(seed)
    results = [
        fit(
            fixed_field(PURE_LL, rng, model=Model("ll"))
            if name == "M(T)"
            else fixed_temperature(PURE_LL, rng)
        )
        for _ in range(campaigns)
    ]
    needed = sum(result.ats_test is not None and result.ats_test.needed for result in results)
    statuses = dict(Counter(result.assessment.status for result in results))
    print(f"pure Larmor + Langevin, {name}: ATS term needed in {needed} of {campaigns}; {statuses}")


def pulls(
    title: str, changes: dict[str, float], campaigns: int, fields: tuple[float, ...], points: int
) -> None:
    """Pulls of the parameters that a fit calls good."""
    truth, rng = {**BK7, **changes}, np.random.default_rng(5)
    found: dict[str, list[float]] = {}
    statuses: Counter[str] = Counter()
    for _ in range(campaigns):
        result = fit(fixed_field(truth, rng, fields=fields, temperatures=tuple(np.geomspace(2, 300, points))))
        statuses[result.assessment.status] += 1
        if result.assessment.status == "good":
            for name, item in result.parameters.items():
                if item.error:
                    found.setdefault(name, []).append((item.value - truth[name]) / item.error)
    print(f"{title}: {dict(statuses)}")
    for name, values in found.items():
        size = np.abs(values)
        print(
            f"  {name:11} mean {np.mean(values):+.2f} width {np.std(values):.2f} "
            f"within 1: {np.mean(size < 1):.2f} within 2: {np.mean(size < 2):.2f} largest {size.max():.1f}"
        )


def main() -> None:
    false_alarms("M(T)", 1)
    false_alarms("M(H)", 2)
    pulls("six fields, 60 temperatures", {}, 60, (1e3, 2.5e3, 5e3, 1e4, 2e4, 5e4), 60)
    for changes in ({}, {"d_min": 0.005}, {"d_min": 0.1}, {"d_min": 0.1, "delta_mu": 0.6}, {"delta_mu": 0.6}):
        pulls(f"M(T) at 20 kOe alone, truth {changes or 'as Table 3'}", changes, 25, (2e4,), 80)


if __name__ == "__main__":
    main()
