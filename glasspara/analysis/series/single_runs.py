"""Larmor + Langevin fits run by run, and an F test of whether all have one apparent concentration of iron.

Source: G. Jug and S. Recchia, arXiv:2111.12644, Tables 1 and 2, Figs. 6, 7 and 10 to 13, where the eye decides. Were
the Larmor and Langevin terms all there is, every run would give the same concentration, the one that mass spectrometry
finds. In the test

* common model: M = -chi_i H + sum over ions of n m(H/T), chi_i of its own for each run, n the same for all;
* wider model: n of its own for each run too.

Both are linear, so under Gaussian noise the ratio of the chi2 gained to the chi2 left follows the F distribution
exactly, whether or not the stated errors have the right size; no limit n >= 0 is set here. Where the test fails it is
repeated with the usual errors of instruments allowed in the common model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot
from typing import Any, Literal

import numpy as np

from glasspara.analysis.linear import FTest, LinearModel, by_run, weighted
from glasspara.arrays import FloatArray
from glasspara.data import Dataset, ReducedRun
from glasspara.errors import UsageError
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.judge.plausibility import implausible, implausible_data
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.result import FitResult
from glasspara.model import ION_CHOICES
from glasspara.model.model import Model
from glasspara.model.parameters import allowances_text
from glasspara.physics.ions import ION_OF_PARAMETER
from glasspara.physics.ions.langevin import langevin_response
from glasspara.runs.run import Kind


@dataclass(frozen=True, kw_only=True)
class DriftTest(FTest):
    """F test of one concentration (or of two, ``ions`` "both") for all runs."""

    ions: str


def drift_test(data: Dataset, *, ions: str, allowances: bool = True) -> DriftTest | None:
    """Test that the concentrations of ``ions`` ("fe3", "fe2", "both") are the same for all runs of ``data``.

    None with fewer than two runs, or with no degree of freedom left.
    """
    if len(data.runs) < 2:
        return None
    known = [ION_OF_PARAMETER[name] for name in ION_CHOICES[ions]]
    responses = [langevin_response(data.temperature, data.field, j=ion.j, g=ion.g) for ion in known]
    common = np.stack([moment for moment, _ in responses], axis=1)
    own_chi = by_run(data, -data.field[:, None])
    model = LinearModel.of(data, np.concatenate([own_chi, common], axis=1), data.magnetisation)

    def allowing() -> LinearModel:
        return _with_allowances(data, model, [slope for _, slope in responses])

    own_n = weighted(data, by_run(data, common))
    test = model.fit().f_test(own_n, allowing=allowing if allowances else None)
    return DriftTest(**vars(test), ions=ions) if test.possible else None


def _with_allowances(data: Dataset, model: LinearModel, by_field_of_ion: list[FloatArray]) -> LinearModel:
    """The common ``model`` with instrumental errors, from the derivatives of the ions' moments by the field."""
    found, _ = model.solve()
    chi, n = np.split(found, [len(data.runs)])
    paramagnetic = sum(value * slope for value, slope in zip(n, by_field_of_ion, strict=True))
    by_field = paramagnetic - np.repeat(chi, [len(run) for run in data.runs])
    # of H/T alone: T dM/dT = -H dM/dH
    return model.with_allowances(
        data, (model.columns @ found) * data.sigma, by_field, -data.field * paramagnetic
    )


Weights = Literal["sigma", "equal"]
WEIGHTS: tuple[Weights, ...] = ("sigma", "equal")

VARIANTS = ("fe3", "fe2", "both")
"""Which ions a fit has: one of them alone, or both with n >= 0."""

Against = Literal["H", "T"]
KINDS: tuple[tuple[Kind, Against], ...] = (("fixed-field", "H"), ("fixed-temperature", "T"))
"""Kinds of runs, and what their set points are."""

_COLUMN_NAMES = {"fe3": "fe3_only", "fe2": "fe2_only", "both": "both"}
"""The variants in names of columns."""


