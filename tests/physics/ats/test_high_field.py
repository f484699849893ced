"""The corrected two-level forms (11): against the free energy, literal quadrature, the plain term and differences."""

import numpy as np
import pytest

from glasspara.physics.ats import (
    AtsParameters,
    Law16,
    ats_high_field_magnetisation,
    ats_magnetisation,
    characteristic_field,
    high_field_term,
    high_field_term_gradient,
    reduced_tunnelling_number,
)
from glasspara.physics.ats.high_field import PHASE_LIMIT, gap
from tests.physics.ats.literal import BK7, BOLTZMANN, FLUX_QUANTUM, T0, ats_gradient, literal

FORMS = ("exact", "expanded", "printed")
ORIENTATIONS = ("isotropic", "aligned", "rms")
SHARE = {"isotropic": 1.0, "aligned": 1.0, "rms": 1 / np.sqrt(3)}
OFFSETS = np.array([-3, -2, -1, 1, 2, 3])
WEIGHTS = np.array([-1, 9, -45, 45, -9, 1]) / 60


def high_field_gradient(T, H, *, b_star, form="exact", **parameters):
    """The term and its gradient, with the keywords of ``ats_high_field_magnetisation``."""
    return high_field_term_gradient(T, H, AtsParameters(**parameters), b_star=b_star, form=form)


def composite(edges, nodes):
    x, weight = np.polynomial.legendre.leggauss(nodes)
    low, high = np.array(edges[:-1])[:, None], np.array(edges[1:])[:, None]
    return ((high + low) / 2 + (high - low) / 2 * x).ravel(), ((high - low) / 2 * weight).ravel()


def directions(orientation, nodes=20):
    if orientation != "isotropic":
        return [(SHARE[orientation], 1.0)]
    u, weight = composite([0.0, 0.25, 1.0], nodes)
    return list(zip(u, weight, strict=True))


def from_free_energy(T, H, form, orientation, *, n_ats, d_min, d0min_qs4, d0max_qs4, delta_mu, b_star):
    """-dF/dB of two-level systems with the gap of (11) and the distribution (8), quadrature in D, D_0 and u.

    The derivative of the gap by the field is numerical (a complex step), so no prefactor is put in.
    """
    s = np.exp(-delta_mu * (1 / T - 1 / T0))
    qs4 = FLUX_QUANTUM / (2 * np.pi * 1e-20 * b_star) * s**2
    low = np.log(d_min * s)
    log_d, weight_d = composite(np.linspace(low, low + 40, 60), 12)
    log_d0, weight_d0 = composite(np.log([d0min_qs4 * s**3 / qs4, d0max_qs4 * s**3 / qs4]), 30)
    d, d0 = np.exp(log_d)[:, None], np.exp(log_d0)

    def gap_at(field, u):
        phi = 2 * np.pi * field * 1e-24 * u * qs4 / FLUX_QUANTUM
        square = 9 * np.sin(phi / 3) ** 2 if form == "exact" else phi**2 * (1 - phi**2 / 27)
        return np.sqrt(d * d + d0 * d0 * square)

    total = 0.0
    for u, weight in directions(orientation):
        slope = gap_at(H + 1e-20j, u).imag / 1e-20
        total += weight * (weight_d @ (np.tanh(gap_at(H, u) / (2 * T)) * slope / 2) @ weight_d0)
    return 2 * np.pi * n_ats * BOLTZMANN * total


