"""The three-level term against matrices and brute-force quadrature, its limits, symmetries and derivatives."""

import numpy as np
import pytest
from scipy import integrate

from glasspara import three_level_magnetisation
from glasspara.physics.ats import AtsParameters, ats_magnetisation, characteristic_field
from glasspara.physics.three_level.magnetisation import three_level_term, three_level_term_gradient
from tests.physics.ats.literal import BK7, BOLTZMANN, ats_gradient
from tests.physics.three_level.literal import literal

WARM = {"n_ats": 1e16, "d_min": 0.4, "d0min_qs4": 2e4, "d0max_qs4": 6e4, "delta_mu": 1.0, "qs4": 2e4}
POINTS = {
    "typical": BK7 | {"T": 4.5, "H": 2e4, "qs4": 2e4},
    "typical, aligned": BK7 | {"T": 4.5, "H": 2e4, "qs4": 2e4, "orientation": "aligned"},
    "typical, rms": BK7 | {"T": 4.5, "H": 2e4, "qs4": 2e4, "orientation": "rms"},
    "weak field": BK7 | {"T": 2.0, "H": 1.0, "qs4": 1e4},
    "small area": BK7 | {"T": 4.5, "H": 2e4, "qs4": 1e3},
    "extreme amplitude": BK7 | {"T": 1.0, "H": 1.6e5, "qs4": 3e2, "d0max_qs4": 1e6, "d0min_qs4": 9.9e5},
    "half a period": BK7 | {"T": 2.0, "H": 6e4, "qs4": 3.5e4},
    "several periods": BK7 | {"T": 2.0, "H": 1.2e5, "qs4": 6e4, "d_min": 0.3},
    "several periods, aligned": BK7 | {"T": 2.0, "H": 1.2e5, "qs4": 6e4, "orientation": "aligned"},
    "upper cutoff": BK7 | {"T": 4.5, "H": 2e4, "qs4": 2e4, "d_max": 40.0},
    "upper cutoff, aligned": BK7 | {"T": 4.5, "H": 4e4, "qs4": 2e4, "d_max": 25.0, "orientation": "aligned"},
    "upper cutoff below kT": BK7 | {"T": 300.0, "H": 2e4, "qs4": 2e4, "d_max": 40.0},
    "warm, wide": WARM | {"T": 10.0, "H": 3e4, "d0min_qs4": 6e2},
    "large D_min": WARM | {"T": 1.3, "H": 3e4, "d_min": 1.5, "delta_mu": 0.0},
}
OFFSETS = np.array([-3, -2, -1, 1, 2, 3])
WEIGHTS = np.array([-1, 9, -45, 45, -9, 1]) / 60


def three_level_gradient(T, H, *, qs4, d_max=np.inf, **parameters):
    """The term and its gradient, with the keywords of ``three_level_magnetisation``."""
    return three_level_term_gradient(T, H, AtsParameters(**parameters), qs4=qs4, d_max=d_max)


@pytest.mark.parametrize("name", POINTS)
def test_agrees_with_matrices_and_quadrature(name):
    expected = literal(**POINTS[name])
    # Measured: 2e-7 at most, 5e-8 without "large D_min".
    assert three_level_magnetisation(**POINTS[name], convention="exact") == pytest.approx(expected, rel=3e-7)


def test_random_points_of_the_whole_range():
    rng = np.random.default_rng(7)

    def between(low, high):
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    worst = 0.0
    for _ in range(4):
        upper, area, lower = between(1e4, 1e6), between(3e2, 3e4), between(1.001, 100)
        parameters = {
            "n_ats": 1e16,
            "d_min": between(1e-3, 1.0),
            "d0min_qs4": upper / lower,
            "d0max_qs4": upper,
            "delta_mu": rng.uniform(0, 2),
            "qs4": area,
            "T": between(1, 100),
            "H": between(1, 1.6e5),
        }
        value = three_level_magnetisation(**parameters, convention="exact")
        worst = max(worst, abs(float(value) / literal(**parameters) - 1))
    assert worst < 2e-7  # measured: see docs/theory.md, 1.5e-7 over a wider range


def test_two_level_limit_is_one_half_of_the_printed_form():
    fields = np.array([10.0, 1e3, 2e4])
    half = ats_magnetisation(4.5, fields, **BK7, convention="exact")
    deviation = [
        three_level_magnetisation(4.5, fields, **BK7, qs4=area, convention="exact") / half - 1
        for area in (200.0, 100.0, 50.0)
    ]
    # The deviation goes as qs4 ln(1/qs4): it halves, nearly.
    assert np.abs(deviation[2]).max() < 8.1e-4  # measured: 7.98e-4
    assert np.all(np.abs(deviation[1] / deviation[0] - 0.53) < 0.02)
    assert np.all(np.abs(deviation[2] / deviation[1] - 0.53) < 0.02)


