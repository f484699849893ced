"""The F test of one curve of H/T for all runs, on the points that it is given: see ``analysis.universality``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from glasspara.analysis.linear.projection import coefficients, f_test, first_error, gain_beyond, orthonormal
from glasspara.analysis.universality.common_curve import curve_basis, knots_of, own_basis
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.errors import InputError
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.problem.nuisances import Disturbance, nuisances_of
from glasspara.model.parameters import ALLOWANCES

_FEWEST_LEFT = 5
# Relative step of H/T for the slope of the common curve.
_STEP = 1.0e-4


@dataclass(frozen=True)
class Larmor:
    """What a test knows of chi_larmor: nothing, of one for all runs or of each run's own, or a given value.

    ``given`` is in emu g^-1 Oe^-1; ``error`` its standard error, from other data than those of the test.
    """

    free: Literal["none", "one", "each"] = "one"
    given: float = 0.0
    error: float | None = None

    def columns(self, data: Dataset) -> FloatArray:
        """-|H| at every point (Oe), in one column or one for each run, shape (points, columns)."""
        size = -np.abs(data.field)[:, None]
        if self.free == "none":
            return size[:, :0]
        if self.free == "one":
            return size
        member = np.zeros((len(data), len(data.runs)))
        for number, part in enumerate(data.slices):
            member[part, number] = 1.0
        return size * member

    def of_runs(self, data: Dataset, found: FloatArray) -> tuple[float, ...]:
        """chi_larmor of each run, ``found`` being the coefficients of :meth:`columns`."""
        extra = found.tolist() if self.free == "each" else [sum(found.tolist())] * len(data.runs)
        return tuple(self.given + value for value in extra)


@dataclass(frozen=True)
class Tension:
    """How far one run leaves the curve of all: F test of its own polynomial alone.

    ``rms_deviation`` is the root mean square of what that polynomial adds, in standard errors of its points.
    """

    statistic: float
    p_value: float
    rms_deviation: float


@dataclass(frozen=True)
class CurveTest:
    """Outcome of :func:`curve_test`: F ratio, degrees of freedom, p-value, and the same by run.

    ``p_with_allowances`` is None where instrumental errors were not asked for, or not needed. ``chi_larmor`` is that of
    each run, its error None where it is not one fitted value. ``fitted`` is sign(H) M of the common model, emu/g.
    """

    statistic: float
    dof: tuple[int, int]
    p_value: float
    p_with_allowances: float | None
    chi_larmor: tuple[float, ...]
    chi_larmor_error: float | None
    fitted: FloatArray
    runs: tuple[Tension, ...]

    @property
    def p_judged(self) -> float:
        """The larger of the two p-values, by which a verdict goes."""
        return max(self.p_value, self.p_with_allowances or 0.0)

    @property
    def holds(self) -> bool:
        return self.p_judged >= ALPHA


@dataclass(frozen=True)
class _Design:
    """Weighted columns of the common model and of each run, and the target; rows of points, then of priors."""

    common: FloatArray
    own: tuple[FloatArray, ...]
    target: FloatArray

    def with_priors(self, rows: FloatArray) -> _Design:
        """The same with ``rows`` below, each a combination of common columns that is 0 +- 1."""
        return _Design(
            np.concatenate([self.common, rows]),
            tuple(np.concatenate([block, np.zeros((len(rows), block.shape[1]))]) for block in self.own),
            np.concatenate([self.target, np.zeros(len(rows))]),
        )

    def with_columns(self, columns: FloatArray, widths: FloatArray) -> _Design:
        """The same with further common ``columns``, one value a point, each with a prior 0 +- its width."""
        padded = np.zeros((len(self.target), len(widths)))
        padded[: len(columns)] = columns
        wider = _Design(np.concatenate([self.common, padded], axis=1), self.own, self.target)
        zeros = np.zeros((len(widths), self.common.shape[1]))
        return wider.with_priors(np.concatenate([zeros, np.diag(1.0 / widths)], axis=1))

    def f_test(self) -> _Outcome:
        base = orthonormal(self.common)
        residual = self.target - base @ (base.T @ self.target)
        total, rank, _ = gain_beyond(base, np.concatenate(self.own, axis=1), residual)
        return _Outcome(base, residual, total, rank)


@dataclass(frozen=True)
class _Outcome:
    """An orthonormal base of the common columns, what it leaves, and what the runs' own columns take of that."""

    base: FloatArray
    residual: FloatArray
    total: float
    rank: int

    @property
    def chi2(self) -> float:
        return float(self.residual @ self.residual)

    @property
    def ndof(self) -> int:
        """Degrees of freedom of the common model."""
        points, rank = self.base.shape
        return int(points - rank)

    def judged(self) -> tuple[float, float]:
        """F ratio and p-value."""
        return f_test(self.total, self.rank, self.chi2 - self.total, self.ndof - self.rank)

    def tension(self, block: FloatArray, part: slice) -> Tension:
        """The same by the columns ``block`` of one run, whose points are ``part``."""
        one, rank, deviation = gain_beyond(self.base, block, self.residual)
        statistic, p_value = f_test(one, rank, self.chi2 - one, self.ndof - rank)
        return Tension(statistic, p_value, float(np.sqrt(np.mean(deviation[part] ** 2))))


