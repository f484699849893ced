"""Weak fields: naive Curie law, the law (14) of a glass, the whole model (17), and the low-temperature test (18).

Source: G. Jug and S. Recchia, arXiv:2111.12644, eqs. (14) and (18), Fig. 19. A Curie law fits a glass badly in weak
fields, and its constant is not that of the iron: at kT >> D_min the ATS term is a "fake Curie law".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import hypot, sqrt

import numpy as np

from glasspara.analysis.curie.weak_laws import (
    CurieQuantity,
    LowTemperatureTest,
    WeakFit,
    fit_law,
    low_temperature_test,
)
from glasspara.analysis.curie.weak_points import (
    TOLERANCE,
    WeakData,
    curie_shapes,
    select_weak_points,
    typical_ats,
)
from glasspara.analysis.linear import FTest, LinearModel, weighted
from glasspara.arrays import FloatArray
from glasspara.data import Dataset
from glasspara.findings import Answer, Assessment, Finding, finding
from glasspara.fitting.fit import fit
from glasspara.fitting.judge import MISFIT_P, residual_correlation
from glasspara.fitting.judge.assessment import ALPHA, LARGEST_SCATTER
from glasspara.fitting.judge.plausibility import implausible
from glasspara.fitting.problem import FitSettings
from glasspara.fitting.problem.coordinates import CUTOFFS
from glasspara.fitting.result import TRUSTED, FitResult
from glasspara.model.model import Model, evaluate
from glasspara.model.parameters import ION_NAMES, allowances_text, to_canonical
from glasspara.physics.ats import gap_integral, weak_field_amplitude
from glasspara.physics.ions import ION_OF_PARAMETER, curie_constant
from glasspara.report.table import Columns, point_columns

_CURIE_UNIT = "emu K g^-1 Oe^-1"


@dataclass(frozen=True, eq=False, repr=False)
class CurieResult(Answer):
    """Everything about the weak points.

    ``assessment`` is that of the low-temperature test; ``law_assessment`` says whether a Curie law describes the data.
    ``curie_ms`` is C by mass spectrometry; its error contains what an unknown partition adds. ``glass_test`` is
    that of the gain of (14) over the Curie law, its shape held at the usual values. ``whole`` is the fit of the model
    (17) to all points given, seen at the weak ones; ``curvature`` the largest share of its ATS term there that a
    weak-field form misses.
    """

    weak: WeakData
    low: LowTemperatureTest
    naive: WeakFit
    glass: WeakFit
    whole: WeakFit
    whole_fit: FitResult
    curie_ms: CurieQuantity | None
    glass_test: FTest
    curvature: float
    assessment: Assessment
    law_assessment: Assessment
    notes: tuple[Finding, ...]

    @property
    def fits(self) -> tuple[WeakFit, ...]:
        return self.naive, self.glass, self.whole

    @property
    def curie_fails(self) -> bool:
        """Whether (14) is better than a Curie law by more than chance and allowances explain."""
        return self.glass_test.established

    def table(self) -> Columns:
        """Susceptibility M/H of every weak point, what the three laws give, and T (chi + chi_L) with its window."""
        data, weak, whole = self.weak.data, self.weak, self.whole
        T, H = data.temperature, data.field
        chi = data.magnetisation / H
        _, langevin, ats = whole.parts(T, H)
        return {
            **point_columns(data),
            "T_K": T,
            "H_Oe": H,
            "window": np.where(weak.low, "low", np.where(weak.high, "high", "")),
            "chi_emu_per_g_Oe": chi,
            "sigma_emu_per_g_Oe": data.sigma / abs(H),
            "T_times_chi_plus_chi_larmor_emu_K_per_g_Oe": T * (chi + self.low.chi_larmor),
            "chi_curie_law_emu_per_g_Oe": self.naive.total / H,
            "chi_glass_law_emu_per_g_Oe": self.glass.total / H,
            "chi_whole_model_emu_per_g_Oe": whole.total / H,
            "chi_langevin_emu_per_g_Oe": langevin / H,
            "chi_ats_emu_per_g_Oe": ats / H,
        }


def curie(
    data: Dataset,
    *,
    settings: FitSettings,
    chi_larmor: tuple[float, float | None] | None = None,
    tolerance: float = TOLERANCE,
    low_end: float | None = None,
    high_start: float | None = None,
) -> CurieResult:
    """Analyse the weak-field runs of ``data``.

    Parameters
    ----------
    data : Dataset
        M(T) runs. Those in weak fields are analysed; the whole model is fitted to all.
    settings : FitSettings
        Of the fit of the whole model. Its iron, its defaults and what it holds are taken for (14) too.
    chi_larmor : (value, error) or None
        For the low-temperature test, emu g^-1 Oe^-1; by default from high temperatures.
    tolerance, low_end, high_start
        Those of :func:`glasspara.analysis.curie.weak_points.select_weak_points`.

    Raises
    ------
    InputError
        No run lies in weak fields, or chi_larmor cannot be had.
    """
    held = {name: value for name, value in settings.fixed.items() if value is not None}
    known = {**settings.defaults, **settings.starts, **held}
    ats = typical_ats(known)
    weak = select_weak_points(data, ats=ats, tolerance=tolerance, low_end=low_end, high_start=high_start)
    low = low_temperature_test(weak, ats=ats, chi_larmor=chi_larmor, allowances=settings.allowances)
    iron = _iron(settings, known.get("fe2_fraction"))
    test = _glass_test(weak.data, ats, allowances=settings.allowances)
    whole_fit = fit(data, settings)
    whole, curvature = _whole(weak.data, whole_fit)
    naive = fit_law(weak.data, "curie", usual=ats)
    glass = fit_law(weak.data, "glass", usual=ats, held=frozenset(settings.fixed), iron=iron)
    described = any(_describes(item, weak.data) for item in (naive, glass, whole))
    no_law = finding(
        "curie.no-law", points=len(weak.data), curie=naive.chi2, glass=glass.chi2, whole=whole.chi2
    )
    shown = whole_fit.assessment.status in ("good", "not-determined")
    if low.nature == "glass-like" and not shown:
        low = replace(low, nature="rising")
    slope = _assess_slope(weak, low)
    law = _assess_law(test, naive, glass, iron, weak.data)
    if not described:
        low = replace(low, nature="not-trusted")
        slope = Assessment("curie", "not-trusted", (no_law, *_assess_slope(weak, low).reasons), trusted=False)
        law = Assessment("curie", "no-law", law.reasons, trusted=False)
    elif low.nature == "rising" and whole_fit.assessment.status in ("not-established", "term-not-needed"):
        slope = replace(slope, reasons=(*whole_fit.assessment.reasons[:1], *slope.reasons))
    if wrong := implausible(whole_fit.minimum, same_glass=settings.same_glass):
        slope = Assessment("curie", "not-plausible", tuple(wrong), trusted=False)
        law = Assessment("curie", "not-plausible", law.reasons, trusted=False)
    return CurieResult(
        weak=weak,
        low=low,
        naive=naive,
        glass=glass,
        whole=whole,
        whole_fit=whole_fit,
        curie_ms=iron,
        glass_test=test,
        curvature=curvature,
        assessment=slope,
        law_assessment=law,
        notes=tuple(_notes(weak, low, glass, iron, whole_fit, curvature)),
    )


def _iron(settings: FitSettings, fraction: float | None) -> CurieQuantity | None:
    """Curie constant by mass spectrometry; an unknown partition may be anything from 0 to 1."""
    if settings.n_fe is None:
        return None
    total, error = settings.n_fe
    two, three = (curie_constant(ion.j, ion.g) for ion in map(ION_OF_PARAMETER.__getitem__, ION_NAMES))
    share, spread = (0.5, 1.0 / sqrt(12.0)) if fraction is None else (fraction, 0.0)
    each = share * two + (1.0 - share) * three
    width = hypot(each * (error or 0.0), total * spread * (three - two))
    return CurieQuantity(total * each, width or None, _CURIE_UNIT)


def _whole(data: Dataset, result: FitResult) -> tuple[WeakFit, float]:
    """The whole model at the weak points, and the largest share of its ATS term that is not linear in H there."""
    values = to_canonical(result.values)
    terms = evaluate(data.temperature, data.field, values, result.model)
    weakened = evaluate(data.temperature, 1.0e-3 * data.field, values, result.model)
    limit = 1.0e3 * weakened.ats
    missed = float(
        np.max(np.abs(1.0 - np.divide(terms.ats, limit, out=np.ones_like(limit), where=limit != 0.0)))
    )
    pulls = (data.magnetisation - terms.total) / data.sigma
    quantities = {
        name: CurieQuantity(item.value, item.error, item.unit)
        for name, item in result.parameters.items()
        if name == "chi_larmor" or name in result.model.ats_names
    }
    constant = result.derived["curie_constant"]
    quantities["curie_constant"] = CurieQuantity(constant.value, constant.error, _CURIE_UNIT)
    quantities["g"] = _amplitude(result)
    fit_of_model = WeakFit(
        name="whole",
        text=f"{result.model.text}, fitted to {_runs(len(result.data.runs))}",
        quantities=quantities,
        chi2=float(pulls @ pulls),
        n_free=result.statistics.n_free,
        places=(data.temperature, data.field),
        parts=partial(_parts, values=values, model=result.model),
    )
    return fit_of_model, missed


def _parts(
    T: FloatArray, H: FloatArray, *, values: Mapping[str, float], model: Model
) -> tuple[FloatArray, FloatArray, FloatArray]:
    terms = evaluate(T, H, values, model)
    return terms.larmor, terms.langevin, terms.ats


def _amplitude(result: FitResult) -> CurieQuantity:
    """G of (14) by the parameters of the whole model."""
    minimum, model = result.minimum, result.model
    names = ("n_ats", *CUTOFFS)
    if "n_ats" not in minimum.reported:
        return CurieQuantity(0.0, None, _CURIE_UNIT)
    values = {name: minimum.reported[name] for name in names}

    def amplitude(found: Mapping[str, float]) -> float:
        low, high = sorted((found["d0min_qs4"], found["d0max_qs4"]))
        return weak_field_amplitude(
            n_ats=found["n_ats"], d0min_qs4=low, d0max_qs4=high,
            orientation=model.orientation, convention=model.convention,
        )  # fmt: skip

    index = [minimum.coordinates.reported.index(name) for name in names]
    covariance = minimum.reported_covariance()[np.ix_(index, index)]
    squares = values["d0max_qs4"] ** 2 - values["d0min_qs4"] ** 2
    value = amplitude(values)
    by_square = value / squares if squares else 0.0
    slopes = np.array([
        value / values["n_ats"] if values["n_ats"] else 0.0,
        -2.0 * values["d0min_qs4"] * by_square,
        2.0 * values["d0max_qs4"] * by_square,
    ])  # fmt: skip
    variance = float(slopes @ covariance @ slopes)
    return CurieQuantity(value, sqrt(variance) if variance > 0.0 else None, _CURIE_UNIT)


def _runs(count: int) -> str:
    return "one run" if count == 1 else f"{count} runs"


def _assess_slope(weak: WeakData, low: LowTemperatureTest) -> Assessment:
    """The outcome of the low-temperature test."""
    missed = [finding("curie.curve-misses-points", low_end=weak.low_end)] if low.misses_points else []
    reasons = [
        *missed,
        finding(
            "curie.slope",
            nature=low.nature,
            low_end=weak.low_end,
            slope=[low.slope, low.slope_error],
            compatible=low.nature == "crystal-like",
            p_value=low.p_value,
            p_with_allowances=low.p_with_allowances,
            allowances=allowances_text(),
        ),
    ]
    if low.nature == "not-determined":
        reasons.append(finding("curie.slope-not-seen", expected=low.expected))
    trusted = low.nature not in ("not-determined", "not-trusted")
    return Assessment("curie", low.nature, tuple(reasons), trusted=trusted)


def _assess_law(
    test: FTest, naive: WeakFit, glass: WeakFit, iron: CurieQuantity | None, data: Dataset
) -> Assessment:
    """Whether a Curie law describes the weak points."""
    if test.established:
        status = "curie-law-fails"
        outcome = "g-negative" if glass.quantities["g"].value < 0.0 else "improved"
    elif test.p_value < ALPHA:
        status, outcome = "curie-law-failure-not-established", "not-established"
    elif not _describes(naive, data):
        status, outcome = "curie-law-and-glass-law-fail", "no-better"
    else:
        status, outcome = "curie-law-holds", "holds"
    reasons = [
        finding(
            "curie.curie-law",
            outcome=outcome,
            p_value=test.p_value,
            p_with_allowances=test.p_with_allowances,
            allowances=allowances_text(),
        )
    ]
    if iron is not None:
        constant = naive.quantities["curie_constant"]
        ratio = constant.value / iron.value
        error = ratio * hypot((constant.error or 0.0) / constant.value, (iron.error or 0.0) / iron.value)
        reasons.append(finding("curie.iron-ratio", ratio=[ratio, error]))
    return Assessment("curie", status, tuple(reasons))


def _describes(item: WeakFit, data: Dataset) -> bool:
    """Whether a law describes the weak points."""
    scatter = sqrt(item.chi2 / max(len(data) - item.n_free, 1))
    pulls = (data.magnetisation - item.total) / data.sigma
    return scatter <= LARGEST_SCATTER and residual_correlation(data, pulls)[1] >= MISFIT_P


def _notes(
    weak: WeakData,
    low: LowTemperatureTest,
    glass: WeakFit,
    iron: CurieQuantity | None,
    whole_fit: FitResult,
    curvature: float,
) -> Iterator[Finding]:
    left_out = [item for item in weak.runs if item.used is None]
    if left_out:
        yield finding("curie.strong-runs", runs=len(left_out))
    if curvature > weak.tolerance:
        yield finding("curie.cutoffs-bend", curvature=curvature)
    correlation = glass.correlation
    if iron is None and correlation is not None and abs(correlation) > 0.9:
        yield finding("curie.c-and-g-alike", correlation=correlation)
    if whole_fit.assessment.status not in TRUSTED:
        yield finding("curie.whole-model", status=whole_fit.assessment.status)
    if low.nature in ("glass-like", "rising"):
        yield finding("curie.slope-is-no-proof")


def _glass_test(data: Dataset, ats: Mapping[str, float], *, allowances: bool) -> FTest:
    """F test of the ATS term of (14), its shape held at ``ats``, beside a Curie law."""
    T, H = data.temperature, data.field
    middle, half = curie_shapes(T, H)
    columns = np.stack([-H, middle], axis=1)
    chi, constant = LinearModel.of(data, columns, data.magnetisation).solve()[0]
    # Which ion it is that bends is open: a Gaussian prior that spans both.
    columns = np.concatenate([columns, abs(constant) * half[:, None]], axis=1)
    model = LinearModel.of(data, columns, data.magnetisation).with_knowledge(np.array([[0.0, 0.0, 1.0]]))

    def allowing() -> LinearModel:
        fitted = constant * middle - chi * H
        return model.with_allowances(data, fitted, fitted / H, -constant * middle)

    term = gap_integral(T, d_min=ats["d_min"], delta_mu=ats["delta_mu"]) * H
    return model.fit().f_test(weighted(data, term[:, None]), allowing=allowing if allowances else None)
