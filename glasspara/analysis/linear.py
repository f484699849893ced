"""The linear algebra that several questions share: least squares, the F test with allowances, splines, projections.

Many questions about the data are linear. Does one curve of H/T describe all runs? Does the iron drift from run to run?
Does a window of temperature leave the fitted model, is there a wave beside it? Each is answered in the same way. A
:class:`LinearModel` is fitted, and an F test says whether further columns improve the fit by more than chance. Where
they do, the test is repeated with instrumental errors among the columns of the model (fields, thermometers and masses
that are off by the usual amounts, each with a Gaussian prior): what such errors could imitate is not established.

Every row is divided by its standard error. The first rows are the points of the data; rows below them are Gaussian
knowledge of the coefficients. The F test compares the chi2 that the further columns gain with the chi2 that is left, so
for Gaussian noise it is exact, and it does not depend on the size of the stated errors. :func:`tangent` makes a linear
fit of any fit near its minimum: what it left of the data, and what its parameters could still take up.

Cubic splines are columns too. :func:`splines_of` a run describes M(T) by the iron ions and a spline, without the fitted
model. It is the control for what is read off the residuals of a fitted model: what the model misses, the spline takes
up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from glasspara.arrays import FloatArray, column_lengths
from glasspara.data import Dataset, ReducedRun
from glasspara.fitting.judge import f_p_value
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.problem.nuisances import Disturbance, nuisances_of
from glasspara.fitting.search.minimise import Minimum
from glasspara.model.model import slope_by_log_temperature
from glasspara.model.parameters import ALLOWANCES, ION_NAMES, to_canonical
from glasspara.physics.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response

_RANK = 1.0e-9
"""Singular values below this share of the largest are rounding errors."""

_BEYOND = 1.0e-6
"""The same for columns of unit length of which a base is projected out: if they lie in the base, rounding is left."""

_MOST_KNOTS = 6
_POINTS_PER_KNOT = 8
_FEWEST_DOF = 5
_DEGREE = 3


@dataclass(frozen=True)
class FTest:
    """F ratio, degrees of freedom of numerator and denominator, and p-value.

    ``dof`` is (0, 0) and the p-value 1 where nothing can be tested. ``p_with_allowances`` is the p-value when
    instrumental errors are allowed; None where they were not asked for, or not needed.
    """

    statistic: float
    dof: tuple[int, int]
    p_value: float
    p_with_allowances: float | None = None

    @property
    def possible(self) -> bool:
        """Whether there is something to test, and degrees of freedom to test it against."""
        return self.dof[0] > 0

    @property
    def p_decisive(self) -> float:
        """The larger of the two p-values, which decides the verdict."""
        return max(self.p_value, self.p_with_allowances or 0.0)

    @property
    def established(self) -> bool:
        """Whether there is more than chance explains, and more than instrumental errors explain."""
        return self.p_decisive < ALPHA


def f_test(gain: float, rank: int, left: float, ndof: int) -> FTest:
    """F test of a ``gain`` of chi2 in ``rank`` dimensions; a chi2 of ``left`` is left with ``ndof``."""
    if rank == 0 or ndof < 1:
        return FTest(0.0, (0, 0), 1.0)
    if left <= 0.0:
        return FTest(0.0, (rank, ndof), 1.0)
    statistic = (gain / rank) / (left / ndof)
    return FTest(statistic, (rank, ndof), f_p_value(statistic, rank, ndof))


class Gain(NamedTuple):
    """What further columns take up of the residuals: chi2, in how many dimensions, and that part, shape (rows,)."""

    chi2: float
    rank: int
    part: FloatArray


@dataclass(frozen=True, eq=False)
class LinearFit:
    """What least squares leave of the data, and what the columns of the model can take up.

    ``left`` are the residuals (points, then knowledge, in standard errors); ``base`` is an orthonormal basis of the
    columns, shape (len(left), rank). Columns that are given to the methods may run through the points alone, or
    through all rows.
    """

    left: FloatArray
    base: FloatArray

    @property
    def chi2(self) -> float:
        return float(self.left @ self.left)

    @property
    def ndof(self) -> int:
        return int(self.left.size - self.base.shape[1])

    def remainder(self, columns: FloatArray) -> FloatArray:
        """What of ``columns``, or of one column, the model cannot imitate; as long as ``left``."""
        whole = _padded(columns, len(self.left))
        return whole - self.base @ (self.base.T @ whole)

    def basis_beyond(self, columns: FloatArray) -> FloatArray:
        """Orthonormal basis of what ``columns`` span beyond ``base``, shape (len(left), rank)."""
        left, singular, _ = np.linalg.svd(
            self.remainder(columns / column_lengths(columns)), full_matrices=False
        )
        return left[:, singular > _BEYOND]

    def beyond(self, columns: FloatArray) -> LinearFit:
        """The fit of the model that has ``columns`` too."""
        more = self.basis_beyond(columns)
        left = self.left - more @ (more.T @ self.left)
        return LinearFit(left, np.concatenate([self.base, more], axis=1))

    def gain(self, columns: FloatArray) -> Gain:
        """What ``columns`` take up of the residuals beyond what the model can take up."""
        more = self.basis_beyond(columns)
        part = more @ (more.T @ self.left)
        return Gain(float(part @ part), more.shape[1], part)

    def f_test(
        self,
        columns: FloatArray,
        *,
        smooth: FloatArray | None = None,
        allowing: Callable[[], LinearModel] | None = None,
    ) -> FTest:
        """Do ``columns`` improve the fit?

        Parameters
        ----------
        columns : shape (n, k)
            What the wider model has in addition.
        smooth : shape (n, q), optional
            Columns that may take up residuals as well, but do not count as gain: the gain is then compared with the
            scatter about a smoother curve.
        allowing : function without arguments, optional
            Gives the same model with instrumental errors (:meth:`LinearModel.with_allowances`). It is called only
            where the test finds something without them.
        """
        gain, rank, _ = self.gain(columns)
        taken, all_rank = gain, rank
        if smooth is not None:
            taken, all_rank, _ = self.gain(np.concatenate([columns, smooth], axis=1))
        test = f_test(gain, rank, self.chi2 - taken, self.ndof - all_rank)
        if allowing is None or test.p_value >= ALPHA:
            return test
        return replace(test, p_with_allowances=allowing().fit().f_test(columns, smooth=smooth).p_value)


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A model that is linear in its coefficients: ``columns``, shape (rows, k), and their ``target``, shape (rows,).

    The first rows are points, further ones are knowledge; each is divided by its standard error.
    """

    columns: FloatArray
    target: FloatArray

    @classmethod
    def of(cls, data: Dataset, columns: FloatArray, magnetisation: FloatArray) -> LinearModel:
        """``columns``, shape (points, k), fitted to ``magnetisation``, both in emu/g at the points of ``data``."""
        return cls(weighted(data, columns), magnetisation * (1.0 / data.sigma))

    def with_knowledge(self, rows: FloatArray, values: FloatArray | None = None) -> LinearModel:
        """The same, knowing that ``rows`` @ coefficients are ``values`` (by default 0) with standard errors of 1."""
        values = np.zeros(len(rows)) if values is None else values
        return replace(
            self,
            columns=np.concatenate([self.columns, rows]),
            target=np.concatenate([self.target, values]),
        )

    def with_columns(self, columns: FloatArray) -> LinearModel:
        """The same with further ``columns``, which may run through the points alone."""
        return replace(
            self, columns=np.concatenate([self.columns, _padded(columns, len(self.target))], axis=1)
        )

    def without_first(self) -> LinearModel:
        """The same without the first column."""
        return replace(self, columns=self.columns[:, 1:])

    def with_allowances(
        self,
        data: Dataset,
        magnetisation: FloatArray,
        by_field: FloatArray,
        by_log_temperature: FloatArray,
        *,
        sign: FloatArray | None = None,
    ) -> LinearModel:
        """The same when fields, thermometers and masses may be off by the usual amounts (``parameters.ALLOWANCES``).

        Each error is a column with a Gaussian prior of its usual width.

        Parameters
        ----------
        magnetisation, by_field, by_log_temperature : shape (points,)
            M of the model at the points of ``data``, emu/g, dM/dH, emu/(g Oe), and T dM/dT, emu/g.
        sign : shape (points,), optional
            By what the rows of the points are multiplied, where the model is one of sign(H) M.
        """
        nuisances = nuisances_of(data, ALLOWANCES)
        slopes = Disturbance(data, nuisances).slopes(
            [(item,) for item in nuisances], magnetisation, by_field, by_log_temperature, np.ones(len(data))
        )
        if sign is not None:
            slopes = sign[:, None] * slopes
        widths = np.array([item.width for item in nuisances])
        rows = np.concatenate([np.zeros((len(widths), self.columns.shape[1])), np.diag(1.0 / widths)], axis=1)
        return self.with_columns(weighted(data, slopes)).with_knowledge(rows)

    def fit(self) -> LinearFit:
        base = orthonormal(self.columns)
        return LinearFit(self.target - base @ (base.T @ self.target), base)

    def solve(self) -> tuple[FloatArray, FloatArray]:
        """Coefficients and residuals. Coefficients that are not unique are the shortest in columns of unit length."""
        norm = column_lengths(self.columns)
        scaled = self.columns / norm
        found = np.linalg.lstsq(scaled, self.target, rcond=_RANK)[0]
        return found / norm, self.target - scaled @ found

    def covariance(self) -> FloatArray:
        """Covariance of the coefficients, by the stated errors."""
        norm = column_lengths(self.columns)
        inverse = np.linalg.pinv(self.columns / norm, rcond=_RANK)
        return inverse @ inverse.T / np.outer(norm, norm)


