"""The best description of data by ordinary magnetism as a whole, with or without the errors of the instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from glasspara.arrays import FloatArray, distinct_values
from glasspara.errors import InputError
from glasspara.ordinary.dictionary import (
    Component,
    Dictionary,
    MomentKind,
    components_of,
    ordinary_dictionary,
)
from glasspara.ordinary.directions import (
    Curve,
    Direction,
    Directions,
    DirectionSlopes,
    DirectionWidths,
    Labels,
    Patterns,
    directions_of,
)
from glasspara.ordinary.solver import Solution, eliminate, rows_of_runs, solve

# The directions belong to the fitted curve, which they change. Rounds end when the pulls stay within the range where
# they act linearly, which they do at once where the fit describes the data.
_ROUNDS = 3
# Pulls of a misfit beyond all measure go to thousands: no temperature or gain is moved by more than a factor of two.
_FARTHEST = 0.7
# Points whose entries are held in memory at a time, 2 kB each, but for longer runs.
_PART = 20_000
# More points than this are first merged where they are neighbours of one run, alike in the logarithm of T and in
# asinh(H/Oe / _SMALL_FIELD) to within _CELL: across a cell every curve is straight to some 1e-6 of its size.
_MANY, _CELL, _SMALL_FIELD = 5_000, 0.005, 100.0
_LINEAR = 2.0


@dataclass(frozen=True, eq=False)
class ExtraColumn:
    """Something beside ordinary magnetism whose help is to be measured, the ATS term or a derivative of it, say.

    ``curve`` belongs to the weight 1; ``signed`` columns may have any weight, the others none below 0.
    """

    curve: Curve
    signed: bool = False


@dataclass(frozen=True, eq=False)
class ConeFit:
    """The best fit of ordinary magnetism.

    ``chi2`` includes the prior's part of the directions and of the iron; ``chi2_without_directions`` is the best one
    without any. ``weights`` belong to ``dictionary.entries``, ``components`` say the same in fewer words.
    ``iron_found`` is the iron of all carriers, g^-1. ``disturbed`` is the magnetisation, emu/g, as the instrument with
    its errors reads it.
    """

    chi2: float
    n_points: int
    chi2_without_directions: float
    dictionary: Dictionary
    weights: FloatArray
    components: tuple[Component, ...]
    chi_larmor: float
    iron_used: tuple[float, float] | None
    iron_found: float
    disturbed: FloatArray
    directions: tuple[Direction, ...]
    solution: Solution

    @cached_property
    def needed(self) -> dict[MomentKind, float]:
        """By how much chi2 rises without each kind in use.

        Components are one description of many: the data need only those kinds whose absence costs much.
        """
        kinds = np.array([entry.kind for entry in self.dictionary.entries])
        group = np.zeros(self.solution.weights.shape, dtype=bool)
        found = {}
        for kind in distinct_values(kinds[self.weights > 0.0]).tolist():
            group[: kinds.size] = kinds == kind
            found[kind] = self.solution.rise_without(group)
        return found


@dataclass(frozen=True, eq=False)
class _Place:
    """Everything at the temperatures and fields that the pulls of the directions imply."""

    pulls: FloatArray
    T: FloatArray
    H: FloatArray
    gain: FloatArray
    added: FloatArray
    dictionary: Dictionary
    extra: tuple[Curve, ...]

    def columns(self, part: slice) -> FloatArray:
        """The entries of the dictionary at some points, shape (n, entries)."""
        if part == slice(0, len(self.T)):
            return self._columns
        return self.dictionary.columns(self.T[part], self.H[part]) * self.gain[part, np.newaxis]

    @cached_property
    def _columns(self) -> FloatArray:
        return self.dictionary.columns(self.T, self.H) * self.gain[:, np.newaxis]


@dataclass(frozen=True, eq=False)
class _Problem:
    """The data, and what is fitted to them."""

    T: FloatArray
    H: FloatArray
    M: FloatArray
    sigma: FloatArray
    dictionary: Dictionary
    directions: Directions
    iron: tuple[float, float] | None
    extra: tuple[ExtraColumn, ...]

    @cached_property
    def parts(self) -> tuple[tuple[slice, ...], ...]:
        """Runs that are done at a time, which bounds the memory."""
        found: list[list[slice]] = []
        for rows in self.directions.runs:
            if found and rows.stop - found[-1][0].start <= _PART:
                found[-1].append(rows)
            else:
                found.append([rows])
        return tuple(tuple(part) for part in found)

    def merged(self) -> tuple[_Problem, FloatArray]:
        """The problem with many points merged into few, their weighted means, and how many stand in each."""
        if len(self.T) <= _MANY:
            return self, np.ones(len(self.T))
        runs = self.directions.runs
        run = np.repeat(np.arange(len(runs)), [rows.stop - rows.start for rows in runs])
        cells = np.stack(
            [run, np.floor(np.log(self.T) / _CELL), np.floor(np.arcsinh(self.H / _SMALL_FIELD) / _CELL)]
        )
        places, cell, counts = np.unique(cells, axis=1, return_inverse=True, return_counts=True)
        weights = self.sigma**-2.0
        sums = np.bincount(cell.ravel(), weights)

        def mean(values: FloatArray) -> FloatArray:
            return np.bincount(cell.ravel(), weights * values) / sums

        extra = [
            replace(item, curve=Curve(*(mean(getattr(item.curve, part.name)) for part in fields(Curve))))
            for item in self.extra
        ]

        def means(patterns: Patterns) -> Patterns:
            columns = [mean(column) for column in patterns.values.T]
            return replace(patterns, values=np.reshape(columns, (-1, len(sums))).T)

        directions = replace(
            self.directions,
            own=means(self.directions.own),
            shared=means(self.directions.shared),
            runs=rows_of_runs(np.bincount(places[0].astype(np.int64)).tolist()),
        )
        few = replace(
            self,
            T=mean(self.T),
            H=mean(self.H),
            M=mean(self.M),
            sigma=np.sqrt(1.0 / sums),
            directions=directions,
            extra=tuple(extra),
        )
        return few, counts.astype(np.float64)

    def chi2(self, found: Solution, pulls: FloatArray, disturbed: FloatArray) -> float:
        """Chi2 of a solution whose curve the instrument reads as ``disturbed``, with the prior's part."""
        total = np.sum(((self.M - disturbed) / self.sigma) ** 2)
        if self.iron is not None:
            value, error = self.iron
            iron = float(self.dictionary.iron @ found.weights[: len(self.dictionary.entries)])
            total += ((value - iron - found.weights[-1]) / error) ** 2
        return float(total + pulls @ pulls)

    def place(self, pulls: FloatArray) -> _Place:
        """The dictionary where the pulls say that the sample really was."""
        sums = self.directions.sums(pulls)
        warmer, louder = (
            np.clip(sums[name], -_FARTHEST, _FARTHEST) for name in ("log temperature", "log gain")
        )
        T, H, gain = self.T * np.exp(warmer), self.H + sums["field"], np.exp(louder)
        extra = tuple(item.curve.moved(sums["field"], warmer).scaled(gain) for item in self.extra)
        return _Place(pulls, T, H, gain, sums["magnetisation"], self.dictionary, extra)

    def solve(
        self, place: _Place, slopes: DirectionSlopes | None, start: Sequence[int]
    ) -> tuple[Solution, FloatArray]:
        """Best weights about ``place``, with ``slopes`` of the fitted curve by the pulls, if there are any; the pulls.

        The weights: of the entries, of the extra columns >= 0, of silent iron. The free ones: chi_larmor, signed extra
        columns, shared pulls.
        """
        n, entries, iron = len(self.M), len(self.dictionary.entries), self.iron
        own, shared = (np.zeros((n, 0)),) * 2 if slopes is None else (slopes.own, slopes.shared)
        target = self.M - place.added
        if slopes is not None:
            target += self.directions.effect(slopes, place.pulls)
        positive = [curve.magnetisation for curve in self._extra(place, signed=False)]
        signed = [curve.magnetisation for curve in self._extra(place, signed=True)]
        pulls = shared.shape[1]
        weights, free = entries + len(positive) + (iron is not None), 1 + len(signed) + pulls
        rows, responses = [], []
        for runs in self.parts:
            part = slice(runs[0].start, runs[-1].stop)
            system = np.zeros((part.stop - part.start, weights + free + 1))
            system[:, :entries] = place.columns(part)
            for number, column in enumerate(positive, entries):
                system[:, number] = column[part]
            system[:, weights] = -place.gain[part] * place.H[part]
            for number, column in enumerate(signed, weights + 1):
                system[:, number] = column[part]
            system[:, weights + free - pulls : -1] = shared[part]
            system[:, -1] = target[part]
            system /= self.sigma[part, np.newaxis]
            inside = [slice(run.start - part.start, run.stop - part.start) for run in runs]
            responses.append(eliminate(system, -own[part] / self.sigma[part, np.newaxis], inside))
            rows.append(system if len(self.parts) == 1 else np.linalg.qr(system, mode="r"))
        priors = np.zeros((pulls + (iron is not None), weights + free + 1))
        priors[:pulls, weights + free - pulls : -1] = np.eye(pulls)
        if iron is not None:
            value, error = iron
            priors[-1, :entries] = self.dictionary.iron / error
            priors[-1, weights - 1] = 1.0 / error
            priors[-1, -1] = value / error
        whole = np.concatenate([*rows, priors])
        found = solve(whole[:, :weights], whole[:, weights:-1], whole[:, -1], start=start)
        if slopes is None:
            return found, np.zeros(len(self.directions.items))
        own_pulls = np.concatenate(responses) @ np.concatenate([-found.weights, -found.free, [1.0]])
        return found, self.directions.together(own_pulls, found.free[free - pulls :])

    def _extra(self, place: _Place, *, signed: bool) -> list[Curve]:
        pairs = zip(self.extra, place.extra, strict=True)
        return [curve for item, curve in pairs if item.signed is signed]

    def curve(self, found: Solution, place: _Place) -> Curve:
        """The fitted magnetisation at ``place``."""
        entries, gain = len(self.dictionary.entries), place.gain
        total = self.dictionary.curve(place.T, place.H, found.weights[:entries])
        chi_larmor = float(found.free[0])
        larmor = Curve(-chi_larmor * place.H, np.full(gain.shape, -chi_larmor), np.zeros(gain.shape))
        total = (total + larmor).scaled(gain)
        for weight, curve in zip(self.extra_weights(found), place.extra, strict=True):
            total = total + curve.scaled(weight)
        return total

    def magnetisation(self, found: Solution, place: _Place) -> FloatArray:
        """That of :meth:`curve`, from columns where these have been computed."""
        if "_columns" not in place.__dict__:
            return self.curve(found, place).magnetisation
        total = place.columns(slice(0, len(self.T))) @ found.weights[: len(self.dictionary.entries)]
        total -= float(found.free[0]) * place.gain * place.H
        for weight, curve in zip(self.extra_weights(found), place.extra, strict=True):
            total = total + weight * curve.magnetisation
        return total

    def extra_weights(self, found: Solution) -> list[float]:
        positive = iter(found.weights[len(self.dictionary.entries) :].tolist())
        signed = iter(found.free[1:].tolist())
        return [next(signed if item.signed else positive) for item in self.extra]


