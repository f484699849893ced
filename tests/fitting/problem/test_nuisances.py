"""Nuisances of single runs and samples, constraints from outside the data, and Huber's loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.data import Dataset, ReducedRun
from glasspara.errors import UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model, evaluate
from glasspara.simulation.datasets import (
    BK7,
    FAULTS,
    PURE_LL,
    faulty,
    fixed_field,
    fixed_temperature,
    make_run,
)

ALL = {
    "field_offset": 20.0, "moment_offset": 1e-6, "drift": 1e-6, "temperature_scale": 0.005, "holder_chi": 1e-9,
    "mass_scale": 0.02,
}  # fmt: skip
SHAPE = {"d_min": BK7["d_min"], "delta_mu": BK7["delta_mu"]}
HELD = {**SHAPE, "n_ats": None}
T = np.geomspace(2.0, 300.0, 40)


def rng(seed=1):
    return np.random.default_rng(seed)


def of_mass(run: ReducedRun, mass_mg: float) -> ReducedRun:
    """``run`` as measured on another sample of ``mass_mg``."""
    return ReducedRun(run.run, mass_mg, run.magnetisation, run.sigma)


def codes(findings):
    return [item.code for item in findings]


def disturbed(field=0.0, scale=0.0, offset=0.0, lag=0.0, drift=0.0, *, seed=1, noise=1e-3):
    """Four runs on two samples; the second sample's mass is wrong by ``scale``, the first run's field by
    ``field`` Oe, its moment by ``offset`` emu and its temperatures by the share ``lag``; it drifts to ``drift``."""
    draw, runs = rng(seed), []
    for index, nominal in enumerate((1e3, 5e3, 2e4, 5e4)):
        H = np.full(T.shape, nominal)
        seen = H + (field if index == 0 else 0.0)
        warm = T * (1.0 + (lag if index == 0 else 0.0))
        true = evaluate(warm, seen, BK7, Model()).total
        true = true * (1.0 + (scale if index > 1 else 0.0)) + (offset if index == 0 else 0.0)
        true = true + (np.linspace(0.0, drift, T.size) if index == 0 else 0.0)
        sigma = np.hypot(noise * true, 1e-8)
        M = true + sigma * draw.standard_normal(T.size)
        runs.append(of_mass(make_run("fixed-field", nominal, T, H, M, sigma), 1000.0 + (index > 1)))
    return Dataset(tuple(runs))


def test_slopes_against_differences():
    data = disturbed()
    problem = FitSettings(nuisances=ALL).problem(data, {})
    assert problem.coordinates.nuisances[-2:] == ("mass_scale[1]", "mass_scale[2]")
    values = {name: BK7.get(name, 0.0) for name in problem.coordinates.reported} | {
        "field_offset[1]": 12.0, "field_offset[3]": -7.0, "moment_offset[2]": 3e-7, "mass_scale[2]": 0.01,
        "temperature_scale[4]": 0.003, "holder_chi[1]": 5e-10, "drift[3]": -4e-7,
    }  # fmt: skip
    point = problem.coordinates.from_reported(values)
    assert problem.coordinates.to_reported(point) == pytest.approx(values, rel=1e-12)
    _, jacobian = problem.residuals_and_jacobian(point)
    for column, size in enumerate(problem.coordinates.sizes):
        step = np.zeros(point.size)
        step[column] = 1e-4 * size
        slope = (problem.residuals(point + step) - problem.residuals(point - step)) / (2e-4 * size)
        assert jacobian[:, column] == pytest.approx(slope, rel=1e-5, abs=1e-6 * np.abs(slope).max())


def test_a_model_without_disturbance_is_the_plain_model():
    data = disturbed()
    plain, wide = FitSettings().problem(data, {}), FitSettings(nuisances=ALL).problem(data, {})
    values = {name: BK7.get(name, 0.0) for name in wide.coordinates.reported}
    assert wide.terms(values).total == pytest.approx(plain.terms(values).total, rel=1e-14)


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (
            {"field": 15.0, "lag": 0.005},
            {"field_offset[1]": 15.0, "temperature_scale[1]": 0.005, "temperature_scale[3]": 0.0},
        ),
        ({"drift": 2e-6}, {"drift[1]": 2e-6, "moment_offset[1]": 1e-6, "drift[2]": 0.0}),
        (
            {"offset": 2e-6, "scale": 0.02},
            {"moment_offset[1]": 2e-6, "mass_scale[2]": 0.02, "mass_scale[1]": 0.0},
        ),
    ],
)
def test_what_was_off_is_found(made, found):
    result = fit(disturbed(**made, seed=4), FitSettings(nuisances=ALL, fixed=HELD))
    assert result.assessment.status == "good"
    for name, truth in {**found, **{key: BK7[key] for key in ("chi_larmor", "n_fe2", "n_fe3")}}.items():
        item = result.parameters[name]
        assert abs(item.value - truth) < 2.0 * item.error, name  # measured: 1.4
    assert result.statistics.ndof == 160 - 5  # each nuisance brings its prior


def test_the_error_of_a_holder_enters_that_of_chi_larmor_and_no_other():
    data = fixed_field(BK7, rng(2))
    plain = fit(data, FitSettings(fixed=HELD))
    held = fit(data, FitSettings(nuisances={"holder_chi": 5e-9}, fixed=HELD))
    for name, item in held.parameters.items():
        if name in plain.parameters:
            extra = 5e-9 if name == "chi_larmor" else 0.0  # the runs are of 1 g
            known = plain.parameters[name].error or 0.0
            assert (item.error or 0.0) == pytest.approx(np.hypot(known, extra), rel=1e-3), name
    assert held.parameters["holder_chi[1]"].error == pytest.approx(5e-9, rel=1e-3)
    assert held.statistics.chi2 == pytest.approx(plain.statistics.chi2, rel=1e-6)
    assert held.ats_test.p_with_allowances is not None


def test_a_disturbance_that_is_not_allowed_for_biases():
    biased = fit(disturbed(field=30.0, seed=4), FitSettings(fixed=HELD))
    mended = fit(disturbed(field=30.0, seed=4), FitSettings(nuisances={"field_offset": 20.0}, fixed=HELD))
    assert biased.statistics.chi2 > 5.0 * mended.statistics.chi2
    assert mended.assessment.status == "good"


def test_the_mass_enters_the_errors():
    """With one sample its mass scales everything: n(Fe) and chi_larmor get the width of the prior."""
    data = fixed_field(BK7, rng(2))
    result = fit(data, FitSettings(nuisances={"mass_scale": 0.02}, fixed=HELD))
    for name in ("chi_larmor", "n_fe2"):
        assert result.parameters[name].error / result.parameters[name].value == pytest.approx(0.02, rel=0.15)
    assert result.determination.relative_errors["chi_larmor"] == pytest.approx(0.02, rel=0.15)
    assert "mass_scale[1]" not in result.determination.names


def test_a_measured_n_ats_counts_as_known():
    data = fixed_field(BK7, rng(2))
    result = fit(data, FitSettings(constrained={"n_ats": (1.352e16, 1.352e15)}, fixed=SHAPE))
    item = result.parameters["n_ats"]
    assert not item.fixed
    assert item.constraint.mean == 1.352e16
    assert item.error == pytest.approx(1.352e15, rel=0.02)
    assert result.assessment.status == "good"
    freed = fit(data, FitSettings(freed=frozenset({"n_ats"}), fixed=SHAPE))
    assert freed.assessment.status == "not-determined"


def test_a_constraint_on_the_partition():
    data = fixed_field(BK7, rng(2))
    free = fit(data, FitSettings(n_fe=(1.698e17, 0.02e17), fixed=HELD))
    x, error = free.parameters["fe2_fraction"].value, free.parameters["fe2_fraction"].error
    tied = fit(
        data,
        FitSettings(n_fe=(1.698e17, 0.02e17), constrained={"fe2_fraction": (x + error, error)}, fixed=HELD),
    )
    # two measurements of equal error: half way, and error / sqrt(2)
    assert tied.parameters["fe2_fraction"].value == pytest.approx(x + 0.5 * error, abs=0.05 * error)
    assert tied.parameters["fe2_fraction"].error == pytest.approx(error / np.sqrt(2.0), rel=0.05)


def with_jump(data: Dataset) -> Dataset:
    """``data`` with three wild points in one run."""
    run = data.runs[1]
    M = run.magnetisation.copy()
    M[[5, 20, 33]] += np.array([150.0, -80.0, 60.0]) * run.sigma[[5, 20, 33]]
    return Dataset((data.runs[0], replace(run, magnetisation=M), *data.runs[2:]))


def test_huber_shrugs_off_wild_points():
    clean = fixed_field(BK7, rng(7))
    settings, robust = FitSettings(fixed=HELD), FitSettings(fixed=HELD, loss="huber")
    truth = fit(clean, settings)
    plain, safe = fit(with_jump(clean), settings), fit(with_jump(clean), robust)

    def shift(result):
        return max(
            abs(item.value - truth.parameters[name].value) / truth.parameters[name].error
            for name, item in result.parameters.items()
            if item.error
        )

    assert shift(plain) > 5.0  # measured 13.9
    assert shift(safe) < 1.0  # measured 0.43
    assert "fitting.huber" in codes(safe.notes)
    # they are named all the same
    assert "fitting.outliers" in codes(safe.assessment.reasons)


def test_huber_leaves_good_data_alone():
    clean = fixed_field(BK7, rng(8))
    plain, safe = (fit(clean, FitSettings(fixed=HELD, loss=loss)) for loss in ("linear", "huber"))
    for name, item in plain.parameters.items():
        if item.error:
            assert abs(safe.parameters[name].value - item.value) < 0.3 * item.error
            assert safe.parameters[name].error == pytest.approx(item.error, rel=0.05)


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"nuisances": {"temperature": 0.1}}, "not a nuisance"),
        ({"nuisances": {"mass_scale": 0.0}}, "width"),
        ({"nuisances": {"mass_scale": 0.1}, "method": "staged-once"}, "--staged-once"),
        ({"nuisances": {"field_offset": 5.0}, "freed": frozenset({"field_offset"})}, "for each"),
        ({"constrained": {"n_ats": (1e16, -1.0)}}, "error must be positive"),
        ({"constrained": {"n_ats": (1e16, 1e15)}, "fixed": {"n_ats": None}}, "both fixed"),
    ],
)
def test_contradictions(wishes, message):
    with pytest.raises(UsageError, match=message):
        FitSettings(**wishes)


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_of_the_instrument_is_taken_for_tunnelling_currents(fault):
    """Larmor + Langevin data, 2 campaigns each."""
    rng = np.random.default_rng(21)
    results = [fit(faulty(fault, PURE_LL, rng)) for _ in range(2)]
    assert sum(result.ats_test.needed for result in results) == 0
    if fault in ("field", "lag"):  # measured: without allowances the term is called needed in all
        strict = fit(results[0].data, FitSettings(allowances=False))
        assert strict.ats_test.needed
        assert results[0].ats_test.p_with_allowances > 0.05
        said = {"fitting.allowances-replace-ats", "fitting.ats-helps-but"}
        assert said & set(codes(results[0].assessment.reasons))


@pytest.mark.parametrize("fault", FAULTS)
def test_tunnelling_currents_are_seen_through_faults(fault):
    result = fit(faulty(fault, BK7, rng(22)))
    assert result.ats_test.needed
    assert result.ats_test.p_with_allowances < 1e-6


def test_nuisances_turn_a_poor_fit_into_a_good_one():
    data = faulty("field", BK7, rng(23))
    assert fit(data).assessment.status == "poor"
    mended = fit(data, FitSettings(nuisances={"field_offset": 20.0}, fixed=HELD))
    assert mended.assessment.status == "good"


def test_a_poor_fit_of_two_samples_says_that_they_are_two():
    other = {**BK7, "n_fe2": 2.0 * BK7["n_fe2"]}
    runs = [fixed_field(values, rng(25), fields=(2e4,)).runs[0] for values in (BK7, other)]
    poor = fit(Dataset((runs[0], of_mass(runs[1], 500.0))), FitSettings(fixed=HELD)).assessment
    assert poor.status == "poor"
    assert [item.values for item in poor.reasons if item.code == "fitting.several-samples"] == [
        {"samples": 2}
    ]


def test_a_term_that_is_not_needed_is_said_with_nuisances_too():
    data = fixed_field(PURE_LL, rng(), fields=(1e3, 3e4), temperatures=tuple(T[::3]))
    result = fit(data, FitSettings(nuisances={"field_offset": 20.0}, fixed=HELD))
    assert result.assessment.status == "term-not-needed"
    plain = result.assessment.reasons[-1]
    assert plain.code == "fitting.values-without-ats"
    assert "field_offset[1]" in [item["name"] for item in plain.values["parameters"]]


def test_runs_of_both_kinds_are_fitted_together():
    """M(T) of one sample and M(H) of another, 2 % lighter than stated, with an independent chi_larmor."""
    draw = rng(11)
    swept = fixed_temperature(BK7, draw, temperatures=(2.0, 10.0), fields=tuple(np.linspace(1e3, 6e4, 20)))
    other = [
        of_mass(replace(run, magnetisation=0.98 * run.magnetisation, sigma=0.98 * run.sigma), 1001.0)
        for run in swept.runs
    ]
    data = Dataset((*fixed_field(BK7, draw, fields=(1e3, 2e4), temperatures=tuple(T[::2])).runs, *other))
    wishes = FitSettings(
        nuisances={"mass_scale": 0.02, "field_offset": 20.0},
        constrained={"chi_larmor": (BK7["chi_larmor"], 1e-3 * BK7["chi_larmor"])},
        fixed=HELD,
    )
    result = fit(data, wishes)
    assert result.assessment.status == "good"
    found = result.parameters
    ratio = (1.0 + found["mass_scale[2]"].value) / (1.0 + found["mass_scale[1]"].value)
    assert ratio == pytest.approx(0.98, abs=0.002)
    assert found["chi_larmor"].error == pytest.approx(1e-3 * BK7["chi_larmor"], rel=0.1)
    for name in ("chi_larmor", "n_fe2", "n_fe3", "d0min_qs4", "d0max_qs4"):
        assert abs(found[name].value - BK7[name]) < 3.5 * found[name].error
    assert {run.run.kind for run in result.data.runs} == {"fixed-field", "fixed-temperature"}
