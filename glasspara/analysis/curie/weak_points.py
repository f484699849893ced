"""Which points of a campaign lie in weak fields: where iron and tunnelling systems respond in proportion to H."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.arrays import BoolArray, FloatArray
from glasspara.data import Dataset, ReducedRun, select_points
from glasspara.errors import InputError, UsageError
from glasspara.findings import Finding, Where, finding
from glasspara.model.parameters import ATS_NAMES, PARAMETERS
from glasspara.physics.ats import AtsParameters, ats_curvature
from glasspara.physics.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import curie_curvature
from glasspara.wording import percent

TOLERANCE = 0.003
"""Share by which a term may fall short of its weak-field form."""

FEWEST_LOW = 6
"""Points that a run must have in the low-temperature window to count."""

LOW_SPAN, HIGH_SPAN = 5.0, 25.0
"""The low-temperature window ends at so many times the lowest temperature; the high one begins at so many."""


@dataclass(frozen=True, eq=False)
class WeakRun:
    """What is weak of one run. ``curie`` and ``ats`` are the largest curvatures among the points used.

    ``used`` has the points inside the tolerance, None where too few are left. ``reason`` says why points are left out.
    """

    run: ReducedRun
    used: ReducedRun | None
    curie: float
    ats: float
    reason: Finding | None


@dataclass(frozen=True, eq=False)
class WeakData:
    """The weak points of a campaign, and its windows: T <= ``low_end`` and T >= ``high_start``, K."""

    runs: tuple[WeakRun, ...]
    data: Dataset
    low_end: float
    high_start: float
    tolerance: float

    @property
    def low(self) -> BoolArray:
        """Points of ``data`` in the low-temperature window."""
        return self.data.temperature <= self.low_end

    @property
    def high(self) -> BoolArray:
        """Points of ``data`` in the high-temperature window."""
        return self.data.temperature >= self.high_start


def typical_ats(defaults: Mapping[str, float]) -> dict[str, float]:
    """Parameters of the ATS term: those of ``defaults``, else the usual ones."""
    return {name: defaults.get(name, PARAMETERS[name].start) for name in ATS_NAMES}


def select_weak_points(
    data: Dataset,
    *,
    ats: Mapping[str, Any],
    tolerance: float = TOLERANCE,
    low_end: float | None = None,
    high_start: float | None = None,
) -> WeakData:
    """The points of ``data`` at which neither iron nor systems like ``ats`` fall short by more than ``tolerance``.

    Parameters
    ----------
    ats : name -> value
        Parameters of typical tunnelling systems, as :func:`typical_ats` gives them.
    low_end, high_start : float, optional
        End of the low-temperature window and start of the high one, K; by default 5 and 25 times the lowest
        temperature.

    Raises
    ------
    UsageError
        The windows overlap, or the tolerance is not between 0 and 1.
    InputError
        No run has enough points.
    """
    if not 0.0 < tolerance < 1.0:
        raise UsageError(f"--tolerance {tolerance:g} is not between 0 and 1")
    candidates = [run for run in data.runs if run.run.kind == "fixed-field" and run.run.nominal != 0.0]
    typical = AtsParameters(**ats)
    curvatures = [(run, *_curvatures(run, typical)) for run in candidates]
    kept = [(curie <= tolerance) & (systems <= tolerance) for _, curie, systems in curvatures]
    if not candidates:
        raise _no_run(data)
    if not any(keep.any() for keep in kept):
        raise _too_strong(candidates, tolerance)
    coldest = min(float(run.temperature.min()) for run in candidates)
    low_end = LOW_SPAN * coldest if low_end is None else low_end
    high_start = max(HIGH_SPAN * coldest, low_end) if high_start is None else high_start
    if high_start < low_end:
        raise UsageError(
            f"the high-temperature window begins at {high_start:g} K, inside the low one (to {low_end:g} K)"
        )
    runs = [
        _judge(run, curie, systems, keep, low_end)
        for (run, curie, systems), keep in zip(curvatures, kept, strict=True)
    ]
    used = tuple(item.used for item in runs if item.used is not None)
    if not used:
        if max(int((run.temperature <= low_end).sum()) for run in candidates) < FEWEST_LOW:
            raise InputError(
                f"no M(T) run has {FEWEST_LOW} points or more below {low_end:.3g} K",
                remedy="Give more points at low temperatures, or another --low-to",
            )
        raise _too_strong(candidates, tolerance, low_end)
    return WeakData(tuple(runs), Dataset(used), low_end, high_start, tolerance)


def _curvatures(run: ReducedRun, ats: AtsParameters) -> tuple[FloatArray, FloatArray]:
    """Shortfall of iron (Fe3+, which bends first) and of tunnelling systems at each point; 1 at H = 0."""
    field = run.field
    safe = np.where(field == 0.0, 1.0, field)
    there = field != 0.0
    iron = np.where(there, curie_curvature(run.temperature, safe, ion=ION_OF_PARAMETER["n_fe3"]), 1.0)
    systems = np.where(there, np.abs(ats_curvature(run.temperature, safe, ats)), 1.0)
    return iron, systems


def _judge(
    run: ReducedRun, curie: FloatArray, systems: FloatArray, keep: BoolArray, low_end: float
) -> WeakRun:
    low = int((keep & (run.temperature <= low_end)).sum())
    where = Where(run=run.label)
    if low < FEWEST_LOW:
        coldest = int(np.argmin(run.temperature))
        if keep[coldest]:
            reason = finding("curie.too-few-cold", where, points=low, low_end=low_end)
        else:
            reason = finding(
                "curie.too-strong",
                where,
                temperature=float(run.temperature[coldest]),
                curie=float(curie[coldest]),
                ats=float(systems[coldest]),
            )
        return WeakRun(run, None, float(curie.max()), float(systems.max()), reason)
    cut = int((~keep).sum())
    left_out = finding("curie.points-left-out", where, points=cut) if cut else None
    return WeakRun(
        run, select_points(run, keep), float(curie[keep].max()), float(systems[keep].max()), left_out
    )


def _no_run(data: Dataset) -> InputError:
    zero = any(run.run.kind == "fixed-field" for run in data.runs)
    return InputError(
        "the M(T) runs are at zero field, where there is no M/H"
        if zero
        else "there is no run at a fixed field",
        remedy="curie needs M(T) runs at weak fields, for example 500 Oe",
    )


def _too_strong(candidates: list[ReducedRun], tolerance: float, low_end: float | None = None) -> InputError:
    weakest = min(candidates, key=lambda run: abs(run.run.nominal))
    where = "" if low_end is None else f" with {FEWEST_LOW} points or more below {low_end:.3g} K"
    return InputError(
        f"no run is in weak fields{where}: H/T is too large, even at {weakest.label}, for iron and tunnelling "
        f"systems to follow H within {percent(tolerance)}",
        remedy="Give M(T) at a weaker field, or allow more with --tolerance",
    )


def curie_shapes(T: FloatArray, H: FloatArray) -> tuple[FloatArray, FloatArray]:
    """H/T with the curvature of half Fe2+ and half Fe3+, Oe/K, and half the difference of the two ions."""
    bent = [H / T * (1.0 - curie_curvature(T, H, ion=ION_OF_PARAMETER[name])) for name in ("n_fe2", "n_fe3")]
    return 0.5 * (bent[0] + bent[1]), 0.5 * (bent[1] - bent[0])