def ordinary_magnetism(
    T: FloatArray,
    H: FloatArray,
    M: FloatArray,
    sigma: FloatArray,
    *,
    run: Labels,
    sample: Labels,
    iron: tuple[float, float] | None = None,
    widths: DirectionWidths | None = DirectionWidths(),  # noqa: B008  # frozen
    trace_ions: Sequence[tuple[str, float, float]] = (),
    extra_columns: Sequence[ExtraColumn] = (),
    progress: FloatArray | None = None,
    geometry: Mapping[str, FloatArray] = MappingProxyType({}),
    dictionary: Dictionary | None = None,
) -> ConeFit:
    """Fit -chi_L H + sum_k w_k f_k(T, H), w_k >= 0, over everything in the dictionary of ordinary magnetism.

    Parameters
    ----------
    T, H, M, sigma : arrays, shape (n,)
        Temperature, K; field, Oe; magnetisation and its standard error, emu/g.
    run, sample : integer arrays, shape (n,)
        Number of the run and of the sample of each point.
    iron : (value, error), optional
        Iron by mass spectrometry, g^-1. An upper bound: iron in an oxide grain or a singlet is counted and silent.
    widths : DirectionWidths, optional
        Errors of the instrument that are allowed; None allows none.
    trace_ions : sequence of (name, J, g)
        Other paramagnetic ions that the sample may have.
    extra_columns : sequence of ExtraColumn
        What is fitted beside ordinary magnetism; the question is then what is left for it.
    progress : array, shape (n,), optional
        As for :func:`directions_of`, for a drift.
    geometry : name -> array, shape (n,)
        Relative errors of the moments, each common to all points where it is not 0.
    dictionary : Dictionary, optional
        In place of :func:`ordinary_dictionary`.

    Raises
    ------
    InputError
        For arrays of different lengths, values that are not finite, or T or sigma that is not positive.
    """
    _check(T, H, M, sigma, run, sample)
    entries = dictionary or ordinary_dictionary(trace_ions=trace_ions, strong_pairs=iron is not None)
    directions = directions_of(T, run=run, sample=sample, widths=widths, progress=progress, geometry=geometry)
    whole = _Problem(T, H, M, sigma, entries, directions, iron, tuple(extra_columns))
    problem, counts = whole.merged()
    start = place = problem.place(np.zeros(len(directions.items)))
    slopes = None
    plain, pulls = problem.solve(place, slopes, ())
    about = found = plain
    for number in range(_ROUNDS if directions.items else 0):
        if number:
            if np.abs(pulls - place.pulls).max() < _LINEAR:
                break
            place = problem.place(pulls)
        about = found
        slopes = problem.directions.columns(problem.curve(about, place))
        found, pulls = problem.solve(place, slopes, found.active)
    weights = found.weights[: len(entries.entries)]
    signals = np.zeros(weights.shape)
    for runs in problem.parts:
        part = slice(runs[0].start, runs[-1].stop)
        signals += counts[part] @ np.abs(start.columns(part))
    chi2, chi2_plain = found.chi2, plain.chi2
    if problem is not whole:
        start, place = whole.place(start.pulls), whole.place(place.pulls)
        chi2_plain = whole.chi2(plain, start.pulls, whole.magnetisation(plain, start))
        slopes = directions.columns(whole.curve(about, place))
    disturbed = whole.magnetisation(found, place) + place.added
    if slopes is not None:
        disturbed += directions.effect(slopes, pulls - place.pulls)
    if problem is not whole:
        chi2 = whole.chi2(found, pulls, disturbed)
    return ConeFit(
        chi2=chi2,
        n_points=len(T),
        chi2_without_directions=chi2_plain,
        dictionary=entries,
        weights=weights,
        components=components_of(entries, weights, signals),
        chi_larmor=float(found.free[0]),
        iron_used=iron,
        iron_found=float(entries.iron @ weights),
        disturbed=disturbed,
        directions=directions.with_pulls(pulls),
        solution=found,
    )


def _check(*arrays: npt.NDArray[np.float64] | Labels) -> None:
    T, H, M, sigma, run, sample = arrays
    if T.ndim != 1 or T.size == 0 or any(item.shape != T.shape for item in (H, M, sigma, run, sample)):
        raise InputError(
            "temperatures, fields, moments and their errors must be as many as each other, and some"
        )
    if not all(np.isfinite(item).all() for item in (T, H, M, sigma)):
        raise InputError("a temperature, field, moment or error is not a finite number")
    if not (np.all(T > 0.0) and np.all(sigma > 0.0)):
        raise InputError("temperatures and errors must be positive")
