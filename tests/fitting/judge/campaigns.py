"""Campaigns with a law and faults of one's own, and what a fit says of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from glasspara.data import Dataset
from glasspara.model.model import Model, evaluate
from glasspara.simulation.datasets import BK7, CAMPAIGN_TEMPERATURES, FIELDS, PURE_LL, make_run
from studies.hysteresis import Loop
from tests.ordinary import samples

T = np.array(CAMPAIGN_TEMPERATURES)
IRON = BK7["n_fe2"] + BK7["n_fe3"]


def glass(T, H, share=1.0):
    """BK7 by Table 3, with a ``share`` of its tunnelling systems, emu/g."""
    return evaluate(T, H, {**BK7, "n_ats": share * BK7["n_ats"]}, Model()).total


def langevin(T, H):
    """The same without tunnelling systems."""
    return evaluate(T, H, PURE_LL, Model("ll")).total


def impostor(T, H):
    """Larmor and free ions, but a tenth of the Fe2+ with a zero-field splitting of 10 K."""
    split = samples.N2 * samples.split(T, H, 10.0, 2.0)
    return samples.larmor(T, H) + 0.9 * samples.fe2(T, H) + 0.1 * split + samples.fe3(T, H)


def pairs(T, H):
    """Larmor and free ions, and pairs of Fe3+ with an exchange of 0.55 K."""
    return samples.free(T, H) + 1.5e16 * samples.one(samples.Pairs(2.5, (0.55,)), T, H)


def runs_at_fields(
    law: Callable,
    *,
    seed=1,
    fields=FIELDS,
    T=T,
    noise=1e-3,
    true_temperature: Callable = lambda T: T,
    moment: Callable = lambda progress: 0.0,
    scale: Callable = lambda field: 1.0,
    branch=None,
) -> Dataset:
    """M(T) runs of 1 g.

    ``true_temperature`` of the sample by that of the thermometer; ``moment`` (emu) by the numbers of the points from 0;
    ``scale`` of a run by its field.
    """
    rng, runs = np.random.default_rng(seed), []
    for field in fields:
        H = np.full(T.shape, field)
        true = scale(field) * law(true_temperature(T), H) + moment(np.arange(T.size))
        sigma = np.hypot(noise * true, 1e-8)
        M = true + sigma * rng.standard_normal(T.size)
        runs.append(make_run("fixed-field", field, T, H, M, sigma, branch=branch))
    return Dataset(tuple(runs))


def loops(loop: Loop) -> Dataset:
    """Loops of a sample without tunnelling systems from 50 kOe and back in steps of 1 kOe."""
    rng = np.random.default_rng(5)
    return loop.measured((5.0, 20.0), top=5e4, step=1e3, noise=1e-3, rng=rng)


def codes(findings) -> list[str]:
    return [item.code.removeprefix("fitting.") for item in findings]


def of_code(findings, code: str):
    """Values of the one finding of a code."""
    (found,) = (item for item in findings if item.code == f"fitting.{code}")
    return found.values
