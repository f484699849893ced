"""No ordinary sample is called established, and the source's glass is: a few of ``python -m studies.certificates``."""

from __future__ import annotations

import numpy as np
import pytest

from studies.certificates import Verdict

CAMPAIGNS = range(12)
"""Each of three designs, with noise of 0.1 and 1 %, with a perfect instrument and with errors of its widths."""


@pytest.mark.parametrize("index", CAMPAIGNS)
def test_ordinary_magnetism_gets_no_certificate(index):
    found = Verdict()(np.random.default_rng([2611, index]), index)
    for iron in ("free", "known"):
        status, established = found[iron]
        assert not established, (found["name"], iron)
        assert status in ("term-not-needed", "not-established", "poor"), (found["name"], iron)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_source_s_glass_gets_one(index):
    found = Verdict(strength=1.0)(np.random.default_rng([2611, index]), index)
    assert found["known"] == ["good", True]
