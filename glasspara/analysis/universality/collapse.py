"""Does M - M_Larmor of all runs fall on one curve of H/T? It does for Larmor and Langevin terms alone.

Source: G. Jug and S. Recchia, arXiv:2111.12644, Figs. 14 and 15. There the eye decides; here an F test does:

* common model: y = -chi_larmor |H| + f(|H|/T), the same f for every run, f from a rich linear space
  (Brillouin functions and a cubic spline), chi_larmor free unless it is known from elsewhere;
* wider model: the same, plus a cubic polynomial of its own for each run.

Both are linear, so under Gaussian noise the ratio of the chi2 gained to the chi2 left follows the F
distribution exactly, whatever f is within the space, and whether or not the stated errors have the right size.

A wrong field, thermometer or mass of one run breaks universality as well. Where the test fails it is therefore
repeated with such errors allowed in the common model, each with a Gaussian prior (``parameters.ALLOWANCES``), and
universality is said to fail only where it fails then too. Something else that would explain the failure is looked for
before (``failure``): a lag between branches, a range of the thermometer that is off, a drift, one range of
temperature in all runs, one run alone. A property of the sample does none of these, so that there is no verdict then.

Where chi_larmor comes from (:class:`ChiLarmor`) decides what the test knows of it. The source subtracts the chi_larmor
of a Larmor + Langevin fit of each run, or of all runs. Such a value comes from the data that are then tested, and
subtracting it leaves the data known up to a multiple of H (of each run, or of all). Least squares with the covariance
that the subtraction leaves are least squares with that multiple free. So whatever way the value was found, the test
that propagates its error in full is the test with chi_larmor free, one for all runs or one for each. Only a value from
other data adds knowledge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glasspara.analysis.universality.common_curve import (
    GAIN_OF_A_RUN,
    ChiLarmor,
    CurveTest,
    Tension,
    curve_test,
    folded,
    nearest_curve,
    subtracted,
)
from glasspara.analysis.universality.failure import (
    Explanation,
    Suspects,
    UniversalityParts,
    universality_parts,
)
from glasspara.arrays import FloatArray
from glasspara.data import Dataset, ReducedRun
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.judge.assessment import ALPHA
from glasspara.fitting.judge.branches import on_branches
from glasspara.fitting.judge.plausibility import implausible_data, implausible_values
from glasspara.model.parameters import allowances_text
from glasspara.replicates.cores import on_one_thread
from glasspara.units import BOHR_MAGNETON

# Of two runs that disagree neither is the odd one; with three left there is something to be odd against.
_FEWEST_RUNS_TO_BLAME_ONE = 4
_LARGEST_MOMENT = 5.0 * BOHR_MAGNETON  # of an iron ion, emu: Fe3+, saturated


@dataclass(frozen=True, eq=False)
class RunTension:
    """How far one run leaves the curve of all, and the chi_larmor subtracted from it, emu g^-1 Oe^-1."""

    run: ReducedRun
    chi_larmor: float
    chi_larmor_error: float | None
    tension: Tension


@dataclass(frozen=True, eq=False, repr=False)
class UniversalityResult(Answer):
    """Outcome of the test. Arrays run through the points of ``data``; emu/g and Oe/K."""

    data: Dataset
    larmor: ChiLarmor
    statistic: float
    dof: tuple[int, int]
    p_value: float
    p_with_allowances: float | None
    """The same with instrumental errors allowed for; None where they were not asked for, or not needed."""
    holds: bool | None
    """None where that cannot be judged: several samples, hysteresis, or a failure that the instrument explains."""
    h_over_t: FloatArray
    magnetisation: FloatArray
    """sign(H) M + chi_larmor |H|."""
    common_curve: FloatArray
    """The curve of H/T that is nearest to ``magnetisation``."""
    runs: tuple[RunTension, ...]
    odd_run: ReducedRun | None
    """The one run without which universality holds, where it fails."""
    parts: UniversalityParts | None
    """Pairs of runs and windows of H/T, where they were asked for."""
    assessment: Assessment
    notes: tuple[Finding, ...]

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

    def table(self) -> list[dict[str, Any]]:
        """One row a run: its deviation from the curve of all, and the chi_larmor subtracted from it."""
        return [
            {
                "run": item.run.label,
                "file": item.run.run.file,
                "points": len(item.run),
                "rms_deviation_sigma": item.tension.rms_deviation,
                "F": item.tension.statistic,
                "p_value": item.tension.p_value,
                "chi_larmor_emu_per_g_Oe": item.chi_larmor,
                "chi_larmor_error_emu_per_g_Oe": item.chi_larmor_error,
            }
            for item in self.runs
        ]


@on_one_thread
def universality(
    data: Dataset,
    *,
    chi_larmor: ChiLarmor | float | None = None,
    allowances: bool = True,
    parts: bool = True,
    same_glass: bool = False,
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
    parts : bool
        Whether pairs of runs and windows of H/T are tested too, which takes longer than the test itself.
    same_glass : bool
        Whether all files are of one glass, whatever names they give its pieces.

    Raises
    ------
    InputError
        With fewer than two runs, or too few points.
    """
    if chi_larmor is None or isinstance(chi_larmor, ChiLarmor):
        choice = chi_larmor or ChiLarmor()
    else:
        choice = ChiLarmor("given", chi_larmor)
    test = curve_test(data, choice, allowances=allowances)
    suspects = Suspects(test.common, allowances=allowances)
    suspicious = test.p_value < ALPHA or suspects.large_chi2
    explanation = suspects.best() if suspicious else None
    explained = test.holds or (explanation is not None and explanation.enough)
    odd_run = None if explained else _odd_run(data, choice, test, allowances=allowances)
    found = universality_parts(data, chi_larmor=choice, allowances=allowances) if parts else None
    sign, size, abscissa = folded(data)
    values = subtracted(data, choice, test)
    chi = np.repeat([value for value, _ in values], [len(run) for run in data.runs])
    shown = sign * data.magnetisation + chi * size
    loops = [item for item in suspects.shifts() if item.kind == "fixed-temperature"]
    wrong = [*implausible_data(data, same_glass=same_glass), *on_branches(loops)] or _implausible(
        values, shown
    )
    assessment = _assess(data, test, odd_run, explanation, wrong, suspects)
    return UniversalityResult(
        data=data,
        larmor=choice,
        statistic=test.statistic,
        dof=test.dof,
        p_value=test.p_value,
        p_with_allowances=test.p_with_allowances,
        holds=test.holds if assessment.status in ("holds", "fails") else None,
        h_over_t=abscissa,
        magnetisation=shown,
        common_curve=nearest_curve(abscissa, shown, data.sigma),
        runs=tuple(
            RunTension(run, *value, tension)
            for run, value, tension in zip(data.runs, values, test.runs, strict=True)
        ),
        odd_run=odd_run,
        parts=found,
        assessment=assessment,
        notes=tuple(notes_on(data.runs, found, holds=test.holds)),
    )


