"""How often do ``anomaly`` and ``oscillations`` find something in campaigns that have nothing?

    python -m studies.windows_and_waves

simulates smooth M(T) campaigns of the ETM, analyses each as a user would, and prints the shares of campaigns with a
probability at or below each level: of the anomaly test with and without the allowances for the instrument, and of the
search for oscillations, beside either smooth description alone and beside both. Set for 500 campaigns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glasspara.analysis.anomaly.departures import anomaly
from glasspara.analysis.oscillations.search import Wiggle
from glasspara.analysis.oscillations.waves import oscillations
from glasspara.model.model import Model, slope_by_log_temperature
from glasspara.simulation.datasets import BK7, Dataset, fixed_field, make_run
from studies._common import replicates, study_options

CAMPAIGNS, REPLICATES = 500, 199
LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5)
FIELDS, TEMPERATURES = (5e3, 2e4, 5e4), tuple(np.geomspace(1.8, 300.0, 40))
WIGGLE = Wiggle(1e-3)


@dataclass(frozen=True)
class Nothing:
    """One smooth campaign: the least corrected p-value of its windows, and the chances of its waves."""

    def __call__(self, rng: np.random.Generator, index: int) -> dict[str, float]:
        data = fixed_field(BK7, rng, fields=FIELDS, temperatures=TEMPERATURES)
        windows = anomaly(data)
        waves = oscillations(data, replicates=REPLICATES, seed=index)
        corrected = [1.0 if test.p_corrected is None else test.p_corrected for test in windows.tests]
        return {
            "anomaly": min(corrected),
            "anomaly, allowances granted": 0.0 if windows.established else 1.0,
            "waves beside both": waves.fap,
            **{f"waves beside the {name} alone": fap for name, fap in waves.by_description.items()},
        }


@dataclass(frozen=True)
class Wiggling:
    """The same with a thermometer that wiggles: false alarms when the search does not know it, and when it does."""

    def __call__(self, rng: np.random.Generator, index: int) -> dict[str, float]:
        clean = fixed_field(BK7, rng, fields=FIELDS, temperatures=TEMPERATURES)
        lag = WIGGLE.draw(rng, clean.temperature)
        shift = lag * slope_by_log_temperature(clean.temperature, clean.field, BK7, Model())
        data = Dataset(
            tuple(
                make_run(
                    "fixed-field",
                    run.run.nominal,
                    run.temperature,
                    run.field,
                    run.magnetisation + part,
                    run.sigma,
                )
                for run, part in zip(clean.runs, clean.split(shift), strict=True)
            )
        )
        return {
            "waves, wiggle not told": oscillations(data, replicates=REPLICATES, seed=index).fap,
            "waves, wiggle told": oscillations(data, replicates=REPLICATES, seed=index, wiggle=WIGGLE).fap,
        }


def main(argv: Sequence[str] | None = None) -> None:
    workers = study_options(__doc__, argv)
    print(f"{'share of campaigns at or below':38}" + "".join(f"{level:8.2f}" for level in LEVELS))
    for title, task, seed in (("nothing there", Nothing(), 1), ("thermometer wiggles", Wiggling(), 2)):
        found = replicates(title, task, CAMPAIGNS, seed=seed, workers=workers)
        for name in found[0]:
            values = np.array([item[name] for item in found])
            shares = "".join(f"{np.mean(values <= level + 1e-9):8.3f}" for level in LEVELS)
            print(f"{name:38}{shares}   ({len(values)} campaigns)")


if __name__ == "__main__":
    main()
