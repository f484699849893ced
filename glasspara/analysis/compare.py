"""Rival models on the same data: information criteria, and a p-value of the ATS term that is calibrated by simulation.

H. Akaike, IEEE Trans. Autom. Control 19 (1974) 716; G. Schwarz, Ann. Stat. 6 (1978) 461; for the scaled criterion
and the weights K. P. Burnham and D. R. Anderson, Model Selection and Multimodel Inference, 2nd ed. (2002), 2.5 and 2.9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Literal

import numpy as np
import numpy.typing as npt

from glasspara.dataset import Dataset
from glasspara.errors import DomainError, UsageError
from glasspara.fitting.assessment import ALPHA, MISFIT_P
from glasspara.fitting.fit import fit
from glasspara.fitting.problem import Problem
from glasspara.fitting.resample import Resampler
from glasspara.fitting.result import TRUSTED, FitResult, Status
from glasspara.fitting.settings import FitSettings
from glasspara.fitting.significance import chi2_p_value, f_p_value
from glasspara.fitting.start import descend, find_start
from glasspara.model import IONS, Model
from glasspara.parameters import allowances_in_words
from glasspara.physics.ions import TraceIon
from glasspara.replicates.run import Progress, run_replicates
from glasspara.wording import p_value

FloatArray = npt.NDArray[np.float64]

Family = Literal["plain", "rival", "ats"]

SLOW = ("etm-high-field", "etm-phase", "three-level")
"""Models that are compared only on request."""

DEFAULT = (
    "ll-fe3", "ll-fe2", "ll", "ll-curie-weiss", "ll-superparamagnetic", "ll-ferromagnetic", "ll-zfs", "etm", "etm-16",
)  # fmt: skip
"""Models that are compared unless others are asked for; with trace ions "ll-trace" and "etm-trace" too."""

WITH_TRACE = ("ll-trace", "etm-trace")

KNOWN = (*DEFAULT, *WITH_TRACE, *SLOW)

CANNOT_TELL, DECISIVE = 2.0, 10.0
"""Differences of AIC: below the first two models serve alike, above the second the worse one is out."""


@dataclass(frozen=True)
class Contestant:
    """One model of the comparison.

    ``aic_scaled`` is AIC with chi2 divided by the comparison's ``scale``, ``bic_scaled`` likewise; ``delta`` is the
    difference of ``aic_scaled`` to the least, ``weight`` Akaike's, exp(-delta/2) normalised. None where the fit gave no
    minimum; ``problem`` then says why.
    """

    name: str
    text: str
    family: Family
    result: FitResult | None
    problem: str
    aic_scaled: float | None = None
    bic_scaled: float | None = None
    delta: float | None = None
    weight: float | None = None

    @property
    def status(self) -> Status:
        return "not-converged" if self.result is None else self.result.assessment.status

    @property
    def usable(self) -> bool:
        """Whether the fit has a minimum to be compared."""
        return self.result is not None and self.status != "not-converged"


@dataclass(frozen=True)
class NestedTest:
    """Larmor + Langevin against the ETM.

    ``statistic`` is the F ratio of the two least chi2, which does not mind errors of a wrong size. The amplitude of the
    term lies at its limit under the null hypothesis and its shape means nothing there, so the F distribution is no
    more than a guide (``p_f``); ``p_bootstrap`` is the share of campaigns simulated from the LL fit with a ratio as
    large, (1 + hits)/(1 + replicates). None without replicates.
    """

    statistic: float
    extra_parameters: int
    ndof: int
    p_f: float
    p_bootstrap: float | None
    replicates: int
    hits: int
    failed: int
    seed: int

    @property
    def p_value(self) -> float:
        return self.p_f if self.p_bootstrap is None else self.p_bootstrap

    @property
    def is_bound(self) -> bool:
        """Whether no replicate came near: the p-value is then at most what ``replicates`` can show."""
        return self.p_bootstrap is not None and self.hits == 0


@dataclass(frozen=True)
class CompareResult:
    """The comparison. ``contestants`` stand in the order asked for, ``best`` is the usable one of least scaled AIC.

    ``scale`` divides chi2 in the scaled criterion: 1, or the smallest chi2/ndof of all models where even that is too
    large to be chance.
    """

    data: Dataset
    contestants: tuple[Contestant, ...]
    scale: float
    best: Contestant | None
    test: NestedTest | None
    ats_needed: bool | None
    verdict: str
    remarks: tuple[str, ...]

    @property
    def trusted(self) -> bool:
        """Whether the best model describes the data."""
        return self.best is not None and self.best.status != "poor"


def model_of(name: str, base: Model, trace_ions: tuple[TraceIon, ...] = ()) -> Model:
    """The model that a name of the comparison stands for, with the conventions of ``base``.

    Raises
    ------
    UsageError
        An unknown name, or one that needs trace ions where there are none.
    """
    if name not in KNOWN:
        raise UsageError(f"--models: unknown model {name!r}", remedy=f"Known: {', '.join(KNOWN)}")
    if name in WITH_TRACE:
        if not trace_ions:
            raise UsageError(
                f"--models: {name} needs trace ions", remedy="Add --trace-ions BK7|Duran|BAS|FILE"
            )
        return replace(base, name=name.removesuffix("-trace"), ions="both", trace_ions=trace_ions)
    ions = name.removeprefix("ll-")
    if ions in IONS:
        return replace(base, name="ll", ions=ions, trace_ions=())
    return replace(base, name=name, ions="both", trace_ions=())


def settings_of(name: str, wishes: FitSettings, trace_ions: tuple[TraceIon, ...] = ()) -> FitSettings:
    """``wishes`` for one model of the comparison: those for parameters that it does not have are left out.

    Iron by mass spectrometry is that of the one ion where a model has but one.
    """
    model = model_of(name, wishes.model, trace_ions)
    found = wishes.for_model(model)
    if model.ions == "both" or wishes.n_fe is None:
        return found
    (ion,) = IONS[model.ions]
    value, error = wishes.n_fe
    if error is None:
        return replace(found, fixed={**found.fixed, ion: value})
    return replace(found, constrained={**found.constrained, ion: (value, error)})


def compare(
    data: Dataset,
    names: Sequence[str] | None = None,
    *,
    wishes: FitSettings | None = None,
    trace_ions: tuple[TraceIon, ...] = (),
    replicates: int = 0,
    seed: int = 1,
    jobs: int = 1,
    cluster: str | None = None,
    progress: Progress | None = None,
) -> CompareResult:
    """Fit each model to ``data`` and say which describes them best.

    Parameters
    ----------
    names : names of ``KNOWN``, optional
        ``DEFAULT`` otherwise, and ``WITH_TRACE`` where there are ``trace_ions``.
    wishes : FitSettings, optional
        What holds for every model that has the parameter; its model gives the conventions alone.
    replicates : int
        Simulated campaigns for the p-value of the ATS term; 0 for the F test alone.
    seed, jobs, cluster, progress
        Those of :func:`glasspara.replicates.run.run_replicates`.

    Raises
    ------
    UsageError
        An unknown or a repeated model, or a wish that no model can heed.
    """
    wishes = wishes or FitSettings()
    names = tuple(names) if names else (*DEFAULT, *(WITH_TRACE if trace_ions else ()))
    if len(set(names)) < len(names):
        raise UsageError("--models names a model twice")
    settings = {name: settings_of(name, wishes, trace_ions) for name in names}
    _check_heeded(wishes, settings)
    found = [_contestant(name, data, settings[name]) for name in names]
    scale = _scale(found)
    found = _ranked(found, scale)
    usable = [item for item in found if item.usable]
    best = min(usable, key=lambda item: item.delta or 0.0, default=None)
    test = _nested_test(found, settings, replicates, seed, jobs, cluster, progress)
    needed = _ats_needed(found, best, test)
    return CompareResult(
        data=data,
        contestants=tuple(found),
        scale=scale,
        best=best,
        test=test,
        ats_needed=needed,
        verdict=_verdict(usable, best),
        remarks=tuple(_remarks(data, found, best, scale, test)),
    )


def _check_heeded(wishes: FitSettings, settings: Mapping[str, FitSettings]) -> None:
    heeded = {name for item in settings.values() for name in item.mentioned}
    for name in sorted(wishes.mentioned - heeded):
        raise UsageError(f"none of the compared models has a parameter {name!r}")


def _contestant(name: str, data: Dataset, settings: FitSettings) -> Contestant:
    model = settings.model
    text = model.text if model.ions == "both" else f"{model.text}, {model.ions.capitalize()}+ alone"
    family: Family = "ats" if model.has_ats else "plain" if model.name == "ll" else "rival"
    try:
        result = fit(data, settings)
    except DomainError as error:
        return Contestant(name, text, family, None, error.what)
    problem = "" if result.assessment.status != "not-converged" else result.assessment.reasons[0]
    return Contestant(name, text, family, result, problem)


def _scale(found: Sequence[Contestant]) -> float:
    """Smallest chi2/ndof of all models, if even that is larger than chance makes it; else 1."""
    statistics = [item.result.statistics for item in found if item.result and item.usable]
    fitting = [item for item in statistics if item.ndof > 0]
    if not fitting:
        return 1.0
    least = min(fitting, key=lambda item: item.chi2 / item.ndof)
    too_large = chi2_p_value(least.chi2, least.ndof) < MISFIT_P
    return max(least.chi2 / least.ndof, 1.0) if too_large else 1.0


def _ranked(found: Sequence[Contestant], scale: float) -> list[Contestant]:
    """``found`` with their criteria, differences and weights."""
    scaled = [_with_criteria(item, scale) for item in found]
    known = [item.aic_scaled for item in scaled if item.aic_scaled is not None]
    least = min(known, default=0.0)
    total = sum(exp(0.5 * (least - value)) for value in known)
    return [
        item
        if item.aic_scaled is None
        else replace(item, delta=item.aic_scaled - least, weight=exp(0.5 * (least - item.aic_scaled)) / total)
        for item in scaled
    ]


def _with_criteria(item: Contestant, scale: float) -> Contestant:
    if item.result is None or not item.usable:
        return item
    statistics = item.result.statistics
    relief = statistics.chi2 - statistics.chi2 / scale
    return replace(item, aic_scaled=statistics.aic - relief, bic_scaled=statistics.bic - relief)


@dataclass(frozen=True)
class _Pair:
    """Problems without and with the ATS term, and where the searches start."""

    plain: Problem
    full: Problem
    plain_guess: Mapping[str, float]
    full_guess: Mapping[str, float]
    pinned: frozenset[str]

    @property
    def extra(self) -> int:
        return len(self.full.coordinates.names) - len(self.plain.coordinates.names)

    @property
    def ndof(self) -> int:
        return self.full.n_observations - len(self.full.coordinates.names)

    def with_data_of(self, drawn: Problem) -> _Pair:
        constraints = {**self.full.constraints, **drawn.constraints}
        return replace(self, plain=drawn, full=replace(self.full, data=drawn.data, constraints=constraints))

    def f_ratio(self) -> float:
        """F ratio of the two least chi2, found by the same search for data and replicates."""
        plain = self.plain.chi2(descend(self.plain, [self.plain_guess]))
        full = self.full.chi2(find_start(self.full, self.full_guess, pinned=self.pinned))
        return max(plain - full, 0.0) / self.extra / (full / self.ndof)


@dataclass(frozen=True)
class NullRefits:
    """The task of the p-value: the F ratio of one campaign simulated without an ATS term."""

    resampler: Resampler
    pair: _Pair

    def __call__(self, rng: np.random.Generator, index: int) -> float:  # noqa: ARG002
        return self.pair.with_data_of(self.resampler.draw(rng)).f_ratio()


def _nested_test(
    found: Sequence[Contestant],
    settings: Mapping[str, FitSettings],
    count: int,
    seed: int,
    jobs: int,
    cluster: str | None,
    progress: Progress | None,
) -> NestedTest | None:
    """Test of the ATS term, where both models are there, free to be compared, and leave degrees of freedom."""
    results = {item.name: item.result for item in found if item.usable}
    plain, full = results.get("ll"), results.get("etm")
    if plain is None or full is None:
        return None
    wishes = settings["etm"]
    data, held = full.data, wishes.held()
    pair = _Pair(
        plain.minimum.problem,
        wishes.problem(data, held),
        plain.minimum.reported,
        wishes.guess(),
        frozenset(wishes.starts),
    )
    if pair.extra <= 0 or pair.ndof <= 0:
        return None
    observed = pair.f_ratio()
    p_f = f_p_value(observed, pair.extra, pair.ndof)
    hits = failed = 0
    p_bootstrap = None
    if count:
        task = NullRefits(Resampler(plain.minimum, "parametric"), pair)
        done = run_replicates(task, count, seed=seed, jobs=jobs, cluster=cluster, progress=progress)
        failed = sum(item.error is not None for item in done)
        hits = sum(item.error is None and item.value >= observed for item in done)
        p_bootstrap = (1 + hits) / (1 + count - failed)
    return NestedTest(observed, pair.extra, pair.ndof, p_f, p_bootstrap, count, hits, failed, seed)


def _ats_needed(found: Sequence[Contestant], best: Contestant | None, test: NestedTest | None) -> bool | None:
    """Whether models with an ATS term leave all others behind.

    None where that cannot be said: only one kind was compared, or the best model does not describe the data, or the
    data do not determine it.
    """
    usable = [item for item in found if item.usable]
    others = [item.delta for item in usable if item.family != "ats" and item.delta is not None]
    if best is None or not others or not any(item.family == "ats" for item in usable):
        return None
    if best.status not in TRUSTED:
        return None
    granted = [item.result.ats_test for item in usable if item.name == "etm" and item.result is not None]
    imitated = any(item is not None and not item.needed for item in granted)
    significant = test is None or test.p_value < ALPHA
    return best.family == "ats" and min(others) >= CANNOT_TELL and significant and not imitated


def _verdict(usable: Sequence[Contestant], best: Contestant | None) -> str:
    """The outcome in one sentence."""
    if best is None:
        return "no model could be fitted"
    if best.status == "poor":
        return f"no model describes the data; {best.name} comes nearest"
    serving = [item for item in usable if item.delta is not None and item.delta < CANNOT_TELL]
    plain = [item for item in serving if item.family == "plain"]
    if plain:
        simplest = min(plain, key=_size)
        return f"{simplest.text} serves: no further term is needed ({simplest.name})"
    rivals = [item.name for item in serving if item.family == "rival"]
    ats = [item.name for item in serving if item.family == "ats"]
    if rivals and ats:
        return (
            f"{' and '.join(rivals)} serve as well as {' and '.join(ats)}: these data cannot tell them apart"
        )
    kind = {"ats"} if ats else {"rival"}
    outside = [item.delta for item in usable if item.family not in kind and item.delta is not None]
    margin = min(outside, default=None)
    names = " and ".join(ats or rivals)
    beaten = "models without an ATS term" if ats else "the ETM and Larmor + Langevin"
    if margin is None:
        return f"{names} is best; nothing of another kind was compared"
    strength = "decisively" if margin > DECISIVE else "no more than a hint"
    many = "serve" if len(ats or rivals) > 1 else "serves"
    return f"{names} {many} better than {beaten}: {strength} (AIC lower by {margin:.4g})"


def _size(item: Contestant) -> tuple[int, float]:
    assert item.result is not None
    return item.result.statistics.n_free, item.delta or 0.0


def _remarks(
    data: Dataset, found: Sequence[Contestant], best: Contestant | None, scale: float, test: NestedTest | None
) -> list[str]:
    remarks = []
    if scale > 1.0:
        remarks.append(
            f"even the best chi2/ndof is {scale:.4g}: differences and weights are by chi2 divided by it (quasi-AIC)"
        )
    else:
        remarks.append("differences and weights take the stated errors at their word; none were rescaled")
    if data.errors_are_estimates:
        remarks.append(
            "the errors are estimated from the scatter of the points: so is the scale of all differences"
        )
    if best is not None and best.status == "not-determined":
        remarks.append(
            f"the data do not fix all parameters of {best.name}: that it fits is no evidence of what it stands for"
        )
    if len(data.runs) == 1:
        remarks.append(
            "one run: many laws bend alike along one axis; several fields and temperatures part them"
        )
    near = [
        item.name
        for item in found
        if item.usable and item is not best and item.delta is not None and item.delta < DECISIVE
    ]
    if near:
        remarks.append(f"not decisively worse than the best (AIC within {DECISIVE:g}): {', '.join(near)}")
    remarks += [f"{item.name} could not be compared: {item.problem}" for item in found if not item.usable]
    assumed = [
        item.name
        for item in found
        if item.result and any(one.assumed for one in item.result.minimum.problem.constraints.values())
    ]
    if assumed:
        remarks.append(f"something is assumed of the shape of {', '.join(assumed)}: see `fit --model`")
    granted = next((item.result.ats_test for item in found if item.name == "etm" and item.result), None)
    if granted and granted.p_with_allowances is not None and not granted.needed:
        remarks.append(
            f"{allowances_in_words()} could stand in for the ATS term ({p_value(granted.p_with_allowances)})"
        )
    if test is not None:
        remarks.append(_test_in_words(test))
    return remarks


def _test_in_words(test: NestedTest) -> str:
    ratio = (
        f"Larmor + Langevin against the ETM: F({test.extra_parameters}, {test.ndof}) = {test.statistic:.4g}"
    )
    by_table = f"{p_value(test.p_f)} by the F distribution"
    if test.p_bootstrap is None:
        return (
            f"{ratio}, {by_table}, which is a guide only: the term's amplitude lies at its limit under the null "
            "hypothesis; --replicates N simulates"
        )
    done = test.replicates - test.failed
    said = f"p < {test.p_bootstrap:.2g}" if test.is_bound else f"p = {test.p_bootstrap:.2g}"
    lost = f"; {test.failed} more failed" if test.failed else ""
    return f"{ratio}, {said} by {done} simulated campaigns (seed {test.seed}{lost}), {by_table}"
