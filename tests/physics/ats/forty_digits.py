"""A table of the ATS term in forty digits: `python -m tests.physics.ats.forty_digits` writes it again, in minutes.

Random points of an extreme range, and one point per regime and side of each hand-over from one form to another.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import mpmath as mp
import numpy as np

from tests.physics.ats.literal import precise

TABLE = Path(__file__).with_suffix(".csv")
NAMES = ("T", "H", "n_ats", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu")
COUNTS = {"isotropic": 20, "aligned": 60, "rms": 60}
"""Random points. The isotropic reference is slow."""

# d = D_min s/2T, c = D_0max phi s^3/2T
_SEAMS = [
    ("aligned", d, c)
    for d in (0.01, 0.499, 0.501, 1.65, 5.46, 17.9, 18.1)
    for c in (0.3, 3.99, 4.01, 19.9, 20.1)
]
_SEAMS += [("isotropic", 0.499, 3.99), ("isotropic", 0.501, 4.01), ("isotropic", 17.9, 0.3)]

Case = tuple[str, str, dict[str, float]]


def cases() -> Iterator[Case]:
    """Set ("random" or "hand-over"), orientation and arguments of each point."""
    for orientation, count in COUNTS.items():
        yield from (("random", orientation, point) for point in _random_points(count, seed=20))
    T, H = 1.26, 1e4
    for orientation, d, c in _SEAMS:
        largest = c * 2 * T / 1.519267e-5
        values = (T, H, 1e16, 2 * T * d, 0.4 * largest, largest, 0.3)
        yield "hand-over", orientation, dict(zip(NAMES, values, strict=True))


def _random_points(count: int, seed: int) -> Iterator[dict[str, float]]:
    rng = np.random.default_rng(seed)

    def log_uniform(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    for _ in range(count):
        lower = log_uniform(1e3, 1e7)
        yield {
            "T": log_uniform(0.05, 400.0),
            "H": log_uniform(1.0, 1.6e5),
            "n_ats": 1e16,
            "d_min": log_uniform(1e-4, 20.0),
            "d0min_qs4": lower,
            "d0max_qs4": lower * (1 + log_uniform(1e-6, 99.0)),
            "delta_mu": rng.uniform(0.0, 5.0) * (rng.random() < 0.6),
        }


def forty_digits(orientation: str, arguments: dict[str, float]) -> str:
    """The first twenty of the forty digits."""
    return mp.nstr(precise(**arguments, orientation=orientation), 20)


def table() -> list[tuple[Case, str]]:
    """What lies in the file: the points, and the values as they are written there."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [
            ((row["set"], row["orientation"], {name: float(row[name]) for name in NAMES}), row["M_emu_per_g"])
            for row in csv.DictReader(file)
        ]


if __name__ == "__main__":
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["set", "orientation", *NAMES, "M_emu_per_g"])
        for kind, orientation, point in cases():
            cells = [repr(float(value)) for value in point.values()]
            writer.writerow([kind, orientation, *cells, forty_digits(orientation, point)])
