"""Larmor + Langevin fits run by run: n(Fe) and chi_larmor against field and temperature.

Source: G. Jug and S. Recchia, arXiv:2111.12644, Tables 1 and 2, Figs. 6, 7 and 10 to 13. Were the Larmor and
Langevin terms all there is, every run would give the same concentration, the one that mass spectrometry finds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import hypot
from typing import Literal

import numpy as np

from glasspara.analysis.series.drift import Drift, drift_test
from glasspara.data.dataset import Dataset, ReducedRun
from glasspara.errors import UsageError
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.problem.settings import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.model.model import Model
from glasspara.model.parameters import allowances_in_words
from glasspara.runs.run import Kind
from glasspara.wording import p_value, percent

Weights = Literal["sigma", "equal"]
WEIGHTS: tuple[Weights, ...] = ("sigma", "equal")

VARIANTS = ("fe3", "fe2", "both")
"""Which ions a fit has: one of them alone, or both with n >= 0."""

KINDS: tuple[tuple[Kind, str], ...] = (("fixed-field", "H"), ("fixed-temperature", "T"))
"""Kinds of runs, and what their set points are."""

_ION_NAMES = {"fe3": "Fe3+", "fe2": "Fe2+"}


@dataclass(frozen=True)
class Measured:
    """A value with its standard error, None where there is none."""

    value: float
    error: float | None


@dataclass(frozen=True)
class RunSeries:
    """The fits of one run, by variant.

    With equal weights all errors come from the scatter of the residuals about the fit, misfit included; otherwise from
    the stated errors of the points.
    """

    run: ReducedRun
    fits: Mapping[str, FitResult]
    weights: Weights

    def parameter(self, variant: str, name: str) -> Measured:
        item = self.fits[variant].parameters[name]
        return Measured(item.value, item.error if self.weights == "sigma" else item.error_scaled)

    def chi_larmor(self, variant: str) -> Measured:
        """emu g^-1 Oe^-1."""
        return self.parameter(variant, "chi_larmor")

    def n_fe(self, variant: str) -> Measured:
        """Concentration of all iron in the variant, g^-1."""
        if variant != "both":
            return self.parameter(variant, f"n_{variant}")
        total, result = self.fits[variant].derived["n_fe"], self.fits[variant]
        scale = 1.0 if self.weights == "sigma" else result.statistics.scatter_factor
        return Measured(total.value, None if total.error is None else total.error * scale)


@dataclass(frozen=True)
class KindOfRuns:
    """All runs of one kind, by set point, and the tests of their drift by variant.

    ``drifts`` lacks the variants that could not be tested. ``drifting`` is None where none could be, and where n
    differs between runs that are not of one sample.
    """

    kind: Kind
    against: str
    rows: tuple[RunSeries, ...]
    drifts: Mapping[str, Drift]
    drifting: bool | None
    verdict: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class SeriesResult:
    """The fits of all runs. ``n_ms`` is the iron by mass spectrometry, g^-1, where it is known."""

    weights: Weights
    n_ms: Measured | None
    kinds: tuple[KindOfRuns, ...]

    @property
    def errors_from(self) -> str:
        """Where the errors of the fits come from, in words."""
        if self.weights == "sigma":
            return "one standard error by the stated errors of the points"
        return "one standard error by the scatter about the fit, misfit included"

    @property
    def rows(self) -> tuple[RunSeries, ...]:
        return tuple(row for kind in self.kinds for row in kind.rows)

    def excess(self, row: RunSeries, variant: str) -> Measured | None:
        """Delta n = n_put - n_MS, g^-1, with both errors; None without mass spectrometry."""
        if self.n_ms is None:
            return None
        found = row.n_fe(variant)
        error = None if found.error is None else hypot(found.error, self.n_ms.error or 0.0)
        return Measured(found.value - self.n_ms.value, error)


def series(
    data: Dataset,
    *,
    weights: str = "sigma",
    n_ms: tuple[float, float | None] | None = None,
    allowances: bool = True,
) -> SeriesResult:
    """Fit every run of ``data`` with Fe3+ alone, Fe2+ alone and both, and test whether n is the same for all.

    Parameters
    ----------
    weights : "sigma" or "equal"
        Points weigh by their standard deviations, or all alike, as in the source. The tests of drift always weigh by
        the standard deviations.
    n_ms : (value, error) or None
        Iron by mass spectrometry, g^-1.
    allowances : bool
        Whether instrumental errors may explain a drift.

    Raises
    ------
    UsageError
        Unknown weights.
    """
    known = next((name for name in WEIGHTS if name == weights), None)
    if known is None:
        raise UsageError(f"unknown --weights {weights!r}", remedy="Choose sigma or equal")
    kinds = [
        _kind(kind, against, runs, known, allowances)
        for kind, against in KINDS
        if (runs := [run for run in data.runs if run.run.kind == kind])
    ]
    return SeriesResult(known, None if n_ms is None else Measured(*n_ms), tuple(kinds))


def _kind(kind: Kind, against: str, runs: list[ReducedRun], weights: Weights, allowances: bool) -> KindOfRuns:
    runs = sorted(runs, key=lambda run: (run.run.nominal, run.run.file))
    rows = tuple(_fits(run, weights) for run in runs)
    tests = {
        variant: drift_test(Dataset(tuple(runs)), ions=variant, allowances=allowances) for variant in VARIANTS
    }
    drifts = {variant: test for variant, test in tests.items() if test is not None}
    # One ion alone drifts on a mixture of two as well: they saturate differently. Both together do not.
    drifting = drifts["both"].established if "both" in drifts else None
    samples = len(Dataset(tuple(runs)).masses)
    if drifting and samples > 1:  # of one sample it would be a drift
        drifting = None
    return KindOfRuns(
        kind, against, rows, drifts, drifting,
        _verdict(against, rows, drifts, drifting, samples), tuple(_remarks(rows, drifts, drifting)),
    )  # fmt: skip


def _fits(run: ReducedRun, weights: Weights) -> RunSeries:
    alone = run
    if weights == "equal":
        alone = replace(run, sigma=np.full(len(run), float(np.sqrt(np.mean(run.sigma**2)))))
    data = Dataset((alone,))
    fits = {
        variant: fit(data, FitSettings(model=Model("ll", ions=variant), allowances=False))
        for variant in VARIANTS
    }
    return RunSeries(run, fits, weights)


def _verdict(
    against: str,
    rows: tuple[RunSeries, ...],
    drifts: Mapping[str, Drift],
    drifting: bool | None,
    samples: int,
) -> str:
    """The outcome in one sentence."""
    if drifting is None and "both" in drifts:
        return (
            f"n is not the same for all runs, {_chance(drifts['both'])}, but they are of {samples} samples, by their "
            f"masses: whether it drifts with {against} cannot be said; give the runs of one"
        )
    if drifting is None:
        return f"whether n drifts with {against} cannot be said: it takes two runs and more points than parameters"
    test = drifts["both"]
    if drifting:
        return (
            f"n drifts with {against}: {_span(rows)}; one concentration of Fe2+ and one of Fe3+ for all runs is ruled "
            f"out, {_chance(test)}"
        )
    if test.p_value < ALPHA:
        return f"a drift of n with {against} is not established: {_span(rows)}; {_chance(test)}"
    if any(row.fits["both"].assessment.status == "poor" for row in rows):
        return f"no drift of n with {against} is seen ({_chance(test)}), but the fits are poor: {_span(rows)}"
    return f"n does not drift with {against}: one n(Fe2+) and one n(Fe3+) serve for all runs, {_chance(test)}"


def _span(rows: tuple[RunSeries, ...]) -> str:
    """What the fits with Fe3+ alone give at both ends."""
    first, last = rows[0], rows[-1]
    low, high = first.n_fe("fe3").value, last.n_fe("fe3").value
    there = (first.run.label, last.run.label)
    if there[0] == there[1]:  # the set point says nothing then
        there = ("the first run", "the last")
    return (
        f"n(Fe3+) of the fits with Fe3+ alone is {low:.4g} g^-1 at {there[0]} and {high:.4g} g^-1 at "
        f"{there[1]}{_change(low, high)}"
    )


def _change(low: float, high: float) -> str:
    if low <= 0.0 or high <= 0.0:
        return ""
    ratio = high / low
    if not 0.5 < ratio < 2.0:
        return f" ({ratio:.3g} times as much)"
    return f" ({'+' if ratio > 1.0 else '-'}{percent(abs(ratio - 1.0))})"


def _chance(test: Drift) -> str:
    words = p_value(test.p_value)
    if test.p_with_allowances is None:
        return words
    granted = p_value(test.p_with_allowances)
    return f"{words} ({granted} with {allowances_in_words()})"


def _remarks(rows: tuple[RunSeries, ...], drifts: Mapping[str, Drift], drifting: bool | None) -> list[str]:
    remarks = []
    masses = Dataset(tuple(row.run for row in rows)).masses
    if len(masses) > 1 and drifting is not None:
        remarks.append(f"the runs are of {len(masses)} samples, by their masses: n may differ between them")
    alone = [
        name for variant, name in _ION_NAMES.items() if variant in drifts and drifts[variant].established
    ]
    if drifting is False and alone:
        remarks.append(
            f"n of {' and of '.join(alone)} alone drifts, which a mixture of both explains, for they saturate "
            f"differently: {_span(rows)}"
        )
    bare = [row.run.label for row in rows if row.parameter("both", "n_fe2").value == 0.0]
    if bare:
        where = "all runs" if len(bare) == len(rows) and len(rows) > 1 else ", ".join(bare)
        remarks.append(f"with both ions, n(Fe2+) ends at its limit 0 in {where}")
    poor = [row.run.label for row in rows if row.fits["both"].assessment.status == "poor"]
    if poor:
        where = "any run" if len(poor) == len(rows) and len(rows) > 1 else ", ".join(poor)
        remarks.append(
            f"Larmor and Langevin terms do not describe {where}: the errors of n and chi_larmor say how well a wrong "
            "model is pinned down, no more"
        )
    return remarks
