"""Runs of a holder: what is taken from which point, with which error, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glasspara.data.corrections import Corrections
from glasspara.data.corrections.background import Background, subtract_background
from glasspara.data.loading import load
from glasspara.data.selection import Window
from glasspara.errors import InputError, UsageError
from glasspara.sample import Sample
from glasspara.simulation.datasets import make_run
from tests.holders import (
    CHI_HOLDER,
    MASS_MG,
    TEMPERATURES,
    glass,
    holder,
    write,
    write_temperature_runs,
)


def temperature_run(T, moment, sigma=1e-8, *, field=2e4, file="made.dat", branch=None, labels=None):
    run = make_run(
        "fixed-field",
        field,
        T,
        np.full(len(T), field),
        moment,
        np.full(len(T), sigma),
        file=file,
        branch=branch,
    ).run
    return run if labels is None else replace(run, branch_labels=labels)


def field_run(H, moment, *, temperature=4.5, sigma=1e-8, branch=None, labels=None):
    run = make_run(
        "fixed-temperature",
        temperature,
        np.full(len(H), temperature),
        H,
        moment,
        np.full(len(H), sigma),
        branch=branch,
    ).run
    return run if labels is None else replace(run, branch_labels=labels)


def background(*runs, scale=1.0):
    return Background((), runs, scale)


T = np.geomspace(2.0, 300.0, 31)
BETWEEN = np.sqrt(T[1:] * T[:-1])


def test_a_curie_law_and_a_constant_are_interpolated_exactly_against_inverse_temperature():
    bare, told = subtract_background(
        [temperature_run(BETWEEN, glass(BETWEEN, 2e4) + holder(BETWEEN, 2e4))],
        background(temperature_run(T, holder(T, 2e4), 0.0 * T + 1e-9)),
    )
    assert bare[0].moment == pytest.approx(glass(BETWEEN, 2e4), rel=1e-12)
    assert bare[0].background == pytest.approx(holder(BETWEEN, 2e4), rel=1e-12)
    assert told[0].curvature == 0.0


def test_a_holder_proportional_to_the_field_is_interpolated_exactly():
    H = np.linspace(-5e4, 5e4, 21)
    between = 0.5 * (H[1:] + H[:-1])
    bare, _ = subtract_background([field_run(between, -1e-9 * between)], background(field_run(H, -3e-9 * H)))
    assert bare[0].moment == pytest.approx(2e-9 * between, rel=1e-9, abs=1e-20)


def test_points_with_a_point_of_the_holder_each_carry_the_sum_of_squares():
    bare, told = subtract_background(
        [temperature_run(T, glass(T, 2e4), 3e-8)], background(temperature_run(T, holder(T, 2e4), 4e-8))
    )
    assert bare[0].sigma == pytest.approx(np.full(len(T), 5e-8))
    assert told[0].sharing == pytest.approx(1.0)
    assert told[0].error_share == pytest.approx(16 / 25)
    assert told[0].error == pytest.approx(4e-8)


def test_the_scale_multiplies_moment_and_error_of_the_holder_not_the_sample():
    run = temperature_run(T, glass(T, 2e4), 3e-8)
    bare, _ = subtract_background([run], background(temperature_run(T, holder(T, 2e4), 2e-8), scale=2.0))
    assert bare[0].moment == pytest.approx(glass(T, 2e4) - 2.0 * holder(T, 2e4))
    assert bare[0].sigma == pytest.approx(np.full(len(T), 5e-8))


def pulls(n_holder: int, replicates: int = 200) -> np.ndarray:
    """(fitted - true) / error of chi_L and C, of samples with 60 points in a holder measured at fewer."""
    rng = np.random.default_rng(20)
    dense, sparse = np.geomspace(2.0, 300.0, 60), np.geomspace(2.0, 300.0, n_holder)
    truth = np.array([-4e-8, 9e-8])
    found = []
    for _ in range(replicates):
        measured = truth[0] * 2e4 + truth[1] * 2e4 / dense + holder(dense, 2e4)
        sample = temperature_run(dense, measured + 1e-8 * rng.standard_normal(60), 1e-8)
        of_holder = holder(sparse, 2e4) + 2e-8 * rng.standard_normal(n_holder)
        (bare,), _ = subtract_background([sample], background(temperature_run(sparse, of_holder, 2e-8)))
        design = np.stack((np.full(60, 2e4), 2e4 / dense), axis=1) / bare.sigma[:, None]
        covariance = np.linalg.inv(design.T @ design)
        fitted = covariance @ design.T @ (bare.moment / bare.sigma)
        found.append((fitted - truth) / np.sqrt(np.diag(covariance)))
    return np.array(found)


@pytest.mark.parametrize("n_holder", [60, 15])
def test_errors_of_parameters_are_right_though_points_share_points_of_the_holder(n_holder):
    # with the plain sum of squares the pulls at 15 points have widths of 2
    assert pulls(n_holder).std(axis=0) == pytest.approx([1.0, 1.0], abs=0.13)
    assert pulls(n_holder).mean(axis=0) == pytest.approx([0.0, 0.0], abs=0.2)


def test_nothing_is_extrapolated_beyond_what_readings_of_one_set_point_differ_by():
    weights = background(temperature_run(T[5:-5], holder(T[5:-5], 2e4))).weights(
        temperature_run(T, glass(T, 2e4))
    )
    assert weights.covered.tolist() == [False] * 5 + [True] * (len(T) - 10) + [False] * 5
    near = np.array([1.99, 2.0, 2.5, 300.5])
    assert background(temperature_run(T, holder(T, 2e4))).weights(temperature_run(near, near)).covered.all()


def test_a_branch_takes_the_holder_of_its_own_direction_else_any_else_their_mean():
    H = np.linspace(-5e4, 5e4, 11)
    both = np.concatenate((H, H[::-1]))
    there_and_back = field_run(
        both,
        np.concatenate((np.full(11, 1e-6), np.full(11, 3e-6))),
        branch=[0] * 11 + [1] * 11,
        labels=("field up", "field down"),
    )
    holders = background(there_and_back)

    def subtracted(label):
        run = field_run(H, np.zeros(11), labels=(label,))
        return np.unique(subtract_background([run], holders)[0][0].background.round(12))

    assert subtracted("field up (2)") == pytest.approx([1e-6])
    assert subtracted("field down") == pytest.approx([3e-6])
    assert subtracted("steady") == pytest.approx([2e-6])


def test_a_drifting_loop_is_covered_only_near_the_temperature_of_the_holder():
    H = np.linspace(-5e4, 5e4, 11)
    run = field_run(H, np.zeros(11))
    warm = replace(run, temperature=np.where(H > 3e4, 6.0, 4.5))
    assert background(field_run(H, H * -1e-9)).weights(warm).covered.tolist() == [True] * 9 + [False] * 2


def test_holder_points_too_far_apart_for_straight_lines_are_told():
    sparse = np.array([2.0, 10.0, 40.0, 150.0, 300.0])
    bent = 1e-5 * np.tanh(sparse / 30.0)
    _, told = subtract_background(
        [temperature_run(BETWEEN, glass(BETWEEN, 2e4))], background(temperature_run(sparse, bent))
    )
    truth = 1e-5 * np.tanh(BETWEEN / 30.0)
    assert told[0].curvature > 1e-7
    weights = background(temperature_run(sparse, bent)).weights(temperature_run(BETWEEN, BETWEEN))
    assert np.abs(weights.sums(bent) - truth).max() < 4.0 * told[0].curvature


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (
            temperature_run(T, glass(T, 1e4), field=1e4),
            r"no M\(T\) run at 10000 Oe.*It contains M\(T\) at 20000 Oe",
        ),
        (field_run(np.linspace(0, 5e4, 9), np.zeros(9)), r"no M\(H\) run at 4.5 K"),
        (temperature_run(T + 400.0, T), "covers none of the points.*It covers from 2 to 300 K"),
    ],
)
def test_a_run_without_its_background_is_refused(run, words):
    with pytest.raises(InputError, match=words):
        background(temperature_run(T, holder(T, 2e4))).weights(run)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"background_scale": 2.0}, "without a background"),
        ({"background": ("h.dat",), "background_scale": -1.0}, "must be positive"),
        ({"standard_chi": 5e-6}, "need a field standard"),
        ({"field_standard": "pd.dat", "standard_chi": -5e-6}, "paramagnet's susceptibility is positive"),
        ({"holder_chi": (1e-9, 0.0)}, "and a positive error"),
        ({"holder_chi": (1e29, None)}, "not the value of a holder"),
        ({"background": ("h.dat",), "background_scale": 1e9}, "from 0.001 to 1000"),
        ({"field_standard": "pd.dat", "standard_chi": 1e9}, "from 1e-9 to 1"),
    ],
)
def test_corrections_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(UsageError, match=words):
        Corrections(**settings)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A glass in its holder, and the holder alone, from 3 to 200 K only."""
    folder = tmp_path_factory.mktemp("holders")
    sample = write_temperature_runs(folder, "glass", lambda T, H: glass(T, H) + holder(T, H), seed=1)
    alone = write_temperature_runs(
        folder, "holder", holder, seed=2, temperatures=np.geomspace(3.0, 200.0, 40), mass_mg=None
    )
    return [str(path) for path in sample], tuple(str(path) for path in alone)