def orthonormal(matrix: FloatArray) -> FloatArray:
    """Orthonormal basis of what the columns span, shape (n, rank)."""
    left, singular, _ = np.linalg.svd(matrix / column_lengths(matrix), full_matrices=False)
    return left[:, singular > _RANK * singular.max(initial=0.0)]


def weighted(data: Dataset, columns: FloatArray) -> FloatArray:
    """``columns``, shape (points, k), divided by the errors of the points."""
    return columns * (1.0 / data.sigma)[:, None]


def by_run(data: Dataset, columns: FloatArray) -> FloatArray:
    """``columns``, shape (points, k), once for each run and zero outside it, shape (points, runs x k)."""
    found = np.zeros((len(data), len(data.runs), columns.shape[1]))
    for number, part in enumerate(data.slices):
        found[part, number] = columns[part]
    return found.reshape(len(data), -1)


def _padded(columns: FloatArray, rows: int) -> FloatArray:
    """``columns``, or one column, with zeros below, for the rows of knowledge; as long as ``rows``."""
    return np.concatenate([columns, np.zeros((rows - len(columns), *columns.shape[1:]))])


def tangent(minimum: Minimum, *, widths: Mapping[str, float] | None = None) -> LinearFit:
    """The fit of ``minimum`` as a linear one; parameters at a limit count as fixed there.

    Its rows are the points, then the constraints. Its residuals are free of all that the parameters could take up.
    ``widths`` adds nuisances to it (``parameters.ALLOWANCES``), each with a Gaussian prior of that width about 0.
    """
    problem = minimum.problem
    known = {item.kind for item in problem.nuisances}
    more = {kind: width for kind, width in (widths or {}).items() if kind not in known}
    added = tuple(item for item in nuisances_of(problem.data, more) if item not in problem.nuisances)
    if added:
        problem = problem.with_nuisances((*problem.nuisances, *added))
    residuals, jacobian = problem.residuals_and_jacobian(problem.coordinates.from_reported(minimum.reported))
    free = [name not in minimum.at_limit for name in problem.coordinates.names]
    base = orthonormal(jacobian[:, free]) if any(free) else np.zeros((len(residuals), 0))
    return LinearFit(residuals - base @ (base.T @ residuals), base)


