"""Pairs, windows and sources of chi_larmor: calibrated on Larmor + Langevin data, right about where glass breaks."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy import stats

from glasspara.analysis.universality.collapse import notes_on
from glasspara.analysis.universality.collapse import universality as whole
from glasspara.analysis.universality.common_curve import ChiLarmor, curve_test
from glasspara.analysis.universality.failure import PartTension, UniversalityParts, universality_parts
from glasspara.data import Dataset
from glasspara.errors import UsageError
from glasspara.fitting.judge import holm
from glasspara.model.model import Model
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field, fixed_temperature, make_run

LL = Model("ll")
universality = partial(whole, parts=False)  # tests are to be quick
TRUE_CHI = PURE_LL["chi_larmor"]


@pytest.fixture(scope="module")
def universal() -> list[UniversalityParts]:
    """40 campaigns without a tunnelling current, half of them M(T) and half M(H)."""
    rng = np.random.default_rng(21)
    campaigns = [fixed_field(PURE_LL, rng, model=LL) for _ in range(20)]
    campaigns += [fixed_temperature(PURE_LL, rng) for _ in range(20)]
    return [universality_parts(data, allowances=False) for data in campaigns]


@pytest.mark.parametrize("kind", ["pairs", "windows"])
def test_p_values_of_parts_are_uniform_and_families_seldom_break(universal, kind):
    families = [getattr(parts, kind) for parts in universal]
    p_values = [part.p_value for family in families for part in family if part.p_value is not None]
    assert len(p_values) >= 110
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    # 5 % of 40: 2 +- 1.4
    assert sum(any(part.breaks for part in family) for family in families) <= 6


@pytest.mark.parametrize("source", ["each", "given"])
def test_p_values_are_uniform_whatever_the_source_of_chi(source):
    """A given chi is wrong by its error, each time anew."""
    rng = np.random.default_rng(22)
    error = 0.01 * TRUE_CHI
    p_values = []
    for _ in range(50):
        data = fixed_field(PURE_LL, rng, model=LL)
        choice = ChiLarmor("each")
        if source == "given":
            choice = ChiLarmor("given", TRUE_CHI + error * rng.standard_normal(), error)
        p_values.append(curve_test(data, choice, allowances=False).p_value)
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


def test_error_of_a_given_chi_stands_between_knowing_it_and_fitting_it():
    data = fixed_field(PURE_LL, np.random.default_rng(23), model=LL)
    off = 1.01 * TRUE_CHI
    tests = {
        error: universality(data, chi_larmor=ChiLarmor("given", off, error), allowances=False)
        for error in (1e-4 * TRUE_CHI, 1e3 * TRUE_CHI)
    }
    tight, wide = tests.values()
    assert tight.p_value < 1e-6
    fitted = universality(data, allowances=False)
    assert wide.p_value == pytest.approx(fitted.p_value, rel=0.02)  # one more row, for the prior
    assert wide.chi_larmor == pytest.approx(fitted.chi_larmor, rel=1e-9)


def test_chi_of_all_runs_is_no_knowledge_and_that_of_each_run_even_less():
    data = fixed_field(BK7, np.random.default_rng(24))
    fitted, of_all, of_each = (
        universality(data, chi_larmor=ChiLarmor(name)) for name in ("fit", "all", "each")
    )
    assert (of_all.statistic, of_all.p_value) == (fitted.statistic, fitted.p_value)
    assert of_all.chi_larmor != fitted.chi_larmor
    # Of the offsets of four runs a curve and one chi take two, four chi take all.
    assert of_each.dof[0] == fitted.dof[0] - 2
    assert of_each.chi_larmor is None
    # the drift that the source's Table 1 shows, and takes for evidence
    values = [item.chi_larmor for item in of_each.runs]
    assert max(values) > 1.05 * min(values)
    size = np.abs(data.field)
    for item, part in zip(of_each.runs, data.slices, strict=True):
        expected = data.magnetisation[part] + item.chi_larmor * size[part]
        assert of_each.magnetisation[part] == pytest.approx(expected, rel=1e-12)


def test_a_disturbance_is_found_where_it_is_and_between_the_runs_that_have_it():
    """The run at 2 K leaves the curve of the others above 3 kOe/K, by up to 50 standard errors."""
    rng = np.random.default_rng(25)
    data = fixed_temperature(PURE_LL, rng, fields=tuple(np.geomspace(200.0, 65e3, 60)))
    first = data.runs[0]
    beyond = np.maximum(np.log(first.field / first.temperature / 3000.0), 0.0)
    magnetisation = first.magnetisation + 50.0 * first.sigma * beyond**2
    run = make_run("fixed-temperature", 2.0, first.temperature, first.field, magnetisation, first.sigma)
    parts = universality_parts(Dataset((run, *data.runs[1:])), allowances=False)
    assert parts.broken == (parts.windows[-1].h_over_t,)
    assert 2000.0 < parts.broken[0][0] < 3000.0
    assert [pair.runs for pair in parts.pairs if pair.breaks] == [(0, 1)]  # the others end before 7 kOe/K
    matrix = np.array(parts.matrix("p_adjusted"), dtype=float)
    assert np.isnan(np.diag(matrix)).all()
    assert matrix[0, 1] == matrix[1, 0] == parts.pairs[0].p_adjusted < 1e-6


def test_glass_breaks_everywhere_and_allowances_do_not_excuse_it():
    parts = universality_parts(fixed_field(BK7, np.random.default_rng(26)))
    assert len(parts.broken) == 1
    low, high = parts.broken[0]
    assert (low, high) == (parts.windows[0].h_over_t[0], parts.windows[-1].h_over_t[1])
    assert all(window.p_with_allowances > window.p_value for window in parts.windows)


def test_runs_that_do_not_meet_are_not_compared():
    rng = np.random.default_rng(27)
    data = fixed_temperature(PURE_LL, rng, temperatures=(2.0, 300.0), fields=tuple(np.linspace(2e3, 6e4, 30)))
    parts = universality_parts(data)
    assert parts.pairs[0].problem == "no overlap in H/T"
    assert parts.pairs[0].p_value is None
    assert not parts.windows


def test_holm():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize("error", [0.0, -1e-9, float("inf"), float("nan")])
def test_an_error_of_chi_must_be_one(error):
    with pytest.raises(UsageError, match="positive"):
        ChiLarmor("given", 4e-7, error)


def test_pairs_that_disagree_are_told_apart_and_do_not_gainsay_the_whole():
    runs = fixed_field(PURE_LL, np.random.default_rng(30), fields=(1e4, 1e4, 2e4), model=LL).runs
    runs = [
        replace(run, run=replace(run.run, file=f"{name}.dat")) for run, name in zip(runs, "abc", strict=True)
    ]
    pair = PartTension((0, 1), (1.0, 2.0), 9, p_value=1e-4, p_adjusted=1e-3)
    parts = UniversalityParts(3, (pair, replace(pair, runs=(0, 2), p_adjusted=0.9)), ())
    _, broken, _ = notes_on(runs, parts, holds=False)
    assert "the most 10 kOe (a.dat) and 10 kOe (b.dat)" in broken.text
    _, alone, _ = notes_on(runs, parts, holds=True)
    assert alone.code == "universality.pairs-disagree-alone"
    assert alone.text.startswith("taken alone, 1 of 2 pairs")
