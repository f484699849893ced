"""The simulator: physics, noise, reproducibility, files; and the fixtures that it makes."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from glasspara.errors import SampleDataError, UsageError
from glasspara.model.model import Model, evaluate
from glasspara.physics.ions.langevin import langevin_magnetisation
from glasspara.presets import RunPlan, grid_points, load_preset, model_values, preset_names
from glasspara.runs import read
from glasspara.simulation import FLOOR, LAYOUTS, simulate_campaign, simulate_run

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
BK7 = load_preset("BK7")


def magnetisation(**changes):
    """M of BK7 at 4.5 K and 20 kOe, emu/g, with some parameters changed."""
    parameters = {**BK7.parameters, **changes}
    return simulate_run(4.5, 20000.0, parameters=parameters, mass_mg=1000.0, noise=0.0).true_moment[0]


def test_the_three_terms_are_as_large_as_they_should_be():
    """Table 3 values at 4.5 K and 20 kOe: M_L, M_Fe and M_ATS from quadrature of (17)."""
    larmor = magnetisation(n_fe2=0.0, n_fe3=0.0, n_ats=0.0)
    assert larmor == pytest.approx(-8.454e-3, rel=1e-12)
    assert magnetisation(n_ats=0.0) - larmor == pytest.approx(3.7316e-3, abs=5e-8)
    assert magnetisation() - magnetisation(n_ats=0.0) == pytest.approx(1.627904091384194e-3, rel=1e-8)


def test_the_apparent_iron_of_table_2_follows_from_table_4():
    """Larmor and Fe3+ alone, fitted to M(H) of the whole model: n(Fe3+) and chi_L rise with T as in Table 2.

    Values by quadrature of (17) for the same fields. Table 2 itself says 1.746, 1.877, 1.969, 2.035, 3.135.
    """
    apparent = []
    for run in simulate_campaign(load_preset("bk7-fixed-temperature"), noise=0.0, scatter=False):
        T, H = run.points.T, run.points.H
        columns = np.stack([langevin_magnetisation(T, H, n=1e17, j=2.5), -1e-7 * H], axis=1)
        apparent.append(np.linalg.lstsq(columns, run.points.moment / 96.8e-3, rcond=None)[0])
    n_fe3, chi_larmor = np.transpose(apparent)
    np.testing.assert_allclose(n_fe3, [1.476, 1.577, 1.785, 2.049, 3.532], atol=6e-4)
    np.testing.assert_allclose(chi_larmor[[0, -1]], [4.067, 4.682], atol=6e-4)
    assert np.all(np.diff(chi_larmor) > 0)


def test_total_and_partition_say_the_same_as_two_concentrations():
    ions = {"chi_larmor": 4e-7, "n_ats": 0.0, "n_fe2": 3e16, "n_fe3": 1e16}
    partition = {"chi_larmor": 4e-7, "n_ats": 0.0, "n_fe": 4e16, "fe2_fraction": 0.75}
    T, H = np.geomspace(2, 300, 20), 1000.0
    a, b = (simulate_run(T, H, parameters=p, mass_mg=10.0, noise=0.0).true_moment for p in (ions, partition))
    np.testing.assert_allclose(a, b, rtol=1e-14)


def test_orientation_and_convention_reach_the_model():
    settings = {"parameters": BK7.parameters, "mass_mg": 1000.0, "noise": 0.0}
    without = magnetisation(n_ats=0.0)
    paper, exact, aligned = (
        simulate_run(4.5, 20000.0, **settings, **extra).true_moment[0] - without
        for extra in ({}, {"convention": "exact"}, {"orientation": "aligned"})
    )
    assert exact == pytest.approx(paper / 2, rel=1e-12)
    assert abs(aligned / paper - 1.0) > 0.01
    with pytest.raises(UsageError, match="orientation"):
        simulate_run(4.5, 20000.0, **settings, orientation="sideways")


def test_the_moments_of_a_field_offset():
    offset = magnetisation(field_offset=100.0, n_ats=0.0, n_fe2=0.0, n_fe3=0.0)
    assert offset == pytest.approx(-4.227e-7 * 20100.0, rel=1e-12)


def test_noise_has_the_stated_size_and_shape():
    T = np.full(10000, 4.5)
    points = simulate_run(T, 20000.0, parameters=BK7.parameters, mass_mg=96.8, noise=2e-3, seed=11)
    expected = np.hypot(2e-3 * np.abs(points.true_moment), FLOOR)
    np.testing.assert_allclose(points.sigma, expected, rtol=1e-6)
    pulls = (points.moment - points.true_moment) / points.sigma
    n = len(pulls)
    assert abs(pulls.mean()) < 4 / np.sqrt(n)
    assert abs(pulls.std() - 1) < 4 / np.sqrt(2 * n)
    assert abs((pulls**3).mean()) < 4 * np.sqrt(15 / n)
    assert abs((pulls**4).mean() - 3) < 4 * np.sqrt(96 / n)
    assert abs(np.mean(pulls[1:] * pulls[:-1])) < 4 / np.sqrt(n)


def test_the_floor_holds_where_the_moment_vanishes():
    nothing = {"chi_larmor": 0.0, "n_fe2": 0.0, "n_fe3": 0.0, "n_ats": 0.0}
    T = np.linspace(2, 300, 50)
    assert set(simulate_run(T, 1e4, parameters=nothing, mass_mg=1.0).sigma) == {FLOOR}
    silent = simulate_run(T, 1e4, parameters=nothing, mass_mg=1.0, noise=0.0)
    assert set(silent.sigma) == set(silent.moment) == {0.0}


@pytest.mark.parametrize("wrong", [{"mass_mg": 0.0}, {"mass_mg": np.nan}, {"noise": -1.0}, {"noise": np.inf}])
def test_settings_out_of_range(wrong):
    with pytest.raises(UsageError, match="cannot be"):
        simulate_run(4.5, 1e4, parameters=BK7.parameters, **{"mass_mg": 1.0, **wrong})


def test_tunnelling_systems_without_their_parameters():
    with pytest.raises(UsageError, match="n_ats without d_min, d0min_qs4, d0max_qs4, delta_mu"):
        simulate_run(4.5, 1e4, parameters={**load_preset("pure-ll").parameters, "n_ats": 1e16}, mass_mg=1.0)


def test_same_seed_same_bytes_and_another_seed_others():
    first, again = (simulate_campaign(BK7, seed=7) for _ in range(2))
    other = simulate_campaign(BK7, seed=8)
    assert [run.content for run in first] == [run.content for run in again]
    for one, two in zip(first, other, strict=True):
        assert not np.any(one.points.moment == two.points.moment)


def test_a_run_does_not_depend_on_the_other_runs():
    whole = simulate_campaign(BK7, seed=7)
    part = simulate_campaign(BK7, seed=7, runs=[BK7.campaign[4], BK7.campaign[1]])
    assert [run.content for run in part] == [whole[4].content, whole[1].content]


def test_a_repeated_run_has_noise_and_a_name_of_its_own():
    plan = BK7.campaign[4]
    one, two = simulate_campaign(BK7, runs=[plan, plan])
    assert (one.file_name, two.file_name) == (
        "BK7-synthetic_MT_20000Oe.rso.dat",
        "BK7-synthetic_MT_20000Oe_2.rso.dat",
    )
    assert not np.any(one.points.moment == two.points.moment)


def test_runs_are_independent_of_each_other():
    pulls = [
        (run.points.moment - run.points.true_moment) / run.points.sigma for run in simulate_campaign(BK7)
    ]
    correlation = np.corrcoef(pulls)
    assert np.abs(correlation - np.eye(len(pulls))).max() < 4.5 / np.sqrt(80)


def test_set_points_scatter_as_stated():
    temperatures = grid_points(2.0, 300.0, 4000, "log")
    (run,) = simulate_campaign(BK7, runs=[RunPlan("fixed-field", 20000.0, temperatures)])
    T_pull = (run.points.T - temperatures) / np.hypot(2e-4, 3e-5 * np.array(temperatures))
    assert T_pull.std() == pytest.approx(1.0, abs=0.05)
    assert run.points.H.std() == pytest.approx(0.1, rel=0.05)
    assert abs(run.points.H.mean() - 20000.0) < 4 * np.hypot(0.3, 0.4)

    fields = tuple(np.linspace(500.0, 65000.0, 4000))
    (run,) = simulate_campaign(BK7, runs=[RunPlan("fixed-temperature", 4.5, fields)])
    H_pull = (run.points.H - fields) / np.hypot(0.3, 2e-5 * np.array(fields))
    assert H_pull.std() == pytest.approx(1.0, abs=0.05)
    assert run.points.T.std() == pytest.approx(2.4e-4, rel=0.05)


def test_without_scatter_set_points_are_exact():
    (run,) = simulate_campaign(
        BK7, scatter=False, noise=0.0, runs=[RunPlan("fixed-field", 1e4, (2.0, 5.0, 9.0))]
    )
    assert run.points.T.tolist() == [2.0, 5.0, 9.0]
    assert run.points.H.tolist() == [1e4, 1e4, 1e4]
    np.testing.assert_allclose(run.points.moment, run.points.true_moment, rtol=5e-7)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_hold_the_points(layout, tmp_path):
    plans = (BK7.campaign[4], RunPlan("fixed-temperature", 4.5, grid_points(500.0, 65000.0, 30)))
    for run in simulate_campaign(BK7, runs=plans, layout=layout, seed=5, mass_mg=42.0):
        assert run.file_name.endswith(LAYOUTS[layout])
        path = tmp_path / run.file_name
        path.write_bytes(run.content)
        measurement = read(path)
        (found,) = measurement.runs
        assert (found.kind, found.nominal) == (run.plan.kind, run.plan.nominal)
        assert found.temperature.tolist() == run.points.T.tolist()
        assert found.field.tolist() == run.points.H.tolist()
        assert found.moment.tolist() == run.points.moment.tolist()
        assert found.sigma.tolist() == run.points.sigma.tolist()
        assert measurement.mass.value_mg == 42.0
        assert measurement.rows_dropped == {}
        assert measurement.warnings == ()


@pytest.mark.parametrize("name", preset_names())
def test_headers_say_synthetic_and_carry_the_truth(name, tmp_path):
    preset = load_preset(name)
    run = simulate_campaign(preset, seed=3, noise=5e-4, mass_mg=50.0)[0]
    assert "synthetic" in run.file_name
    (tmp_path / "run.dat").write_bytes(run.content)
    header = read(tmp_path / "run.dat").header
    comment = header.get("COMMENT")
    assert header.get("NAME") == f"{preset.sample.name}-synthetic"
    assert comment.startswith("synthetic; ")
    said = dict(entry.split("=") for entry in comment.split("; ") if "=" in entry)
    assert (said["preset"], said["seed"], said["noise"]) == (name, "3", "0.0005")
    assert (said["convention"], said["orientation"]) == ("paper", "isotropic")
    assert {key: float(said[key]) for key in preset.parameters} == preset.parameters


def test_parameters_of_the_callers_own():
    parameters = {**BK7.parameters, "n_ats": 0.0}
    ours, presets = (
        simulate_campaign(BK7, seed=2, parameters=p, runs=BK7.campaign[:1])[0] for p in (parameters, None)
    )
    assert b"; n_ats=0.0;" in ours.content
    assert not np.any(ours.points.true_moment == presets.points.true_moment)


def test_campaigns_that_cannot_be():
    with pytest.raises(SampleDataError, match="--mass"):
        simulate_campaign(load_preset("bk7-2000"))
    with pytest.raises(UsageError, match="mpms-xl-rso"):
        simulate_campaign(BK7, layout="ppms")
    with pytest.raises(UsageError, match="seed"):
        simulate_campaign(BK7, seed=-1)
    with pytest.raises(UsageError, match="campaign"):
        simulate_campaign(BK7, runs=[])
    with pytest.raises(UsageError, match="header cannot hold"):
        simulate_campaign(replace(BK7, sample=replace(BK7.sample, name="a,b")))


def test_file_names_are_safe():
    sample = replace(BK7.sample, name="glass 7/8: µ#1")
    (run,) = simulate_campaign(replace(BK7, sample=sample), runs=[RunPlan("fixed-field", 1234.5, (2.0, 3.0))])
    assert run.file_name == "glass-7-8--µ-1-synthetic_MT_1234.5Oe.rso.dat"


def fixtures_module():
    specification = importlib.util.spec_from_file_location("make_fixtures", FIXTURES / "make.py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def test_the_fixtures_are_what_the_simulator_makes(tmp_path):
    make = fixtures_module()
    assert make.differences(FIXTURES) == []
    make.write(tmp_path)
    assert make.differences(tmp_path) == []
    changed = tmp_path / "pure-ll" / "pure-LL-synthetic_MT_1000Oe.rso.dat"
    changed.write_bytes(changed.read_bytes().replace(b"e-005", b"e-006", 1))
    (tmp_path / "pure-ll" / "stray.dat").write_bytes(b"")
    next((tmp_path / "bas-like").iterdir()).unlink()
    found = make.differences(tmp_path)
    assert [line.split(":")[0] for line in found] == ["missing", "not made here", "differs"]


def test_the_fixtures_are_small():
    assert sum(path.stat().st_size for path in FIXTURES.rglob("*.dat")) < 1.5e6


def test_start_up_needs_neither_pandas_nor_matplotlib():
    code = (
        "import sys, glasspara.presets as p; p.load_preset('BK7'); "
        "print([m for m in ('numpy', 'scipy', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_other_models_than_etm_are_simulated():
    preset = load_preset("bk7-fixed-field")
    T, H = np.full(3, 4.5), np.array([1e4, 3e4, 6e4])
    values = {**preset.parameters, "qs4": 1.5e4}
    made = simulate_run(T, H, parameters=values, mass_mg=96.8, noise=0.0, model="three-level")
    true = evaluate(T, H, model_values(values), Model("three-level")).total * 0.0968
    assert_allclose(
        made.true_moment, true, rtol=1e-6
    )  # the points are those that the file states, to 7 figures
    with pytest.raises(UsageError, match="model three-level without qs4"):
        simulate_run(T, H, parameters=preset.parameters, mass_mg=96.8, model="three-level")
    with pytest.raises(UsageError, match="unknown --model 'four-level'"):
        simulate_run(T, H, parameters=preset.parameters, mass_mg=96.8, model="four-level")
