"""Campaigns as plain arrays: designs, ordinary samples between the entries of the dictionary, glasses of the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from glasspara.ordinary.responses import Clusters, CoupledIons, FreeIons, Pairs, Specks
from glasspara.physics.ats import ats_magnetisation
from glasspara.physics.ions.langevin import langevin_magnetisation
from glasspara.physics.ions.levels import rhombic_spin_mean
from glasspara.units import BOHR_MAGNETON, BOLTZMANN

N2, N3, CHI = 1.1e17, 0.6e17, 4.2e-7
IRON = (1.7e17, 0.02e17)
FIELDS = (1e3, 2.5e3, 5e3, 1e4, 2e4, 3e4, 4e4, 5e4, 6.5e4)
KELVINS = (2.0, 4.5, 7.5, 10.0, 20.0)

TABLE_3 = {
    "n2": 1.099e17, "n3": 0.599e17, "chi": 4.227e-7, "n_ats": 1.352e16, "d_min": 2.671e-2, "d0min_qs4": 2.717e5,
    "d0max_qs4": 2.925e5, "delta_mu": 0.319,
}  # fmt: skip
TABLE_4 = {
    "n2": 1.098e17, "n3": 0.569e17, "chi": 4.137e-7, "n_ats": 1.340e16, "d_min": 5.238e-2, "d0min_qs4": 2.107e5,
    "d0max_qs4": 2.160e5, "delta_mu": 0.615,
}  # fmt: skip


@dataclass(frozen=True)
class Design:
    """T, H and the number of the run of each point."""

    T: np.ndarray
    H: np.ndarray
    run: np.ndarray

    @property
    def sample(self):
        return np.zeros_like(self.run)


def design(fields=(), kelvins=(), points=60) -> Design:
    T, H = np.geomspace(2.0, 300.0, points), np.linspace(500.0, 65e3, points)
    runs = [(T, np.full(points, field)) for field in fields] + [(np.full(points, k), H) for k in kelvins]
    return Design(
        np.concatenate([run[0] for run in runs]),
        np.concatenate([run[1] for run in runs]),
        np.repeat(np.arange(len(runs)), points),
    )


def noisy(true, *, noise=1e-3, seed=1):
    """Moments with noise, and their standard errors."""
    sigma = np.maximum(noise * np.abs(true), 2e-6)
    return true + sigma * np.random.default_rng(seed).standard_normal(true.size), sigma


def ats(T, H, values: Mapping[str, float], strength=1.0):
    names = ("n_ats", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu")
    return strength * ats_magnetisation(T, H, **{name: values[name] for name in names})


def glass(T, H, values: Mapping[str, float], strength=1.0):
    iron = langevin_magnetisation(T, H, n=values["n2"], j=2.0) + langevin_magnetisation(
        T, H, n=values["n3"], j=2.5
    )
    return -values["chi"] * H + iron + ats(T, H, values, strength)


def one(block, T, H):
    return block.columns(T, H)[0]


def split(T, H, d_zfs, s, rhombicity=0.0, g=2.0):
    b = g * BOHR_MAGNETON / BOLTZMANN * H / T
    mean = rhombic_spin_mean(d_zfs / T, b, s=s, rhombicity=rhombicity, polar=24, azimuthal=6)[0]
    return g * BOHR_MAGNETON * mean


def fe2(T, H):
    return N2 * one(FreeIons(((2.0, 2.0),)), T, H)


def fe3(T, H):
    return N3 * one(FreeIons(((2.5, 2.0),)), T, H)


def larmor(T, H):
    return -CHI * H


def free(T, H):
    return larmor(T, H) + fe2(T, H) + fe3(T, H)


def coupled(T, H, theta):
    return N2 * one(CoupledIons(2.0, (theta,)), T, H) + N3 * one(CoupledIons(2.5, (theta,)), T, H)


ORDINARY = {
    "free": free,
    "D = 4.1 K": lambda T, H: larmor(T, H) + N2 * split(T, H, 4.1, 2.0) + fe3(T, H),
    "D = -8.5 K, E/D = 0.1": lambda T, H: larmor(T, H) + N2 * split(T, H, -8.5, 2.0, 0.1) + fe3(T, H),
    "D = 0.27 K": lambda T, H: larmor(T, H) + fe2(T, H) + N3 * split(T, H, 0.27, 2.5),
    "D = 12 and 0.6 K, g = 2.1": lambda T, H: (
        larmor(T, H) + N2 * split(T, H, 12.0, 2.0, 0.2, 2.1) + N3 * split(T, H, 0.6, 2.5, 0.3)
    ),
    "theta = -0.3 K": lambda T, H: larmor(T, H) + coupled(T, H, -0.3),
    "theta = 0.06 K": lambda T, H: larmor(T, H) + coupled(T, H, 0.06),
    "J = 0.55 K": lambda T, H: free(T, H) + 1.5e16 * one(Pairs(2.5, (0.55,)), T, H),
    "J = 6.3 K": lambda T, H: free(T, H) + 1.5e16 * one(Pairs(2.0, (6.3,)), T, H),
    "J = 5.2 K of Fe2+ with Fe3+": lambda T, H: free(T, H) + 1e16 * one(Pairs(2.0, (5.2,), 2.5), T, H),
    "J = 6.1 K of spins 1/2": lambda T, H: free(T, H) + 5e16 * one(Pairs(0.5, (6.1,)), T, H),
    "J = 9 K of spins 1": lambda T, H: free(T, H) + 2e16 * one(Pairs(1.0, (9.0,)), T, H),
    "75 mu_B": lambda T, H: free(T, H) + 5e13 * one(Clusters((75.0,)), T, H),
    "speck 700 Oe": lambda T, H: free(T, H) + 1e-5 * one(Specks("tanh", (700.0,)), T, H),
    "theta = -0.15 K and 250 mu_B": lambda T, H: (
        larmor(T, H) + coupled(T, H, -0.15) + 1e13 * one(Clusters((250.0,)), T, H)
    ),
    "J = 2.3 K and speck 5 kOe": lambda T, H: (
        free(T, H)
        + 1e16 * one(Pairs(2.0, (2.3,)), T, H)
        + 2e-5 * one(Specks("hyperbola", (5e3,), 1e-5), T, H)
    ),
}
"""Samples of larmor, 1.7e17 iron ions per g and ordinary magnetism with parameters that are no entries."""
