"""Spectrum of one ATS against numerical diagonalisation, and what it says of the source's formulas."""

import numpy as np
import pytest
from scipy import integrate

from glasspara import level_diagram
from glasspara.physics.three_level import level_coordinates
from studies.three_level_tables import phase_response
from tests.physics.three_level.literal import asymmetries, hamiltonian


def level_slopes(phi, *, d, alpha, d0):
    """dl/dphi = -2 D_0^3 sin(phi)/(3 l^2 - p), K: the denominator is the product of the distances to the others."""
    r, third = level_coordinates(d, d0, 3 * np.asarray(alpha), phi)
    low, high = 2 * np.sqrt(3.0) * r * np.sin(third), 2 * np.sqrt(3.0) * r * np.sin(np.pi / 3 - third)
    products = np.stack([low * (low + high), -low * high, high * (low + high)], axis=-1)
    source = np.asarray(-2 * d0**3 * np.sin(phi))[..., np.newaxis]
    return np.divide(source, products, out=np.zeros(products.shape), where=products != 0)


def test_against_numerical_diagonalisation():
    rng = np.random.default_rng(4)
    d, d0 = np.exp(rng.uniform(-7, 7, (2, 300)))
    alpha, phi = rng.uniform(0, 2 * np.pi, (2, 300))
    energies = asymmetries(d, alpha)
    expected = np.linalg.eigvalsh(hamiltonian(phi, energies, d0))
    scale = np.hypot(d, d0)[:, np.newaxis]
    assert (
        np.abs((level_diagram(phi, d=d, alpha=alpha, d0=d0) - expected) / scale).max() < 3e-15
    )  # measured: 1.6e-15
    for k in range(5):
        value = level_diagram(phi[k], asymmetries=tuple(energies[k]), d0=d0[k])
        assert np.abs(value - expected[k]).max() < 3e-15 * scale[k]


def test_roots_of_the_cubic():
    d, d0, alpha, phi = 1.3, 0.7, 0.4, 2.2
    roots = level_diagram(phi, d=d, alpha=alpha, d0=d0)
    product = d**3 * np.cos(3 * alpha) / (3 * np.sqrt(6))
    assert np.prod(asymmetries(d, alpha)) == pytest.approx(product, rel=1e-14)
    p, q = d**2 / 2 + 3 * d0**2, product + 2 * d0**3 * np.cos(phi)
    assert np.abs(roots**3 - p * roots - q).max() < 1e-14


def test_gap_keeps_its_digits_where_levels_meet():
    # D -> 0: 2 sqrt(3) D_0 sin(phi/3); phi -> 0: sqrt(2/3) D. And at half a flux quantum the upper two meet.
    r, third = level_coordinates(1e-9, 1.0, 0.3, 0.0)
    assert 2 * np.sqrt(3) * r * np.sin(third) == pytest.approx(np.sqrt(2 / 3) * 1e-9, rel=1e-8)
    phi = np.array([1e-12, 1e-6, 0.1, 3.0])
    r, third = level_coordinates(0.0, 1.0, 0.3, phi)
    assert 2 * np.sqrt(3) * r * np.sin(third) == pytest.approx(2 * np.sqrt(3) * np.sin(phi / 3), rel=1e-14)
    levels = level_diagram(np.pi, d=1e-9, alpha=0.1, d0=1.0)
    assert levels[2] - levels[1] == pytest.approx(np.sqrt(2 / 3) * 1e-9, abs=1e-15)


def test_gap_of_small_asymmetries_is_that_of_the_sources_variables():
    # E^2 = D~^2 + 9 D~_0^2 sin^2(phi/3), D~ = sqrt(2/3) D, D~_0 = 2 D_0/sqrt(3), up to relative D/D_0
    for d, phi in ((1e-3, 2e-3), (1e-3, 0.0), (1e-3, 1e-4), (1e-4, 0.5)):
        levels = level_diagram(phi, d=d, alpha=0.9, d0=1.0)
        gap = np.sqrt(2 / 3 * d**2 + 12 * np.sin(phi / 3) ** 2)
        assert levels[1] - levels[0] == pytest.approx(gap, rel=1e-3)


def test_slopes_against_differences_and_their_sum():
    phi, step = np.linspace(0.05, 6.2, 40), 1e-3
    options = {"d": 0.8, "alpha": 0.3, "d0": 1.4}
    offsets, weights = np.array([-3, -2, -1, 1, 2, 3]), np.array([-1, 9, -45, 45, -9, 1]) / 60
    values = level_diagram(phi[:, np.newaxis] + offsets * step, **options)
    slopes = level_slopes(phi, **options)
    assert np.abs(np.einsum("njk,j->nk", values, weights) / step - slopes).max() < 1e-11  # measured: 2e-12
    assert np.abs(slopes.sum(axis=-1)).max() < 1e-14


