"""What follows from fitted parameters: closed forms, errors with correlations, assumptions by name."""

from __future__ import annotations

import json
from dataclasses import replace
from math import pi

import numpy as np
import pytest

from glasspara.analysis.derive.consequences import derive
from glasspara.analysis.derive.fitted_values import FittedValues, read_fit, values_of_fit, values_of_preset
from glasspara.analysis.derive.quantities import DEFAULTS, assume
from glasspara.analysis.fit.blocks import FitBlock
from glasspara.errors import InputError, UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.report import SCHEMA_VERSION
from glasspara.report.block import fill
from glasspara.simulation.datasets import BK7, fixed_field
from glasspara.units import BOLTZMANN, FLUX_QUANTUM

NAMES = ("n_fe2", "n_fe3", "chi_larmor", "n_ats", "d_min", "d0min_qs4", "d0max_qs4", "delta_mu")
VALUES = {name: BK7[name] for name in NAMES}


def source(errors=None, correlation=None, **values) -> FittedValues:
    errors = errors or {}
    names = tuple(errors)
    size = np.array([errors[name] for name in names])
    matrix = np.eye(len(names)) if correlation is None else np.array(correlation)
    everything = {**VALUES, **values}
    return FittedValues(
        everything, names, matrix * np.outer(size, size), frozenset(set(everything) - set(names)), "etm", "paper",
        "isotropic", "test", "good", True,
    )  # fmt: skip


def codes(findings):
    return {item.code: item for item in findings}


def test_published_parameters_give_the_closed_forms():
    result = derive(source(), assume({}), temperatures=(4.5,))
    mean = 0.5 * (2.717e5 + 2.925e5)
    assert result.quantity("d0_mean_qs4").value == pytest.approx(mean)
    phase = 2 * pi * 1e-24 / FLUX_QUANTUM
    assert result.quantity("gap_field").value == pytest.approx(0.02671 / (phase * mean))
    assert result.quantity("b_star").value == pytest.approx(
        FLUX_QUANTUM / (2 * pi * 1e-20 * 10**4.5 / 10**0.5 * 3**0.5)
    )
    area = result.quantity("s4")
    assert (area.low, area.high) == pytest.approx((1e4 / 600, 3e4 / 20))
    amplitude = result.quantity("d0_mean")
    assert (amplitude.low, amplitude.high) == pytest.approx((mean / 3e4, mean / 1e4))
    count = result.quantity("particles_per_gram")
    assert (count.low, count.high) == pytest.approx((20 * 1.352e16, 600 * 1.352e16))
    # kT >> D_min at 4.5 K: (12) is the warm limit
    warm, whole, cold = (
        result.quantity(name, 4.5).value for name in ("chi_ats_warm", "chi_ats", "chi_ats_cold")
    )
    assert warm == pytest.approx(whole, rel=1e-4)
    assert cold > 10 * whole
    assert result.quantity("low_t_slope").value == pytest.approx(result.quantity("g").value / 0.02671)
    assert all(check.holds for check in result.checks)
    assert result.assessment.status == "derived"
    assert "N_tunn is not determined by magnetisation" in result.assessment.reasons[0].text


@pytest.mark.parametrize("given", [None, 0.5])
def test_both_values_of_p_star_are_shown_beside_the_one_that_is_taken(given):
    result = derive(source(), assume({} if given is None else {"p_star": (given, given)}))
    n_ats = VALUES["n_ats"]
    assert result.quantity("systems_per_gram").value == pytest.approx(n_ats / (given or 1.0))
    assert result.quantity("systems_per_gram").needs == ("p_star",)
    for name in ("systems_per_gram", "particles_per_gram", "oxygen_share"):
        taken = result.quantity(name)
        one, other = (result.quantity(f"{name}_p_star_{label}") for label in ("1", "1_2pi"))
        assert "p_star" not in (*one.needs, *other.needs)
        assert taken.value == pytest.approx(one.value / (given or 1.0))
        assert other.value == pytest.approx(2 * pi * one.value)
        assert other.text.endswith("if P* = 1/(2 pi)")
    said = codes(result.notes)["derive.p-star"]
    assert said.values["low"] == (given or 1.0)
    assert said.values["if_1_2pi"] == pytest.approx(2 * pi * n_ats)


