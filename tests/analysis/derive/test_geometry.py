"""The void between four spheres, eq. (1), against the source's numbers and a count of points."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from glasspara.analysis.derive.quantities import (
    VOID_SHARE,
    smallest_xi,
    tetrahedron_face,
    tetrahedron_side,
    void_volume,
)


def test_numbers_of_the_source():
    """0.208 xi^3; 5.6e6 A^3 for xi = 30 nm, a tetrahedron of edge 362 A."""
    assert pytest.approx(0.208, abs=5e-4) == VOID_SHARE
    volume = void_volume(300.0)
    assert volume == pytest.approx(5.6e6, rel=5e-3)
    assert tetrahedron_side(volume) == pytest.approx(362.0, rel=2e-3)


def test_share_is_the_part_of_the_tetrahedron_outside_the_spheres():
    corners = 2.0 / sqrt(8.0) * np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    weights = np.random.default_rng(1).exponential(size=(200_000, 4))
    points = weights / weights.sum(axis=1, keepdims=True) @ corners
    outside = (np.linalg.norm(points[:, None] - corners, axis=2) > 1.0).all(axis=1)
    volume = 2.0**3 / (6.0 * sqrt(2.0))
    assert outside.mean() * volume == pytest.approx(VOID_SHARE, rel=0.02)


def test_smallest_sphere_for_an_area_inverts_the_rest():
    assert smallest_xi(tetrahedron_face(tetrahedron_side(void_volume(310.0)))) == pytest.approx(310.0)
