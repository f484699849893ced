"""The five fields of the ATS kernel, second derivatives included, in every regime and at every hand-over."""

import numpy as np
import pytest

from glasspara.physics.ats.kernel import kernel
from glasspara.physics.ats.middle import PANEL_EDGES
from glasspara.physics.ats.warm import C_NIL
from tests.physics.ats.quadrature import fields

NAMES = ("g", "w", "v", "g_d", "w_d")
ORIENTATIONS = pytest.mark.parametrize("isotropic", [True, False], ids=["isotropic", "aligned"])


def _kernel(d, c, isotropic):
    return kernel(np.asarray(d), np.asarray(c)[np.newaxis], frozenset(NAMES), isotropic=isotropic)


def _worst(points, isotropic):
    d, c = np.array(points).T
    values = _kernel(d, c, isotropic)
    worst = 0.0
    for i in range(len(d)):
        expected = fields(d[i], c[i], isotropic=isotropic)
        worst = max(worst, *(abs(values[name][0, i] / expected[name] - 1) for name in NAMES))
    return worst


@ORIENTATIONS
# Measured: 1.7e-14, on 3000 points 2.0e-14; below 3.3e-13, the truncation of v at d = 0.06, c = 3.5.
@pytest.mark.parametrize(("low", "high", "tolerance"), [(0.5, 30.0, 3e-14), (0.03, 0.5, 1e-12)])
def test_against_quadrature_at_random(isotropic, low, high, tolerance):
    rng = np.random.default_rng(8)
    d = np.exp(rng.uniform(np.log(low), np.log(high), 200))
    c = np.exp(rng.uniform(np.log(1e-4), np.log(100.0), 200))
    assert _worst(np.column_stack([d, c]), isotropic) < tolerance


@ORIENTATIONS
def test_against_quadrature_at_the_corners_of_the_panels(isotropic):
    points = [
        (edge * (1 + side), c)
        for edge in PANEL_EDGES
        for side in (-1e-9, 1e-9)
        for c in (1e-6, 3.0, C_NIL * (1 - 1e-9), C_NIL * (1 + 1e-9))
    ]
    # Measured: 1.5e-14.
    assert _worst(points, isotropic) < 3e-14


@ORIENTATIONS
def test_a_scalar_d_gives_what_its_array_gives(isotropic):
    c = np.array([1e-3, 1.0, 10.0, 30.0])
    for d in (0.3, 1.0, 3.0, 10.0, 20.0):
        alone, together = _kernel([d], c, isotropic), _kernel(np.full(4, d), c, isotropic)
        for name in NAMES:
            # Measured: 1.0e-15: the order of a matrix product's additions differs.
            np.testing.assert_allclose(alone[name], together[name], rtol=3e-15)


@ORIENTATIONS
def test_regimes_in_one_array_keep_their_places(isotropic):
    d = np.array([20.0, 0.3, 3.0, 1.0, 10.0, 0.1, 30.0, 2.0])
    c = np.array([[1.0, 30.0, 0.5, 25.0, 1e-3, 1.0, 50.0, 5.0], [2.0, 1.0, 40.0, 30.0, 1.0, 5.0, 1.0, 19.0]])
    values = kernel(d, c, frozenset(NAMES), isotropic=isotropic)
    for i in range(len(d)):
        alone = kernel(d[i : i + 1], c[:, i : i + 1], frozenset(NAMES), isotropic=isotropic)
        for name in NAMES:
            np.testing.assert_allclose(values[name][:, i], alone[name][:, 0], rtol=3e-15)


@ORIENTATIONS
def test_no_step_where_one_panel_takes_over(isotropic):
    c = np.geomspace(1e-3, 60.0, 100)
    for edge in PANEL_EDGES:
        below, above = (
            _kernel(np.full(100, side), c, isotropic) for side in (edge, np.nextafter(edge, 99.0))
        )
        for name in NAMES:
            # Measured: 1.9e-14.
            np.testing.assert_allclose(below[name], above[name], rtol=4e-14)
    d = np.geomspace(0.51, 17.9, 100)
    below, above = (_kernel(d, np.full(100, side), isotropic) for side in (C_NIL, np.nextafter(C_NIL, 99.0)))
    for name in NAMES:
        # Measured: 4.2e-15.
        np.testing.assert_allclose(below[name], above[name], rtol=1e-14)
