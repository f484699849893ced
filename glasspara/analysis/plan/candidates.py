"""Runs that could be measured next, within reach of the instrument, and the noise that their points would have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glasspara.arrays import FloatArray, IntArray, median
from glasspara.data import Dataset, ReducedRun, reduce_run
from glasspara.errors import UsageError
from glasspara.model.model import Model, evaluate
from glasspara.presets import MOST_POINTS, RunPlan
from glasspara.runs.run import Run
from glasspara.simulation import FLOOR

_SERIES = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)  # set points of a decade
_LOWEST_FIELD = 0.01  # of the largest
_PLACES = 24  # that the points of a run are exchanged between
_UNEVEN = 0.05  # of its range: how far off the middle the median of an even run may lie
# Of the estimate of the noise: rounds, how far off its variance a point is left out, quantile of the least variance.
_ROUNDS, _FAR, _LEAST = 10, 9.0, 0.02


@dataclass(frozen=True)
class Reach:
    """What can be measured: |H| up to ``max_field`` (Oe), ``temperatures`` from lowest to highest (K), and how many
    ``points`` a run has. ``mt`` (Oe) and ``mh`` (K) name the set points to choose from, M(T) and M(H); all within reach
    where both are empty.

    Raises
    ------
    UsageError
        For limits that leave nothing to measure, and set points out of reach.
    """

    max_field: float = 50.0e3
    temperatures: tuple[float, float] = (2.0, 300.0)
    points: int = 40
    mt: tuple[float, ...] = ()
    mh: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        low, high = self.temperatures
        if not 100.0 <= self.max_field <= 1.0e6:
            raise UsageError(
                f"--max-field: {self.max_field:g} Oe is not a field of a magnet", remedy="Give it in Oe"
            )
        if not 0.0 < low < high <= 2000.0:
            raise UsageError(f"--temperatures: {low:g} to {high:g} K cannot be measured")
        if not 2 <= self.points <= MOST_POINTS:
            raise UsageError(f"--points: {self.points} points are too few for a run", remedy="Give 2 or more")
        for value in self.mt:
            if not 0.0 < abs(value) <= self.max_field:
                raise UsageError(
                    f"--mt {value:g} is outside the available range",
                    remedy=f"--max-field is {self.max_field:g} Oe",
                )
        for value in self.mh:
            if not low <= value <= high:
                raise UsageError(
                    f"--mh {value:g} is outside the available range",
                    remedy=f"--temperatures are {low:g} to {high:g} K",
                )

    def warming(self, field: float) -> RunPlan:
        """M(T) at ``field``, all temperatures, evenly spaced in ln T."""
        grid = np.geomspace(*self.temperatures, self.points)
        return RunPlan("fixed-field", field, _rounded(grid))

    def magnetising(self, temperature: float) -> RunPlan:
        """M(H) at ``temperature``, up to the largest field, evenly spaced."""
        grid = np.linspace(0.0, self.max_field, self.points + 1)[1:]
        return RunPlan("fixed-temperature", temperature, tuple(np.round(grid).tolist()))

    def candidates(self) -> list[RunPlan]:
        """For each set point the run over everything that is within reach."""
        named = bool(self.mt or self.mh)
        fields = self.mt if named else _set_points(_LOWEST_FIELD * self.max_field, self.max_field)
        temperatures = self.mh if named else _set_points(*self.temperatures)
        return [*map(self.warming, fields), *map(self.magnetising, temperatures)]

    def places(self, run: RunPlan) -> tuple[RunPlan, IntArray]:
        """The places that points of a run like ``run`` may take, from lowest to highest, and its points at each."""
        counts = np.zeros(_PLACES, dtype=np.int64)
        np.add.at(counts, np.rint(self._place_of(run)).astype(np.int64), 1)
        return replace(run, grid=_rounded(self._at(run.kind, np.arange(_PLACES)))), counts

    def with_points(self, run: RunPlan, counts: IntArray) -> RunPlan:
        """``run`` with so many points about each of its places, spread evenly over the way to the next ones."""
        last = _PLACES - 1
        found = []
        for place, count in enumerate(counts.tolist()):
            start = (
                0.0 if place == 0 else 1.0 if place == last else 0.5
            )  # both ends of the reach are measured
            low, high = max(place - 0.5, 0.0), min(place + 0.5, last)
            found.append(low + (high - low) * (np.arange(count) + start) / max(count, 1))
        return replace(run, grid=_rounded(self._at(run.kind, np.concatenate(found))))

    def _at(self, kind: str, places: FloatArray | IntArray) -> FloatArray:
        """Temperatures, even in ln T, or fields, denser where they are weak, at ``places``."""
        share = places / (_PLACES - 1)
        if kind == "fixed-field":
            low, high = self.temperatures
            return np.asarray(low * (high / low) ** share)
        return np.asarray(self.max_field * ((share * (_PLACES - 1) + 1.0) / _PLACES) ** 2)

    def _place_of(self, run: RunPlan) -> FloatArray:
        """The inverse of ``_at``, from 0."""
        grid = np.array(run.grid)
        if run.kind == "fixed-field":
            low, high = self.temperatures
            return np.asarray((_PLACES - 1) * np.log(grid / low) / np.log(high / low))
        return np.asarray(np.maximum(_PLACES * np.sqrt(grid / self.max_field) - 1.0, 0.0))

    def even_grids(self, count: int) -> list[list[RunPlan]]:
        """What one would measure without a plan: ``count`` M(T) runs at evenly spaced fields; or as many M(H) runs."""
        fields = [float(f"{self.max_field * number / count:.3g}") for number in range(1, count + 1)]
        kelvins = np.geomspace(self.temperatures[0], min(self.temperatures[1], 50.0), count).tolist()
        return [
            [self.warming(field) for field in fields],
            [self.magnetising(float(f"{kelvin:.3g}")) for kelvin in kelvins],
        ]


def _set_points(low: float, high: float) -> tuple[float, ...]:
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1.0)
    series = np.round(np.outer(decades, _SERIES).ravel(), 6)
    return tuple(dict.fromkeys([low, *series[(series > low) & (series < high)].tolist(), high]))


def _rounded(grid: FloatArray) -> tuple[float, ...]:
    """To four digits."""
    return tuple(float(f"{value:.4g}") for value in grid.tolist())


def in_measuring_order(runs: Sequence[RunPlan]) -> list[RunPlan]:
    """Weak fields before strong ones, which leave a remnant field in the magnet; M(T) before M(H)."""
    return sorted(runs, key=lambda run: (run.kind, abs(run.nominal), run.grid))


def name_of(run: RunPlan) -> str:
    """ "M(T) at 20 kOe", "M(H) at 4.5 K"."""
    return f"M(T) at {_field(run.nominal)}" if run.kind == "fixed-field" else f"M(H) at {run.nominal:g} K"


def range_of(run: RunPlan) -> str:
    """ "2 to 300 K", "1.25 to 50 kOe, half below 5 kOe"."""
    warming = run.kind == "fixed-field"
    low, middle, high = np.quantile(run.grid, (0.0, 0.5, 1.0)).tolist()
    if warming:
        ends, half = f"{low:g} to {high:g} K", f"{float(f'{middle:.2g}'):g} K"
        part = np.log(middle / low) / np.log(high / low)
    else:
        ends, half = (
            f"{low / 1000.0:.3g} to {high / 1000.0:g} kOe",
            f"{float(f'{middle / 1000.0:.2g}'):g} kOe",
        )
        part = (middle - low) / (high - low)
    return ends if abs(part - 0.5) < _UNEVEN else f"{ends}, half below {half}"


def _field(value: float) -> str:
    return f"{value / 1000.0:g} kOe" if abs(value) >= 1000.0 else f"{value:g} Oe"


@dataclass(frozen=True)
class Noise:
    """Standard error of a moment m: hypot(``relative`` |m|, ``floor``), emu; ``source`` is "given" or "data"."""

    relative: float = 1.0e-3
    floor: float = FLOOR
    source: str = "given"

    def __post_init__(self) -> None:
        largest = np.inf if self.source == "data" else 1.0  # the scatter of weak moments may exceed them
        if not (0.0 <= self.relative < largest and 0.0 <= self.floor < np.inf) or not (
            self.relative or self.floor
        ):
            raise UsageError(
                f"--noise: {self.relative:g} of the moment and {self.floor:g} emu cannot be the noise",
                remedy="Give RELATIVE or RELATIVE,EMU, for example 0.001,5e-9",
            )

    @classmethod
    def of(cls, data: Dataset) -> Noise:
        """The noise that describes the errors of ``data`` best: their variance as a + b m^2, a and b >= 0.

        Points whose error is three times off, by a flux jump or a poor fit of the scan, do not count. No further point
        is taken for more precise than the most precise ones of the data: where a moment crosses zero, a relative error
        alone would promise too much.
        """
        grams = np.concatenate([np.full(len(run), run.grams) for run in data.runs])
        square, variance = (data.magnetisation * grams) ** 2, (data.sigma * grams) ** 2
        size = float(np.max(square)) or 1.0
        columns = np.column_stack([np.ones(len(data)), square / size])
        found = np.array([median(variance), 0.0])
        for _ in range(_ROUNDS):
            expected = columns @ found
            good = (variance < _FAR * expected) & (variance > expected / _FAR)
            good = good if good.any() else np.ones(len(data), dtype=bool)
            weighted, target = columns[good] / expected[good, None], variance[good] / expected[good]
            found = np.linalg.lstsq(weighted, target, rcond=None)[0]
            if (found <= 0.0).any():  # one of the two alone
                keep = int(np.argmax(found))
                alone = weighted[:, keep]
                found = np.where(np.arange(2) == keep, alone @ target / (alone @ alone), 0.0)
        least = float(np.sqrt(max(found[0], np.quantile(variance, _LEAST))))
        return cls(float(np.sqrt(found[1] / size)), least, "data")

    def given(self, relative: float | None, floor: float | None) -> Noise:
        """The same with what the user gives in place of either."""
        if relative is None and floor is None:
            return self
        return Noise(
            self.relative if relative is None else relative, self.floor if floor is None else floor, "given"
        )

    def sigma(self, magnetisation: FloatArray, grams: float) -> FloatArray:
        """Standard errors of ``magnetisation``, both emu/g."""
        return np.asarray(np.hypot(self.relative * magnetisation, self.floor / grams))


def expected_run(
    plan: RunPlan, values: Mapping[str, float], model: Model, *, noise: Noise, like: ReducedRun
) -> ReducedRun:
    """The run of ``plan`` as the model with ``values`` (canonical) predicts it, of the sample of the run ``like``."""
    T, H = map(np.array, plan.points)
    warming = plan.kind == "fixed-field"
    total = evaluate(T, H, values, model).total
    sigma = noise.sigma(total, like.grams)
    zeros = np.zeros(T.shape, dtype=np.int64)
    run = Run(
        file="planned",
        kind="fixed-field" if warming else "fixed-temperature",
        nominal=plan.nominal,
        temperature=T,
        field=H,
        moment=total * like.grams,
        sigma=np.maximum(sigma, np.finfo(float).tiny) * like.grams,
        line=zeros,
        branch=zeros,
        branch_labels=("warming" if warming else "field up",),
        sigma_source="planned",
        run_type=like.run.run_type,
    )
    geometry = {like.geometry_of: like.geometry}
    return reduce_run(run, mass_mg=like.mass_mg, sample=like.sample, geometry=geometry)