def test_direct_average_of_the_literature_parameters():
    parameters = BK7 | {"qs4": 1e3, "convention": "exact"}
    value = three_level_magnetisation(4.5, 1e3, **parameters, d_max=3 * 292.5)
    assert value == pytest.approx(5.584e-5, rel=1e-4)
    assert ats_magnetisation(4.5, 1e3, **BK7, convention="exact") == pytest.approx(5.638e-5, rel=1e-4)


def test_conventions_differ_by_two_and_the_field_is_odd():
    fields = np.array([1e-3, 10.0, 2e4, 1.5e5])
    for orientation in ("isotropic", "aligned", "rms"):
        options = BK7 | {"qs4": 2e4, "orientation": orientation}
        value = three_level_magnetisation(4.5, fields, **options)
        assert np.array_equal(value, -three_level_magnetisation(4.5, -fields, **options))
        assert np.array_equal(
            value, 2 * three_level_magnetisation(4.5, fields, **options, convention="exact")
        )
    assert three_level_magnetisation(4.5, 0.0, **BK7, qs4=2e4) == 0
    assert np.all(three_level_magnetisation(4.5, fields, **(BK7 | {"n_ats": 0.0}), qs4=2e4) == 0)
    assert np.all(three_level_magnetisation(4.5, fields, **(BK7 | {"d0max_qs4": 271700.0}), qs4=2e4) == 0)


def test_weak_fields_keep_their_digits():
    weak = three_level_magnetisation(4.5, np.array([1e-6, 1e-3, 1.0]), **BK7, qs4=2e4)
    slopes = weak / np.array([1e-6, 1e-3, 1.0])
    assert np.ptp(slopes) < 1e-8 * slopes[0]  # the curvature of the last, 4e-10


def test_period_and_antisymmetry_of_aligned_loops():
    # One direction: M B/phi is odd about half a flux quantum and has the period of one.
    period = 2 * np.pi * float(characteristic_field(2e4)) * 1e4
    options = BK7 | {"delta_mu": 0.0, "qs4": 2e4, "orientation": "aligned"}
    field = np.array([0.1, 0.3, 0.49]) * period
    first = three_level_magnetisation(4.5, field, **options)
    assert three_level_magnetisation(4.5, period - field, **options) == pytest.approx(-first, rel=1e-10)
    assert three_level_magnetisation(4.5, period + field, **options) == pytest.approx(first, rel=1e-10)


def test_continuous_where_the_forms_change():
    edge = np.pi * float(characteristic_field(2e4)) * 1e4
    options = BK7 | {"delta_mu": 0.0, "qs4": 2e4}
    below, above = three_level_magnetisation(4.5, edge * (1 + 1e-12 * np.array([-1, 1])), **options)
    assert above == pytest.approx(below, rel=1e-8)  # measured: 4e-10
    upper = 2.0 * np.sqrt(2 / 3) * 4.5
    options = {**options, "d0min_qs4": 1e4, "d0max_qs4": 2e4}
    below, above = (
        three_level_magnetisation(4.5, 1e4, **options, d_max=upper * (1 + sign * 1e-12)) for sign in (-1, 1)
    )
    assert above == pytest.approx(below, rel=2e-7)


def test_shape_of_the_high_field_curve():
    fields = np.linspace(1e3, 6.5e4, 200)
    for area, peak in ((1e4, 46e3), (2e4, 30.7e3), (3e4, 24e3)):
        value = three_level_magnetisation(4.5, fields, **BK7, qs4=area)
        top = int(value.argmax())
        assert fields[top] == pytest.approx(peak, rel=0.02)
        assert np.all(np.diff(value[: top + 1]) > 0)
        assert np.all(np.diff(value[top:]) < 0)


