"""Weak fields: naive Curie law, the law (14) of a glass, the whole model (17), and the low-temperature test (18).

Source: G. Jug and S. Recchia, arXiv:2111.12644, eqs. (14) and (18), Fig. 19. A Curie law fits a glass badly in weak
fields, and its constant is not that of the iron: at kT >> D_min the ATS term is a "fake Curie law".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import hypot, sqrt

import numpy as np

from glasspara.analysis.curie.weak_laws import (
    LowTemperatureTest,
    Quantity,
    WeakFit,
    fit_law,
    glass_test,
    low_temperature_test,
)
from glasspara.analysis.curie.weak_points import TOLERANCE, WeakData, typical_ats, weak_points
from glasspara.data.dataset import Dataset
from glasspara.fitting.fit import fit
from glasspara.fitting.judge.assessment import ALPHA, LARGEST_SCATTER
from glasspara.fitting.problem.settings import FitSettings
from glasspara.fitting.result import TRUSTED, FitResult
from glasspara.model.model import evaluate
from glasspara.model.parameters import ION_NAMES, allowances_in_words, to_canonical
from glasspara.physics.ats import weak_field_amplitude
from glasspara.physics.ions.ions import ION_OF_PARAMETER, curie_constant
from glasspara.wording import p_value, percent, value_with_error

AMPLITUDE_NAMES = ("n_ats", "d0min_qs4", "d0max_qs4")
"""Parameters that make up G."""

_CURIE_UNIT = "emu K g^-1 Oe^-1"


@dataclass(frozen=True)
class CurieResult:
    """Everything about the weak points.

    ``curie_ms`` is C by mass spectrometry; its error contains what an unknown partition adds. ``p_glass`` is the chance
    of the gain of (14) over the Curie law, its shape held at the usual values. ``whole`` is the fit of the model (17)
    to all points given, seen at the weak ones; ``curvature`` the largest share of its ATS term there that a weak-field
    form misses.
    """

    weak: WeakData
    low: LowTemperatureTest
    naive: WeakFit
    glass: WeakFit
    whole: WeakFit
    whole_fit: FitResult
    curie_ms: Quantity | None
    p_glass: float
    p_glass_with_allowances: float | None
    curvature: float
    verdict: str
    curie_verdict: str
    remarks: tuple[str, ...]

    @property
    def fits(self) -> tuple[WeakFit, ...]:
        return self.naive, self.glass, self.whole

    @property
    def curie_fails(self) -> bool:
        """Whether (14) is better than a Curie law by more than chance and allowances explain."""
        granted = self.p_glass_with_allowances
        return self.p_glass < ALPHA and (granted is None or granted < ALPHA)

    @property
    def described(self) -> bool:
        """Whether any of the laws describes the weak points."""
        return min(_scatter(item, len(self.weak.data)) for item in self.fits) <= LARGEST_SCATTER

    @property
    def trusted(self) -> bool:
        """Whether the low-temperature test sees something, on points that some law describes."""
        return self.described and self.low.nature != "not-determined"


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
        Those of :func:`glasspara.analysis.curie.weak_points.weak_points`.

    Raises
    ------
    InputError
        No run lies in weak fields, or chi_larmor cannot be had.
    """
    known = {**settings.defaults, **settings.starts, **_held(settings)}
    ats = typical_ats(known)
    weak = weak_points(data, ats=ats, tolerance=tolerance, low_end=low_end, high_start=high_start)
    low = low_temperature_test(weak, ats=ats, chi_larmor=chi_larmor, allowances=settings.allowances)
    iron = _iron(settings, known.get("fe2_fraction"))
    test = glass_test(weak.data, ats, allowances=settings.allowances)
    whole_fit = fit(data, settings)
    whole, curvature = _whole(weak.data, whole_fit)
    result = CurieResult(
        weak=weak,
        low=low,
        naive=fit_law(weak.data, "curie", usual=ats),
        glass=fit_law(weak.data, "glass", usual=ats, held=frozenset(settings.fixed), iron=iron),
        whole=whole,
        whole_fit=whole_fit,
        curie_ms=iron,
        p_glass=test.p_value,
        p_glass_with_allowances=test.p_with_allowances,
        curvature=curvature,
        verdict=_verdict(weak, low),
        curie_verdict="",
        remarks=(),
    )
    return replace(result, curie_verdict=_curie_verdict(result), remarks=tuple(_remarks(result)))


def _held(settings: FitSettings) -> dict[str, float]:
    return {name: value for name, value in settings.fixed.items() if value is not None}


def _iron(settings: FitSettings, fraction: float | None) -> Quantity | None:
    """Curie constant by mass spectrometry; an unknown partition may be anything from 0 to 1."""
    if settings.n_fe is None:
        return None
    total, error = settings.n_fe
    two, three = (_curie_of(name) for name in ION_NAMES)
    share, spread = (0.5, 1.0 / sqrt(12.0)) if fraction is None else (fraction, 0.0)
    each = share * two + (1.0 - share) * three
    width = hypot(each * (error or 0.0), total * spread * (three - two))
    return Quantity(total * each, width or None, _CURIE_UNIT)


