"""How far the cone of ordinary magnetism stands from the ETM: margins on ordinary samples and on glasses.

    python -m studies.ordinary --samples 300 --glasses 54

draws ordinary samples at random (kinds, parameters and, for half of them, errors of the instrument) and glasses of
the source's parameters, measures each in one of three designs with noise of 0.1 or 1 %, fits the ETM and the cone, and
prints the quantiles of

    margin = (chi2 of the cone - chi2 of the ETM) / max(1, chi2/ndof of the ETM),

both with the same errors of the instrument granted and without. The threshold of ``docs/ordinary.md`` comes from here.
A minute of one core does about 30 of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.result import FitResult
from glasspara.model.model import Model, evaluate, evaluate_with_gradient, slope_by_log_temperature
from glasspara.ordinary.cone import ordinary_magnetism
from glasspara.ordinary.directions import (
    Curve,
    Directions,
    DirectionWidths,
    chi2_with_directions,
    directions_of,
)
from glasspara.ordinary.responses import Block, Clusters, CoupledIons, FreeIons, Pairs, Specks
from glasspara.physics.ions.levels import rhombic_spin_mean
from glasspara.presets import load_preset
from glasspara.replicates.cores import usable_cores
from glasspara.simulation.datasets import make_run
from glasspara.units import BOHR_MAGNETON, BOLTZMANN
from studies._common import Workers, replicates

Json = dict[str, Any]
Law = Callable[[FloatArray, FloatArray], FloatArray]
"""Magnetisation, emu/g, at T and H."""

FLOOR = 2.0e-6
"""Least standard error of a point, emu/g."""
IRON_ERROR = 0.012
"""Relative error of the mass spectrometer."""
STRENGTHS = (1.0, 1.0 / 3.0, 1.0 / 10.0)
TABLE_3 = load_preset("bk7-fixed-field").model_values()
TABLE_4 = load_preset("bk7-fixed-temperature").model_values()


@dataclass(frozen=True)
class Sample:
    """A sample: its magnetisation, and its iron that a mass spectrometer would count, g^-1."""

    name: str
    law: Law
    iron: float


@dataclass(frozen=True)
class Measured:
    """A campaign as arrays; ``run`` numbers the runs."""

    T: FloatArray
    H: FloatArray
    M: FloatArray
    sigma: FloatArray
    run: npt.NDArray[np.int64]

    def dataset(self) -> Dataset:
        runs = []
        for number in np.unique(self.run):
            part = self.run == number
            T, H = self.T[part], self.H[part]
            fixed_field = np.ptp(H) == 0.0
            kind, nominal = ("fixed-field", H[0]) if fixed_field else ("fixed-temperature", T[0])
            runs.append(make_run(kind, float(nominal), T, H, self.M[part], self.sigma[part]))
        return Dataset(tuple(runs))


def of(block: Block) -> Law:
    """The magnetisation of the first entry of a block, per unit weight."""
    return lambda T, H: block.columns(T, H)[0]


def split(d_zfs: float, s: float, rhombicity: float, g: float = 2.0) -> Law:
    """An ion with a zero-field splitting, by exact diagonalisation."""

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        b = g * BOHR_MAGNETON / BOLTZMANN * H / T
        mean = rhombic_spin_mean(d_zfs / T, b, s=s, rhombicity=rhombicity, polar=24, azimuthal=8)[0]
        return np.asarray(g * BOHR_MAGNETON * mean)

    return law


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Uniform in the logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


FE2, FE3 = of(FreeIons(((2.0, 2.0),))), of(FreeIons(((2.5, 2.0),)))


@dataclass(frozen=True)
class Part:
    """Terms with weights, the shares that they take of the free Fe2+ and Fe3+, and the iron that they add."""

    terms: list[tuple[float, Law]]
    fe2: float = 0.0
    fe3: float = 0.0
    iron: float = 0.0


Draw = Callable[[np.random.Generator, float, float], Part]
"""What a kind of ordinary magnetism puts in, with parameters between the dictionary's entries, given its free iron."""


