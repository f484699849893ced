"""The void between four touching ordered regions (RERs), eq. (1), and the tetrahedron of the same volume.

G. Jug and S. Recchia, arXiv:2111.12644, eq. (1): RERs are spheres of radius xi; four that touch leave between them the
regular tetrahedron of edge 2 xi less four spherical sectors. All lengths are in one unit, areas and volumes in its
square and cube.
"""

from __future__ import annotations

from math import acos, sqrt

VOID_SHARE = 2.0 * sqrt(2.0) / 3.0 - 4.0 / 3.0 * acos(23.0 / 27.0)
"""Volume of the void over xi^3: 0.2078."""


def void_volume(xi: float) -> float:
    """Volume of the void between four spheres of radius ``xi``; eq. (1)."""
    return VOID_SHARE * xi**3


def tetrahedron_side(volume: float) -> float:
    """Edge of the regular tetrahedron of ``volume``."""
    return float((6.0 * sqrt(2.0) * volume) ** (1.0 / 3.0))


def tetrahedron_face(side: float) -> float:
    """Area of one face of a regular tetrahedron of edge ``side``."""
    return sqrt(3.0) / 4.0 * side * side


def smallest_xi(area: float) -> float:
    """Radius of the spheres whose void, as a tetrahedron, has faces of ``area``: what a loop of that area needs."""
    side = sqrt(4.0 * area / sqrt(3.0))
    return float((side**3 / (6.0 * sqrt(2.0)) / VOID_SHARE) ** (1.0 / 3.0))
