"""How often standard errors and Minos intervals cover the truth, on single runs, where the model bends.

    python -m studies.intervals

prints a line a parameter, as ``docs/fitting.md`` quotes them; about three minutes on one core.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from glasspara.fitting.fit import fit
from glasspara.fitting.intervals.profile import Profiles
from glasspara.fitting.intervals.regions import INTERVAL_FOUND, minos
from glasspara.fitting.problem import FitSettings
from glasspara.simulation.datasets import BK7, fixed_field

CAMPAIGNS = 50


def coverage(title: str, changes: dict[str, float], settings: FitSettings, seed: int) -> None:
    """Coverage of one standard error, and of the interval; a side that is open, or ends at a limit, covers it."""
    truth, rng = {**BK7, **changes}, np.random.default_rng(seed)
    hits: dict[str, list[tuple[bool, bool]]] = {}
    outcomes: Counter[str] = Counter()
    for _ in range(CAMPAIGNS):
        data = fixed_field(truth, rng, fields=(2e4,), temperatures=tuple(np.geomspace(2, 300, 80)))
        result = fit(data, settings)
        free = result.minimum.coordinates.free
        for name, interval in minos(Profiles(result.minimum), free).items():
            item = result.parameters[name]
            off = truth[name] - item.value
            codes = [outcome.code for outcome in interval.outcomes]
            outcomes.update(code.removeprefix("fitting.interval-") for code in codes)
            below = interval.lower if codes[0] == INTERVAL_FOUND else np.inf
            above = interval.upper if codes[1] == INTERVAL_FOUND else np.inf
            hits.setdefault(name, []).append((abs(off) <= (item.error or 0.0), -below <= off <= above))
    print(f"{title}: sides {dict(outcomes)}")
    for name, found in hits.items():
        hesse, profile = np.mean(found, axis=0)
        print(f"  {name:11} error {hesse:.2f}  interval {profile:.2f}", flush=True)


def main() -> None:
    held = FitSettings(fixed={"d_min": BK7["d_min"]})
    coverage("M(T) at 20 kOe, d_min held at the truth", {}, held, 7)
    freed = FitSettings(freed=frozenset({"d_min", "delta_mu"}))
    coverage("M(T) at 20 kOe, everything free", {}, freed, 8)


if __name__ == "__main__":
    main()