def _split_part(s: float, g_high: float = 2.0) -> Draw:
    def draw(rng: np.random.Generator, n2: float, n3: float) -> Part:
        low, high = (0.5, 18.0) if s == 2.0 else (0.1, 2.3)
        d_zfs = float(rng.choice([-1.0, 1.0])) * between(rng, low, high)
        law = split(d_zfs, s, float(rng.uniform(0.0, 1.0 / 3.0)), float(rng.uniform(2.0, g_high)))
        share = float(rng.uniform(0.05, 1.0))
        return Part([(share * n2, law)], fe2=share) if s == 2.0 else Part([(share * n3, law)], fe3=share)

    return draw


def _distributed(rng: np.random.Generator, n2: float, n3: float) -> Part:
    """All Fe2+ with D of 3 to 15 K and all Fe3+ with 0.3 to 0.8 K."""
    two = [(n2 / 10.0, split(float(rng.uniform(3.0, 15.0)), 2.0, 0.0)) for _ in range(10)]
    three = [(n3 / 10.0, split(float(rng.uniform(0.3, 0.8)), 2.5, 1.0 / 3.0)) for _ in range(10)]
    return Part(two + three, fe2=1.0, fe3=1.0)


def _mean_field(sign: float, low: float, high: float) -> Draw:
    def draw(rng: np.random.Generator, n2: float, n3: float) -> Part:
        theta, share = sign * between(rng, low, high), float(rng.uniform(0.05, 1.0))
        two, three = (of(CoupledIons(j, (theta,))) for j in (2.0, 2.5))
        return Part([(share * n2, two), (share * n3, three)], fe2=share, fe3=share)

    return draw


def _pairs(sign: float) -> Draw:
    def draw(rng: np.random.Generator, n2: float, n3: float) -> Part:
        share, coupling = float(rng.uniform(0.02, 0.3)), sign * between(rng, 0.12, 35.0)
        if rng.random() < 0.5:
            return Part([(share * n2 / 2.0, of(Pairs(2.0, (coupling,))))], fe2=share)
        return Part([(share * n3 / 2.0, of(Pairs(2.5, (coupling,))))], fe3=share)

    return draw


def _clusters(spread: float) -> Draw:
    """A lognormal distribution of moments, of twelve sizes."""

    def draw(rng: np.random.Generator, n2: float, n3: float) -> Part:  # noqa: ARG001
        moments = between(rng, 12.0, 8000.0) * np.exp(spread * rng.standard_normal(12))
        saturation = between(rng, 1.0e-6, 1.0e-4)
        return Part([(saturation / 12.0 / (BOHR_MAGNETON * mu), of(Clusters((mu,)))) for mu in moments])

    return draw


def _speck(shape: Literal["tanh", "hyperbola"]) -> Draw:
    def draw(rng: np.random.Generator, n2: float, n3: float) -> Part:  # noqa: ARG001
        law = of(Specks(shape, (between(rng, 250.0, 1.8e4),), float(rng.uniform(0.0, 3.0e-5))))
        return Part([(between(rng, 1.0e-6, 1.0e-4), law)])

    return draw


def _other_spins(rng: np.random.Generator, n2: float, n3: float) -> Part:
    amount, j = between(rng, 0.02, 0.5) * (n2 + n3), float(rng.choice([0.5, 1.0, 1.5]))
    # in the dictionary they are iron, of another spin state
    return Part([(amount, of(FreeIons(((j, 2.0),))))], iron=amount)


KINDS: dict[str, Draw] = {
    "free ions": lambda rng, n2, n3: Part([]),  # noqa: ARG005
    "D of Fe2+": _split_part(2.0),
    "g and D of Fe2+": _split_part(2.0, 2.25),
    "D of Fe3+": _split_part(2.5),
    "D distributed": _distributed,
    "antiferromagnetic field": _mean_field(-1.0, 0.02, 6.0),
    "ferromagnetic field": _mean_field(1.0, 0.01, 0.28),
    "antiferromagnetic pairs": _pairs(1.0),
    "ferromagnetic pairs": _pairs(-1.0),
    "clusters": _clusters(0.0),
    "clusters with a spread": _clusters(0.5),
    "speck, tanh": _speck("tanh"),
    "speck, hyperbola": _speck("hyperbola"),
    "other spins": _other_spins,
}


