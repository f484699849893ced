"""Exact levels of an ion with a zero-field splitting, averaged over all directions of the field.

The Hamiltonian of one ion, in units of k_B T, is

``a [S_z^2 - S(S+1)/3 + (E/D) (S_x^2 - S_y^2)] - b S_n``,   ``a = D/k_B T``,   ``b = g mu_B H/k_B T``,

with S_n the spin along the field (A. Abragam and B. Bleaney, Electron Paramagnetic Resonance of Transition Ions,
1970, 3.2 and 7.13). Every E/D is equivalent to one from 0 to 1/3 with another choice of the axes; E/D = 1/3 is the
fully rhombic ion, for which the sign of D means nothing.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray

ComplexArray = npt.NDArray[np.complex128]

# Directions of the average: nodes in cos(theta) over half a sphere, and in phi over a quarter of a turn.
_POLAR, _AZIMUTHAL = 32, 12
# Points times directions diagonalised at a time, which bounds the memory.
_CHUNK = 16384


@lru_cache(maxsize=8)
def operators(s: float, rhombicity: float) -> tuple[ComplexArray, ComplexArray, ComplexArray, ComplexArray]:
    """Matrices S_x, S_y, S_z and the splitting for a = 1, dimensionless, shape (2S+1, 2S+1)."""
    twice = round(2 * s)
    if twice < 1 or twice != 2 * s:
        raise ValueError(f"S must be a positive multiple of 1/2, not {s}")
    m = s - np.arange(twice + 1)
    raising = np.diag(np.sqrt(s * (s + 1) - m[1:] * (m[1:] + 1)), 1)
    x = 0.5 * (raising + raising.T) + 0j
    y = -0.5j * (raising - raising.T)
    z = np.diag(m) + 0j
    splitting = z @ z - s * (s + 1) / 3 * np.eye(twice + 1) + rhombicity * (x @ x - y @ y)
    return x, y, z, splitting


def directions(rhombicity: float, polar: int, azimuthal: int) -> tuple[FloatArray, FloatArray]:
    """Unit vectors, shape (directions, 3), over an eighth of the sphere, and their weights.

    Without rhombicity nothing depends on the azimuth, and one value of it is enough. With it all depends on it with
    the period pi and is even, so that equally spaced nodes converge exponentially.
    """
    x, weights = np.polynomial.legendre.leggauss(polar)
    u = (x + 1) / 2
    phi = np.zeros(1) if rhombicity == 0.0 else (np.arange(azimuthal) + 0.5) * np.pi / (2 * azimuthal)
    across = np.sqrt(1.0 - u * u)
    vectors = np.stack(
        [np.outer(across, np.cos(phi)), np.outer(across, np.sin(phi)), np.outer(u, np.ones(phi.size))],
        axis=-1,
    )
    return vectors.reshape(-1, 3), np.repeat(weights / 2 / phi.size, phi.size)


def rhombic_spin_mean(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    s: float,
    rhombicity: float,
    polar: int = _POLAR,
    azimuthal: int = _AZIMUTHAL,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Powder mean of S_n, dimensionless, with its derivatives by ``a`` and by ``b``; broadcast shape.

    ``a = D/k_B T``, ``b = g mu_B H/k_B T``, ``rhombicity`` = E/D. ``polar`` and ``azimuthal`` nodes are averaged:
    with the defaults the relative error of the moment is below 2e-6 within the range of the tables.

    Raises
    ------
    ValueError
        If ``s`` is not a positive multiple of 1/2.
    """
    x, y, z, splitting = operators(s, rhombicity)
    vectors, weights = directions(rhombicity, polar, azimuthal)
    along = np.einsum("di,ijk->djk", vectors, np.stack([x, y, z]))
    split, field = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    flat = np.stack([split.ravel(), field.ravel()])
    found = np.empty((3, flat.shape[1]))
    step = max(1, _CHUNK // len(weights))
    for start in range(0, flat.shape[1], step):
        part = slice(start, start + step)
        one_a, one_b = flat[:, part][:, :, None, None, None]
        energies, states = np.linalg.eigh(one_a * splitting - one_b * along)
        turned = np.conj(np.swapaxes(states, -1, -2))
        moment, energy = turned @ along @ states, turned @ (splitting @ states)
        found[:, part] = _thermal(energies, moment, energy) @ weights
    mean, by_a, by_b = (row.reshape(field.shape) for row in found)
    return mean, by_a, by_b


def _thermal(energies: FloatArray, moment: ComplexArray, splitting: ComplexArray) -> FloatArray:
    """Thermal mean of ``moment`` and Kubo's derivatives by a and by b; shape (3, points, directions).

    The weight of two levels, (w_k - w_l)/(E_l - E_k), is w of the lower times (1 - exp(-x))/x with x their
    distance: no difference of equal numbers, and no division by zero where levels cross.
    """
    weights = np.exp(-(energies - energies[..., :1]))
    weights /= weights.sum(axis=-1, keepdims=True)
    means = [np.einsum("...k,...kk->...", weights, item).real for item in (moment, splitting)]
    gaps = np.abs(energies[..., :, None] - energies[..., None, :])
    shares = np.divide(-np.expm1(-gaps), gaps, out=np.ones(gaps.shape), where=gaps > 0.0)
    shares *= np.maximum(weights[..., :, None], weights[..., None, :])
    by_b = np.einsum("...kl,...kl->...", shares, np.abs(moment) ** 2) - means[0] ** 2
    by_a = means[0] * means[1] - np.einsum("...kl,...kl->...", shares, (moment * np.conj(splitting)).real)
    return np.stack([means[0], by_a, by_b])
