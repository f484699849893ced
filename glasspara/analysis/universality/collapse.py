"""Does M - M_Larmor of all runs fall on one curve of H/T? It does for Larmor and Langevin terms alone.

Source: G. Jug and S. Recchia, arXiv:2111.12644, Figs. 14 and 15. There the eye decides; here an F test does:

* common model: y = -chi_larmor |H| + f(|H|/T), the same f for every run, f from a rich linear space
  (Brillouin functions and a cubic spline), chi_larmor free unless it is known from elsewhere;
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

from glasspara.analysis.linear.projection import orthonormal
from glasspara.analysis.universality.common_curve import curve_basis, knots_of
from glasspara.analysis.universality.f_test import CurveTest, Tension, curve_test, folded
from glasspara.analysis.universality.larmor_choice import ChiLarmor, subtracted
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset, ReducedRun
from glasspara.replicates.cores import on_one_thread

# Of two runs that disagree neither is the odd one; with three left there is something to be odd against.
_FEWEST_RUNS_TO_BLAME_ONE = 4


@dataclass(frozen=True)
class RunTension:
    """How far one run leaves the curve of all, and the chi_larmor subtracted from it, emu g^-1 Oe^-1."""

    run: ReducedRun
    chi_larmor: float
    chi_larmor_error: float | None
    tension: Tension


@dataclass(frozen=True)
class UniversalityResult:
    """Outcome of the test. Arrays run through the points of ``data``; emu/g and Oe/K."""

    data: Dataset
    larmor: ChiLarmor
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
    """The curve of H/T that is nearest to ``magnetisation``."""
    runs: tuple[RunTension, ...]
    odd_run: ReducedRun | None = None
    """The one run without which universality holds, where it fails."""

    @property
    def meaning(self) -> str:
        """What a failure says of the sample."""
        if len(self.data.masses) > 1:
            return (
                f"the runs are of {len(self.data.masses)} samples, by their masses: their iron need not be the same, "
                "so this says nothing of either; ask it of one sample"
            )
        return "the runs do not share one curve of H/T: Larmor and Langevin terms alone cannot be all"

    @property
    def chi_larmor(self) -> float | None:
        """What is subtracted, emu g^-1 Oe^-1; None where each run has its own."""
        return None if self.larmor.source == "each" else self.runs[0].chi_larmor

    @property
    def chi_larmor_error(self) -> float | None:
        return None if self.larmor.source == "each" else self.runs[0].chi_larmor_error

    @property
    def chi_larmor_source(self) -> str:
        return self.larmor.text

    @property
    def h_over_t_range(self) -> tuple[float, float]:
        return float(self.h_over_t.min()), float(self.h_over_t.max())


@on_one_thread
def universality(
    data: Dataset, *, chi_larmor: ChiLarmor | float | None = None, allowances: bool = True
) -> UniversalityResult:
    """Test that all runs of ``data`` share one curve of H/T.

    Parameters
    ----------
    data : Dataset
        Two runs or more.
    chi_larmor : ChiLarmor or float, optional
        Where it comes from, or its value, emu g^-1 Oe^-1; by default it is fitted together with the curve.
    allowances : bool
        Whether instrumental errors may explain a failure.

    Raises
    ------
    InputError
        With fewer than two runs, or too few points.
    """
    if chi_larmor is None or isinstance(chi_larmor, ChiLarmor):
        choice = chi_larmor or ChiLarmor()
    else:
        choice = ChiLarmor("given", chi_larmor)
    test = curve_test(data, choice.tested, allowances=allowances)
    result = _result(data, choice, test)
    if test.holds or len(data.runs) < _FEWEST_RUNS_TO_BLAME_ONE:
        return result
    worst = max(range(len(data.runs)), key=lambda index: test.runs[index].statistic)
    rest = Dataset(tuple(run for index, run in enumerate(data.runs) if index != worst))
    if curve_test(rest, choice.tested, allowances=allowances).holds:
        return replace(result, odd_run=data.runs[worst])
    return result


def _result(data: Dataset, choice: ChiLarmor, test: CurveTest) -> UniversalityResult:
    sign, size, abscissa = folded(data)
    values = subtracted(data, choice, test)
    chi = np.repeat([value for value, _ in values], [len(run) for run in data.runs])
    shown = sign * data.magnetisation + chi * size
    return UniversalityResult(
        data=data,
        larmor=choice,
        statistic=test.statistic,
        dof=test.dof,
        p_value=test.p_value,
        p_with_allowances=test.p_with_allowances,
        holds=test.holds,
        h_over_t=abscissa,
        magnetisation=shown,
        common_curve=_nearest_curve(abscissa, shown, data.sigma),
        runs=tuple(
            RunTension(run, *value, tension)
            for run, value, tension in zip(data.runs, values, test.runs, strict=True)
        ),
    )


def _nearest_curve(abscissa: FloatArray, shown: FloatArray, sigma: FloatArray) -> FloatArray:
    base = orthonormal(curve_basis(abscissa, knots_of(abscissa)) / sigma[:, None])
    return sigma * (base @ (base.T @ (shown / sigma)))