# The second has a phase near its limits, the third comparable D_min and kT, the fourth a negative moment.
POINTS = [
    (4.5, 2e4, BK7 | {"b_star": 4.0}),
    (2.0, 6.5e4, BK7 | {"b_star": 1.7}),
    (1.1, 3e4, BK7 | {"b_star": 2.0, "d_min": 5.0, "d0max_qs4": 6e5}),
    (20.0, 6.5e4, BK7 | {"b_star": 1.75, "delta_mu": 0.0}),
]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("form", ["exact", "expanded"])
@pytest.mark.parametrize(("T", "H", "parameters"), POINTS)
def test_minus_the_slope_of_the_free_energy(T, H, parameters, form, orientation):
    value = ats_high_field_magnetisation(
        T, H, **parameters, form=form, orientation=orientation, convention="exact"
    )
    expected = from_free_energy(T, H, form, orientation, **parameters)
    # Measured: 2.7e-13 of the uncorrected term.
    plain = {name: one for name, one in parameters.items() if name != "b_star"}
    scale = ats_magnetisation(T, H, **plain, orientation=orientation, convention="exact")
    assert abs(float(value) - expected) < 2e-12 * float(scale)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize(("T", "H", "parameters"), POINTS[:3])
def test_printed_form_by_literal_quadrature(T, H, parameters, orientation):
    plain = {name: one for name, one in parameters.items() if name != "b_star"}
    field = H / (1e4 * parameters["b_star"]) * float(reduced_tunnelling_number(T, plain["delta_mu"])) ** 2
    expected = 0.0
    for u, weight in directions(orientation, nodes=16):
        acting = u * np.sqrt(1 - (u * field) ** 2 / 27)
        expected += weight * acting * literal(T, H * acting, **plain, orientation="aligned")
    expected *= 1 - field**2 / 54
    value = ats_high_field_magnetisation(T, H, **parameters, form="printed", orientation=orientation)
    # Measured: 3.3e-13.
    assert value == pytest.approx(expected, rel=2e-12)


def reference_mean(T, H, form, parameters):
    """The mean over directions by 1,200 nodes graded to both ends, with the engine for one direction."""
    plain = {name: one for name, one in parameters.items() if name != "b_star"}
    rising, falling = np.geomspace(1e-9, 0.5, 20), 1 - np.geomspace(0.5, 1e-10, 20)
    u, weight = composite([0.0, *rising, *falling[1:], 1.0], 30)
    field = H / (1e4 * parameters["b_star"])
    bent = gap(form, u * field, np.asarray(field))
    value = ats_magnetisation(T, H * u * bent.share, **plain, orientation="aligned")
    return float(weight @ (u * bent.weight / bent.share * value))


@pytest.mark.parametrize(("form", "phase", "bound"), [
    # Measured: 1.6e-13, 9.5e-12; 1.3e-13, 1.5e-12; 1.8e-13, 9.9e-11. On 1,500 points docs/theory.md.
    ("exact", 3.0, 1e-12), ("exact", 9.4, 3e-11),
    ("printed", 3.0, 1e-12), ("printed", 5.19, 5e-12),
    ("expanded", 3.0, 1e-12), ("expanded", 5.19, 3e-10),
])  # fmt: skip
def test_mean_over_directions(form, phase, bound):
    rng = np.random.default_rng(11)

    def log_uniform(low, high):
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    worst = 0.0
    for _ in range(60):
        T, H, lower = log_uniform(1, 400), log_uniform(100, 7e4), log_uniform(5e4, 1e6)
        parameters = {
            "n_ats": 1e16,
            "d_min": log_uniform(1e-3, 1.0),
            "d0min_qs4": lower,
            "d0max_qs4": lower * (1 + log_uniform(1e-3, 3.0)),
            "delta_mu": 0.0,
        }
        scale = float(ats_magnetisation(T, H, **parameters))
        parameters["b_star"] = H / 1e4 / phase
        value = float(ats_high_field_magnetisation(T, H, **parameters, form=form))
        worst = max(worst, abs(value - reference_mean(T, H, form, parameters)) / scale)
    assert worst < bound


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("form", FORMS)
def test_infinite_b_star_is_the_plain_term(form, orientation):
    T, H = np.geomspace(1.0, 300.0, 12)[:, None], np.array([-6e4, 0.0, 1.0, 5e4])
    keywords = BK7 | {"orientation": orientation, "convention": "exact"}
    value, gradient = high_field_gradient(T, H, **keywords, b_star=np.inf, form=form)
    expected, slopes = ats_gradient(T, H, **keywords)
    # Measured: 6e-13.
    np.testing.assert_allclose(value, expected, rtol=2e-12)
    for name, slope in slopes.items():
        # Measured: 1.5e-12 of the largest.
        np.testing.assert_allclose(gradient[name], slope, rtol=0, atol=5e-12 * np.abs(slope).max())
    assert not gradient["b_star"].any()


