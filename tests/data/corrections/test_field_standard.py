"""The true field by a paramagnetic standard: what is found, where it applies, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glasspara.data.corrections import Corrections
from glasspara.data.corrections.field_standard import PALLADIUM, follow, read_field_standard
from glasspara.data.corrections.true_field import correct_field, run_field, widen_errors
from glasspara.data.loading import load
from glasspara.data.selection import Window
from glasspara.errors import InputError, SampleDataError
from glasspara.model.model import Model, evaluate
from glasspara.runs import read
from glasspara.runs.stretches import zero_crossings
from glasspara.simulation.datasets import PURE_LL
from tests.holders import (
    MASS_MG,
    PD_MASS_MG,
    glass,
    kept_field,
    palladium,
    write,
    write_loop,
    write_temperature_runs,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Loops of a palladium standard at 298 K and of a glass at 4.5 K, after 50 kOe, in a magnet that keeps a field."""
    folder = tmp_path_factory.mktemp("standard")
    write_loop(folder / "pd.dat", 298.0, palladium, seed=1, noise=1e-6, mass_mg=PD_MASS_MG)
    write_loop(folder / "glass.dat", 4.5, glass, seed=2, noise=2e-8)
    return folder


@pytest.fixture(scope="module")
def standard(folder):
    return read_field_standard(str(folder / "pd.dat"))


def test_true_minus_reported_field_is_found_within_its_error(standard):
    H = np.linspace(-4e4, 4e4, 81)
    for branch in standard.branches:
        apart = branch.difference(H) - kept_field(H, branch.direction == "field up")
        # the noise of the standard is 0.7 Oe a point
        assert 0.1 < branch.curve.error < 0.6
        assert np.sqrt(np.mean(apart**2)) < 2.0 * branch.curve.error + abs(standard.scale) * 3e4
    assert abs(standard.scale) < 1e-4
    assert standard.chi == PALLADIUM
    assert standard.warnings == ()


def test_a_loop_is_corrected_branch_by_branch(folder, standard):
    (run,) = read(str(folder / "glass.dat")).runs
    corrected, reason = correct_field(run, standard)
    told = run_field(corrected, reason)
    rising = np.array([label == "field up" for label in run.branch_labels])[run.branch]
    true = run.field + np.where(rising, kept_field(run.field, True), kept_field(run.field, False))
    assert np.abs(corrected.field - true).max() < 4.0
    assert corrected.reported_field == pytest.approx(run.field)
    assert (told.n_corrected, told.n_points, told.reason) == (len(run), len(run), "")
    assert (
        min(
            abs(value)
            for value in zero_crossings(run.field, run.moment, run.branch, run.branch_labels).values()
        )
        > 25
    )
    assert max(abs(value) for value in told.crossings.values()) < 2.0


def test_a_wild_point_of_the_standard_does_not_count(folder, standard, tmp_path):
    (run,) = read(str(folder / "pd.dat")).runs
    moment = run.moment.copy()
    moment[30] += 1e-4
    path = write(tmp_path / "wild.dat", run.temperature, run.field, moment, 1e-6, mass_mg=PD_MASS_MG)
    wild = read_field_standard(str(path))
    at = np.linspace(-4e3, 4e3, 33)
    assert wild.branches[0].difference(at) == pytest.approx(standard.branches[0].difference(at), abs=1.0)


def test_a_susceptibility_fitted_at_large_fields_leaves_what_the_magnet_keeps(folder, tmp_path):
    (run,) = read(str(folder / "pd.dat")).runs
    path = write(
        tmp_path / "off.dat", run.temperature, run.field, 1.004 * run.moment, 1e-6, mass_mg=PD_MASS_MG
    )
    by_palladium, fitted = read_field_standard(str(path)), read_field_standard(str(path), fit_chi=True)
    assert by_palladium.scale == pytest.approx(0.004, abs=2e-4)
    (warning,) = by_palladium.warnings
    assert (warning.code, warning.where.file) == ("data.field-scale", str(path))
    assert "+0.40 %" in warning.text
    assert "--standard-chi fit" in warning.text
    assert fitted.scale == pytest.approx(0.0, abs=1e-12)
    assert fitted.chi == pytest.approx(1.004 * PALLADIUM, rel=2e-4)
    at = np.linspace(-4e3, 4e3, 33)
    for branch in fitted.branches:
        assert branch.difference(at) == pytest.approx(kept_field(at, branch.direction == "field up"), abs=2.0)


def test_the_errors_of_the_standard_enter_those_of_what_is_fitted(folder, standard):
    """Without them the pulls of 120 simulated pairs were 1.5 wide, with them 1.0."""
    (loop,) = read(str(folder / "glass.dat")).runs
    rng = np.random.default_rng(8)
    rising = np.array([label == "field up" for label in loop.branch_labels])[loop.branch]
    true = loop.field + np.where(rising, kept_field(loop.field, True), kept_field(loop.field, False))
    moment = glass(loop.temperature, true)
    sigma = np.full(len(loop), 2e-8)
    names, pulls, shares = ("chi_larmor", "n_fe2", "n_fe3"), [], []
    for _ in range(30):
        sample = replace(loop, moment=moment + sigma * rng.standard_normal(len(loop)), sigma=sigma)
        branches = []
        for branch in standard.branches:
            H = loop.field[rising == (branch.direction == "field up")]
            shift = kept_field(H, branch.direction == "field up") + 0.73 * rng.standard_normal(len(H))
            branches.append(replace(branch, scale=0.0, curve=follow(H, shift, np.full(len(H), 0.73))))
        noisy = replace(standard, branches=tuple(branches))
        (wide,), (part,) = widen_errors([correct_field(sample, noisy)[0]], noisy)
        alone = [{**PURE_LL, **dict.fromkeys(names, 0.0), name: PURE_LL[name]} for name in names]
        terms = [evaluate(wide.temperature, wide.field, values, Model("ll")).total for values in alone]
        design = 1e-3 * MASS_MG * np.stack(terms, axis=1) / wide.sigma[:, None]
        covariance = np.linalg.inv(design.T @ design)
        found = covariance @ design.T @ (wide.moment / wide.sigma)
        pulls.append((found - 1.0) / np.sqrt(np.diag(covariance)))
        shares.append(part)
    assert np.std(pulls, axis=0) == pytest.approx([1.0] * 3, abs=0.35)
    assert 0.2 < np.mean(shares) < 0.6
    assert wide.sigma_source.endswith("with those of the true field")


