"""Errors of the instrument as directions: what each of them, at one standard error, changes of a curve.

A direction is the derivative of the fitted curve by one error times its width, so that the fit may move along it by a
number with a standard normal prior, its pull. Errors that runs have in common are common; only what differs from run
to run is free in each run. The same directions are meant for every model that is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray, distinct_values
from glasspara.errors import UsageError


@dataclass(frozen=True)
class Curve:
    """Magnetisation M at some points, emu/g, with dM/dH, emu g^-1 Oe^-1, and T dM/dT, emu/g; each of shape (n,)."""

    magnetisation: FloatArray
    by_field: FloatArray
    by_log_temperature: FloatArray

    def __add__(self, other: Curve) -> Curve:
        return Curve(
            self.magnetisation + other.magnetisation,
            self.by_field + other.by_field,
            self.by_log_temperature + other.by_log_temperature,
        )

    def scaled(self, factor: float | FloatArray) -> Curve:
        """The curve times ``factor``."""
        return Curve(self.magnetisation * factor, self.by_field * factor, self.by_log_temperature * factor)

    def moved(self, field: FloatArray, log_temperature: FloatArray) -> Curve:
        """The curve at H + ``field`` and T exp(``log_temperature``), to first order, its slopes unchanged."""
        change = self.by_field * field + self.by_log_temperature * log_temperature
        return Curve(self.magnetisation + change, self.by_field, self.by_log_temperature)


Labels = npt.NDArray[np.int64]
Target = Literal["field", "log temperature", "log gain", "magnetisation"]
TARGETS: tuple[Target, ...] = get_args(Target)

THERMOMETER_NODES = (2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 300.0)
"""Temperatures, K, at which the error of the shared thermometer is free; linear in ln T between, constant beyond."""

LEAST_WIDTH = 1.0e-12
_WIDEST = {"field_offset": 1.0e5, "moment_offset": 1.0e3, "drift": 1.0e3}  # the others are relative

# Free columns of unit length are held to 0 this weakly, so that combinations of others do no harm.
_HOLD = 1.0e-8


@dataclass(frozen=True)
class DirectionWidths:
    """One standard error of each kind of error; 0 leaves a kind out.

    Field offset of each run, Oe; error of the shared thermometer at each node and of the thermometer in each run,
    relative; gain of each run where the sample has several (else it is the mass), relative; mass of each sample,
    relative; offset of each run and its drift from first to last measurement, emu/g. The defaults are those of a
    well-kept SQUID magnetometer: residual field of the magnet, calibration of its thermometer, reproducibility of the
    position, and weighing with the volume's correction.
    """

    field_offset: float = 20.0
    thermometer: float = 0.005
    thermometer_run: float = 0.001
    gain_run: float = 0.001
    mass: float = 0.02
    moment_offset: float = 0.0
    drift: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            most = _WIDEST.get(name, 1.0)
            if not (value == 0.0 or LEAST_WIDTH <= value <= most):
                raise UsageError(
                    f"the width of {name} cannot be {value:g}",
                    remedy=f"Give 0, or a number from {LEAST_WIDTH:g} to {most:g}",
                )


@dataclass(frozen=True)
class Direction:
    """One error that was allowed: its kind, the run, sample or node (K) that it belongs to, its width with unit."""

    name: str
    kind: str
    width: float
    unit: str
    pull: float = 0.0
    """Fitted value in units of the width."""


@dataclass(frozen=True)
class Directions:
    """Errors of the instrument at some points: M -> exp(g) M(T exp(l), H + h) + m.

    ``items`` are the errors, ``patterns`` (n, directions) what each does at one standard error, ``targets`` to which of
    the four it adds: the field h (Oe), the logarithm l of the temperature, the logarithm g of the gain, or the
    magnetisation m (emu/g).
    """

    items: tuple[Direction, ...]
    patterns: FloatArray
    targets: tuple[Target, ...]

    def columns(self, curve: Curve) -> FloatArray:
        """Derivatives of the disturbed ``curve`` by the pulls, emu/g, shape (n, directions)."""
        slopes = {
            "field": curve.by_field,
            "log temperature": curve.by_log_temperature,
            "log gain": curve.magnetisation,
            "magnetisation": np.ones(curve.magnetisation.shape),
        }
        if not self.items:
            return self.patterns
        return self.patterns * np.stack([slopes[target] for target in self.targets], axis=1)

    def sums(self, pulls: FloatArray) -> dict[Target, FloatArray]:
        """h, l, g and m at every point for these ``pulls``."""
        return {
            target: self.patterns @ np.where([item == target for item in self.targets], pulls, 0.0)
            for target in TARGETS
        }

    def with_pulls(self, pulls: FloatArray) -> tuple[Direction, ...]:
        return tuple(replace(item, pull=float(pull)) for item, pull in zip(self.items, pulls, strict=True))


def directions_of(
    T: FloatArray,
    *,
    run: Labels,
    sample: Labels,
    widths: DirectionWidths,
    order: FloatArray | None = None,
    geometry: Mapping[str, FloatArray] = MappingProxyType({}),
) -> Directions:
    """The directions at temperatures ``T`` (K), shape (n,).

    ``run`` and ``sample`` number the run and sample of each point; ``order``, increasing with the time of measurement,
    is needed for a drift. ``geometry`` holds relative errors of
    the moments by name, each common to all points where it is not 0. Directions that touch no point are left out.

    Raises
    ------
    UsageError
        If a drift is asked for without ``order``.
    """
    if widths.drift and order is None:
        raise UsageError("a drift needs the times of measurement")
    found: list[tuple[Direction, FloatArray, Target]] = []

    def add(name: str, kind: str, width: float, unit: str, pattern: FloatArray, target: Target) -> None:
        if width and np.any(pattern):
            found.append((Direction(name, kind, width, unit), width * pattern, target))

    for number in distinct_values(run).tolist():
        here, label = run == number, f"run {number}"
        mask = here.astype(np.float64)
        add(f"field offset, {label}", "field offset", widths.field_offset, "Oe", mask, "field")
        add(
            f"thermometer, {label}",
            "thermometer of a run",
            widths.thermometer_run,
            "1",
            mask,
            "log temperature",
        )
        if np.any(run[sample == sample[here][0]] != number):
            add(f"gain, {label}", "gain of a run", widths.gain_run, "1", mask, "log gain")
        add(f"moment offset, {label}", "moment offset", widths.moment_offset, "emu/g", mask, "magnetisation")
        if order is not None:
            add(f"drift, {label}", "drift", widths.drift, "emu/g", _progress(order, here), "magnetisation")
    for node, share in zip(THERMOMETER_NODES, _shares(T), strict=True):
        name = f"thermometer at {node:g} K"
        add(name, "thermometer", widths.thermometer, "1", share, "log temperature")
    for number in distinct_values(sample).tolist():
        mask = (sample == number).astype(np.float64)
        add(f"mass, sample {number}", "mass", widths.mass, "1", mask, "log gain")
    for name, errors in geometry.items():
        width = float(errors.max())
        add(f"geometry factor, {name}", "geometry factor", width, "1", errors / width, "log gain")
    if not found:
        return no_directions(len(T))
    items, patterns, targets = zip(*found, strict=True)
    return Directions(items, np.stack(patterns, axis=1), targets)


def no_directions(n: int) -> Directions:
    """No errors of the instrument at ``n`` points."""
    return Directions((), np.zeros((n, 0)), ())


def _progress(order: FloatArray, here: npt.NDArray[np.bool_]) -> FloatArray:
    """Progress of a run from -1/2 to 1/2; 0 outside it."""
    times = order[here]
    span = float(np.ptp(times))
    column = np.zeros(order.shape)
    if span > 0.0:
        column[here] = (times - times.min()) / span - 0.5
    return column


def _shares(T: FloatArray) -> FloatArray:
    """Share of each node of the thermometer at each point: hats in ln T, shape (nodes, n)."""
    return np.stack(
        [np.interp(np.log(T), np.log(THERMOMETER_NODES), unit) for unit in np.eye(len(THERMOMETER_NODES))]
    )


@dataclass(frozen=True)
class DirectionFit:
    """Residuals fitted by directions: chi2 with the prior's part, chi2 of the residuals alone, and the pulls."""

    chi2: float
    chi2_without: float
    pulls: FloatArray


