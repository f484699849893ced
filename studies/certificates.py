"""False certificates and power: how often ``fit`` says that the ATS term is established, and by which margin.

    python -m studies.certificates --seeds 20 --glasses 12 --resume DIR

draws ordinary samples of every kind of :mod:`studies.impostors` (and of two kinds at once) in three designs with noise
of 0.1 and 1 %, so many seeds of each, and glasses at full, third and tenth strength. Half of them are measured with
errors of the instrument within the widths that the verdict allows. Each is fitted as the program does by default: with
the iron free, with the iron of a mass spectrometer, and, where iron is all there is, with --no-other-ions beside it.
A minute of one core does about 60 of them; with ``--resume`` a study that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.model.model import Model, evaluate
from glasspara.model.parameters import ALLOWANCES
from glasspara.ordinary.directions import DirectionWidths, directions_of
from glasspara.presets import load_preset
from glasspara.replicates.cores import usable_cores
from glasspara.simulation.datasets import make_run
from studies._common import Workers, replicates
from studies.impostors import ROWS, Sample, ordinary_sample

Json = dict[str, Any]

FLOOR = 2.0e-6
"""Least standard error of a point, emu/g."""
IRON_ERROR = 0.012
"""Relative error of the mass spectrometer."""
STRENGTHS = (1.0, 1.0 / 3.0, 1.0 / 10.0)
DESIGNS = ("4 M(T)", "5 M(H)", "mixed")
NOISES = (1.0e-3, 1.0e-2)
KNOWN = ("free", "known", "known, no other ions")
"""What is said of the iron."""
NUISANCES = {name: ALLOWANCES[name] for name in ("field_offset", "temperature_scale")}
TABLE_3 = load_preset("bk7-fixed-field").model_values()
TABLE_4 = load_preset("bk7-fixed-temperature").model_values()


def glass(values: Mapping[str, float], strength: float) -> Sample:
    """The ETM with a share of the source's tunnelling systems."""
    reduced = {**values, "n_ats": strength * values["n_ats"]}
    return Sample(
        f"ETM x {strength:.2g}",
        lambda T, H: evaluate(T, H, reduced, Model()).total,
        values["n_fe2"] + values["n_fe3"],
    )


def design(name: str) -> tuple[FloatArray, FloatArray, npt.NDArray[np.int64]]:
    """T, H and run of the points of "4 M(T)", "5 M(H)" or "mixed"."""
    T, H = np.geomspace(2.0, 300.0, 40), np.linspace(500.0, 65.0e3, 40)
    fields = {"4 M(T)": (1e3, 5e3, 2e4, 5e4), "5 M(H)": (), "mixed": (1e3, 1e4, 5e4)}[name]
    temperatures = {"4 M(T)": (), "5 M(H)": (2.0, 4.5, 7.5, 10.0, 20.0), "mixed": (2.0, 5.0, 20.0)}[name]
    runs = [(T, np.full(T.shape, field)) for field in fields]
    runs += [(np.full(H.shape, kelvin), H) for kelvin in temperatures]
    number = np.repeat(np.arange(len(runs)), [len(one) for one, _ in runs])
    return np.concatenate([one for one, _ in runs]), np.concatenate([one for _, one in runs]), number


def measure(
    sample: Sample, name: str, noise: float, rng: np.random.Generator, *, instrument: bool
) -> Dataset:
    """A campaign; with errors of the instrument, drawn from the widths that are granted, if ``instrument``."""
    T, H, run = design(name)
    errors = directions_of(T, run=run, sample=np.zeros(run.shape, dtype=np.int64), widths=DirectionWidths())
    sums = errors.sums(instrument * rng.standard_normal(len(errors.items)))
    true = sample.law(T * np.exp(sums["log temperature"]), H + sums["field"]) * np.exp(sums["log gain"])
    sigma = np.maximum(noise * np.abs(true), FLOOR)
    M = true + sigma * rng.standard_normal(T.size)
    runs = []
    for number in np.unique(run):
        part = run == number
        kind, nominal = (
            ("fixed-field", H[part][0]) if np.ptp(H[part]) == 0.0 else ("fixed-temperature", T[part][0])
        )
        runs.append(make_run(kind, float(nominal), T[part], H[part], M[part], sigma[part]))
    return Dataset(tuple(runs))