@pytest.mark.parametrize(
    ("H", "reason"),
    [
        (np.linspace(3e4, -3e4, 31), "field down from 30000 Oe: the standard has no such branch"),
        (np.linspace(0.0, 5e4, 31), "field up from 0 Oe: the standard has no such branch"),
        (np.linspace(5.3e4, -5.3e4, 31), "the standard was measured from -50000 to 50000 Oe"),
    ],
)
def test_a_branch_of_another_history_keeps_the_reported_field(standard, tmp_path, H, reason):
    path = write(tmp_path / "other.dat", 4.5, H, glass(np.full(H.shape, 4.5), H), 2e-8)
    (run,) = read(str(path)).runs
    corrected, why = correct_field(run, standard)
    assert corrected is run
    assert reason in why
    assert run_field(run, why).n_corrected == 0


def test_the_window_does_not_hide_where_a_branch_began(folder):
    corrections = Corrections(field_standard=str(folder / "pd.dat"))
    path = str(folder / "glass.dat")
    data = load([path], window=Window(fields=((1000.0, 4000.0),)), corrections=corrections).data
    run = data.runs[0].run
    assert np.abs(run.reported_field).min() >= 1000.0
    assert np.abs(run.field - run.reported_field).min() > 15.0


def test_runs_at_a_fixed_field_keep_it_and_are_told(folder, tmp_path):
    (fixed,) = write_temperature_runs(tmp_path, "glass", glass, seed=3, fields=(2e4,))
    corrections = Corrections(field_standard=str(folder / "pd.dat"))
    loaded = load([str(folder / "glass.dat"), str(fixed)], corrections=corrections)
    assert any("40 points keep the reported field (runs: 20000 Oe)" in item.text for item in loaded.warnings)
    with pytest.raises(InputError, match=r"applies to no run: how a fixed field was reached.*--nuisance"):
        load([str(fixed)], corrections=corrections)


def test_what_is_no_standard_is_refused(folder, tmp_path):
    H = np.linspace(5e4, -5e4, 41)
    saturating = write(tmp_path / "iron.dat", 298.0, H, 0.05 * np.tanh(H / 1e4), 1e-6, mass_mg=100.0)
    diamagnet = write(tmp_path / "bismuth.dat", 298.0, H, -1e-6 * H, 1e-6, mass_mg=100.0)
    cold = write(tmp_path / "cold.dat", 200.0, H, palladium(200.0, H), 1e-6, mass_mg=PD_MASS_MG)
    other = write(tmp_path / "salt.dat", 298.0, H, 3.0 * palladium(298.0, H), 1e-6, mass_mg=PD_MASS_MG)
    massless = write(tmp_path / "massless.dat", 298.0, H, palladium(298.0, H), 1e-6, mass_mg=None)
    few = write(tmp_path / "few.dat", 298.0, H[::8], palladium(298.0, H[::8]), 1e-6, mass_mg=PD_MASS_MG)
    (fixed,) = write_temperature_runs(tmp_path, "glass", glass, seed=3, fields=(2e4,))
    for path, words in (
        (saturating, "not proportional to the field"),
        (diamagnet, "not a paramagnet"),
        (cold, "measured at 200 K.*--standard-chi"),
        (other, r"3 times the reported one.*--standard-mass"),
        (few, "no branch .* has 8 fields"),
        (fixed, r"needs an M\(H\) run"),
    ):
        with pytest.raises(InputError, match=words):
            read_field_standard(str(path))
    with pytest.raises(SampleDataError, match="--standard-mass"):
        read_field_standard(str(massless))
    assert read_field_standard(str(massless), mass_mg=PD_MASS_MG).scale == pytest.approx(0.0, abs=1e-4)
    assert read_field_standard(str(cold), chi=PALLADIUM).chi_source == "command line (--standard-chi)"
    path = str(folder / "pd.dat")
    with pytest.raises(InputError, match="as a sample and as its background or field standard"):
        load([path], corrections=Corrections(field_standard=path))


def test_real_palladium_makes_real_loops_of_the_same_magnet_go_through_zero(shared):
    folder = shared / "realdata" / "RinehartGroup__MagnetoPy"
    standard = read_field_standard(str(folder / "Pd_std1.dat"))
    assert standard.scale == pytest.approx(0.0035, abs=2e-4)
    assert {
        branch.direction: round(float(branch.difference(np.zeros(1))[0])) for branch in standard.branches
    } == {
        "field up": 37,
        "field down": -36,
    }
    for name in ("mvsh2.dat", "mvsh6.dat"):
        run = read(str(folder / name)).runs[-1]
        before = zero_crossings(run.field, run.moment, run.branch, run.branch_labels)
        told = run_field(*correct_field(run, standard))
        assert min(map(abs, before.values())) > 30.0
        assert max(map(abs, told.crossings.values())) < 2.5
