"""Turning points of what varies through a run."""

from __future__ import annotations

import numpy as np
import pytest

from glasspara.runs.stretches import find_branches

LOOP = [*range(0, 71), *range(70, -71, -1), *range(-70, 71)]


def branches(values, noise=0.5, reversal=3.0):
    branch, labels = find_branches(
        np.array(values, float), noise=noise, reversal=reversal, up="up", down="down"
    )
    assert len(branch) == len(values)
    return [int(n) for n in np.bincount(branch, minlength=len(labels))], labels


@pytest.mark.parametrize(
    ("values", "counts", "labels"),
    [
        ([1, 2, 3, 4, 5, 6], [6], ("up",)),
        ([300, 200, 100, 50, 4, 4.1, 4.0], [7], ("down",)),
        ([5, 5, 5], [3], ("steady",)),
        ([], [0], ("steady",)),
        (LOOP, [72, 141, 140], ("up", "down", "up (2)")),
        ([2, 50, 300, 2, 50, 300], [3, 3], ("up", "up (2)")),
        ([2, 50, 300, 2, 3, 4, 50, 300], [3, 5], ("up", "up (2)")),
        ([2, 50, 300, 200, 100, 2], [3, 3], ("up", "down")),
        ([0, 10, 20, 18, 30, 40], [6], ("up",)),
        ([0, 10, 20, 20.2, 19.9, 20, 10, 0], [6, 2], ("up", "down")),
    ],
)
def test_branches(values, counts, labels):
    assert branches(values) == (counts, labels)
