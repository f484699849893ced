"""No ordinary sample is called established, and the source's glass is: a few of ``python -m studies.certificates``."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.ordinary.responses import FreeIons, Pairs
from studies.certificates import KNOWN, Verdict, design
from studies.impostors import ROWS, coupled, four, ordinary_sample, pair, split_pair, triple
from tests.ordinary.samples import one

TRUSTED = ("term-not-needed", "not-established", "poor")


@pytest.mark.parametrize("place", range(len(ROWS)))
def test_ordinary_magnetism_gets_no_certificate(place):
    """One sample of each kind; designs, noise and errors of the instrument in turn."""
    found = Verdict(ROWS[place])(np.random.default_rng([2611, place]), place)
    for iron in KNOWN:
        if iron in found:
            assert not found[iron]["established"], (found["name"], iron)
            assert found[iron]["status"] in TRUSTED, (found["name"], iron)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_source_s_glass_gets_one(index):
    found = Verdict(strength=1.0)(np.random.default_rng([2611, index]), index)
    assert all(found[iron]["established"] for iron in KNOWN)
    assert found["known"]["margin"] > found["free"]["margin"] > 50.0


def test_clusters_without_coupling_are_free_ions():
    T, H, _ = design("mixed")
    two, three = (one(FreeIons(((j, 2.0),)), T, H) for j in (2.0, 2.5))
    assert coupled(triple(1e-9, 2.0, 2.5, 0.5))(T, H) == pytest.approx(2.0 * two + three, rel=1e-6)
    assert coupled(four(1e-9, 2.0, 0.5))(T, H) == pytest.approx(4.0 * two, rel=1e-6)
    assert coupled(pair(3.0, 2.5, 2.5))(T, H) == pytest.approx(one(Pairs(2.5, (3.0,)), T, H), rel=1e-9)
    assert split_pair(3.0, 1e-9, 2.0)(T, H) == pytest.approx(one(Pairs(2.0, (3.0,)), T, H), rel=1e-6)


def test_every_row_makes_samples():
    T, H, _ = design("5 M(H)")
    for row in ROWS:
        sample = ordinary_sample(np.random.default_rng(3), row)
        assert np.all(np.isfinite(sample.law(T[::7], H[::7])))
        assert sample.iron > 5e16