def test_doublet_centre_is_diamagnetic():
    # For D -> 0 and kT << D_0 the levels are -D_0 cos(phi/3) -+ sqrt(3) D_0 sin(phi/3): each step of ln D_min takes
    # away the two-level magnetisation of the gap, and the part of the centre that (10) and (11) leave out.
    area, field, temperature = 1e4, 3e4, 1.0
    options = BK7 | {"delta_mu": 0.0, "d_min": 1e-4, "orientation": "aligned", "convention": "exact"}
    _, slopes = three_level_gradient(temperature, field, **options, qs4=area)
    phase = field * 1e-4 / float(characteristic_field(area))
    low, high = (np.sqrt(0.75) * options[name] / area for name in ("d0min_qs4", "d0max_qs4"))
    centre = (high - low) / 3 * np.sin(phase / 3)

    def gap_part(log_d0):
        d0 = np.exp(log_d0)
        c = np.sqrt(3) * d0 * np.sin(phase / 3) / temperature
        return np.tanh(c) * d0 / np.sqrt(3) * np.cos(phase / 3)

    gap = integrate.quad(gap_part, np.log(low), np.log(high))[0]
    expected = -2 * np.pi * options["n_ats"] * BOLTZMANN / field * phase * (gap - centre)
    assert options["d_min"] * slopes["d_min"] == pytest.approx(expected, rel=1e-6)
    assert centre > 0.08 * gap


def test_temperature_scales_areas_amplitudes_and_cutoffs():
    # s(T) of (15) put into the parameters by hand.
    s = np.exp(-0.319 * (1 / 4.5 - 1 / 1.26))
    by_hand = three_level_magnetisation(
        4.5,
        2e4,
        n_ats=1.352e16,
        d_min=0.02671 * s,
        d0min_qs4=271700.0 * s**3 / s**0,
        d0max_qs4=292500.0 * s**3,
        delta_mu=0.0,
        qs4=2e4 * s**2,
        d_max=40 * s,
    )
    assert three_level_magnetisation(4.5, 2e4, **BK7, qs4=2e4, d_max=40.0) == pytest.approx(
        float(by_hand), rel=1e-12
    )


@pytest.mark.parametrize("orientation", ["isotropic", "aligned", "rms"])
@pytest.mark.parametrize("name", [name for name in POINTS if "," not in name])
def test_gradient_against_central_differences(name, orientation):
    arguments = POINTS[name] | {"orientation": orientation}
    value, gradient = three_level_gradient(**arguments)
    assert value == pytest.approx(float(three_level_magnetisation(**arguments)), rel=1e-13)
    if "d_max" not in arguments:
        assert gradient.pop("d_max") == 0
    gap = arguments["d0max_qs4"] - arguments["d0min_qs4"]
    for key, derivative in gradient.items():
        size = gap if key.startswith("d0") else arguments[key] or 1.0
        values = three_level_magnetisation(**(arguments | {key: arguments[key] + OFFSETS * 5e-4 * size}))
        scale = max(abs(float(derivative)), 1e-3 * abs(float(value)) / size)
        # Measured: 1e-9 at worst, the differences'.
        assert abs(float(values @ WEIGHTS) / (5e-4 * size) - float(derivative)) < 1e-8 * scale, key


def test_zero_field_has_the_weak_field_slope():
    value, gradient = three_level_gradient(4.5, 0.0, **BK7, qs4=2e4)
    assert value == 0
    slope = float(three_level_magnetisation(4.5, 1e-3, **BK7, qs4=2e4)) / 1e-3
    assert gradient["H"] == pytest.approx(slope, rel=1e-12)
    assert all(gradient[name] == 0 for name in gradient if name != "H")


def test_arrays_laws_and_chunks_give_what_points_give():
    T, H, area = (
        np.geomspace(2, 300, 40)[:, None, None],
        np.linspace(-6e4, 6e4, 30)[:, None],
        np.array([1e3, 5e4]),
    )
    cutoffs = {key: value for key, value in BK7.items() if key != "delta_mu"}
    ats = AtsParameters(**cutoffs, gamma_tunn=0.3, e0_tunn=-0.5)
    value = three_level_term(T, H, ats, qs4=area, d_max=900.0)
    assert value.shape == (40, 30, 2)
    for i, j, k in ((0, 0, 0), (39, 29, 1), (17, 11, 1), (20, 3, 0)):
        one = three_level_term(T[i, 0, 0], H[j, 0], ats, qs4=area[k], d_max=900.0)
        assert value[i, j, k] == pytest.approx(float(one), rel=1e-9)  # terms of D_min below 1e-10 come and go
    assert three_level_magnetisation(np.ones((0, 3)), 1.0, **BK7, qs4=1e4).shape == (0, 3)