def chi2_with_directions(
    residual: FloatArray, sigma: FloatArray, columns: FloatArray, *, tangent: FloatArray | None = None
) -> DirectionFit:
    """What directions leave of the residuals of a fitted model: ridge regression, as the prior is normal.

    ``residual`` (data less model) and ``sigma``, emu/g, have the shape (n,), ``columns`` of
    :meth:`Directions.columns` (n, directions). ``tangent`` (n, parameters) holds derivatives of the model by its free
    parameters, which then follow; without it they stay where they are.
    """
    free = np.zeros((len(residual), 0)) if tangent is None else tangent / sigma[:, np.newaxis]
    lengths = np.linalg.norm(free, axis=0)
    free = free / np.where(lengths > 0.0, lengths, 1.0)
    target = residual / sigma
    matrix = np.hstack([columns / sigma[:, np.newaxis], free])
    holds = np.diag(np.concatenate([np.ones(columns.shape[1]), np.full(free.shape[1], _HOLD)]))
    system, goal = np.vstack([matrix, holds]), np.concatenate([target, np.zeros(len(holds))])
    found = np.linalg.lstsq(system, goal, rcond=None)[0]
    left = goal - system @ found
    return DirectionFit(float(left @ left), float(target @ target), found[: columns.shape[1]])
