"""Does M - M_Larmor of all runs fall on one curve of H/T? It does for Larmor and Langevin terms alone.

Source: G. Jug and S. Recchia, arXiv:2111.12644, Figs. 14 and 15. There the eye decides; here an F test does:

* common model: y = -chi_larmor |H| + f(|H|/T), the same f for every run, f from a rich linear space
  (Brillouin functions and a cubic spline), chi_larmor free unless given;
* wider model: the same, plus a cubic polynomial of its own for each run.

Both are linear, so under Gaussian noise the ratio of the chi2 gained to the chi2 left follows the F
distribution exactly, whatever f is within the space, and whether or not the stated errors have the right size.

A wrong field, thermometer or mass of one run breaks universality as well. Where the test fails it is therefore
repeated with such errors granted to the common model, each with a Gaussian prior (``parameters.ALLOWANCES``), and
universality is said to fail only where it fails then too. Where it fails by one run alone, that run is named: a
flux jump or a wrong label does this, a property of the sample does not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from glasspara.analysis.projection import RANK, f_test, gain_beyond, orthonormal, scaled_columns
from glasspara.dataset import Dataset, ReducedRun
from glasspara.errors import InputError
from glasspara.fitting.nuisances import Disturbance, nuisances_of
from glasspara.linear_algebra import on_one_thread
from glasspara.parameters import ALLOWANCES
from glasspara.physics.ions import ION_OF_PARAMETER
from glasspara.physics.langevin import langevin_response

FloatArray = npt.NDArray[np.float64]

ALPHA = 0.05
"""Universality is said to fail below this p-value."""

_SPINS = (0.5, 1.0, 1.5, 2.0, 2.5)
_OWN_DEGREE = 3
_MAX_KNOTS = 5
_POINTS_PER_KNOT = 20
# H/T at which iron leaves the Curie law, Oe/K: sets where the abscissa of the spline turns logarithmic.
_SCALE = 2000.0
# Of two runs that disagree neither is the odd one; with three left there is something to be odd against.
_FEWEST_RUNS_TO_BLAME_ONE = 4
# Relative step of H/T for the slope of the common curve.
_STEP = 1.0e-4


@dataclass(frozen=True)
class RunTension:
    """How far one run leaves the curve of all: F test of its own polynomial alone."""

    run: ReducedRun
    statistic: float
    p_value: float
    rms_deviation: float
    """Root mean square of what the run's own polynomial adds, in standard errors of its points."""


@dataclass(frozen=True)
class UniversalityResult:
    """Outcome of the test. Arrays run through the points of ``data``; emu/g and Oe/K."""

    data: Dataset
    chi_larmor: float
    chi_larmor_error: float | None
    chi_larmor_source: str
    statistic: float
    dof: tuple[int, int]
    p_value: float
    p_with_allowances: float | None
    """The same with instrumental errors granted; None where they were not asked for, or not needed."""
    holds: bool
    h_over_t: FloatArray
    magnetisation: FloatArray
    """sign(H) M + chi_larmor |H|."""
    common_curve: FloatArray
    runs: tuple[RunTension, ...]
    odd_run: ReducedRun | None = None
    """The one run without which universality holds, where it fails."""

    @property
    def h_over_t_range(self) -> tuple[float, float]:
        return float(self.h_over_t.min()), float(self.h_over_t.max())


@on_one_thread
def universality(
    data: Dataset, *, chi_larmor: float | None = None, allowances: bool = True
) -> UniversalityResult:
    """Test that all runs of ``data`` share one curve of H/T.

    Parameters
    ----------
    data : Dataset
        Two runs or more.
    chi_larmor : float, optional
        emu g^-1 Oe^-1; by default it is fitted together with the curve, which gives universality its best chance.
    allowances : bool
        Whether instrumental errors may explain a failure.

    Raises
    ------
    InputError
        With fewer than two runs, or too few points.
    """
    result = _test(data, chi_larmor, allowances)
    if result.holds or len(data.runs) < _FEWEST_RUNS_TO_BLAME_ONE:
        return result
    worst = max(range(len(data.runs)), key=lambda index: result.runs[index].statistic)
    rest = Dataset(tuple(run for index, run in enumerate(data.runs) if index != worst))
    if _test(rest, chi_larmor, allowances).holds:
        return replace(result, odd_run=data.runs[worst])
    return result


