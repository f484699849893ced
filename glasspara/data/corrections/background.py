"""What holds the sample: runs of the holder alone, taken from the moments of the sample's runs before any mass counts.

A background is a moment of the holder, emu, not one per gram. It comes from a run of the same type: at the same field
for M(T), at the same temperature for M(H); within that run straight lines join its points (against 1/T, as a Curie law
is straight there, or against H), and nothing is extrapolated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from glasspara.arrays import BoolArray, FloatArray, IntArray, distinct_values, median
from glasspara.errors import InputError
from glasspara.files import refuse_repeated
from glasspara.runs import Measurement, Reader
from glasspara.runs.run import Run, average_repeats
from glasspara.runs.segmentation import FIXED_FIELD
from glasspara.runs.stretches import direction, field_noise, stretches, temperature_noise

SAME_FIELD = (5.0, 0.01)
"""Oe, and relative: fields so near are one set point; the holder's moment then is off by 1 % at most."""

SAME_TEMPERATURE = (0.05, 0.01)
"""K, and relative: the same for temperatures."""

TEMPERATURE_DRIFT = 5.0
"""Single points of an M(H) run may be this many times as far off in temperature as set points."""

_CLEAR = 3.0  # standard deviations from which on a departure from a straight line is curvature, not noise


@dataclass(frozen=True)
class RunHolder:
    """What was taken from one run for its holder.

    ``files`` are those of the background that served. ``share`` is the root mean square of the holder's moments over
    that of the measured ones (above 1 where the two cancel), ``rms`` that of the holder's, emu. ``error`` (emu, median
    over the points) is what the background added to the errors, ``error_share`` its part of the variances, ``sharing``
    the factor by which it was raised because several points depend on the same points of the background (1: none do).
    ``sigma`` (emu, median) is the error of the points with everything in it.
    ``curvature`` (emu) is by how much straight lines between the background's points may miss the curve, as far as
    that can be distinguished from noise.
    """

    label: str
    files: tuple[str, ...]
    n_points: int
    share: float
    rms: float
    sigma: float
    error: float = 0.0
    error_share: float = 0.0
    sharing: float = 1.0
    curvature: float = 0.0


@dataclass(frozen=True, eq=False)
class NodeWeights:
    """Moments of the holder at the points of a run as weighted sums of the holder's points, all runs in one row.

    ``covered`` marks the points that have any; ``point``, ``node`` and ``weight`` are entries of the sparse matrix.
    ``curvature``, one a point, is the error of the straight lines, emu.
    """

    covered: BoolArray
    point: IntArray
    node: IntArray
    weight: FloatArray
    curvature: FloatArray

    def sums(self, values: FloatArray, weight: FloatArray | None = None) -> FloatArray:
        """Sum over the nodes of ``weight`` (the interpolation's own by default) times ``values``, one a point."""
        weight = self.weight if weight is None else weight
        total = np.zeros(len(self.covered))
        np.add.at(total, self.point, weight * values[self.node])
        return total


