"""False certificates and power of the whole verdict: how often ``fit`` says that the ATS term is established.

    python -m studies.certificates --samples 300 --glasses 24

draws ordinary samples and glasses as :mod:`studies.ordinary` does, in three designs with noise of 0.1 or 1 %, half of
them with errors of the instrument within the widths that the verdict allows, fits them as the program does by default,
with the iron free and with the iron of a mass spectrometer, and counts the verdicts.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from studies._common import Workers, replicates
from studies.ordinary import DESIGNS, IRON_ERROR, STRENGTHS, TABLE_3, glass, measure, ordinary_sample


@dataclass(frozen=True)
class Verdict:
    """The verdicts on one ordinary sample, or on a glass with the ATS term at ``strength``; iron free and known."""

    strength: float | None = None

    def __call__(self, rng: np.random.Generator, index: int) -> dict[str, Any]:
        sample = ordinary_sample(rng) if self.strength is None else glass(TABLE_3, self.strength)
        design, noise = DESIGNS[index % 3], (1.0e-3, 1.0e-2)[(index // 3) % 2]
        data = measure(sample, design, noise, rng, instrument=bool((index // 6) % 2)).dataset()
        known = sample.iron * (1.0 + IRON_ERROR * rng.standard_normal()), IRON_ERROR * sample.iron
        found = {"name": sample.name, "design": design, "noise": noise}
        for name, iron in (("free", None), ("known", known)):
            result = fit(data, FitSettings(n_fe=iron))
            found[name] = [result.assessment.status, bool(result.ats_established)]
        return found


def show(title: str, found: Sequence[dict[str, Any]]) -> None:
    """Counts of statuses and certificates."""
    for iron in ("free", "known"):
        statuses = Counter(item[iron][0] for item in found)
        certified = [item for item in found if item[iron][1]]
        words = ", ".join(f"{status} {count}" for status, count in statuses.most_common())
        print(f"{title}, iron {iron}: {len(certified)} of {len(found)} established; {words}")
        for item in certified if "ordinary" in title else ():
            print(f"    established: {item['name']}, {item['design']}, noise {item['noise']:g}")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=300, help="ordinary samples")
    parser.add_argument("--glasses", type=int, default=24, help="glasses of each strength")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    asked = parser.parse_args(argv)
    workers = Workers(jobs=asked.jobs)
    if asked.samples:
        show(
            "ordinary samples",
            replicates("ordinary", Verdict(), asked.samples, seed=asked.seed, workers=workers),
        )
    for strength in STRENGTHS if asked.glasses else ():
        task = Verdict(strength)
        found = replicates(f"strength {strength:.2g}", task, asked.glasses, seed=asked.seed, workers=workers)
        show(f"glasses, {strength:.2g} of the source's strength", found)


if __name__ == "__main__":
    main()
