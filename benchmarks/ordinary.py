"""Ordinary magnetism as a whole on 720 points, tables loaded: what it costs, and over the fit of the ETM beside it.

``python -m benchmarks.ordinary``
"""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks._common import best
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.ordinary import compare_with_ordinary
from glasspara.ordinary import DirectionWidths
from glasspara.simulation.datasets import BK7, PURE_LL, fixed_field

_REPEAT = 7
_SAMPLES = {
    "glass, iron free": (BK7, None),
    "glass, known iron": (BK7, (1.697e17, 2e15)),
    "no glass": (PURE_LL, None),
}


def main() -> None:
    print(f"{'sample':20}{'ordinary / s':>14}{'over the fit':>14}")
    for name, (truth, iron) in _SAMPLES.items():
        data = fixed_field(truth, np.random.default_rng(1))
        alone = partial(fit, data, ordinary=False, brief=True)
        cost = best(
            partial(compare_with_ordinary, alone().minimum, iron=iron, widths=DirectionWidths()), _REPEAT
        )
        print(f"{name:20}{cost:14.3f}{cost / best(alone, _REPEAT):14.2f}")


if __name__ == "__main__":
    main()