def _test(data: Dataset, chi_larmor: float | None, allowances: bool) -> UniversalityResult:
    if len(data.runs) < 2:
        raise InputError(
            f"universality compares runs, and there is only {len(data.runs)}",
            remedy="Give files at two or more fields or temperatures",
        )
    sign = np.where(data.field < 0.0, -1.0, 1.0)
    size = np.abs(data.field)
    abscissa = size / data.temperature
    y = sign * data.magnetisation
    columns = [_curve_basis(abscissa, _knots(abscissa))]
    source = "given"
    if chi_larmor is None:
        columns.insert(0, -size[:, None])
        source = "fitted with the common curve"
    else:
        y = y + chi_larmor * size
    weight = 1.0 / data.sigma
    plain = np.concatenate(columns, axis=1)
    common = plain * weight[:, None]
    own = [_own_basis(abscissa, part, len(data)) * weight[:, None] for part in data.slices]
    target = y * weight
    base = orthonormal(common)
    residual = target - base @ (base.T @ target)
    gains, ranks, deviations = zip(*(gain_beyond(base, block, residual) for block in own), strict=True)
    gain, rank, _ = gain_beyond(base, np.concatenate(own, axis=1), residual)
    left, rest = float(residual @ residual) - gain, len(data) - base.shape[1] - rank
    if rest < 5 or rank == 0:
        raise InputError(
            f"{len(data)} points in {len(data.runs)} runs are too few for the test",
            remedy="Add points, or runs that overlap in H/T",
        )
    chi, error = chi_larmor, None
    scaled, norm = scaled_columns(common)
    coefficients: FloatArray = np.linalg.lstsq(scaled, target, rcond=RANK)[0] / norm
    if chi is None:
        chi = float(coefficients[0])
        error = _first_error(common) * float(np.sqrt(residual @ residual / (len(data) - base.shape[1])))
    statistic, p_value = f_test(gain, rank, left, rest)
    granted = None
    if allowances and p_value < ALPHA:
        curve = coefficients[1:] if chi_larmor is None else coefficients
        fitted = sign * ((target - residual) / weight - (chi * size if chi_larmor is not None else 0.0))
        granted = _p_with_allowances(data, abscissa, sign, (chi, curve), fitted, (common, own, target))
    tensions = []
    for run, part, run_gain, run_rank, deviation in zip(
        data.runs, data.slices, gains, ranks, deviations, strict=True
    ):
        f, p = f_test(run_gain, run_rank, float(residual @ residual) - run_gain, rest + rank - run_rank)
        tensions.append(RunTension(run, f, p, float(np.sqrt(np.mean(deviation[part] ** 2)))))
    return UniversalityResult(
        data=data,
        chi_larmor=float(chi),
        chi_larmor_error=error,
        chi_larmor_source=source,
        statistic=statistic,
        dof=(rank, rest),
        p_value=p_value,
        p_with_allowances=granted,
        holds=p_value >= ALPHA or (granted is not None and granted >= ALPHA),
        h_over_t=abscissa,
        magnetisation=sign * data.magnetisation + chi * size,
        common_curve=(target - residual) / weight + (chi * size if chi_larmor is None else 0.0),
        runs=tuple(tensions),
    )


def _stretched(abscissa: FloatArray) -> FloatArray:
    return np.arcsinh(abscissa / _SCALE)