def ordinary_sample(rng: np.random.Generator) -> Sample:
    """Larmor, free iron and one or (every other time) two kinds of ordinary magnetism."""
    total = between(rng, 0.7e17, 5.0e17)
    x = float(rng.uniform(0.2, 0.8))
    n2, n3, chi_larmor = x * total, (1.0 - x) * total, float(rng.uniform(3.5e-7, 4.8e-7))
    kinds = rng.choice(list(KINDS), size=int(rng.integers(1, 3)), replace=False).tolist()
    terms: list[tuple[float, Law]] = []
    iron = total
    for kind in kinds:
        part = KINDS[kind](rng, n2, n3)
        terms += part.terms
        n2, n3, iron = n2 * (1.0 - part.fe2), n3 * (1.0 - part.fe3), iron + part.iron
    terms += [(n2, FE2), (n3, FE3)]

    def law(T: FloatArray, H: FloatArray) -> FloatArray:
        return np.asarray(-chi_larmor * H + sum(weight * term(T, H) for weight, term in terms))

    return Sample(" + ".join(kinds), law, iron)


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


DESIGNS = ("4 M(T)", "5 M(H)", "mixed")


def measure(
    sample: Sample, name: str, noise: float, rng: np.random.Generator, *, instrument: bool
) -> Measured:
    """A campaign; with errors of the instrument, drawn from the widths that are granted, if ``instrument``."""
    T, H, run = design(name)
    widths = DirectionWidths()
    errors = directions_of(T, run=run, sample=np.zeros(run.shape, dtype=np.int64), widths=widths)
    sums = errors.sums(instrument * rng.standard_normal(len(errors.items)))
    true = sample.law(T * np.exp(sums["log temperature"]), H + sums["field"]) * np.exp(sums["log gain"])
    sigma = np.maximum(noise * np.abs(true), FLOOR)
    return Measured(T, H, true + sigma * rng.standard_normal(T.size), sigma, run)


def etm_chi2(result: FitResult, data: Measured, iron: tuple[float, float] | None) -> tuple[float, float]:
    """chi2 of the fitted ETM without the errors of the instrument and with them, its parameters following."""
    values, model = result.minimum.reported, result.model
    values = {name: values[name] for name in values if name in model.names}
    total_iron, fraction = (result.quantities[name].value for name in ("n_fe", "fe2_fraction"))
    values |= {"n_fe2": fraction * total_iron, "n_fe3": (1.0 - fraction) * total_iron, "field_offset": 0.0}
    total, slopes = evaluate_with_gradient(data.T, data.H, values, model)
    curve = Curve(total, slopes[:, -1], slope_by_log_temperature(data.T, data.H, values, model))
    directions = directions_of(data.T, run=data.run, sample=np.zeros_like(data.run), widths=DirectionWidths())
    # a parameter at 0 has no way down
    free = [index for index, name in enumerate(model.names[:-1]) if values[name] > 0.0]
    residual, sigma, tangent = data.M - total, data.sigma, slopes[:, free]
    beside = None
    if iron is not None:
        row = np.array([float(model.names[index] in ("n_fe2", "n_fe3")) for index in free])
        beside = np.array([iron[0] - values["n_fe2"] - values["n_fe3"]]) / iron[1], row[np.newaxis] / iron[1]

    def chi2(errors: Directions) -> float:
        slopes = errors.columns(curve)
        return chi2_with_directions(residual, sigma, errors, slopes, tangent=tangent, beside=beside).chi2

    none = directions_of(data.T, run=data.run, sample=np.zeros_like(data.run), widths=None)
    return chi2(none), chi2(directions)