def folded(data: Dataset) -> tuple[FloatArray, FloatArray, FloatArray]:
    """sign(H), |H| (Oe) and |H|/T (Oe/K) at the points of ``data``."""
    size = np.abs(data.field)
    return np.where(data.field < 0.0, -1.0, 1.0), size, size / data.temperature


def curve_test(data: Dataset, larmor: Larmor, *, allowances: bool) -> CurveTest:
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
    sign, size, abscissa = folded(data)
    weight = 1.0 / data.sigma
    slopes = larmor.columns(data)
    plain = np.concatenate([slopes, curve_basis(abscissa, knots_of(abscissa))], axis=1)
    design = _Design(
        plain * weight[:, None],
        tuple(own_basis(abscissa, part, len(data)) * weight[:, None] for part in data.slices),
        (sign * data.magnetisation + larmor.given * size) * weight,
    )
    if larmor.error is not None:
        design = design.with_priors(np.eye(1, plain.shape[1]) / larmor.error)
    outcome = design.f_test()
    rest = outcome.ndof - outcome.rank
    if rest < _FEWEST_LEFT or outcome.rank == 0:
        raise InputError(
            f"{len(data)} points in {len(data.runs)} runs are too few for the test",
            remedy="Add points, or runs that overlap in H/T",
        )
    found = coefficients(design.common, design.target)
    chi = larmor.of_runs(data, found[: slopes.shape[1]])
    error = None
    if larmor.free == "one":
        error = first_error(design.common) * float(np.sqrt(outcome.chi2 / outcome.ndof))
    statistic, p_value = outcome.judged()
    fitted = (design.target - outcome.residual)[: len(data)] / weight - larmor.given * size
    granted = None
    if allowances and p_value < ALPHA:
        at_points = np.repeat(chi, [len(run) for run in data.runs])
        granted = _p_with_allowances(data, design, at_points, found[slopes.shape[1] :], fitted)
    return CurveTest(
        statistic=statistic,
        dof=(outcome.rank, rest),
        p_value=p_value,
        p_with_allowances=granted,
        chi_larmor=chi,
        chi_larmor_error=error,
        fitted=fitted,
        runs=tuple(outcome.tension(*pair) for pair in zip(design.own, data.slices, strict=True)),
    )


def _p_with_allowances(
    data: Dataset, design: _Design, chi: FloatArray, curve: FloatArray, fitted: FloatArray
) -> float:
    """p-value with instrumental errors among the columns of the common model, and their priors as rows.

    ``chi`` is chi_larmor at the points and ``curve`` the coefficients of the common curve, ``fitted`` the folded
    magnetisation that these give.
    """
    sign, size, abscissa = folded(data)
    knots = knots_of(abscissa)
    up, down = (curve_basis(abscissa * step, knots) @ curve for step in (1.0 + _STEP, 1.0 - _STEP))
    by_log = (up - down) / (2.0 * _STEP)
    # f'(H/T)/T = (df/dln(H/T))/H; where H = 0 there is no sign to a field offset either.
    by_field = -chi + np.divide(by_log, size, out=np.zeros_like(size), where=size > 0.0)
    nuisances = nuisances_of(data, ALLOWANCES)
    slopes = Disturbance(data, nuisances).slopes(sign * fitted, by_field, -sign * by_log, np.ones_like(size))
    wider = design.with_columns(
        slopes * (sign / data.sigma)[:, None], np.array([item.width for item in nuisances])
    )
    return wider.f_test().judged()[1]
