"""How often is the field that a magnet keeps, a drift or a wild point taken for hysteresis, and is hysteresis seen?

    python -m studies.hysteresis --seeds 4

measures loops of BK7's parameters without tunnelling systems, of 3 to 65 kOe in steps of 50 Oe to 5 kOe, at 2, 4.5, 10
and 20 K with noise of 0.1 and 1 %, and prints how many are called hysteresis, and of how many the branches are said to
differ. Three minutes of one core for each seed.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from glasspara.data import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.branches import branch_shifts
from glasspara.fitting.problem import FitSettings
from glasspara.model.model import Model, evaluate
from glasspara.simulation.datasets import PURE_LL, make_run

LOOPS = {
    "50 Oe": (3e3, 50.0),
    "100 Oe": (5e3, 100.0),
    "250 Oe": (2e4, 250.0),
    "500 Oe": (5e4, 500.0),
    "1 kOe": (6.5e4, 1e3),
    "2.5 kOe": (5e4, 2.5e3),
    "5 kOe": (5e4, 5e3),
}
"""Largest field and step, Oe."""


@dataclass(frozen=True)
class Loop:
    """What happens along a loop, from the largest field down and up again.

    ``remnant`` (Oe) is kept by the magnet, with the sign of the direction, and halves within ``falls`` (Oe); ``lag`` is
    of the temperature, relative; ``drift`` (emu/g) and ``gain`` (relative) go from minus to plus; a ``wild`` point, in
    standard errors, is nearest to zero field. A speck of ``speck`` emu/g has the field of ``coercivity`` (Oe) and
    saturates over ``width`` (Oe).
    """

    remnant: float = 0.0
    falls: float = inf
    lag: float = 0.0
    drift: float = 0.0
    gain: float = 0.0
    wild: float = 0.0
    speck: float = 0.0
    coercivity: float = 0.0
    width: float = 400.0

    def measured(
        self, kelvins: Sequence[float], *, top: float, step: float, noise: float, rng: np.random.Generator
    ) -> Dataset:
        """One loop at each temperature (K), with ``noise`` relative to the moment beside 5e-8 emu/g."""
        down = np.arange(top, -top - 1.0, -step)
        H = np.concatenate([down, down[::-1]]) + rng.normal(0.0, 0.5, 2 * down.size)
        rising = np.arange(H.size) >= down.size
        way, progress = np.where(rising, 1.0, -1.0), np.linspace(-1.0, 1.0, H.size)
        runs = []
        for kelvin in kelvins:
            T = np.full(H.shape, kelvin)
            seen = H + self.remnant * way / (1.0 + np.abs(H) / self.falls)
            true = evaluate(T * (1.0 + self.lag * way), seen, PURE_LL, Model("ll")).total
            true = true + self.speck * np.tanh((seen - way * self.coercivity) / self.width)
            true = true * (1.0 + self.gain * progress) + self.drift * progress
            sigma = np.hypot(noise * true, 5e-8)
            M = true + sigma * rng.standard_normal(H.size)
            nearest = int(np.argmin(np.abs(H)))
            M[nearest] += self.wild * sigma[nearest]
            runs.append(make_run("fixed-temperature", kelvin, T, H, M, sigma, branch=rising.astype(int)))
        return Dataset(tuple(runs))


INSTRUMENT = {
    "nothing": Loop(),
    "20 Oe": Loop(remnant=-20.0),
    "20 Oe, other sign": Loop(remnant=20.0),
    "45 Oe": Loop(remnant=-45.0),
    "25 Oe, falls within 2 kOe": Loop(remnant=-25.0, falls=2e3),
    "25 Oe, falls within 10 kOe": Loop(remnant=-25.0, falls=1e4),
    "T lags by 0.5 %": Loop(lag=0.005),
    "drift": Loop(drift=3e-6),
    "gain drifts by 1 %": Loop(gain=0.005),
    "all of these": Loop(remnant=-20.0, falls=1e4, drift=3e-6, gain=0.003, lag=0.002),
    "a wild point": Loop(wild=25.0),
    "a speck without hysteresis, 20 Oe": Loop(speck=1e-5, remnant=-20.0),
}
HYSTERESIS = {
    f"coercivity {coercivity:g} Oe, {speck:g} emu/g": Loop(
        speck=speck, coercivity=coercivity, width=2.0 * coercivity
    )
    for coercivity in (100.0, 200.0, 500.0)
    for speck in (3e-6, 1e-5, 1e-4)
}


def judged(data: Dataset) -> tuple[bool, bool]:
    """Whether loops are called hysteresis, and whether their branches are said to differ."""
    minimum = fit(data, FitSettings(model=Model("ll")), ordinary=False).minimum
    shifts = branch_shifts(minimum)
    hysteresis = any(item.too_far or item.remanence > 0.0 for item in shifts)
    return hysteresis, hysteresis or any(item.clear for item in shifts)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=4, metavar="N")
    seeds = parser.parse_args(argv).seeds
    print("called hysteresis / said to differ / all, by the step of the field")
    print(f"{'':36}" + "".join(f"{step:>14}" for step in LOOPS))
    for name, loop in {**INSTRUMENT, **HYSTERESIS}.items():
        cells = []
        for number, (top, step) in enumerate(LOOPS.values()):
            found = [
                judged(
                    loop.measured(
                        kelvins, top=top, step=step, noise=noise, rng=np.random.default_rng([seed, number])
                    )
                )
                for kelvins in ((2.0, 10.0), (4.5,), (20.0,))
                for noise in (1e-3, 1e-2)
                for seed in range(seeds)
            ]
            hysteresis, differ = np.sum(found, axis=0)
            cells.append(f"{hysteresis}/{differ}/{len(found)}")
        print(f"{name:36}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
