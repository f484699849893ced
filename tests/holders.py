"""Synthetic samples in a holder, and in a magnet that keeps a field: files whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from glasspara.model.model import Model, evaluate
from glasspara.simulation.datasets import PURE_LL
from glasspara.simulation.writer import write_run

MASS_MG = 100.0
CHI_HOLDER = -8.0e-9  # emu/Oe
CURIE_HOLDER = 4.0e-8  # emu K/Oe
FIELDS = (5e3, 2e4, 5e4)
TEMPERATURES = np.geomspace(2.0, 300.0, 40)
PD_MASS_MG, PD_CHI = 260.0, 5.25e-6


def glass(T, H):
    """Moment of the sample alone, emu: Larmor and Langevin terms of BK7."""
    return 1e-3 * MASS_MG * evaluate(np.asarray(T), np.asarray(H), PURE_LL, Model("ll")).total


def holder(T, H):
    """Moment of a quartz holder with traces of its own, emu."""
    return CHI_HOLDER * np.asarray(H) + CURIE_HOLDER * np.asarray(H) / np.asarray(T)


def kept_field(H, rising: bool):
    """True minus reported field of a magnet after 50 kOe, Oe."""
    return (36.0 if rising else -36.0) / (1.0 + (np.asarray(H) / 8e3) ** 2) + 8.0 * np.tanh(
        np.asarray(H) / 500.0
    ) * np.exp(-np.abs(H) / 2e4)


def write(path: Path, T, H, moment, sigma, *, mass_mg: float | None = MASS_MG) -> Path:
    T, H, moment, sigma = np.broadcast_arrays(T, H, moment, sigma)
    path.write_bytes(
        write_run(
            "mpms-xl-rso",
            T.tolist(),
            H.tolist(),
            moment.tolist(),
            sigma.tolist(),
            name="synthetic",
            mass_mg=mass_mg,
        )
    )
    return path


def write_temperature_runs(
    folder: Path,
    name: str,
    moment: Callable,
    *,
    seed: int,
    temperatures=TEMPERATURES,
    fields: Sequence[float] = FIELDS,
    noise: float = 2e-8,
    mass_mg: float | None = MASS_MG,
) -> list[Path]:
    """M(T) files, one a field; ``moment(T, H)`` in emu, Gaussian ``noise`` in emu."""
    rng = np.random.default_rng(seed)
    T = np.asarray(temperatures, dtype=float)
    return [
        write(
            folder / f"{name}_{field:g}Oe.rso.dat",
            T,
            field,
            moment(T, field) + noise * rng.standard_normal(T.size),
            noise,
            mass_mg=mass_mg,
        )
        for field in fields
    ]


LOOP = np.concatenate(
    (
        np.linspace(5e4, 6e3, 12),
        np.linspace(5e3, -5e3, 41),
        np.linspace(-6e3, -5e4, 12),
    )
)
"""Fields from +50 kOe to -50 kOe; the way back is the same in reverse."""


def write_loop(
    path: Path, T: float, moment: Callable, *, seed: int, noise: float, mass_mg: float | None = MASS_MG
) -> Path:
    """A loop from 50 kOe and back; ``moment(T, H)`` is taken at the true field, the file states the reported one."""
    rng = np.random.default_rng(seed)
    H = np.concatenate((LOOP, LOOP[::-1][1:]))
    rising = np.arange(H.size) >= LOOP.size
    true = H + np.where(rising, kept_field(H, True), kept_field(H, False))
    m = moment(np.full(H.shape, T), true) + noise * rng.standard_normal(H.size)
    return write(path, T, H, m, noise, mass_mg=mass_mg)


def palladium(T, H):
    return PD_CHI * 1e-3 * PD_MASS_MG * np.asarray(H)
