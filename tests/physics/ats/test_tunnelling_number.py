"""The laws (15) and (16) of the tunnelling number, alone and inside the ATS term."""

import mpmath as mp
import numpy as np
import pytest

from glasspara.physics.ats import (
    T_REFERENCE,
    AtsParameters,
    Law15,
    Law16,
    ats_magnetisation,
    ats_term,
    ats_term_gradient,
    reduced_tunnelling_number,
    tunnelling_number_ratio,
)
from tests.physics.ats.literal import BK7, number_ratio, precise

OFFSETS = np.array([-3, -2, -1, 1, 2, 3])
WEIGHTS = np.array([-1, 9, -45, 45, -9, 1]) / 60
CUTOFFS = {name: value for name, value in BK7.items() if name != "delta_mu"}
# Both signs of both, a number that grows with temperature and one that falls.
LAW_16 = [(0.05, 2.0), (0.3, -1.5), (-0.4, 3.0), (-2.0, -0.7), (0.9, -8.0), (1e-4, 6.0), (0.2, 0.0)]


def systems(law, **options):
    """BK7's with another law."""
    return AtsParameters(**CUTOFFS, **law._asdict(), **options)


def test_reduced_tunnelling_number():
    assert reduced_tunnelling_number(1.26, 0.7) == 1
    assert reduced_tunnelling_number(4.5, 0.319) == pytest.approx(
        np.exp(-0.319 * (1 / 4.5 - 1 / 1.26)), rel=1e-15
    )
    np.testing.assert_array_equal(reduced_tunnelling_number([1.0, 100.0], 0.0), 1.0)


@pytest.mark.parametrize(("gamma_tunn", "e0_tunn"), LAW_16)
def test_law_16_against_forty_digits(gamma_tunn, e0_tunn):
    T = np.array([0.8, 1.0, 1.26, 1.2600001, 4.5, 20.0, 400.0])
    law = Law16(gamma_tunn, e0_tunn)
    with mp.workdps(40):
        exact = [number_ratio(one, gamma_tunn=gamma_tunn, e0_tunn=e0_tunn) for one in T]
        # Measured: 3.2e-15, the rounding of 1 - x where the number falls to a tenth.
        for value, expected in zip(tunnelling_number_ratio(T, law=law), exact, strict=True):
            assert abs(float(value / expected - 1)) < 6e-15
    assert tunnelling_number_ratio(T_REFERENCE, law=law) == 1


@pytest.mark.parametrize("law", [Law15(0.319), *(Law16(*pair) for pair in LAW_16)])
def test_slopes_against_differences(law):
    T = np.array([0.9, 1.26, 4.5, 300.0])
    slopes = law.log_slopes(T)
    analytic = dict(zip(("T", *law._fields), (slopes.by_temperature, *slopes.by_parameters), strict=True))
    for i, one in enumerate(T):
        arguments = {"T": one} | law._asdict()
        for name, slope in analytic.items():
            step = 1e-3 * (abs(arguments[name]) or 1.0)
            moved = arguments | {name: arguments[name] + OFFSETS * step}
            log_s = type(law)(**{key: moved[key] for key in law._fields}).log_ratio(np.asarray(moved["T"]))
            # Measured: 2.9e-11 relative at a small slope, the differences'.
            assert float(log_s @ WEIGHTS) / step == pytest.approx(float(slope[i]), rel=1e-10, abs=3e-12), name


def test_warm_data_see_one_combination_of_law_16():
    # T well above |E0|: (16) is (15) with delta_mu = gamma E0/(1 - gamma), up to (E0/T)^2 and a factor.
    T = np.array([100.0, 200.0, 400.0])
    log_s = Law16(0.2, 2.0).log_ratio(T)
    single = Law15(0.2 * 2.0 / 0.8).log_ratio(T)
    drift = (log_s - log_s[-1]) - (single - single[-1])
    # Measured: 1.0 % and 0.6 % off the next order, gamma (E0/T)^2/2(1 - gamma)^2.
    np.testing.assert_allclose(drift, -0.5 * 0.2 / 0.8**2 * ((2.0 / T) ** 2 - (2.0 / 400.0) ** 2), rtol=0.015)


