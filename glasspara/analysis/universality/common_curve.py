"""One curve of H/T for all runs: its columns, what a run may have of its own, and the F test that compares the two.

The curve is a sum of Brillouin functions and a cubic spline; the own part of a run is a cubic polynomial. What the test
is for says :mod:`glasspara.analysis.universality.collapse`.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset
from glasspara.errors import InputError
from glasspara.physics.ions.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response

_SPINS = (0.5, 1.0, 1.5, 2.0, 2.5)
_OWN_DEGREE = 3
_MAX_KNOTS = 5
_POINTS_PER_KNOT = 20
# H/T at which iron leaves the Curie law, Oe/K: sets where the abscissa of the spline turns logarithmic.
_SCALE = 2000.0
_FEWEST_LEFT = 5
# Relative step of H/T for the slope of the common curve.
_STEP = 1.0e-4


@dataclass(frozen=True)
class Larmor:
    """What a test knows of chi_larmor: nothing (one for all runs, or one for each run, is free), or a given value.

    ``given`` is in emu g^-1 Oe^-1; ``error`` its standard error, from other data than those of the test.
    """

    free: Literal["none", "one", "each"] = "one"
    given: float = 0.0
    error: float | None = None

    def columns(self, data: Dataset) -> FloatArray:
        """-|H| at every point (Oe), in one column or one for each run, shape (points, columns)."""
        size = np.abs(data.field)[:, None]
        if self.free == "none":
            return size[:, :0]
        return -by_run(data, size) if self.free == "each" else -size

    def of_runs(self, data: Dataset, found: FloatArray) -> tuple[float, ...]:
        """chi_larmor of each run, ``found`` being the coefficients of :meth:`columns`."""
        extra = found.tolist() if self.free == "each" else [sum(found.tolist())] * len(data.runs)
        return tuple(self.given + value for value in extra)


@dataclass(frozen=True)
class Tension:
    """How far one run leaves the curve of all runs: F test of its own polynomial alone.

    ``rms_deviation`` is the root mean square of what that polynomial adds, in standard errors of its points.
    """

    statistic: float
    p_value: float
    rms_deviation: float


@dataclass(frozen=True, kw_only=True)
class CurveTest(FTest):
    """Outcome of :func:`curve_test`, and the same by run.

    ``chi_larmor`` is that of each run, its error None where it is not one fitted value. ``fitted`` is sign(H) M of the
    common model, emu/g.
    """

    chi_larmor: tuple[float, ...]
    chi_larmor_error: float | None
    fitted: FloatArray
    runs: tuple[Tension, ...]

    @property
    def holds(self) -> bool:
        return not self.established


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
    columns = np.concatenate([slopes, _curve_basis(abscissa, _knots_of(abscissa))], axis=1)
    model = LinearModel.of(data, columns, sign * data.magnetisation + larmor.given * size)
    if larmor.error is not None:
        model = model.with_knowledge(np.eye(1, columns.shape[1]) / larmor.error)
    found, _ = model.solve()
    chi, fit = larmor.of_runs(data, found[: slopes.shape[1]]), model.fit()
    fitted = (model.target - fit.left)[: len(data)] / weight - larmor.given * size

    def allowing() -> LinearModel:
        at_points = np.repeat(chi, [len(run) for run in data.runs])
        return _with_allowances(data, model, at_points, found[slopes.shape[1] :], fitted)

    own = [weighted(data, _own_basis(abscissa, part, len(data))) for part in data.slices]
    test = fit.f_test(np.concatenate(own, axis=1), allowing=allowing if allowances else None)
    if not test.possible or test.dof[1] < _FEWEST_LEFT:
        raise InputError(
            f"{len(data)} points in {len(data.runs)} runs are too few for the test",
            remedy="Add points, or runs that overlap in H/T",
        )
    return CurveTest(
        **vars(test),
        chi_larmor=chi,
        chi_larmor_error=_error_of_first(model, fit) if larmor.free == "one" else None,
        fitted=fitted,
        runs=tuple(_tension(fit, block, part) for block, part in zip(own, data.slices, strict=True)),
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


def _with_allowances(
    data: Dataset, model: LinearModel, chi: FloatArray, curve: FloatArray, fitted: FloatArray
) -> LinearModel:
    """The common model with instrumental errors.

    ``chi`` is chi_larmor at the points and ``curve`` the coefficients of the common curve, ``fitted`` the folded
    magnetisation that these give.
    """
    sign, size, abscissa = folded(data)
    knots = _knots_of(abscissa)
    up, down = (_curve_basis(abscissa * step, knots) @ curve for step in (1.0 + _STEP, 1.0 - _STEP))
    by_log = (up - down) / (2.0 * _STEP)
    # f'(H/T)/T = (df/dln(H/T))/H; where H = 0 there is no sign to a field offset either.
    by_field = -chi + np.divide(by_log, size, out=np.zeros_like(size), where=size > 0.0)
    return model.with_allowances(data, sign * fitted, by_field, -sign * by_log, sign=sign)


def nearest_curve(abscissa: FloatArray, magnetisation: FloatArray, sigma: FloatArray) -> FloatArray:
    """The curve of H/T that is nearest to ``magnetisation``, at the points, emu/g."""
    base = orthonormal(_curve_basis(abscissa, _knots_of(abscissa)) / sigma[:, None])
    return sigma * (base @ (base.T @ (magnetisation / sigma)))


def _knots_of(abscissa: FloatArray) -> FloatArray:
    """Knots of the spline for points at H/T ``abscissa``; none where all have one H/T."""
    s = _stretched(abscissa)
    knots = even_knots(s, min(_MAX_KNOTS, len(np.unique(s)) // _POINTS_PER_KNOT))
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