@pytest.mark.parametrize(("convention", "factor"), [("paper", 2.0), ("exact", 1.0)])
def test_equations_are_marked_with_the_factor_of_the_convention(convention, factor):
    """(12) as printed is the exact one: its integral at 4.5 K is that of (13) with the logarithm."""
    result = derive(replace(source(), convention=convention), assume({}), temperatures=(4.5,))
    growth = np.exp(-0.319 * (1 / 4.5 - 1 / 1.26))
    d_min = 0.02671 * growth
    integral = (np.log(2 * 4.5 / d_min) + 0.790495) / (2 * 4.5)
    squares = (2.925e5**2 - 2.717e5**2) * growth**6 * (1e-24 / FLUX_QUANTUM) ** 2
    printed = 2 * pi**3 / 3 * VALUES["n_ats"] * squares * integral * BOLTZMANN
    found = result.quantity("chi_ats_warm", 4.5)
    assert found.value == pytest.approx(factor * printed, rel=1e-5)
    assert ("2 x (13)" in found.text) == (factor == 2.0)
    assert ("2 x (12)" in result.quantity("g").text) == (factor == 2.0)
    assert codes(result.notes)["derive.convention"].values["factor"] == factor


def test_largest_d_is_the_maximum_over_temperature():
    T = np.geomspace(0.01, 10.0, 20001)
    d = 0.02671 * np.exp(-0.319 * (1 / T - 1 / 1.26)) / (2 * T)
    result = derive(source(), assume({}))
    assert result.quantity("largest_d").value == pytest.approx(d.max(), rel=1e-6)
    assert "derive.cold-limit-not-reached" in codes(result.notes)
    with pytest.raises(KeyError):
        derive(source(delta_mu=0.0), assume({})).quantity("largest_d")


def test_errors_carry_correlations():
    """Cutoffs of one fit move together: their difference is far better known than independent errors say."""
    errors = {"d0min_qs4": 5e3, "d0max_qs4": 5e3}
    alone = derive(source(errors), assume({})).quantity("ats_amplitude")
    together = derive(source(errors, [[1.0, 0.99], [0.99, 1.0]]), assume({})).quantity("ats_amplitude")
    assert alone.error == pytest.approx(1.352e16 * 5e3 * np.sqrt(2.0))
    assert together.error == pytest.approx(0.1 * alone.error)
    assert derive(source(errors), assume({})).quantity("void_volume").error is None
    # the product of systems and particles is as well known as n_ats
    counted = derive(source({"n_ats": 1.352e15}), assume({})).quantity("particles_per_gram")
    assert counted.error / counted.value == pytest.approx(0.1)


def test_cutoffs_that_nearly_touch_have_errors():
    """No difference by which slopes are taken reaches beyond the other cutoff."""
    errors = {"d0min_qs4": 5e3, "d0max_qs4": 5e3}
    found = derive(source(errors, d0max_qs4=2.717e5 * (1 + 1e-6)), assume({})).quantity("ats_amplitude")
    assert found.error == pytest.approx(1.352e16 * 5e3 * np.sqrt(2.0), rel=1e-4)


def test_what_the_fit_does_not_fix_is_named():
    result = derive(source({"d_min": 0.02}), assume({}))
    assert not result.quantity("low_t_slope").determined
    assert "low_t_slope" in codes(result.notes)["derive.not-determined"].values["quantities"]
    assert "derive.n-ats-held" in codes(result.notes)


def test_measured_area_replaces_the_assumption():
    for values, expected in (({"qs4": 2e4}, 2e4), ({"b_star": 3.29106}, 2e4)):
        result = derive(source({next(iter(values)): 0.1 * next(iter(values.values()))}, **values), assume({}))
        assert result.qs4_measured
        assert "qs4" not in result.assumptions
        found = result.quantity("qs4")
        assert found.value == pytest.approx(expected, rel=1e-4)
        assert found.error == pytest.approx(0.1 * expected, rel=1e-2)
        assert found.needs == ()


def test_given_amplitude_and_area_give_the_number():
    result = derive(source(), assume({}), d0=10.0, area_per_particle=3.0)
    qs4 = 0.5 * (2.717e5 + 2.925e5) / 10.0
    assert result.quantity("n_tunn").value == pytest.approx(np.sqrt(qs4 / 3.0))
    assert result.quantity("s4_per_particle").value == pytest.approx(3.0)
    assert {"n_tunn", "qs4"} & set(result.assumptions) == set()
    assert result.checks[-1].holds
    tiny = derive(source(), assume({}), d0=10.0, area_per_particle=1e-3)
    assert tiny.checks[-1].holds is False
    assert tiny.assessment.status == "conflict"
    assert tiny.assessment.trusted
    assert tiny.assessment.reasons[-1].code == "derive.n-tunn-in-literature-fails"


def test_assumptions_have_sources_and_must_be_positive():
    assert all(item.source for item in DEFAULTS)
    assert assume({"xi": (30.0, 31.0)})["xi"].given
    for wrong in ((0.0, 1.0), (2.0, 1.0), (1.0, float("inf"))):
        with pytest.raises(UsageError, match="positive"):
            assume({"xi": wrong})