def cell(index: int) -> tuple[str, float, bool]:
    """Design, noise and whether the instrument errs, in turn."""
    return DESIGNS[index % 3], NOISES[index // 3 % 2], bool(index // 6 % 2)


@dataclass(frozen=True)
class Verdict:
    """The verdicts on one ordinary sample of a ``row``, or on a glass with the ATS term at ``strength``."""

    row: str | None = None
    strength: float | None = None
    nuisances: bool = False
    """Whether fields and thermometers of the runs are free in the fit, as a ``poor`` fit advises."""

    def __call__(self, rng: np.random.Generator, index: int) -> Json:
        name, noise, instrument = cell(index)
        if self.strength is None:
            sample = ordinary_sample(rng, self.row)
        else:
            sample = glass(TABLE_4 if name == "5 M(H)" else TABLE_3, self.strength)
        data = measure(sample, name, noise, rng, instrument=instrument)
        iron = sample.iron * (1.0 + IRON_ERROR * rng.standard_normal()), IRON_ERROR * sample.iron
        found: Json = {"name": sample.name, "design": name, "noise": noise, "instrument": instrument}
        settings = FitSettings(nuisances=NUISANCES if self.nuisances else {})
        found["free"] = _said(fit(data, settings))
        known = fit(data, settings := replace(settings, n_fe=iron))
        found["known"] = _said(known)
        if not sample.other_ions:
            told = known.ordinary is not None and known.ordinary.by_iron_alone
            alone = fit(data, replace(settings, no_other_ions=True)) if told else known
            found["known, no other ions"] = _said(alone)
        return found


def _said(result: FitResult) -> Json:
    whole = result.ordinary
    return {
        "status": result.assessment.status,
        "established": bool(result.ats_established),
        "margin": None if whole is None else whole.margin,
        "without_directions": None if whole is None else whole.margin_without_directions,
    }


def _share(found: Sequence[Json], iron: str) -> str:
    told = [item[iron] for item in found if iron in item]
    return f"{sum(item['established'] for item in told)}/{len(told)}" if told else "-"


def show_certificates(found: Mapping[str, Sequence[Json]]) -> None:
    """How many of each row are established, and which."""
    cells = [(name, noise) for name in DESIGNS for noise in NOISES]
    heads = [f"{name}, {100.0 * noise:g} %" for name, noise in cells]
    print(f"| established, iron free / known / no other ions | {' | '.join(heads)} | all |")
    print("|---|" + "---|" * (len(cells) + 1))
    everything = [item for part in found.values() for item in part]
    for row, part in [*found.items(), ("all", everything)]:
        groups = [[x for x in part if (x["design"], x["noise"]) == one] for one in cells]
        texts = [", ".join(_share(group, iron) for iron in KNOWN) for group in [*groups, part]]
        print(f"| {row} | {' | '.join(texts)} |")
    for iron in KNOWN:
        told = [item for item in everything if iron in item]
        statuses = Counter(item[iron]["status"] for item in told)
        print(f"\niron {iron}: " + ", ".join(f"{name} {count}" for name, count in statuses.most_common()))
        for item in told:
            if item[iron]["established"]:
                words = "with errors of the instrument" if item["instrument"] else "instrument perfect"
                print(
                    f"  established: {item['name']}, {item['design']}, {item['noise']:g}, {words}, "
                    f"margin {item[iron]['margin']:.1f}, {item[iron]['status']}"
                )


def show_margins(found: Sequence[Json]) -> None:
    """Quantiles of the margins, of those that were compared; the others need no ATS term."""
    quantiles = (0.5, 0.9, 0.99, 0.997, 1.0)
    print(f"\n| margins | compared | {' | '.join(f'{100 * q:g} %' for q in quantiles)} |")
    print("|---|---|" + "---|" * len(quantiles))
    for iron in ("free", "known, no other ions"):
        for key, words in (("margin", "directions"), ("without_directions", "no directions")):
            told = [item[iron] for item in found if iron in item]
            values = [-np.inf if item[key] is None else item[key] for item in told]
            shown = " | ".join(f"{np.quantile(values, q, method='lower'):.1f}" for q in quantiles)
            print(f"| iron {iron}, {words} | {np.isfinite(values).sum()} of {len(values)} | {shown} |")


def show_power(found: Mapping[float, Sequence[Json]]) -> None:
    """Established glasses, and the median and lowest margins, by design, noise and strength."""
    heads = [f"{strength:.2g}, iron {iron}" for strength in found for iron in KNOWN]
    print(f"\n| glasses: established, median (lowest) margin | {' | '.join(heads)} |")
    print("|---|" + "---|" * len(heads))
    for name in DESIGNS:
        for noise in NOISES:
            texts = []
            for part in found.values():
                chosen = [item for item in part if (item["design"], item["noise"]) == (name, noise)]
                for iron in KNOWN:
                    values = [item[iron]["margin"] for item in chosen]
                    sizes = [-np.inf if value is None else value for value in values] or [np.nan]
                    texts.append(f"{_share(chosen, iron)}, {np.median(sizes):.3g} ({min(sizes):.3g})")
            print(f"| {name}, {100.0 * noise:g} % | {' | '.join(texts)} |")


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20, help="of each row, design and noise (default 20)")
    parser.add_argument(
        "--glasses", type=int, default=12, help="of each strength, design and noise (default 12)"
    )
    parser.add_argument("--nuisance", action="store_true", help="fit with fields and thermometers free")
    parser.add_argument("--seed", type=int, default=1, help="of the random numbers")
    parser.add_argument("--jobs", type=int, default=usable_cores(), help="processes (default: all cores)")
    parser.add_argument("--resume", type=Path, help="keep finished samples there, and go on from them")
    asked = parser.parse_args(argv)
    if asked.resume:
        asked.resume.mkdir(parents=True, exist_ok=True)
    workers, cells = Workers(asked.jobs, None, asked.resume), len(DESIGNS) * len(NOISES)
    power = {
        strength: replicates(
            f"glasses {strength:.2g}", Verdict(None, strength, asked.nuisance), cells * asked.glasses,
            seed=asked.seed, workers=workers,
        )
        for strength in STRENGTHS if asked.glasses
    }  # fmt: skip
    found = {
        row: replicates(
            row, Verdict(row, None, asked.nuisance), cells * asked.seeds, seed=asked.seed + place, workers=workers
        )
        for place, row in enumerate(ROWS) if asked.seeds
    }  # fmt: skip
    if found:
        show_certificates(found)
        show_margins([item for part in found.values() for item in part])
    if power:
        show_power(power)


if __name__ == "__main__":
    main()