def test_points_without_background_are_left_out_counted_and_told(files):
    sample, alone = files
    loaded = load(sample, corrections=Corrections(background=alone))
    outside = int(((TEMPERATURES < 2.98) | (TEMPERATURES > 200.5)).sum())
    for item in loaded.inputs:
        assert item.rows_dropped == {"not covered by --background": outside}
        assert item.measurement.rows_read == item.rows_used + outside
        assert item.corrections.left_out == outside
    codes = [item.code for item in loaded.warnings]
    assert codes == ["data.not-covered"] * len(sample)
    assert f"{outside} points are left out" in loaded.warnings[0].text
    assert loaded.warnings[0].where.file == sample[0]
    run = loaded.data.runs[0]
    assert run.magnetisation == pytest.approx(
        glass(run.temperature, run.field) / (1e-3 * MASS_MG), abs=6 * run.sigma.max()
    )


def test_a_large_or_noisy_holder_is_worth_a_warning(files):
    sample, alone = files
    loaded = load(sample, corrections=Corrections(background=alone, background_scale=4.0))
    shares = [run.share for item in loaded.inputs for run in item.corrections.holder]
    assert min(shares) > 0.5
    codes = [item.code for item in loaded.warnings]
    assert codes.count("data.large-holder") == codes.count("data.noisy-background") == len(sample)
    large = [item for item in loaded.warnings if item.code == "data.large-holder"]
    assert [item.values["largest"] for item in large] == shares
    assert "of the measured moment (runs: 5000 Oe)" in large[0].text