@pytest.mark.parametrize(
    ("law", "T", "message"),
    [
        (Law16(0.5, 2.0), 4.5, r"\(16\) is not positive at T = 1.26 K"),
        (Law16(0.1, 2.0), [4.5, 0.5, 0.8], r"\(16\) is not positive at T = 0.8 K: gamma_tunn exp"),
        (Law16(1.2, -0.1), 300.0, r"\(16\) is not positive at T = 1.26 K"),
        (Law16(1e-9, 300.0), 1.0, "e0_tunn is out of any physical range"),
        (Law16(-1e-3, 100.0), 0.55, r"\(16\) would overflow"),
        (Law16(np.nan, 1.0), 4.5, "gamma_tunn must be finite"),
        (Law16(0.1, np.inf), 4.5, "e0_tunn must be finite"),
        (Law16(0.1, 1.0), -4.5, "T must be positive"),
        (Law15(-200.0), 0.1, "delta_mu is out of any physical range"),
    ],
)
def test_a_number_that_cannot_be_is_refused(law, T, message):
    with pytest.raises(ValueError, match=message):
        tunnelling_number_ratio(T, law=law)
    for function in (ats_term, ats_term_gradient):
        with pytest.raises(ValueError, match=message):
            function(T, 1e4, systems(law))


@pytest.mark.parametrize("law", [Law15(0.319), Law16(0.2, -1.5)])
def test_law_of_the_parameters(law):
    assert systems(law).law == law
    assert Law15._fields == ("delta_mu",)
    assert Law16._fields == ("gamma_tunn", "e0_tunn")


@pytest.mark.parametrize("orientation", ["isotropic", "aligned", "rms"])
def test_constant_number_by_both_laws(orientation):
    T, H = np.geomspace(0.5, 300, 9), 2e4
    expected = ats_magnetisation(T, H, **CUTOFFS, delta_mu=0.0, orientation=orientation)
    for law in (Law15(0.0), Law16(0.0, 3.0), Law16(0.4, 0.0)):
        value = ats_term(T, H, systems(law, orientation=orientation))
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("orientation", ["isotropic", "aligned", "rms"])
def test_magnetisation_by_16_in_forty_digits(orientation):
    rng = np.random.default_rng(16)
    worst = 0.0
    for gamma_tunn, e0_tunn in LAW_16[: 2 if orientation == "isotropic" else None]:
        T, H = np.exp(rng.uniform(np.log(0.8), np.log(400.0))), np.exp(rng.uniform(0.0, np.log(1.6e5)))
        law = {"gamma_tunn": gamma_tunn, "e0_tunn": e0_tunn}
        expected = precise(T, H, **CUTOFFS, **law, orientation=orientation)
        value = float(ats_term(T, H, AtsParameters(**CUTOFFS, **law, orientation=orientation)))
        worst = max(worst, abs(float(value / expected - 1)))
    # Measured: 4e-15; 1.4e-14 with NumPy 1.26, whose functions round otherwise.
    assert worst < 2e-14


@pytest.mark.parametrize("pair", LAW_16)
def test_gradient_by_16(pair):
    law = Law16(*pair)
    T, H = np.array([1.0, 4.5, 60.0]), 2e4
    value, gradient = ats_term_gradient(T, H, systems(law))
    np.testing.assert_allclose(value, ats_term(T, H, systems(law)), rtol=1e-15)
    assert set(gradient) == {*CUTOFFS, "gamma_tunn", "e0_tunn", "T", "H"}
    for name in ("gamma_tunn", "e0_tunn", "T"):
        for i in range(3):
            arguments = {"T": T[i]} | law._asdict()
            step = 2e-3 * (abs(arguments[name]) or 1.0)
            arguments[name] = arguments[name] + OFFSETS * step
            moved = Law16(arguments["gamma_tunn"], arguments["e0_tunn"])
            values = ats_term(arguments["T"], H, systems(moved))
            scale = max(abs(gradient[name][i]), 1e-3 * value[i])
            # Measured: 1.6e-10, the differences'.
            assert abs(float(values @ WEIGHTS) / step - gradient[name][i]) < 1e-9 * scale, name


def test_law_parameters_broadcast():
    law = Law16(np.array([0.1, 0.2, 0.3])[:, None], -1.0)
    value = ats_term([2.0, 4.5], 1e4, systems(law))
    assert value.shape == (3, 2)
    one = ats_term(4.5, 1e4, systems(Law16(0.2, -1.0)))
    assert value[1, 1] == pytest.approx(float(one), rel=1e-14)
