"""Entries of the dictionary: what they are, and that they stand near enough to each other."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.ordinary import dictionary as tables
from glasspara.ordinary.dictionary import components_of, ordinary_dictionary
from glasspara.ordinary.solver import solve
from tests.ordinary.samples import FIELDS, KELVINS, ORDINARY, design


def with_half_the_spacing():
    """The dictionary with a value more between each two of every grid."""

    def between(values):
        signs = (-1.0, 1.0) if values[0] * values[-1] < 0.0 else (np.sign(values[0]),)
        parts = [np.array([value for value in values if value * sign > 0.0]) for sign in signs]
        return tuple(
            float(value)
            for part, sign in zip(parts, signs, strict=True)
            for value in sign * np.sort(np.append(sign * part, np.sqrt(part[1:] * part[:-1])))[:: int(sign)]
        )

    with pytest.MonkeyPatch.context() as patch:
        for name in ("CLUSTER_GRID", "BLOCKING_TEMPERATURES", "SPECK_GRID"):
            low, high, count = getattr(tables, name)
            patch.setattr(tables, name, (low, high, 2 * count - 1))
        patch.setattr(
            tables,
            "SPLITTING_GRIDS",
            {key: (low, high, 2 * count - 1) for key, (low, high, count) in tables.SPLITTING_GRIDS.items()},
        )
        for name in ("MEAN_FIELDS", "WEAK_PAIRS", "MIXED_PAIRS"):
            patch.setattr(tables, name, between(getattr(tables, name)))
        small = {spin: between(values) for spin, values in tables.SMALL_SPIN_PAIRS.items()}
        patch.setattr(tables, "SMALL_SPIN_PAIRS", small)
        return ordinary_dictionary()


COARSE, FINE = ordinary_dictionary(), with_half_the_spacing()
DESIGNS = {"M(T)": design(FIELDS[::2], points=40), "M(H)": design((), KELVINS[::2], points=40)}
COLUMNS = {
    (name, density): dictionary.columns(one.T, one.H)
    for name, one in DESIGNS.items()
    for density, dictionary in ((1, COARSE), (2, FINE))
}


def chi2(name, density, true):
    """What a dictionary leaves of a curve without noise, for errors of 0.1 %."""
    sigma, H = np.maximum(1e-3 * np.abs(true), 2e-6), DESIGNS[name].H
    return solve(COLUMNS[name, density] / sigma[:, None], (-H / sigma)[:, None], true / sigma).chi2


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("kind", ORDINARY)
def test_half_the_spacing_would_change_chi2_by_less_than_1(name, kind):
    one = DESIGNS[name]
    true = ORDINARY[kind](one.T, one.H)
    coarse, fine = (chi2(name, density, true) for density in (1, 2))
    assert coarse < 1.5  # measured 0.9 at most
    assert abs(coarse - fine) < 1.0


def test_entries_are_those_of_the_columns():
    T, H = np.array([2.0, 30.0]), np.array([2e4, 5e4])
    for dictionary in (
        COARSE,
        FINE,
        ordinary_dictionary(strong_pairs=True, trace_ions=(("Mn2+", 2.5, 2.0),)),
    ):
        assert dictionary.columns(T, H).shape == (2, len(dictionary.entries))
        assert len({entry.name for entry in dictionary.entries}) == len(dictionary.entries)
    names = [entry.name for entry in COARSE.entries]
    columns = COARSE.columns(T, H)
    for index in range(0, len(names), 7):
        weights = np.where(np.arange(len(names)) == index, 3.0, 0.0)
        assert COARSE.curve(T, H, weights).magnetisation == pytest.approx(3.0 * columns[:, index], rel=1e-5)


def test_iron_is_counted_by_the_carrier():
    iron = {entry.kind: entry.iron for entry in ordinary_dictionary(trace_ions=(("Mn2+", 2.5, 2.0),)).entries}
    assert iron == {
        "free ion": 1.0, "zero-field splitting": 1.0, "mean field": 1.0, "pair": 2.0, "cluster": 0.0,
        "ferromagnetic speck": 0.0, "trace ion": 0.0,
    }  # fmt: skip


def test_strong_pairs_are_there_only_where_asked_for():
    strong = ordinary_dictionary(strong_pairs=True)
    assert max(entry.value for entry in strong.entries if entry.kind == "pair") == 300.0
    assert max(entry.value for entry in COARSE.entries if entry.kind == "pair") == 40.0


def test_neighbours_become_one_component():
    names = [entry.name for entry in COARSE.entries]
    row = [index for index, entry in enumerate(COARSE.entries) if entry.line == "clusters"]
    weights = np.zeros(len(names))
    weights[row[3]], weights[row[4]], weights[row[9]] = 3e13, 1e13, 1e12
    weights[3] = 1e17
    one = DESIGNS["M(T)"]
    found = components_of(COARSE, weights, np.abs(COARSE.columns(one.T, one.H)).sum(axis=0))
    assert [item.kind for item in found].count("cluster") == 2
    assert found[0].kind == "free ion"
    pair = next(item for item in found if len(item.entries) == 2)
    low, high = COARSE.entries[row[3]].value, COARSE.entries[row[4]].value
    assert pair.range == (low, high)
    assert pair.mean == pytest.approx(0.75 * low + 0.25 * high)
    assert pair.weight == 4e13
    assert sum(item.share_of_signal for item in found) == pytest.approx(1.0)
    assert components_of(COARSE, np.zeros(len(names)), np.ones(len(names))) == ()
