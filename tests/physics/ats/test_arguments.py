"""What the ATS functions take and refuse: broadcasting, chunks, memory, warnings, errors."""

import subprocess
import sys
import tracemalloc
import warnings

import numpy as np
import pytest

from glasspara.physics.ats import (
    AtsParameters,
    ats_magnetisation,
    ats_term_gradient,
    ats_weak_field_susceptibility,
    magnetisation,
    reduced_tunnelling_number,
)
from tests.physics.ats.literal import BK7, ats_gradient


def test_everything_broadcasts():
    T = np.array([2.0, 4.5, 20.0])[:, None]
    parameters = BK7 | {"d_min": np.array([0.01, 0.02, 3.0, 200.0]), "delta_mu": np.full((2, 1, 1), 0.2)}
    value = ats_magnetisation(T, 1e4, **parameters)
    assert value.shape == (2, 3, 4)
    one = ats_magnetisation(4.5, 1e4, **(BK7 | {"d_min": 3.0, "delta_mu": 0.2}))
    assert value[1, 1, 2] == pytest.approx(float(one), rel=1e-14)
    assert ats_magnetisation(4.5, 1e4, **BK7).shape == ()
    assert ats_magnetisation([4.5], 1e4, **BK7).shape == (1,)
    assert ats_magnetisation(np.empty((0, 3)), 1e4, **BK7).shape == (0, 3)


@pytest.mark.parametrize("orientation", ["isotropic", "aligned"])
def test_close_and_distant_cutoffs_in_one_array(orientation):
    upper = 271700.0 * np.array([1.0, 1.0001, 1.0029, 1.0031, 1.1, 5.0])
    value, gradient = ats_gradient(4.5, 2e4, **(BK7 | {"d0max_qs4": upper}), orientation=orientation)
    for i, one in enumerate(upper):
        single, slopes = ats_gradient(4.5, 2e4, **(BK7 | {"d0max_qs4": one}), orientation=orientation)
        assert value[i] == pytest.approx(float(single), rel=1e-14)
        for name in slopes:
            assert gradient[name][i] == pytest.approx(float(slopes[name]), rel=1e-13)


def test_a_point_does_not_depend_on_its_company(monkeypatch):
    rng = np.random.default_rng(5)
    T, H = np.exp(rng.uniform(np.log(0.05), np.log(400), 500)), rng.uniform(-7e4, 7e4, 500)
    together = ats_magnetisation(T, H, **BK7)
    monkeypatch.setattr(magnetisation, "_CHUNK", 7)
    # Measured: no difference, but the terms left out of a series do depend on the largest d of a chunk.
    np.testing.assert_allclose(ats_magnetisation(T, H, **BK7), together, rtol=1e-14)


@pytest.mark.parametrize(
    ("function", "limit"),
    # Measured: 27 MB, of which 24 are the arguments and the result; 91 MB, of which 64 are the eight results.
    [(ats_magnetisation, 60e6), (ats_gradient, 200e6)],
)
def test_memory_is_bounded(function, limit):
    T, H = np.linspace(2, 300, 1000)[:, None], np.linspace(100, 65000, 1000)
    function(4.5, 1e4, **BK7)
    tracemalloc.start()
    function(T, H, **BK7)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < limit


def test_no_numpy_warning_anywhere():
    rng = np.random.default_rng(9)
    n = 3000
    T = np.exp(rng.uniform(np.log(0.05), np.log(400), n))
    lower = np.exp(rng.uniform(np.log(1e3), np.log(1e7), n)) * (rng.random(n) > 0.1)
    parameters = {
        "n_ats": 1e16,
        "d_min": np.exp(rng.uniform(np.log(1e-6), np.log(100), n)),
        "d0min_qs4": lower,
        "d0max_qs4": lower * (1 + np.exp(rng.uniform(np.log(1e-9), np.log(100), n))),
        "delta_mu": rng.uniform(0, 10, n),
    }
    H = rng.uniform(-1.6e5, 1.6e5, n) * (rng.random(n) > 0.1)
    with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        for orientation in ("isotropic", "aligned", "rms"):
            value, gradient = ats_gradient(T, H, **parameters, orientation=orientation)
            assert np.isfinite(value).all()
            assert all(np.isfinite(part).all() for part in gradient.values())
        parameters.pop("delta_mu")
        # a number that grows, falls, or falls to a thousandth on cooling
        for gamma, energy in ((0.3, -2.0), (-0.3, -2.0), (0.999, -1e-3)):
            law = {"gamma_tunn": gamma * rng.random(n), "e0_tunn": energy * rng.random(n)}
            value, gradient = ats_term_gradient(T, H, AtsParameters(**parameters, **law))
            assert np.isfinite(value).all()
            assert all(np.isfinite(part).all() for part in gradient.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"T": 0.0}, "T must be positive"),
        ({"T": np.nan}, "T must be finite"),
        ({"H": np.inf}, "H must be finite"),
        ({"n_ats": np.nan}, "n_ats must be finite"),
        ({"d_min": 0.0}, "d_min must be positive"),
        ({"d_min": -1.0}, "d_min must be positive"),
        ({"d0min_qs4": -1.0}, "d0min_qs4 must not be negative"),
        ({"d0max_qs4": 2e5}, "d0max_qs4 must not be smaller than d0min_qs4"),
        ({"delta_mu": -200.0}, "delta_mu is out of any physical range"),
        ({"orientation": "sideways"}, "unknown orientation 'sideways'; known are isotropic, aligned, rms"),
        ({"convention": "mine"}, "unknown convention 'mine'; known are paper, exact"),
    ],
)
def test_nonsense_is_refused(change, message):
    arguments = {"T": 0.5, "H": 1e4} | BK7 | change
    if "delta_mu" in change:
        arguments["T"] = 0.1
    for function in (ats_magnetisation, ats_gradient):
        with pytest.raises(ValueError, match=message):
            function(**arguments)


@pytest.mark.parametrize(
    "law", [{}, {"delta_mu": 0.3, "e0_tunn": 1.0}, {"gamma_tunn": 0.1}, {"e0_tunn": 1.0}], ids=str
)
def test_parameters_of_both_laws_or_of_neither_are_refused(law):
    cutoffs = {name: value for name, value in BK7.items() if name != "delta_mu"}
    with pytest.raises(
        ValueError, match=r"give either delta_mu of \(15\), or gamma_tunn and e0_tunn of \(16\)"
    ):
        AtsParameters(**cutoffs, **law)


def test_susceptibility_and_tunnelling_number_refuse_too():
    with pytest.raises(ValueError, match="d_min must be positive"):
        ats_weak_field_susceptibility(4.5, **(BK7 | {"d_min": 0.0}))
    with pytest.raises(ValueError, match="T must be positive"):
        reduced_tunnelling_number(-1.0, 0.3)
    with pytest.raises(ValueError, match="delta_mu must be finite"):
        reduced_tunnelling_number(1.0, np.inf)


def test_the_room_loads_nothing_beyond_numpy():
    code = (
        "import sys, glasspara.physics.ats, glasspara.physics.three_level.magnetisation\n"
        "print(sorted({'scipy', 'pandas', 'matplotlib', 'iminuit', 'typer', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