REGIMES = {
    "typical": BK7 | {"T": 4.5, "H": 2e4, "b_star": 4.0},
    "negative field, large phase": BK7 | {"T": 2.0, "H": -6.5e4, "b_star": 2.5},
    "large c": BK7 | {"T": 2.0, "H": 6.5e4, "b_star": 4.0, "d0max_qs4": 2e6},
    "comparable": BK7 | {"T": 1.1, "H": 6e4, "b_star": 4.0, "d_min": 5.0},
    "cold": BK7 | {"T": 0.9, "H": 6e4, "b_star": 4.0, "d_min": 60.0},
    "close cutoffs": BK7 | {"T": 4.5, "H": 6e4, "b_star": 4.0, "d0max_qs4": 271700.0 * 1.002},
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("regime", REGIMES)
def test_gradient_against_central_differences(regime, form, orientation):
    arguments = REGIMES[regime]
    keywords = {"form": form, "orientation": orientation}
    value, gradient = high_field_gradient(**arguments, **keywords)
    assert value == pytest.approx(float(ats_high_field_magnetisation(**arguments, **keywords)), rel=1e-14)
    assert set(gradient) == set(arguments)
    gap_width = arguments["d0max_qs4"] - arguments["d0min_qs4"]
    for name, derivative in gradient.items():
        step = 2e-3 * (gap_width if name.endswith("qs4") else arguments[name])
        if name.endswith("qs4") and gap_width < 0.003 * arguments["d0min_qs4"]:
            step *= 50  # linear to high order in so small a gap
        moved = arguments | {name: arguments[name] + OFFSETS * step}
        values = ats_high_field_magnetisation(**moved, **keywords)
        scale = max(abs(float(derivative)), 1e-3 * abs(float(value) / arguments[name]))
        # Measured: 5e-11 at worst, the differences'.
        assert abs(float(values @ WEIGHTS) / step - float(derivative)) < 3e-10 * scale, name


def test_first_correction_of_the_prefactor_is_a_twenty_seventh():
    phi = np.array([1e-2, 1e-3])
    missing = {}
    for form in FORMS:
        bent = gap(form, phi, phi)
        missing[form] = (1 - bent.weight / bent.share**2) * 27 / phi**2
        # The same gap for all, to this order.
        np.testing.assert_allclose((1 - bent.share**2) * 27 / phi**2, 1.0, rtol=1e-5, err_msg=form)
    np.testing.assert_allclose(missing["exact"], 1.0, rtol=1e-5)
    np.testing.assert_allclose(missing["expanded"], 1.0, rtol=1e-5)
    np.testing.assert_allclose(missing["printed"], 0.5, rtol=1e-5)


def test_where_loops_across_the_field_turn_diamagnetic():
    def sign(form, phase):
        return np.sign(
            ats_high_field_magnetisation(
                4.5, 1e4 * phase, **(BK7 | {"delta_mu": 0.0}), b_star=1.0, form=form, orientation="aligned"
            )
        )

    assert sign("exact", 1.5 * np.pi * 0.999) == 1 == -sign("exact", 1.5 * np.pi * 1.001)
    assert sign("expanded", np.sqrt(13.5) * 0.999) == 1 == -sign("expanded", np.sqrt(13.5) * 1.001)
    # The printed prefactor would change its sign at sqrt(54), after the gap has closed.
    assert sign("printed", np.sqrt(27) * 0.999) == 1


@pytest.mark.parametrize("form", FORMS)
def test_odd_zero_and_of_the_right_shape(form):
    H = np.array([-6e4, -1.0, 0.0, 1.0, 6e4])
    value, gradient = high_field_gradient(np.array([[2.0], [4.5]]), H, **BK7, b_star=4.0, form=form)
    assert value.shape == (2, 5) == gradient["b_star"].shape
    np.testing.assert_array_equal(value[:, ::-1], -value)
    assert not value[:, 2].any()
    assert not ats_high_field_magnetisation(4.5, H, **(BK7 | {"n_ats": 0.0}), b_star=4.0, form=form).any()
    plain = ats_gradient(4.5, 0.0, **BK7)[1]["H"]
    assert gradient["H"][1, 2] == pytest.approx(float(plain), rel=1e-12)
    assert ats_high_field_magnetisation(np.empty((0, 3)), 1e4, **BK7, b_star=4.0, form=form).shape == (0, 3)


@pytest.mark.parametrize("form", FORMS)
def test_characteristic_field_falls_as_the_square_of_the_number(form):
    T, H, b_star = 20.0, 4e4, 5.0
    s = float(reduced_tunnelling_number(T, BK7["delta_mu"]))
    scaled = {
        "n_ats": BK7["n_ats"],
        "d_min": BK7["d_min"] * s,
        "d0min_qs4": BK7["d0min_qs4"] * s**3,
        "d0max_qs4": BK7["d0max_qs4"] * s**3,
        "delta_mu": 0.0,
        "b_star": b_star / s**2,
    }
    value = ats_high_field_magnetisation(T, H, **BK7, b_star=b_star, form=form)
    assert value == pytest.approx(float(ats_high_field_magnetisation(T, H, **scaled, form=form)), rel=1e-12)


def test_by_law_16():
    law = Law16(0.2, -1.5)
    cutoffs = {name: value for name, value in BK7.items() if name != "delta_mu"}
    T, H = np.array([1.5, 4.5, 60.0]), 5e4
    ats = AtsParameters(**cutoffs, **law._asdict())
    value, gradient = high_field_term_gradient(T, H, ats, b_star=4.0)
    np.testing.assert_allclose(value, high_field_term(T, H, ats, b_star=4.0), rtol=1e-14)
    for name in law._fields:
        step = 1e-3 * getattr(law, name)
        for i in range(3):
            moved = law._replace(**{name: getattr(law, name) + OFFSETS * step})
            ats = AtsParameters(**cutoffs, **moved._asdict())
            values = high_field_term(T[i], H, ats, b_star=4.0)
            # Measured: 1e-10, the differences'.
            assert float(values @ WEIGHTS) / step == pytest.approx(gradient[name][i], rel=1e-9)


def test_characteristic_field():
    # 1e4 A^2 carry one radian at 6.58 T.
    assert characteristic_field(1e4) == pytest.approx(6.582119569, rel=1e-9)
    assert characteristic_field(characteristic_field(2.5e4)) == pytest.approx(2.5e4, rel=1e-14)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("form", FORMS)
def test_phases_beyond_the_form_are_refused(form, orientation):
    limit = PHASE_LIMIT[form] / SHARE[orientation]
    keywords = BK7 | {"delta_mu": 0.0, "b_star": 1.0, "form": form, "orientation": orientation}
    value, gradient = high_field_gradient(4.5, 1e4 * limit * (1 - 1e-6), **keywords)
    assert np.isfinite([value, *gradient.values()]).all()
    with pytest.raises(
        ValueError, match=rf"b_star is too small: the {form} two-level form \(11\) ends at H = "
    ):
        ats_high_field_magnetisation(4.5, [1e3, 1e4 * limit * (1 + 1e-9)], **keywords)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"b_star": 0.0}, "b_star must be positive"),
        ({"b_star": np.nan}, "b_star must be positive"),
        ({"form": "best"}, "unknown form 'best'; known are printed, expanded, exact"),
        ({"T": -1.0}, "T must be positive"),
        ({"delta_mu": np.nan}, "delta_mu must be finite"),
    ],
)
def test_nonsense_is_refused(change, message):
    arguments = BK7 | {"T": 4.5, "H": 1e4, "b_star": 4.0} | change
    for function in (ats_high_field_magnetisation, high_field_gradient):
        with pytest.raises(ValueError, match=message):
            function(**arguments)
