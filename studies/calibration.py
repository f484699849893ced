"""How far verdicts and intervals can be trusted: campaigns with known truth, analysed as a user would.

    python -m studies.calibration [--jobs N] [--cluster ADDRESS] [--resume DIR]

prints the tables of ``docs/validation.md``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np

from glasspara.analysis.universality.collapse import universality
from glasspara.data import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.intervals.profile import Profiles
from glasspara.fitting.intervals.regions import minos
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem.coordinates import combinations
from glasspara.fitting.resampling import bootstrap
from glasspara.simulation.datasets import BK7, FAULTS, PURE_LL, faulty, fixed_field, fixed_temperature
from studies._common import Workers, replicates, study_options

Json = dict[str, Any]

CAMPAIGNS, SEED = 500, 20261122
CAMPAIGN = (1e3, 2.5e3, 5e3, 1e4, 2e4, 5e4)
STRENGTHS = (0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1)
"""n_ATS as shares of BK7's."""


@dataclass(frozen=True)
class Coverage:
    """One campaign, fitted; every interval of every free parameter and combination, and what it should contain.

    ``drawn`` names the combinations whose Minos intervals are sought too.
    """

    fields: tuple[float, ...]
    points: int
    replicates: int
    changes: Mapping[str, float] = field(default_factory=dict)
    drawn: tuple[str, ...] = ()

    def __call__(self, rng: np.random.Generator, index: int) -> Json:
        truth = {**BK7, **self.changes}
        temperatures = tuple(np.geomspace(2.0, 300.0, self.points))
        result = fit(fixed_field(truth, rng, fields=self.fields, temperatures=temperatures))
        found: Json = {"status": result.assessment.status, "parameters": {}}
        if not result.assessment.trusted or result.assessment.status == "term-not-needed":
            return found
        free = [name for name, item in result.parameters.items() if item.error]
        known = combinations(result.minimum.reported)
        truth |= {name: item.value(truth) for name, item in known.items()}
        intervals = minos(Profiles(result.minimum), [*free, *self.drawn])
        (resampled,) = bootstrap([result], self.replicates, seed=index + 1) if self.replicates else (result,)
        done = resampled.bootstrap
        spreads = {**done.parameters, **done.derived} if done else {}
        for name, item in result.quantities.items():
            if not item.error:
                continue
            interval, spread = intervals.get(name), spreads.get(name)
            found["parameters"][name] = {
                "deviation": item.value - truth[name],
                "error": item.error,
                "truth": truth[name],
                "minos": [interval.lower, interval.upper] if interval and interval.found else None,
                "bootstrap": None
                if spread is None
                else {"68": list(spread.interval_68), "95": list(spread.interval_95)},
            }
        return found


@dataclass(frozen=True)
class Verdicts:
    """One campaign: is an ATS term called needed, is universality said to fail?"""

    kind: str
    fault: str = "none"
    strength: float = 0.0
    settings: FitSettings = field(default_factory=FitSettings)

    def __call__(self, rng: np.random.Generator, index: int) -> Json:  # noqa: ARG002
        values = {**BK7, "n_ats": self.strength * BK7["n_ats"]} if self.strength else PURE_LL
        data = self._campaign(values, rng)
        result, curve = fit(data, self.settings), universality(data, parts=False)
        test = result.ats_test
        assert test is not None
        return {
            "status": result.assessment.status,
            "needed": test.needed,
            "needed_plain": test.p_value < 0.05,
            "fails": not curve.holds and curve.odd_run is None,
            "fails_by_one": curve.odd_run is not None,
            "fails_plain": curve.p_value < 0.05,
        }

    def _campaign(self, values: Mapping[str, float], rng: np.random.Generator) -> Dataset:
        if self.kind == "M(H)":
            return fixed_temperature(values, rng)
        return faulty(self.fault, values, rng)