def test_moments_are_corrected_before_they_are_divided_by_the_mass(files):
    sample, alone = files
    light, heavy = (
        load(sample[:1], mass_mg=mass, corrections=Corrections(background=alone)).data
        for mass in (50.0, 100.0)
    )
    assert light.magnetisation == pytest.approx(2.0 * heavy.magnetisation)
    assert light.runs[0].run.background == pytest.approx(heavy.runs[0].run.background)


def test_repeats_are_averaged_before_the_errors_of_the_holder_come_in(tmp_path):
    four = np.repeat(TEMPERATURES, 4)
    noise = np.random.default_rng(3).standard_normal((2, four.size))
    sample = write(tmp_path / "s.dat", four, 2e4, glass(four, 2e4) + 1e-8 * noise[0], 1e-8)
    few = noise[1, : TEMPERATURES.size]
    alone = write(tmp_path / "h.dat", TEMPERATURES, 2e4, holder(TEMPERATURES, 2e4) + 2e-8 * few, 2e-8)
    loaded = load([str(sample)], average=True, corrections=Corrections(background=(str(alone),)))
    assert len(loaded.data) == TEMPERATURES.size
    assert loaded.data.sigma * 1e-3 * MASS_MG == pytest.approx(np.hypot(0.5e-8, 2e-8), rel=0.05)


def test_the_holder_of_the_sample_file_counts_unless_the_command_gives_another(files):
    sample, _ = files
    known = Sample("glass", holder_chi=-1e-9, holder_chi_error=2e-10)
    of_file = load(sample[:1], sample=known)
    assert of_file.data.runs[0].run.background == pytest.approx(-1e-9 * of_file.data.field)
    assert any("shifts chi_larmor by up to 2e-09" in item.text for item in of_file.warnings)
    of_command = load(sample[:1], sample=known, corrections=Corrections(holder_chi=(CHI_HOLDER, None)))
    assert of_command.data.runs[0].run.background == pytest.approx(CHI_HOLDER * of_command.data.field)


def test_background_and_susceptibility_add_up(files):
    sample, alone = files
    window = Window(temperatures=((4.0, 150.0),))
    one = load(sample[:1], window=window, corrections=Corrections(background=alone)).data
    both = load(
        sample[:1], window=window, corrections=Corrections(background=alone, holder_chi=(1e-9, None))
    ).data
    taken = one.magnetisation - both.magnetisation
    assert taken == pytest.approx(1e-9 * one.field / (1e-3 * MASS_MG))
    assert both.runs[0].run.background - one.runs[0].run.background == pytest.approx(1e-9 * one.field)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("glass_20000Oe.rso.dat",), "as a sample and as its background"),
        (("holder_5000Oe.rso.dat",), r"no M\(T\) run at 20000 Oe"),
        (("holder_20000Oe.rso.dat", "holder_20000Oe.rso.dat"), "named twice"),
        (("absent.dat",), "absent.dat"),
    ],
)
def test_backgrounds_that_do_not_fit_the_sample_are_refused(files, names, words):
    sample, _ = files
    folder = Path(sample[1]).parent
    with pytest.raises(InputError, match=words):
        load([sample[1]], corrections=Corrections(background=tuple(str(folder / name) for name in names)))


def test_real_film_and_its_bare_substrate(shared):
    folder = shared / "realdata" / "LukeSkywalker92__heuslertools"
    film = next(folder.glob("H1258*"))
    bare = next(folder.glob("Reference_C21*"))
    plain = load([str(film)])
    loaded = load([str(film)], corrections=Corrections(background=(str(bare),), background_scale=45.7 / 50.0))
    (told,) = loaded.inputs[0].corrections.holder
    assert len(loaded.data) == 149
    assert told.share == pytest.approx(0.0817, rel=1e-3)
    # no scan of the substrate has a good fit, and by the rule for these its errors count up to ten times
    assert told.error_share == pytest.approx(0.988, abs=1e-3)
    as_stated = load([str(film)], min_fit=0.0, corrections=loaded.corrector.settings)
    assert as_stated.inputs[0].corrections.holder[0].error_share == pytest.approx(0.493, abs=1e-3)
    # the substrate's Curie tail and diamagnetism are gone: what is left is smaller by up to 2.3e-6 emu
    apart = plain.data.magnetisation - loaded.data.magnetisation
    assert apart == pytest.approx(loaded.data.runs[0].run.background / (1e-3 * 59.4))
    assert (loaded.data.sigma > plain.data.sigma).all()
