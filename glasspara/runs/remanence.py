"""Where the moment of a loop crosses zero: the field that the magnet keeps, or hysteresis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from glasspara.arrays import FloatArray, IntArray
from glasspara.runs.branches import stretches

WORTH_SAYING = 5.0
"""Oe by which a zero crossing is off the reported zero before it is worth a word."""

_NEAR = 1000.0  # Oe: between points farther off a crossing is not known well, and no matter of the magnet


def zero_crossings(
    field: FloatArray, moment: FloatArray, branch: IntArray, labels: Sequence[str]
) -> dict[str, float]:
    """Reported field (Oe) at which the moment of each branch changes sign, straight between points.

    Left out are branches that do not go through zero field, and those that change sign more than once or far from it.
    """
    found: dict[str, float] = {}
    for part in stretches(branch):
        H, m = field[part], moment[part]
        changes = np.flatnonzero(np.sign(m[:-1]) * np.sign(m[1:]) < 0)
        if len(changes) != 1 or H.min() >= 0.0 or H.max() <= 0.0:
            continue
        i = int(changes[0])
        if max(abs(H[i]), abs(H[i + 1])) > _NEAR:
            continue
        crossing = float(H[i] - m[i] * (H[i + 1] - H[i]) / (m[i + 1] - m[i]))
        found[labels[int(branch[part.start])]] = crossing
    return found


def remanence_warning(crossings: dict[str, float]) -> list[str]:
    """A warning where any branch crosses zero off the reported zero field."""
    if not any(abs(value) > WORTH_SAYING for value in crossings.values()):
        return []
    places = ", ".join(f"{value:.3g} Oe ({label})" for label, value in crossings.items())
    return [
        f"the moment crosses zero at {places} of the reported field: hysteresis, or a field that the magnet keeps and "
        "does not report; correct it with --field-standard, leave weak fields out with --h-range, or free field_offset"
    ]