def by_thermometer(minimum: Minimum) -> FloatArray:
    """What a relative error of the thermometer does to the weighted residuals: T dM/dT over the errors, (n_points,)."""
    problem = minimum.problem
    slope = slope_by_log_temperature(
        problem.data.temperature, problem.data.field, to_canonical(minimum.reported), problem.model
    )
    return slope / problem.data.sigma


def even_knots(places: FloatArray, inner: int) -> FloatArray:
    """Knots over the span of ``places`` at equal distances, ``inner`` of them inside, the outer ones fourfold."""
    knots = np.linspace(places.min(), places.max(), inner + 2)
    return np.concatenate([[knots[0]] * _DEGREE, knots, [knots[-1]] * _DEGREE])


def cubic_splines(places: FloatArray, knots: FloatArray) -> FloatArray:
    """The cubic B-splines of ``knots`` at ``places``, shape (len(places), len(knots) - 4)."""
    from scipy.interpolate import BSpline

    return np.asarray(BSpline.design_matrix(places, knots, _DEGREE, extrapolate=True).toarray())


@dataclass(frozen=True)
class SplineFit(LinearFit):
    """The fit of a spline; ``knots`` is the number of its inner knots, at equal distances in ln T."""

    knots: int


@dataclass(frozen=True, eq=False)
class Splines:
    """Constant, both iron ions and a cubic spline in ln T, with 0, 1, ... inner knots: a basis each."""

    bases: tuple[FloatArray, ...]

    def fit(self, target: FloatArray) -> SplineFit:
        """The fit to weighted data whose number of knots has the least BIC, the size of the errors being unknown."""
        best: tuple[float, SplineFit] | None = None
        n = len(target)
        for knots, base in enumerate(self.bases):
            left = target - base @ (base.T @ target)
            variance = max(float(left @ left) / n, np.finfo(float).tiny)
            bic = float(n * np.log(variance) + base.shape[1] * np.log(n))
            if best is None or bic < best[0]:
                best = (bic, SplineFit(left, base, knots))
        assert best is not None
        return best[1]


def splines_of(run: ReducedRun) -> Splines | None:
    """The splines for which ``run`` has enough points, with at most 6 inner knots; None if it has too few."""
    bases = []
    for knots in range(min(_MOST_KNOTS, len(run) // _POINTS_PER_KNOT) + 1):
        base = (
            orthonormal(_columns(run, knots) / run.sigma[:, None]) if np.ptp(run.temperature) > 0.0 else None
        )
        if base is None or len(run) - base.shape[1] < _FEWEST_DOF:
            break
        bases.append(base)
    return Splines(tuple(bases)) if bases else None


def _columns(run: ReducedRun, inner: int) -> FloatArray:
    s = np.log(run.temperature)
    ions = [
        langevin_response(run.temperature, run.field, j=ion.j, g=ion.g)[0]
        for ion in (ION_OF_PARAMETER[name] for name in ION_NAMES)
    ]
    return np.column_stack([*ions, cubic_splines(s, even_knots(s, inner))])