def test_symmetries_and_degenerate_systems():
    phi = np.linspace(0, 2 * np.pi, 9)
    options = {"d": 0.8, "alpha": 0.3, "d0": 1.4}
    levels = level_diagram(phi, **options)
    assert levels == pytest.approx(levels[::-1], abs=1e-14)
    assert np.abs(levels.sum(axis=-1)).max() < 1e-14
    assert np.array_equal(level_diagram(0.3, d=0.0, alpha=0.0, d0=0.0), np.zeros(3))
    assert level_diagram(0.0, asymmetries=(0.0, 0.0, 0.0), d0=2.0) == pytest.approx(
        [-2.0, -2.0, 4.0], abs=1e-15
    )
    assert np.all(level_slopes([0.0, np.pi], d=0.0, alpha=0.0, d0=1.0)[0] == 0)


def test_sharp_zero_asymmetry_has_a_moment():
    # The source says that D = 0 would give no magnetic effect; the doublet has the slopes -+ D_0/sqrt(3).
    slopes = level_slopes(1e-6, d=0.0, alpha=0.0, d0=1.0)
    assert slopes[:2] == pytest.approx([-1 / np.sqrt(3), 1 / np.sqrt(3)], abs=1e-6)
    r, third = level_coordinates(0.0, 20.0, 0.0, 0.05)
    moment = 2 * 20.0**3 * np.sin(0.05) * phase_response(r, third)
    assert moment > 0.5 * 20 / np.sqrt(3)


def test_thermal_response_is_positive_and_that_of_the_levels():
    rng = np.random.default_rng(8)
    d, d0 = np.exp(rng.uniform(-3, 4, (2, 200)))
    alpha, phi = rng.uniform(0, np.pi / 3, 200), rng.uniform(0.05, np.pi - 0.05, 200)
    energies = level_diagram(phi, d=d, alpha=alpha, d0=d0)
    weights = np.exp(energies[:, :1] - energies)
    slopes = level_slopes(phi, d=d, alpha=alpha, d0=d0)
    mean = -(weights * slopes).sum(-1) / weights.sum(-1)
    r, third = level_coordinates(d, d0, 3 * alpha, phi)
    response = phase_response(r, third)
    assert np.all(response > 0)
    assert 2 * d0**3 * np.sin(phi) * response == pytest.approx(mean, rel=1e-8, abs=1e-12)


def test_free_limit_of_the_response():
    r, third = level_coordinates(1e-5, 2e-5, np.array([0.2, 1.9]), np.array([1.4, 0.0]))
    assert phase_response(r, third) == pytest.approx(1 / 6, rel=1e-4)


def test_prefactor_of_the_high_field_form():
    # (1/B) (phi/3) cot(phi/3) = (1/B) (1 - phi^2/27 ...), not the (1 - phi^2/54) of (11) as printed.
    phi = np.array([0.02, 0.04])
    exact = phi / 3 / np.tan(phi / 3)
    assert (1 - exact) / phi**2 == pytest.approx(1 / 27, rel=1e-4)
    square = 9 * np.sin(phi / 3) ** 2
    assert (1 - square / phi**2) / phi**2 == pytest.approx(1 / 27, rel=1e-4)


def test_weak_field_integral_has_a_logarithm():
    # (13): for kT >> D_min the integral is (1/2kT) [ln(2kT/D_min) + 0.790495], not 1/2kT times a constant.
    for d in (1e-3, 1e-5):
        value = sum(
            integrate.quad(lambda x: np.tanh(np.exp(x)) / np.exp(x), *ends, epsabs=1e-12)[0]
            for ends in ((np.log(d), 0.0), (0.0, 36.0))
        )
        assert value == pytest.approx(-np.log(d) + 0.790495, abs=2e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"asymmetries": (1.0, 2.0, 3.0)}, "sum zero"),
        ({"asymmetries": (1.0, 0.0, -1.0), "d": 1.0}, "either"),
        ({}, "either"),
        ({"d": 1.0}, "either"),
        ({"d": -1.0, "alpha": 0.0}, "negative"),
        ({"d": np.inf, "alpha": 0.0}, "finite"),
    ],
)
def test_arguments_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        level_diagram(0.1, d0=1.0, **change)
