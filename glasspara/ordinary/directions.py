"""Errors of the instrument as directions: what each of them, at one standard error, changes of a curve.

A direction is the derivative of the fitted curve by one error times its width, so that the fit may move along it by a
number with a standard normal prior, its pull. Errors that runs have in common are common; only what differs from run
to run is free in each run. The same directions are meant for every model that is compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from glasspara.arrays import BoolArray, FloatArray, IntArray, column_lengths, distinct_values
from glasspara.errors import InputError, UsageError
from glasspara.ordinary.solver import eliminate, rows_of_runs


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class Patterns:
    """What errors do at one standard error, ``values`` (n, k), and to which of the four each adds.

    The field h (Oe), the logarithm l of the temperature, the logarithm g of the gain, or the magnetisation m (emu/g).
    """

    values: FloatArray
    targets: tuple[Target, ...]

    def columns(self, curve: Curve) -> FloatArray:
        """Derivatives of the disturbed ``curve`` by the errors, emu/g, shape (n, k)."""
        slopes = {
            "field": curve.by_field,
            "log temperature": curve.by_log_temperature,
            "log gain": curve.magnetisation,
            "magnetisation": np.ones(curve.magnetisation.shape),
        }
        found = self.values.copy()
        for number, target in enumerate(self.targets):
            found[:, number] *= slopes[target]
        return found

    def sum(self, target: Target, pulls: FloatArray) -> FloatArray:
        """What the ``pulls``, (k,) or (n, k), add to one of the four at every point."""
        chosen = [index for index, item in enumerate(self.targets) if item == target]
        return np.asarray((self.values[:, chosen] * pulls[..., chosen]).sum(axis=1))


@dataclass(frozen=True, eq=False)
class DirectionSlopes:
    """Derivatives by the errors of single runs, (n, k), each point's by those of its run, and by the shared ones."""

    own: FloatArray
    shared: FloatArray


@dataclass(frozen=True, eq=False)
class Directions:
    """Errors of the instrument at some points: M -> exp(g) M(T exp(l), H + h) + m.

    ``items`` are the errors. Those of single ``runs`` (the rows of each) stand in ``own``, a column for each kind, and
    ``places`` (runs, k) says which of the items each is, -1 where a run has none; all others stand in ``shared`` in
    their order.
    """

    items: tuple[Direction, ...]
    own: Patterns
    shared: Patterns
    runs: tuple[slice, ...]
    places: IntArray

    def columns(self, curve: Curve) -> DirectionSlopes:
        """Derivatives of the disturbed ``curve`` by the pulls, emu/g."""
        return DirectionSlopes(self.own.columns(curve), self.shared.columns(curve))

    @cached_property
    def is_shared(self) -> BoolArray:
        """Which of the items are errors of several runs."""
        found = np.ones(len(self.items), dtype=bool)
        found[self.places[self.places >= 0]] = False
        return found

    def of_points(self, pulls: FloatArray) -> FloatArray:
        """Of the ``pulls`` of all items those of the run of each point, shape (n, k)."""
        lengths = [rows.stop - rows.start for rows in self.runs]
        return np.repeat(np.append(pulls, 0.0)[self.places], lengths, axis=0)

    def together(self, own: FloatArray, shared: FloatArray) -> FloatArray:
        """Pulls of all items from those ``own`` to the runs, (runs, k), and the ``shared`` ones."""
        pulls = np.zeros(len(self.items))
        pulls[self.is_shared] = shared
        pulls[self.places[self.places >= 0]] = own[self.places >= 0]
        return pulls

    def effect(self, slopes: DirectionSlopes, pulls: FloatArray) -> FloatArray:
        """What ``pulls`` change of the curve to which ``slopes`` belong, emu/g, shape (n,)."""
        found: FloatArray = (slopes.own * self.of_points(pulls)).sum(axis=1)
        return found + slopes.shared @ pulls[self.is_shared]

    def sums(self, pulls: FloatArray) -> dict[Target, FloatArray]:
        """h, l, g and m at every point for these ``pulls``."""
        own, shared = self.of_points(pulls), pulls[self.is_shared]
        return {target: self.own.sum(target, own) + self.shared.sum(target, shared) for target in TARGETS}

    def with_pulls(self, pulls: FloatArray) -> tuple[Direction, ...]:
        return tuple(replace(item, pull=float(pull)) for item, pull in zip(self.items, pulls, strict=True))


