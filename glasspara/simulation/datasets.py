"""Campaigns made in memory, for tests and studies, which need many.

No files are written; :mod:`glasspara.simulation` simulates those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray
from glasspara.data import Dataset, ReducedRun
from glasspara.model.model import Model, evaluate
from glasspara.presets import load_preset
from glasspara.runs.run import Kind, Run

BK7 = load_preset("bk7-fixed-field").model_values()
PURE_LL = {**BK7, "n_ats": 0.0}
FIELDS = (1e3, 5e3, 2e4, 5e4)
CAMPAIGN_TEMPERATURES = tuple(np.geomspace(2.0, 300.0, 40))


def make_run(
    kind: Kind,
    nominal: float,
    T: npt.ArrayLike,
    H: npt.ArrayLike,
    M: npt.ArrayLike,
    sigma: npt.ArrayLike,
    *,
    file: str = "synthetic.dat",
    branch: npt.ArrayLike | None = None,
) -> ReducedRun:
    """A run of 1 g, so that moment and magnetisation are the same numbers."""
    moment = np.array(M, dtype=float)
    of_branch = np.zeros(len(moment), dtype=np.int64) if branch is None else np.asarray(branch)
    run = Run(
        file=file,
        kind=kind,
        nominal=nominal,
        temperature=np.array(T, dtype=float),
        field=np.array(H, dtype=float),
        moment=moment,
        sigma=np.array(sigma, dtype=float),
        line=np.arange(1, len(moment) + 1),
        branch=of_branch,
        branch_labels=tuple(f"branch {index}" for index in range(int(of_branch.max()) + 1)),
        sigma_source="instrument: made",
    )
    return ReducedRun(run, 1000.0, run.moment, run.sigma)


def noisy_run(
    kind: Kind,
    nominal: float,
    T: FloatArray,
    H: FloatArray,
    true: FloatArray,
    rng: np.random.Generator,
    *,
    noise: float,
    stated: float = 1.0,
) -> ReducedRun:
    """A run with Gaussian noise about ``true``, emu/g, of the relative size ``noise``; ``stated`` multiplies the errors
    that it claims.
    """
    sigma = np.hypot(noise * true, 1e-8)
    return make_run(kind, nominal, T, H, true + sigma * rng.standard_normal(T.size), stated * sigma)


def fixed_field(
    values: Mapping[str, float],
    rng: np.random.Generator,
    *,
    fields: Sequence[float] = FIELDS,
    temperatures: Sequence[float] = CAMPAIGN_TEMPERATURES,
    noise: float = 1e-3,
    stated: float = 1.0,
    model: Model | None = None,
) -> Dataset:
    """M(T) runs. ``stated`` multiplies the errors that the data claim."""
    runs = []
    T = np.array(temperatures)
    for field in fields:
        H = np.full(T.shape, field)
        true = evaluate(T, H, values, model or Model()).total
        runs.append(noisy_run("fixed-field", field, T, H, true, rng, noise=noise, stated=stated))
    return Dataset(tuple(runs))


def fixed_temperature(
    values: Mapping[str, float],
    rng: np.random.Generator,
    *,
    temperatures: Sequence[float] = (2.0, 4.5, 10.0, 20.0),
    fields: Sequence[float] = tuple(np.linspace(500.0, 65000.0, 40)),
    noise: float = 1e-3,
) -> Dataset:
    """M(H) runs."""
    runs = []
    H = np.array(fields)
    for temperature in temperatures:
        T = np.full(H.shape, temperature)
        true = evaluate(T, H, values, Model()).total
        runs.append(noisy_run("fixed-temperature", temperature, T, H, true, rng, noise=noise))
    return Dataset(tuple(runs))


WEAK_TEMPERATURES = tuple(np.geomspace(2.0, 300.0, 60))


def weak_field(
    values: Mapping[str, float],
    rng: np.random.Generator,
    *,
    offsets: Sequence[float] = (0.0,),
    field: float = 500.0,
    noise: float = 1e-3,
) -> Dataset:
    """M(T) runs that report ``field``, one for each remnant field of ``offsets``, Oe."""
    T = np.array(WEAK_TEMPERATURES)
    H = np.full(T.shape, field)
    runs = []
    for offset in offsets:
        true = evaluate(T, H + offset, values, Model() if values["n_ats"] else Model("ll")).total
        sigma = noise * np.abs(true) + 1e-8
        runs.append(make_run("fixed-field", field, T, H, true + sigma * rng.standard_normal(T.size), sigma))
    return Dataset(tuple(runs))


FAULTS = ("none", "mass", "field", "lag", "errors", "jump")
"""What may be wrong with a campaign: see :func:`faulty`."""


def faulty(
    fault: str, values: Mapping[str, float], rng: np.random.Generator, *, noise: float = 1e-3
) -> Dataset:
    """M(T) runs at ``FIELDS`` with one realistic fault.

    mass: the second run is of another sample, whose mass is off by 2 %; field: the remnant field is 20 Oe, of either
    sign by turns; lag: the sample is 0.5 % above or below its thermometer by turns; errors: stated half as large as
    they are; jump: the moment of the third run shifts by 10 standard errors half way.
    """
    model = Model() if values["n_ats"] else Model("ll")
    T = np.array(CAMPAIGN_TEMPERATURES)
    runs = []
    for index, nominal in enumerate(FIELDS):
        turn = 1.0 if index % 2 else -1.0
        H = np.full(T.shape, nominal)
        true = evaluate(
            T * (1.0 + 0.005 * turn * (fault == "lag")), H + 20.0 * turn * (fault == "field"), values, model
        ).total
        if fault == "mass" and index == 1:
            true = 1.02 * true
        sigma = np.hypot(noise * true, 1e-8)
        M = true + sigma * rng.standard_normal(T.size)
        if fault == "jump" and index == 2:
            M[T.size // 2 :] += 10.0 * np.median(sigma)
        run = make_run("fixed-field", nominal, T, H, M, sigma * (0.5 if fault == "errors" else 1.0))
        mass_mg = 1001.0 if fault == "mass" and index == 1 else 1000.0
        runs.append(ReducedRun(run.run, mass_mg, run.magnetisation, run.sigma))
    return Dataset(tuple(runs))


def both_kinds(
    values: Mapping[str, float], rng: np.random.Generator, model: Model, *, noise: float = 1e-3
) -> Dataset:
    """Three M(T) runs of 18 points and three M(H) runs of 24: what fixes a high-field form of the ATS term."""
    T, H = np.geomspace(2.0, 100.0, 18), np.linspace(1e3, 65e3, 24)
    runs = []
    plans: list[tuple[Kind, float, FloatArray, FloatArray]] = [
        *(("fixed-field", field, T, np.full(T.shape, field)) for field in (2e3, 2e4, 5e4)),
        *(("fixed-temperature", kelvin, np.full(H.shape, kelvin), H) for kelvin in (2.0, 4.5, 10.0)),
    ]
    for kind, nominal, temperatures, fields in plans:
        true = evaluate(temperatures, fields, values, model).total
        runs.append(noisy_run(kind, nominal, temperatures, fields, true, rng, noise=noise))
    return Dataset(tuple(runs))