def _knots(abscissa: FloatArray) -> FloatArray:
    """Knots of the spline, the outer ones fourfold; none where all points have one H/T."""
    s = _stretched(abscissa)
    inner = min(_MAX_KNOTS, len(np.unique(s)) // _POINTS_PER_KNOT)
    knots = np.linspace(s.min(), s.max(), inner + 2)
    if knots[-1] <= knots[0]:
        return np.empty(0)
    return np.concatenate([[knots[0]] * 3, knots, [knots[-1]] * 3])


def _curve_basis(abscissa: FloatArray, knots: FloatArray) -> FloatArray:
    """Columns that span the common curve: Brillouin functions of H/T and a cubic spline of asinh(H/T)."""
    from scipy.interpolate import BSpline

    g = ION_OF_PARAMETER["n_fe2"].g
    ones = np.ones_like(abscissa)
    columns = [langevin_response(ones, abscissa, j=spin, g=g)[0][:, None] for spin in _SPINS]
    if knots.size:
        columns.append(BSpline.design_matrix(_stretched(abscissa), knots, 3, extrapolate=True).toarray())
    return np.concatenate(columns, axis=1)


def _p_with_allowances(
    data: Dataset,
    abscissa: FloatArray,
    sign: FloatArray,
    found: tuple[float, FloatArray],
    fitted: FloatArray,
    test: tuple[FloatArray, list[FloatArray], FloatArray],
) -> float:
    """p-value of the test with instrumental errors among the columns of the common model, and their priors as rows.

    ``found`` are chi_larmor and the coefficients of the common curve, ``fitted`` the magnetisation that these give;
    ``test`` the weighted common columns, the runs' own columns, and the target.
    """
    (chi, curve), (common, own, target) = found, test
    knots = _knots(abscissa)
    up, down = (_curve_basis(abscissa * step, knots) @ curve for step in (1.0 + _STEP, 1.0 - _STEP))
    by_log = (up - down) / (2.0 * _STEP)
    size = np.abs(data.field)
    # f'(H/T)/T = (df/dln(H/T))/H; where H = 0 there is no sign to a field offset either.
    by_field = -chi + np.divide(by_log, size, out=np.zeros_like(size), where=size > 0.0)
    nuisances = nuisances_of(data, ALLOWANCES)
    slopes = Disturbance(data, nuisances).slopes(fitted, by_field, -sign * by_log, np.ones_like(size))
    slopes = slopes * (sign / data.sigma)[:, None]
    priors = np.diag([1.0 / item.width for item in nuisances])
    zeros = np.zeros((len(nuisances), common.shape[1]))
    wider = np.block([[common, slopes], [zeros, priors]])
    blocks = np.concatenate([*own], axis=1)
    blocks = np.concatenate([blocks, np.zeros((len(nuisances), blocks.shape[1]))])
    extended = np.concatenate([target, np.zeros(len(nuisances))])
    base = orthonormal(wider)
    residual = extended - base @ (base.T @ extended)
    gain, rank, _ = gain_beyond(base, blocks, residual)
    return f_test(gain, rank, float(residual @ residual) - gain, len(extended) - base.shape[1] - rank)[1]


def _own_basis(abscissa: FloatArray, part: slice, length: int) -> FloatArray:
    """A polynomial in asinh(H/T) on the points of one run, zero elsewhere."""
    s = _stretched(abscissa[part])
    span = float(np.ptp(s))
    unit = 2.0 * (s - s.min()) / span - 1.0 if span > 0.0 else np.zeros_like(s)
    block = np.zeros((length, _OWN_DEGREE + 1))
    block[part] = np.polynomial.legendre.legvander(unit, _OWN_DEGREE)
    return block


def _first_error(matrix: FloatArray) -> float:
    """Standard error of the first coefficient for unit noise."""
    scaled, norm = scaled_columns(matrix)
    others = orthonormal(scaled[:, 1:])
    alone = scaled[:, 0] - others @ (others.T @ scaled[:, 0])
    return float(1.0 / (np.linalg.norm(alone) * norm[0]))