def test_preset_without_tunnelling_or_errors():
    with pytest.raises(InputError, match="no ATS term"):
        values_of_preset("pure-ll")
    assert list(codes(values_of_preset("duran-like").notes)) == ["derive.preset-without-errors"]
    assert list(codes(values_of_preset("BK7").notes)) == ["derive.preset-without-correlations"]


@pytest.fixture(scope="module")
def finished():
    data = fixed_field(BK7, np.random.default_rng(41), temperatures=tuple(np.geomspace(2.0, 300.0, 25)))
    return fit(data, FitSettings())


def test_report_and_fit_say_the_same(finished, tmp_path):
    document = {
        "command": "fit", "schema_version": SCHEMA_VERSION, "inputs": [], "model": "etm", "convention": "paper",
        "orientation": "isotropic", "fits": [fill(FitBlock, finished)] * 2,
    }  # fmt: skip
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageError, match="--fit-number"):
        read_fit(str(path))
    with pytest.raises(UsageError, match="holds 2"):
        read_fit(str(path), fit=3)
    read = read_fit(str(path), fit=2)
    direct = values_of_fit(finished)
    first, second = (derive(item, assume({})) for item in (read, direct))
    for one, other in zip(first.quantities, second.quantities, strict=True):
        assert one.value == pytest.approx(other.value, rel=1e-12)
        assert one.error == (None if other.error is None else pytest.approx(other.error, rel=1e-6))
    amplitude = first.quantity("ats_amplitude")
    assert amplitude.error == pytest.approx(finished.derived["ats_amplitude"].error, rel=1e-3)


def test_damaged_reports_are_refused(finished, tmp_path):
    path = tmp_path / "report.json"
    whole = {
        "command": "fit", "schema_version": SCHEMA_VERSION, "inputs": [], "model": "etm", "convention": "paper",
        "orientation": "isotropic", "fits": [fill(FitBlock, finished)],
    }  # fmt: skip
    text = json.dumps(whole)
    for content, message in (
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a report"),
        (json.dumps({**whole, "command": "compare"}), "not a report"),
        (json.dumps({**whole, "schema_version": 1}), "schema version"),
        (json.dumps({**whole, "fits": []}), "no fit"),
        (json.dumps({**whole, "fits": [3]}), "damaged"),
        (json.dumps({**whole, "inputs": [{"path": "a.dat", "sha256": "0", "true_field": -1.0}]}), "damaged"),
        (text.replace('"parameters"', '"others"', 1), "damaged"),
        (json.dumps({**whole, "fits": [{**whole["fits"][0], "parameters": []}]}), "damaged"),
        (text.replace('"matrix": [[', '"matrix": [[1.0, ', 1), "damaged"),
        (text.replace('"value": ', '"value": "x", "was": ', 1), "damaged"),
        (text.replace('"value": ', '"value": 1e308, "was": ', 1), "damaged"),
        (text.replace('"value": ', f'"value": {10**400}, "was": ', 1), "damaged"),
        (text.replace('"matrix": [[1.0', '"matrix": [[-1.0', 1), "damaged"),
        (text.replace('"matrix": [[1.0', '"matrix": [[1e308', 1), "damaged"),
        (text.replace('"paper"', '"pap\\u001ber"', 1), "damaged"),
        (text.replace('"isotropic"', "null", 1), "damaged"),
    ):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match=message):
            read_fit(str(path))
    with pytest.raises(InputError, match="no such file"):
        read_fit(str(tmp_path / "nothing.json"))


def test_what_no_data_need_is_no_finding():
    errors = {"d0min_qs4": 2e5, "d0max_qs4": 2e5}
    result = derive(replace(source(errors), status="term-not-needed"), assume({}))
    assert "derive.term-not-needed" in codes(result.notes)
    assert "derive.d0-not-determined" in codes(result.assessment.reasons)
    assert not any(check.condition.code == "derive.d0-above-d-min" for check in result.checks)


def test_conflicts_are_said_with_their_numbers():
    result = derive(source(), assume({"qs4": (1e6, 1e6), "n_tunn": (1.0, 1.0), "oxygen": (1e15, 1e15)}))
    texts = {code: item.text for code, item in codes(result.assessment.reasons).items()}
    assert result.assessment.status == "conflict"
    assert "S4 is 1e+06 Å²" in texts["derive.s4-in-void-fails"]
    assert "13.5 times as many particles" in texts["derive.enough-oxygen-fails"]


def test_table_as_a_frame():
    result = derive(source(), assume({}))
    frame = result.to_frame()
    assert list(frame["quantity"]) == [item.name for item in result.quantities]
    assert list(frame["value_in_unit"]) == [item.value for item in result.quantities]
