"""One curve of H/T for all runs: its columns, what a run may have of its own, and the F test that compares the two.

The curve is a sum of Brillouin functions and a cubic spline; the own part of a run is a cubic polynomial.
:class:`ChiLarmor` says where the Larmor susceptibility comes from that is subtracted before. What the test is for says
:mod:`glasspara.analysis.universality.collapse`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Literal

import numpy as np

from glasspara.analysis.linear import (
    FTest,
    LinearFit,
    LinearModel,
    by_run,
    cubic_splines,
    even_knots,
    f_test,
    orthonormal,
    weighted,
)
from glasspara.arrays import FloatArray, distinct_values
from glasspara.data import Dataset
from glasspara.errors import InputError, UsageError
from glasspara.ordinary import Curve, DirectionWidths, directions_of
from glasspara.physics.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response

_SPINS = (0.5, 1.0, 1.5, 2.0, 2.5)
_OWN_DEGREE = 3
_MAX_KNOTS = 5
_POINTS_PER_KNOT = 20
# H/T at which iron leaves the Curie law, Oe/K: sets where the abscissa of the spline turns logarithmic.
_SCALE = 2000.0
_FEWEST_LEFT = 5
GAIN_OF_A_RUN = DirectionWidths().gain_run
"""Relative standard error that is allowed to the gain of each run."""

# The calibration of the thermometer alone: what differs from run to run is among the allowances.
_SHARED_THERMOMETER = DirectionWidths(field_offset=0.0, thermometer_run=0.0, gain_run=0.0, mass=0.0)
# Relative step of H/T for the slope of the common curve.
_STEP = 1.0e-4


CurveSource = Literal["fit", "each", "all", "given"]

SOURCES: dict[CurveSource, str] = {
    "fit": "fitted with the common curve",
    "each": "Larmor + Langevin fit of each run",
    "all": "Larmor + Langevin fit of all runs",
    "given": "given",
}
"""The sources of chi_larmor, in words."""

FROM_THE_DATA: tuple[CurveSource, ...] = ("fit", "each", "all")


@dataclass(frozen=True)
class ChiLarmor:
    """Source of chi_larmor, and the value (emu g^-1 Oe^-1) with its standard error where it is given: from other data.

    Raises
    ------
    UsageError
        For an error that is not positive and finite.
    """

    source: CurveSource = "fit"
    value: float = 0.0
    error: float | None = None

    def __post_init__(self) -> None:
        if self.error is not None and not 0.0 < self.error < inf:
            raise UsageError("--chi-larmor: the error must be positive")

    @property
    def text(self) -> str:
        if self.error is None:
            return SOURCES[self.source]
        return f"given as {self.value:.5g} ± {self.error:.2g}, then fitted with the common curve"

    @property
    def free(self) -> Literal["none", "one", "each"]:
        """What the test takes for free: nothing of it, one for all runs, or one for each run."""
        if self.source == "each":
            return "each"
        return "none" if self.source == "given" and self.error is None else "one"

    def columns(self, data: Dataset) -> FloatArray:
        """-|H| at every point (Oe), in one column or one for each run, shape (points, columns)."""
        size = np.abs(data.field)[:, None]
        if self.free == "none":
            return size[:, :0]
        return -by_run(data, size) if self.free == "each" else -size

    def of_runs(self, data: Dataset, found: FloatArray) -> tuple[float, ...]:
        """chi_larmor of each run, ``found`` being the coefficients of :meth:`columns`."""
        extra = found.tolist() if self.free == "each" else [sum(found.tolist())] * len(data.runs)
        return tuple(self.value + value for value in extra)


@dataclass(frozen=True)
class Tension:
    """How far one run leaves the curve of all runs: F test of its own polynomial alone.

    ``rms_deviation`` is the root mean square of what that polynomial adds, in standard errors of its points.
    """

    statistic: float
    p_value: float
    rms_deviation: float


@dataclass(frozen=True, eq=False, kw_only=True)
class CurveTest(FTest):
    """Outcome of :func:`curve_test`, and the same by run.

    ``chi_larmor`` is that of each run, its error None where it is not one fitted value. ``common`` is the fitted model
    that all runs share.
    """

    chi_larmor: tuple[float, ...]
    chi_larmor_error: float | None
    common: CommonCurve
    runs: tuple[Tension, ...]

    @property
    def holds(self) -> bool:
        return not self.established


def folded(data: Dataset) -> tuple[FloatArray, FloatArray, FloatArray]:
    """sign(H), |H| (Oe) and |H|/T (Oe/K) at the points of ``data``."""
    size = np.abs(data.field)
    return np.where(data.field < 0.0, -1.0, 1.0), size, size / data.temperature


@dataclass(frozen=True, eq=False)
class CommonCurve:
    """The common model of the runs of ``data``, fitted: what is known of chi_larmor, and one curve of H/T.

    ``found`` are the coefficients of the columns of ``model``: of chi_larmor first, then of the curve.
    """

    data: Dataset
    larmor: ChiLarmor
    model: LinearModel
    found: FloatArray

    @classmethod
    def of(cls, data: Dataset, larmor: ChiLarmor) -> CommonCurve:
        """The common model fitted to ``data``."""
        sign, size, abscissa = folded(data)
        columns = np.concatenate([larmor.columns(data), _curve_basis(abscissa, _knots_of(abscissa))], axis=1)
        model = LinearModel.of(data, columns, sign * data.magnetisation + larmor.value * size)
        if larmor.error is not None:
            model = model.with_knowledge(np.eye(1, columns.shape[1]) / larmor.error)
        return cls(data, larmor, model, model.solve()[0])

    def beside(self, more: FloatArray) -> CommonCurve:
        """The same with the coefficients that it has beside ``more`` weighted columns."""
        return replace(self, found=self.model.with_columns(more).solve()[0][: len(self.found)])

    @cached_property
    def fit(self) -> LinearFit:
        return self.model.fit()

    @property
    def _slopes(self) -> int:
        return int(self.larmor.columns(self.data).shape[1])

    @property
    def chi_larmor(self) -> tuple[float, ...]:
        """That of each run, emu g^-1 Oe^-1."""
        return self.larmor.of_runs(self.data, self.found[: self._slopes])

    @cached_property
    def fitted(self) -> FloatArray:
        """sign(H) M at the points, emu/g."""
        points = (self.model.target - self.fit.left)[: len(self.data)]
        return np.asarray(points * self.data.sigma - self.larmor.value * folded(self.data)[1])

    @cached_property
    def curve(self) -> Curve:
        """M at the points with its slopes by the field and by the logarithm of the temperature."""
        sign, size, abscissa = folded(self.data)
        knots, coefficients = _knots_of(abscissa), self.found[self._slopes :]
        up, down = (
            _curve_basis(abscissa * step, knots) @ coefficients for step in (1.0 + _STEP, 1.0 - _STEP)
        )
        by_log = (up - down) / (2.0 * _STEP)
        chi = np.repeat(self.chi_larmor, [len(run) for run in self.data.runs])
        # f'(H/T)/T = (df/dln(H/T))/H; where H = 0 there is no sign to a field offset either.
        by_field = -chi + np.divide(by_log, size, out=np.zeros_like(size), where=size > 0.0)
        return Curve(sign * self.fitted, by_field, -sign * by_log)

    def own(self) -> list[FloatArray]:
        """What each run may have of its own, one block of weighted columns a run."""
        abscissa = folded(self.data)[2]
        return [weighted(self.data, _own_basis(abscissa, part, len(self.data))) for part in self.data.slices]

    def folded_columns(self, columns: FloatArray) -> FloatArray:
        """``columns`` of M, shape (points, k), emu/g, as weighted columns of the model."""
        return weighted(self.data, folded(self.data)[0][:, None] * columns)

    def with_allowances(self, model: LinearModel) -> LinearModel:
        """``model``, the common one or a wider one, with instrumental errors.

        Beside those of ``parameters.ALLOWANCES`` the gain of each run may be off, and the calibration of the
        thermometer by a curve of the temperature that all runs share, as wide as in the comparison with ordinary
        magnetism.
        """
        data, curve = self.data, self.curve
        wider = model.with_allowances(
            data, curve.magnetisation, curve.by_field, curve.by_log_temperature, sign=folded(data)[0]
        )
        none = np.zeros(len(data), dtype=np.int64)
        shared = directions_of(data.temperature, run=none, sample=none, widths=_SHARED_THERMOMETER)
        gains = GAIN_OF_A_RUN * by_run(data, curve.magnetisation[:, None])
        columns = np.concatenate([shared.columns(curve).shared, gains], axis=1)
        rows = np.concatenate(
            [np.zeros((columns.shape[1], wider.columns.shape[1])), np.eye(columns.shape[1])], axis=1
        )
        return wider.with_columns(self.folded_columns(columns)).with_knowledge(rows)

    def test(self, *, allowances: bool, more: FloatArray | None = None) -> FTest:
        """F test of what the runs have of their own beyond the common model and ``more`` weighted columns."""
        model = self.model if more is None else self.model.with_columns(more)
        allowing = (lambda: self.with_allowances(model)) if allowances else None
        return model.fit().f_test(np.concatenate(self.own(), axis=1), allowing=allowing)


def curve_test(data: Dataset, larmor: ChiLarmor, *, allowances: bool) -> CurveTest:
    """Test that the runs of ``data`` share one curve of H/T.

    Raises
    ------
    InputError
        With fewer than two runs, or too few points.
    """
    if len(data.runs) < 2:
        raise InputError(
            f"universality compares runs, and there is only {len(data.runs)}",
            remedy="Give files at two or more fields or temperatures",
        )
    common = CommonCurve.of(data, larmor)
    test = common.test(allowances=allowances)
    if not test.possible or test.dof[1] < _FEWEST_LEFT:
        raise InputError(
            f"{len(data)} points in {len(data.runs)} runs are too few for the test",
            remedy="Add points, or runs that overlap in H/T",
        )
    return CurveTest(
        **vars(test),
        chi_larmor=common.chi_larmor,
        chi_larmor_error=_error_of_first(common.model, common.fit) if larmor.free == "one" else None,
        common=common,
        runs=tuple(
            _tension(common.fit, block, part) for block, part in zip(common.own(), data.slices, strict=True)
        ),
    )


def _error_of_first(model: LinearModel, fit: LinearFit) -> float:
    """Standard error of the first coefficient of ``model``, by the scatter about ``fit``."""
    alone = model.without_first().fit().remainder(model.columns[:, :1])
    return float(np.sqrt(fit.chi2 / fit.ndof) / np.linalg.norm(alone))


def _tension(fit: LinearFit, block: FloatArray, part: slice) -> Tension:
    """What the columns ``block`` of one run, whose points are ``part``, add to the common model."""
    gain, rank, deviation = fit.gain(block)
    test = f_test(gain, rank, fit.chi2 - gain, fit.ndof - rank)
    return Tension(test.statistic, test.p_value, float(np.sqrt(np.mean(deviation[part] ** 2))))


def nearest_curve(abscissa: FloatArray, magnetisation: FloatArray, sigma: FloatArray) -> FloatArray:
    """The curve of H/T that is nearest to ``magnetisation``, at the points, emu/g."""
    base = orthonormal(_curve_basis(abscissa, _knots_of(abscissa)) / sigma[:, None])
    return sigma * (base @ (base.T @ (magnetisation / sigma)))


def _knots_of(abscissa: FloatArray) -> FloatArray:
    """Knots of the spline for points at H/T ``abscissa``; none where all have one H/T."""
    s = _stretched(abscissa)
    knots = even_knots(s, min(_MAX_KNOTS, len(distinct_values(s)) // _POINTS_PER_KNOT))
    return knots if knots[-1] > knots[0] else np.empty(0)


def _curve_basis(abscissa: FloatArray, knots: FloatArray) -> FloatArray:
    """Columns that span the common curve: Brillouin functions of H/T and a cubic spline of asinh(H/T)."""
    g = ION_OF_PARAMETER["n_fe2"].g
    ones = np.ones_like(abscissa)
    columns = [langevin_response(ones, abscissa, j=spin, g=g)[0][:, None] for spin in _SPINS]
    if knots.size:
        columns.append(cubic_splines(_stretched(abscissa), knots))
    return np.concatenate(columns, axis=1)


def _own_basis(abscissa: FloatArray, part: slice, length: int) -> FloatArray:
    """A cubic in asinh(H/T) on the points ``part`` of one run, zero on the others of ``length``."""
    s = _stretched(abscissa[part])
    span = float(np.ptp(s))
    unit = 2.0 * (s - s.min()) / span - 1.0 if span > 0.0 else np.zeros_like(s)
    block = np.zeros((length, _OWN_DEGREE + 1))
    block[part] = np.polynomial.legendre.legvander(unit, _OWN_DEGREE)
    return block


def _stretched(abscissa: FloatArray) -> FloatArray:
    return np.arcsinh(abscissa / _SCALE)


Subtracted = tuple[float, float | None]
"""Value and standard error, emu g^-1 Oe^-1."""


def subtracted(data: Dataset, choice: ChiLarmor, test: CurveTest) -> tuple[Subtracted, ...]:
    """What is subtracted from each run; ``test`` is the test of ``data`` with ``choice``."""
    if choice.source == "each":
        return tuple(_by_fit(Dataset((run,))) for run in data.runs)
    if choice.source == "all":
        return (_by_fit(data),) * len(data.runs)
    return tuple((chi, test.chi_larmor_error) for chi in test.chi_larmor)


def _by_fit(data: Dataset) -> Subtracted:
    """chi_larmor of a Larmor + Langevin fit, both ions with n >= 0."""
    from glasspara.fitting.problem import FitSettings
    from glasspara.fitting.search.minimise import minimise
    from glasspara.model.model import Model

    settings = FitSettings(model=Model("ll"))
    found = minimise(settings.problem(data, settings.held()), settings.guess())
    return found.reported["chi_larmor"], found.errors["chi_larmor"]