@dataclass(frozen=True, eq=False)
class Background:
    """Runs of a holder with repeats averaged, times ``scale``; ``measurements`` are the files they came from."""

    measurements: tuple[Measurement, ...]
    runs: tuple[Run, ...]
    scale: float = 1.0

    @cached_property
    def moment(self) -> FloatArray:
        """Moments at the points of all runs, emu."""
        return self.scale * np.concatenate([run.moment for run in self.runs])

    @cached_property
    def sigma(self) -> FloatArray:
        """Their standard deviations, emu."""
        return abs(self.scale) * np.concatenate([run.sigma for run in self.runs])

    def files(self, nodes: IntArray) -> tuple[str, ...]:
        """The files that hold these of the points of all runs, in their order."""
        numbers = distinct_values(np.searchsorted(self._starts, nodes, side="right") - 1)
        return tuple(dict.fromkeys(self.runs[number].file for number in numbers.tolist()))

    @cached_property
    def _starts(self) -> IntArray:
        return np.cumsum([0, *(len(run) for run in self.runs)])

    def weights(self, run: Run) -> NodeWeights:
        """How the holder's moment at the points of ``run`` follows from the holder's runs.

        Where several branches or files reach a point, those that were measured in the same direction count, else all;
        several of them are averaged. Points beyond the ends by no more than readings of one set point differ take the
        value at the end.

        Raises
        ------
        InputError
            No run of the holder has the set point of ``run``, or none reaches any of its points.
        """
        fitting = [index for index, other in enumerate(self.runs) if _same_set_point(run, other)]
        if not fitting:
            raise InputError(
                f"the background contains no {run.measures} run at {run.label}",
                where=run.file,
                remedy=f"It contains {self._set_points()}. Give the holder's run at {run.label} with --background, or "
                "leave this run out",
            )
        pieces = [piece for index in fitting for piece in self._pieces(index, run)]
        covers = np.array([weights.covered for _, weights in pieces])
        preferred = covers & np.array([along for along, _ in pieces])
        chosen = np.where(preferred.any(axis=0), preferred, covers)
        if not chosen.any():
            raise InputError(
                f"the background's run at {run.label} covers none of the points",
                where=run.file,
                remedy=f"It covers {self._range(fitting)}; measure the holder where the sample was measured",
            )
        count = chosen.sum(axis=0)
        parts = []
        curvature = np.zeros(len(run))
        for (_, item), use in zip(pieces, chosen, strict=True):
            keep = use[item.point]
            parts.append((item.point[keep], item.node[keep], (item.weight / count.clip(1)[item.point])[keep]))
            curvature = np.maximum(curvature, np.where(use, item.curvature, 0.0))
        point, node, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
        return NodeWeights(count > 0, point, node, weight, curvature)

    def _pieces(self, index: int, run: Run) -> Iterator[tuple[BoolArray, NodeWeights]]:
        """Each branch of one run of the holder: the points of ``run`` that went its way, and its weights."""
        other, first = self.runs[index], int(self._starts[index])
        directions = np.array([direction(label) for label in run.branch_labels])[run.branch]
        for part in stretches(other.branch):
            label = other.branch_labels[int(other.branch[part.start])]
            along = directions == direction(label)
            yield along, _straight_lines(run, other, part, first, self.scale)

    def _set_points(self) -> str:
        return ", ".join(sorted({f"{run.measures} at {run.label}" for run in self.runs}))

    def _range(self, indices: Sequence[int]) -> str:
        values = np.concatenate([self.runs[index].varying for index in indices])
        unit = "K" if self.runs[indices[0]].kind == FIXED_FIELD else "Oe"
        return f"from {values.min():.5g} to {values.max():.5g} {unit}"


def read_background(paths: Sequence[str], reader: Reader, *, scale: float = 1.0) -> Background:
    """Runs of a holder alone.

    ``scale`` multiplies the moments: the sample's holder over the measured one, in mass or length.

    Raises
    ------
    InputError
        A file is unreadable, holds no run, or is named twice.
    """
    refuse_repeated(paths, "background file")
    measurements = tuple(map(reader, paths))
    runs = [average_repeats(run, errors=reader.errors) for item in measurements for run in item.runs]
    return Background(measurements, tuple(runs), scale)


def subtract_background(
    runs: Sequence[Run], background: Background
) -> tuple[tuple[Run, ...], tuple[RunHolder, ...]]:
    """The runs without the moment of their holder, with its errors added in quadrature, and what was subtracted.

    Points that depend on the same points of the background share its errors. Each point carries the sum of its
    covariances with all points of ``runs``, sum_k C_ik = sum_j w_ij W_j s_j^2 (w_ij the weights of the interpolation,
    W_j their sum over i): then sums over points, and with them the parameters of smooth models, have the variance that
    they should. Where every point has a point of the background of its own, this is the plain sum of squares.

    Raises
    ------
    InputError
        As :meth:`Background.weights`; or a point is not covered.
    """
    weights = [background.weights(run) for run in runs]
    total_weight = np.zeros(len(background.moment))
    for item in weights:
        np.add.at(total_weight, item.node, item.weight)
    variance = background.sigma**2
    done, holders = [], []
    for run, item in zip(runs, weights, strict=True):
        if not item.covered.all():
            raise InputError(
                "points are not covered by the background", where=run.file, remedy="Leave these points out"
            )
        holder = item.sums(background.moment)
        own = item.sums(variance, item.weight**2)
        shared = item.sums(variance * total_weight)
        total = run.sigma**2 + shared
        source = f"{run.sigma_source}; with those of the holder"
        bare = replace(
            run, moment=run.moment - holder, sigma=np.sqrt(total), background=holder, sigma_source=source
        )
        done.append(bare)
        holders.append(
            RunHolder(
                label=run.label,
                files=background.files(item.node),
                n_points=len(run),
                share=_share(bare),
                rms=_rms(holder),
                sigma=median(bare.sigma),
                error=float(np.sqrt(median(shared))),
                error_share=float(shared.sum() / total.sum()),
                sharing=float(np.sqrt(shared.sum() / own.sum())),
                curvature=float(item.curvature.max()),
            )
        )
    return tuple(done), tuple(holders)