@dataclass(frozen=True)
class Measured:
    """A value with its standard error, None where there is none."""

    value: float
    error: float | None


@dataclass(frozen=True, eq=False)
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


@dataclass(frozen=True, eq=False)
class KindOfRuns:
    """All runs of one kind, by set point, and the tests of their drift by variant.

    ``drifts`` lacks the variants that could not be tested. ``drifting`` is None where none could be, and where n
    differs between runs that are not of one sample.
    """

    kind: Kind
    against: Against
    rows: tuple[RunSeries, ...]
    drifts: Mapping[str, DriftTest]
    drifting: bool | None
    assessment: Assessment
    notes: tuple[Finding, ...]


@dataclass(frozen=True, eq=False, repr=False)
class SeriesResult(Answer):
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
    def verdicts(self) -> tuple[Assessment, ...]:
        """One for each kind of runs."""
        return tuple(kind.assessment for kind in self.kinds)

    @property
    def notes(self) -> tuple[Finding, ...]:
        return tuple(note for kind in self.kinds for note in kind.notes)

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

    def table(self) -> list[dict[str, Any]]:
        """A row for each run: concentration, chi_larmor and excess over mass spectrometry for each choice of ions."""
        rows = []
        for row in self.rows:
            run = row.run.run
            found: dict[str, Any] = {
                "file": run.file,
                "kind": run.kind,
                "H_Oe": run.nominal if run.kind == "fixed-field" else None,
                "T_K": run.nominal if run.kind == "fixed-temperature" else None,
                "points": len(row.run),
            }
            for variant, name in _COLUMN_NAMES.items():
                quantities = {"n_per_g": row.n_fe(variant)}
                if variant == "both":
                    quantities["n_fe2_per_g"] = row.parameter(variant, "n_fe2")
                    quantities["n_fe3_per_g"] = row.parameter(variant, "n_fe3")
                excess = self.excess(row, variant)
                quantities["delta_n_per_g"] = excess or Measured(float("nan"), None)
                quantities["chi_larmor_emu_per_g_Oe"] = row.chi_larmor(variant)
                for quantity, item in quantities.items():
                    found[f"{name}_{quantity}"] = item.value
                    found[f"{name}_error_of_{quantity}"] = item.error
                statistics = row.fits[variant].statistics
                found[f"{name}_chi2"], found[f"{name}_ndof"] = statistics.chi2, statistics.ndof
            rows.append(found)
        return rows


