"""Slow, independent form of the three-level term, for the tests only: matrices, eigenvectors, quadrature.

Nothing of the closed forms enters: Hamiltonian (6) of G. Jug and S. Recchia, arXiv:2111.12644, is set up as a matrix
and diagonalised numerically, the current of each state is the expectation value of dH/dphi, and the averages
over D, D_0, the asymmetry angle and the direction are done by brute force.
"""

from __future__ import annotations

import numpy as np
from scipy import constants

from tests.physics.ats.literal import T0

FLUX_QUANTUM = constants.h / constants.e
BOLTZMANN = constants.k * 1e7


def hamiltonian(phi, energies, d0):
    """(6): the matrix, shape (..., 3, 3), of the phase, the energies (..., 3) and D_0."""
    phi, d0 = np.broadcast_arrays(phi, d0)
    matrix = np.zeros((*np.broadcast_shapes(phi.shape, np.shape(energies)[:-1]), 3, 3), dtype=complex)
    for k in range(3):
        matrix[..., k, k] = np.asarray(energies)[..., k]
        matrix[..., k, (k + 1) % 3] = d0 * np.exp(1j * phi / 3)
        matrix[..., (k + 1) % 3, k] = d0 * np.exp(-1j * phi / 3)
    return matrix


def asymmetries(d, alpha):
    """E1, E2, E3 of sum zero and squares' sum d^2, along a new last axis."""
    angles = np.asarray(alpha)[..., np.newaxis] + np.arange(3) * 2 * np.pi / 3
    return np.sqrt(2 / 3) * np.asarray(d)[..., np.newaxis] * np.cos(angles)


def moment(phi, energies, d0, T):
    """-<dH/dphi> in thermal equilibrium, K."""
    levels, states = np.linalg.eigh(hamiltonian(phi, energies, d0))
    matrix = np.zeros((3, 3), dtype=complex)
    for k in range(3):
        matrix[k, (k + 1) % 3], matrix[(k + 1) % 3, k] = 1j / 3, -1j / 3
    slope = hamiltonian(phi, np.zeros_like(levels), d0) * matrix
    currents = -np.einsum("...ki,...kl,...li->...i", states.conj(), slope, states).real
    weights = np.exp(-(levels - levels[..., :1]) / T)
    return (currents * weights).sum(-1) / weights.sum(-1)


def _panels(edges, count):
    x, w = np.polynomial.legendre.leggauss(count)
    width = np.diff(edges)[:, np.newaxis]
    nodes = edges[:-1, np.newaxis] + width * (x + 1) / 2
    return nodes.ravel(), (width * w / 2).ravel()


def literal(
    T, H, *, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, qs4, d_max=np.inf, orientation="isotropic", fine=1
):
    """ "exact" magnetisation at one point, H > 0. ``fine`` multiplies the number of nodes."""
    s = np.exp(-delta_mu * (1 / T - 1 / T0))
    phase = 2 * np.pi * H * 1e-4 * qs4 * 1e-20 / FLUX_QUANTUM * s**2
    # The cutoffs are those of the gap: D times sqrt(2/3), D_0 times 2/sqrt(3).
    low, top = np.sqrt(1.5) * d_min * s, np.sqrt(1.5) * d_max * s
    a, b = (np.sqrt(3) / 2 * cut / qs4 * s for cut in (d0min_qs4, d0max_qs4))
    span = np.log(b / a)
    amplitudes, shares = _panels(
        np.log(a) + span * np.linspace(0, 1, 1 + int(np.ceil(span / 2))), 3 + 3 * (span > 0.3)
    )
    if orientation == "isotropic":
        scale = min(1.0, T / (b * phase))
        edges = [0.0, 1.0]
        if scale < 1:
            edges = [0.0, *np.geomspace(scale, 1.0, 1 + int(np.ceil(np.log(1 / scale) * fine)))]
            # One more edge at each crossing, and about it on the crossing's scale.
            for crossing in 2 * np.pi / phase * np.arange(1, int(phase / 2 / np.pi) + 2):
                steps = np.concatenate([[0.0], scale * np.geomspace(1, np.pi / phase / scale, 4 * fine)])
                edges += [x for x in np.concatenate([crossing - steps, crossing + steps]) if 0 < x < 1]
        u, u_weights = _panels(np.unique(edges), 6 * fine)
    else:
        u, u_weights = np.array([1.0 if orientation == "aligned" else 3**-0.5]), np.ones(1)
    total = 0.0
    for log_d0, share in zip(amplitudes, shares, strict=True):
        d0 = np.exp(log_d0)
        end = min(np.log(top), np.log(max(d0, T, low)) + 9.0)
        logs, d_weights = _panels(
            np.linspace(np.log(low), end, 1 + int(np.ceil((end - np.log(low)) * fine / 2))), 8
        )
        for log_d, d_weight in zip(logs, d_weights, strict=True):
            d = np.exp(log_d)
            # For D >> D_0, kT it is a narrow peak where the lower two levels of Hamiltonian (6) meet.
            width = (d0 + T) / d
            v, v_weights = _panels(np.linspace(0, np.arcsinh(np.pi / width), 1 + fine), 10)
            angle = width * np.sinh(v)
            v_weights = v_weights * np.hypot(width, angle) / np.pi
            energies = asymmetries(np.array(d), angle[:, np.newaxis] / 3)
            m = moment(u * phase, energies, d0, T)
            total += share * d_weight * (v_weights @ m @ (u_weights * u * phase))
    return 2 * np.pi * n_ats * BOLTZMANN / H * total
