"""Tests of temperature windows against a fitted model: which of them leave it, and what could imitate that.

A window may leave the model in each run by an amount of its own: a constant in M(T) runs, a line and a cube of the
field in M(H) runs. These columns count beyond the Jacobian of the fit, so that a model fitted to the same points cannot
hide what they do. An F test says what they gain; it measures the noise by what is left.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glasspara.analysis.linear import LinearFit, by_thermometer, f_test, tangent
from glasspara.arrays import BoolArray, FloatArray
from glasspara.data import Dataset, ReducedRun
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.search.minimise import Minimum, descend_to_minimum

FEWEST_DOF = 5
"""Points that must be left over for the noise to be measured."""

# Draws of noise that count how far windows go together, and their seed.
_ROUNDS, _DRAWS, _SEED = 10, 200, 1
# What of a column is left beyond the base, relative, is rounding.
_ROUNDING = 1.0e-6


@dataclass(frozen=True)
class TemperatureWindow:
    """From ``low`` (inclusive) to ``high``, K."""

    low: float
    high: float

    def points_of(self, run: ReducedRun) -> BoolArray:
        """Which points of ``run`` lie here; a run at fixed temperature is here as a whole, or not at all."""
        T = run.temperature if run.run.kind == "fixed-field" else np.full(len(run), run.run.nominal)
        return (self.low <= T) & (self.high > T)

    def points(self, data: Dataset) -> BoolArray:
        """Which points of ``data`` lie here."""
        return np.concatenate([self.points_of(run) for run in data.runs])

    def count(self, data: Dataset) -> int:
        return int(np.sum(self.points(data)))

    @property
    def label(self) -> str:
        if self.low <= 0.0:
            return f"below {self.high:g} K"
        return f"above {self.low:g} K" if self.high == np.inf else f"{self.low:g} to {self.high:g} K"


@dataclass(frozen=True)
class WindowTest:
    """F test of one window; ``dof`` of numerator and denominator.

    ``p_value`` is that of this window alone, ``p_corrected`` the chance of one such among all windows. None where the
    window cannot be tested: it holds more than half of the points, the parameters of the model can take up whatever
    they do, or too little is left.
    """

    window: TemperatureWindow
    points: int
    statistic: float
    dof: tuple[int, int]
    p_value: float | None
    p_corrected: float | None

    @property
    def found(self) -> bool:
        """Whether the data leave the model here."""
        return self.p_corrected is not None and self.p_corrected < ALPHA


@dataclass(frozen=True)
class Thermometer:
    """The relative error of the thermometer in one window, for all runs, that comes nearest to what the data do there.

    ``p_beyond`` is that of the F test for what such a thermometer would leave of the departure.
    """

    value: float
    error: float
    p_beyond: float


@dataclass(frozen=True)
class Findings:
    """The windows that leave the model, the tests of these and of all others, and how many were tried.

    ``trials`` is the number of independent tests that would alarm as often.
    """

    out: frozenset[TemperatureWindow]
    tests: tuple[WindowTest, ...]
    tried: int
    trials: float


def search(minimum: Minimum, windows: Sequence[TemperatureWindow]) -> Findings:
    """Test each of ``windows``, and everything below each of them, and find those that leave the model.

    The window of least p-value is left out of the fit if that p-value, corrected, is below ``ALPHA``; then the others
    are tested against the new fit, and so on, as long as half of the points are left. In the end each one left out is
    tested again by two fits, without the others and without the others and itself, and it returns if it does not stand
    out then.
    """
    every = _candidates(minimum.problem.data, windows)
    trials = _independent_trials(minimum, every)
    out = _confirmed(minimum, _forward(minimum, every, frozenset(), trials), trials)
    # What had been hidden by those that returned.
    out = _confirmed(minimum, _forward(minimum, every, out, trials), trials)
    testable = [window for window in windows if window in every and not _touches(window, out)]
    tests = _tests(without(minimum, out), testable, trials)
    tests |= {window: Case.of(minimum, window, out, trials).test() for window in out}
    data = minimum.problem.data
    for window in windows:
        if window not in every and not _touches(window, out):
            tests[window] = WindowTest(window, window.count(data), 0.0, (0, 0), None, None)
    return Findings(
        out, tuple(tests[window] for window in sorted(tests, key=lambda item: item.low)), len(every), trials
    )


def _candidates(data: Dataset, windows: Sequence[TemperatureWindow]) -> list[TemperatureWindow]:
    """The windows and all below each of them, but for what holds more than half of the points."""
    below = [TemperatureWindow(0.0, window.high) for window in windows[1:]]
    return [window for window in (*windows, *below) if 2 * window.count(data) <= len(data)]


def _touches(window: TemperatureWindow, others: Collection[TemperatureWindow]) -> bool:
    return any(window.low < other.high and other.low < window.high for other in others)


def _forward(
    minimum: Minimum, windows: Sequence[TemperatureWindow], out: frozenset[TemperatureWindow], trials: float
) -> frozenset[TemperatureWindow]:
    """``out`` and further windows that stand out, the clearest first."""
    data = minimum.problem.data
    while True:
        left = [window for window in windows if not _touches(window, out)]
        if not left:
            return out
        tests = _tests(without(minimum, out), left, trials).values()
        best = min(tests, key=lambda test: (2.0 if test.p_value is None else test.p_value, -test.statistic))
        more = out | {best.window}
        if not best.found or 2 * sum(window.count(data) for window in more) > len(data):
            return out
        out = more


def _confirmed(
    minimum: Minimum, out: frozenset[TemperatureWindow], trials: float
) -> frozenset[TemperatureWindow]:
    """Those of ``out`` that stand out by two fits, without the others and without the others and themselves."""
    for window in sorted(out, key=lambda item: item.low):
        if not Case.of(minimum, window, out, trials).test().found:
            out = out - {window}
    return out


def _independent_trials(minimum: Minimum, windows: Sequence[TemperatureWindow]) -> float:
    """The number of independent tests of which the least p-value is below ``ALPHA`` as often as with these.

    Windows that overlap go together, and the fit ties all of them; draws of noise through the same linear algebra say
    how much. The number of windows itself would be on the safe side (Z. Sidak, J. Am. Stat. Assoc. 62 (1967) 626).
    """
    from scipy.special import fdtrc

    data, fitted = minimum.problem.data, tangent(minimum)
    blocks = [fitted.basis_beyond(_columns(data, window)) for window in windows]
    rng = np.random.Generator(np.random.PCG64(_SEED))
    least = []
    for _ in range(_ROUNDS):
        noise = fitted.remainder(rng.standard_normal((len(fitted.left), _DRAWS)))
        chi2, p = np.sum(noise**2, axis=0), np.ones(_DRAWS)
        for block in blocks:
            rank = block.shape[1]
            rest = fitted.ndof - rank
            if rank and rest >= FEWEST_DOF:
                gain = np.sum((block.T @ noise) ** 2, axis=0)
                p = np.minimum(p, fdtrc(rank, rest, gain / rank / ((chi2 - gain) / rest)))
        least.append(p)
    level = float(np.quantile(np.concatenate(least), ALPHA))
    return float(np.clip(np.log1p(-ALPHA) / np.log1p(-min(level, 0.5)), 1.0, max(len(windows), 1)))


@dataclass(frozen=True, eq=False)
class Case:
    """One window that leaves the model, once fitted with the others and once not.

    ``kept`` is the minimum without the other windows found, ``rest`` that without this one too, its problem being that
    of ``kept``; ``trials`` as in :class:`Findings`.
    """

    window: TemperatureWindow
    kept: Minimum
    rest: Minimum
    trials: float

    @classmethod
    def of(
        cls, minimum: Minimum, window: TemperatureWindow, out: Collection[TemperatureWindow], trials: float
    ) -> Case:
        """The case of ``window``, one of those left ``out``."""
        kept = without(minimum, set(out) - {window})
        return cls(window, kept, replace(without(minimum, out), problem=kept.problem), trials)

    def test(self, *, widths: Mapping[str, float] | None = None) -> WindowTest:
        """F test by the two fits themselves; ``widths`` are those of nuisances that may bend the model in both."""
        data = self.kept.problem.data
        plain = tangent(self.kept, widths=widths)
        wider = tangent(self.rest, widths=widths).beyond(_columns(data, self.window))
        gain = max(plain.chi2 - wider.chi2, 0.0)
        return _f_test(data, self.window, self.trials, gain, plain.ndof - wider.ndof, wider.chi2, wider.ndof)

    def thermometer(self) -> Thermometer | None:
        """What error of the thermometer in this window alone would do most of what the data do there.

        None where the parameters can take up what a thermometer does.
        """
        data = self.kept.problem.data
        column = np.where(self.window.points(data), by_thermometer(self.rest), 0.0)[:, None]
        fitted = tangent(self.rest)
        alone = fitted.remainder(column)[:, 0]
        length = float(np.linalg.norm(alone))
        if length <= _ROUNDING * float(np.linalg.norm(column)):
            return None
        beyond = _test(fitted.beyond(column), data, self.window, 1).p_value
        return Thermometer(
            float(alone @ fitted.left) / length**2, 1.0 / length, 1.0 if beyond is None else beyond
        )


def without(minimum: Minimum, windows: Collection[TemperatureWindow]) -> Minimum:
    """The minimum for the points outside ``windows``, downhill from that for all; errors are not computed."""
    if not windows:
        return minimum
    problem = minimum.problem
    inside = np.any([window.points(problem.data) for window in windows], axis=0)
    return descend_to_minimum(replace(problem, data=problem.data.keep(~inside)), minimum.reported)


def _tests(
    minimum: Minimum, windows: Collection[TemperatureWindow], trials: float
) -> dict[TemperatureWindow, WindowTest]:
    fitted = tangent(minimum)
    return {window: _test(fitted, minimum.problem.data, window, trials) for window in windows}


def _test(fitted: LinearFit, data: Dataset, window: TemperatureWindow, trials: float) -> WindowTest:
    gain, rank, _ = fitted.gain(_columns(data, window))
    return _f_test(data, window, trials, gain, rank, fitted.chi2 - gain, fitted.ndof - rank)


def _f_test(
    data: Dataset, window: TemperatureWindow, trials: float, gain: float, rank: int, left: float, rest: int
) -> WindowTest:
    points = window.count(data)
    if rank == 0 or rest < FEWEST_DOF:
        return WindowTest(window, points, 0.0, (rank, rest), None, None)
    test = f_test(gain, rank, left, rest)
    p = test.p_value
    # 1 - (1 - p)^trials without loss of digits
    corrected = 1.0 if p >= 1.0 else float(-np.expm1(trials * np.log1p(-p)))
    return WindowTest(window, points, test.statistic, test.dof, p, corrected)


def _columns(data: Dataset, window: TemperatureWindow) -> FloatArray:
    """What a window may do to the weighted residuals, run by run, shape (points, k)."""
    columns = []
    for run, part in zip(data.runs, data.slices, strict=True):
        chosen = window.points_of(run)
        if not chosen.any():
            continue
        if run.run.kind == "fixed-field":
            shapes = [np.ones(len(run))]
        else:
            reduced = run.field / (np.max(np.abs(run.field)) or 1.0)
            shapes = [reduced, reduced**3]
        for shape in shapes:
            column = np.zeros(len(data))
            column[part] = np.where(chosen, shape, 0.0) / run.sigma
            columns.append(column)
    return np.stack(columns, axis=1)