def series(
    data: Dataset,
    *,
    weights: str = "sigma",
    n_ms: tuple[float, float | None] | None = None,
    allowances: bool = True,
    same_glass: bool = False,
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
    same_glass : bool
        Whether all files are of one glass, whatever names they give its pieces.

    Raises
    ------
    UsageError
        Unknown weights.
    """
    known = next((name for name in WEIGHTS if name == weights), None)
    if known is None:
        raise UsageError(f"unknown --weights {weights!r}", remedy="Choose sigma or equal")
    rows = [_fits(run, known) for run in sorted(data.runs, key=lambda run: (run.run.nominal, run.run.file))]
    wrong = _implausible(data, rows, same_glass=same_glass)
    kinds = [
        _kind(kind, against, of_kind, wrong, allowances=allowances)
        for kind, against in KINDS
        if (of_kind := tuple(row for row in rows if row.run.run.kind == kind))
    ]
    return SeriesResult(known, None if n_ms is None else Measured(*n_ms), tuple(kinds))


def _kind(
    kind: Kind,
    against: Against,
    rows: tuple[RunSeries, ...],
    wrong: Sequence[Finding],
    *,
    allowances: bool,
) -> KindOfRuns:
    data = Dataset(tuple(row.run for row in rows))
    tests = {variant: drift_test(data, ions=variant, allowances=allowances) for variant in VARIANTS}
    drifts = {variant: test for variant, test in tests.items() if test is not None}
    # One ion alone drifts on a mixture of two as well: they saturate differently. Both together do not.
    drifting = drifts["both"].established if "both" in drifts else None
    samples = len(data.masses)
    if drifting and samples > 1:  # of one sample it would be a drift
        drifting = None
    wrong = [*wrong] or _implausible_values(rows)
    if wrong:
        failed = Assessment("series", "not-plausible", tuple(wrong), trusted=False)
        return KindOfRuns(kind, against, rows, drifts, None, failed, ())
    return KindOfRuns(
        kind, against, rows, drifts, drifting,
        _assess(against, rows, drifts.get("both"), drifting, samples),
        tuple(_notes(rows, drifts, drifting, samples)),
    )  # fmt: skip


def _implausible(data: Dataset, rows: Sequence[RunSeries], *, same_glass: bool) -> list[Finding]:
    """Why these cannot be the runs of one glass: the data say so, or the branches of a loop."""
    found = [item for row in rows for item in implausible(row.fits["both"].minimum)]
    loops = [item for item in found if item.code in ("fitting.branches-differ-in-field", "fitting.remanence")]
    return [*implausible_data(data, same_glass=same_glass), *loops[:1]]


def _implausible_values(rows: Sequence[RunSeries]) -> list[Finding]:
    """What cannot be of the values of every run."""
    found = [implausible(row.fits["both"].minimum) for row in rows]
    return found[0] if all(found) else []


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


def _assess(
    against: str, rows: tuple[RunSeries, ...], test: DriftTest | None, drifting: bool | None, samples: int
) -> Assessment:
    if test is None:
        return Assessment("series", "not-tested", (finding("series.too-few", against=against),))
    chances = {
        "against": against,
        "p_value": test.p_value,
        "p_with_allowances": test.p_with_allowances,
        "allowances": allowances_text(),
    }
    if drifting is None:
        reason = finding("series.samples-differ", **chances, samples=samples)
        return Assessment("series", "not-tested", (reason,))
    if drifting:
        status = "drift"
    elif test.p_value < ALPHA:
        status = "not-established"
    else:
        status = "poor-fits" if any(map(_is_poor, rows)) else "none"
    first = finding(f"series.{status}", **chances)
    return Assessment("series", status, (first,) if status == "none" else (first, _ends(rows)))


def _is_poor(row: RunSeries) -> bool:
    return row.fits["both"].assessment.status == "poor"


def _ends(rows: tuple[RunSeries, ...]) -> Finding:
    """What the fits with Fe3+ alone give at both ends."""
    first, last = rows[0], rows[-1]
    low, high = first.n_fe("fe3").value, last.n_fe("fe3").value
    ratio = high / low if low > 0.0 and high > 0.0 else None
    change = "none" if ratio is None else "percent" if 0.5 < ratio < 2.0 else "ratio"
    return finding(
        "series.ends",
        first=first.run.label,
        last=last.run.label,
        one_set_point=first.run.label == last.run.label,
        n_first=low,
        n_last=high,
        change=change,
        ratio=ratio,
        percent=None if ratio is None else 100.0 * (ratio - 1.0),
    )


def _notes(
    rows: tuple[RunSeries, ...], drifts: Mapping[str, DriftTest], drifting: bool | None, samples: int
) -> Iterator[Finding]:
    if samples > 1 and drifting is not None:
        yield finding("series.several-samples", samples=samples)
    alone = [name for name in ("fe3", "fe2") if name in drifts and drifts[name].established]
    if drifting is False and alone:
        yield finding("series.mixture", ions="both" if len(alone) == 2 else alone[0])
        yield _ends(rows)
    bare = [row.run.label for row in rows if row.parameter("both", "n_fe2").value == 0.0]
    poor = [row.run.label for row in rows if _is_poor(row)]
    for code, runs in (("series.no-fe2", bare), ("series.not-described", poor)):
        if runs:
            yield finding(code, runs=runs, all=len(runs) == len(rows) > 1)