@dataclass(frozen=True)
class Margins:
    """One campaign: its margins. ``strength`` of the ATS term; None for an ordinary sample."""

    strength: float | None = None

    def __call__(self, rng: np.random.Generator, index: int) -> Json:
        name = DESIGNS[index % 3]
        noise = (1.0e-3, 1.0e-2)[index // 3 % 2]
        instrument = bool(index // 6 % 2)
        if self.strength is None:
            sample = ordinary_sample(rng)
        else:
            sample = glass(TABLE_4 if name == "5 M(H)" else TABLE_3, self.strength)
        data = measure(sample, name, noise, rng, instrument=instrument)
        counted = float(sample.iron * (1.0 + IRON_ERROR * rng.standard_normal()))
        result = fit(data.dataset())
        found: Json = {
            "sample": sample.name, "design": name, "noise": noise, "instrument": instrument,
            "status": result.assessment.status, "points": len(data.T), "margins": {}, "chi2": {},
        }  # fmt: skip
        ndof = max(1, result.statistics.ndof)
        for words, iron in (("iron free", None), ("iron known", (counted, IRON_ERROR * sample.iron))):
            cone = ordinary_magnetism(
                data.T, data.H, data.M, data.sigma, run=data.run, sample=np.zeros_like(data.run), iron=iron
            )
            plain, granted = etm_chi2(result, data, iron)
            for key, ours, theirs in (
                (f"{words}, no directions", cone.chi2_without_directions, plain),
                (f"{words}, directions", cone.chi2, granted),
            ):
                found["margins"][key] = (ours - theirs) / max(1.0, theirs / ndof)
                found["chi2"][key] = (ours, theirs)
        return found


KEYS = tuple(
    f"{iron}, {granted}"
    for iron in ("iron free", "iron known")
    for granted in ("no directions", "directions")
)


def show(title: str, found: Sequence[Json], *, low: bool) -> None:
    """Quantiles of the margins: the upper ones for ordinary samples, the lower ones for glasses."""
    quantiles = (0.5, 0.1, 0.05, 0.0) if low else (0.5, 0.9, 0.99, 0.997, 1.0)
    print(f"\n{title}, {len(found)} campaigns\n")
    print(f"| margin | {' | '.join(f'{100 * q:g} %' for q in quantiles)} |")
    print("|---|" + "---|" * len(quantiles))
    for key in KEYS:
        values = [item["margins"][key] for item in found]
        print(f"| {key} | {' | '.join(f'{np.quantile(values, q):.1f}' for q in quantiles)} |")


def show_ordinary(found: Sequence[Json]) -> None:
    """Quantiles over all, with and without errors of the instrument, and the largest margins."""
    show("Ordinary samples", found, low=False)
    for instrument, words in (
        (False, "a perfect instrument"),
        (True, "errors of the instrument within their widths"),
    ):
        show(
            f"Ordinary samples, {words}",
            [item for item in found if item["instrument"] is instrument],
            low=False,
        )
    for key in ("iron free, directions", "iron known, directions"):
        print(f"\nLargest margins, {key}:\n")
        for item in sorted(found, key=lambda item: -item["margins"][key])[:6]:
            ours, theirs = item["chi2"][key]
            print(
                f"* {item['margins'][key]:.1f}: {item['sample']}, {item['design']}, noise {item['noise']:g}; "
                f"chi2 {ours:.0f} and {theirs:.0f} of {item['points']} points; {item['status']}"
            )


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=300, help="ordinary samples (default 300)")
    parser.add_argument(
        "--glasses", type=int, default=36, help="glasses of each strength (default 36; 0: none)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=usable_cores(), help="processes (default: all cores)")
    parser.add_argument("--resume", type=Path, help="keep finished replicates there, and go on from them")
    options = parser.parse_args(argv)
    workers = Workers(options.jobs, None, options.resume)
    ordinary = replicates("ordinary", Margins(), options.samples, seed=options.seed, workers=workers)
    show_ordinary(ordinary)
    for strength in STRENGTHS if options.glasses else ():
        task = Margins(strength)
        glasses = replicates(f"ETM {strength:.3g}", task, options.glasses, seed=options.seed, workers=workers)
        for name in DESIGNS:
            for noise in (1.0e-3, 1.0e-2):
                part = [item for item in glasses if item["design"] == name and item["noise"] == noise]
                show(
                    f"ETM at {strength:.2g} of its strength, {name}, noise {100 * noise:g} %", part, low=True
                )


if __name__ == "__main__":
    main()