def _implausible(values: Sequence[tuple[float, float | None]], shown: FloatArray) -> list[Finding]:
    """What cannot be of the Larmor susceptibilities, and of the iron that the largest moment takes at least."""
    n_fe = float(np.max(np.abs(shown))) / _LARGEST_MOMENT
    found = [implausible_values(*value, n_fe=n_fe) for value in dict.fromkeys(values)]
    return next(filter(None, found), [])


def _odd_run(data: Dataset, choice: ChiLarmor, test: CurveTest, *, allowances: bool) -> ReducedRun | None:
    """The run that leaves the curve most, if universality holds without it, and without no other one alone."""
    if len(data.runs) < _FEWEST_RUNS_TO_BLAME_ONE:
        return None

    def holds_without(index: int) -> bool:
        rest = Dataset((*data.runs[:index], *data.runs[index + 1 :]))
        return curve_test(rest, choice, allowances=allowances).holds

    worst, *others = sorted(range(len(data.runs)), key=lambda index: -test.runs[index].statistic)
    return data.runs[worst] if holds_without(worst) and not any(map(holds_without, others)) else None


def _assess(
    data: Dataset,
    test: CurveTest,
    odd_run: ReducedRun | None,
    explanation: Explanation | None,
    wrong: Sequence[Finding],
    suspects: Suspects,
) -> Assessment:
    size = {"statistic": test.statistic, "dof": list(test.dof), "p_value": test.p_value}
    allowed = {"allowances": allowances_text(GAIN_OF_A_RUN), "p_with_allowances": test.p_with_allowances}
    if wrong:
        return Assessment("universality", "not-plausible", tuple(wrong), trusted=False)
    place = explanation is not None and explanation.is_place and explanation.enough
    if test.holds and not place:
        return _of_one_curve(test, explanation, suspects, size, allowed)
    reasons = []
    several = len(data.masses) > 1
    if several:
        reasons.append(finding("universality.several-samples", samples=len(data.masses), **size))
    if odd_run is not None:
        one = {"run": odd_run.label, "file": odd_run.run.file}
        reasons.append(finding("universality.one-run-leaves-the-curve", **one, **size))
    if explanation is not None and explanation.enough:
        code = "holds-without-it" if explanation.holds_without else "nearly-holds-without-it"
        without = {"p_without": explanation.test.p_decisive}
        reasons += [explanation.cause, finding(f"universality.{code}", **size, **without)]
    unclear = bool(reasons)
    if not unclear:
        reasons.append(finding("universality.no-common-curve", **size))
    if test.established and test.p_with_allowances is not None:
        reasons.append(finding("universality.allowances-do-not-explain", **allowed))
    if explanation is not None and not explanation.enough:
        without = {"p_without": explanation.test.p_decisive}
        reasons += [explanation.cause, finding("universality.fails-without-it", **without)]
    status = "not-determined" if unclear else "fails"
    if not unclear:
        reasons.append(finding("universality.no-proof"))
    return Assessment("universality", status, tuple(reasons), trusted=not unclear)