def show_coverage(title: str, found: Sequence[Json]) -> None:
    """A row for each parameter: bias, width of the pulls, and shares of intervals that hold the truth."""
    print(f"\n**{title}**: {len(found)} campaigns; verdicts {_counts(item['status'] for item in found)}\n")
    print("| parameter | mean pull | width | Hesse 68 % | 95 % | Minos 68 % | bootstrap 68 % | 95 % |")
    print("|---|---|---|---|---|---|---|---|")
    used = [item["parameters"] for item in found if item["parameters"]]
    for name in dict.fromkeys(name for item in used for name in item):
        rows = [item[name] for item in used if name in item]
        pulls = np.array([row["deviation"] / row["error"] for row in rows])
        cells = [
            f"{pulls.mean():+.2f} ± {pulls.std() / sqrt(len(pulls)):.2f}",
            f"{pulls.std():.2f}",
            _share(np.abs(pulls) < 1.0),
            _share(np.abs(pulls) < 1.95996),
            _share(_inside_minos(row) for row in rows if row["minos"]),
            *(
                _share(
                    low <= row["truth"] <= high
                    for row in rows
                    if row["bootstrap"]
                    for low, high in [row["bootstrap"][level]]
                )
                for level in ("68", "95")
            ),
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def _inside_minos(row: Json) -> bool:
    lower, upper = row["minos"]
    return bool(-upper <= row["deviation"] <= lower)


def _share(hits: Iterable[Any]) -> str:
    """A share in percent with its standard error."""
    marks = [bool(hit) for hit in hits]
    if not marks:
        return ""
    share = sum(marks) / len(marks)
    # Agresti and Coull's centre keeps the error of 0 of n off 0.
    centre = (sum(marks) + 2.0) / (len(marks) + 4.0)
    return f"{100 * share:.1f} ± {100 * sqrt(centre * (1 - centre) / (len(marks) + 4)):.1f}"


def _counts(words: Iterable[str]) -> str:
    return ", ".join(f"{word} {count}" for word, count in Counter(words).most_common())


def show_verdicts(title: str, rows: Sequence[tuple[str, Sequence[Json]]]) -> None:
    """Rates in percent, a row for each kind of campaign."""
    print(f"\n**{title}**\n")
    print(
        "| campaign | n | ATS needed | and the fit good | without allowances | universality fails | by one run alone | "
        "without allowances | verdicts |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name, found in rows:
        cells = [
            _share(item["needed"] for item in found),
            _share(item["needed"] and item["status"] in ("good", "not-determined") for item in found),
            _share(item["needed_plain"] for item in found),
            *(_share(item[key] for item in found) for key in ("fails", "fails_by_one", "fails_plain")),
            _counts(item["status"] for item in found),
        ]
        print(f"| {name} | {len(found)} | {' | '.join(cells)} |")


def _run(title: str, task: Coverage | Verdicts, workers: Workers) -> list[Json]:
    return replicates(title, task, CAMPAIGNS, seed=SEED, workers=workers)


def coverage(workers: Workers) -> None:
    """Intervals of a whole campaign, as BK7."""
    task = Coverage(CAMPAIGN, 60, 200, drawn=("fe2_fraction", "d0_mean_qs4", "ats_amplitude"))
    show_coverage("Six fields, 60 temperatures, BK7 (Table 3), 0.1 % noise", _run("coverage", task, workers))


def single_run(workers: Workers) -> None:
    """Intervals of one run, the truth being what is assumed and not."""
    for name, changes in (("as-assumed", {}), ("d_min", {"d_min": 0.1}), ("delta_mu", {"delta_mu": 0.6})):
        task = Coverage((2e4,), 80, 0, changes, drawn=("ats_amplitude",))
        words = ", ".join(f"{key} = {value:g} K" for key, value in changes.items()) or "as Table 3"
        show_coverage(
            f"M(T) at 20 kOe alone, 80 temperatures, truth {words}", _run(f"single {name}", task, workers)
        )


def rates(workers: Workers) -> None:
    """False alarms on Larmor + Langevin data, without and with faults of the instrument."""
    rows = [
        (f"M(T), fault: {fault}", _run(f"rates {fault}", Verdicts("M(T)", fault), workers))
        for fault in FAULTS
    ]
    rows.append(("M(H)", _run("rates M(H)", Verdicts("M(H)"), workers)))
    show_verdicts("No ATS term in the data", rows)


def power(workers: Workers) -> None:
    """How weak an ATS term may be and still be seen."""
    show_verdicts(
        "n_ATS as a share of BK7's",
        [
            (f"{strength:g}", _run(f"power {strength:g}", Verdicts("M(T)", strength=strength), workers))
            for strength in STRENGTHS
        ],
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Print all tables."""
    workers = study_options(__doc__, argv)
    rates(workers)
    power(workers)
    coverage(workers)
    single_run(workers)


if __name__ == "__main__":
    main()
