"""The cone swallows what is ordinary, whatever its parameters, and not the tunnelling currents of the source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glasspara.errors import InputError
from glasspara.ordinary import (
    Curve,
    Dictionary,
    DirectionWidths,
    ExtraColumn,
    directions_of,
    ordinary_dictionary,
    ordinary_magnetism,
)
from tests.conftest import ROOT
from tests.ordinary.samples import (
    FIELDS,
    IRON,
    KELVINS,
    ORDINARY,
    TABLE_3,
    TABLE_4,
    Design,
    ats,
    design,
    free,
    glass,
    noisy,
)

FEW_FIELDS = (1e3, 5e3, 2e4, 5e4)
DESIGNS = {
    "4 M(T)": design(FEW_FIELDS, points=40),
    "5 M(H)": design((), KELVINS, points=40),
    "mixed": design((1e3, 1e4, 5e4), (2.0, 5.0, 20.0), points=40),
}
CASES = ROOT.parent / "shared" / "cases"


def fitted(one: Design, true, *, noise=1e-3, seed=1, **options):
    M, sigma = noisy(true, noise=noise, seed=seed)
    return ordinary_magnetism(one.T, one.H, M, sigma, run=one.run, sample=one.sample, **options)


def by_noise(chi2, n):
    """Whether chi2 is one that noise makes: within four of its standard deviations."""
    return chi2 < n + 4.0 * np.sqrt(2.0 * n)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_samples_are_swallowed(kind, name):
    one = DESIGNS[name]
    found = fitted(one, ORDINARY[kind](one.T, one.H))
    assert by_noise(found.chi2_without_directions, found.n_points)
    assert found.chi2 <= found.chi2_without_directions + 1e-6
    assert found.solution.certificate.gap < 0.1


@pytest.mark.parametrize("kind", ["D = 4.1 K", "theta = -0.3 K", "J = 2.3 K and speck 5 kOe"])
def test_they_are_swallowed_with_their_iron_and_other_noise_too(kind):
    one = DESIGNS["mixed"]
    true = ORDINARY[kind](one.T, one.H)
    known = fitted(one, true, iron=IRON)
    assert by_noise(known.chi2, known.n_points)
    assert known.iron_used == IRON
    assert known.iron_found + known.solution.weights[-1] == pytest.approx(IRON[0], rel=0.05)
    assert by_noise(fitted(one, true, noise=1e-2).chi2, known.n_points)


GLASSES = [  # campaign, parameters, chi2: iron free and known without directions, then with them
    (design(FIELDS), TABLE_3, (4770.0, 13420.0, 2480.0, 4930.0)),
    (design((), KELVINS), TABLE_4, (685.0, 4250.0, 413.0, 687.0)),
    (design(FEW_FIELDS), TABLE_3, (1575.0, 5720.0, 833.0, 2090.0)),
]


@pytest.mark.parametrize(("one", "values", "expected"), GLASSES, ids=["9 M(T)", "5 M(H)", "4 M(T)"])
def test_the_tunnelling_currents_of_the_source_are_not(one, values, expected):
    true = glass(one.T, one.H, values)
    alone, known = fitted(one, true), fitted(one, true, iron=IRON)
    got = (alone.chi2_without_directions, known.chi2_without_directions, alone.chi2, known.chi2)
    assert got == pytest.approx(expected, rel=0.15)
    assert min(got) > alone.n_points + 4.0 * np.sqrt(2.0 * alone.n_points)


def test_a_third_of_them_is_not_swallowed_either_and_a_tenth_is():
    one = GLASSES[2][0]
    third, tenth = (fitted(one, glass(one.T, one.H, TABLE_3, share), iron=IRON) for share in (1 / 3, 1 / 10))
    assert third.chi2_without_directions > 300.0
    assert by_noise(tenth.chi2, tenth.n_points)


def test_errors_of_the_instrument_within_their_widths_are_forgiven():
    one = DESIGNS["mixed"]
    directions = directions_of(one.T, run=one.run, sample=one.sample, widths=DirectionWidths())
    pulls = np.random.default_rng(8).standard_normal(len(directions.items))
    sums = directions.sums(pulls)
    true = free(one.T * np.exp(sums["log temperature"]), one.H + sums["field"]) * np.exp(sums["log gain"])
    found = fitted(one, true, iron=IRON)
    assert by_noise(found.chi2, found.n_points)
    assert found.chi2_without_directions > found.n_points + 20.0 * np.sqrt(2.0 * found.n_points)
    assert len(found.directions) == len(pulls)
    fields = [item.kind == "field offset" for item in found.directions]
    got = np.array([item.pull for item in found.directions])
    assert np.mean((got[fields] - pulls[fields]) ** 2) < 0.8


def curve(found, one):
    """Magnetisation of the sample, emu/g."""
    return found.dictionary.columns(one.T, one.H) @ found.weights - found.chi_larmor * one.H


def test_the_disturbed_curve_and_the_pulls_add_up_to_chi2():
    one = DESIGNS["4 M(T)"]
    M, sigma = noisy(glass(one.T, one.H, TABLE_3))
    found = ordinary_magnetism(one.T, one.H, M, sigma, run=one.run, sample=one.sample)
    left = (M - found.disturbed) / sigma
    pulls = np.array([item.pull for item in found.directions])
    assert float(left @ left + pulls @ pulls) == pytest.approx(found.chi2, rel=1e-4)
    plain = ordinary_magnetism(one.T, one.H, M, sigma, run=one.run, sample=one.sample, widths=None)
    assert plain.chi2 == plain.chi2_without_directions == found.chi2_without_directions
    assert plain.directions == ()
    assert plain.disturbed == pytest.approx(curve(plain, one), rel=1e-6)


@pytest.mark.parametrize("options", [{}, {"iron": (2e17, 2e15), "widths": None}])
def test_many_points_are_merged_without_loss(options, monkeypatch):
    monkeypatch.setattr("glasspara.ordinary.cone._MANY", 100)
    monkeypatch.setattr("glasspara.ordinary.cone._CELL", 0.01)
    one = design((2e4,), points=1500)
    true = ORDINARY["D = 4.1 K"](one.T, one.H) + 0.1 * ats(one.T, one.H, TABLE_3)
    merged = fitted(one, true, **options)
    monkeypatch.undo()
    whole = fitted(one, true, **options)
    assert 0.0 <= merged.chi2 - whole.chi2 < 0.02
    assert 0.0 <= merged.chi2_without_directions - whole.chi2_without_directions < 0.02
    assert merged.n_points == whole.n_points == len(one.T)
    scale = np.abs(whole.disturbed).max()
    assert curve(merged, one) == pytest.approx(curve(whole, one), abs=1e-4 * scale)
    assert merged.disturbed == pytest.approx(whole.disturbed, abs=1e-4 * scale)
    assert sum(item.share_of_signal for item in merged.components) == pytest.approx(1.0)


def test_a_drift_is_a_direction_where_it_is_asked_for():
    one = DESIGNS["4 M(T)"]
    progress = np.tile(np.linspace(-0.5, 0.5, 40), 4)
    true = free(one.T, one.H) + 3e-5 * progress
    without = fitted(one, true)
    drift = fitted(one, true, widths=DirectionWidths(drift=3e-5), progress=progress)
    assert drift.chi2 < without.chi2 - 50.0
    pulls = [item.pull for item in drift.directions if item.kind == "drift"]
    assert pulls[:3] == pytest.approx([1.0] * 3, abs=0.5)  # at 50 kOe the noise is larger


def test_the_nested_question_is_answered_by_an_extra_column():
    one = DESIGNS["4 M(T)"]
    term = _ats_curve(one, TABLE_3)
    admixed = ORDINARY["speck 700 Oe"](one.T, one.H) - free(one.T, one.H) + glass(one.T, one.H, TABLE_3)
    alone = fitted(one, admixed)
    both = fitted(one, admixed, extra_columns=(ExtraColumn(term),))
    assert by_noise(both.chi2, both.n_points)
    assert alone.chi2 - both.chi2 > 300.0
    assert both.solution.weights[-1] == pytest.approx(1.0, abs=0.1)
    signed = fitted(
        one, free(one.T, one.H) - 0.2 * term.magnetisation, extra_columns=(ExtraColumn(term, True),)
    )
    assert signed.solution.free[1] == pytest.approx(-0.2, abs=0.15)
    none = fitted(one, free(one.T, one.H) - 0.2 * term.magnetisation, extra_columns=(ExtraColumn(term),))
    assert none.solution.weights[-1] == 0.0


def _ats_curve(one, values):
    def at(T, H):
        return ats(T, H, values)

    by_field = (at(one.T, one.H + 5.0) - at(one.T, one.H - 5.0)) / 10.0
    by_log_t = (at(one.T * 1.0001, one.H) - at(one.T / 1.0001, one.H)) / (2.0 * np.log(1.0001))
    return Curve(at(one.T, one.H), by_field, by_log_t)


def test_components_add_up():
    one = DESIGNS["mixed"]
    found = fitted(one, ORDINARY["speck 700 Oe"](one.T, one.H), iron=IRON)
    speck = [item for item in found.components if item.kind == "ferromagnetic speck"]
    assert sum(item.weight for item in speck) == pytest.approx(1e-5, rel=0.5)
    assert {item.unit for item in speck} == {"emu/g"}
    assert found.chi_larmor == pytest.approx(4.2e-7, rel=0.03)
    assert sum(item.share_of_signal for item in found.components) == pytest.approx(1.0)
    assert sum(item.iron for item in found.components) == pytest.approx(found.iron_found)


@pytest.mark.parametrize(
    ("kind", "needed"), [("D = 12 and 0.6 K, g = 2.1", "zero-field splitting"), ("75 mu_B", "cluster")]
)
def test_the_kinds_that_the_data_need_are_named(kind, needed):
    one = DESIGNS["5 M(H)"]
    found = fitted(one, ORDINARY[kind](one.T, one.H), iron=IRON)
    assert {item.kind for item in found.components} == set(found.needed)
    others = [rise for name, rise in found.needed.items() if name != needed]
    assert found.needed[needed] > 20.0
    assert -1e-6 < min(others) <= max(others) < 5.0


def test_trace_ions_take_no_iron():
    one = DESIGNS["5 M(H)"]
    manganese = ("Mn2+", 2.5, 2.0)
    found = fitted(one, free(one.T, one.H), iron=(1.0e17, 1.0e15), trace_ions=(manganese,))
    assert by_noise(found.chi2, found.n_points)
    assert any(item.kind == "trace ion" for item in found.components)
    without = fitted(one, free(one.T, one.H), iron=(1.0e17, 1.0e15))
    assert without.chi2 > found.chi2 + 100.0


def test_iron_is_an_upper_bound():
    one = DESIGNS["5 M(H)"]
    found = fitted(one, free(one.T, one.H), iron=(5.0e17, 1.0e16))
    assert by_noise(found.chi2, found.n_points)
    # silent is what is counted beside, and what sits in strongly coupled pairs
    assert found.iron_found + found.solution.weights[-1] == pytest.approx(5.0e17, rel=0.03)


@pytest.mark.parametrize(
    "change",
    [
        {"M": np.array([1.0, np.nan, 1.0])},
        {"sigma": np.array([1.0, 0.0, 1.0])},
        {"T": np.array([1.0, -1.0, 1.0])},
        {"H": np.ones(2)},
        {name: np.empty(0) for name in ("T", "H", "M", "sigma", "run", "sample")},
    ],
)
def test_unusable_arrays_are_refused(change):
    arrays = {name: np.ones(3) for name in ("T", "H", "M", "sigma")} | {
        name: np.zeros(3, dtype=np.int64) for name in ("run", "sample")
    }
    with pytest.raises(InputError):
        ordinary_magnetism(**(arrays | change))


def test_one_point_or_no_field_is_no_trouble():
    zero = np.zeros(3, dtype=np.int64)
    found = ordinary_magnetism(
        np.array([2.0, 3.0, 4.0]), np.zeros(3), np.full(3, 1e-6), np.full(3, 1e-6), run=zero, sample=zero
    )
    assert found.chi2 == pytest.approx(3.0)
    single = ordinary_magnetism(
        np.array([2.0]), np.array([1e4]), np.array([1e-3]), np.array([1e-6]), run=zero[:1], sample=zero[:1]
    )
    assert single.chi2 < 1e-6


def _read(path: Path):
    """T, H, M and sigma of a file of an MPMS XL, for a sample of 96.8 mg."""
    lines = path.read_text().split("[Data]")[1].strip().splitlines()
    names = lines[0].split(",")
    at = [names.index(n) for n in ("Temperature (K)", "Field (Oe)", "Long Moment (emu)", "Long Scan Std Dev")]
    rows = np.array([[float(line.split(",")[i]) for i in at] for line in lines[1:]])
    return rows * np.array([1.0, 1.0, 1.0 / 0.0968, 1.0 / 0.0968])


@pytest.mark.parametrize(
    "name",
    [
        "T4_vanvleck_", "T4_Zdist_1pc_s1", "H5_spm_mu100_nc1e+13", "T4_cw_theta-0.03", "T4_dimer_nd4.25e+15_J0.3",
        "ferro5e-7_llmhs",
    ],
)  # fmt: skip
def test_the_cases_without_tunnelling_systems_are_swallowed(name):
    if not (CASES / name).is_dir():
        pytest.skip("the folder of cases is not here")
    runs = [_read(path) for path in sorted((CASES / name).glob("*.dat"))]
    T, H, M, sigma = np.concatenate(runs).T
    run = np.repeat(np.arange(len(runs)), [len(one) for one in runs])
    found = ordinary_magnetism(T, H, M, sigma, run=run, sample=np.zeros_like(run))
    assert by_noise(found.chi2_without_directions, found.n_points)


def test_a_misfit_beyond_all_measure_moves_no_temperature_far():
    """Its pulls would move them to where no table reaches."""
    one, asked = design((2e4, 5e4), points=20), []

    class Watched(Dictionary):
        def columns(self, T, H):
            asked.append(T)
            return super().columns(T, H)

    M, sigma = noisy(ORDINARY["D = 4.1 K"](one.T, one.H), noise=1e-3)
    M[one.run == 0] *= np.where(np.arange(20) % 2, 1e7, -1e3)
    usual = ordinary_dictionary()
    watched = Watched(usual.groups)
    found = ordinary_magnetism(one.T, one.H, M, sigma, run=one.run, sample=one.sample, dictionary=watched)
    assert np.isfinite(found.chi2)
    moved = [np.abs(np.log(T / one.T)).max() for T in asked]
    assert 0.5 < max(moved) <= 0.7 + 1e-12