def _of_one_curve(
    test: CurveTest,
    explanation: Explanation | None,
    suspects: Suspects,
    size: Mapping[str, Any],
    allowed: Mapping[str, Any],
) -> Assessment:
    """The runs share a curve, if that can be seen at all beside how the curve misses the points."""
    if test.p_with_allowances is not None:
        reasons = [finding("universality.one-curve-with-allowances", **size, **allowed)]
    elif explanation is None and suspects.hides_the_runs:
        missed = finding("universality.curve-hides-runs", **size)
        return Assessment("universality", "not-determined", (missed,), trusted=False)
    else:
        reasons = [finding("universality.one-curve", **size)]
    if explanation is not None and explanation.enough:
        reasons.append(explanation.cause)
    elif suspects.misses_points:
        reasons.append(finding("universality.curve-misses-points"))
    return Assessment("universality", "holds", tuple(reasons))


def notes_on(
    runs: Sequence[ReducedRun], parts: UniversalityParts | None, *, holds: bool
) -> Iterator[Finding]:
    """What windows and pairs say; ``holds`` is what the test of the whole says."""
    if parts is not None:
        yield _on_windows(parts, holds=holds)
        yield from _on_pairs(runs, parts, holds=holds)
    yield finding("universality.chance", percent=100.0 * ALPHA)


def _on_windows(parts: UniversalityParts, *, holds: bool) -> Finding:
    adjusted = [window.p_adjusted for window in parts.windows if window.p_adjusted is not None]
    if not adjusted:
        return finding("universality.no-windows")
    values: dict[str, Any] = {"windows": len(adjusted), "p_adjusted": min(adjusted)}
    breaking = sum(window.breaks for window in parts.windows)
    if not breaking:
        return finding("universality.no-window-breaks", **values)
    ranges = [{"low": low, "high": high} for low, high in parts.broken]
    code = "universality.windows-break-alone" if holds else "universality.windows-break"
    return finding(code, ranges=ranges, breaking=breaking, **values)


def _on_pairs(runs: Sequence[ReducedRun], parts: UniversalityParts, *, holds: bool) -> Iterator[Finding]:
    if len(parts.pairs) < 2:  # the pair is the whole
        return
    tested = [pair for pair in parts.pairs if pair.p_adjusted is not None]
    breaking = sorted((pair for pair in tested if pair.breaks), key=lambda pair: pair.p_decisive)
    if breaking:
        first, second = _names(*(runs[number] for number in breaking[0].runs))
        yield finding(
            "universality.pairs-disagree-alone" if holds else "universality.pairs-disagree",
            breaking=len(breaking),
            pairs=len(tested),
            first=first,
            second=second,
            p_adjusted=breaking[0].p_adjusted,
        )
    else:
        yield finding("universality.no-pair-disagrees", pairs=len(tested))
    if len(tested) < len(parts.pairs):
        yield finding("universality.pairs-not-tested", pairs=len(parts.pairs) - len(tested))


def _names(first: ReducedRun, second: ReducedRun) -> tuple[str, str]:
    """Set points, with the files where these are the same."""
    if first.label != second.label:
        return first.label, second.label
    return f"{first.label} ({first.run.file})", f"{second.label} ({second.run.file})"
