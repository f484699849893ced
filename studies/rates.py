"""How often verdicts are wrong and how wide the pulls are, on simulated campaigns with fixed seeds.

    python -m studies.rates

prints the numbers that ``docs/fitting.md`` quotes; about three minutes on one core.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.fitting.fit import fit
from glasspara.model.model import Model
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field, fixed_temperature
from studies._common import Workers, replicates, study_options

SIX_FIELDS = (1e3, 2.5e3, 5e3, 1e4, 2e4, 5e4)


@dataclass(frozen=True)
class FalseAlarm:
    """Is the ATS term called needed on Larmor + Langevin data of one kind, "M(T)" or "M(H)"?"""

    kind: str

    def __call__(self, rng: np.random.Generator, _index: int) -> dict[str, Any]:
        if self.kind == "M(T)":
            result = fit(fixed_field(PURE_LL, rng, model=Model("ll")))
        else:
            result = fit(fixed_temperature(PURE_LL, rng))
        needed = result.ats_test is not None and result.ats_test.needed
        return {"status": result.assessment.status, "needed": needed}


@dataclass(frozen=True)
class Pulls:
    """(value - truth)/error of the free parameters, from M(T) runs of BK7 with some parameters changed."""

    changes: tuple[tuple[str, float], ...]
    fields: tuple[float, ...]
    points: int

    def __call__(self, rng: np.random.Generator, _index: int) -> dict[str, Any]:
        truth = {**BK7, **dict(self.changes)}
        T = tuple(np.geomspace(2, 300, self.points))
        result = fit(fixed_field(truth, rng, fields=self.fields, temperatures=T))
        found = {
            name: (item.value - truth[name]) / item.error
            for name, item in result.parameters.items()
            if item.error
        }
        return {"status": result.assessment.status, "pulls": found}


def false_alarms(kind: str, seed: int, workers: Workers, campaigns: int = 150) -> None:
    """How often the ATS term is called needed on Larmor + Langevin data."""
    title = f"pure Larmor + Langevin, {kind}"
    values = replicates(title, FalseAlarm(kind), campaigns, seed=seed, workers=workers)
    needed = sum(value["needed"] for value in values)
    statuses = dict(Counter(value["status"] for value in values))
    print(f"{title}: ATS term needed in {needed} of {campaigns}; {statuses}")


def pulls(title: str, task: Pulls, campaigns: int, workers: Workers) -> None:
    """Pulls of the parameters that a fit calls good."""
    values = replicates(title, task, campaigns, seed=5, workers=workers)
    print(f"{title}: {dict(Counter(value['status'] for value in values))}")
    good = [value["pulls"] for value in values if value["status"] == "good"]
    for name in dict.fromkeys(name for found in good for name in found):
        sample = np.array([found[name] for found in good if name in found])
        size = np.abs(sample)
        print(
            f"  {name:11} mean {np.mean(sample):+.2f} width {np.std(sample):.2f} "
            f"within 1: {np.mean(size < 1):.2f} within 2: {np.mean(size < 2):.2f} largest {size.max():.1f}"
        )


def main(argv: Sequence[str] | None = None) -> None:
    workers = study_options(__doc__, argv)
    false_alarms("M(T)", 1, workers)
    false_alarms("M(H)", 2, workers)
    pulls("six fields, 60 temperatures", Pulls((), SIX_FIELDS, 60), 60, workers)
    for changes in (
        (),
        (("d_min", 0.005),),
        (("d_min", 0.1),),
        (("d_min", 0.1), ("delta_mu", 0.6)),
        (("delta_mu", 0.6),),
    ):
        pulls(
            f"M(T) at 20 kOe alone, truth {dict(changes) or 'as Table 3'}",
            Pulls(changes, (2e4,), 80),
            25,
            workers,
        )


if __name__ == "__main__":
    main()