def test_finite_without_warnings_at_the_edges():
    rng = np.random.default_rng(2)
    T, H = np.exp(rng.uniform(0, 6, 2000)), np.exp(rng.uniform(-14, 16, 2000))
    for orientation in ("isotropic", "aligned"):
        for change in ({"qs4": 3e2}, {"qs4": 1e5}, {"qs4": 1e5, "d_max": 1e5}, {"qs4": 1e9, "d_max": 1.0}):
            value, gradient = three_level_gradient(T, H, **BK7, **change, orientation=orientation)
            assert np.isfinite(value).all()
            assert all(np.isfinite(part).all() for part in gradient.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"T": 0.0}, "T must be positive"),
        ({"qs4": 0.0}, "qs4 must be positive"),
        ({"qs4": np.nan}, "qs4 must be finite"),
        ({"d0min_qs4": 0.0}, "d0min_qs4 must be positive"),
        ({"d0min_qs4": 0.1}, "a million"),
        ({"d_max": 0.01}, "d_max"),
        ({"d_max": 20.0}, "d_max"),
        ({"d_max": np.nan}, "d_max"),
        ({"d_min": 8.0}, "D_min"),
        ({"qs4": 1.0}, "D_0max"),
        ({"orientation": "sideways"}, "orientation"),
        ({"convention": "other"}, "convention"),
    ],
)
def test_arguments_out_of_range_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        three_level_magnetisation(**(BK7 | {"T": 4.5, "H": 1e4, "qs4": 2e4} | change))


def test_deviation_from_the_two_level_form():
    # docs/theory.md, "Where the two-level form ends".
    for area, weak, at_20_koe in ((1e3, 0.9909, 0.9873), (1e4, 0.9269, 0.8921), (3e4, 0.8052, 0.6769)):
        ratio = three_level_magnetisation(4.5, [1.0, 2e4], **BK7, qs4=area) / ats_magnetisation(
            4.5, [1.0, 2e4], **BK7
        )
        assert ratio == pytest.approx([weak, at_20_koe], abs=1e-4)
    # and D_max makes up little of it
    ratio = three_level_magnetisation(4.5, 2e4, **BK7, qs4=1e4, d_max=3 * 29.25) / three_level_magnetisation(
        4.5, 2e4, **BK7, qs4=1e4
    )
    assert ratio == pytest.approx(0.9930, abs=1e-4)


def test_two_and_three_levels_have_the_same_derivatives_for_small_areas():
    _, three = three_level_gradient(4.5, 2e4, **BK7, qs4=100.0)
    _, two = ats_gradient(4.5, 2e4, **BK7)
    for name, slope in two.items():
        assert three[name] == pytest.approx(float(slope), rel=9e-3), name  # measured: 8.1e-3


def test_cutoffs_are_those_of_the_gap():
    # The same numbers taken for D and D_0 of (6), unscaled, are 36 % off.
    unscaled = BK7 | {
        "d_min": np.sqrt(2 / 3) * BK7["d_min"],
        "d0min_qs4": 2 / np.sqrt(3) * BK7["d0min_qs4"],
        "d0max_qs4": 2 / np.sqrt(3) * BK7["d0max_qs4"],
    }
    ratio = three_level_magnetisation(4.5, 1e3, **unscaled, qs4=1e3) / ats_magnetisation(4.5, 1e3, **BK7)
    assert ratio == pytest.approx(1.364, abs=1e-3)


def test_large_asymmetries_add_with_the_third_power_of_d0():
    # (10) has D_0^2/D: its tail falls as 1/D_max, that of three levels nearly as 1/D_max^2.
    options = BK7 | {"qs4": 1e4}
    cutoffs = 29.25 * np.array([100.0, 200.0])
    tails = 1 - three_level_magnetisation(1.0, 1e3, **options, d_max=cutoffs) / three_level_magnetisation(
        1.0, 1e3, **options
    )
    assert 1.8 < np.log2(tails[0] / tails[1]) < 2.05


def test_warm_systems_have_a_moment_of_third_order():
    options = BK7 | {"delta_mu": 0.0, "orientation": "aligned", "convention": "exact"}
    _, slopes = three_level_gradient(300.0, 3e4, **options, qs4=2e5)
    phase = 3.0 / float(characteristic_field(2e5))
    cubes = (
        np.diff([(np.sqrt(0.75) * options[name] / 2e5 / 300.0) ** 3 for name in ("d0min_qs4", "d0max_qs4")])[
            0
        ]
        / 3
    )
    expected = -2 * np.pi * options["n_ats"] * BOLTZMANN * 300.0 / 3e4 * phase * np.sin(phase) / 3 * cubes
    assert options["d_min"] * slopes["d_min"] == pytest.approx(
        expected, rel=2e-3
    )  # the next order in D_0/kT: 1.1e-3
