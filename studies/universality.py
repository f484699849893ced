"""How often universality is said to break where it holds: pairs, windows, and chi_larmor subtracted in several ways.

    python -m studies.universality [--jobs N] [--cluster ADDRESS] [--resume DIR]

prints the table of ``docs/universality.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glasspara.analysis.universality.collapse import ChiLarmor, UniversalityResult, universality
from glasspara.analysis.universality.common_curve import CurveSource, curve_test
from glasspara.analysis.universality.failure import universality_parts
from glasspara.data import Dataset
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.simulation.datasets import PURE_LL, fixed_field, fixed_temperature
from studies._common import replicates, study_options

CAMPAIGNS, SEED = 400, 20261125
SOURCES: tuple[CurveSource, ...] = ("each", "all")


@dataclass(frozen=True)
class Campaign:
    """p-values of one campaign: of the whole, of its pairs and windows, and with chi_larmor taken for exact."""

    kind: str

    def __call__(self, rng: np.random.Generator, index: int) -> dict[str, Any]:  # noqa: ARG002
        make = fixed_field if self.kind == "M(T)" else fixed_temperature
        data = make(PURE_LL, rng)
        parts = universality_parts(data, allowances=False)
        results = {
            source: universality(data, chi_larmor=ChiLarmor(source), allowances=False, parts=False)
            for source in SOURCES
        }
        return {
            "fit": universality(data, allowances=False, parts=False).p_value,
            "pairs": [pair.p_value for pair in parts.pairs if pair.p_value is not None],
            "windows": [window.p_value for window in parts.windows if window.p_value is not None],
            "pair breaks": any(pair.breaks for pair in parts.pairs),
            "window breaks": any(window.breaks for window in parts.windows),
            **{source: result.p_value for source, result in results.items()},
            **{f"{source}, taken for exact": _naive(result) for source, result in results.items()},
        }


def _naive(result: UniversalityResult) -> float:
    """p-value as if the chi_larmor subtracted from each run were known."""
    runs = tuple(
        replace(item.run, magnetisation=item.run.magnetisation + item.chi_larmor * item.run.field)
        for item in result.runs
    )
    return curve_test(Dataset(runs), ChiLarmor("given"), allowances=False).p_value


def main(argv: Sequence[str] | None = None) -> None:
    """Print shares below 5 %, one row a kind of campaign."""
    workers = study_options(__doc__, argv)
    for kind in ("M(T)", "M(H)"):
        found = replicates(f"universality {kind}", Campaign(kind), CAMPAIGNS, seed=SEED, workers=workers)
        print(f"{kind}, {len(found)} campaigns without an ATS term: share of p below {ALPHA:g}")
        for name in (
            "fit",
            "each",
            "all",
            "each, taken for exact",
            "all, taken for exact",
            "pairs",
            "windows",
        ):
            p_values = np.concatenate([np.atleast_1d(item[name]) for item in found])
            print(f"  {name}: {100 * np.mean(p_values < ALPHA):.1f} % of {len(p_values)}")
        for name in ("pair breaks", "window breaks"):
            print(f"  any {name}: {100 * np.mean([item[name] for item in found]):.1f} % of {len(found)}")


if __name__ == "__main__":
    main()
