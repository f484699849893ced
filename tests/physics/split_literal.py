"""Zero-field splitting written down literally: all spin matrices, all directions, the moment from ln Z alone."""

from __future__ import annotations

import numpy as np


def spin_matrices(s):
    """S_x, S_y, S_z."""
    size = round(2 * s) + 1
    m = s - np.arange(size)
    z = np.diag(m).astype(complex)
    up = np.zeros((size, size), dtype=complex)
    for k in range(size - 1):
        up[k, k + 1] = np.sqrt(s * (s + 1) - m[k + 1] * (m[k + 1] + 1))
    down = up.conj().T
    return (up + down) / 2, (up - down) / 2j, z


def literal_moment(a, b, s, rhombicity, *, polar=40, azimuthal=72, step=1e-2):
    """d ln Z/db averaged over half a sphere; a = D/kT, b = g mu_B H/kT. No eigenvector, no derivative formula."""
    x, y, z = spin_matrices(s)
    splitting = a * (z @ z - s * (s + 1) / 3 * np.eye(len(z)) + rhombicity * (x @ x - y @ y))
    nodes, weights = np.polynomial.legendre.leggauss(polar)
    u = (nodes + 1) / 2
    phi = 2 * np.pi * np.arange(azimuthal) / azimuthal
    u, phi = np.meshgrid(u, phi, indexing="ij")
    v = np.sqrt(1 - u * u)
    along = (
        (v * np.cos(phi))[..., None, None] * x
        + (v * np.sin(phi))[..., None, None] * y
        + u[..., None, None] * z
    )

    def log_z(field):
        return np.log(np.exp(-np.linalg.eigvalsh(splitting - field * along)).sum(axis=-1))

    slope = (8 * (log_z(b + step) - log_z(b - step)) - log_z(b + 2 * step) + log_z(b - 2 * step)) / (
        12 * step
    )
    return float(weights / 2 @ slope.mean(axis=1))