def subtract_susceptibility(run: Run, before: RunHolder | None, chi: float) -> tuple[Run, RunHolder]:
    """The run without a holder of moment ``chi`` H (emu/Oe, negative for a diamagnet).

    ``before`` is what was subtracted from it already, None if nothing was.
    """
    holder = chi * run.field
    total = holder if run.background is None else run.background + holder
    bare = replace(run, moment=run.moment - holder, background=total)
    before = before or RunHolder(run.label, (), len(run), 0.0, 0.0, median(run.sigma))
    return bare, replace(before, share=_share(bare), rms=_rms(total))


def _share(run: Run) -> float:
    """Root mean square of the holder's moments over that of the measured ones."""
    assert run.background is not None
    return _rms(run.background) / max(_rms(run.moment + run.background), float(np.finfo(float).tiny))


def _rms(values: FloatArray) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _straight_lines(run: Run, other: Run, part: slice, first: int, scale: float) -> NodeWeights:
    """Weights of one branch of the holder, ``part`` of ``other``, whose first node is number ``first``."""
    places, held = other.varying[part], other.held[part]
    sought_at = run.varying
    low, high = float(places.min()), float(places.max())
    noise = temperature_noise if run.kind == FIXED_FIELD else field_noise
    reached = (sought_at >= low - noise(low)) & (sought_at <= high + noise(high))
    x, sought = _straight(run, places), _straight(run, sought_at.clip(low, high))
    order = np.argsort(x, kind="stable")
    x = x[order]
    right = np.searchsorted(x, sought).clip(min(1, len(x) - 1), len(x) - 1)
    left = np.maximum(right - 1, 0)
    gap = x[right] - x[left]
    weight = np.where(gap > 0.0, (sought - x[left]) / np.where(gap > 0.0, gap, 1.0), 0.0)
    there = held[order]
    near = _tolerance(run, run.held, 1.0 if run.kind == FIXED_FIELD else TEMPERATURE_DRIFT)
    reached &= np.abs((1.0 - weight) * there[left] + weight * there[right] - run.held) <= near
    points = np.flatnonzero(reached)
    nodes = first + part.start + order
    moment, sigma = scale * other.moment[part][order], abs(scale) * other.sigma[part][order]
    bent = _curvature(x, moment, sigma)
    return NodeWeights(
        covered=reached,
        point=np.concatenate((points, points)),
        node=np.concatenate((nodes[left[points]], nodes[right[points]])),
        weight=np.concatenate((1.0 - weight[points], weight[points])),
        curvature=np.maximum(bent[left], bent[right]),
    )


def _curvature(x: FloatArray, moment: FloatArray, sigma: FloatArray) -> FloatArray:
    """By how much straight lines beside each point may miss the curve, emu; 0 where noise explains the bend.

    Without a point the line that bridges the gap misses it by d; with it, the gaps are half as wide and the lines miss
    by d/4, the error of straight lines going as the square of the gap.
    """
    bent = np.zeros(len(x))
    if len(x) < 3:
        return bent
    gap = x[2:] - x[:-2]
    weight = np.where(gap > 0.0, (x[1:-1] - x[:-2]) / np.where(gap > 0.0, gap, 1.0), 0.5)
    missed = np.abs(moment[1:-1] - (1.0 - weight) * moment[:-2] - weight * moment[2:])
    noise = np.sqrt(sigma[1:-1] ** 2 + ((1.0 - weight) * sigma[:-2]) ** 2 + (weight * sigma[2:]) ** 2)
    bent[1:-1] = (missed - _CLEAR * noise).clip(0.0) / 4.0
    return bent


def _straight(run: Run, values: FloatArray) -> FloatArray:
    """What makes the holder's moment a nearly straight line: 1/T or H."""
    return 1.0 / values if run.kind == FIXED_FIELD else values


def _same_set_point(run: Run, other: Run) -> bool:
    middle = np.array([median(run.held)])
    apart = np.abs(middle - median(other.held))
    return run.kind == other.kind and bool((apart <= _tolerance(run, middle)).all())


def _tolerance(run: Run, held: FloatArray, factor: float = 1.0) -> FloatArray:
    least, relative = SAME_FIELD if run.kind == FIXED_FIELD else SAME_TEMPERATURE
    return np.maximum(least, factor * relative * np.abs(held))