def _curie_of(name: str) -> float:
    return curie_constant(ION_OF_PARAMETER[name].j, ION_OF_PARAMETER[name].g)


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
        name: Quantity(item.value, item.error, item.unit)
        for name, item in result.parameters.items()
        if name == "chi_larmor" or name in result.model.ats_names
    }
    constant = result.derived["curie_constant"]
    quantities["curie_constant"] = Quantity(constant.value, constant.error, _CURIE_UNIT)
    quantities["g"] = _amplitude(result)
    fit_of_model = WeakFit(
        name="whole",
        text=f"{result.model.text}, fitted to {_runs(len(result.data.runs))}",
        quantities=quantities,
        chi2=float(pulls @ pulls),
        n_free=result.statistics.n_free,
        larmor=terms.larmor,
        langevin=terms.langevin,
        ats=terms.ats,
    )
    return fit_of_model, missed


def _amplitude(result: FitResult) -> Quantity:
    """G of (14) by the parameters of the whole model."""
    minimum, model = result.minimum, result.model
    names = [name for name in AMPLITUDE_NAMES if name in minimum.reported]
    values = {name: minimum.reported[name] for name in names}

    def amplitude(found: Mapping[str, float]) -> float:
        low, high = sorted((found["d0min_qs4"], found["d0max_qs4"]))
        return weak_field_amplitude(
            n_ats=found["n_ats"], d0min_qs4=low, d0max_qs4=high,
            orientation=model.orientation, convention=model.convention,
        )  # fmt: skip

    if len(names) < len(AMPLITUDE_NAMES):
        return Quantity(0.0, None, _CURIE_UNIT)
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
    return Quantity(value, sqrt(variance) if variance > 0.0 else None, _CURIE_UNIT)


def _runs(count: int) -> str:
    return "one run" if count == 1 else f"{count} runs"


def _chance(p: float, granted: float | None) -> str:
    return p_value(p) if granted is None else f"{p_value(p)}, {p_value(granted)} with {allowances_in_words()}"


def _verdict(weak: WeakData, low: LowTemperatureTest) -> str:
    """The low-temperature test in one sentence."""
    slope = f"{value_with_error(low.slope, low.slope_error)} emu g^-1 Oe^-1"
    where = f"the slope of T (chi + chi_L) below {weak.low_end:.3g} K is {slope}"
    chance = _chance(low.p_value, low.p_with_allowances)
    if low.nature == "glass-like":
        return f"glass-like: {where} ({chance})"
    if low.nature == "crystal-like":
        return f"crystal-like: {where}, compatible with 0 ({chance})"
    if low.nature == "falling":
        return f"neither crystal- nor glass-like: {where}, T (chi + chi_L) falls with T ({chance})"
    if low.nature == "not-established":
        return f"no slope is established: {where} ({chance})"
    return (
        f"not determined: {where} ({chance}); typical tunnelling systems would give {low.expected:.2g}, within two "
        "errors"
    )


def _curie_verdict(result: CurieResult) -> str:
    """Whether a Curie law serves, in one sentence."""
    chance = _chance(result.p_glass, result.p_glass_with_allowances)
    if result.curie_fails and result.glass.quantities["g"].value < 0.0:
        words = f"the naive Curie law fails, but tunnelling systems do not mend it: G of (14) is negative ({chance})"
    elif result.curie_fails:
        words = f"the naive Curie law fails: the ATS term of (14) improves on it ({chance})"
    elif result.p_glass < ALPHA:
        words = f"a failure of the naive Curie law is not established ({chance})"
    elif _scatter(result.naive, len(result.weak.data)) > LARGEST_SCATTER:
        words = f"the naive Curie law fails, and (14) is no better ({chance})"
    else:
        words = f"the naive Curie law serves ({chance})"
    if result.curie_ms is None:
        return words
    naive, iron = result.naive.quantities["curie_constant"], result.curie_ms
    ratio = naive.value / iron.value
    error = ratio * hypot((naive.error or 0.0) / naive.value, (iron.error or 0.0) / iron.value)
    return f"{words}; its C is {value_with_error(ratio, error)} times that of the iron by mass spectrometry"


def _scatter(item: WeakFit, points: int) -> float:
    """By how much the scatter about a law exceeds the stated errors."""
    return sqrt(item.chi2 / max(points - item.n_free, 1))


def _remarks(result: CurieResult) -> list[str]:
    remarks = []
    if not result.described:
        laws = ", ".join(f"{item.chi2:.3g}" for item in result.fits)
        remarks.append(
            f"no law describes the {len(result.weak.data)} weak points (chi2 {laws}): nothing here is to be trusted"
        )
    left_out = [item for item in result.weak.runs if item.used is None]
    if left_out:
        remarks.append(
            f"{_runs(len(left_out))} not in weak fields: fitted by the whole model, otherwise left out"
        )
    if result.curvature > result.weak.tolerance:
        remarks.append(
            f"with the fitted cutoffs the ATS term is {percent(result.curvature)} off its weak-field form at the "
            "largest H/T: (14) and (18) are approximations there"
        )
    correlation = result.glass.correlation
    if result.curie_ms is None and correlation is not None and abs(correlation) > 0.9:
        remarks.append(
            f"C and G of (14) are hardly separated (correlation {correlation:.3f}): between its logarithm and s(T) the "
            "ATS term looks much like a Curie law; --n-fe VALUE+-ERROR tells them apart"
        )
    status = result.whole_fit.assessment.status
    if status not in TRUSTED:
        remarks.append(
            f"the fit of the whole model is {status.replace('-', ' ')}: its curve is shown, its parameters are not to "
            "be trusted"
        )
    if result.low.nature == "glass-like":
        remarks.append(
            "a slope is no proof of tunnelling: antiferromagnetic coupling of the ions makes one too"
        )
    return remarks
