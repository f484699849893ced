"""Hostile input and broken machines: what the program must survive, tried for as long as there is time.

``python -m fuzzing`` spends FUZZ_SECONDS (120 without it) and prints what was tried and found; it fails on any finding.
FUZZ_SEED makes a run repeat itself. Every module has a ``campaign`` that takes a seed and seconds and gives a
:class:`Findings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Findings:
    """What a campaign did: counts by what was tried, the worst cost met, and everything that went wrong."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    slowest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
