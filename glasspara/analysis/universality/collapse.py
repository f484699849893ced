"""Does M - M_Larmor of all runs fall on one curve of H/T? It does for Larmor and Langevin terms alone.

Source: G. Jug and S. Recchia, arXiv:2111.12644, Figs. 14 and 15. There the eye decides; here an F test does:

* common model: y = -chi_larmor |H| + f(|H|/T), the same f for every run, f from a rich linear space
  (Brillouin functions and a cubic spline), chi_larmor free unless it is known from elsewhere;
* wider model: the same, plus a cubic polynomial of its own for each run.

Both are linear, so under Gaussian noise the ratio of the chi2 gained to the chi2 left follows the F
distribution exactly, whatever f is within the space, and whether or not the stated errors have the right size.

A wrong field, thermometer or mass of one run breaks universality as well. Where the test fails it is therefore
repeated with such errors allowed in the common model, each with a Gaussian prior (``parameters.ALLOWANCES``), and
universality is said to fail only where it fails then too. Where it fails by one run alone, that run is named: a
flux jump or a wrong label does this, a property of the sample does not.

Where chi_larmor comes from (:class:`ChiLarmor`) decides what the test knows of it. The source subtracts the chi_larmor
of a Larmor + Langevin fit of each run, or of all runs. Such a value comes from the data that are then tested, and
subtracting it leaves the data known up to a multiple of H (of each run, or of all). Least squares with the covariance
that the subtraction leaves are least squares with that multiple free. So whatever way the value was found, the test
that propagates its error in full is the test with chi_larmor free, one for all runs or one for each. Only a value from
other data adds knowledge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Literal

import numpy as np

from glasspara.analysis.universality.common_curve import (
    CurveTest,
    Larmor,
    Tension,
    curve_test,
    folded,
    nearest_curve,
)
from glasspara.arrays import FloatArray
from glasspara.data.dataset import Dataset, ReducedRun
from glasspara.errors import UsageError
from glasspara.replicates.cores import on_one_thread

Source = Literal["fit", "each", "all", "given"]

SOURCES: dict[Source, str] = {
    "fit": "fitted with the common curve",
    "each": "Larmor + Langevin fit of each run",
    "all": "Larmor + Langevin fit of all runs",
    "given": "given",
}
"""The sources of chi_larmor, in words."""

FROM_THE_DATA: tuple[Source, ...] = ("fit", "each", "all")

# Of two runs that disagree neither is the odd one; with three left there is something to be odd against.
_FEWEST_RUNS_TO_BLAME_ONE = 4


@dataclass(frozen=True)
class ChiLarmor:
    """Source of chi_larmor, and the value (emu g^-1 Oe^-1) with its standard error where it is given.

    Raises
    ------
    UsageError
        For an error that is not positive and finite.
    """

    source: Source = "fit"
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
    def tested(self) -> Larmor:
        """What the test takes for known and for free."""
        if self.source == "each":
            return Larmor("each")
        if self.source == "given":
            return Larmor("none" if self.error is None else "one", self.value, self.error)
        return Larmor("one")


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
    values = _subtracted(data, choice, test)
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
        common_curve=nearest_curve(abscissa, shown, data.sigma),
        runs=tuple(
            RunTension(run, *value, tension)
            for run, value, tension in zip(data.runs, values, test.runs, strict=True)
        ),
    )


_Subtracted = tuple[float, float | None]
"""Value and standard error, emu g^-1 Oe^-1."""


def _subtracted(data: Dataset, choice: ChiLarmor, test: CurveTest) -> tuple[_Subtracted, ...]:
    """What is subtracted from each run; ``test`` is the test of ``data`` with ``choice.tested``."""
    if choice.source == "each":
        return tuple(_by_fit(Dataset((run,))) for run in data.runs)
    if choice.source == "all":
        return (_by_fit(data),) * len(data.runs)
    return tuple((chi, test.chi_larmor_error) for chi in test.chi_larmor)


def _by_fit(data: Dataset) -> _Subtracted:
    """chi_larmor of a Larmor + Langevin fit, both ions with n >= 0."""
    from glasspara.fitting.problem.settings import FitSettings
    from glasspara.fitting.search.minimise import minimise
    from glasspara.model.model import Model

    settings = FitSettings(model=Model("ll"))
    found = minimise(settings.problem(data, settings.held()), settings.guess())
    return found.reported["chi_larmor"], found.errors["chi_larmor"]