def directions_of(
    T: FloatArray,
    *,
    run: Labels,
    sample: Labels,
    widths: DirectionWidths | None,
    progress: FloatArray | None = None,
    geometry: Mapping[str, FloatArray] = MappingProxyType({}),
) -> Directions:
    """The directions at temperatures ``T`` (K), shape (n,).

    ``run`` and ``sample`` number the run and sample of each point, those of a run together; ``widths`` None allows no
    errors. ``progress``, from -1/2 at the first point of a run to 1/2 at its last, is needed for a drift. ``geometry``
    holds relative errors of the moments by name, each common to all points where it is not 0. Directions that touch no
    point are left out.

    Raises
    ------
    InputError
        If the points of a run do not stand together.
    UsageError
        If a drift is asked for without ``progress``.
    """
    firsts = np.flatnonzero(np.diff(run, prepend=run[0] - 1))
    runs = rows_of_runs(np.diff(firsts, append=len(run)).tolist())
    if len(distinct_values(run[firsts])) < len(runs):
        raise InputError("the points of a run must stand together")
    if widths is None:
        widths = DirectionWidths(**dict.fromkeys(DirectionWidths.__dataclass_fields__, 0.0))
        geometry = {}
    if widths.drift and progress is None:
        raise UsageError("a drift needs the times of measurement")
    samples, first, of_run = np.unique(sample[firsts], return_index=True, return_inverse=True)
    alone = np.bincount(of_run) == 1
    everywhere = np.ones(len(T))
    lengths = [rows.stop - rows.start for rows in runs]
    several = np.repeat(~alone[of_run], lengths).astype(np.float64)
    # no time passes in a run of one point
    passed = np.zeros(len(T)) if progress is None else progress * (np.repeat(lengths, lengths) > 1)
    items: list[Direction] = []
    own: list[tuple[str, str, float, str, FloatArray, Target]] = [
        ("field offset", "field offset", widths.field_offset, "Oe", everywhere, "field"),
        ("thermometer", "thermometer of a run", widths.thermometer_run, "1", everywhere, "log temperature"),
        ("gain", "gain of a run", widths.gain_run, "1", several, "log gain"),
        ("moment offset", "moment offset", widths.moment_offset, "emu/g", everywhere, "magnetisation"),
        ("drift", "drift", widths.drift, "emu/g", passed, "magnetisation"),
        ("mass", "mass", widths.mass, "1", 1.0 - several, "log gain"),
    ]
    own = [item for item in own if item[2] and item[4].any()]
    places = np.full((len(runs), len(own)), -1)
    for number, (label, rows) in enumerate(zip(run[firsts].tolist(), runs, strict=True)):
        for column, (name, kind, width, unit, pattern, _) in enumerate(own):
            if kind != "mass" and pattern[rows].any():
                places[number, column] = len(items)
                items.append(Direction(f"{name}, run {label}", kind, width, unit))
    shared: list[tuple[FloatArray, Target]] = []

    def add(name: str, kind: str, width: float, pattern: FloatArray, target: Target) -> None:
        if width and pattern.any():
            items.append(Direction(name, kind, width, "1"))
            shared.append((width * pattern, target))

    for node, share in zip(THERMOMETER_NODES, _shares(T), strict=True):
        add(f"thermometer at {node:g} K", "thermometer", widths.thermometer, share, "log temperature")
    for number, label in enumerate(samples.tolist()):
        name = f"mass, sample {label}"
        if not alone[number]:
            add(name, "mass", widths.mass, (sample == label).astype(np.float64), "log gain")
        elif widths.mass:
            places[first[number], -1] = len(items)
            items.append(Direction(name, "mass", widths.mass, "1"))
    for name, errors in geometry.items():
        width = float(errors.max())
        add(f"geometry factor, {name}", "geometry factor", width, errors / (width or 1.0), "log gain")
    return Directions(
        tuple(items),
        _patterns(len(T), [(width * pattern, target) for _, _, width, _, pattern, target in own]),
        _patterns(len(T), shared),
        runs,
        places,
    )


def _patterns(n: int, columns: Sequence[tuple[FloatArray, Target]]) -> Patterns:
    values = np.stack([column for column, _ in columns], axis=1) if columns else np.zeros((n, 0))
    return Patterns(values, tuple(target for _, target in columns))


def _shares(T: FloatArray) -> FloatArray:
    """Share of each node of the thermometer at each point: hats in ln T, shape (nodes, n)."""
    return np.stack(
        [np.interp(np.log(T), np.log(THERMOMETER_NODES), unit) for unit in np.eye(len(THERMOMETER_NODES))]
    )


@dataclass(frozen=True, eq=False)
class DirectionFit:
    """Residuals fitted by directions: chi2 with the prior's part, and the pulls."""

    chi2: float
    pulls: FloatArray


def chi2_with_directions(
    residual: FloatArray,
    sigma: FloatArray,
    directions: Directions,
    slopes: DirectionSlopes,
    *,
    tangent: FloatArray | None = None,
    beside: tuple[FloatArray, FloatArray] | None = None,
) -> DirectionFit:
    """What directions leave of the residuals of a fitted model: ridge regression, as the prior is normal.

    ``residual`` (data less model) and ``sigma``, emu/g, have the shape (n,), ``slopes`` are those of
    :meth:`Directions.columns`. ``tangent`` (n, parameters) holds derivatives of the model by its free parameters, which
    then follow; without it they stay where they are. ``beside`` are residuals and derivatives, in standard errors, of
    what is known of the parameters from elsewhere.
    """
    n, s = slopes.shared.shape
    free = np.zeros((n, 0)) if tangent is None else tangent / sigma[:, np.newaxis]
    more, more_free = (np.zeros(0), np.zeros((0, free.shape[1]))) if beside is None else beside
    matrix = np.column_stack([slopes.shared / sigma[:, np.newaxis], free, residual / sigma])
    response = eliminate(matrix, -slopes.own / sigma[:, np.newaxis], directions.runs)
    lengths = np.concatenate([np.ones(s), column_lengths(np.concatenate([free, more_free]))])
    holds = np.diag(np.concatenate([np.ones(s), np.full(free.shape[1], _HOLD)]))
    known = np.hstack([np.zeros((len(more), s)), more_free / lengths[s:]])
    system = np.concatenate([matrix[:, :-1] / lengths, known, holds])
    goal = np.concatenate([matrix[:, -1], more, np.zeros(len(holds))])
    found = np.linalg.lstsq(system, goal, rcond=None)[0]
    left = goal - system @ found
    pulls = directions.together(response @ np.append(-found / lengths, 1.0), found[:s])
    return DirectionFit(float(left @ left), pulls)
